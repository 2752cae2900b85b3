"""Logits become honest probabilities, the same that the box makes of them."""

import numpy as np
import pytest

from edge_app.reading.calibration import probabilities
from edge_app.reading.card import Card, Input, Label
from export.evaluation.scaling import TEMPERATURES, calibrated, fit_many, fit_scaling, sigmoid, softmax


def test_calibration_recovers_what_was_distorted() -> None:
    random = np.random.default_rng(2)
    honest = random.normal(-1.0, 1.5, 4000)
    truth = (random.uniform(size=4000) < sigmoid(honest)).astype(float)
    scaling = fit_scaling((honest - 2.0) * 2.5, truth)
    assert scaling.temperature == pytest.approx(2.5, rel=0.15)
    assert scaling.bias == pytest.approx(2.0, abs=0.15)


def test_calibration_on_one_class_changes_nothing() -> None:
    scaling = fit_scaling(np.array([1.0, 2.0]), np.array([0.0, 0.0]))
    assert (scaling.temperature, scaling.bias) == (1.0, 0.0)


def test_very_many_are_fitted_without_a_prior_and_within_bounds() -> None:
    random = np.random.default_rng(3)
    honest = random.normal(-1.0, 1.5, 50_000)
    inside = random.uniform(size=honest.size) < sigmoid(honest)
    scaling = fit_many((honest - 1.0) * 3.0, inside)
    assert scaling.temperature == pytest.approx(3.0, rel=0.05)
    assert scaling.bias == pytest.approx(1.0, abs=0.05)
    assert fit_many(honest * 0.1, inside).temperature == TEMPERATURES[0]
    # Logits that say the contrary are not turned round.
    assert fit_many(-honest, inside).temperature == TEMPERATURES[1]
    assert fit_many(honest, np.zeros(honest.size, dtype=np.bool_)).bias == 0.0


def test_softmax_and_sigmoid_do_not_overflow() -> None:
    assert softmax(np.array([[1000.0, -1000.0]])).tolist() == [[1.0, 0.0]]
    assert sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist() == [0.0, 0.5, 1.0]


def test_all_pictures_at_once_get_what_the_box_gives_each() -> None:
    def label(name: str, group: str | None, temperature: float, bias: float) -> Label:
        return Label(
            name=name, group=group, temperature=temperature, bias=bias, threshold=0.5, uncertain_from=0.5, uncertain_to=0.5,
            positives=0, negatives=0,
        )  # fmt: skip

    labels = (label("a", "kind", 1.0, 0.0), label("x", None, 1.7, -0.4), label("b", "kind", 1.0, 0.2), label("y", None, 0.6, 1.0))
    card = Card(
        name="n", version="1", title="t", input=Input(height=8, width=8, mean=0.5, std=0.25), labels=labels, trained_on=(),
        validated_on=(), fidelity=(), golden=(), limits="", files={},
    )  # fmt: skip
    logits = np.random.default_rng(8).normal(0.0, 4.0, (20, 4))
    given = calibrated(labels, logits)
    for row, own in zip(logits, given, strict=True):
        assert list(probabilities(card, row.astype(np.float32)).values()) == pytest.approx(own.tolist(), abs=1e-6)
