"""An edited picture is what a person would have got with scissors, a mirror and a lamp; the picture it comes from is as it was."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge_app.radiograph.edits import EDITS, LEAST_PART, UNEDITED, Crop, Edits, edited
from edge_app.radiograph.picture import Facts, Picture, Window

ROWS, COLUMNS = 60, 40


def picture(*, scale: int = 1, spacing_mm: tuple[float, float] | None = (0.2, 0.1), pixel_aspect: float = 1.0) -> Picture:
    """Every pixel another one, as a part of an original that is ``scale`` times as large."""
    pixels = np.arange(1000, 1000 + ROWS * COLUMNS, dtype=np.uint16).reshape(ROWS, COLUMNS)
    return Picture(pixels, Window(2000.0, 1000.0), scale * ROWS, scale * COLUMNS, spacing_mm, Facts(), (), pixel_aspect)


shares = st.floats(0.0, 1.0)
all_edits = st.builds(
    Edits,
    crop=st.builds(
        lambda x, y, w, h: Crop(x * (1 - w), y * (1 - h), w, h), shares, shares, st.floats(LEAST_PART, 1.0), st.floats(LEAST_PART, 1.0)
    ),
    flipped=st.booleans(),
    quarter_turns=st.integers(0, 3),
    tilt_degrees=st.floats(-30, 30),
    brightness=st.floats(-1, 1),
    contrast=st.floats(-1, 1),
    sharpness=shares,
)


@given(all_edits)
def test_whatever_is_edited_a_whole_picture_comes_of_it_and_the_first_one_stays(edits: Edits) -> None:
    before = picture(scale=4)
    kept = before.pixels.copy()
    after = edited(before, edits)
    assert after.pixels.dtype == np.uint16
    assert after.pixels.flags.c_contiguous
    assert (after.rows / after.pixels.shape[0], after.columns / after.pixels.shape[1]) == pytest.approx((4, 4))
    assert after.window.width > 0
    assert np.array_equal(before.pixels, kept)
    assert EDITS.validate_json(EDITS.dump_json(edits)) == edits


def test_nothing_edited_changes_nothing() -> None:
    before = picture()
    after = edited(before, UNEDITED)
    assert np.array_equal(after.pixels, before.pixels)
    for name in ("window", "rows", "columns", "spacing_mm", "facts", "assumptions", "pixel_aspect"):
        assert getattr(after, name) == getattr(before, name)


def test_a_crop_is_a_part_of_the_picture_where_it_was() -> None:
    after = edited(picture(scale=2), Edits(crop=Crop(0.25, 0.5, 0.5, 0.25)))
    assert np.array_equal(after.pixels, picture().pixels[30:45, 10:30])
    assert (after.rows, after.columns, after.spacing_mm) == (30, 40, (0.2, 0.1))


@pytest.mark.parametrize(("turns", "corner"), [(0, (0, 0)), (1, (0, ROWS - 1)), (2, (ROWS - 1, COLUMNS - 1)), (3, (COLUMNS - 1, 0))])
def test_a_turn_is_clockwise_and_takes_the_spacing_with_it(turns: int, corner: tuple[int, int]) -> None:
    after = edited(picture(pixel_aspect=2.0), Edits(quarter_turns=turns))
    assert after.pixels[corner] == 1000, "the top left corner goes there"
    assert (after.rows, after.columns) == after.pixels.shape
    assert after.spacing_mm == ((0.2, 0.1) if turns % 2 == 0 else (0.1, 0.2))
    assert after.pixel_aspect == (2.0 if turns % 2 == 0 else 0.5)


def test_flipped_twice_is_as_it_was_and_once_is_its_mirror() -> None:
    once = edited(picture(), Edits(flipped=True))
    assert np.array_equal(once.pixels, picture().pixels[:, ::-1])
    assert np.array_equal(edited(once, Edits(flipped=True)).pixels, picture().pixels)


@pytest.mark.parametrize("pixel_aspect", [1.0, 2.0])
def test_a_tilt_is_clockwise_about_the_middle_and_brings_in_black(pixel_aspect: float) -> None:
    pixels = np.full((81, 81), 500, dtype=np.uint16)
    pixels[0, 0] = 100
    # A bright spot above the middle, 20 pixel heights of the screen away.
    up = round(20 / pixel_aspect)
    pixels[40 - up - 1 : 40 - up + 2, 39:42] = 60_000
    after = edited(replace(picture(pixel_aspect=pixel_aspect), pixels=pixels, rows=81, columns=81), Edits(tilt_degrees=30.0)).pixels
    row, column = np.unravel_index(int(after.argmax()), after.shape)
    assert column == pytest.approx(40 + 20 * np.sin(np.radians(30)), abs=1.5)
    assert row == pytest.approx(40 - 20 * np.cos(np.radians(30)) / pixel_aspect, abs=1.5)
    assert after[80, 80] == 100


def test_brightness_and_contrast_are_the_window_s_and_touch_no_pixel() -> None:
    before = picture()
    for edits, holds in (
        (Edits(brightness=0.5), lambda new, old: (new >= old).all() and new.mean() > old.mean()),
        (Edits(brightness=-0.5), lambda new, old: (new <= old).all() and new.mean() < old.mean()),
        (Edits(contrast=0.5), lambda new, old: new.std() > old.std()),
        (Edits(contrast=-0.5), lambda new, old: new.std() < old.std()),
    ):
        after = edited(before, edits)
        assert np.array_equal(after.pixels, before.pixels)
        assert holds(after.windowed(), before.windowed())


def test_sharpness_makes_an_edge_steeper_and_leaves_what_is_flat() -> None:
    pixels = np.full((ROWS, COLUMNS), 20_000, dtype=np.uint16)
    pixels[:, 20:] = 30_000
    after = edited(replace(picture(), pixels=pixels), Edits(sharpness=1.0)).pixels.astype(int)
    assert after[30, 20] - after[30, 19] > 15_000
    assert after[30, 5] == 20_000
    assert after[30, 35] == 30_000


@pytest.mark.parametrize(
    "wrong",
    [
        '{"quarter_turns": 4}',
        '{"tilt_degrees": 31}',
        '{"brightness": 1.01}',
        '{"sharpness": -0.1}',
        '{"crop": {"x": 0.5, "width": 0.6}}',
        '{"crop": {"width": 0.05}}',
        '{"brightness": NaN}',
    ],
)
def test_what_no_hand_can_do_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError):
        EDITS.validate_json(wrong)
