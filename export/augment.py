"""Making training pictures look like other machines, other resolutions and other patients."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from export.photo import lettered, photographed

Grey = NDArray[np.float32]


@dataclass(frozen=True)
class Augmentation:
    """How far a training picture is changed. Probabilities are per picture; every picture is moved, turned, scaled and re-exposed.

    Attributes:
        turn_degrees, scale, shift: largest rotation, relative change of size and shift (of the side).
        gamma: largest exponent; the smallest is its inverse.
        aspect: largest relative change of height to width, as a logarithm.
        bend: largest displacement of a smooth random deformation, as a share of the side.
        mirror: probability of a left–right mirror image.
        coarse: probability of being shrunk to a random size of at least 64 pixels and enlarged again.
        border: probability of a frame of one grey.
        whiten: probability of a cloud over each lung, where lungs are outlined.
        opacify: probability of opacities over the lungs, with grades to match, on a chest that is graded clear.
        text, photo, invert: probabilities of burned-in letters, of the look of a photograph of a film or screen, of grey reversed.
        blur, noise, jpeg, erase: probabilities of a Gaussian blur, Gaussian noise, JPEG artefacts and a blank rectangle.
    """

    turn_degrees: float = 10.0
    scale: float = 0.15
    shift: float = 0.06
    aspect: float = 0.0
    bend: float = 0.0
    gamma: float = 1.5
    mirror: float = 0.5
    coarse: float = 0.4
    border: float = 0.2
    blur: float = 0.15
    noise: float = 0.2
    jpeg: float = 0.15
    erase: float = 0.1
    whiten: float = 0.0
    opacify: float = 0.0
    text: float = 0.0
    photo: float = 0.0
    invert: float = 0.0


@dataclass(frozen=True)
class Lying:
    """How a newborn may lie on its picture, beyond what ``Augmentation`` does to every picture.

    Attributes:
        least: the least size, as a share of the usual one; sizes are drawn evenly as logarithms.
        turned: probability of lying on a side or upside down, by quarters.
        devices: probability of real tubes, lines and leads over it.
    """

    least: float = 0.4
    turned: float = 0.25
    devices: float = 0.3


BEND_KNOTS = 5


@dataclass(frozen=True)
class Move:
    """One drawn change of geometry: where each pixel of the result is taken from, float32 (side, side) each, then mirrored or not."""

    column: Grey
    row: Grey
    mirrored: bool

    def of(self, pixels: NDArray[Any], interpolation: int, border: int = 0) -> NDArray[Any]:
        """(side, side) or (side, side, ≤ 4) moved, ``border`` where the result lies outside the picture."""
        moved = cv2.remap(
            pixels, self.column, self.row, interpolation, borderMode=cv2.BORDER_CONSTANT, borderValue=(border, border, border, border)
        )
        return np.ascontiguousarray(moved[:, ::-1] if self.mirrored else moved)

    @property
    def growth(self) -> float:
        """How many times as large an area in the middle of the picture becomes."""
        middle = self.column.shape[0] // 2
        near = np.s_[middle : middle + 2, middle : middle + 2]
        (down_column, across_column), (down_row, across_row) = np.gradient(self.column[near]), np.gradient(self.row[near])
        taken = (across_column * down_row - down_column * across_row).mean()
        return 1.0 / max(abs(float(taken)), 1e-6)

    def on_finer(self, times: int) -> "Move":
        """The same change of a canvas that is so many times as fine, to a result of the same size."""
        column, row = ((own + np.float32(0.5)) * np.float32(times) - np.float32(0.5) for own in (self.column, self.row))
        return Move(column, row, self.mirrored)

    def at(self, side: int) -> "Move":
        """The same change of pictures of another size."""
        factor = side / self.column.shape[0]

        def sized(source: Grey) -> Grey:
            resized = cv2.resize(source, (side, side), interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
            return np.asarray((resized + np.float32(0.5)) * np.float32(factor) - np.float32(0.5), dtype=np.float32)

        return Move(sized(self.column), sized(self.row), self.mirrored)


@dataclass(frozen=True)
class Part:
    """A part of a canvas that is shown alone, as large as it may be: its middle, width and height in pixels of the canvas."""

    x: float
    y: float
    width: float
    height: float

    @property
    def side(self) -> float:
        """Of the square that it is letterboxed in."""
        return max(self.width, self.height)

    def alone(self, canvas: NDArray[np.uint8], times: int = 1) -> NDArray[np.uint8]:
        """A canvas ``times`` as fine with nothing beside the part on it."""
        left, right = (round(times * (self.x + sign * self.width / 2)) for sign in (-1, 1))
        top, bottom = (round(times * (self.y + sign * self.height / 2)) for sign in (-1, 1))
        only = np.zeros_like(canvas)
        shown = slice(max(0, top), max(0, bottom)), slice(max(0, left), max(0, right))
        only[shown] = canvas[shown]
        return only


def drawn_move(
    side: int,
    how: Augmentation,
    random: np.random.Generator,
    *,
    smaller: float = 1.0,
    quarters: int = 0,
    near: Part | None = None,
) -> Move:
    """Draw a rotation, a change of size and aspect, a shift, a bend and a mirroring.

    All on top of a size that is ``smaller``, anywhere where it still has room, of so many ``quarters`` counter-clockwise, and of what lies
    ``near`` alone.
    """
    angle = np.deg2rad(random.uniform(-how.turn_degrees, how.turn_degrees)) + quarters * np.pi / 2
    size, aspect = np.exp(random.uniform(-how.scale, how.scale)), np.exp(random.uniform(-how.aspect, how.aspect) / 2)
    shift_x, shift_y = random.uniform(-how.shift, how.shift, 2) * side
    if smaller != 1.0:
        size = smaller * size
        shift_x, shift_y = np.array([shift_x, shift_y]) + random.uniform(-0.5, 0.5, 2) * max(0.0, 1.0 - smaller) * side
    from_x, from_y = ((side - 1) / 2,) * 2 if near is None else (near.x - 0.5, near.y - 0.5)
    size *= 1.0 if near is None else side / near.side
    row, column = np.mgrid[0:side, 0:side].astype(np.float32) - np.float32((side - 1) / 2)
    if how.bend:
        knots = random.uniform(-how.bend, how.bend, (BEND_KNOTS, BEND_KNOTS, 2)).astype(np.float32) * side
        bent = cv2.resize(knots, (side, side), interpolation=cv2.INTER_CUBIC)
        column, row = column + bent[..., 0], row + bent[..., 1]
    column, row = column - shift_x, row - shift_y
    cosine, sine = np.cos(angle), np.sin(angle)
    taken_column = (cosine * column - sine * row) / (size * aspect) + from_x
    taken_row = (sine * column + cosine * row) / (size / aspect) + from_y
    return Move(taken_column.astype(np.float32), taken_row.astype(np.float32), bool(random.random() < how.mirror))


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


def moved(picture: NDArray[np.uint8], move: Move) -> Grey:
    """(side, side) uint8 → float32 in 0…1, moved."""
    return np.asarray(move.of(np.asarray(picture, dtype=np.float32) / 255.0, cv2.INTER_LINEAR), dtype=np.float32)


def augmented(picture: NDArray[np.uint8], how: Augmentation, random: np.random.Generator) -> Grey:
    """(side, side) uint8 → a changed (side, side) float32 in 0…1."""
    return degraded(moved(picture, drawn_move(picture.shape[0], how, random)), how, random)


def degraded(grey: Grey, how: Augmentation, random: np.random.Generator) -> Grey:
    """(side, side) float32 in 0…1, exposed, blurred, framed and so on; everything but its geometry."""
    grey = _exposed(grey, how, random)
    if how.invert and random.random() < how.invert:
        grey = np.float32(1.0) - grey
    if how.text and random.random() < how.text:
        grey = lettered(grey, random)
    if how.photo and random.random() < how.photo:
        grey = photographed(grey, random)
    return _framed(_degraded(grey, how, random), how, random)
