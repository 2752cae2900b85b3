"""A process of its own that decodes a video file with FFmpeg, which a hostile file may bring down, stall or swell.

Run by its path, the file on standard input. To standard output goes a head, then every frame: grey, shrunk, in the order of showing.
"""

import os
import resource
import signal
import struct
import sys
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

# Rows, columns; rows and columns of what follows; frames a second, number of frames and the height of a pixel over its width, as told.
HEAD = struct.Struct("<IIIIddd")
# Whether a frame follows, its time in seconds, the share of its pixels that are coloured.
FRAME = struct.Struct("<Bdd")
FOLLOWS, OVER = 1, 0
# As of pictures: compression leaves about ten of 255 between the channels of a grey picture.
_COLOURFUL_ABOVE = 24
_EVERY = 8


def limit(memory_bytes: int, processor_s: int) -> None:
    """Hold this process within so much more memory than it has now, so much time on the processor, and no file written."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        now_bytes = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now_bytes + memory_bytes, now_bytes + memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (processor_s, processor_s))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    # A crash must leave no picture behind in a core dump, and an interrupt is meant for the process that asks.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def fitting(rows: int, columns: int, longest_side: int) -> tuple[int, int]:
    """(rows, columns) with the longest side at most ``longest_side``; never enlarged. 0 asks for the original's."""
    factor = longest_side / max(rows, columns) if longest_side else 1.0
    return (rows, columns) if factor >= 1 else (max(1, round(rows * factor)), max(1, round(columns * factor)))


def luma(frame: NDArray[Any]) -> NDArray[np.uint8]:
    """(rows, columns, 3) blue, green, red, or grey already → (rows, columns) uint8."""
    if frame.dtype != np.uint8:
        frame = (frame >> 8).astype(np.uint8)
    if frame.ndim == 3 and frame.shape[2] == 3:
        return np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    return frame.reshape(frame.shape[:2])


def coloured_share(frame: NDArray[Any]) -> float:
    """How many of the pixels are coloured, 0…1, by every eighth of them."""
    if frame.ndim < 3 or frame.shape[2] < 3:
        return 0.0
    few = frame[::_EVERY, ::_EVERY]
    return float(np.mean(few.max(axis=-1) - few.min(axis=-1) > _COLOURFUL_ABOVE))


def main() -> None:
    """Decode until the video or the interest in it ends."""
    longest_side, most_pixels, memory_bytes, processor_s = map(int, sys.argv[1:])
    cv2.setNumThreads(1)
    limit(memory_bytes, processor_s)
    # Whatever the libraries print must not get between the frames.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    capture = cv2.VideoCapture("/dev/stdin", cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    if not capture.isOpened():
        return
    rows, columns = (max(0, int(capture.get(side))) for side in (cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FRAME_WIDTH))
    if rows * columns > most_pixels:
        # Whoever asked knows what to say to such a size.
        replies.write(HEAD.pack(rows, columns, 0, 0, 0.0, 0.0, 1.0))
        replies.flush()
        return
    there, frame = capture.read()
    if not there:
        return
    rows, columns = frame.shape[:2]
    small = fitting(rows, columns, longest_side)
    across, down = capture.get(cv2.CAP_PROP_SAR_NUM), capture.get(cv2.CAP_PROP_SAR_DEN)
    aspect = down / across if across > 0 and down > 0 else 1.0
    replies.write(HEAD.pack(rows, columns, *small, capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT), aspect))
    while there:
        pixels = luma(frame)
        if pixels.shape != small:
            # Also where the size changes on the way.
            pixels = np.asarray(cv2.resize(pixels, small[::-1], interpolation=cv2.INTER_AREA), dtype=np.uint8)
        replies.write(FRAME.pack(FOLLOWS, capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0, coloured_share(frame)))
        replies.write(pixels.tobytes())
        replies.flush()
        there, frame = capture.read()
    replies.write(FRAME.pack(OVER, 0.0, 0.0))
    replies.flush()


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        # Nobody wants the rest; what is still to be written must not be complained of.
        os._exit(0)
