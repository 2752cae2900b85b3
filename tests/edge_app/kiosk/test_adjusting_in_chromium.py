"""A spine's landmarks moved by mouse, by touch and by key in a real Chromium: the angles follow, and only what is kept is kept."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, CDPSession, Locator, Page, expect

from edge_app.casebook import Casebook
from edge_app.casebook.adjustments import adjust, newest_adjustment
from edge_app.casebook.radiographs import get_radiograph
from edge_app.casebook.readings import StoredReading
from tests.chromium import IN_CHROMIUM, but_for_broken_off, inaccessible
from tests.edge_app.casebook.spines import LANDMARKS, SIDE, moved
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.served import LAYOUT, Kiosk, a_page, browser, kiosk, settings, settled
from tests.edge_app.kiosk.spines import NO_HIPS, drawn_spine

__all__ = ["browser", "kiosk", "settings"]
pytestmark = IN_CHROMIUM

PER_PIXEL = 688 / SIDE
"""CSS pixels to one of the picture's."""
TILT, SLOPE, LORDOSIS, INCIDENCE = range(4)
RING = "g => { const one = g.querySelector('.ring').getBoundingClientRect(); return [one.x + one.width / 2, one.y + one.height / 2]; }"


def path_of(seed: Seeder, stored: StoredReading) -> str:
    radiograph = get_radiograph(seed.database, stored.radiograph_id)
    return f"/cases/{radiograph.case_id}/radiographs/{radiograph.id}/view"


@contextmanager
def looking(browser: Browser, kiosk: Kiosk, path: str, language: str = "ko") -> Iterator[tuple[Page, list[str]]]:
    with a_page(browser, kiosk, language) as (page, complaints):
        page.goto(kiosk.url + path)
        settled(page)
        yield page, complaints


def grip(page: Page, name: str) -> Locator:
    return page.locator(f"[data-grip={name}]")


def middle(page: Page, name: str) -> tuple[float, float]:
    """Of the grip, on the page."""
    box = grip(page, name).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def place(page: Page, name: str) -> tuple[float, float]:
    """Of the point itself."""
    x, y = page.locator(f"[data-point={name}]").evaluate(RING)
    return x, y


def angle(page: Page, which: int) -> Locator:
    return page.locator(".adjusting .angle").nth(which).locator(".degrees b")


def drag(page: Page, name: str, dx: float, dy: float, before_release: Callable[[], None] = lambda: None) -> None:
    x, y = middle(page, name)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=8)
    before_release()
    page.mouse.up()


def drag_by_finger(page: Page, name: str, dx: float, dy: float) -> CDPSession:
    """The finger stays where it has come to; ``touchEnd`` lifts it."""
    fingers = page.context.new_cdp_session(page)
    x, y = middle(page, name)
    fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 9):
        point = {"x": x + dx * step / 8, "y": y + dy * step / 8}
        fingers.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    return fingers


def is_still(page: Page, word: str) -> None:
    expect(page.locator("[data-adjusting]")).to_have_attribute("data-adjusting-state", word)


def test_a_landmark_is_dragged_by_mouse_and_by_finger_and_both_versions_are_there_afterwards(
    browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder
) -> None:
    stored = drawn_spine(seed)
    with looking(browser, kiosk, path_of(seed, stored)) as (page, complaints):
        expect(angle(page, SLOPE)).to_have_text("40°")
        before, keep = place(page, "S1_front"), page.locator("[data-adjusting-keep]")
        expect(keep).to_be_disabled()

        def by_mouse() -> None:
            expect(angle(page, SLOPE)).to_have_text("47°")
            expect(page.locator("[data-viewer-layer=lines] .by-hand").first).to_be_visible()
            # No letter and no grip lies over what the point is laid on.
            expect(page.locator("[data-viewer-layer=lines] text").first).to_be_hidden()
            point, held = place(page, "S1_front"), middle(page, "S1_front")
            assert abs(held[0] - point[0]) + abs(held[1] - point[1]) > 32 + 8

        drag(page, "S1_front", 0, 10 * PER_PIXEL, by_mouse)
        after = place(page, "S1_front")
        assert (after[0] - before[0], after[1] - before[1]) == pytest.approx((0, 10 * PER_PIXEL), abs=1)
        fingers = drag_by_finger(page, "hip_1", 20 * PER_PIXEL, 0)
        expect(angle(page, TILT)).to_have_text("20°")
        fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        is_still(page, "moved")
        assert newest_adjustment(casebook.database, stored.id) is None, "nothing is kept before it is said"
        assert page.evaluate(LAYOUT) == []
        expect(keep).to_be_enabled()
        keep.tap()
        expect(page.locator("[data-adjusting-to=hand]")).to_have_attribute("aria-pressed", "true")
        kept = newest_adjustment(casebook.database, stored.id)
        assert kept is not None
        wanted = moved(S1_front=(0.0, 10.0), hip_1=(20.0, 0.0))
        for name, point in kept.points.items():
            assert point == pytest.approx(wanted[name], abs=0.8)
        page.reload()
        settled(page)
        expect(angle(page, SLOPE)).to_have_text("47°")
        expect(page.locator(".adjusting .angle").nth(SLOPE).locator(".beside")).to_contain_text("기기 40° ± 3°")
        page.tap("[data-adjusting-to=box]")
        expect(angle(page, SLOPE)).to_have_text("40°")
        expect(page.locator("[data-viewer-layer=lines] .by-hand")).to_have_count(0)
        assert place(page, "S1_front") == pytest.approx(before, abs=1)
        page.tap("[data-adjusting-to=hand]")
        expect(angle(page, SLOPE)).to_have_text("47°")
        is_still(page, "hand")
        page.locator("[data-viewing-back]").tap()
        cell = page.locator(".angle-row .angle").nth(SLOPE)
        expect(cell).to_contain_text(re.compile(r"47°.*구급대 \d\d:\d\d · .*기기 40° ± 3°", re.DOTALL))
        assert but_for_broken_off(complaints) == []


def test_it_follows_the_picture_flipped_turned_and_closer_and_stays_within_it(browser: Browser, kiosk: Kiosk, seed: Seeder) -> None:
    with looking(browser, kiosk, path_of(seed, drawn_spine(seed))) as (page, complaints):
        for action in ("flip", "turn", "in", "in"):
            page.tap(f"[data-viewer-action={action}]")
        page.wait_for_timeout(100)
        before = place(page, "S1_back")
        drag(page, "S1_back", 24, -18)
        after = place(page, "S1_back")
        assert (after[0] - before[0], after[1] - before[1]) == pytest.approx((24, -18), abs=1)
        page.tap("[data-viewer-action=reset]")
        for name, dx, dy in (("L1_front", 0.0, -600.0), ("hip_2", 0.0, 600.0)):
            drag(page, name, dx, dy)
            x, y = page.evaluate("name => JSON.parse(document.querySelector('[data-adjusting-points]').value)[name]", name)
            assert (x, y) == (pytest.approx(LANDMARKS[name].x, abs=1), 0 if dy < 0 else SIDE)
            # At the edge the grip has its place beside the point, not on it.
            point, held = place(page, name), middle(page, name)
            assert abs(held[0] - point[0]) + abs(held[1] - point[1]) > 40
        assert page.evaluate(LAYOUT) == []
        assert complaints == []


def test_keys_move_a_point_and_every_move_is_undone(browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder) -> None:
    stored = drawn_spine(seed)
    with looking(browser, kiosk, path_of(seed, stored), "en") as (page, complaints):
        drawing = page.locator("[data-viewer-drawing]").first.get_attribute("transform")
        grip(page, "L1_front").focus()
        before, undo = place(page, "L1_front"), page.locator("[data-adjusting-undo]")
        for key in ("ArrowDown", "Shift+ArrowDown", "Shift+ArrowDown"):
            page.keyboard.press(key)
        expect(angle(page, LORDOSIS)).to_have_text("44°")
        assert place(page, "L1_front") == pytest.approx((before[0], before[1] + 11), abs=0.5)
        assert page.locator("[data-viewer-drawing]").first.get_attribute("transform") == drawing, "the picture stays"
        expect(page.locator("[data-adjusting-said]")).to_contain_text("44°")
        for left in (6, 1, 0):
            undo.tap()
            assert place(page, "L1_front") == pytest.approx((before[0], before[1] + left), abs=0.5)
        expect(undo).to_be_disabled()
        expect(angle(page, LORDOSIS)).to_have_text("51°")
        is_still(page, "box")
        page.keyboard.press("p")
        expect(grip(page, "L1_front")).to_be_hidden()
        assert newest_adjustment(casebook.database, stored.id) is None
        assert complaints == []


def test_one_question_is_under_way_at_a_time_and_the_last_is_answered(browser: Browser, kiosk: Kiosk, seed: Seeder) -> None:
    with looking(browser, kiosk, path_of(seed, drawn_spine(seed))) as (page, complaints):
        held: list[Callable[[], None]] = []
        page.route("**/angles", lambda route: held.append(route.continue_))
        drag(page, "S1_front", 0, 10 * PER_PIXEL)
        page.wait_for_timeout(600)
        assert len(held) == 1
        expect(page.locator("[data-adjusting][data-waiting]")).to_be_visible()
        expect(page.locator("[data-adjusting-keep]")).to_be_disabled()
        held[0]()
        page.wait_for_timeout(200)
        assert len(held) == 2
        held[1]()
        expect(angle(page, SLOPE)).to_have_text("47°")
        expect(page.locator("[data-adjusting-keep]")).to_be_enabled()
        page.wait_for_timeout(200)
        assert len(held) == 2
        assert complaints == []


def test_what_cannot_be_worked_out_is_no_number_and_is_not_kept(browser: Browser, kiosk: Kiosk, seed: Seeder) -> None:
    with looking(browser, kiosk, path_of(seed, drawn_spine(seed))) as (page, _complaints):
        keep = page.locator("[data-adjusting-keep]")
        page.route("**/angles", lambda route: route.abort())
        drag(page, "S1_front", 0, 10 * PER_PIXEL)
        is_still(page, "failed")
        assert page.locator(".adjusting .degrees").all_text_contents() == ["–"] * 4
        assert page.locator("[data-viewer-layer=lines] .line").count() == 0
        expect(keep).to_be_disabled()
        page.unroute("**/angles")
        expect(angle(page, SLOPE)).to_have_text("47°")
        page.locator("[data-adjusting-undo]").tap()
        front, back = LANDMARKS["S1_front"], LANDMARKS["S1_back"]
        drag(page, "S1_front", (back.x - front.x) * PER_PIXEL, (back.y - front.y) * PER_PIXEL)
        is_still(page, "unmeasurable")
        expect(keep).to_be_disabled()
        page.locator("[data-adjusting-to=box]").tap()
        expect(angle(page, SLOPE)).to_have_text("40°")


def test_what_is_not_kept_is_not_left_by_one_touch(browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder) -> None:
    stored = drawn_spine(seed)
    with looking(browser, kiosk, path_of(seed, stored)) as (page, complaints):
        drag(page, "S1_front", 0, 10 * PER_PIXEL)
        page.keyboard.press("Escape")
        is_still(page, "leaving")
        assert page.url.endswith("/view")
        page.locator("[data-viewing-back]").tap()
        expect(page.locator(".kiosk")).to_have_attribute("data-showing", "result")
        assert newest_adjustment(casebook.database, stored.id) is None
        assert but_for_broken_off(complaints) == []


def test_what_another_screen_keeps_is_shown_or_said(browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder) -> None:
    stored = drawn_spine(seed)
    with looking(browser, kiosk, path_of(seed, stored)) as (page, complaints):
        adjust(casebook.database, stored.id, moved(L1_front=(0.0, 10.0)))
        expect(angle(page, LORDOSIS)).to_have_text("42°")
        is_still(page, "hand")
        drag(page, "S1_front", 0, 10 * PER_PIXEL)
        is_still(page, "moved")
        adjust(casebook.database, stored.id, moved(L1_front=(0.0, 5.0)), "이지은")
        is_still(page, "elsewhere")
        # The one kept last counts, and nothing is lost.
        page.locator("[data-adjusting-keep]").tap()
        expect(page.locator("[data-adjusting-to=hand]")).to_contain_text("구급대")
        is_still(page, "hand")
        expect(angle(page, SLOPE)).to_have_text("47°")
        assert casebook.database.tables.table("adjustments").count == 3
        assert but_for_broken_off(complaints) == []


@pytest.mark.parametrize("theme", ["day", "night", "red"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_everything_fits_and_is_reached(
    browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder, theme: str, language: str
) -> None:
    plain, kept, gaps = drawn_spine(seed), drawn_spine(seed), drawn_spine(seed, **NO_HIPS)
    adjust(casebook.database, kept.id, moved(S1_front=(0.0, 10.0)), "중앙응급의료센터 김서연 전문의")
    with a_page(browser, kiosk, language, theme) as (page, complaints):
        for stored in (plain, kept, gaps):
            for path in (path_of(seed, stored).rpartition("/radiographs/")[0], path_of(seed, stored)):
                page.goto(kiosk.url + path)
                settled(page)
                assert page.evaluate(LAYOUT) == []
                assert inaccessible(page) == []
        assert complaints == []


def test_a_smaller_screen_costs_the_picture_and_not_the_tools(browser: Browser, kiosk: Kiosk, seed: Seeder) -> None:
    path = path_of(seed, drawn_spine(seed))
    context = browser.new_context(viewport={"width": 1024, "height": 768})
    page = context.new_page()
    page.goto(kiosk.url + path)
    settled(page)
    assert page.evaluate(LAYOUT) == []
    context.close()
