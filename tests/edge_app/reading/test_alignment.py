"""The part of a picture that is graded: both lungs with a margin, the same from any size of mask."""

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.radiograph.picture import Facts, Picture, Window
from edge_app.reading.alignment import aligned, lung_box
from edge_app.reading.canvas import place
from edge_app.reading.card import Input
from edge_app.reading.finding import Box

ROWS, COLUMNS = 800, 640


def block(rows: int, columns: int, box: Box) -> NDArray[np.bool_]:
    """(rows, columns) mask of a box."""
    mask = np.zeros((rows, columns), dtype=np.bool_)
    mask[round(box.y) : round(box.y + box.height), round(box.x) : round(box.x + box.width)] = True
    return mask


RIGHT = block(ROWS, COLUMNS, Box(100, 200, 150, 400))
LEFT = block(ROWS, COLUMNS, Box(380, 240, 120, 320))
OWN = place(ROWS, COLUMNS, ROWS, COLUMNS)


def test_both_lungs_with_a_margin_in_pixels_of_the_original() -> None:
    box = lung_box(RIGHT, LEFT, OWN)
    assert box is not None
    assert dataclasses.astuple(box) == pytest.approx((80, 180, 440, 440))


def test_the_same_box_from_probabilities_on_a_letterboxed_canvas() -> None:
    placement = place(ROWS, COLUMNS, 256, 256)
    lungs = []
    for lung in (RIGHT, LEFT):
        canvas = np.full((256, 256), 0.9, dtype=np.float32)  # what a network sees in the border counts for nothing
        rows, columns = np.indices((placement.height, placement.width))
        small = lung[(rows / placement.factor_y).astype(int), (columns / placement.factor_x).astype(int)]
        inner = slice(placement.offset_x, placement.offset_x + placement.width)
        canvas[:, inner] = np.where(small, 0.6, 0.4)
        lungs.append(canvas)
    box = lung_box(lungs[0], lungs[1], placement)
    assert box is not None
    assert dataclasses.astuple(box) == pytest.approx((80, 180, 440, 440), abs=1.5 / placement.factor_x)


def test_a_speck_does_not_widen_the_box() -> None:
    speckled = RIGHT.copy()
    speckled[5:15, 5:15] = True
    assert lung_box(speckled, LEFT, OWN) == lung_box(RIGHT, LEFT, OWN)


def test_the_margin_ends_at_the_edge_of_the_picture() -> None:
    box = lung_box(block(ROWS, COLUMNS, Box(0, 0, 200, ROWS)), LEFT, OWN)
    assert box is not None
    assert dataclasses.astuple(box) == pytest.approx((0, 0, 525, ROWS))


@pytest.mark.parametrize("gone", [np.zeros((ROWS, COLUMNS), dtype=np.bool_), block(ROWS, COLUMNS, Box(400, 300, 50, 50))])
def test_one_lung_alone_gives_no_box(gone: NDArray[np.bool_]) -> None:
    assert lung_box(RIGHT, gone, OWN) is None
    assert lung_box(gone, LEFT, OWN) is None


def test_the_input_is_what_lies_in_the_box_letterboxed() -> None:
    pixels = np.full((ROWS, COLUMNS), 40, dtype=np.uint16)
    pixels[200:600, 100:300] = 220
    # Stored at half size: the box stays in pixels of the original.
    picture = Picture(pixels[::2, ::2], Window(128, 256), ROWS, COLUMNS, None, Facts())
    batch, placement = aligned(picture, Box(100, 200, 200, 400), Input(height=192, width=192, mean=0.0, std=1.0))
    assert batch.shape == (1, 1, 192, 192)
    assert batch.dtype == np.float32
    assert (placement.offset_x, placement.offset_y, placement.width, placement.height) == (48, 0, 96, 192)
    inside = batch[0, 0, :, 48:144]
    np.testing.assert_allclose(inside, picture.window.apply(np.array([220], dtype=np.float32))[0], atol=1e-6)
    assert np.all(batch[0, 0, :, :48] == 0.0)
    assert np.all(batch[0, 0, :, 144:] == 0.0)


@pytest.mark.parametrize("box", [Box(0, 0, COLUMNS, ROWS), Box(639.5, 799.5, 0.5, 0.5), Box(0, 0, 0.1, 800)])
def test_every_box_in_the_picture_gives_an_input(box: Box) -> None:
    picture = Picture(np.full((200, 160), 90, dtype=np.uint16), Window(128, 256), ROWS, COLUMNS, None, Facts())
    batch, _ = aligned(picture, box, Input(height=192, width=192, mean=0.5, std=0.25))
    assert batch.shape == (1, 1, 192, 192)
    assert np.isfinite(batch).all()
