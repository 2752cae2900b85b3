"""How large a pixel is: PS3.3 C.7.6.3.1.7, 10.7.1.3 and C.8.11.7."""

from dataclasses import dataclass

from edge_app.radiograph.attributes import Keyword
from edge_app.radiograph.header import Header
from edge_app.radiograph.picture import Assumption

_SMALLEST_MM, _LARGEST_MM = 0.001, 10.0
_LARGEST_MAGNIFICATION = 10.0
_LARGEST_ASPECT = 10.0


@dataclass(frozen=True)
class Spacing:
    """(row, column) spacing in millimetres or None, the height of a pixel over its width, and what was assumed."""

    spacing_mm: tuple[float, float] | None
    pixel_aspect: float
    assumption: Assumption | None


def spacing_of(header: Header) -> Spacing:
    """The size of a pixel in the patient as far as the file knows it, otherwise at the detector."""
    pixel = _pair(header, "PixelSpacing")
    detector = _pair(header, "ImagerPixelSpacing") or _pair(header, "NominalScannedPixelSpacing")
    calibrated = "PixelSpacingCalibrationType" in header or (detector is not None and pixel is not None and not _alike(pixel, detector))
    if pixel is not None and calibrated:
        return Spacing(pixel, pixel[0] / pixel[1], None)
    known = detector or pixel
    if known is None:
        return Spacing(None, _aspect(header), Assumption.SPACING_UNKNOWN)
    magnification = header.number("EstimatedRadiographicMagnificationFactor")
    if magnification is not None and 1.0 <= magnification <= _LARGEST_MAGNIFICATION:
        in_patient = known[0] / magnification, known[1] / magnification
        return Spacing(in_patient, known[0] / known[1], None)
    return Spacing(known, known[0] / known[1], Assumption.SPACING_AT_DETECTOR)


def _pair(header: Header, tag: Keyword) -> tuple[float, float] | None:
    numbers = header.numbers(tag)
    if len(numbers) != 2 or not all(_SMALLEST_MM <= number <= _LARGEST_MM for number in numbers):
        return None
    return numbers[0], numbers[1]


def _alike(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(abs(a - b) <= 1e-3 * b for a, b in zip(one, other, strict=True))


def _aspect(header: Header) -> float:
    numbers = header.numbers("PixelAspectRatio")
    if len(numbers) != 2 or min(numbers) <= 0 or not 1 / _LARGEST_ASPECT <= numbers[0] / numbers[1] <= _LARGEST_ASPECT:
        return 1.0
    return numbers[0] / numbers[1]
