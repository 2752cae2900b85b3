"""Pictures go on a connection of their own, which gives way: no word waits for the bytes of a picture in a thin link's socket.

While a word is under way no picture is begun; one that is under way for longer than a moment is broken off, with all of it that is not
yet on the wire, and begun anew when the words are through. Its receipt comes to the words' session.
"""

import logging
import time
from collections.abc import Callable

from edge_app.config import Broker
from edge_app.database import Database, DatabaseError
from edge_app.link.connection import POLL_S, Connection, Dialect, HandshakeFailedError, connect, pause
from edge_app.link.outbox import Lane
from edge_app.link.presence import client_id_of, instance_of
from edge_app.link.sending import Pace, Sender
from edge_app.link.way import Way

log = logging.getLogger(__name__)

# One picture at a time, so that a more important one never has two before it. A copy goes out late: it may take minutes to send.
PACE = Pace(window=1, first_s=60.0, longest_s=1800.0)
UNACKNOWLEDGED_S = 30.0
UNUSED_S = 5.0
"""After which the connection is let go: one that nobody uses may be dead without a word."""
IDLE_S = 0.05
PAUSE_S = 1.0


class PictureLane:
    """Keeps the pictures moving while the link has room for them, until told to stop."""

    def __init__(self, database: Database, broker: Broker, me: str, way: Way) -> None:
        self._database = database
        self._broker = broker
        self._client_id = f"{client_id_of(me, instance_of(database))}-pictures"
        self._way = way
        self._dialect = Dialect(broker)
        self._sender = Sender(database, Lane.PICTURES, PACE)
        self._known_broker = way.broker

    def run(self, stopping: Callable[[], bool], beat: Callable[[], None] = lambda: None) -> None:
        """Serve until ``stopping()``; ``beat`` is called whenever the loop has come round."""
        seen = -1
        while not stopping():
            beat()
            version = self._database.version()
            if not self._is_same_broker():
                self._sender.begin(remembered=False)
                seen = -1
            if self._way.busy_s or not (version != seen or self._sender.is_due()):
                time.sleep(IDLE_S)
                continue
            seen = version
            if not self._sender.has_something():
                continue
            try:
                # A packet may take minutes on a thin link, so no ping is waited for: the system tells when nothing gets through any more.
                connection = connect(
                    self._broker,
                    self._dialect.version,
                    self._client_id,
                    keepalive_s=0,
                    stopping=lambda: stopping() or self._way.is_wanted,
                    unacknowledged_s=UNACKNOWLEDGED_S,
                )
            except (OSError, HandshakeFailedError) as error:
                log.info("no connection for pictures: %s", type(error).__name__)
                if isinstance(error, HandshakeFailedError) and not self._way.busy_s:
                    self._dialect.failed(error)
                pause(PAUSE_S, stopping, beat)
            else:
                self._dialect.worked()
                self._serve(connection, stopping, beat)
            # What was to be sent may still be, though nothing has changed since.
            seen = -1

    def _serve(self, connection: Connection, stopping: Callable[[], bool], beat: Callable[[], None]) -> None:
        """Use one connection until it ends, has to give way or has had nothing to do for a while."""
        self._sender.begin(remembered=self._is_same_broker())
        seen, needed_at = -1, time.monotonic()
        end = connection.close
        try:
            while not stopping():
                beat()
                if not connection.loop(POLL_S):
                    return
                before = self._sender.unacknowledged
                self._sender.acknowledged(connection)
                unacknowledged = self._sender.unacknowledged
                if unacknowledged and self._way.is_wanted:
                    end = connection.break_off
                    return
                version = self._database.version()
                if not self._way.busy_s and (version != seen or unacknowledged < before or self._sender.is_due()):
                    seen = version
                    self._sender.send(connection)
                if self._sender.unacknowledged:
                    needed_at = time.monotonic()
                elif time.monotonic() - needed_at > UNUSED_S:
                    return
        except (DatabaseError, OSError):
            log.exception("the store failed while pictures were sent")
        finally:
            end()
            # What the broker had not taken is to be sent anew, and is what the next look finds.
            self._sender.begin(remembered=True)

    def _is_same_broker(self) -> bool:
        same = self._known_broker == self._way.broker
        self._known_broker = self._way.broker
        return same
