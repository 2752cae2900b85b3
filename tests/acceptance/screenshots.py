"""The README's pictures, taken anew from the real thing: ``python -m tests.acceptance.screenshots docs``.

One simulated radiograph, the real services, a real Chromium. No real picture is ever taken here.
"""

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.dicom import write_dx
from edge_app.simulator.lesions.lesion import Lesion, LesionKind
from edge_app.stage import Stage
from tests.acceptance.whole_system import answer, eventually, requests_at, store
from tests.chromium import CHROMIUM

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
LESION = Lesion(LesionKind.PNEUMONIA, "right", 0.9)


def _page(browser: Browser, address: str, width: int, height: int) -> Page:
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(address)
    page.wait_for_selector('[data-viewer-state="shown"]', timeout=60_000)
    return page


def take(folder: Path, language: str) -> None:
    """Play one case and write kiosk.png, console.png and accepted.png to ``folder``."""
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        stage = Stage(Path(place), language=language)
        try:
            stage.start()
            stage.wait_until_ready()
            picture = write_dx(
                Path(place) / "chest.dcm", simulated_chest(31, 2048, 2048, (LESION,)), taken_at=datetime.now(tz=UTC).astimezone()
            )
            store(stage, picture)
            first, second, _third = stage.rooms
            eventually(
                lambda: all(requests_at(room) and requests_at(room)[0]["has_preview"] for room in stage.rooms), "requests with pictures"
            )
            browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
            console = _page(browser, first.address, 1440, 900)
            console.locator(".matter").click()
            eventually(lambda: requests_at(first)[0]["opened"], "the opened rung")
            kiosk = _page(browser, stage.kiosk_address, 1280, 800)
            kiosk.wait_for_timeout(2500)
            kiosk.screenshot(path=folder / "kiosk.png")
            console.screenshot(path=folder / "console.png")
            answer(second, requests_at(second)[0]["offer_id"], answer="accept")
            eventually(lambda: requests_at(second)[0]["state"] == "granted", "the grant")
            kiosk.wait_for_timeout(2500)
            kiosk.screenshot(path=folder / "accepted.png")
            browser.close()
        finally:
            stage.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--language", choices=("ko", "en"), default="en")
    arguments = parser.parse_args()
    take(arguments.folder, arguments.language)
