"""A film in a real Chromium: its frames are drawn with what was outlined on them, and played by the times at which they were taken."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from edge_app.casebook import Casebook
from edge_app.casebook.offers import offers_of
from edge_app.casebook.radiographs import get_radiograph
from edge_app.casebook.readings import StoredReading
from edge_app.link.messages import AnswerKind
from edge_app.radiograph.video_source import Flaw
from tests.chromium import IN_CHROMIUM, but_for_broken_off, inaccessible
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.served import LAYOUT, Kiosk, a_page, browser, kiosk, settings, settled
from tests.edge_app.kiosk.swallows import (
    ASPIRATED,
    CUT_SHORT,
    FRAMES,
    PAUSE_AT,
    PAUSE_S,
    PENETRATED,
    SIDE,
    STEP_S,
    TIMES,
    draw_film,
    filmed,
    greys,
    swallow_film,
    swallow_findings,
    swallow_read,
    untimed,
    write_outlines,
)

__all__ = ["browser", "kiosk", "settings"]
pytestmark = IN_CHROMIUM

GREY_AT = """([x, y]) => { const c = document.querySelector('[data-film] canvas');
  const side = Math.min(c.width, c.height), left = (c.width - side) / 2, top = (c.height - side) / 2;
  return [...c.getContext('2d').getImageData(left + x * side, top + y * side, 1, 1).data].slice(0, 3); }"""
EMPTY = [0.05, 0.95]
"""A place on the picture where nothing lies, and one within the bolus, on its way down."""


def in_bolus(number: int) -> list[float]:
    return [268 / SIDE, (90 + 14 * number) / SIDE]


def path_of(seed: Seeder, stored: StoredReading) -> str:
    radiograph = get_radiograph(seed.database, stored.radiograph_id)
    return f"/cases/{radiograph.case_id}/radiographs/{radiograph.id}/film"


def drawn(page: Page, number: int) -> None:
    """That frame is on the canvas."""
    expect(page.locator("[data-film]")).to_have_attribute("data-film-drawn", str(number))


@contextmanager
def playing(browser: Browser, kiosk: Kiosk, path: str, language: str = "ko", theme: str = "day") -> Iterator[tuple[Page, list[str]]]:
    with a_page(browser, kiosk, language, theme) as (page, complaints):
        page.goto(kiosk.url + path)
        expect(page.locator("[data-film]")).to_have_attribute("data-film-state", re.compile("."))
        yield page, complaints


def test_each_frame_is_drawn_with_what_was_outlined_on_it(browser: Browser, kiosk: Kiosk, seed: Seeder) -> None:
    path = path_of(seed, filmed(seed))
    with playing(browser, kiosk, f"{path}?frame=3") as (page, complaints):
        drawn(page, 3)
        assert page.evaluate(GREY_AT, EMPTY) == pytest.approx([greys(3)] * 3, abs=6)
        red, green, _blue = page.evaluate(GREY_AT, in_bolus(3))
        assert red > green + 25, "the bolus is filled"
        page.tap("[data-film-action=on]")
        drawn(page, 4)
        assert page.evaluate(GREY_AT, EMPTY) == pytest.approx([greys(4)] * 3, abs=6)
        expect(page.locator("[data-film-time]")).to_have_text("0.20초")
        expect(page.locator("[data-film-frame]")).to_have_text(f"장면 5/{FRAMES}")
        page.tap("[data-film-action=outlines]")
        expect(page.locator("[data-film-outlines]")).to_have_attribute("aria-pressed", "false")
        page.wait_for_timeout(100)
        assert page.evaluate(GREY_AT, in_bolus(4))[0] < 30
        for _ in range(6):
            page.tap("[data-film-action=back]")
        drawn(page, 0)
        assert but_for_broken_off(complaints) == []


def test_it_plays_by_the_times_of_its_frames_and_stops_at_the_end(browser: Browser, kiosk: Kiosk, seed: Seeder) -> None:
    path = path_of(seed, filmed(seed))
    watch = """async () => { const root = document.querySelector('[data-film]'), seen = [];
      const begin = performance.now();
      new MutationObserver(() => seen.push([Number(root.dataset.filmNumber), performance.now() - begin]))
        .observe(root, { attributes: true, attributeFilter: ['data-film-number'] });
      document.querySelector('[data-film-play]').click();
      while (root.hasAttribute('data-playing')) await new Promise((done) => setTimeout(done, 20));
      return seen; }"""
    slowly = """async () => { const root = document.querySelector('[data-film]'), begin = performance.now();
      document.querySelector('[data-film-play]').click();
      const number = () => Number(root.dataset.filmNumber);
      while (number() === 23 || number() < 4) await new Promise(requestAnimationFrame);
      return [number(), (performance.now() - begin) / 1000]; }"""
    with playing(browser, kiosk, f"{path}?frame=0") as (page, complaints):
        expect(page.locator("[data-film]")).not_to_have_attribute("data-playing", "")
        seen = page.evaluate(watch)
        numbers = [number for number, _ms in seen]
        assert numbers == sorted(numbers)
        assert numbers[-1] == FRAMES - 1
        # However slow this machine is, no frame is shown before its time.
        begun = seen[0][1] / 1000 - TIMES[numbers[0]]
        assert all(ms / 1000 - begun >= TIMES[number] - 0.04 for number, ms in seen)
        late = {number: ms / 1000 for number, ms in seen}
        last_before = max(number for number in numbers if number < PAUSE_AT)
        first_after = min(number for number in numbers if number >= PAUSE_AT)
        assert late[first_after] - late[last_before] >= PAUSE_S - STEP_S
        expect(page.locator("[data-film-time]")).to_have_text(f"{TIMES[-1]:.2f}초")
        # Once more from the beginning, four times as slow.
        page.tap("[data-film-speed='0.25']")
        number, took_s = page.evaluate(slowly)
        assert took_s >= 4 * TIMES[number] - 0.04
        page.tap("[data-film-action=play]")
        expect(page.locator("[data-film-play]")).to_have_attribute("aria-label", "재생")
        assert but_for_broken_off(complaints) == []


def test_it_plays_by_itself_unless_a_frame_was_asked_for_or_nothing_is_to_move(browser: Browser, kiosk: Kiosk, seed: Seeder) -> None:
    path = path_of(seed, filmed(seed))
    with playing(browser, kiosk, path) as (page, _complaints):
        drawn(page, FRAMES - 1)
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(kiosk.url + path)
    drawn(page, ASPIRATED)
    page.wait_for_timeout(400)
    drawn(page, ASPIRATED)
    context.close()


def test_a_key_frame_and_a_place_on_the_timeline_are_a_touch_away(browser: Browser, kiosk: Kiosk, seed: Seeder) -> None:
    path = path_of(seed, filmed(seed))
    with playing(browser, kiosk, f"{path}?frame=0", "en") as (page, complaints):
        page.get_by_role("button", name="Aspiration 1.15 s").tap()
        drawn(page, ASPIRATED)
        called = page.locator(f"[data-film-to='{ASPIRATED}']")
        expect(called).to_have_attribute("aria-current", "true")
        assert called.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(179, 38, 30)"
        track = page.locator("[data-film-track]").bounding_box()
        assert track is not None
        y, middle = track["y"] + 30, TIMES[PENETRATED] / TIMES[-1]
        page.touchscreen.tap(track["x"] + track["width"] * middle, y)
        drawn(page, PENETRATED)
        # Drawn along it, whatever lies in between.
        page.mouse.move(track["x"] + 2, y)
        page.mouse.down()
        drawn(page, 0)
        page.mouse.move(track["x"] + track["width"] + 40, y, steps=6)
        drawn(page, FRAMES - 1)
        page.mouse.up()
        slider = page.get_by_role("slider")
        expect(slider).to_have_attribute("aria-valuetext", f"{TIMES[-1]:.2f} s, Frame {FRAMES}/{FRAMES}")
        assert but_for_broken_off(complaints) == []


def test_keys_do_what_touches_do_and_escape_goes_back(browser: Browser, kiosk: Kiosk, seed: Seeder) -> None:
    path = path_of(seed, filmed(seed))
    with playing(browser, kiosk, f"{path}?frame=12") as (page, complaints):
        for key, number in (("ArrowRight", 13), ("ArrowLeft", 12), ("Shift+ArrowLeft", 2), ("End", FRAMES - 1), ("Home", 0)):
            page.keyboard.press(key)
            drawn(page, number)
        page.keyboard.press("o")
        expect(page.locator("[data-film-outlines]")).to_have_attribute("aria-pressed", "false")
        page.keyboard.press("Space")
        drawn(page, FRAMES - 1)
        page.keyboard.press("Escape")
        expect(page.locator(".kiosk")).to_have_attribute("data-showing", "result")
        assert but_for_broken_off(complaints) == []


def test_the_strip_leads_to_the_frame_it_shows(browser: Browser, kiosk: Kiosk, seed: Seeder) -> None:
    path = path_of(seed, filmed(seed))
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(kiosk.url + path.rpartition("/radiographs/")[0])
        settled(page)
        expect(page.locator("[data-viewer-layer=outlines] .bolus").first).to_be_visible()
        pictures = page.locator(".film-strip img")
        expect(pictures).to_have_count(4)
        assert pictures.evaluate_all("all => all.every((one) => one.complete && one.naturalWidth > 0)")
        page.locator(".film-strip .called").last.tap()
        drawn(page, ASPIRATED)
        page.locator("[data-film-leave]").tap()
        page.locator(".of-film .play").tap()
        expect(page.locator("[data-film]")).to_have_attribute("data-film-number", re.compile("."))
        assert but_for_broken_off(complaints) == []


def test_what_cannot_be_fetched_is_said_and_the_rest_is_of_use(browser: Browser, kiosk: Kiosk, seed: Seeder) -> None:
    radiograph = seed.radiograph()
    without_frames = path_of(seed, swallow_read(seed, radiograph, swallow_film(write_outlines(seed, radiograph))))
    with playing(browser, kiosk, f"{without_frames}?frame=3") as (page, _complaints):
        expect(page.get_by_text("영상을 불러오지 못했습니다.")).to_be_visible()
        drawn(page, 3)
        # The outlines are still worth a look.
        assert page.evaluate(GREY_AT, in_bolus(3))[0] > 40
        page.tap("[data-film-action=on]")
        expect(page.locator("[data-film-time]")).to_have_text("0.20초")
        assert page.evaluate(LAYOUT) == []
    without_outlines = path_of(seed, filmed(seed, {"outlines": None}))
    with playing(browser, kiosk, f"{without_outlines}?frame=3") as (page, complaints):
        drawn(page, 3)
        expect(page.get_by_text("윤곽이 저장되지 않았습니다.")).to_be_visible()
        expect(page.locator("[data-film-outlines]")).to_be_disabled()
        assert page.evaluate(GREY_AT, in_bolus(3))[0] < 30
        assert but_for_broken_off(complaints) == []
    lost = path_of(seed, filmed(seed))
    with a_page(browser, kiosk) as (page, _complaints):
        page.route("**/outlines", lambda route: route.abort())
        page.goto(f"{kiosk.url}{lost}?frame=3")
        expect(page.get_by_text("윤곽을 불러오지 못했습니다.")).to_be_visible()
        drawn(page, 3)


def test_a_film_that_is_shorter_than_what_was_read_says_where_it_ends(browser: Browser, kiosk: Kiosk, seed: Seeder) -> None:
    radiograph = seed.radiograph()
    stored = swallow_read(seed, radiograph, swallow_film(write_outlines(seed, radiograph)))
    draw_film(seed, radiograph, frames=6)
    with playing(browser, kiosk, f"{path_of(seed, stored)}?frame=5") as (page, _complaints):
        drawn(page, 5)
        broken = page.get_by_text("이 장면은 그릴 수 없습니다.")
        expect(broken).to_be_hidden()
        page.tap("[data-film-action=on]")
        expect(broken).to_be_visible()


def test_an_answer_stands_over_it_at_once_and_the_film_stays(browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder) -> None:
    stored = filmed(seed)
    seed.offers(stored)
    case_id = get_radiograph(seed.database, stored.radiograph_id).case_id
    with playing(browser, kiosk, f"{path_of(seed, stored)}?frame=7") as (page, complaints):
        drawn(page, 7)
        seed.answers(offers_of(casebook.database, case_id)[0], AnswerKind.ACCEPT)
        expect(page.locator(".standing-word.accepted")).to_be_visible()
        drawn(page, 7)
        assert page.evaluate(LAYOUT) == []
        assert but_for_broken_off(complaints) == []


def test_a_smaller_screen_costs_the_picture_and_not_the_tools(browser: Browser, kiosk: Kiosk, seed: Seeder) -> None:
    path = path_of(seed, filmed(seed, CUT_SHORT))
    context = browser.new_context(viewport={"width": 1024, "height": 768})
    page = context.new_page()
    page.goto(f"{kiosk.url}{path}?frame=3")
    drawn(page, 3)
    assert page.evaluate(LAYOUT) == []
    context.close()


@pytest.mark.parametrize("theme", ["day", "night", "red"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_everything_fits_and_is_reached(browser: Browser, kiosk: Kiosk, seed: Seeder, language: str, theme: str) -> None:
    many = (Flaw.TRUNCATED, Flaw.FRAMES_MISSING, Flaw.VARIABLE_RATE, Flaw.COLOURFUL)
    known: tuple[dict[str, Any], ...] = (
        {},
        {"of_film": {**CUT_SHORT, "flaws": many}},
        {"of_film": {"flaws": (Flaw.RATE_ASSUMED,), "outlines": None}, **untimed()},
        {"of_film": {"key_frames": ()}, "findings": swallow_findings(0.02, 0.03)},
    )
    with a_page(browser, kiosk, language, theme) as (page, complaints):
        for changes in known:
            stored = filmed(seed, **changes)
            seed.offers(stored)
            path = path_of(seed, stored)
            page.goto(kiosk.url + path.rpartition("/radiographs/")[0])
            settled(page)
            assert page.evaluate(LAYOUT) == []
            page.goto(f"{kiosk.url}{path}?frame={ASPIRATED}")
            drawn(page, ASPIRATED)
            assert page.evaluate(LAYOUT) == []
        assert inaccessible(page) == []
        page.goto(f"{kiosk.url}{path_of(seed, filmed(seed, CUT_SHORT))}?frame={ASPIRATED}")
        drawn(page, ASPIRATED)
        assert inaccessible(page) == []
        red, green, blue = page.evaluate(GREY_AT, EMPTY)
        if theme == "red":
            assert max(green, blue) < 0.35 * red
        else:
            assert red == pytest.approx(greys(ASPIRATED) * (0.65 if theme == "night" else 1), abs=8)
        assert but_for_broken_off(complaints) == []
