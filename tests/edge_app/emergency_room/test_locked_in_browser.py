"""The locked console in a real Chromium: it goes on ringing, and takes a sign-in without falling silent."""

from playwright.sync_api import expect

from edge_app.emergency_room.requests import RequestState
from edge_app.security.accounts import Role, add_account
from edge_app.security.audit import COMMAND_LINE, Actor
from tests.edge_app.clocks import Clock
from tests.edge_app.emergency_room.builders import OFFER, OTHER, decision, deliver
from tests.edge_app.emergency_room.served import Served, served
from tests.edge_app.emergency_room.test_browser import Open, browser, open_page, playing, pytestmark, state_of, until

__all__ = ["browser", "open_page", "pytestmark", "served"]
PASSWORD = "correct horse battery"  # noqa: S105  nobody's


def test_it_rings_while_locked_and_through_the_sign_in(open_page: Open, served: Served, clock: Clock) -> None:
    add_account(served.database, "김민수", PASSWORD, Role.DOCTOR, Actor(None, COMMAND_LINE))
    page = open_page(cut_off=True)
    page.fill("#sign-in-name", "김민수")
    page.fill("#sign-in-password", "not the password")
    page.click("[data-sign-in] button")
    expect(page.locator(".sign-in .problem")).to_be_visible()
    expect(page.locator("#sign-in-password")).to_have_value("")
    expect(page.locator("#sign-in-name")).to_have_value("김민수")
    page.fill("#sign-in-password", PASSWORD)
    page.click("[data-sign-in] button")
    expect(page.locator(".top .me")).to_have_text("김민수")
    deliver(served.database, decision())
    playing(page, "ring")
    page.evaluate("window.sameComeWhatMay = true")
    # The session ends: the same page asks for a sign-in, rings on, and counts what comes.
    clock.wait(served.settings.sign_in.idle_s + 1)
    expect(page.locator("[data-locked]")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("폐렴")
    playing(page, "ring")
    page.fill("#sign-in-password", PASSWORD)
    deliver(served.database, decision(OTHER))
    expect(page.locator(".waits h1")).to_have_text("요청 2건이 답을 기다립니다")
    expect(page.locator("#sign-in-password")).to_have_value(PASSWORD)
    page.fill("#sign-in-name", "김민수")
    page.click("[data-sign-in] button")
    expect(page.locator(".card.ringing")).to_have_count(2)
    playing(page, "ring")
    assert page.evaluate("window.sameComeWhatMay") is True
    page.click("#accept-button")
    until(page, lambda: state_of(served, OFFER) is RequestState.ACCEPT_SENT, "the answer")
