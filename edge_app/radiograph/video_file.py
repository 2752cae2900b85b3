"""A video that is one stream: AVI, MP4, QuickTime, Matroska and WebM files, and DICOM objects with MPEG-2, H.264 or HEVC in them.

OpenCV's FFmpeg (LGPL, without x264) decodes Motion JPEG, MPEG-1, MPEG-2, MPEG-4 part 2, H.264, HEVC, VP8, VP9, FFV1, HuffYUV, PNG
and uncompressed frames. Its times are the presentation times of the container, also where the frame rate varies.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.byte_source import ByteSource
from edge_app.radiograph.cine import ASSUMED_FPS, frame_times, is_frame_rate
from edge_app.radiograph.container import is_whole
from edge_app.radiograph.data_set import DataSet
from edge_app.radiograph.dicom_file import facts_in
from edge_app.radiograph.facts import frames_of
from edge_app.radiograph.file_kind import FileKind
from edge_app.radiograph.limits import MAX_FRAMES
from edge_app.radiograph.modality import check_modality
from edge_app.radiograph.pixel_data import fragment_places
from edge_app.radiograph.spacing import spacing_of
from edge_app.radiograph.video_process import VideoProcess, frames_promised
from edge_app.radiograph.video_source import Decoded, Flaw, Told

_COPIED_AT_ONCE = 1 << 20
_COLOURED_SHARE = 0.02
# These two count their frames; of the others FFmpeg estimates the number from duration and rate.
_COUNTING = frozenset({FileKind.AVI, FileKind.MP4})


class StreamVideo:
    """A video that FFmpeg decodes, in a process of its own."""

    def __init__(self, process: VideoProcess, told: Told, flaws: set[Flaw], times_s: NDArray[np.float64] | None = None) -> None:
        """``times_s`` are the frames' times by their number, where they are not to be taken from the stream."""
        self.told, self.flaws = told, flaws
        self.problem: UnreadablePictureError | None = None
        self._process, self._times_s = process, times_s

    def frames(self) -> Iterator[Decoded]:
        """Each frame the decoder gives, at its own time or, where those are of no use, at that of its number."""
        count, first_s, last_s = 0, 0.0, 0.0
        for frame in self._process.frames():
            if frame.coloured > _COLOURED_SHARE:
                self.flaws.add(Flaw.COLOURFUL)
            last_s = frame.time_s if self._times_s is None else self._time_of(self._times_s, count)
            first_s = last_s if count == 0 else first_s
            count += 1
            yield Decoded(last_s, frame.pixels)
        promised = self.told.frames_told
        if not self._process.ended:
            self.flaws.add(Flaw.TRUNCATED)
        elif promised is not None and count < promised:
            # A recorder that was too slow leaves frames out, and the times go on over them.
            to_the_end = last_s - first_s + 1.5 * self.told.step_s >= promised * self.told.step_s
            self.flaws.add(Flaw.FRAMES_MISSING if to_the_end else Flaw.TRUNCATED)

    def _time_of(self, times_s: NDArray[np.float64], number: int) -> float:
        beyond = max(0, number + 1 - len(times_s))
        return float(times_s[number - beyond]) + beyond * self.told.step_s


def stream_of_file(source: ByteSource, kind: FileKind, longest_side: int | None, stack: ExitStack) -> StreamVideo:
    """Start decoding a video file; ``stack`` ends it.

    Raises:
        UnreadablePictureError: TRUNCATED or MALFORMED where nothing in it can be decoded; TOO_LARGE.
    """
    whole = is_whole(source, kind)
    process = _started(source.fileno(), longest_side, stack, whole=whole)
    timed = is_frame_rate(process.head.fps)
    step_s = 1.0 / (process.head.fps if timed else ASSUMED_FPS)
    told = Told(
        rows=process.head.rows,
        columns=process.head.columns,
        step_s=step_s,
        frames_told=frames_promised(process.head, MAX_FRAMES) if kind in _COUNTING else None,
        pixel_aspect=process.head.pixel_aspect,
    )
    flaws = {flaw for flaw, there in ((Flaw.TRUNCATED, not whole), (Flaw.RATE_ASSUMED, not timed)) if there}
    return StreamVideo(process, told, flaws, None if timed else np.array([0.0, step_s]))


def stream_of_dicom(data_set: DataSet, longest_side: int | None, stack: ExitStack) -> StreamVideo:
    """Start decoding the one stream in an object of a video transfer syntax (PS3.5 A.4.5 and following); ``stack`` ends it.

    The header's frame times go before the stream's, which need not have any.

    Raises:
        UnreadablePictureError: WRONG_MODALITY, NO_PIXEL_DATA, TRUNCATED, MALFORMED or TOO_LARGE.
    """
    header = data_set.header
    unsaid = check_modality(header)
    if data_set.pixels is None:
        raise UnreadablePictureError(Refusal.NO_PIXEL_DATA, "no Pixel Data (7FE0,0010)")
    fragments, closed = fragment_places(data_set.source, data_set.pixels, with_cut=True)
    process = _started(stack.enter_context(_copied(data_set.source, fragments[1:])), longest_side, stack, whole=closed)
    frames = frames_of(header)
    times = frame_times(header, frames)
    timed_by_stream = times.assumed and is_frame_rate(process.head.fps)
    known, spacing = facts_in(data_set), spacing_of(header)
    told = Told(
        rows=process.head.rows,
        columns=process.head.columns,
        step_s=1.0 / process.head.fps if timed_by_stream else times.step_s,
        frames_told=frames if frames > 1 else None,
        spacing_mm=spacing.spacing_mm,
        pixel_aspect=spacing.pixel_aspect,
        facts=known.facts,
        assumptions=tuple(dict.fromkeys(one for one in (unsaid, spacing.assumption, *known.assumptions) if one is not None)),
    )
    flaws = {flaw for flaw, there in ((Flaw.TRUNCATED, not closed), (Flaw.RATE_ASSUMED, times.assumed and not timed_by_stream)) if there}
    return StreamVideo(process, told, flaws, None if timed_by_stream else times.times_s)


def _started(file: int, longest_side: int | None, stack: ExitStack, *, whole: bool) -> VideoProcess:
    try:
        process = VideoProcess(file, longest_side)
    except UnreadablePictureError as error:
        if whole or error.reason is not Refusal.MALFORMED:
            raise
        raise UnreadablePictureError(Refusal.TRUNCATED, "the video is cut off before anything that can be decoded") from None
    stack.callback(process.close)
    return process


@contextmanager
def _copied(source: ByteSource, fragments: list[tuple[int, int]]) -> Iterator[int]:
    """The joined fragments as a file that has no name and is gone when it is closed; its descriptor."""
    with tempfile.TemporaryFile() as file:
        for offset, length in fragments:
            source.seek(offset)
            for start in range(0, length, _COPIED_AT_ONCE):
                file.write(source.read(min(_COPIED_AT_ONCE, length - start)))
        file.flush()
        yield file.fileno()
