"""What the crew touches is done once and never lost in silence: tapped twice, gone back from, and with a server that dies in between."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from edge_app.casebook import Casebook
from edge_app.casebook.cases import enter_pre_ktas
from edge_app.casebook.offers import Rung, offers_of
from edge_app.casebook.patients import Start, patient_of
from edge_app.config import Dispatch, Settings
from edge_app.security.audit import sign_ins
from edge_app.security.pin import set_pin
from tests.chromium import IN_CHROMIUM
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.served import LAYOUT, Kiosk, a_page, browser, kiosk, settings_on_a_free_port
from tests.edge_app.kiosk.touches import TOUCHES
from tests.edge_app.screens.wire import Death, Wire

__all__ = ["browser", "kiosk"]
pytestmark = IN_CHROMIUM

PATIENCE_MS = 20_000
MEANWHILE_MS = 250
POSTED_BY_HTMX, POSTED_BY_THE_PAGE, AN_UPLOAD = "Pre-KTAS", "name", "upload"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A kiosk on which a minute without an answer changes nothing."""
    return settings_on_a_free_port(tmp_path).model_copy(update={"dispatch": Dispatch(no_answer_after_s=600)})


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
def wire(kiosk: Kiosk, settings: Settings) -> Iterator[Wire]:
    """To the kiosk."""
    wire = Wire(settings.kiosk.port)
    kiosk.url = wire.url
    yield wire
    wire.close()


def until(page: Page, reached: Callable[[], bool], what: str) -> None:
    for _ in range(PATIENCE_MS // 50):
        if reached():
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never came: {what}")


def test_a_double_tap_is_one_touch_and_going_back_is_none(
    browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder, tmp_path: Path
) -> None:
    times: dict[str, tuple[int, int]] = {}
    with a_page(browser, kiosk, "en") as (page, _complaints):
        page.goto(kiosk.url)
        for name, touch in TOUCHES.items():
            page.goto(kiosk.url + touch.path(seed))
            button = touch.find(page, tmp_path)
            before = touch.count(casebook.database)
            if touch.stays:
                with page.expect_response(lambda answer: answer.request.method == "POST"):
                    button.dblclick()
            else:
                with page.expect_navigation(wait_until="commit"):
                    button.dblclick()
            page.wait_for_timeout(MEANWHILE_MS)
            done = touch.count(casebook.database) - before
            page.go_back(wait_until="commit")
            page.wait_for_timeout(MEANWHILE_MS)
            times[name] = (done, touch.count(casebook.database) - before)
    assert times == dict.fromkeys(TOUCHES, (1, 1))


def test_the_page_that_one_goes_back_to_is_as_things_stand(browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.unread()
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(f"{kiosk.url}/cases/{case_id}/start")
        page.tap(".category >> nth=0")
        page.wait_for_url("**/patient")
        page.go_back()
        expect(page.locator(".category").first).to_have_attribute("aria-pressed", "true")
        # One that the browser kept whole cannot be touched before it has been asked for anew.
        page.evaluate("window.kept = true; window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        page.wait_for_function("window.kept === undefined")
        expect(page.locator(".category").first).to_have_attribute("aria-pressed", "true")
        assert patient_of(casebook.database, case_id).start is Start.IMMEDIATE
        assert complaints == []


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("death", list(Death))
def test_a_server_that_dies_over_a_touch_is_loud_and_afterwards_the_page_shows_what_is_true(
    browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder, wire: Wire, tmp_path: Path, death: Death, language: str
) -> None:
    database = casebook.database
    with a_page(browser, kiosk, language) as (page, _complaints):
        for name in (POSTED_BY_HTMX, POSTED_BY_THE_PAGE, AN_UPLOAD):
            touch = TOUCHES[name]
            page.goto(kiosk.url + touch.path(seed))
            button = touch.find(page, tmp_path)
            before, address = touch.count(database), page.url
            wire.dies(death, touch.posts)
            button.tap(no_wait_after=True)
            said = page.locator("[data-upload-word=cut]" if name == AN_UPLOAD else "[data-unanswered]")
            expect(said).to_be_visible()
            assert page.url == address
            assert page.evaluate(LAYOUT) == []
            happened = touch.count(database) - before
            assert happened == (death is Death.UNANSWERED)
            wire.mend()
            if name == POSTED_BY_HTMX:
                # The page is asked for anew by itself, and says what is stored.
                expect(said).to_be_hidden()
                expect(page.locator(".two .pre-ktas .level")).to_have_text("3" if happened else "–")
            else:
                # What was chosen and typed is still there; touched again it is there once.
                if name == POSTED_BY_THE_PAGE:
                    expect(page.locator("[name=value]")).to_have_value("홍길동")
                expect(button).to_be_enabled()
                button.tap()
                until(page, lambda page=page, address=address: page.url != address, "the way on")  # type: ignore[misc]
                assert touch.count(database) - before == 1


def test_a_pin_is_tried_once_and_a_server_that_dies_meanwhile_is_said_in_place(
    browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder, wire: Wire
) -> None:
    seed.result()
    set_pin(casebook.database, "4711")
    with a_page(browser, kiosk) as (page, _complaints):
        page.goto(kiosk.url)
        page.fill("#pin", "0000")
        page.locator("[data-open]").dblclick()
        expect(page.locator(".pin-said")).to_contain_text("PIN이 맞지 않습니다")
        expect(page.locator("#pin")).to_have_value("")
        page.wait_for_timeout(MEANWHILE_MS)
        assert len([one for one in sign_ins(casebook.database, 9, 0) if one.kind.value.startswith("pin_wrong")]) == 1
        wire.dies(Death.UNHEARD, "/sign-in")
        page.fill("#pin", "4711")
        page.locator("[data-open]").tap()
        expect(page.locator("[data-unanswered]")).to_be_visible()
        wire.mend()
        page.locator("[data-open]").tap()
        expect(page.locator(".kiosk")).to_have_attribute("data-showing", "result")


def test_a_touch_breaks_off_no_news(browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.result()
    enter_pre_ktas(casebook.database, case_id, 3)
    held: list[Callable[[], None]] = []
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(f"{kiosk.url}/cases/{case_id}")
        page.tap(".two .pre-ktas")
        # Only the first: while a finger rests on the page, what has come is asked for once more.
        page.route(f"**/cases/{case_id}", lambda route: route.continue_() if held else held.append(route.continue_))
        seed.climb(offers_of(casebook.database, case_id)[2], Rung.AT_HOSPITAL)
        until(page, lambda: bool(held), "the page asks for what is new")
        # What was entered before: nothing changes, and so nothing else brings the news.
        page.tap(".pad button[value='3']")
        expect(page.locator(".pad")).to_be_hidden()
        held[0]()
        expect(page.locator("[data-offer]").nth(2)).to_have_attribute("data-highest", "at_hospital")
        assert complaints == []
