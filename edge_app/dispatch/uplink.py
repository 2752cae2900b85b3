"""The box's end of the link: answers into the inbox, receipts onto the ladder."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from edge_app.casebook import Casebook
from edge_app.casebook.events import EventKind, record
from edge_app.casebook.offers import Rung, is_offer, prove, was_asked
from edge_app.casebook.picture_receipts import note_picture_there
from edge_app.casebook.positions import note_position_there
from edge_app.clock import now
from edge_app.config import Settings
from edge_app.database import Database
from edge_app.link.messages import Kind, Message
from edge_app.link.outbox import Waiting, keep
from edge_app.link.picture_lane import PictureLane
from edge_app.link.second_connection import SecondConnection
from edge_app.link.session import Session
from edge_app.link.status import StatusBody
from edge_app.link.threads import LinkThread
from edge_app.link.way import Way

log = logging.getLogger(__name__)

MOST_REFUSED, REFUSED_WITHIN_S = 200, 3600.0
"""Refused messages on record within that time; the log has them all."""
SILENT_THREAD_S = 30.0
"""Longer than any handshake takes."""


class Uplink:
    """What the box does with what the session brings. The dispatch service takes the inbox from there."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._refused_at_s = deque[float](maxlen=MOST_REFUSED)

    def keep(self, message: Message, content: bytes) -> bool:
        """Store what a hospital says of an offer or of itself; once.

        Of an offer that this box has not made it says nothing, and gives no receipt: another box of this name may be meant, and with a
        receipt from here the answer would be lost to it.
        """
        offer_id = getattr(message.body, "offer_id", "")
        if isinstance(message.body, StatusBody):
            # What a hospital says of itself is heard of those that know this box because it has asked them.
            if not was_asked(self._database, message.sender.removeprefix("room/")):
                self.refused(f"{message.kind}: of a hospital that was never asked")
                return False
        elif not is_offer(self._database, offer_id):
            self.refused(f"{message.kind}: of an unknown offer")
            return False
        keep(self._database, message, content, offer_id=offer_id, handled=False)
        return True

    def at_broker(self, sent: Waiting) -> None:
        """A decision at the broker is the second rung; other messages are no rung."""
        if sent.kind is Kind.DECISION:
            prove(self._database, sent.offer_id, Rung.AT_BROKER, now())

    def at_recipient(self, sent: Waiting) -> None:
        """A decision durable at the hospital is the third rung; of pictures and positions it is proven what is there."""
        if sent.kind is Kind.DECISION:
            prove(self._database, sent.offer_id, Rung.AT_HOSPITAL, now())
        else:
            note_picture_there(self._database, sent, now())
            note_position_there(self._database, sent, now())

    def refused(self, word: str) -> None:
        """Put a message that was refused on record. Nonsense without end must not fill the disk, and the record is never shortened."""
        log.warning("refused: %s", word)
        now_s = time.monotonic()
        if len(self._refused_at_s) == MOST_REFUSED and now_s - self._refused_at_s[0] < REFUSED_WITHIN_S:
            return
        self._refused_at_s.append(now_s)
        record(self._database, EventKind.MESSAGE_REFUSED, now(), None, None, {"word": word})


def serve(casebook: Casebook, settings: Settings, stopping: threading.Event, beat: Callable[[], None]) -> None:
    """Keep the box connected until told to stop."""
    database, me, way = casebook.database, f"unit/{settings.unit.id}", Way()
    second = SecondConnection(database, settings.broker, me)
    beside = (
        LinkThread("pictures", PictureLane(database, settings.broker, me, way).run, database, stopping),
        LinkThread("second connection", second.run, database, stopping),
    )
    for thread in beside:
        thread.start()

    def beat_for_all() -> None:
        if max(thread.silent_s for thread in beside) < SILENT_THREAD_S:
            beat()

    Session(database, settings.broker, me, Uplink(database), way, second).run(stopping.is_set, beat_for_all)
    for thread in beside:
        thread.join()
