"""The ways in which manufacturers make a picture of what the detector saw, imitated: a network must not take one hospital's for disease.

Every band of frequencies is strengthened or weakened by chance, as multi-frequency processing does, then the tone curve is bent and
sometimes contrast is equalised place by place. What a picture shows stays where it is.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.standardising import BORDER, bands_of, look_of, shown_as

Grey = NDArray[np.float32]

_KNOTS = 5
_TILES = (2, 9)
_CLIP = (1.0, 4.0)


@dataclass(frozen=True)
class Processing:
    """Attributes:
    gain: standard deviation of the logarithm of each band's gain.
    tilt: the same of a gain that grows or falls from the finest band to the coarsest, as sharpening and unsharp masking do.
    tone: largest deviation of a tone curve's inner knots from the straight line.
    equalise: probability of contrast-limited adaptive histogram equalisation.
    """

    gain: float = 0.25
    tilt: float = 0.35
    tone: float = 0.12
    equalise: float = 0.15


def processed(grey: Grey, how: Processing, random: np.random.Generator) -> Grey:
    """(side, side) float32 in 0…1 as another manufacturer might show it; what is border stays border."""
    bands, rest = bands_of(grey)
    tilt = random.normal(0.0, how.tilt)
    made = rest.copy()
    for place, band in zip(np.linspace(1.0, -1.0, len(bands)), bands, strict=True):
        made += band * np.float32(np.exp(random.normal(0.0, how.gain) + place * tilt))
    straight = np.linspace(0.0, 1.0, _KNOTS)
    bent = straight.copy()
    bent[1:-1] += random.uniform(-how.tone, how.tone, _KNOTS - 2)
    made = np.asarray(np.interp(np.clip(made, 0.0, 1.0), straight, np.maximum.accumulate(bent)), dtype=np.float32)
    if random.random() < how.equalise:
        tiles = int(random.integers(*_TILES))
        equaliser = cv2.createCLAHE(float(random.uniform(*_CLIP)), (tiles, tiles))
        made = np.asarray(equaliser.apply(np.rint(made * 255.0).astype(np.uint8)), dtype=np.float32) / np.float32(255.0)
    return np.asarray(np.where(grey > BORDER, made, grey), dtype=np.float32)


def restyled(grey: Grey, like: Grey) -> Grey:
    """(side, side) in 0…1 as the machine that made ``like`` might show it: every band with that picture's energy, brightness as there."""
    look = look_of(like)
    return grey if look is None else shown_as(grey, look)
