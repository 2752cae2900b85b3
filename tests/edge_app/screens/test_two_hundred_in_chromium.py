"""Two hundred at once in a real browser: the kiosk's list of patients, and the console's queue of requests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from edge_app.casebook import Casebook
from edge_app.casebook.cases import case_for_study
from edge_app.casebook.patients import Field, enter_patient
from edge_app.emergency_room.requests import RequestState, get_request
from tests.chromium import IN_CHROMIUM
from tests.edge_app.emergency_room.builders import decision, deliver
from tests.edge_app.emergency_room.served import Served, served
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.served import Kiosk, browser, settings_on_a_free_port

__all__ = ["browser", "served"]
pytestmark = IN_CHROMIUM

MANY = 200
MIDDLE = 100
PATIENCE_MS = 20_000
SIDEWAYS = "[document.scrollingElement, document.body].some(one => one.scrollWidth > one.clientWidth)"


def offer(number: int) -> str:
    return f"{number:032x}"


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    """Two hundred cases; of the one that was opened first no hospital has answered, and the middle one has a name."""
    settings = settings_on_a_free_port(tmp_path)
    casebook = Casebook(settings.casebook_folder)
    with casebook.database.writing():
        Seeder(casebook).no_answer()
        cases = [case_for_study(casebook.database, None, None, None).id for _ in range(MANY - 1)]
        enter_patient(casebook.database, cases[MIDDLE], Field.NAME, "홍길동")
    kiosk = Kiosk(settings, casebook)
    yield kiosk
    kiosk.stop()
    casebook.database.close()


def opened(browser: Browser, url: str, width: int, height: int) -> Page:
    expect.set_options(timeout=PATIENCE_MS)
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    return page


def test_the_list_of_patients_begins_with_who_needs_somebody_and_everyone_is_found(browser: Browser, kiosk: Kiosk) -> None:
    page = opened(browser, f"{kiosk.url}/casualties", 1280, 800)
    expect(page.locator("h1")).to_contain_text(f"{MANY}")
    lines = page.locator(".patient-lines > li")
    # Opened before all others, and no hospital has answered.
    expect(lines.first).to_contain_text("환자 1 ")
    assert not page.evaluate(SIDEWAYS)
    assert page.evaluate("document.scrollingElement.scrollHeight <= innerHeight")
    page.locator("a[href='?page=2']").click()
    expect(page.locator("a[href='?page=1']")).to_be_visible()
    page.locator("a[href='/search']").click()
    page.fill("input[name=query]", "홍길동")
    page.keyboard.press("Enter")
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("홍길동")
    assert not page.evaluate(SIDEWAYS)
    page.close()


def test_in_a_long_queue_one_is_answered_and_nothing_moves_under_who_looks(browser: Browser, served: Served) -> None:
    with served.database.writing():
        for number in range(1, MANY + 1):
            deliver(served.database, decision(offer(number)))
    page = opened(browser, served.url, 1440, 900)
    cards = page.locator(".queue .card.ringing")
    expect(cards).to_have_count(MANY)
    # Who has waited longest stands first, and is on the page.
    expect(cards.first).to_have_id(f"card-{offer(1)}")
    expect(page.locator("[data-case]")).to_have_attribute("data-case", offer(1))
    assert not page.evaluate(SIDEWAYS)

    card = page.locator(f"#card-{offer(MIDDLE)}")
    card.click()
    expect(page.locator("[data-case]")).to_have_attribute("data-case", offer(MIDDLE))
    card.focus()
    above = page.evaluate("document.querySelector('.queue').scrollTop")
    assert above > 0
    deliver(served.database, decision(offer(MANY + 1)))
    expect(cards).to_have_count(MANY + 1)
    assert page.evaluate("document.activeElement.id") == f"card-{offer(MIDDLE)}"
    assert page.evaluate("document.querySelector('.queue').scrollTop") == above

    page.locator("#accept-button").click()
    expect(page.locator(".answer.accept_sent")).to_be_visible()
    expect(cards).to_have_count(MANY)
    assert get_request(served.database, offer(MIDDLE)).state is RequestState.ACCEPT_SENT
    assert all(get_request(served.database, offer(number)).state is RequestState.RINGING for number in (1, MIDDLE - 1, MIDDLE + 1, MANY))
    page.close()
