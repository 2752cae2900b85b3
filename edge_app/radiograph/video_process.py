"""Keeps the process that decodes one video file, and takes its frames while it goes on with the next."""

import contextlib
import fcntl
import math
import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph import video_worker
from edge_app.radiograph.limits import MAX_FRAME_PIXELS, check_frame_size
from edge_app.radiograph.video_worker import FRAME, HEAD, OVER

_WORKER = Path(video_worker.__file__)
# FFmpeg would follow a file's references to others and into the network, and take a list of addresses for a video.
_FORMATS = "avi,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpeg,mpegts,mpegvideo,h264,hevc"
_ENVIRONMENT = {
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": f"protocol_whitelist;file|format_whitelist;{_FORMATS}",
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
_START_TIMEOUT_S = 20.0
_FRAME_TIMEOUT_S = 15.0
_MEMORY_BYTES = 1 << 30
_PROCESSOR_S = 300
_PIPE_BYTES = 1 << 20


@dataclass(frozen=True)
class StreamHead:
    """What the decoder says before the first frame; ``fps`` and ``frames`` as the file tells them, which may be nonsense."""

    rows: int
    columns: int
    small_rows: int
    small_columns: int
    fps: float
    frames: float
    pixel_aspect: float


@dataclass(frozen=True, eq=False)
class StreamFrame:
    """(rows, columns) uint8 grey at ``time_s`` by the file's clock; ``coloured`` is the share of coloured pixels."""

    time_s: float
    coloured: float
    pixels: NDArray[np.uint8]


class VideoProcess:
    """A decoding process on one file; ``ended`` once its word has come that there are no more frames."""

    def __init__(self, file: int, longest_side: int | None) -> None:
        """Start decoding the file of that descriptor, from its beginning.

        Raises:
            UnreadablePictureError: MALFORMED where nothing in it can be decoded; TOO_LARGE.
        """
        numbers = (longest_side or 0, MAX_FRAME_PIXELS, _MEMORY_BYTES, _PROCESSOR_S)
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(_WORKER), *map(str, numbers)],
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_ENVIRONMENT,
            bufsize=0,
        )
        self.ended = False
        if self._process.stdout is None:
            raise RuntimeError("the decoding process has no pipe")
        self._pipe = self._process.stdout
        self._poll = select.poll()
        self._poll.register(self._pipe, select.POLLIN)
        with contextlib.suppress(OSError):
            # So that it can decode a few frames ahead; without, it waits for each to be taken.
            fcntl.fcntl(self._pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        try:
            self.head = self._read_head()
        except UnreadablePictureError:
            self.close()
            raise

    def frames(self) -> Iterator[StreamFrame]:
        """The frames, until the last or until the process dies or stalls; ``ended`` tells which."""
        size = self.head.small_rows * self.head.small_columns
        while (head := self._exactly(FRAME.size, _FRAME_TIMEOUT_S)) is not None:
            follows, time_s, coloured = FRAME.unpack(head)
            if follows == OVER:
                self.ended = True
                break
            data = self._exactly(size, _FRAME_TIMEOUT_S)
            if data is None:
                break
            pixels = np.frombuffer(data, np.uint8).reshape(self.head.small_rows, self.head.small_columns)
            yield StreamFrame(time_s, coloured, pixels)
        self.close()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._pipe.close()
        self._process.wait()

    def _read_head(self) -> StreamHead:
        data = self._exactly(HEAD.size, _START_TIMEOUT_S)
        if data is None:
            raise UnreadablePictureError(Refusal.MALFORMED, "nothing in the video can be decoded")
        try:
            head = StreamHead(*HEAD.unpack(data))
        except struct.error:
            raise UnreadablePictureError(Refusal.MALFORMED, "the video's head is malformed") from None
        check_frame_size(head.rows, head.columns, "the video")
        return head

    def _exactly(self, size: int, timeout_s: float) -> bytearray | None:
        """So many bytes; None where the process has ended or does not give them in time."""
        data = bytearray(size)
        view, got, until_s = memoryview(data), 0, time.monotonic() + timeout_s
        while got < size:
            left_s = until_s - time.monotonic()
            if left_s <= 0 or not self._poll.poll(left_s * 1000.0):
                return None
            count = os.readv(self._pipe.fileno(), [view[got:]])
            if not count:
                return None
            got += count
        return data


def frames_promised(head: StreamHead, most: int) -> int | None:
    """How many frames the head promises, None where that is no number of frames."""
    return int(head.frames) if math.isfinite(head.frames) and 1 <= head.frames <= most else None
