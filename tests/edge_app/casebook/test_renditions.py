"""Renditions: the form in which screens and links meet a picture."""

import numpy as np
import pytest

from edge_app.casebook import Casebook
from edge_app.casebook.renditions import LONGEST_SIDE, add_rendition, rendition_of
from edge_app.errors import CasebookError
from edge_app.radiograph.picture import Assumption, Facts, Picture, VoiFunction, Window
from tests.edge_app.casebook.builders import stored


def picture(rows: int, columns: int, spacing_mm: tuple[float, float] | None = (0.15, 0.15)) -> Picture:
    pixels = np.arange(rows * columns, dtype=np.uint32).reshape(rows, columns).astype(np.uint16)
    window = Window(2048.5, 4000.0, VoiFunction.SIGMOID)
    assumptions = (Assumption.SPACING_AT_DETECTOR, Assumption.MODALITY_MISSING)
    return Picture(pixels, window, rows, columns, spacing_mm, Facts(), assumptions)


@pytest.mark.parametrize("spacing_mm", [(0.15, 0.2), None])
def test_a_rendition_is_the_picture_again(casebook: Casebook, spacing_mm: tuple[float, float] | None) -> None:
    radiograph = stored(casebook.database)
    original = picture(120, 100, spacing_mm)
    add_rendition(casebook, radiograph.id, original)
    found = rendition_of(casebook, radiograph.id)
    assert found is not None
    assert np.array_equal(found.pixels, original.pixels)
    assert (found.window, found.rows, found.columns, found.spacing_mm) == (original.window, 120, 100, spacing_mm)
    assert found.assumptions == original.assumptions


def test_a_large_picture_is_kept_small_and_remembers_its_size(casebook: Casebook) -> None:
    radiograph = stored(casebook.database)
    add_rendition(casebook, radiograph.id, picture(LONGEST_SIDE * 2, 64))
    found = rendition_of(casebook, radiograph.id)
    assert found is not None
    assert found.pixels.shape == (LONGEST_SIDE, 32)
    assert (found.rows, found.columns, found.scale) == (LONGEST_SIDE * 2, 64, 2.0)


def test_no_rendition_is_none_and_a_lost_or_damaged_one_is_an_error(casebook: Casebook) -> None:
    radiograph = stored(casebook.database)
    assert rendition_of(casebook, radiograph.id) is None
    add_rendition(casebook, radiograph.id, picture(64, 64))
    row = casebook.database.row("SELECT sha256 FROM renditions")
    assert row is not None
    file = casebook.pictures.path_of(row["sha256"])
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(CasebookError, match="damaged"):
        rendition_of(casebook, radiograph.id)
    file.unlink()
    with pytest.raises(CasebookError, match="missing"):
        rendition_of(casebook, radiograph.id)


def test_a_rendition_made_again_takes_the_place_of_the_first(casebook: Casebook) -> None:
    radiograph = stored(casebook.database)
    add_rendition(casebook, radiograph.id, picture(64, 64))
    add_rendition(casebook, radiograph.id, picture(32, 64))
    found = rendition_of(casebook, radiograph.id)
    assert found is not None
    assert found.rows == 32
