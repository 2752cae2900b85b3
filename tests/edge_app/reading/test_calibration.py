"""Logits to probabilities."""

from typing import Any

import numpy as np
import pytest

from edge_app.reading.calibration import probabilities
from edge_app.reading.card import Card, Input, Label


def labelled(name: str, **changes: Any) -> Label:
    return Label(name=name, threshold=0.5, uncertain_from=0.4, uncertain_to=0.6, positives=0, negatives=0, **changes)


def card(*labels: Label, **changes: Any) -> Card:
    """A card of the given labels, or of the two plain ones with ``changes``."""
    labels = labels or (labelled("one", **changes), labelled("two", **changes))
    return Card.model_validate(
        {
            "name": "pair",
            "version": "1",
            "title": "small",
            "input": Input(height=8, width=8, mean=0.0, std=1.0),
            "labels": labels,
            "trained_on": (),
            "validated_on": (),
            "fidelity": (),
            "golden": (),
            "limits": "",
            "files": {},
        }
    )


def test_sigmoid_with_temperature_and_bias() -> None:
    given = probabilities(card(temperature=2.0, bias=1.0), np.array([[4.0, -2.0]], dtype=np.float32))
    assert given["one"] == pytest.approx(1 / (1 + np.exp(-3.0)))
    assert given["two"] == pytest.approx(0.5)


def test_softmax_sums_to_one() -> None:
    given = probabilities(card(group="kind"), np.array([[1000.0, 998.0]], dtype=np.float32))
    assert sum(given.values()) == pytest.approx(1.0)
    assert given["one"] == pytest.approx(1 / (1 + np.exp(-2.0)))


def test_each_group_has_a_softmax_of_its_own_beside_single_sigmoids() -> None:
    mixed = card(
        labelled("chest", group="kind"),
        labelled("inverted"),
        labelled("upright", group="turn"),
        labelled("limb", group="kind", temperature=2.0),
        labelled("turned", group="turn", bias=1.0),
    )
    given = probabilities(mixed, np.array([1.0, 3.0, 0.0, 4.0, 0.0], dtype=np.float32))
    assert list(given) == ["chest", "inverted", "upright", "limb", "turned"]
    assert given["limb"] == pytest.approx(1 / (1 + np.exp(-1.0)))
    assert given["chest"] + given["limb"] == pytest.approx(1.0)
    assert given["inverted"] == pytest.approx(1 / (1 + np.exp(-3.0)))
    assert given["turned"] == pytest.approx(1 / (1 + np.exp(-1.0)))
    assert given["upright"] + given["turned"] == pytest.approx(1.0)


@pytest.mark.parametrize("extreme", [1e4, -1e4])
def test_extreme_logits_stay_probabilities(extreme: float) -> None:
    given = probabilities(card(), np.array([[extreme, 0.0]], dtype=np.float32))
    assert 0.0 <= given["one"] <= 1.0


@pytest.mark.parametrize("logits", [[1.0], [1.0, 2.0, 3.0], [1.0, np.nan], [np.inf, 0.0]])
def test_what_is_not_one_finite_logit_a_label_is_an_error(logits: list[float]) -> None:
    with pytest.raises(ValueError, match="pair"):
        probabilities(card(), np.array([logits], dtype=np.float32))
