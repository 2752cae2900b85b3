"""A decoded radiograph: pixels that mean the same whatever they came from, and the facts known about them."""

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray


class Assumption(StrEnum):
    """What had to be assumed because the file did not say. Shown beside the picture, never silent."""

    PHOTOMETRIC_MISSING = "photometric_missing"
    WINDOW_FROM_PIXELS = "window_from_pixels"
    SPACING_AT_DETECTOR = "spacing_at_detector"
    SPACING_UNKNOWN = "spacing_unknown"
    MODALITY_MISSING = "modality_missing"
    FIRST_FRAME_ONLY = "first_frame_only"
    ALPHA_IGNORED = "alpha_ignored"
    IDENTIFIER_REPLACED = "identifier_replaced"
    CHARACTER_SET_GUESSED = "character_set_guessed"
    BITS_STORED_GUESSED = "bits_stored_guessed"


class VoiFunction(StrEnum):
    """VOI LUT Function (0028,1056), PS3.3 C.11.2.1.3."""

    LINEAR = "LINEAR"
    LINEAR_EXACT = "LINEAR_EXACT"
    SIGMOID = "SIGMOID"


@dataclass(frozen=True)
class Window:
    """Window Center (0028,1050) and Window Width (0028,1051), in the units of ``Picture.pixels``."""

    center: float
    width: float
    function: VoiFunction = VoiFunction.LINEAR

    def apply(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map values to 0…1, PS3.3 C.11.2.1.2 and C.11.2.1.3; same shape."""
        width = max(self.width, 1e-6)
        if self.function is VoiFunction.SIGMOID:
            exponent = np.clip(-4.0 * (values - self.center) / width, -60.0, 60.0)
            return np.asarray(1.0 / (1.0 + np.exp(exponent)), dtype=np.float32)
        if self.function is VoiFunction.LINEAR:
            center, width = self.center - 0.5, max(width - 1.0, 1e-6)
        else:
            center = self.center
        return np.asarray(np.clip((values - center) / width + 0.5, 0.0, 1.0), dtype=np.float32)


@dataclass(frozen=True)
class Facts:
    """What the file says about the picture. No name and no number of the patient; those stay in the file."""

    modality: str | None = None
    body_part: str | None = None
    view: str | None = None
    laterality: str | None = None
    sex: str | None = None
    age_years: float | None = None
    sop_instance_uid: str | None = None
    study_instance_uid: str | None = None
    taken_at: str | None = None
    manufacturer: str | None = None
    transfer_syntax_uid: str | None = None
    frames: int = 1


@dataclass(frozen=True, eq=False)
class Picture:
    """A radiograph in one meaning: MONOCHROME2, higher is whiter (denser), after Modality LUT.

    Attributes:
        pixels: (rows, columns) uint16; may be smaller than the original, see ``scale``. A linear rescale is in ``window`` instead of here;
            where the file has a VOI LUT Sequence the values are after it.
        window: the window to look and read through, in units of ``pixels``.
        rows, columns: size of the original in pixels.
        spacing_mm: (row, column) spacing of the *original* pixels in millimetres, or None.
        facts: what the file says.
        assumptions: what it did not say and was assumed.
        pixel_aspect: height of a pixel over its width, from the spacing or Pixel Aspect Ratio (0028,0034).
    """

    pixels: NDArray[np.uint16]
    window: Window
    rows: int
    columns: int
    spacing_mm: tuple[float, float] | None
    facts: Facts
    assumptions: tuple[Assumption, ...] = ()
    pixel_aspect: float = 1.0

    @property
    def scale(self) -> float:
        """Original pixels per pixel here, ≥ 1."""
        return self.columns / int(self.pixels.shape[1])

    def shrunk(self, longest_side: int) -> NDArray[np.uint16]:
        """``pixels`` shrunk by area so that the longest side is at most ``longest_side``; never enlarged."""
        rows, columns = self.pixels.shape
        factor = longest_side / max(rows, columns)
        if factor >= 1:
            return self.pixels
        size = (max(1, round(columns * factor)), max(1, round(rows * factor)))
        return np.asarray(cv2.resize(self.pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint16)

    def windowed(self, longest_side: int | None = None) -> NDArray[np.float32]:
        """(rows, columns) float32 in 0…1 through ``window``; shrunk first, which is many times cheaper than windowing first."""
        small = self.pixels if longest_side is None else self.shrunk(longest_side)
        return self.window.apply(small.astype(np.float32))

    def as_uint8(self, longest_side: int | None = None) -> NDArray[np.uint8]:
        """(rows, columns) uint8 for looking at."""
        return np.asarray(np.rint(self.windowed(longest_side) * 255.0), dtype=np.uint8)
