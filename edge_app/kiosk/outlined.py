"""What was outlined on the frames of a film, from the file that the reading service left beside it."""

import json
import logging
from functools import lru_cache
from pathlib import Path

from edge_app.kiosk.tiles.drawing import own_file
from edge_app.reading.finding import Film, Outline, Point
from edge_app.reading.swallow import STRUCTURES

log = logging.getLogger(__name__)

_FILE = "outlines"
_KEPT = 4


def outlines_file(film: Film, folder: Path) -> Path | None:
    """Where it lies; None where it was not kept, or not in the ``folder`` of maps, from which alone anything is served."""
    return None if film.outlines is None else own_file({_FILE: film.outlines}, _FILE, folder)


def outlined(film: Film, number: int, folder: Path, *, validated: bool) -> tuple[Outline, ...]:
    """What was outlined on one frame, in original pixels; empty where nothing was, or nothing can be read."""
    file = outlines_file(film, folder)
    if file is None:
        return ()
    try:
        frames = _frames(file, file.stat().st_mtime_ns)
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        log.error("the outlines of a film cannot be read: %s", type(error).__name__)
        return ()
    if not 0 <= number < len(frames):
        return ()
    return tuple(Outline(name, polygons, 0.0, None, validated) for name, polygons in frames[number])


_Frame = tuple[tuple[str, tuple[tuple[Point, ...], ...]], ...]


@lru_cache(maxsize=_KEPT)
def _frames(file: Path, _changed_ns: int) -> tuple[_Frame, ...]:
    """Every frame's outlines by name, in the order in which they are drawn."""
    found = []
    for frame in json.loads(file.read_bytes())["frames"]:
        named = {name: tuple(tuple((float(x), float(y)) for x, y in polygon) for polygon in polygons) for name, polygons in frame.items()}
        found.append(tuple((name, named[name]) for name in STRUCTURES if named.get(name)))
    return tuple(found)
