"""The large viewer in a real Chromium: what is drawn lies where the picture is, however that is looked at, and no answer is missed."""

import json
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from edge_app.casebook import Casebook
from edge_app.casebook.offers import offers_of
from edge_app.casebook.radiographs import StoredRadiograph, radiographs_of
from edge_app.casebook.renditions import add_rendition
from edge_app.link.messages import AnswerKind
from edge_app.radiograph.picture import Assumption, Facts, Picture, VoiFunction, Window
from edge_app.reading.finding import Outline
from tests.chromium import IN_CHROMIUM, but_for_broken_off
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.figured import COMPLETE
from tests.edge_app.kiosk.served import LAYOUT, Kiosk, a_page, browser, kiosk, settings, settled
from tests.edge_app.screens.sixteen_bits import SIDE, drag_the_window, ramp, window_of_true_greys

__all__ = ["browser", "kiosk", "settings"]
pytestmark = IN_CHROMIUM

# Where the seeded reading has its box, in a picture that is wider than high.
X, Y, WIDTH, HEIGHT, ROWS, COLUMNS = 96, 250, 120, 130, 512, 700
CORNERS = ((X, Y), (X + WIDTH, Y), (X + WIDTH, Y + HEIGHT), (X, Y + HEIGHT))
# What surrounds the pixels that a test of their grey takes, in CSS pixels of the page: left, top, right, bottom.
AROUND = """(canvas, least) => {
    const { width, height } = canvas, at = canvas.getBoundingClientRect();
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    let [left, top, right, bottom] = [width, height, 0, 0];
    for (let y = 0, i = 0; y < height; y += 1) for (let x = 0; x < width; x += 1, i += 4) {
        if (data[i] < least) continue;
        left = Math.min(left, x); right = Math.max(right, x + 1); top = Math.min(top, y); bottom = Math.max(bottom, y + 1);
    }
    return [left + at.left, top + at.top, right + at.left, bottom + at.top];
}"""
EDGES = "e => { const box = e.getBoundingClientRect(); return [box.left, box.top, box.right, box.bottom]; }"
GREY = "(canvas, at) => [...canvas.getContext('2d').getImageData(...at, 1, 1).data].slice(0, 3)"


def rendered(
    casebook: Casebook, radiograph: StoredRadiograph, pixels: np.ndarray[Any, np.dtype[np.uint16]], spacing: float | None = 0.7
) -> None:
    assumption = Assumption.SPACING_UNKNOWN if spacing is None else Assumption.SPACING_AT_DETECTOR
    rows, columns = pixels.shape
    window = Window(2048, 4096, VoiFunction.LINEAR_EXACT)
    pair = None if spacing is None else (spacing, spacing)
    add_rendition(casebook, radiograph.id, Picture(pixels, window, rows, columns, pair, Facts(), (assumption,)))


def with_a_bright_patch(casebook: Casebook, seed: Seeder, spacing: float | None = 0.7, level: int = 3000) -> str:
    """A dark picture, as bright as a bone exactly in the finding's box, which the outline of the heart goes around as well."""
    seed.link()
    radiograph = seed.radiograph(study="1.9.6")
    seed.assessed(radiograph, outlines=(Outline("heart", (tuple((float(x), float(y)) for x, y in CORNERS),), 0.9, 0.9, True),))
    pixels = np.full((ROWS, COLUMNS), 200, dtype=np.uint16)
    pixels[Y : Y + HEIGHT, X : X + WIDTH] = level
    rendered(casebook, radiograph, pixels, spacing)
    return f"/cases/{radiograph.case_id}/radiographs/{radiograph.id}/view"


def touch(page: Page, *actions: str) -> None:
    for action in actions:
        page.tap(f"[data-viewer-action={action}]")
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(drawn))))")


def imported(page: Page, module: str, body: str, *arguments: Any) -> Any:
    """What a function over one of the viewer's modules gives."""
    script = f"""async (given) => {{
        const module = await import(document.querySelector("script[type=module]").src.replace("viewer.js", "{module}"));
        return ({body})(module, ...given);
    }}"""
    return page.evaluate(script, list(arguments))


def test_pure_geometry_and_windows(browser: Browser, kiosk: Kiosk) -> None:
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(kiosk.url)
        wrong = imported(
            page,
            "geometry.js",
            """(g) => {
            const wrong = [], picture = { columns: 700, rows: 512 }, canvas = { width: 1060, height: 688 }, point = { x: 123, y: 45 };
            const near = (one, other) => Math.hypot(one.x - other.x, one.y - other.y) < 1e-6;
            for (const flip of [false, true]) for (const turns of [0, 1, 2, 3]) for (const zoom of [1, 2.5]) {
                const pose = { ...g.UPRIGHT, flipped: flip, turns, zoom, x: 0.4, y: 0.6 }, m = g.placed(pose, picture, canvas);
                const name = JSON.stringify(pose), seen = g.toCanvas(m, point);
                if (!near(g.toPicture(m, seen), point)) wrong.push(`there and back ${name}`);
                if (!near(g.toCanvas(m, { x: 280, y: 307.2 }), { x: 530, y: 344 })) wrong.push(`the centre ${name}`);
                const mirrored = g.toCanvas(g.placed(g.flipped(pose), picture, canvas), point);
                if (!near(mirrored, { x: 1060 - seen.x, y: seen.y })) wrong.push(`flipping changes left and right ${name}`);
                const square = { width: 688, height: 688 }, before = g.toCanvas(g.placed(pose, picture, square), point);
                const after = g.toCanvas(g.placed(g.turned(pose), picture, square), point);
                if (!near(after, { x: 688 - before.y, y: before.x })) wrong.push(`turning is clockwise ${name}`);
                const at = { x: 700, y: 300 }, under = g.toPicture(m, at), closer = g.zoomed(pose, picture, canvas, 1.5, at);
                const there = g.toCanvas(g.placed(closer, picture, canvas), under);
                if (zoom > 1 && !near(there, at)) wrong.push(`zooming keeps the place ${name}`);
                const large = { ...pose, zoom: 4 }, still = g.placed(large, picture, canvas);
                const dragged = g.moved(large, picture, canvas, 30, -20);
                const was = g.toCanvas(still, point), is = g.toCanvas(g.placed(dragged, picture, canvas), point);
                if (!near(is, { x: was.x + 30, y: was.y - 20 })) wrong.push(`it follows the finger ${name}`);
            }
            if (g.distance({ x: 0, y: 0 }, { x: 30, y: 40 }, { row: 0.1, column: 0.2 }) !== Math.hypot(6, 4)) wrong.push("millimetres");
            if (g.zoomed(g.UPRIGHT, picture, canvas, 99, { x: 0, y: 0 }).zoom !== g.MAX_ZOOM) wrong.push("no end of zooming");
            return wrong;
        }""",
        )
        assert wrong == []
        values = np.arange(0, 65536, 257, dtype=np.float32)
        for window in (Window(2048, 4096), Window(900.5, 1, VoiFunction.LINEAR), Window(30000, 900, VoiFunction.LINEAR_EXACT)):
            expected = window.apply(values) * 255
            table = imported(
                page,
                "windows.js",
                "(w, window) => [...w.table(window)].filter((_, value) => value % 257 === 0)",
                {"center": window.center, "width": window.width, "kind": window.function},
            )
            assert np.abs(np.array(table) - expected).max() <= 0.51
        sigmoid = Window(20000, 9000, VoiFunction.SIGMOID)
        bent = imported(page, "windows.js", "(w, one) => w.table(one)[25700]", {"center": 20000, "width": 9000, "kind": "SIGMOID"})
        assert abs(bent - 255 * float(sigmoid.apply(np.array([25700], dtype=np.float32))[0])) <= 0.51
        found = imported(
            page,
            "windows.js",
            """(w) => {
            const values = Uint16Array.from({ length: 10000 }, (_, i) => i), window = { center: 1, width: 2, kind: "SIGMOID" };
            const all = w.presets({ values, low: 0, high: 9999, window });
            const wide = w.dragged(all.full, { low: 0, high: 9999 }, 50, 0), dark = w.dragged(all.full, { low: 0, high: 9999 }, 0, 50);
            return { all, wide, dark };
        }""",
        )
        presets = found["all"]
        assert list(presets) == ["sent", "lung", "soft", "bone", "full"]
        assert presets["sent"] == {"center": 1, "width": 2, "kind": "SIGMOID"}
        assert presets["full"] == {"center": 4999.5, "width": 9999, "kind": "LINEAR_EXACT"}
        assert presets["lung"]["center"] < presets["soft"]["center"] < presets["bone"]["center"]
        assert abs(presets["lung"]["center"] - presets["lung"]["width"] / 2 - 100) <= 2
        assert found["wide"]["width"] > presets["full"]["width"]
        assert found["dark"]["center"] > presets["full"]["center"]
        assert complaints == []


def test_what_is_drawn_lies_on_the_picture_flipped_turned_and_zoomed(
    browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder
) -> None:
    path = with_a_bright_patch(casebook, seed)
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(kiosk.url + path)
        settled(page)
        canvas, outline = page.locator("canvas").first, page.locator(".outline.heart path.edge").first
        changes = page.locator("[data-viewer-changes]").first
        touch(page, "boxes")
        seen: list[list[float]] = []
        for actions, words in (
            ((), ""),
            (("flip",), "좌우 반전됨"),
            (("turn",), "좌우 반전됨 · 시계 방향 90° 돌림"),
            (("in",), "좌우 반전됨 · 시계 방향 90° 돌림"),
            (("turn", "turn", "invert", "invert"), "좌우 반전됨 · 시계 방향 270° 돌림"),
        ):
            touch(page, *actions)
            patch, drawn = canvas.evaluate(AROUND, 120), outline.evaluate(EDGES)
            assert np.abs(np.array(patch) - drawn).max() <= 2
            # The numbered corners are whiter than the patch.
            touch(page, "boxes")
            corners = canvas.evaluate(AROUND, 250)
            touch(page, "boxes")
            sides = np.array(corners) - patch
            assert np.abs(sides[[0, 2, 3]]).max() <= 4
            assert abs(sides[1]) <= 32, "the number stands on the upper corner"
            expect(changes).to_have_text(words)
            assert changes.is_visible() == bool(words)
            seen.append(patch)
        assert len({tuple(map(round, patch)) for patch in seen}) == len(seen)
        # Letters stand upright and unmirrored, as large as ever.
        upright = page.locator(".outline.heart text, text.outline.heart").first.evaluate(
            "e => { const m = e.getScreenCTM(); return [m.a, m.b, m.c, m.d]; }"
        )
        assert upright == pytest.approx([1, 0, 0, 1], abs=1e-3)
        touch(page, "reset")
        assert canvas.evaluate(AROUND, 120) == seen[0]
        expect(changes).to_be_hidden()
        assert complaints == []


def draw_ruler(page: Page, x: float, y: float) -> None:
    page.mouse.move(300, 300)
    page.mouse.down()
    page.mouse.move(300 + x, 300 + y, steps=4)
    page.mouse.up()


def test_the_ruler_measures_in_millimetres_and_says_where(browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder) -> None:
    path = with_a_bright_patch(casebook, seed)
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(kiosk.url + path)
        settled(page)
        words, measured = page.locator("[data-viewer-ruler] text").first, page.locator("[data-viewer-measured]").first
        touch(page, "ruler")
        assert page.locator("[data-viewer-ruler]").first.is_hidden(), "nobody has measured yet"
        draw_ruler(page, 120, 90)
        factor = min(1060 / COLUMNS, 688 / ROWS)
        millimetres = 150 / factor * 0.7
        expect(words).to_have_text(f"{millimetres:.1f} mm")
        expect(measured).to_contain_text("Imager Pixel Spacing")
        # An end is taken hold of beside it, as by a glove, and drawn elsewhere; the other stays.
        page.mouse.move(300 + 120 + 20, 300 + 90)
        page.mouse.down()
        page.mouse.move(300 + 50, 300, steps=4)
        page.mouse.up()
        expect(words).to_have_text(f"{50 / factor * 0.7:.1f} mm")
        touch(page, "flip", "turn", "in")
        expect(words).to_have_text(f"{50 / factor * 0.7:.1f} mm")
        # Two touches instead of a drag.
        touch(page, "reset")
        page.touchscreen.tap(300, 500)
        page.touchscreen.tap(500, 500)
        expect(words).to_have_text(f"{200 / factor * 0.7:.0f} mm")
        assert complaints == []


def test_without_a_spacing_the_ruler_counts_pixels_and_says_so(browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder) -> None:
    path = with_a_bright_patch(casebook, seed, spacing=None)
    with a_page(browser, kiosk, "en") as (page, complaints):
        page.goto(kiosk.url + path)
        settled(page)
        touch(page, "ruler")
        draw_ruler(page, 100, 0)
        expect(page.locator("[data-viewer-ruler] text").first).to_have_text(f"{100 / min(1060 / COLUMNS, 688 / ROWS):.0f} px")
        expect(page.locator("[data-viewer-measured]").first).to_contain_text("no millimetres")
        assert complaints == []


def test_everything_is_reached_by_key_and_says_its_state(browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder) -> None:
    path = with_a_bright_patch(casebook, seed)
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(kiosk.url + path)
        settled(page)
        for key, action in (("f", "flip"), ("r", "turn"), ("i", "invert"), ("w", "window"), ("m", "ruler"), ("4", "bone")):
            page.keyboard.press(key)
            expect(page.locator(f"[data-viewer-action={action}]")).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("b")
        expect(page.locator("[data-viewer-action=boxes]")).to_have_attribute("aria-pressed", "false")
        page.keyboard.press("x")
        for action, pressed in (("flip", "false"), ("turn", "false"), ("invert", "false"), ("sent", "true")):
            expect(page.locator(f"[data-viewer-action={action}]")).to_have_attribute("aria-pressed", pressed)
        page.locator("canvas").first.focus()
        page.keyboard.press("Enter")
        words = page.locator("[data-viewer-ruler] text").first
        before = words.text_content()
        page.keyboard.press("Shift+ArrowRight")
        expect(words).not_to_have_text(str(before))
        # Two keys are the console's own, and none of the viewer's.
        named = page.locator(".viewer-tools [aria-keyshortcuts]").evaluate_all(
            "all => all.map((one) => one.getAttribute('aria-keyshortcuts'))"
        )
        assert not {"A", "D"} & set(named)
        assert len(set(named)) == len(named)
        unnamed = page.locator(".viewing :is(button, a, input)").evaluate_all(
            "all => all.filter((one) => !(one.ariaLabel || one.textContent.trim() || one.closest('label'))).length"
        )
        assert unnamed == 0
        expect(page.get_by_role("img", name="폐렴, 의심, 81%")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(".kiosk")).to_have_attribute("data-showing", "result")
        assert but_for_broken_off(complaints) == []


def test_two_pictures_move_together_and_each_says_which_it_is(browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder) -> None:
    with_a_bright_patch(casebook, seed, level=2000)
    path = with_a_bright_patch(casebook, seed)
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(kiosk.url + path)
        settled(page)
        now, earlier = page.locator("[data-viewer]").nth(0), page.locator("[data-viewer]").nth(1)
        expect(earlier).to_be_hidden()
        touch(page, "flip", "in", "lung", "compare")
        expect(earlier).to_have_attribute("data-viewer-state", "shown")
        expect(now.locator(".viewer-caption")).to_contain_text("지금 사진")
        expect(earlier.locator(".viewer-caption")).to_contain_text("이전 사진")
        touch(page, "turn")
        drawings = page.locator("[data-viewer-drawing]").evaluate_all(
            "all => all.map((one) => one.getAttribute('transform').split(' ').slice(0, 4).join())"
        )
        assert drawings[0] == drawings[1]
        expect(earlier.locator("[data-viewer-changes]")).to_have_text("좌우 반전됨 · 시계 방향 90° 돌림")
        numbers = earlier.locator("[data-viewer-numbers]")
        touch(page, "together", "full")
        before = numbers.text_content()
        touch(page, "sent")
        expect(numbers).to_have_text(str(before))
        touch(page, "together")
        expect(numbers).to_contain_text("WW 4096 · WL 2048")
        assert page.evaluate(LAYOUT) == []
        touch(page, "compare")
        expect(earlier).to_be_hidden()
        assert complaints == []


def test_an_acceptance_is_seen_over_the_picture_that_somebody_looks_at(
    browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder
) -> None:
    case_id = seed.result(**COMPLETE)
    with a_page(browser, kiosk, "en") as (page, complaints):
        (radiograph,) = radiographs_of(casebook.database, case_id)
        page.goto(f"{kiosk.url}/cases/{case_id}/radiographs/{radiograph.id}/view")
        settled(page)
        assert page.evaluate(LAYOUT) == []
        page.evaluate("window.sameDocument = true")
        touch(page, "flip")
        expect(page.locator(".standing-word")).to_be_visible()
        seed.answers(offers_of(casebook.database, case_id)[0], AnswerKind.ACCEPT)
        expect(page.locator(".standing-word.accepted")).to_contain_text("Korea University Anam Hospital")
        expect(page.locator("[data-announce]")).to_contain_text("Korea University Anam Hospital")
        assert page.evaluate("window.sameDocument")
        expect(page.locator("[data-viewer-changes]").first).to_be_visible()
        assert page.evaluate(LAYOUT) == []
        page.tap(".standing-word")
        expect(page.locator(".kiosk")).to_have_attribute("data-showing", "accepted")
        assert but_for_broken_off(complaints) == []


def test_night_dims_red_tints_and_one_touch_gives_full_light(browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder) -> None:
    path = with_a_bright_patch(casebook, seed)
    factor = min(1060 / COLUMNS, 688 / ROWS)
    middle = [round((1060 - COLUMNS * factor) / 2 + (X + WIDTH / 2) * factor), round((Y + HEIGHT / 2) * factor)]
    full = round(3000 / 4096 * 255)
    for theme, dimmed in (
        ("day", [full] * 3),
        ("night", [round(full * 0.65)] * 3),
        ("red", [full, round(full * 0.25), round(full * 0.22)]),
    ):
        with a_page(browser, kiosk, theme=theme) as (page, complaints):
            page.goto(kiosk.url + path)
            settled(page)
            canvas = page.locator("canvas").first
            assert canvas.evaluate(GREY, middle) == pytest.approx(dimmed, abs=1)
            if theme != "day":
                touch(page, "bright")
                assert canvas.evaluate(GREY, middle) == pytest.approx([full] * 3, abs=1)
            assert complaints == []


def test_three_thousand_pixels_a_side_of_sixteen_bits_have_their_greys_and_each_mark_its_strength(
    browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder
) -> None:
    seed.link()
    radiograph = seed.radiograph()
    seed.assessed(radiograph, **COMPLETE)
    window = Window(2**15, 2**16, VoiFunction.LINEAR_EXACT)
    picture = Picture(ramp().pixels, window, SIDE, SIDE, (0.7, 0.7), Facts(), (Assumption.SPACING_AT_DETECTOR,))
    add_rendition(casebook, radiograph.id, picture)
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(f"{kiosk.url}/cases/{radiograph.case_id}/radiographs/{radiograph.id}/view")
        settled(page)
        touch(page, "ruler")
        draw_ruler(page, 172, 0)
        expect(page.locator("[data-viewer-ruler] text").first).to_have_text(f"{172 / (688 / 3000) * 0.7:.0f} mm")
        assert window_of_true_greys(page) == (2**16, 2**15)
        drag_the_window(page, -120, 60)
        width, centre = window_of_true_greys(page)
        assert width < 2**16
        assert centre != 2**15
        outlines, heat = page.locator("[data-viewer-layer=outlines]").first, page.locator("canvas").first
        touch(page, "heat")
        strong = json.dumps(heat.evaluate("c => [...c.getContext('2d').getImageData(380, 400, 60, 60).data]"))
        page.tap("[popovertarget$=strengths]")
        assert page.evaluate(LAYOUT) == []
        for name in ("outlines", "heat"):
            page.locator(f"[data-viewer-strength={name}]").fill("40")
        expect(outlines).to_have_css("opacity", "0.4")
        assert json.dumps(heat.evaluate("c => [...c.getContext('2d').getImageData(380, 400, 60, 60).data]")) != strong
        assert complaints == []


def test_the_page_is_of_that_case_and_of_what_can_be_drawn(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    path = with_a_bright_patch(casebook, seed)
    assert f'href="{path}"' in client.get("/").text, "one touch away"
    page = client.get(path)
    assert page.status_code == 200
    assert f'href="/cases/{path.split("/")[2]}" data-viewing-back' in page.text, "and one touch back"
    assert page.text.count("data-viewer-state") == 0
    assert page.text.count('class="viewer ') == 1
    part = client.get(path, headers={"HX-Request": "true"}).text
    assert "standing-word" in part
    assert "<canvas" not in part
    other = seed.result()
    radiograph_id = path.split("/")[4]
    assert client.get(f"/cases/{other}/radiographs/{radiograph_id}/view").status_code == 404
    unread = seed.radiograph()
    undrawn = client.get(f"/cases/{unread.case_id}/radiographs/{unread.id}/view")
    assert (undrawn.status_code, undrawn.headers["Location"]) == (302, f"/cases/{unread.case_id}/radiographs/{unread.id}")


def test_a_picture_that_was_not_read_says_so_in_the_viewer_too(client: FlaskClient, seed: Seeder) -> None:
    case_id = seed.not_read()
    page = client.get("/").text
    (address,) = {word.split('"')[0] for word in page.split('href="')[1:] if word.split('"')[0].endswith("/view")}
    assert address.startswith(f"/cases/{case_id}/")
    assert "<strong>판독하지 않음</strong>" in client.get(address).text
