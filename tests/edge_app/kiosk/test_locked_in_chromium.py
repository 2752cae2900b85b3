"""The kiosk's lock in a real Chromium: by touch, by keyboard, and with an answer that comes while it is locked."""

from playwright.sync_api import Browser, expect

from edge_app.casebook import Casebook
from edge_app.casebook.offers import offers_of
from edge_app.config import Settings
from edge_app.link.messages import AnswerKind
from edge_app.security.audit import overridden
from edge_app.security.pin import set_pin
from tests.chromium import IN_CHROMIUM
from tests.edge_app.clocks import Clock
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.served import LAYOUT, Kiosk, a_page, browser, kiosk, settings

__all__ = ["browser", "kiosk", "settings"]
pytestmark = IN_CHROMIUM

PATIENCE_MS = 20_000


def test_it_locks_in_place_shows_the_answer_and_opens_by_pin_and_by_holding(
    browser: Browser, kiosk: Kiosk, settings: Settings, casebook: Casebook, seed: Seeder, clock: Clock
) -> None:
    case_id = seed.result()
    set_pin(casebook.database, "4711")
    expect.set_options(timeout=PATIENCE_MS)
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(kiosk.url)
        # Gloves: every key is large, nothing is cut, nothing scrolls.
        sizes = page.locator(".keys button, [data-hold-s]").evaluate_all(
            "all => all.map((one) => Math.min(one.offsetWidth, one.offsetHeight))"
        )
        assert len(sizes) == 13
        assert min(sizes) >= 64
        assert page.evaluate(LAYOUT) == []
        for digit in "4711":
            page.locator(f'[data-digit="{digit}"]').tap()
        page.locator("[data-open]").tap()
        expect(page.locator(".who b")).to_contain_text("64세")
        # Its session ends while the page stands open: it locks by itself, and what a hospital says comes through.
        clock.wait(settings.sign_in.idle_s + 1)
        expect(page.locator("[data-locked]")).to_be_visible()
        expect(page.locator("body")).not_to_contain_text("64세")
        seed.answers(offers_of(casebook.database, case_id)[0], AnswerKind.ACCEPT)
        expect(page.locator(".standing.accepted b")).to_have_text("고려대학교안암병원 수락 · 9분")
        # A short touch does nothing; held by key it says how long still, and opens.
        page.locator("[data-hold-s]").tap()
        expect(page.locator("[data-hold-how]")).to_contain_text("누르고 계세요")
        assert overridden(casebook.database) is None
        page.locator("[data-hold-s]").focus()
        page.keyboard.down("Enter")
        expect(page.locator("[data-hold-how]")).to_contain_text("떼지 마세요")
        expect(page.locator(".foot.without-pin")).to_be_visible()
        page.keyboard.up("Enter")
        expect(page.locator(".answer .place")).to_have_text("고려대학교안암병원")
        assert overridden(casebook.database) is not None
    # A stream that has ended and a picture refused at the moment of locking are meant; a page that breaks its own policy is not.
    assert not [said for said in complaints if "Content Security Policy" in said or "TypeError" in said]
