"""From stored values to the picture's values and window: Modality LUT (PS3.3 C.11.1), VOI LUT (C.11.2), padding (C.7.5.1.1.2), polarity."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.attributes import Keyword
from edge_app.radiograph.decoders import Samples
from edge_app.radiograph.header import Header
from edge_app.radiograph.lut import Lut, read_lut
from edge_app.radiograph.picture import VoiFunction, Window

_SAMPLED_SIDE = 256
_DARKEST_PERCENT, _BRIGHTEST_PERCENT = 0.5, 99.5


@dataclass(frozen=True)
class Scale:
    """What one step of the pixels is worth: value after the Modality LUT = ``slope`` × pixel + ``intercept``."""

    slope: float = 1.0
    intercept: float = 0.0


@dataclass(frozen=True, eq=False)
class Grey:
    """Values still in the file's polarity.

    Attributes:
        values: (rows, columns) uint16, 0…``top``.
        window: in units of ``values``.
        padding: (rows, columns) bool where there is no picture, or None where all is picture.
        window_from_pixels: the file has no usable window.
    """

    values: NDArray[np.uint16]
    top: int
    window: Window
    padding: NDArray[np.bool_] | None
    window_from_pixels: bool


def has_tables(header: Header) -> bool:
    """Whether the values go through a table, or some of them are padding: then neighbours cannot be averaged before."""
    return any(tag in header for tag in ("ModalityLUTSequence", "VOILUTSequence", "PixelPaddingValue"))


def grey_values(samples: Samples, header: Header) -> Grey:
    """Bring one grey sample a pixel through Modality LUT and VOI LUT.

    A rescale that is a straight line is not carried out but goes into the window, so no step of the stored values is lost.

    Raises:
        UnreadablePictureError: MALFORMED, EMPTY_PICTURE.
    """
    top = (1 << samples.bits) - 1
    lowest = -(1 << (samples.bits - 1)) if samples.signed else 0
    values = _unsigned(samples, top)
    padding = _padding(values, header, lowest)
    modality = _first_lut(header, "ModalityLUTSequence", signed=samples.signed)
    scale = Scale() if modality else _rescale(header)
    voi = _first_lut(header, "VOILUTSequence", signed=samples.signed or scale.intercept < 0)
    if modality or voi:
        table, top = _table(modality, voi, scale, lowest, samples.bits)
        values, scale, lowest = table[values], Scale(), 0
    slope, intercept = scale.slope, scale.slope * lowest + scale.intercept
    if slope < 0:
        values, slope, intercept = np.uint16(top) - values, -slope, intercept + slope * top
    if voi:
        return Grey(values, top, _whole(voi.white), padding, window_from_pixels=False)
    low, high = tones(values, padding)
    window = _window_of(header, Scale(slope, intercept))
    if window is None or _shows_nothing(window, low, high):
        return Grey(values, top, tone_window(low, high), padding, window_from_pixels=True)
    return Grey(values, top, window, padding, window_from_pixels=False)


def inverted(window: Window, top: int) -> Window:
    """The window that shows ``top − value`` as the given one shows value, only with black and white exchanged."""
    # LINEAR is centred half a step low (C.11.2.1.2.1), which changes sides.
    shift = 1.0 if window.function is VoiFunction.LINEAR else 0.0
    return replace(window, center=top - window.center + shift)


def tone_window(low: float, high: float) -> Window:
    """The window from ``low`` as black to ``high`` as white."""
    return Window((low + high) / 2, max(high - low, 1.0), VoiFunction.LINEAR_EXACT)


def _unsigned(samples: Samples, top: int) -> NDArray[np.uint16]:
    values = samples.values
    if samples.bits < values.dtype.itemsize * 8:
        values = values & values.dtype.type(top)
    if samples.signed:
        values = values ^ values.dtype.type(1 << (samples.bits - 1))
    return values.astype(np.uint16, copy=False)


def _rescale(header: Header) -> Scale:
    slope, intercept = header.number("RescaleSlope"), header.number("RescaleIntercept")
    if slope is None or slope == 0 or intercept is None or not 1e-6 < abs(slope) < 1e6 or abs(intercept) > 1e9:
        return Scale()
    return Scale(slope, intercept)


def _first_lut(header: Header, tag: Keyword, *, signed: bool) -> Lut | None:
    item = header.item(tag)
    return None if item is None else read_lut(item, signed_input=signed)


def _table(modality: Lut | None, voi: Lut | None, scale: Scale, lowest: int, bits: int) -> tuple[NDArray[np.uint16], int]:
    """((2**bits,) uint16 from unsigned stored value to output, the highest output)."""
    stored = np.arange(1 << bits) + lowest
    values = modality.of(stored) if modality else np.rint(np.clip(scale.slope * stored + scale.intercept, -1e9, 1e9))
    if voi:
        values = voi.of(values.astype(np.int64))
    last = voi or modality
    highest = int(values.max())
    return values.astype(np.uint16), max(highest, last.white if last else highest)


def _padding(values: NDArray[np.uint16], header: Header, lowest: int) -> NDArray[np.bool_] | None:
    words = header.words("PixelPaddingValue")
    if not words:
        return None
    limits = header.words("PixelPaddingRangeLimit") or words
    first, last = sorted(_stored(word, lowest) for word in (words[0], limits[0]))
    padding = (values >= first) & (values <= last) if first != last else values == first
    if padding.all():
        raise UnreadablePictureError(Refusal.EMPTY_PICTURE, "every pixel is padding")
    return padding if padding.any() else None


def _stored(word: int, lowest: int) -> int:
    """A 16-bit word of the header as an unsigned stored value; out of range where the pixels cannot hold it."""
    return word if lowest == 0 else (word - (1 << 16) if word & 0x8000 else word) - lowest


def tones(values: NDArray[np.uint16], padding: NDArray[np.bool_] | None = None) -> tuple[float, float]:
    """The tones next to the darkest and the brightest outside the padding, robust against a few dead or marked pixels."""
    step = (slice(None, None, max(1, values.shape[0] // _SAMPLED_SIDE)), slice(None, None, max(1, values.shape[1] // _SAMPLED_SIDE)))
    few = values[step]
    if padding is not None:
        shown = few[~padding[step]]
        few = shown if shown.size else values[~padding]
    low, high = np.percentile(few, (_DARKEST_PERCENT, _BRIGHTEST_PERCENT))
    return float(low), float(high)


def _whole(white: int) -> Window:
    return tone_window(0.0, float(white))


def _window_of(header: Header, scale: Scale) -> Window | None:
    """The first window of the file in units of the pixels, or None where there is no valid one."""
    center, width = header.number("WindowCenter"), header.number("WindowWidth")
    named = header.word("VOILUTFunction")
    function = VoiFunction(named) if named in set(VoiFunction) else VoiFunction.LINEAR
    narrowest = 1.0 if function is VoiFunction.LINEAR else 0.0
    if center is None or width is None or width < narrowest or width == 0 or max(abs(center), width) > 1e9:
        return None
    if scale.slope != 1.0 and function is VoiFunction.LINEAR:
        # Half a step and one step in LINEAR's formula are steps after the Modality LUT.
        center, width, function = center - 0.5, max(width - 1.0, 1e-6), VoiFunction.LINEAR_EXACT
    return Window((center - scale.intercept) / scale.slope, width / scale.slope, function)


def _shows_nothing(window: Window, low: float, high: float) -> bool:
    """Whether the window leaves the whole picture in one tone, as a window meant for other values does."""
    if high <= low:
        return False
    dark, bright = window.apply(np.array([low, high], dtype=np.float32))
    return bool(abs(bright - dark) < 1 / 255)
