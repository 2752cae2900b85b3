"""The reading service: takes the oldest unread radiograph, reads it, writes the reading, leaves a rendition for the screens."""

import logging
import threading
import time
from collections.abc import Callable

from edge_app.casebook import Casebook
from edge_app.casebook.originals import Wanted, add_original, begin_original, next_wanted, set_aside_original
from edge_app.casebook.radiographs import StoredRadiograph, next_unread
from edge_app.casebook.readings import add_reading, begin_attempt
from edge_app.casebook.renditions import LONGEST_SIDE, add_rendition
from edge_app.config import Settings
from edge_app.database import StorageError
from edge_app.errors import CasebookError, Refusal, UnreadablePictureError
from edge_app.radiograph.original import original_of
from edge_app.radiograph.reader import read_picture
from edge_app.reading.engine import Engine
from edge_app.reading.finding import NotAssessed, Protocol, Reading, Timing
from edge_app.reading.models import models_folder
from edge_app.reading.reader import Reader
from edge_app.triage import rules_in_force
from edge_app.working import work_off

log = logging.getLogger(__name__)

STARTS_BEFORE_SET_ASIDE = 3
ORIGINALS_AGAIN_S = 30.0


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


class ReadingRoom:
    """Works off what is unread in the casebook."""

    def __init__(self, casebook: Casebook, reader: Reader, protocol: Protocol | None) -> None:
        self._casebook = casebook
        self._reader = reader
        self._protocol = protocol
        self._begun: str | None = None
        self._originals_from_s = 0.0

    def step(self) -> bool:
        """Read one radiograph, or where none waits make one original ready for its hospital; whether there was one."""
        radiograph = next_unread(self._casebook.database)
        if radiograph is not None:
            self._read(radiograph)
            return True
        wanted = next_wanted(self._casebook.database) if time.monotonic() >= self._originals_from_s else None
        if wanted is None:
            return False
        self._make_ready(wanted)
        return True

    def _make_ready(self, wanted: Wanted) -> None:
        """Make an original ready; where that is not possible the hospital keeps the preview."""
        database = self._casebook.database
        if self._begun != wanted.radiograph_id:
            begin_original(database, wanted.radiograph_id)
            self._begun = wanted.radiograph_id
        try:
            add_original(self._casebook, wanted.radiograph_id, original_of(self._casebook.pictures.path_of(wanted.sha256)))
        except UnreadablePictureError as error:
            log.error("no original: %s", error)
            set_aside_original(database, wanted.radiograph_id)
        except OSError as error:
            log.error("an original cannot be stored: %s", type(error).__name__)
            self._originals_from_s = time.monotonic() + ORIGINALS_AGAIN_S

    def _read(self, radiograph: StoredRadiograph) -> None:
        protocol = Protocol(radiograph.protocol) if radiograph.protocol else self._protocol
        # Begun again by this same process, it took no process down: the disk was full, which is not the picture's fault.
        if self._begun != radiograph.id and begin_attempt(self._casebook.database, radiograph.id) > STARTS_BEFORE_SET_ASIDE:
            add_reading(self._casebook.database, radiograph.id, _set_aside(protocol or Protocol.CHEST))
            return
        self._begun = radiograph.id
        path = self._casebook.pictures.path_of(radiograph.sha256)
        reading = self._reader.read(path, protocol, self._casebook.maps / radiograph.id)
        add_reading(self._casebook.database, radiograph.id, reading)
        try:
            add_rendition(self._casebook, radiograph.id, read_picture(path, longest_side=LONGEST_SIDE))
        except UnreadablePictureError:
            # The reading already says so.
            return
        except (OSError, StorageError, CasebookError) as error:
            log.error("no rendition: %s", type(error).__name__)


def serve(casebook: Casebook, settings: Settings, stopping: threading.Event, beat: Callable[[], None]) -> None:
    """Read until told to stop."""
    rules = rules_in_force(settings.triage.rules)
    if rules.fault is not None:
        log.error("the site's rules are not in force: %s", rules.fault)
    protocol = None if settings.reading.protocol == "auto" else Protocol(settings.reading.protocol)
    with Engine(models_folder(), settings.var / "model-cache", threads=settings.reading.threads) as engine:
        reader = Reader(engine, rules.table)
        reader.warm()
        work_off(ReadingRoom(casebook, reader, protocol).step, casebook.database, stopping, beat)
