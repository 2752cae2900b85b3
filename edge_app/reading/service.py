"""The reading service: takes the oldest unread radiograph, reads it, writes the reading, leaves a rendition for the screens."""

import logging
import threading
import time
from collections.abc import Callable

from edge_app.casebook import Casebook
from edge_app.casebook.originals import Wanted, add_original, begin_original, next_wanted, set_aside_original
from edge_app.casebook.radiographs import StoredRadiograph, next_unread
from edge_app.casebook.readings import add_reading, begin_attempt
from edge_app.casebook.renditions import LONGEST_SIDE, add_rendition, begin_rendition, next_to_render, set_aside_rendition
from edge_app.config import Settings
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


class ReadingRoom:
    """Works off what is unread in the casebook."""

    def __init__(self, casebook: Casebook, reader: Reader, protocol: Protocol | None) -> None:
        self._casebook = casebook
        self._reader = reader
        self._protocol = protocol
        self._begun: str | None = None
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

    def _begin(self, what: str, begin: Callable[[], object]) -> None:
        """Count that it is begun, once a process: begun again by this one it took no process down, the disk was full."""
        if self._begun != what:
            begin()
            self._begun = what

    def _render(self, radiograph: StoredRadiograph) -> None:
        """Leave a picture for the screens; of one that cannot be decoded the reading says so."""
        database = self._casebook.database
        self._begin(f"rendition {radiograph.id}", lambda: begin_rendition(database, radiograph.id))
        try:
            picture = read_picture(self._casebook.pictures.path_of(radiograph.sha256), longest_side=LONGEST_SIDE)
            add_rendition(self._casebook, radiograph.id, picture)
        except (UnreadablePictureError, CasebookError) as error:
            if not isinstance(error, UnreadablePictureError):
                log.error("no rendition: %s", error)
            set_aside_rendition(database, radiograph.id)
        except OSError as error:
            self._wait_for_room("a rendition", error)

    def _make_ready(self, wanted: Wanted) -> None:
        """Make an original ready; where that is not possible the hospital keeps the preview."""
        database = self._casebook.database
        self._begin(f"original {wanted.radiograph_id}", lambda: begin_original(database, wanted.radiograph_id))
        try:
            add_original(self._casebook, wanted.radiograph_id, original_of(self._casebook.pictures.path_of(wanted.sha256)))
        except UnreadablePictureError as error:
            log.error("no original: %s", error)
            set_aside_original(database, wanted.radiograph_id)
        except OSError as error:
            self._wait_for_room("an original", error)

    def _wait_for_room(self, what: str, error: OSError) -> None:
        log.error("%s cannot be stored: %s", what, type(error).__name__)
        self._stored_from_s = time.monotonic() + STORE_AGAIN_S

    def _read(self, radiograph: StoredRadiograph) -> None:
        protocol = Protocol(radiograph.protocol) if radiograph.protocol else self._protocol
        # Begun again by this same process, it took no process down: the disk was full, which is not the picture's fault.
        if self._begun != radiograph.id and begin_attempt(self._casebook.database, radiograph.id) > STARTS_BEFORE_SET_ASIDE:
            with self._casebook.database.writing():
                add_reading(self._casebook.database, radiograph.id, _set_aside(protocol or Protocol.CHEST))
                set_aside_rendition(self._casebook.database, radiograph.id)
            return
        self._begun = radiograph.id
        path = self._casebook.pictures.path_of(radiograph.sha256)
        add_reading(self._casebook.database, radiograph.id, self._reader.read(path, protocol, self._casebook.maps / radiograph.id))


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
