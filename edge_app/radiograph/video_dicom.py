"""A DICOM video of single frames, PS3.3 C.7.6.6: decoded as pictures are, one after the other, all through the same window."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import RLELossless

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.cine import frame_times
from edge_app.radiograph.data_set import DataSet
from edge_app.radiograph.decoders import Samples, decode
from edge_app.radiograph.dicom_file import facts_in
from edge_app.radiograph.facts import frames_of
from edge_app.radiograph.limits import check_frame_size
from edge_app.radiograph.modality import check_modality
from edge_app.radiograph.photometric import grey_of_palette, is_colourful, lowest_is_white, without_colour
from edge_app.radiograph.picture import Assumption, Window
from edge_app.radiograph.pixel_data import FramePlaces, encapsulated_places, native_places
from edge_app.radiograph.shrink import shrunk
from edge_app.radiograph.spacing import spacing_of
from edge_app.radiograph.stored_frame import layout_of, stored_frame
from edge_app.radiograph.video_source import Decoded, Flaw, Told
from edge_app.radiograph.voi import Grey, grey_values, inverted, tone_window, tones

# So many frames, evenly spread, settle the window and tell whether there is colour.
_LOOKED_AT = 7
# A stream that breaks one frame after the other would keep the box busy for nothing.
_MOST_BROKEN_IN_A_ROW = 5


class DicomVideo:
    """A multi-frame object whose frames are pictures: uncompressed, RLE, JPEG, JPEG-LS or JPEG 2000."""

    def __init__(self, data_set: DataSet, longest_side: int | None) -> None:
        """Read the header, find the frames and settle the window; the source of ``data_set`` stays open until the last frame.

        Raises:
            UnreadablePictureError: where no frame can be found or decoded.
        """
        header = data_set.header
        unsaid = check_modality(header)
        self._data_set, self._longest_side = data_set, longest_side
        self._layout = layout_of(header)
        check_frame_size(self._layout.rows, self._layout.columns, "the header")
        frames = frames_of(header)
        self._places = _places(data_set, self._layout.frame_bytes, frames)
        self._looked_at = sorted({round(place) for place in np.linspace(0, len(self._places) - 1, _LOOKED_AT)})
        self._times = frame_times(header, frames)
        self.problem: UnreadablePictureError | None = None
        self.flaws: set[Flaw] = set()
        self._table, self._top, from_pixels = self._look()
        if not self._places.complete:
            self.flaws.add(Flaw.TRUNCATED)
        if self._times.assumed:
            self.flaws.add(Flaw.RATE_ASSUMED)
        known, spacing = facts_in(data_set), spacing_of(header)
        assumed = (unsaid, *self._layout.assumptions, Assumption.WINDOW_FROM_PIXELS if from_pixels else None, spacing.assumption)
        self.told = Told(
            rows=self._layout.rows,
            columns=self._layout.columns,
            step_s=self._times.step_s,
            frames_told=frames,
            spacing_mm=spacing.spacing_mm,
            pixel_aspect=spacing.pixel_aspect,
            facts=known.facts,
            assumptions=tuple(dict.fromkeys(one for one in (*assumed, *known.assumptions) if one is not None)),
        )

    def frames(self) -> Iterator[Decoded]:
        """Each frame that can be decoded, at the time of its number."""
        broken = 0
        for index in range(len(self._places)):
            grey = self._grey(index)
            if grey is None or grey.top != self._top:
                broken += 1
                if broken == _MOST_BROKEN_IN_A_ROW:
                    self.flaws.add(Flaw.TRUNCATED)
                    return
                continue
            if broken:
                self.flaws.add(Flaw.FRAMES_MISSING)
            broken = 0
            yield Decoded(float(self._times.times_s[index]), self._shown(grey))
        if broken:
            self.flaws.add(Flaw.TRUNCATED)

    def _grey(self, index: int) -> Grey | None:
        try:
            frame = stored_frame(self._places.read(self._data_set.source, index), self._data_set, self._layout, self._longest_side)
            samples = decode(frame)
            if index in self._looked_at and is_colourful(samples):
                self.flaws.add(Flaw.COLOURFUL)
            return grey_values(self._one_sample(samples), self._data_set.header)
        except UnreadablePictureError as error:
            self.problem = self.problem or error
            return None

    def _one_sample(self, samples: Samples) -> Samples:
        if self._layout.photometric == "PALETTE COLOR":
            return grey_of_palette(samples, self._data_set.header)
        return without_colour(samples)

    def _shown(self, grey: Grey) -> NDArray[np.uint8]:
        """(rows, columns) uint8 through the window, padding black."""
        values = grey.values
        if grey.padding is not None:
            values = np.where(grey.padding, np.uint16(self._top if lowest_is_white(self._data_set.header) else 0), values)
        small = shrunk(values, self._layout.rows, self._layout.columns, self._longest_side)
        return np.asarray(self._table[small], dtype=np.uint8)

    def _look(self) -> tuple[NDArray[np.uint8], int, bool]:
        """From value to tone (65536,) uint8, the highest value, and whether the window is from the pixels of frames here and there.

        One window for all: through a window of its own each frame would flicker, and contrast agent would not look the same twice.
        """
        greys = [grey for grey in map(self._grey, self._looked_at) if grey is not None]
        if not greys:
            raise self.problem or UnreadablePictureError(Refusal.NO_PIXEL_DATA, "no frame can be decoded")
        top = greys[0].top
        told = next((grey.window for grey in greys if not grey.window_from_pixels), None)
        window = told or _window_of_pixels(greys)
        values = np.arange(1 << 16, dtype=np.float32)
        if lowest_is_white(self._data_set.header):
            values, window = np.float32(top) - values, inverted(window, top)
        return np.rint(window.apply(values) * 255.0).astype(np.uint8), top, told is None


def _places(data_set: DataSet, frame_bytes: int, frames: int) -> FramePlaces:
    syntax, pixels = data_set.transfer_syntax, data_set.pixels
    if pixels is None or pixels.length == 0:
        raise UnreadablePictureError(Refusal.NO_PIXEL_DATA, "no Pixel Data (7FE0,0010)")
    if not syntax.is_encapsulated:
        places = native_places(data_set.source, pixels, frame_bytes, frames)
    else:
        places = encapsulated_places(data_set.source, pixels, frames, by_marker=syntax != RLELossless)
    if len(places) < min(frames, 2):
        raise UnreadablePictureError(Refusal.TRUNCATED, f"{len(places)} of {frames} frames are there")
    return places


def _window_of_pixels(greys: list[Grey]) -> Window:
    """From the usual darkest to the usual brightest tone: a black frame before the beam is on, or a flash, moves neither."""
    lows, highs = zip(*(tones(grey.values, grey.padding) for grey in greys), strict=True)
    return tone_window(float(np.median(lows)), float(np.median(highs)))
