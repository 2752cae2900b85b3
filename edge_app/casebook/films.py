"""Films: each video that was read once more as frames that a screen can show one by one, small, beside the file that came.

A film is one file: a line of JSON that says how large its frames are in pixels and in bytes, then the frames as JPEG, one after the other.
Only the reading service makes one, since only that ever decodes what came from outside.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.casebook import Casebook
from edge_app.errors import CasebookError

LONGEST_SIDE = 512
_QUALITY = 82


@dataclass(frozen=True)
class Strip:
    """The frames of a film: their size in pixels, and each as JPEG."""

    rows: int
    columns: int
    frames: tuple[bytes, ...]


def strip_of(frames: Iterable[NDArray[np.uint8]]) -> Strip:
    """Of (rows, columns) uint8 frames, all of one size. ValueError where there are none."""
    encoded, size = list[bytes](), (0, 0)
    for frame in frames:
        done, content = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        if not done:
            raise CasebookError("a frame could not be encoded")
        encoded.append(content.tobytes())
        size = int(frame.shape[0]), int(frame.shape[1])
    if not encoded:
        raise ValueError("a film of no frames")
    return Strip(*size, tuple(encoded))


def add_film(casebook: Casebook, radiograph_id: str, strip: Strip) -> None:
    """Keep a film beside its radiograph."""
    header = {"rows": strip.rows, "columns": strip.columns, "sizes": [len(frame) for frame in strip.frames]}
    digest = casebook.pictures.keep(json.dumps(header, separators=(",", ":")).encode() + b"\n" + b"".join(strip.frames))
    with casebook.database.writing() as tables:
        row = {"radiograph_id": radiograph_id, "sha256": digest, "frames": len(strip.frames)}
        tables.table("films").upsert(row, pk="radiograph_id")


def film_bytes(casebook: Casebook, radiograph_id: str) -> bytes | None:
    """The film's file; None where there is none. CasebookError where it is missing."""
    row = casebook.database.row("SELECT sha256 FROM films WHERE radiograph_id = :id", {"id": radiograph_id})
    if row is None:
        return None
    try:
        return casebook.pictures.path_of(row["sha256"]).read_bytes()
    except OSError as error:
        raise CasebookError("a film's file is missing") from error


def frame_of(casebook: Casebook, radiograph_id: str, number: int) -> NDArray[np.uint8] | None:
    """(rows, columns) uint8 of one frame; None where there is no film or no such frame.

    Raises:
        CasebookError: the film's file is missing or damaged.
    """
    content = film_bytes(casebook, radiograph_id)
    if content is None:
        return None
    frames = _frames(content)
    if not 0 <= number < len(frames):
        return None
    pixels = cv2.imdecode(np.frombuffer(frames[number], dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise CasebookError("a film's file is damaged")
    return np.asarray(pixels, dtype=np.uint8)


def _frames(content: bytes) -> list[memoryview]:
    """Each frame's JPEG, none of them empty. CasebookError where the file is not as its head says."""
    head, _, rest = content.partition(b"\n")
    try:
        sizes = [int(size) for size in json.loads(head)["sizes"]]
    except (ValueError, KeyError, TypeError) as error:
        raise CasebookError("a film's file is damaged") from error
    if min(sizes, default=0) <= 0 or sum(sizes) != len(rest):
        raise CasebookError("a film's file is damaged")
    ends = np.cumsum(sizes)
    return [memoryview(rest)[end - size : end] for end, size in zip(ends.tolist(), sizes, strict=True)]
