"""Making training pictures look like other machines, other resolutions and other patients."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]


@dataclass(frozen=True)
class Augmentation:
    """How far a training picture is changed. Probabilities are per picture; every picture is moved, turned, scaled and re-exposed.

    Attributes:
        turn_degrees, scale, shift: largest rotation, relative change of size and shift (of the side).
        gamma: largest exponent; the smallest is its inverse.
        mirror: probability of a left–right mirror image.
        coarse: probability of being shrunk to a random size of at least 64 pixels and enlarged again.
        border: probability of a frame of one grey.
        blur, noise, jpeg, erase: probabilities of a Gaussian blur, Gaussian noise, JPEG artefacts and a blank rectangle.
    """

    turn_degrees: float = 10.0
    scale: float = 0.15
    shift: float = 0.06
    gamma: float = 1.5
    mirror: float = 0.5
    coarse: float = 0.4
    border: float = 0.2
    blur: float = 0.15
    noise: float = 0.2
    jpeg: float = 0.15
    erase: float = 0.1


def _placed(picture: Grey, how: Augmentation, random: np.random.Generator) -> Grey:
    side = picture.shape[0]
    matrix = cv2.getRotationMatrix2D(
        (side / 2, side / 2), random.uniform(-how.turn_degrees, how.turn_degrees), float(np.exp(random.uniform(-how.scale, how.scale)))
    )
    matrix[:, 2] += random.uniform(-how.shift, how.shift, 2) * side
    moved = cv2.warpAffine(picture, matrix, (side, side), flags=cv2.INTER_LINEAR)
    if random.random() < how.mirror:
        moved = moved[:, ::-1]
    return np.ascontiguousarray(moved, dtype=np.float32)


def _exposed(picture: Grey, how: Augmentation, random: np.random.Generator) -> Grey:
    low, high = random.uniform(-0.1, 0.12), random.uniform(0.85, 1.15)
    gamma = np.exp(random.uniform(-np.log(how.gamma), np.log(how.gamma)))
    return np.asarray(np.clip((picture - low) / (high - low), 0.0, 1.0) ** gamma, dtype=np.float32)


def _degraded(picture: Grey, how: Augmentation, random: np.random.Generator) -> Grey:
    side = picture.shape[0]
    if random.random() < how.coarse:
        small = int(random.integers(64, max(65, side)))
        shrunk = cv2.resize(picture, (small, small), interpolation=cv2.INTER_AREA)
        picture = np.asarray(cv2.resize(shrunk, (side, side), interpolation=cv2.INTER_LINEAR), dtype=np.float32)
    if random.random() < how.blur:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), random.uniform(0.4, 1.4)), dtype=np.float32)
    if random.random() < how.noise:
        picture = picture + random.normal(0.0, random.uniform(0.005, 0.04), picture.shape).astype(np.float32)
    if random.random() < how.jpeg:
        eight_bit = np.rint(np.clip(picture, 0.0, 1.0) * 255.0).astype(np.uint8)
        encoded = cv2.imencode(".jpg", eight_bit, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(40, 90))])[1]
        picture = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), dtype=np.float32) / 255.0
    return np.clip(picture, 0.0, 1.0).astype(np.float32)


def _framed(picture: Grey, how: Augmentation, random: np.random.Generator) -> Grey:
    side = picture.shape[0]
    if random.random() < how.border:
        thick = (random.uniform(0.0, 0.12, 4) * side).astype(int)
        shade = random.choice([0.0, 0.0, random.uniform(0.0, 1.0), 1.0])
        framed = np.full_like(picture, shade)
        framed[thick[0] : side - thick[1], thick[2] : side - thick[3]] = picture[thick[0] : side - thick[1], thick[2] : side - thick[3]]
        picture = framed
    if random.random() < how.erase:
        height, width = (random.uniform(0.05, 0.2, 2) * side).astype(int)
        top, left = int(random.integers(0, side - height)), int(random.integers(0, side - width))
        picture[top : top + height, left : left + width] = random.uniform(0.0, 1.0)
    return picture


def augmented(picture: NDArray[np.uint8], how: Augmentation, random: np.random.Generator) -> Grey:
    """(side, side) uint8 → a changed (side, side) float32 in 0…1."""
    grey = np.asarray(picture, dtype=np.float32) / 255.0
    return _framed(_degraded(_exposed(_placed(grey, how, random), how, random), how, random), how, random)
