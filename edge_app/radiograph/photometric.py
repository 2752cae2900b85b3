"""What samples look like, PS3.3 C.7.6.3.1.2: colour to grey where the colour is only an encoding, and which way round grey is."""

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.attributes import Keyword
from edge_app.radiograph.decoders import Colour, Samples, Stored
from edge_app.radiograph.header import Header
from edge_app.radiograph.lut import read_lut

# Compression leaves about ten of 255 between the channels of a grey picture; burnt-in marks in colour cover little of one.
_COLOURFUL_ABOVE = 24 / 255
_COLOURED_SHARE = 0.02
_SAMPLED_SIDE = 512

GREY = frozenset({"MONOCHROME1", "MONOCHROME2"})
SAMPLES_PER_PIXEL = {
    "MONOCHROME1": 1,
    "MONOCHROME2": 1,
    "PALETTE COLOR": 1,
    "RGB": 3,
    "YBR_FULL": 3,
    "YBR_FULL_422": 3,
    "YBR_ICT": 3,
    "YBR_RCT": 3,
}
_PALETTES: tuple[tuple[Keyword, Keyword], ...] = (
    ("RedPaletteColorLookupTableDescriptor", "RedPaletteColorLookupTableData"),
    ("GreenPaletteColorLookupTableDescriptor", "GreenPaletteColorLookupTableData"),
    ("BluePaletteColorLookupTableDescriptor", "BluePaletteColorLookupTableData"),
)


def lowest_is_white(header: Header) -> bool:
    """Whether the lowest value is meant to be seen white: MONOCHROME1, or Presentation LUT Shape INVERSE (PS3.3 C.11.6.1.2)."""
    return header.word("PhotometricInterpretation") == "MONOCHROME1" or header.word("PresentationLUTShape") == "INVERSE"


def grey_of(samples: Samples) -> Samples:
    """One grey sample a pixel, of the same bits.

    Raises:
        UnreadablePictureError: COLOUR_PHOTO where the colour is more than an encoding.
    """
    if samples.colour is not Colour.GREY:
        refuse_colour(_few(samples))
    return without_colour(samples)


def without_colour(samples: Samples) -> Samples:
    """One grey sample a pixel, of the same bits, whatever the colour shows.

    Raises:
        UnreadablePictureError: UNSUPPORTED_TRANSFER_SYNTAX for colour of more than 16 bits.
    """
    if samples.colour is Colour.GREY:
        return samples
    _check_depth(samples)
    if samples.colour is Colour.YBR:
        grey: Stored = np.ascontiguousarray(samples.values[..., 0])
    else:
        grey = luma(samples.values)
    return Samples(grey, samples.bits, samples.signed, Colour.GREY)


def is_colourful(samples: Samples) -> bool:
    """Whether the colour is more than an encoding of grey."""
    return samples.colour is not Colour.GREY and _coloured_share(_few(samples)) > _COLOURED_SHARE


def luma(rgb: Stored) -> Stored:
    """(rows, columns, 3) uint8 or uint16 → (rows, columns), luma of ITU-R BT.601."""
    grey = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY)
    return np.asarray(grey, dtype=rgb.dtype)


def refuse_colour(rgb: NDArray[np.float32]) -> None:
    """Refuse a picture whose colour is more than an encoding of grey; ``rgb`` is (rows, columns, 3) in 0…1.

    Raises:
        UnreadablePictureError: COLOUR_PHOTO.
    """
    share = _coloured_share(rgb)
    if share > _COLOURED_SHARE:
        raise UnreadablePictureError(Refusal.COLOUR_PHOTO, f"{share:.0%} of the picture is in colour")


def grey_of_palette(samples: Samples, header: Header) -> Samples:
    """Grey of a PALETTE COLOR picture (PS3.3 C.7.6.3.1.5 and .6).

    Raises:
        UnreadablePictureError: COLOUR_PHOTO, or MALFORMED where the palette is.
    """
    palettes = [read_lut(header, descriptor, data) for descriptor, data in _PALETTES]
    if any(palette is None for palette in palettes):
        raise UnreadablePictureError(Refusal.MALFORMED, "PALETTE COLOR without its three palettes")
    indices = np.arange(1 << samples.bits)
    channels = [palette.of(indices) for palette in palettes if palette is not None]
    bits = max(palette.bits for palette in palettes if palette is not None)
    table = np.stack(channels, axis=-1).astype(np.uint16)
    index = (samples.values & ((1 << samples.bits) - 1)).astype(np.intp)
    few = index[:: max(1, index.shape[0] // _SAMPLED_SIDE), :: max(1, index.shape[1] // _SAMPLED_SIDE)]
    refuse_colour((table[few] / ((1 << bits) - 1)).astype(np.float32))
    grey = luma(table[None])[0]
    return Samples(np.asarray(grey[index], dtype=np.uint16), bits, signed=False, colour=Colour.GREY)


def _coloured_share(rgb: NDArray[np.float32]) -> float:
    return float(np.mean(rgb.max(axis=-1) - rgb.min(axis=-1) > _COLOURFUL_ABOVE))


def _few(samples: Samples) -> NDArray[np.float32]:
    """Some of the pixels as red, green and blue in 0…1, (rows, columns, 3)."""
    _check_depth(samples)
    rows, columns = samples.values.shape[:2]
    few = samples.values[:: max(1, rows // _SAMPLED_SIDE), :: max(1, columns // _SAMPLED_SIDE)].astype(np.float32)
    few /= np.float32((1 << samples.bits) - 1)
    return _rgb_of_ybr(few) if samples.colour is Colour.YBR else few


def _check_depth(samples: Samples) -> None:
    if samples.values.dtype.itemsize > 2:
        raise UnreadablePictureError(Refusal.UNSUPPORTED_TRANSFER_SYNTAX, f"colour with {samples.values.dtype.itemsize * 8} bits allocated")


def _rgb_of_ybr(ybr: NDArray[np.float32]) -> NDArray[np.float32]:
    y, blue, red = ybr[..., 0], ybr[..., 1] - 0.5, ybr[..., 2] - 0.5
    return np.stack([y + 1.402 * red, y - 0.344136 * blue - 0.714136 * red, y + 1.772 * blue], axis=-1)
