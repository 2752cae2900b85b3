"""Lungs that have gone white: soft opacities over a real lung, so that its outline is learnt also where nothing of it is seen."""

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]
KNOTS = 6


def whitened(picture: Grey, lung: NDArray[np.bool_], random: np.random.Generator) -> Grey:
    """(side, side) in 0…1 with a cloud of random extent and density over a lung (side, side); as white as the soft tissue beside it.

    Where the lung is empty the picture comes back as it is.
    """
    if not lung.any():
        return picture
    side = picture.shape[0]
    knots = random.uniform(0.0, 1.0, (KNOTS, KNOTS)).astype(np.float32)
    cloud = cv2.resize(knots, (side, side), interpolation=cv2.INTER_CUBIC)
    # Part of the clouds lies at the base, as fluid and most consolidation does.
    rows = np.flatnonzero(lung.any(1))
    if random.random() < 0.5:
        depth = (np.arange(side, dtype=np.float32) - rows[0]) / max(rows[-1] - rows[0], 1)
        cloud = cloud * np.float32(0.4) + np.clip(depth, 0.0, 1.0)[:, None] * np.float32(0.8)
    level = random.uniform(-0.1, 0.8)
    density = np.clip((cloud - np.float32(level)) * np.float32(random.uniform(1.5, 5.0)), 0.0, 1.0) * np.float32(random.uniform(0.4, 0.97))
    soft = cv2.GaussianBlur(lung.astype(np.float32), (0, 0), max(1.0, 0.012 * side))
    density = density * soft
    white = np.float32(np.quantile(picture, random.uniform(0.75, 0.97)))
    texture = cv2.GaussianBlur(random.normal(0.0, 1.0, picture.shape).astype(np.float32), (0, 0), 0.01 * side) * np.float32(0.06)
    return np.asarray(np.clip(picture * (1.0 - density) + (white + texture) * density, 0.0, 1.0), dtype=np.float32)
