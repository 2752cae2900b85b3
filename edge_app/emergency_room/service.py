"""The emergency room's one process: the link in a thread under a watchdog, the console in front."""

import logging
import math
import threading
import time
from collections.abc import Callable

from edge_app.config import RoomSettings
from edge_app.database import Database, DatabaseError, StorageError
from edge_app.emergency_room.console import create_app
from edge_app.emergency_room.inbox import Inbox, open_desk
from edge_app.emergency_room.positions import forget_positions
from edge_app.errors import ServiceError
from edge_app.link.session import Session
from edge_app.link.state import LinkWord, write_link_state
from edge_app.link.threads import LinkThread
from edge_app.screens import ChangeFeed
from edge_app.screens.serving import ScreenServer

log = logging.getLogger(__name__)

# Of the console's threads; the rest are for answers.
CONSOLE_SCREENS = 24
LOOK_EVERY_S = 0.5
FORGET_EVERY_S = 60.0
SILENT_LINK_S = 60.0
STOP_WITHIN_S = 5.0


def run(settings: RoomSettings, stopping: threading.Event, tell: Callable[[str], None] = lambda _word: None) -> None:
    """Serve until ``stopping`` is set. ``tell`` gets systemd's words: READY=1, WATCHDOG=1 while all is well, STOPPING=1.

    Raises:
        CasebookError: the desk cannot be opened. ServiceError: the console's port is taken, or the link or the console died; the
            supervisor starts the process anew, and until then the screens say that they have lost their server.
    """
    database = open_desk(settings.var)
    feed = ChangeFeed(database, max_streams=CONSOLE_SCREENS)
    try:
        server = ScreenServer(create_app(database, settings, feed), settings.console, feed, f"the console of {settings.hpid}")
        link_stopping = threading.Event()
        me = f"room/{settings.hpid}"
        link = LinkThread("link", Session(database, settings.broker, me, Inbox(database, me)).run, database, link_stopping)
        closing = threading.Event()

        def serve() -> None:
            while not closing.is_set():
                server.turn()

        console = threading.Thread(target=serve, name="console", daemon=True)
        link.start()
        console.start()
        tell("READY=1")
        try:
            _watch(link, console, stopping, tell, lambda: _forget(database))
        except ServiceError:
            _note_disconnected(database)
            raise
        finally:
            tell("STOPPING=1")
            link_stopping.set()
            closing.set()
            console.join(STOP_WITHIN_S)
            server.close()
            link.join(STOP_WITHIN_S)
    finally:
        feed.close()
        database.close()


def _watch(
    link: LinkThread, console: threading.Thread, stopping: threading.Event, tell: Callable[[str], None], tidy: Callable[[], None]
) -> None:
    """Return when asked to stop; ``tidy`` now and then. ServiceError as soon as a thread has died or the link no longer comes round."""
    tidied_at = -math.inf
    while not stopping.wait(LOOK_EVERY_S):
        if time.monotonic() - tidied_at >= FORGET_EVERY_S:
            tidy()
            tidied_at = time.monotonic()
        if not link.is_alive():
            raise ServiceError("the link's thread has died")
        if link.silent_s > SILENT_LINK_S:
            raise ServiceError(f"the link has not come round for {SILENT_LINK_S:.0f} s")
        if not console.is_alive():
            raise ServiceError("the console's thread has died")
        tell("WATCHDOG=1")


def _forget(database: Database) -> None:
    try:
        forget_positions(database)
    except StorageError:
        log.exception("where units were could not be deleted; it is tried again")


def _note_disconnected(database: Database) -> None:
    try:
        write_link_state(database, connected=False, word=LinkWord.STOPPED, protocol="")
    except DatabaseError:
        log.exception("the link's state could not be stored")
