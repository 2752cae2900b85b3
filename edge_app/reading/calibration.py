"""From a network's logits to the probabilities a card promises: the one place, in training and on the box."""

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.card import Card


def probabilities(card: Card, logits: NDArray[np.float32]) -> dict[str, float]:
    """(1, outputs) or (outputs,) logits → calibrated number in 0…1 per output name, in the card's order.

    For a label it is a probability, for a structure the share of the canvas it covers, for a grade the share of its maximum. Each logit is
    divided by its output's ``temperature`` and moved by its ``bias``; then outputs of one group share a softmax, the others have a sigmoid.

    Raises:
        ValueError: the number of logits is not the number of outputs, or one is not finite.
    """
    values = np.asarray(logits, dtype=np.float64).reshape(-1)
    if values.size != len(card.outputs):
        raise ValueError(f"{card.name}: {values.size} logits for {len(card.outputs)} outputs")
    if not np.isfinite(values).all():
        raise ValueError(f"{card.name}: a logit is not finite")
    temperature = np.array([output.temperature for output in card.outputs])
    bias = np.array([output.bias for output in card.outputs])
    scaled = values / temperature + bias
    result = 0.5 * (1.0 + np.tanh(0.5 * scaled))
    groups = np.array([output.group or "" for output in card.outputs])
    for group in set(groups) - {""}:
        powers = np.exp(scaled[groups == group] - scaled[groups == group].max())
        result[groups == group] = powers / powers.sum()
    return {output.name: float(p) for output, p in zip(card.outputs, result, strict=True)}
