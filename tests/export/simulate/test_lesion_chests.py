"""Drawn chests as files: labels that follow from what was laid, the same at every call, with their patient."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.lesions.lesion import LesionKind
from export.datasets.labelled import NO_FINDING, Labelled
from export.datasets.split import split_by_patient
from export.simulate.chests import simulated_chests
from export.simulate.drawing import SIDE, drawn_boxes, drawn_regions
from export.simulate.lesion_chests import LIKE, drawn_lesions, labels_of, lesion_chests, with_lesions
from export.workplace import MODELS


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Labelled], list[Labelled]]:
    folder = tmp_path_factory.mktemp("drawn")
    chests = simulated_chests(folder, 3, 4)
    return folder, chests, lesion_chests(chests, folder, MODELS, 1, 8)


def test_drawn_chests_have_labels_and_boxes_and_go_with_their_patient(made: tuple[Path, list[Labelled], list[Labelled]]) -> None:
    _, chests, drawn = made
    assert len(drawn) == 8
    for own in drawn:
        assert own.simulated
        assert own.follows
        assert own.drawn_on in {chest.path for chest in chests}
        assert own.patient in {chest.patient for chest in chests}
        assert own.labels.keys() <= NO_FINDING.keys()
        present = {name for name, value in own.labels.items() if value == 1.0}
        assert {box.finding for box in drawn_boxes(own.path)} <= present
        for box in drawn_boxes(own.path):
            assert box.box.x + box.box.width <= SIDE
            assert box.box.y + box.box.height <= SIDE
        laid, regions = drawn_regions(own.path)
        assert set(laid) == present
        assert regions.max() < 1 << len(laid)
        for bit, name in enumerate(laid):
            where = (regions >> bit) & 1
            for box in drawn_boxes(own.path):
                if box.finding == name:
                    assert np.flatnonzero(where.any(0))[0] == box.box.x
                    assert where.any(1).sum() <= box.box.height
    split = split_by_patient([*chests, *drawn], 0.5, 1)
    assert not {own.patient for own in split.training} & {own.patient for own in split.validation}


def test_drawing_again_draws_nothing_new(made: tuple[Path, list[Labelled], list[Labelled]]) -> None:
    folder, chests, drawn = made
    before = {own.path: own.path.stat().st_mtime_ns for own in drawn}
    assert lesion_chests(chests, folder, MODELS, 1, 8) == drawn
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_what_is_drawn_has_no_say_in_the_split(made: tuple[Path, list[Labelled], list[Labelled]]) -> None:
    _, chests, drawn = made
    assert {own.path for own in split_by_patient(chests, 0.5, 1).training} == {
        own.path for own in split_by_patient([*chests, *drawn], 0.5, 1).training if not own.follows
    }


def test_of_what_looks_like_what_was_laid_nothing_is_said() -> None:
    labels = labels_of({"Pneumonia", "Pneumothorax"})
    assert labels["Pneumonia"] == labels["Pneumothorax"] == 1.0
    assert not {"Atelectasis", "Consolidation", "Infiltration"} & labels.keys()
    assert labels["Hernia"] == 0.0
    assert labels_of(set()) == dict(NO_FINDING)
    assert {name for own, names in LIKE.items() for name in (own, *names)} <= NO_FINDING.keys()


def test_none_one_or_two_different_findings_are_drawn() -> None:
    drawn = [drawn_lesions(np.random.default_rng(seed)) for seed in range(300)]
    counts = [len(own) for own in drawn]
    assert {0, 1, 2} == set(counts)
    assert 0.2 < counts.count(0) / 300 < 0.4
    assert all(len({lesion.kind for lesion in own}) == len(own) for own in drawn)
    assert {lesion.kind for own in drawn for lesion in own} == set(LesionKind)


def test_what_is_drawn_by_a_seed_stays_what_it_is() -> None:
    """Networks have learnt from these very drawings, and their runs are known by them."""
    told = [
        [(own.kind.value, own.side, round(own.strength, 9)) for own in drawn_lesions(np.random.default_rng(seed))] for seed in range(200)
    ]
    assert sha256(repr(told).encode()).hexdigest() == "e54af4da8877cb8baf4c8221c1f90dfb1dac174e4a6bceaa55e75fb79ddd8c7d"
    made = simulated_chest(14, 128, 128)
    grey = (made.pixels / float(2**made.bits - 1)).astype(np.float32)
    right, left, heart = (made.masks[name] for name in ("right_lung", "left_lung", "heart"))
    pictures = [with_lesions(grey, right, left, heart, np.random.default_rng(seed))[1].picture for seed in range(12)]
    means = [float(picture[:, :64].mean()) for picture in pictures]
    known = [0.42749, 0.42736, 0.42727, 0.42768, 0.43414, 0.43185, 0.42664, 0.42753, 0.45071, 0.46224, 0.45938, 0.4265]
    assert means == pytest.approx(known, abs=3e-5)
