"""The gate's threshold is fitted on what the box itself decides by."""

import numpy as np
import pytest

from edge_app.radiograph.picture import Facts
from edge_app.reading.card import Card, Input
from edge_app.reading.gate import NEWBORN, judge, refuse_kind
from edge_app.reading.protocols.chest import CHEST_KINDS
from export.evaluation.admission import Door, admission_scores, called_by, decided, passing
from export.tasks.labelling import undecided
from tests.export.evaluation.made_up import picture

KINDS = ("chest_adult", "chest_child", NEWBORN, "limb", "other")
LABELS = (*(undecided(kind, "kind") for kind in KINDS), undecided("inverted"))


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.95])
def test_who_is_admitted_is_who_the_box_admits(threshold: float) -> None:
    labels = [label.model_copy(update={"threshold": threshold}) if label.name in CHEST_KINDS else label for label in LABELS[:5]]
    card = Card(
        name="gate", version="1", title="t", input=Input(height=8, width=8, mean=0.5, std=0.25), labels=tuple(labels), trained_on=(),
        validated_on=(), fidelity=(), golden=(), limits="", files={},
    )  # fmt: skip
    given = np.random.default_rng(1).dirichlet(np.full(5, 0.5), 600)
    scores = admission_scores(labels, given)
    for row, score in zip(given, scores, strict=True):
        told = dict(zip(KINDS, map(float, row), strict=True))
        admitted = refuse_kind(card, judge(card, told), told, Facts(), CHEST_KINDS) is None
        assert admitted == (score >= threshold)


def test_newborns_are_neither_admitted_nor_refused_in_the_fit() -> None:
    pictures = [picture(at, kind=kind) for at, kind in enumerate(KINDS)]
    truth = np.hstack([np.eye(5), np.full((5, 1), np.nan)])
    door = Door.of(LABELS, pictures, np.full((5, 6), 0.2), truth)
    assert door is not None
    assert door.names == ("chest_adult", "chest_child")
    assert np.array_equal(door.truth, [1.0, 1.0, np.nan, 0.0, 0.0], equal_nan=True)


def test_what_passes_together_is_one_decision_by_one_score() -> None:
    given = np.array([[0.4, 0.4, 0.0, 0.1, 0.1, 0.9], [0.2, 0.1, 0.0, 0.7, 0.0, 0.1]])
    assert passing(LABELS) == [0, 1]
    assert called_by(LABELS, given)[:, :2].tolist() == [[0.8, 0.8], [0.0, 0.0]]
    called = decided(LABELS, given, ["chest_adult"] * len(given))
    assert called.tolist() == [
        [True, False, False, False, True],
        [False, False, True, False, False],
    ]


def test_a_model_without_kinds_has_no_door() -> None:
    labels = (undecided("chest"), undecided("b"))
    given = np.array([[0.6, 0.3]])
    assert Door.of(labels, [picture(0)], given, np.array([[1.0, 0.0]])) is None
    assert called_by(labels, given).tolist() == given.tolist()
