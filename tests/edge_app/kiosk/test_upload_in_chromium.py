"""Uploading on a slow link, in a real Chromium: how far it is, what a cut does, and that nothing is left half."""

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from edge_app.casebook import Casebook
from edge_app.casebook.cases import recent_cases
from tests.chromium import IN_CHROMIUM
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.served import Kiosk, a_page, browser, kiosk, settings

__all__ = ["browser", "kiosk", "settings"]
pytestmark = IN_CHROMIUM
SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 150_000}


def test_several_pictures_show_how_far_they_are_and_go_on_after_a_cut(
    browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder, tmp_path: Path
) -> None:
    seed.link()
    files = [tmp_path / name for name in ("first.png", "second.png")]
    for number, path in enumerate(files, start=1):
        path.write_bytes(bytes([number]) * 250_000)
    with a_page(browser, kiosk, "en") as (page, complaints):
        page.goto(f"{kiosk.url}/menu")
        page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW)
        posted = []

        def cut_the_second(route, request) -> None:  # type: ignore[no-untyped-def]
            posted.append(request)
            if len(posted) == 2:
                route.abort("connectionreset")
            else:
                route.continue_()

        page.route("**/radiographs", cut_the_second)
        page.set_input_files("[data-upload-file]", files)
        expect(page.locator("[data-upload-chosen]")).to_have_text("2 pictures")
        page.tap("[data-upload-button]")
        expect(page.locator("[data-upload-name]")).to_have_text("1/2 · first.png")
        expect(page.locator("[data-upload-line]")).to_have_text(re.compile(r"\d+% · about \d+ s left"), timeout=30_000)
        assert 0 < page.locator("[data-upload-bar]").evaluate("(bar) => bar.value") < 100
        expect(page.locator('[data-upload-word="cut"]')).to_be_visible(timeout=60_000)
        expect(page.locator("[data-upload-kept]")).to_have_text("1 of 2 pictures are stored.")
        assert len(recent_cases(casebook.database)) == 1
        expect(page.locator("[data-upload-send]")).to_have_text("Upload again")
        page.tap("[data-upload-button]")
        expect(page.locator(".list li")).to_have_count(2, timeout=60_000)
        assert len(recent_cases(casebook.database)) == 2
        assert len(posted) == 3, "what was kept is not sent again"
        assert [one for one in complaints if "ERR_CONNECTION_RESET" not in one] == []
