"""Tuberculosis or none, drawn by chance: the label follows from what was laid, and nothing but the disease goes with the label."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.reading.protocols.tuberculosis import TUBERCULOSIS
from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.lesions.lesion import Lesion, LesionKind, LookAlikeKind, TuberculousKind
from export.simulate.chests import simulated_chests
from export.simulate.drawing import drawn_boxes, drawn_regions
from export.simulate.lesioned import lesioned
from export.simulate.tuberculous_chests import SOURCE, drawn_patient, labels_of, tuberculous_chests, with_tuberculosis
from export.workplace import MODELS

SIDE = 128
Chest = tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]


@pytest.fixture(scope="module")
def chest() -> Chest:
    made = simulated_chest(14, SIDE, SIDE)
    grey = (made.pixels / float(2**made.bits - 1)).astype(np.float32)
    return grey, made.masks["right_lung"], made.masks["left_lung"], made.masks["heart"]


@pytest.fixture(scope="module")
def patients() -> list[tuple[Lesion, ...]]:
    return [drawn_patient(np.random.default_rng(seed)) for seed in range(3000)]


def is_tuberculous(lesions: tuple[Lesion, ...]) -> bool:
    return any(isinstance(lesion.kind, TuberculousKind) for lesion in lesions)


def label(*findings: str) -> dict[str, float]:
    return labels_of(frozenset(findings))


def test_what_may_be_either_has_no_label() -> None:
    assert label() == {TUBERCULOSIS: 0.0}
    assert label("Tuberculosis") == label("Tuberculosis", "Effusion") == label("Tuberculosis", "Cardiomegaly") == {TUBERCULOSIS: 1.0}
    for unsure in ("Nodule", "Effusion", "Consolidation"):
        assert label(unsure) == {}
    assert label("Edema", "Cardiomegaly", "Effusion") == label("Basal_Mass") == label("Emphysema") == {TUBERCULOSIS: 0.0}


def test_half_are_tuberculous_and_a_quarter_are_clear(patients: list[tuple[Lesion, ...]]) -> None:
    harmless = {LookAlikeKind.RIB_CARTILAGE, LookAlikeKind.OLD_FRACTURE}
    clear = [own for own in patients if all(lesion.kind in harmless for lesion in own)]
    sick = [own for own in patients if is_tuberculous(own)]
    assert 0.46 < len(sick) / len(patients) < 0.54
    assert 0.21 < len(clear) / len(patients) < 0.29
    kinds = {lesion.kind for own in sick for lesion in own}
    assert set(TuberculousKind) <= kinds
    strengths = [lesion.strength for own in sick for lesion in own]
    assert min(strengths) < 0.2
    assert max(strengths) > 0.9
    assert 0.3 < np.median(strengths) < 0.6


def test_what_has_nothing_to_do_with_it_is_on_both_sides_equally_likely(patients: list[tuple[Lesion, ...]]) -> None:
    for kind in (LookAlikeKind.RIB_CARTILAGE, LookAlikeKind.OLD_FRACTURE):
        shares = [
            np.mean([any(lesion.kind is kind for lesion in own) for own in patients if is_tuberculous(own) == sick])
            for sick in (True, False)
        ]
        assert abs(shares[0] - shares[1]) < 0.03
    # What else a heart or lungs can have is not proof of having no tuberculosis.
    for also in (LesionKind.CARDIOMEGALY, LesionKind.EMPHYSEMA, LesionKind.ATELECTASIS, LesionKind.EFFUSION):
        assert any(is_tuberculous(own) for own in patients if any(lesion.kind is also for lesion in own))


def test_the_label_follows_from_what_was_laid_and_a_seed_is_a_picture(chest: Chest) -> None:
    seen = set()
    for seed in range(24):
        labels, drawn = with_tuberculosis(*chest, np.random.default_rng(seed))
        own = is_tuberculous(tuple(drawn.regions))
        assert (labels.get(TUBERCULOSIS) == 1.0) == own
        assert drawn.picture.dtype == np.float32
        assert drawn.picture.shape == chest[0].shape
        assert 0.0 <= drawn.picture.min() < drawn.picture.max() <= 1.0
        again = with_tuberculosis(*chest, np.random.default_rng(seed))[1]
        assert (again.picture == drawn.picture).all()
        seen.add(labels.get(TUBERCULOSIS))
    assert {0.0, 1.0} <= seen


def test_a_chest_with_nothing_on_it_sways_as_much_as_any(chest: Chest) -> None:
    grey, right, left, heart = chest
    still, swayed = (lesioned(grey, right, left, heart, [], np.random.default_rng(3), sways=sways).picture for sways in (False, True))
    moved = np.abs(swayed - still)
    assert moved[right].mean() > 0.001 < moved[left].mean()
    assert max(moved[0].max(), moved[-1].max(), moved[:, 0].max(), moved[:, -1].max()) < 0.01


def test_files_tell_where_the_disease_is_and_go_with_their_patient(tmp_path: Path) -> None:
    chests = simulated_chests(tmp_path, 3, 2)
    drawn = tuberculous_chests(chests, tmp_path, MODELS, 1, 8)
    assert len(drawn) == 8
    for own in drawn:
        assert (own.source, own.simulated, own.follows) == (SOURCE, True, True)
        assert own.path.parent.name == SOURCE
        assert own.drawn_on in {chest.path for chest in chests}
        assert own.patient in {chest.patient for chest in chests}
        assert own.labels in ({TUBERCULOSIS: 1.0}, {TUBERCULOSIS: 0.0}, {})
        laid, regions = drawn_regions(own.path)
        if own.labels.get(TUBERCULOSIS) == 1.0:
            assert laid == (TUBERCULOSIS,)
            assert regions.any()
            assert {box.finding for box in drawn_boxes(own.path)} == {TUBERCULOSIS}
        else:
            assert laid == ()
            assert not regions.any()
    assert {own.labels.get(TUBERCULOSIS) for own in drawn} >= {0.0, 1.0}
    before = {own.path: own.path.stat().st_mtime_ns for own in drawn}
    assert tuberculous_chests(chests, tmp_path, MODELS, 1, 8) == drawn
    assert {path: path.stat().st_mtime_ns for path in before} == before
