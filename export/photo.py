"""How pictures come that were not sent but photographed off a light box or a screen, and what is burned into them."""

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]

_WORDS = (
    "L",
    "R",
    "AP",
    "PA",
    "SUPINE",
    "PORTABLE",
    "ERECT",
    "LAT",
    "CHEST",
    "kV 80",
    "mAs 2.5",
    "12:40",
    "2019-03-04",
    "Hospital",
    "M 054Y",
    "S 1/1",
)


def photographed(picture: Grey, random: np.random.Generator) -> Grey:
    """(side, side) float32 in 0…1 as a telephone takes it: aslant, unevenly lit, with a reflection and the screen's own pattern.

    Each corner moves inwards by up to 7 % of the side, so that nothing is lost; what lies around is dark or a light box.
    """
    side = picture.shape[0]
    corners = np.array([(0, 0), (side, 0), (side, side), (0, side)], dtype=np.float32)
    inwards = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)], dtype=np.float32)
    aslant = (corners + inwards * random.uniform(0.0, 0.07 * side, (4, 2))).astype(np.float32)
    around = float(random.choice([random.uniform(0.0, 0.3), random.uniform(0.6, 1.0)]))
    taken = cv2.warpPerspective(
        picture, cv2.getPerspectiveTransform(corners, aslant), (side, side), flags=cv2.INTER_LINEAR, borderValue=around
    )
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j].astype(np.float32)
    lift = np.float32(random.uniform(0.0, 0.15))
    taken = lift + (1 - lift) * taken
    middle_x, middle_y = random.uniform(-0.5, 0.5, 2).astype(np.float32)
    far = (x - middle_x) ** 2 + (y - middle_y) ** 2
    taken = taken * (1 - np.float32(random.uniform(0.0, 0.22)) * far)
    if random.random() < 0.4:
        tall, wide = random.uniform(0.05, 0.5, 2).astype(np.float32)
        glare = np.exp(-(((x - random.uniform(-0.8, 0.8)) / wide) ** 2) - ((y - random.uniform(-0.8, 0.8)) / tall) ** 2)
        taken = taken + np.float32(random.uniform(0.05, 0.4)) * glare
    if random.random() < 0.4:
        angle, waves = random.uniform(0, np.pi), random.uniform(15, 60)
        taken = taken + np.float32(random.uniform(0.01, 0.05)) * np.sin(
            np.float32(waves) * (np.cos(angle) * x + np.sin(angle) * y + 0.1 * far)
        )
    return np.asarray(np.clip(taken, 0, 1), dtype=np.float32)


def lettered(picture: Grey, random: np.random.Generator) -> Grey:
    """(side, side) float32 in 0…1 with one to five markers or lines of text burned in, mostly near an edge, light or dark."""
    side = picture.shape[0]
    picture = picture.copy()
    for _ in range(int(random.integers(1, 6))):
        ink = np.zeros((side, side), dtype=np.uint8)
        scale = side / 224 * random.uniform(0.25, 0.9)
        along, across = random.uniform(0.02, 0.85), float(random.choice([random.uniform(0.04, 0.14), random.uniform(0.9, 0.99)]))
        place = (along, across) if random.random() < 0.6 else (across if across < 0.5 else across - 0.15, along + 0.1)
        word = _WORDS[int(random.integers(len(_WORDS)))]
        cv2.putText(
            ink,
            word,
            (int(place[0] * side), int(place[1] * side)),
            cv2.FONT_HERSHEY_SIMPLEX,
            scale,
            255,
            max(1, round(scale * 2)),
            cv2.LINE_AA,
        )
        part = ink.astype(np.float32) / np.float32(255)
        picture = picture * (1 - part) + np.float32(random.choice([1.0, 1.0, random.uniform(0.6, 1.0), 0.0])) * part
    return np.asarray(picture, dtype=np.float32)
