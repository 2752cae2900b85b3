"""The loop of a service that takes the next row that is its own, does one thing and writes the outcome."""

import logging
import threading
from collections.abc import Callable

from edge_app.database import Database, StorageError

log = logging.getLogger(__name__)

IDLE_S = 1.0


def work_off(step: Callable[[], bool], database: Database, stopping: threading.Event, beat: Callable[[], None]) -> None:
    """Call ``step`` until told to stop: at once while there is something to do, else after a change, at the latest after a second.

    Where the disk under the database is full or fails, nothing is half done, and the same is tried again. A process that ended
    for it would find the same disk, and would come back only when its supervisor lets it.
    """
    seen, failing = -1, False
    while not stopping.is_set():
        try:
            while not stopping.is_set() and step():
                failing = False
                beat()
            beat()
            seen = database.wait_for_change(seen, IDLE_S, stopping.is_set)
        except StorageError:
            if not failing:
                log.exception("the store fails; what was begun is tried again until it does not")
            failing = True
            beat()
            stopping.wait(IDLE_S)
