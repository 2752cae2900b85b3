"""What doctors touch is done once and never lost in silence: clicked twice, gone back from, with a server that dies, and two at once."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from edge_app.database import Database
from edge_app.emergency_room.requests import get_request
from edge_app.link.messages import Kind
from edge_app.link.outbox import waiting
from edge_app.security.accounts import Role, accounts, add_account
from edge_app.security.audit import COMMAND_LINE, Actor, sign_ins
from tests.chromium import IN_CHROMIUM
from tests.edge_app.emergency_room.builders import OFFER, OTHER, decision, deliver, granted
from tests.edge_app.emergency_room.served import Served, served
from tests.edge_app.kiosk.served import browser
from tests.edge_app.screens.wire import Death, Wire

__all__ = ["browser", "served"]
pytestmark = IN_CHROMIUM

PATIENCE_MS = 20_000
MEANWHILE_MS = 250
PASSWORD = "correct horse battery"  # noqa: S105  nobody's
TECHNICIAN = Actor(None, COMMAND_LINE)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    expect.set_options(timeout=PATIENCE_MS)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


def answers(database: Database, offer_id: str = OFFER) -> list[str]:
    """The answers that are on their way to the unit."""
    return [one.id for one in waiting(database) if one.kind == Kind.ANSWER and one.offer_id == offer_id]


def rows(database: Database, table: str) -> Callable[[], int]:
    """How many rows that table has."""
    return lambda: int(database.tables.table(table).count)


def test_a_double_click_is_one_touch_and_going_back_is_none(served: Served, context: BrowserContext) -> None:
    database, page = served.database, context.new_page()
    deliver(database, decision(), decision(OTHER))
    times: dict[str, int] = {}

    def twice(name: str, button: str, count: Callable[[], int], reached: str) -> None:
        before = count()
        page.locator(button).first.dblclick()
        expect(page.locator(reached).first).to_be_visible()
        page.wait_for_timeout(MEANWHILE_MS)
        times[name] = count() - before

    page.goto(f"{served.url}/requests/{OTHER}")
    twice("decline", "#reason-no_bed", lambda: len(answers(database, OTHER)), ".answer.declined")
    page.goto(f"{served.url}/requests/{OFFER}")
    twice("accept", "#accept-button", lambda: len(answers(database)), ".answer.accept_sent")
    deliver(database, granted())
    twice("phrase", ".talk .phrases button >> nth=4", rows(database, "remarks"), ".remark.mine")
    page.fill(".talk .free input", "동문으로")
    twice("text", ".talk .free button", rows(database, "remarks"), ".remark.mine >> nth=1")
    page.locator(".withdraw summary").click()
    twice("withdraw", ".withdraw .really", lambda: len(answers(database)), ".answer.withdrawn")
    page.goto(served.url)
    page.go_back(wait_until="commit")
    # It comes back as it stands now, and answers nothing by itself.
    expect(page.locator(".answer.withdrawn")).to_be_visible()
    assert times == dict.fromkeys(("decline", "accept", "phrase", "text", "withdraw"), 1)
    assert (len(answers(database)), len(answers(database, OTHER))) == (2, 1)


def test_signing_in_and_adding_somebody_are_done_once(served: Served, context: BrowserContext) -> None:
    database, page = served.database, context.new_page()
    add_account(database, "이지은", PASSWORD, Role.ADMINISTRATOR, TECHNICIAN)
    page.goto(served.url)
    page.fill(".sign-in [name=name]", "이지은")
    page.fill(".sign-in [name=password]", PASSWORD)
    before = len(sign_ins(database, 50, 0))
    page.locator(".sign-in button").dblclick()
    expect(page.locator(".cell.me")).to_be_visible()
    page.wait_for_timeout(MEANWHILE_MS)
    assert len(sign_ins(database, 50, 0)) == before + 1
    page.goto(f"{served.url}/accounts")
    page.fill(".sign-in [name=name]", "박원무")
    page.fill(".sign-in [name=password]", PASSWORD)
    page.locator(".sign-in button").dblclick()
    # A second time would say that there is somebody of that name.
    expect(page.locator("body")).to_contain_text("박원무")
    expect(page.locator("[role=alert]:visible")).to_have_count(0)
    assert len(accounts(database)) == 2


@pytest.mark.parametrize("death", list(Death))
def test_a_server_that_dies_over_an_answer_is_loud_and_afterwards_the_page_shows_what_is_true(
    served: Served, context: BrowserContext, death: Death
) -> None:
    database, page = served.database, context.new_page()
    deliver(database, decision())
    wire = Wire(served.settings.console.port)
    page.goto(wire.url)
    wire.dies(death, f"/requests/{OFFER}/answer")
    page.locator("#accept-button").click()
    said = page.locator("[data-not-sent]")
    expect(said).to_be_visible()
    stored = len(answers(database))
    assert stored == (death is Death.UNANSWERED)
    wire.mend()
    if stored:
        expect(page.locator(".answer.accept_sent")).to_be_visible()
        expect(said).to_be_hidden()
    else:
        # Nothing was heard of it, so it rings on, and the word stands until somebody touches again.
        expect(page.locator("#accept-button")).to_be_enabled()
        expect(said).to_be_visible()
        page.locator("#accept-button").click()
        expect(page.locator(".answer.accept_sent")).to_be_visible()
        expect(said).to_be_hidden()
    assert len(answers(database)) == 1
    wire.close()


BUTTONS = {"accept": "#accept-button", "no bed": "#reason-no_bed", "in theatre": "#reason-in_theatre"}


@pytest.mark.parametrize("said", [("accept", "no bed"), ("no bed", "accept"), ("accept", "accept"), ("no bed", "in theatre")])
def test_two_doctors_at_once_have_one_outcome_and_both_see_whose_it_is(
    served: Served, context: BrowserContext, said: tuple[str, str]
) -> None:
    database = served.database
    deliver(database, decision())
    held: list[Route] = []
    screens: dict[str, Page] = {}
    for name in ("김민수", "박서연"):
        page = screens[name] = context.new_page()
        page.goto(served.url)
        page.route("**/answer", lambda route: held.append(route))
        page.fill("#who", name)
    for page, does in zip(screens.values(), said, strict=True):
        page.locator(BUTTONS[does]).click()
    # Both have touched before either is heard.
    for page in screens.values():
        page.wait_for_timeout(MEANWHILE_MS)
    assert len(held) == 2
    for route in held:
        route.continue_()
    for page in screens.values():
        expect(page.locator(".answer")).to_have_class(f"answer {'accept_sent' if 'accept' in said else 'declined'}")
    given = get_request(database, OFFER).answer
    assert given is not None
    assert given.who in screens
    for name, page in screens.items():
        expect(page.locator(".said")).to_contain_text(given.who)
        # Whose word does not stand is told so, unless it was a no that a yes came after.
        if name != given.who and len(answers(database)) == 1:
            expect(page.locator(".problem")).to_contain_text(given.who)


def test_a_fetch_that_brought_nothing_is_made_up_for_at_the_next_beat(served: Served, context: BrowserContext) -> None:
    page, swallowed = context.new_page(), list[str]()
    deliver(served.database, decision())
    page.goto(served.url)
    expect(page.locator("[data-case]")).to_be_visible()

    def swallow(route: Route) -> None:
        if swallowed:
            route.continue_()
        else:
            swallowed.append(route.request.url)
            route.fulfill(status=204)

    page.route("**/desk?*", swallow)
    deliver(served.database, decision(OTHER))
    expect(page.locator(f"#card-{OTHER}")).to_be_visible()
    assert len(swallowed) == 1
