"""The augmentation recipe of the published tuberculosis classifiers: Random Erasing, RandAugment and Random Flip."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageOps

Grey = NDArray[np.float32]

POLICIES = 2
MAGNITUDE = 0.9
_MAGNITUDE_SPREAD = 0.05
_ERASED_SHARE = (0.02, 0.4)
_ERASED_ASPECT = (0.3, 3.3)
_TRIES = 10
_FILL = 128


@dataclass(frozen=True)
class PublishedAugmentation:
    """Which of the three steps are taken; in the published table each row has one more than the row before."""

    erase: bool = False
    augment: bool = False
    flip: bool = False


def _either_way(size: float, random: np.random.Generator) -> float:
    return size if random.random() < 0.5 else -size


def _sheared(picture: Image.Image, x: float, y: float) -> Image.Image:
    return picture.transform(picture.size, Image.Transform.AFFINE, (1, x, 0, y, 1, 0), Image.Resampling.BICUBIC, fillcolor=_FILL)


def _shifted(picture: Image.Image, x: float, y: float) -> Image.Image:
    across, down = x * picture.size[0], y * picture.size[1]
    return picture.transform(picture.size, Image.Transform.AFFINE, (1, 0, across, 0, 1, down), Image.Resampling.NEAREST, fillcolor=_FILL)


def _solarised_add(picture: Image.Image, size: float) -> Image.Image:
    added = round(110 * size)
    return picture.point([min(255, value + added) if value < _FILL else value for value in range(256)])


Policy = Callable[[Image.Image, float, np.random.Generator], Image.Image]

_POLICIES: tuple[Policy, ...] = (
    lambda picture, _size, _random: ImageOps.autocontrast(picture),
    lambda picture, _size, _random: ImageOps.equalize(picture),
    lambda picture, _size, _random: ImageOps.invert(picture),
    lambda picture, size, random: picture.rotate(_either_way(30 * size, random), Image.Resampling.BICUBIC, fillcolor=_FILL),
    lambda picture, size, _random: ImageOps.posterize(picture, max(1, 4 - round(4 * size))),
    lambda picture, size, _random: ImageOps.solarize(picture, round(256 * (1 - size))),
    lambda picture, size, _random: _solarised_add(picture, size),
    lambda picture, size, random: ImageEnhance.Contrast(picture).enhance(1 + _either_way(0.9 * size, random)),
    lambda picture, size, random: ImageEnhance.Brightness(picture).enhance(1 + _either_way(0.9 * size, random)),
    lambda picture, size, random: ImageEnhance.Sharpness(picture).enhance(1 + _either_way(0.9 * size, random)),
    lambda picture, size, random: _sheared(picture, _either_way(0.3 * size, random), 0.0),
    lambda picture, size, random: _sheared(picture, 0.0, _either_way(0.3 * size, random)),
    lambda picture, size, random: _shifted(picture, _either_way(0.45 * size, random), 0.0),
    lambda picture, size, random: _shifted(picture, 0.0, _either_way(0.45 * size, random)),
)
"""Those of Cubuk et al. 2020 that change a grey picture, each growing with the magnitude 0…1."""


def rand_augmented(picture: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """(side, side) uint8 after ``POLICIES`` policies drawn at random, each at the published magnitude give or take a little."""
    image = Image.fromarray(np.ascontiguousarray(picture))
    for at in random.integers(len(_POLICIES), size=POLICIES):
        size = float(np.clip(random.normal(MAGNITUDE, _MAGNITUDE_SPREAD), 0.0, 1.0))
        image = _POLICIES[int(at)](image, size, random)
    return np.asarray(image, dtype=np.uint8)


def flipped(picture: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """(side, side), one time in two mirrored left to right, upside down or along both."""
    if random.random() >= 0.5:
        return picture
    way = int(random.integers(3))
    turned = picture[:, ::-1] if way == 0 else picture[::-1] if way == 1 else picture[::-1, ::-1]
    return np.ascontiguousarray(turned)


def erased(grey: Grey, random: np.random.Generator) -> Grey:
    """(side, side) in 0…1, one time in two with a rectangle of noise over it (Zhong et al. 2020)."""
    if random.random() >= 0.5:
        return grey
    rows, columns = grey.shape
    for _ in range(_TRIES):
        area = random.uniform(*_ERASED_SHARE) * rows * columns
        aspect = float(np.exp(random.uniform(*np.log(_ERASED_ASPECT))))
        height, width = round(np.sqrt(area * aspect)), round(np.sqrt(area / aspect))
        if 0 < height < rows and 0 < width < columns:
            top, left = int(random.integers(rows - height)), int(random.integers(columns - width))
            result = grey.copy()
            result[top : top + height, left : left + width] = random.random((height, width), dtype=np.float32)
            return result
    return grey


def published(picture: NDArray[np.uint8], how: PublishedAugmentation, random: np.random.Generator) -> Grey:
    """(side, side) uint8 → float32 in 0…1 after the steps of ``how``: flip, then RandAugment, then Random Erasing."""
    if how.flip:
        picture = flipped(picture, random)
    if how.augment:
        picture = rand_augmented(picture, random)
    grey = np.asarray(picture, dtype=np.float32) / np.float32(255.0)
    return erased(grey, random) if how.erase else grey
