"""From a network's logits to the probabilities a card promises: the one place, in training and on the box."""

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.card import Card


def probabilities(card: Card, logits: NDArray[np.float32]) -> dict[str, float]:
    """(1, labels) or (labels,) logits → calibrated probability per label name, in the card's order.

    Each logit is divided by its label's ``temperature`` and moved by its ``bias`` before the card's activation.

    Raises:
        ValueError: the number of logits is not the number of labels, or one is not finite.
    """
    values = np.asarray(logits, dtype=np.float64).reshape(-1)
    if values.size != len(card.labels):
        raise ValueError(f"{card.name}: {values.size} logits for {len(card.labels)} labels")
    if not np.isfinite(values).all():
        raise ValueError(f"{card.name}: a logit is not finite")
    temperature = np.array([label.temperature for label in card.labels])
    bias = np.array([label.bias for label in card.labels])
    scaled = values / temperature + bias
    if card.activation == "softmax":
        powers = np.exp(scaled - scaled.max())
        result = powers / powers.sum()
    else:
        result = 0.5 * (1.0 + np.tanh(0.5 * scaled))
    return {label.name: float(p) for label, p in zip(card.labels, result, strict=True)}
