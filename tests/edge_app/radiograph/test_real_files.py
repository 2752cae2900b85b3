"""Radiographs from real units, kept outside the project."""

import os
from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.picture import Assumption
from edge_app.radiograph.reader import read_facts, read_picture

FOLDER = Path(os.environ.get("RADIOGRAPH_DATA") or Path(__file__).parents[4] / "shared" / "data") / "dicom"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="no real radiographs on this machine: RADIOGRAPH_DATA names none"),
]


@pytest.mark.parametrize("name", ["RG3_J2KR", "RG3_JLSL", "RG3_JPLL"])
def test_one_picture_in_several_syntaxes_is_one_picture(name: str) -> None:
    expected = read_picture(FOLDER / "RG3_RLE.dcm")
    picture = read_picture(FOLDER / f"{name}.dcm")
    assert np.array_equal(picture.pixels, expected.pixels)
    assert picture.window == expected.window


@pytest.mark.parametrize(("lossy", "whole"), [("RG3_JPLY", "RG3_RLE"), ("RG1_J2KI", "RG1_JLSN")])
def test_lossy_copies_stay_close(lossy: str, whole: str) -> None:
    one, other = read_picture(FOLDER / f"{lossy}.dcm"), read_picture(FOLDER / f"{whole}.dcm")
    assert np.abs(one.windowed() - other.windowed()).mean() < 0.005
    assert np.abs(one.windowed() - other.windowed()).max() < 0.2


@pytest.mark.parametrize("name", ["RG1_J2KI", "RG1_JLSN", "chest_mono1_10bit"])
def test_chests_come_out_upright_and_not_inverted(name: str) -> None:
    """Spine and belly are bright, lungs dark, and the belly is below."""
    seen = read_picture(FOLDER / f"{name}.dcm", longest_side=256).windowed()
    rows, columns = seen.shape
    spine = seen[:, int(columns * 0.46) : int(columns * 0.54)].mean()
    sides = ((0.18, 0.32), (0.68, 0.82))
    lungs = np.concatenate([seen[rows // 5 : rows // 2, int(columns * left) : int(columns * right)].ravel() for left, right in sides])
    belly = seen[int(rows * 0.85) :, columns // 4 : columns // 2].mean()
    assert spine > lungs.mean() + 0.1
    assert belly > lungs.mean() + 0.1


@pytest.mark.parametrize("name", ["RG1_J2KI", "RG2_J2KI", "RG3_J2KR"])
@pytest.mark.parametrize("longest_side", [224, 320, 512, 1024])
def test_jpeg_2000_halved_is_the_same_scale(name: str, longest_side: int) -> None:
    path = FOLDER / f"{name}.dcm"
    whole, small = read_picture(path), read_picture(path, longest_side=longest_side)
    assert small.window == whole.window
    assert small.pixels.shape == whole.shrunk(longest_side).shape
    off = small.windowed() - whole.windowed(longest_side)
    assert abs(off.mean()) < 0.001
    assert np.abs(off).mean() < 0.01


@pytest.mark.parametrize("name", ["CT1_J2KI", "MR1_JPLL", "US1_J2KI"])
def test_other_modalities_are_refused(name: str) -> None:
    with pytest.raises(UnreadablePictureError) as caught:
        read_picture(FOLDER / f"{name}.dcm")
    assert caught.value.reason is Refusal.WRONG_MODALITY
    assert read_facts(FOLDER / f"{name}.dcm").modality in {"CT", "MR", "US"}


def test_no_transfer_syntax_is_refused() -> None:
    for read in (read_picture, read_facts):
        with pytest.raises(UnreadablePictureError) as caught:
            read(FOLDER / "malformed_no_transfer_syntax.dcm")
        assert caught.value.reason is Refusal.NO_TRANSFER_SYNTAX


def test_facts_and_assumptions_of_the_real_chest() -> None:
    picture = read_picture(FOLDER / "RG1_J2KI.dcm", longest_side=64)
    assert (picture.facts.modality, picture.facts.body_part, picture.facts.view, picture.facts.sex) == ("CR", "CHEST", "PA", "F")
    assert picture.assumptions == (Assumption.SPACING_UNKNOWN,)
    assert (picture.rows, picture.columns) == (1955, 1841)
