"""A spine's landmarks moved on the console in a real Chromium: only where the picture is large, and only what is kept is kept."""

import re

from playwright.sync_api import Page, expect

from edge_app.emergency_room.adjustments import adjust, newest_points
from edge_app.emergency_room.requests import get_request
from edge_app.reading.spinopelvic import LANDMARKS
from tests.chromium import IN_CHROMIUM
from tests.edge_app.emergency_room.builders import OFFER, TOLD, deliver, preview, spine
from tests.edge_app.emergency_room.served import Served, served
from tests.edge_app.emergency_room.test_browser import PATIENCE_MS, Open, browser, open_page

__all__ = ["browser", "open_page", "served"]
pytestmark = IN_CHROMIUM

TOLD_AT = {name: (x / 10, y / 10) for name, (x, y) in zip(LANDMARKS, TOLD, strict=True)}
SLOPE = ".adjusting .angle:nth-child(2) .degrees b"


def enlarged(page: Page) -> None:
    expect(page.locator(".viewer[data-viewer-state=shown]").first).to_be_visible(timeout=PATIENCE_MS)
    page.locator("[data-viewer-action=large]").click()
    expect(page.locator("[data-grip=S1_front]")).to_be_visible()


def drag(page: Page, name: str, dx: float, dy: float) -> None:
    box = page.locator(f"[data-grip={name}]").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=6)
    page.mouse.up()


def test_a_doctor_moves_a_point_on_the_large_picture_and_both_versions_are_there(served: Served, open_page: Open) -> None:
    deliver(served.database, spine(), preview())
    page = open_page(f"/requests/{OFFER}")
    expect(page.locator("[data-viewer-layer=lines] .line").first).to_be_attached()
    expect(page.locator(".adjusting")).to_be_hidden()
    expect(page.locator("[data-grip=S1_front]")).to_be_hidden()
    enlarged(page)
    expect(page.locator(SLOPE)).to_have_text("40°")
    drag(page, "S1_front", 0, 40)
    expect(page.locator(SLOPE)).not_to_have_text("40°", timeout=PATIENCE_MS)
    after = page.locator(SLOPE).inner_text()
    assert newest_points(served.database, OFFER, spine()) is None
    page.locator("[data-adjusting-keep]").click()
    expect(page.locator(".side .angle.by-hand").first).to_be_visible(timeout=PATIENCE_MS)
    kept = newest_points(served.database, OFFER, get_request(served.database, OFFER).decision)
    assert kept is not None
    assert {name for name, at in kept.points.items() if at != TOLD_AT[name]} == {"S1_front"}
    slope = page.locator(".side .angle").nth(1)
    expect(slope).to_contain_text(after)
    expect(slope).to_contain_text(re.compile("기기 40°"))
    enlarged(page)
    page.locator("[data-adjusting-to=box]").click()
    expect(page.locator(SLOPE)).to_have_text("40°", timeout=PATIENCE_MS)


def test_what_another_doctor_keeps_is_shown_and_what_is_not_kept_is_not_lost(served: Served, open_page: Open) -> None:
    deliver(served.database, spine(), preview())
    page = open_page(f"/requests/{OFFER}")
    adjust(served.database, OFFER, {**TOLD_AT, "S1_front": (285.5, 356.2)}, "이지은")
    expect(page.locator(".side .angle.by-hand").first).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("[data-adjusting-to=hand]")).to_have_count(1, timeout=PATIENCE_MS)
    enlarged(page)
    expect(page.locator(SLOPE)).to_have_text("47°")
    drag(page, "hip_1", 30, 0)
    expect(page.locator("[data-adjusting-state=moved]")).to_be_visible()
    adjust(served.database, OFFER, {**TOLD_AT, "S1_front": (285.5, 366.2)}, "이지은")
    expect(page.locator("[data-adjusting-state=elsewhere]")).to_be_visible(timeout=PATIENCE_MS)


def test_large_everything_is_in_reach(served: Served, open_page: Open) -> None:
    deliver(served.database, spine(), preview())
    for language in ("ko", "en"):
        page = open_page(f"/requests/{OFFER}", language=language)
        enlarged(page)
        inside = """() => [...document.querySelectorAll('.adjusting, .adjusting .button, .adjusting .angle, .grip, .viewer-tools .tool')]
            .every(e => { const b = e.getBoundingClientRect(); return b.left >= 0 && b.right <= innerWidth && b.bottom <= innerHeight; })"""
        assert page.evaluate(inside)
        assert page.evaluate("() => document.querySelector('.viewing .viewer').clientWidth") >= 500
