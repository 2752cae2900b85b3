"""What a model gives of a picture, before anything is made of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.canvas import Placement
from edge_app.reading.card import Card
from edge_app.reading.finding import Box


@dataclass(frozen=True, eq=False)
class Seen:
    """A model's outputs on one picture, or on a part of it.

    ``logits`` (1, outputs), ``map`` (1, outputs, rows, columns) or None, float32; ``placement`` says where what was shown lay on the
    network's canvas, and ``part`` where it lies in the picture, in original pixels; None where all of it was shown.
    """

    card: Card
    logits: NDArray[np.float32]
    map: NDArray[np.float32] | None
    placement: Placement
    part: Box | None = None
