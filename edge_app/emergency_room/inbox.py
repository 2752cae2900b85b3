"""What arrives at an emergency room: stored and applied in one transaction, before its receipt is sent."""

import logging
from pathlib import Path

from edge_app.clock import now
from edge_app.database import Database
from edge_app.emergency_room.capabilities import tell_newcomer
from edge_app.emergency_room.migrations import MIGRATIONS
from edge_app.emergency_room.originals import Originals
from edge_app.emergency_room.pictures import take_preview, take_region
from edge_app.emergency_room.positions import take_position
from edge_app.emergency_room.requests import take_decision, take_reminder, take_word, unit_of
from edge_app.errors import IllegalTransitionError
from edge_app.link.decision import DecisionBody
from edge_app.link.messages import GrantedBody, Message, OriginalBody, PartBody, PreviewBody, RegionBody, ReminderBody, StandDownBody
from edge_app.link.outbox import Waiting, keep
from edge_app.link.position import PositionBody
from edge_app.link.remarking import take_remark, take_seen
from edge_app.link.remarks import OF_CREW, RemarkBody, SeenBody

log = logging.getLogger(__name__)

MOST_REFUSALS = 1000
"""Somebody who sends nonsense for days must not fill the disk."""


def open_desk(folder: Path) -> Database:
    """The emergency room's own database. CasebookError where it cannot be opened."""
    return Database(folder / "emergency_room.sqlite3", MIGRATIONS)


class Inbox:
    """The emergency room's end of the link."""

    def __init__(self, database: Database, me: str) -> None:
        self._database = database
        self._me = me
        self._originals = Originals(database, me)

    def keep(self, message: Message, content: bytes) -> bool:
        """Store a message and its effect together, once. It is always for us: whatever it says, it need not come again."""
        body = message.body
        with self._database.writing():
            offer_id = getattr(body, "offer_id", "")
            # What a picture holds lies where it is shown from; a second copy would fill the disk. Where a unit was is not kept for good.
            without = isinstance(body, RegionBody | PreviewBody | PartBody | PositionBody)
            if keep(self._database, message, b"" if without else content, offer_id=offer_id, handled=True):
                self._take(message, content, offer_id)
        return True

    def _take(self, message: Message, content: bytes, offer_id: str) -> None:
        body = message.body
        if unit_of(self._database, offer_id) not in (None, message.sender):
            self.refused(f"{message.kind}: of a unit that did not ask")
            return
        try:
            if isinstance(body, DecisionBody):
                take_decision(self._database, message, body, content)
                tell_newcomer(self._database, self._me, message.sender)
            elif isinstance(body, RegionBody):
                take_region(self._database, body)
            elif isinstance(body, PreviewBody):
                take_preview(self._database, body)
            elif isinstance(body, OriginalBody):
                self._originals.take_manifest(message, body)
            elif isinstance(body, PartBody):
                self._originals.take_part(message, body)
            elif isinstance(body, GrantedBody | StandDownBody):
                take_word(self._database, message.sender, body)
            elif isinstance(body, ReminderBody):
                take_reminder(self._database, body)
            elif isinstance(body, PositionBody):
                take_position(self._database, message, body)
            elif isinstance(body, RemarkBody | SeenBody):
                self._take_remark(message, body)
            else:
                self.refused(f"{message.kind}: not for an emergency room")
        except KeyError:
            self.refused(f"{message.kind}: of an unknown request")
        except IllegalTransitionError as error:
            self.refused(str(error))

    def _take_remark(self, message: Message, body: RemarkBody | SeenBody) -> None:
        if unit_of(self._database, body.offer_id) is None:
            raise KeyError(body.offer_id)
        if isinstance(body, RemarkBody):
            word = take_remark(self._database, message, body, OF_CREW)
        else:
            word = None if take_seen(self._database, body) else "of an unknown remark"
        if word is not None:
            self.refused(f"{message.kind}: {word}")

    def at_broker(self, sent: Waiting) -> None:
        """Nothing is shown to the doctor for this."""

    def at_recipient(self, sent: Waiting) -> None:
        """The outbox itself holds this: an answer's ``received_ms``."""

    def refused(self, word: str) -> None:
        """Keep the word of a message that was refused, for the technician."""
        log.warning("refused: %s", word)
        with self._database.writing() as tables:
            tables.table("refusals").insert({"word": word, "at_ms": now().unix_ms})
            tables.conn.execute("DELETE FROM refusals WHERE id <= (SELECT max(id) FROM refusals) - ?", (MOST_REFUSALS,))
