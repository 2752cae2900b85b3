"""The reading service: takes the oldest unread radiograph, reads it, writes the reading, leaves a rendition for the screens."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.casebook import Casebook
from edge_app.casebook.attempts import STARTS_BEFORE_SET_ASIDE, Attempt, begin, set_aside
from edge_app.casebook.films import LONGEST_SIDE as FILM_SIDE
from edge_app.casebook.films import Strip, add_film, strip_of
from edge_app.casebook.originals import Wanted, add_original, next_wanted
from edge_app.casebook.radiographs import StoredRadiograph, next_unread
from edge_app.casebook.readings import add_reading, reading_of
from edge_app.casebook.renditions import LONGEST_SIDE, add_rendition, next_to_render
from edge_app.config import Settings
from edge_app.errors import CasebookError, Refusal, UnreadablePictureError
from edge_app.radiograph.edits import UNEDITED, Edits
from edge_app.radiograph.original import original_of
from edge_app.radiograph.picture import Picture
from edge_app.radiograph.reader import read_picture
from edge_app.radiograph.video import open_video
from edge_app.reading.engine import Engine
from edge_app.reading.finding import NotAssessed, Protocol, Reading, Timing
from edge_app.reading.models import models_folder
from edge_app.reading.protocols.tuberculosis import site_thresholds
from edge_app.reading.reader import Reader
from edge_app.triage import rules_in_force
from edge_app.working import work_off

log = logging.getLogger(__name__)

STORE_AGAIN_S = 30.0


def _set_aside(protocol: Protocol) -> Reading:
    """The reading of a picture that took this service down each time it was begun."""
    detail = f"reading it ended the reading service {STARTS_BEFORE_SET_ASIDE} times"
    return Reading(
        protocol=protocol,
        refusal=NotAssessed(Refusal.MALFORMED, detail),
        gate=None,
        findings=(),
        urgency=None,
        top3=(),
        timing=Timing(),
        models={},
        engine="none",
    )


def _played(path: Path, still: int) -> tuple[Strip, Picture]:
    """The frames of a video, small, and the one of them that stands for all, as large as it came.

    Raises:
        UnreadablePictureError: it cannot be decoded any more, or not as far as it was read.
    """
    kept: Picture | None = None

    def frames() -> Iterator[NDArray[np.uint8]]:
        nonlocal kept
        with open_video(path, longest_side=LONGEST_SIDE) as stream:
            for frame in stream:
                if frame.number == still:
                    kept = stream.still(frame)
                factor = min(1.0, FILM_SIDE / max(frame.pixels.shape))
                small = cv2.resize(frame.pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA) if factor < 1 else frame.pixels
                yield np.asarray(small, dtype=np.uint8)

    strip = strip_of(frames())
    if kept is None:
        raise UnreadablePictureError(Refusal.TRUNCATED, f"frame {still} cannot be decoded any more")
    return strip, kept


def _picture_of(path: Path, edits: Edits) -> tuple[Strip | None, Picture]:
    """What shows a file that was not followed as a video: the picture it is, or all of a video that holds none.

    Raises:
        UnreadablePictureError: as ``read_picture`` and ``_played``.
    """
    try:
        return None, read_picture(path, longest_side=LONGEST_SIDE, edits=edits)
    except UnreadablePictureError as error:
        # Why it was refused can be seen on it.
        if error.reason is not Refusal.MULTI_FRAME or edits != UNEDITED:
            raise
        return _played(path, 0)


class ReadingRoom:
    """Works off what is unread in the casebook."""

    def __init__(self, casebook: Casebook, reader: Reader, protocol: Protocol | None) -> None:
        self._casebook = casebook
        self._reader = reader
        self._protocol = protocol
        self._begun: tuple[Attempt, str, int] | None = None
        self._stored_from_s = 0.0

    def step(self) -> bool:
        """Do the most urgent thing that waits: a picture for the screens, a reading, an original for a hospital. Whether there was one."""
        to_render, radiograph = next_to_render(self._casebook.database), next_unread(self._casebook.database)
        if to_render is not None and time.monotonic() >= self._stored_from_s:
            self._render(to_render)
            return True
        if radiograph is not None:
            self._read(radiograph)
            return True
        wanted = next_wanted(self._casebook.database) if time.monotonic() >= self._stored_from_s else None
        if wanted is None:
            return False
        self._make_ready(wanted)
        return True

    def _begin(self, of: Attempt, radiograph_id: str) -> int:
        """How often processes have begun it. Begun again by this same one it took none down: the disk was full, which is not its fault."""
        if self._begun is None or self._begun[:2] != (of, radiograph_id):
            self._begun = (of, radiograph_id, begin(self._casebook.database, of, radiograph_id))
        return self._begun[2]

    def _render(self, radiograph: StoredRadiograph) -> None:
        """Leave a picture for the screens; of one that cannot be decoded the reading says so."""
        self._begin(Attempt.RENDITION, radiograph.id)
        try:
            path, stored = self._casebook.pictures.path_of(radiograph.sha256), reading_of(self._casebook.database, radiograph.id)
            film = None if stored is None else stored.reading.film
            strip, picture = _picture_of(path, radiograph.edits) if film is None else _played(path, film.still)
            if strip is not None:
                add_film(self._casebook, radiograph.id, strip)
            add_rendition(self._casebook, radiograph.id, picture)
        except (UnreadablePictureError, CasebookError) as error:
            if not isinstance(error, UnreadablePictureError):
                log.error("no rendition: %s", error)
            set_aside(self._casebook.database, Attempt.RENDITION, radiograph.id)
        except OSError as error:
            self._wait_for_room("a rendition", error)

    def _make_ready(self, wanted: Wanted) -> None:
        """Make an original ready; where that is not possible the hospital keeps the preview."""
        self._begin(Attempt.ORIGINAL, wanted.radiograph_id)
        try:
            add_original(self._casebook, wanted.radiograph_id, original_of(self._casebook.pictures.path_of(wanted.sha256)))
        except UnreadablePictureError as error:
            log.error("no original: %s", error)
            set_aside(self._casebook.database, Attempt.ORIGINAL, wanted.radiograph_id)
        except OSError as error:
            self._wait_for_room("an original", error)

    def _wait_for_room(self, what: str, error: OSError) -> None:
        log.error("%s cannot be stored: %s", what, type(error).__name__)
        self._stored_from_s = time.monotonic() + STORE_AGAIN_S

    def _read(self, radiograph: StoredRadiograph) -> None:
        protocol = Protocol(radiograph.protocol) if radiograph.protocol else self._protocol
        if self._begin(Attempt.READING, radiograph.id) > STARTS_BEFORE_SET_ASIDE:
            with self._casebook.database.writing():
                add_reading(self._casebook.database, radiograph.id, _set_aside(protocol or Protocol.CHEST))
                set_aside(self._casebook.database, Attempt.RENDITION, radiograph.id)
            return
        path = self._casebook.pictures.path_of(radiograph.sha256)
        reading = self._reader.read(path, protocol, self._casebook.maps / radiograph.id, edits=radiograph.edits)
        add_reading(self._casebook.database, radiograph.id, reading)


def serve(casebook: Casebook, settings: Settings, stopping: threading.Event, beat: Callable[[], None]) -> None:
    """Read until told to stop."""
    rules = rules_in_force(settings.triage.rules)
    if rules.fault is not None:
        log.error("the site's rules are not in force: %s", rules.fault)
    protocol = None if settings.reading.protocol == "auto" else Protocol(settings.reading.protocol)
    with Engine(models_folder(), settings.var / "model-cache", threads=settings.reading.threads) as engine:
        reader = Reader(engine, rules.table, site_thresholds(settings.tuberculosis.threshold))
        reader.warm()
        work_off(ReadingRoom(casebook, reader, protocol).step, casebook.database, stopping, beat)
