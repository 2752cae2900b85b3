"""A connection of the link in a thread of its own, and how long ago it last came round."""

import logging
import threading
import time
from collections.abc import Callable

from edge_app.database import Database

log = logging.getLogger(__name__)

Serve = Callable[[Callable[[], bool], Callable[[], None]], None]
"""Serves until the first says so, and calls the second whenever it has come round."""


class LinkThread(threading.Thread):
    """It may end only when it is told to stop."""

    def __init__(self, name: str, serve: Serve, database: Database, stopping: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self._serve = serve
        self._database = database
        self._stopping = stopping
        self._beat_at = time.monotonic()

    @property
    def silent_s(self) -> float:
        """How long ago it last came round."""
        return time.monotonic() - self._beat_at

    def _beat(self) -> None:
        self._beat_at = time.monotonic()

    def run(self) -> None:
        """Serve, and let go of this thread's connection to the database."""
        try:
            self._serve(self._stopping.is_set, self._beat)
        except Exception:
            # The edge of a thread: recorded here; whoever watches over it sees that it is gone, or silent.
            log.exception("%s broke off", self.name)
        finally:
            self._database.close()
