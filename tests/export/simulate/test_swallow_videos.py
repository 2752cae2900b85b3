"""Drawn sequences as files: kept once drawn, split by sequence, with every outline and what each frame shows of the larynx."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_app.reading.swallow import ASPIRATION, BOLUS, OUTLINED, PENETRATION
from export.datasets.catalogue import LICENCES
from export.datasets.labelled import Labelled
from export.simulate.swallow_videos import DRY, FRAMES, SOURCE, swallow_videos, whole_swallows

SEED, COUNT = 1, 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drawn")


@pytest.fixture(scope="module")
def drawn(folder: Path) -> list[Labelled]:
    return swallow_videos(folder, SEED, COUNT, workers=1)


def test_frames_are_drawn_once_with_their_outlines(folder: Path, drawn: list[Labelled]) -> None:
    written = {file: file.stat().st_mtime_ns for file in folder.rglob("*")}
    assert swallow_videos(folder, SEED, COUNT, workers=1) == drawn
    assert written == {file: file.stat().st_mtime_ns for file in folder.rglob("*")}
    assert len({own.path for own in drawn}) == len(drawn) == COUNT * FRAMES
    assert len({own.patient for own in drawn}) == COUNT
    for own in drawn:
        assert own.simulated
        assert own.kind == "videofluoroscopy"
        assert own.source in LICENCES
        assert set(own.masks) == set(OUTLINED)
        assert set(own.labels) == {PENETRATION, ASPIRATION}
        picture = cv2.imread(str(own.path), cv2.IMREAD_UNCHANGED)
        assert picture is not None
        assert picture.ndim == 2
        masks = {name: cv2.imread(str(file), cv2.IMREAD_UNCHANGED) for name, file in own.masks.items()}
        assert all(mask is not None and mask.shape == picture.shape for mask in masks.values())


def test_other_seeds_draw_other_sequences(tmp_path: Path, drawn: list[Labelled]) -> None:
    again, other = (swallow_videos(tmp_path / str(seed), seed, 1, workers=1) for seed in (SEED, SEED + 1))
    assert [own.path.read_bytes() for own in again] == [own.path.read_bytes() for own in drawn[:FRAMES]]
    assert other[0].path.read_bytes() != again[0].path.read_bytes()


def test_the_dry_show_no_bolus_and_most_others_do(drawn: list[Labelled]) -> None:
    barium: dict[str, list[bool]] = {SOURCE: [], DRY: []}
    for own in drawn:
        mask = cv2.imread(str(own.masks[BOLUS]), cv2.IMREAD_GRAYSCALE)
        assert mask is not None
        barium[own.source].append(bool(mask.any()))
    assert len(barium[DRY]) == 2 * FRAMES
    assert not any(barium[DRY])
    assert np.mean(barium[SOURCE]) > 0.7


def test_whole_sequences_take_the_scale_in_turn() -> None:
    made = list(whole_swallows(2, 2, rows=96))
    assert [own.swallows[-1].pas for own in made] == [1, 2]
    assert len(made[0].frames) > 20
