"""The region that matters, and pictures small enough for their rungs."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.dispatch.pictures import LEAST_SHARE, PREVIEW_BYTES, region_box, rungs_of
from edge_app.link.messages import REGION_BYTES
from edge_app.radiograph.picture import Facts, Picture, Window
from edge_app.reading.finding import Box, Decision, Finding, Outline
from tests.edge_app.casebook.builders import assessed, pneumonia, refused

ROWS, COLUMNS = 2000, 1000
NODULE = Finding("Nodule", 0.9, Decision.PRESENT, 0.5, 30, True, Box(800.0, 100.0, 60.0, 60.0))


def test_it_is_around_the_first_of_the_top_three_that_has_a_box() -> None:
    box = region_box(assessed(NODULE, pneumonia()), ROWS, COLUMNS)
    assert (box.x, box.x + box.width) == (pytest.approx(270.5 - 182, abs=1), pytest.approx(270.5 + 182, abs=1))
    assert box.height == pytest.approx(ROWS * LEAST_SHARE, abs=1)
    without = replace(assessed(NODULE, replace(pneumonia(), box=None)))
    box = region_box(without, ROWS, COLUMNS)
    assert (box.width, box.height) == (pytest.approx(COLUMNS * LEAST_SHARE, abs=1), pytest.approx(ROWS * LEAST_SHARE, abs=1))
    assert box.x + box.width == COLUMNS, "at the edge it moves in, and stays as wide"


def test_without_a_finding_it_is_the_chest_and_without_a_chest_the_whole() -> None:
    lung = Outline("left_lung", (((300.0, 400.0), (700.0, 400.0), (700.0, 1400.0)),), 0.9, 0.95, True)
    clear = assessed(replace(pneumonia(0.1), decision=Decision.ABSENT, box=None))
    box = region_box(replace(clear, outlines=(lung,)), ROWS, COLUMNS)
    assert (box.x, box.y, box.width, box.height) == (220, 200, 560, 1400)
    assert region_box(clear, ROWS, COLUMNS) == Box(0, 0, COLUMNS, ROWS)
    assert region_box(refused(), ROWS, COLUMNS) == Box(0, 0, COLUMNS, ROWS)


@given(st.floats(-50, 990), st.floats(-50, 1990), st.floats(1, 1200), st.floats(1, 2500))
def test_it_lies_within_the_picture_wherever_the_box_is(x: float, y: float, width: float, height: float) -> None:
    box = region_box(assessed(replace(pneumonia(), box=Box(x, y, width, height))), ROWS, COLUMNS)
    assert 0 <= box.x < box.x + box.width <= COLUMNS
    assert 0 <= box.y < box.y + box.height <= ROWS


def test_region_and_preview_keep_to_their_bytes_even_of_noise_and_show_what_they_say() -> None:
    pixels = np.random.default_rng(2).integers(0, 65535, (ROWS // 2, COLUMNS // 2)).astype(np.uint16)
    pixels[260:380, 70:200] = 0
    rungs = rungs_of(assessed(), Picture(pixels, Window(32768.0, 65536.0), ROWS, COLUMNS, None, Facts()))
    assert len(rungs.region.content) <= REGION_BYTES
    assert len(rungs.preview.content) <= PREVIEW_BYTES
    seen = cv2.imdecode(np.frombuffer(rungs.region.content, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert seen.shape == (rungs.region.rows, rungs.region.columns)
    # The pneumonia's own box is black in this picture, and lies where the region's box says.
    left, top, width, height = rungs.box
    across, down = seen.shape[1] / width, seen.shape[0] / height
    inside = seen[int((270 - top) * down) : int((370 - top) * down), int((160 - left) * across) : int((380 - left) * across)]
    assert inside.size
    assert inside.mean() < 30
    assert seen.mean() > 60
