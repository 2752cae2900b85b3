"""The box's end of the link: answers into the inbox, receipts onto the ladder."""

import threading
from collections.abc import Callable

from edge_app.casebook import Casebook
from edge_app.casebook.events import EventKind, record
from edge_app.casebook.offers import Rung, prove
from edge_app.clock import now
from edge_app.config import Settings
from edge_app.database import Database
from edge_app.link.messages import Kind, Message
from edge_app.link.outbox import Waiting, keep
from edge_app.link.session import Session


class Uplink:
    """What the box does with what the session brings. The dispatch service takes the inbox from there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, message: Message, content: bytes) -> None:
        """Store an answer or a word that a person opened an offer; once."""
        keep(self._database, message, content, offer_id=getattr(message.body, "offer_id", ""), handled=False)

    def at_broker(self, sent: Waiting) -> None:
        """A decision at the broker is the second rung; other messages are no rung."""
        if sent.kind is Kind.DECISION:
            prove(self._database, sent.offer_id, Rung.AT_BROKER, now())

    def at_recipient(self, sent: Waiting) -> None:
        """A decision durable at the hospital is the third rung."""
        if sent.kind is Kind.DECISION:
            prove(self._database, sent.offer_id, Rung.AT_HOSPITAL, now())

    def refused(self, word: str) -> None:
        """Count a message that was refused."""
        record(self._database, EventKind.MESSAGE_REFUSED, now(), None, None, {"word": word})


def serve(casebook: Casebook, settings: Settings, stopping: threading.Event, beat: Callable[[], None]) -> None:
    """Keep the box connected until told to stop."""
    Session(casebook.database, settings.broker, f"unit/{settings.unit.id}", Uplink(casebook.database)).run(stopping.is_set, beat)
