"""The durable outbox and inbox. A message leaves the outbox only on its recipient's application receipt."""

import json
from dataclasses import dataclass
from enum import Enum, IntEnum

from edge_app.clock import now
from edge_app.database import Database, Row
from edge_app.errors import MessageError
from edge_app.link.messages import Body, Kind, Message, decode, encode, new_message


class Priority(IntEnum):
    """Lower goes first. Answers and stand-downs overtake everything; a picture never holds up a decision.

    A position goes with the words, after all of them, and only while none of them is under way (``sending.Sender``).
    """

    ANSWER = 0
    DECISION = 1
    REGION = 2
    PREVIEW = 3
    ORIGINAL = 4
    POSITION = 5


class Lane(Enum):
    """Words and pictures go on two connections, so that no word ever waits behind the bytes of a picture."""

    WORDS = (Priority.ANSWER, Priority.DECISION, Priority.POSITION)
    PICTURES = (Priority.REGION, Priority.PREVIEW, Priority.ORIGINAL)


PRIORITIES = {
    Kind.DECISION: Priority.DECISION,
    Kind.REGION: Priority.REGION,
    Kind.PREVIEW: Priority.PREVIEW,
    Kind.ORIGINAL: Priority.ORIGINAL,
    Kind.PART: Priority.ORIGINAL,
    Kind.HAVE: Priority.ANSWER,
    Kind.GRANTED: Priority.ANSWER,
    Kind.STAND_DOWN: Priority.ANSWER,
    Kind.REMINDER: Priority.ANSWER,
    Kind.OPENED: Priority.ANSWER,
    Kind.ANSWER: Priority.ANSWER,
    # What is said beside it waits behind every answer, and no patient waits behind it.
    Kind.STATUS: Priority.DECISION,
    Kind.REMARK: Priority.DECISION,
    Kind.SEEN: Priority.DECISION,
    Kind.DIAGNOSIS: Priority.DECISION,
    Kind.POSITION: Priority.POSITION,
}
_EMPTIED = frozenset({*Lane.PICTURES.value, Priority.POSITION})


@dataclass(frozen=True)
class Waiting:
    """A message that has no receipt yet."""

    id: str
    kind: Kind
    recipient: str
    offer_id: str
    body: bytes
    attempts: int


def _waiting(row: Row) -> Waiting:
    return Waiting(row["id"], Kind(row["kind"]), row["recipient"], row["offer_id"], row["body"], row["attempts"])


def put(database: Database, sender: str, recipient: str, offer_id: str, body: Body) -> Message:
    """Queue a message inside the caller's transaction."""
    stamp = now()
    message = new_message(sender, recipient, stamp.unix_ms, body)
    with database.writing() as tables:
        tables.table("outbox").insert(
            {
                "id": message.id,
                "kind": str(message.kind),
                "recipient": recipient,
                "offer_id": offer_id,
                "priority": int(PRIORITIES[message.kind]),
                "body": encode(message),
                "queued_ms": stamp.unix_ms,
            }
        )
    return message


def waiting(database: Database, limit: int = 64) -> list[Waiting]:
    """Messages without a receipt, the most urgent first, then in the order they were queued."""
    rows = database.rows(
        """SELECT * FROM outbox WHERE received_ms IS NULL AND quarantined IS NULL
           ORDER BY priority, rowid LIMIT :limit""",
        {"limit": limit},
    )
    return [_waiting(row) for row in rows]


def waiting_ids(database: Database, lane: Lane) -> list[str]:
    """The identifiers of a lane's messages without a receipt, the most urgent first; bodies may be large and are read one by one."""
    rows = database.rows(
        """SELECT id FROM outbox WHERE received_ms IS NULL AND quarantined IS NULL
           AND priority IN (SELECT value FROM json_each(:lane)) ORDER BY priority, rowid""",
        {"lane": json.dumps([int(priority) for priority in lane.value])},
    )
    return [row["id"] for row in rows]


def get_waiting(database: Database, message_id: str) -> Waiting | None:
    """That message, or None where it waits no more."""
    row = database.row("SELECT * FROM outbox WHERE id = :id AND received_ms IS NULL AND quarantined IS NULL", {"id": message_id})
    return None if row is None else _waiting(row)


def count_waiting(database: Database, kind: Kind) -> int:
    """How many messages of a kind have no receipt."""
    sql = "SELECT count(*) AS n FROM outbox WHERE kind = :kind AND received_ms IS NULL AND quarantined IS NULL"
    row = database.row(sql, {"kind": str(kind)})
    return 0 if row is None else int(row["n"])


def note_attempt(database: Database, message_id: str) -> bool:
    """The message is handed to the broker's connection once more; False where it has been taken back meanwhile."""
    with database.writing() as tables:
        changed = tables.conn.execute("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?", (message_id,)).rowcount
    return bool(changed)


def note_at_broker(database: Database, message_id: str) -> Waiting | None:
    """The broker has taken the message. Returns it, or None where it is not in the outbox."""
    with database.writing() as tables:
        tables.conn.execute("UPDATE outbox SET at_broker_ms = coalesce(at_broker_ms, ?) WHERE id = ?", (now().unix_ms, message_id))
        row = database.row("SELECT * FROM outbox WHERE id = :id", {"id": message_id})
    return None if row is None else _waiting(row)


def note_received(database: Database, message_id: str, by: str) -> Waiting | None:
    """The recipient has the message durably. Returns it; None where it is unknown, already receipted, or not that recipient's."""
    with database.writing() as tables:
        row = database.row("SELECT * FROM outbox WHERE id = :id AND recipient = :by AND received_ms IS NULL", {"id": message_id, "by": by})
        if row is None:
            return None
        # It came through the broker, whether or not the broker's own word has been heard.
        at_ms = now().unix_ms
        tables.conn.execute(
            "UPDATE outbox SET received_ms = ?, at_broker_ms = coalesce(at_broker_ms, ?) WHERE id = ?", (at_ms, at_ms, message_id)
        )
        if row["priority"] in _EMPTIED:
            # The picture itself is on the disk; its copies would fill it. Where the unit was concerns nobody any more.
            tables.conn.execute("UPDATE outbox SET body = x'' WHERE id = ?", (message_id,))
    return _waiting(row)


def quarantine(database: Database, message_id: str, word: str) -> None:
    """Set a message aside that can never be sent, with a word for the screen."""
    with database.writing() as tables:
        tables.table("outbox").update(message_id, {"quarantined": word})


def is_known(database: Database, message_id: str) -> bool:
    """Whether the inbox has this message already."""
    return database.row("SELECT 1 AS x FROM inbox WHERE id = :id", {"id": message_id}) is not None


def keep(database: Database, message: Message, content: bytes, *, offer_id: str, handled: bool) -> bool:
    """Enter a message into the inbox inside the caller's transaction; False where it is there already."""
    with database.writing() as tables:
        if is_known(database, message.id):
            return False
        stamp = now()
        tables.table("inbox").insert(
            {
                "id": message.id,
                "kind": str(message.kind),
                "sender": message.sender,
                "offer_id": offer_id,
                "body": content,
                "received_ms": stamp.unix_ms,
                "handled_ms": stamp.unix_ms if handled else None,
            }
        )
    return True


@dataclass(frozen=True)
class Unhandled:
    """A message in the inbox whose effect has not been applied. ``message`` is None where this version cannot read it any more."""

    id: str
    kind: str
    message: Message | None
    received_ms: int


def next_unhandled(database: Database) -> Unhandled | None:
    """The first message in the inbox whose effect has not been applied."""
    row = database.row("SELECT * FROM inbox WHERE handled_ms IS NULL ORDER BY rowid LIMIT 1")
    if row is None:
        return None
    try:
        message = decode(row["body"])
    except MessageError:
        message = None
    return Unhandled(row["id"], row["kind"], message, row["received_ms"])


def mark_handled(database: Database, message_id: str) -> None:
    """The message's effect is applied; called in the same transaction as the effect."""
    with database.writing() as tables:
        tables.table("inbox").update(message_id, {"handled_ms": now().unix_ms})
