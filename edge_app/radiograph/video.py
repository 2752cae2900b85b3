"""Reads a video: multi-frame DICOM, AVI, MP4, Matroska. What can be decoded of it is given and what is wrong with it is named."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.byte_source import ByteSource
from edge_app.radiograph.data_set import DataSet, read_data_set
from edge_app.radiograph.facts import frames_of as frames_of_header
from edge_app.radiograph.file_kind import FileKind, kind_of, opened
from edge_app.radiograph.picture import Assumption, Facts, Picture, VoiFunction, Window
from edge_app.radiograph.transfer_syntax import VIDEO
from edge_app.radiograph.video_dicom import DicomVideo
from edge_app.radiograph.video_file import stream_of_dicom, stream_of_file
from edge_app.radiograph.video_source import Flaw, Told, VideoSource

LONGEST_SIDE = 512
# Two minutes at 30 frames a second; at 512 × 512 they are 0.9 GB.
MOST_FRAMES = 3_600
_FEWEST_FRAMES = 2
# Some containers count in milliseconds, so 30 frames a second are 33 and 34 ms apart.
_EVEN_WITHIN_S, _EVEN_WITHIN_SHARE = 0.0015, 0.05
_MOST_MENDED_SHARE = 0.1


class VideoFrame(NamedTuple):
    """A frame: its number, from 0, among those decoded, seconds since the first of them, (rows, columns) uint8 as displayed."""

    number: int
    time_s: float
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Video:
    """A video in memory.

    Attributes:
        frames: (n, rows, columns) uint8 grey as displayed, n ≥ 2; all through one window, shrunk by area.
        times_s: (n,) float64 seconds since the first frame, strictly increasing.
        rows, columns: size of the original in pixels.
        spacing_mm: (row, column) spacing of the *original* pixels in millimetres, or None.
        pixel_aspect: height of a pixel over its width.
        frames_told: how many frames the file promises, None where it does not say.
        flaws: what is wrong with it.
        facts, assumptions: as of a picture.
    """

    frames: NDArray[np.uint8]
    times_s: NDArray[np.float64]
    rows: int
    columns: int
    spacing_mm: tuple[float, float] | None
    pixel_aspect: float
    frames_told: int | None
    flaws: frozenset[Flaw]
    facts: Facts
    assumptions: tuple[Assumption, ...]

    @property
    def scale(self) -> float:
        """Original pixels per pixel here, ≥ 1."""
        return self.columns / int(self.frames.shape[2])

    def still(self, number: int) -> Picture:
        """One frame as a picture."""
        return _picture(self.frames[number], self)


def _picture(pixels: NDArray[np.uint8], of: Video | Told) -> Picture:
    shown = Window(127.5, 255.0, VoiFunction.LINEAR_EXACT)
    return Picture(pixels.astype(np.uint16), shown, of.rows, of.columns, of.spacing_mm, of.facts, of.assumptions, of.pixel_aspect)


class VideoStream:
    """A video being decoded; goes through once. To be closed, best by ``with``."""

    def __init__(self, source: VideoSource, most_frames: int, resources: ExitStack) -> None:
        self._source, self._most_frames, self._resources = source, most_frames, resources
        self._times_s: list[float] = []
        self._mended = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def told(self) -> Told:
        """What the file says about itself."""
        return self._source.told

    @property
    def flaws(self) -> frozenset[Flaw]:
        """What has turned out wrong so far; complete after the last frame."""
        return frozenset(self._source.flaws)

    def still(self, frame: VideoFrame) -> Picture:
        """One of its frames as a picture."""
        return _picture(frame.pixels, self.told)

    def close(self) -> None:
        """Let go of file and decoder; no frame can be had after that."""
        self._resources.close()

    def __iter__(self) -> Iterator[VideoFrame]:
        """The frames as they are decoded.

        Raises:
            UnreadablePictureError: SINGLE_FRAME, or why no second frame could be decoded.
        """
        first_s = 0.0
        for index, decoded in enumerate(self._source.frames()):
            if index == self._most_frames:
                self._source.flaws.add(Flaw.FRAMES_LEFT_OUT)
                break
            first_s = decoded.time_s if index == 0 else first_s
            time_s = decoded.time_s - first_s
            if index and not time_s > self._times_s[-1]:
                # A decoder that puts frames in order may not know the time of the last.
                time_s = self._times_s[-1] + self.told.step_s
                self._mended += 1
            self._times_s.append(time_s)
            yield VideoFrame(index, time_s, decoded.pixels)
        if len(self._times_s) < _FEWEST_FRAMES:
            raise self._too_few(len(self._times_s))
        self._judge_times()

    def _too_few(self, count: int) -> UnreadablePictureError:
        if self._source.problem is not None:
            return self._source.problem
        if Flaw.TRUNCATED in self._source.flaws:
            return UnreadablePictureError(Refusal.TRUNCATED, f"{count} frame(s) before the video ends")
        return UnreadablePictureError(Refusal.SINGLE_FRAME, f"{count} frame(s) in the video")

    def _judge_times(self) -> None:
        steps_s = np.diff(self._times_s)
        # A decoder that puts frames in order may tell the first and the last time wrong.
        steps_s = steps_s[1:-1] if len(steps_s) > 4 else steps_s
        usual_s = float(np.median(steps_s))
        if float(np.abs(steps_s - usual_s).max()) > max(_EVEN_WITHIN_S, _EVEN_WITHIN_SHARE * usual_s):
            self._source.flaws.add(Flaw.VARIABLE_RATE)
        if self._mended > _MOST_MENDED_SHARE * len(self._times_s):
            self._source.flaws.add(Flaw.RATE_ASSUMED)


def is_video(path: Path) -> bool:
    """Whether the file holds a video, by its first bytes or its DICOM header; False for whatever cannot be read."""
    try:
        with opened(path) as source:
            kind = kind_of(source)
            return kind.is_video or (kind is FileKind.DICOM and _is_moving(read_data_set(source)))
    except UnreadablePictureError:
        return False


def open_video(path: Path, *, longest_side: int | None = LONGEST_SIDE, most_frames: int = MOST_FRAMES) -> VideoStream:
    """Begin to decode a video, frames shrunk to at most ``longest_side``; no more than a few of them are ever in memory.

    Raises:
        UnreadablePictureError: why it cannot become a video; SINGLE_FRAME where it is a picture, NOT_A_PICTURE where it is neither.
    """
    if most_frames < _FEWEST_FRAMES or (longest_side is not None and longest_side < 1):
        raise ValueError(f"at least {_FEWEST_FRAMES} frames and a side of 1, not {most_frames} and {longest_side}")
    with ExitStack() as stack:
        source = stack.enter_context(opened(path))
        return VideoStream(_source(source, longest_side, stack), most_frames, stack.pop_all())


def frames_of(path: Path, *, longest_side: int | None = LONGEST_SIDE, most_frames: int = MOST_FRAMES) -> Iterator[VideoFrame]:
    """The frames of a video as they are decoded; ``open_video`` gives what is known about it besides.

    Raises:
        UnreadablePictureError: as ``open_video``, and where no second frame can be decoded.
    """
    with open_video(path, longest_side=longest_side, most_frames=most_frames) as stream:
        yield from stream


def read_video(path: Path, longest_side: int | None = LONGEST_SIDE, *, most_frames: int = MOST_FRAMES) -> Video:
    """Read a video whole.

    Raises:
        UnreadablePictureError: as ``open_video``, and where no second frame can be decoded.
    """
    with open_video(path, longest_side=longest_side, most_frames=most_frames) as stream:
        frames, times_s = _gathered(stream)
        told = stream.told
        return Video(
            frames=frames,
            times_s=times_s,
            rows=told.rows,
            columns=told.columns,
            spacing_mm=told.spacing_mm,
            pixel_aspect=told.pixel_aspect,
            frames_told=told.frames_told,
            flaws=stream.flaws,
            facts=told.facts,
            assumptions=told.assumptions,
        )


def _gathered(stream: VideoStream) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """All frames (n, rows, columns) and times (n,), in memory once and not twice."""
    frames, times_s = np.empty((0, 0, 0), dtype=np.uint8), list[float]()
    for frame in stream:
        if frame.number == len(frames):
            grown = np.empty((max(64, 2 * len(frames)), *frame.pixels.shape), dtype=np.uint8)
            grown[: len(frames)] = frames if len(frames) else grown[:0]
            frames = grown
        frames[frame.number] = frame.pixels
        times_s.append(frame.time_s)
    return frames[: len(times_s)], np.array(times_s)


def _source(source: ByteSource, longest_side: int | None, stack: ExitStack) -> VideoSource:
    kind = kind_of(source)
    if kind.is_video:
        return stream_of_file(source, kind, longest_side, stack)
    if kind in {FileKind.PNG, FileKind.JPEG}:
        raise UnreadablePictureError(Refusal.SINGLE_FRAME, f"a {kind} picture")
    if kind is FileKind.OTHER:
        raise UnreadablePictureError(Refusal.NOT_A_PICTURE, "neither DICOM nor AVI, MP4 or Matroska")
    data_set = read_data_set(source)
    if data_set.transfer_syntax in VIDEO:
        return stream_of_dicom(data_set, longest_side, stack)
    if not _is_moving(data_set):
        raise UnreadablePictureError(Refusal.SINGLE_FRAME, "a DICOM object of one frame")
    return DicomVideo(data_set, longest_side)


def _is_moving(data_set: DataSet) -> bool:
    return data_set.transfer_syntax in VIDEO or frames_of_header(data_set.header) > 1
