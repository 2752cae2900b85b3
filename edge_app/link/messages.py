"""Every message on the link, closed and versioned, as CBOR (RFC 8949).

An envelope is the array ``[version, kind, id, sender, recipient, sent_ms, body]``. Ends are named ``unit/<id>`` and
``room/<hpid>``; the topic ``edge/1/<recipient>`` carries nothing about a patient.
"""

import re
import secrets
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import Annotated, Literal, Never, Self

import cbor2
from pydantic import BaseModel, Field, ValidationError, model_validator

from edge_app.errors import MessageError
from edge_app.link.decision import DecisionBody
from edge_app.link.fields import (
    Count,
    Fields,
    Id,
    Minutes,
    Note,
    Permille,
    Positive,
    Row,
    Sha256,
    Token,
    UnixMs,
    Who,
)
from edge_app.link.position import PositionBody
from edge_app.link.remarks import DiagnosisBody, RemarkBody, SeenBody
from edge_app.link.status import StatusBody
from edge_app.radiograph.original import OriginalMedia

VERSION = 1
MAX_BYTES = 512 * 1024
TOPIC_ROOT = f"edge/{VERSION}/"
# Envelope, body, findings, finding, box.
_DEEPEST = 5
_END = re.compile(r"unit/[a-z0-9][a-z0-9-]{0,31}|room/(A[0-9]{7}|SIM-[A-Z0-9-]{1,24})")
_ID = re.compile(r"[0-9a-f]{32}")

REGION_BYTES = 24_000
LEAST_PART_BYTES, PART_BYTES, MOST_PARTS = 64 * 1024, 256 * 1024, 4096


class Kind(StrEnum):
    """What a message is."""

    DECISION = "decision"
    REGION = "region"
    PREVIEW = "preview"
    ORIGINAL = "original"
    PART = "part"
    HAVE = "have"
    PRESENCE = "presence"
    GRANTED = "granted"
    STAND_DOWN = "stand_down"
    REMINDER = "reminder"
    OPENED = "opened"
    ANSWER = "answer"
    STATUS = "status"
    REMARK = "remark"
    SEEN = "seen"
    DIAGNOSIS = "diagnosis"
    POSITION = "position"
    RECEIPT = "receipt"


class _SmallPicture(Fields):
    """A small picture of an offer. ``media_type`` is the only one in use. ``edited``: the crew has edited it before it was read."""

    offer_id: Id
    revision: Positive
    media_type: Literal["image/webp"]
    columns: Annotated[int, Field(gt=0, le=4096)]
    rows: Annotated[int, Field(gt=0, le=4096)]
    edited: bool = False


class RegionBody(_SmallPicture):
    """Rung 2: the part of the picture that matters, small. ``box`` is where it lies: x, y, width, height in thousandths of the picture."""

    box: tuple[Permille, Permille, Permille, Permille]
    content: Annotated[bytes, Field(max_length=REGION_BYTES)]


class PreviewBody(_SmallPicture):
    """Rung 3: the whole picture, small."""

    content: Annotated[bytes, Field(max_length=400_000)]


class OriginalBody(Fields):
    """Rung 4, its manifest: a picture without loss, ``size`` bytes of this SHA-256, in parts of ``part_bytes`` (the last may be less).

    It is that of the picture that the hospital was shown with ``revision``; 0 where it is of another one of the case.
    """

    offer_id: Id
    sha256: Sha256
    revision: Count
    media_type: OriginalMedia
    size: Annotated[int, Field(gt=0, le=MOST_PARTS * PART_BYTES)]
    part_bytes: Annotated[int, Field(ge=LEAST_PART_BYTES, le=PART_BYTES)]

    @property
    def parts(self) -> int:
        """How many parts there are."""
        return -(-self.size // self.part_bytes)


class PartBody(Fields):
    """One part of an original, ``number`` from 0."""

    offer_id: Id
    sha256: Sha256
    number: Annotated[int, Field(ge=0, lt=MOST_PARTS)]
    content: Annotated[bytes, Field(min_length=1, max_length=PART_BYTES)]


class HaveBody(Fields):
    """The hospital has every part of an original before ``number``: the unit sends from there on. All of them: it is whole there."""

    offer_id: Id
    sha256: Sha256
    number: Annotated[int, Field(ge=0, le=MOST_PARTS)]


class PresenceBody(Fields):
    """Who is on the link under this end's name, told on that end's own topic: two boxes with one name hear each other."""

    instance: Annotated[str, Field(pattern=r"^[0-9a-f]{8}$")]


class GrantedBody(Fields):
    """The lease: this hospital has the case. ``code`` is read back on the telephone and at the door.

    ``asking`` as in ``DecisionBody``: the word is of that asking, which it may overtake on the link.
    ``by_phone``: the crew was told so on the telephone, by ``who``.
    """

    offer_id: Id
    token: Token
    asking: Positive = 1
    code: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    by_phone: bool = False
    who: Who | None = None


class StandDownReason(StrEnum):
    """Why a hospital stands down."""

    OTHER_ACCEPTED = "other_accepted"
    PHONE_DECLINED = "phone_declined"
    EXPIRED = "expired"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class StandDownBody(Fields):
    """This hospital is no longer asked. ``asking`` as in ``GrantedBody``.

    ``heard_token`` and ``heard_ms`` are of the last answer of this hospital that the unit had when it said so: a later one is still to be
    answered.
    """

    offer_id: Id
    token: Token
    asking: Positive = 1
    reason: StandDownReason
    heard_token: Token = 0
    heard_ms: UnixMs = 0


class ReminderBody(Fields):
    """The unit still waits for an answer. ``asking`` as in ``GrantedBody``."""

    offer_id: Id
    asking: Positive


class OpenedBody(Fields):
    """A person has opened the request."""

    offer_id: Id
    at_ms: UnixMs


class AnswerKind(StrEnum):
    """What a hospital says."""

    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"


class Condition(StrEnum):
    """What an acceptance holds under."""

    STABILISE_THEN_TRANSFER = "stabilise_then_transfer"
    NO_ICU_BED = "no_icu_bed"
    NO_WARD_BED = "no_ward_bed"
    CT_FIRST = "ct_first"
    ISOLATION_ENTRANCE = "isolation_entrance"
    CALL_BEFORE_ARRIVAL = "call_before_arrival"


class DeclineReason(StrEnum):
    """The console's reasons for declining."""

    NO_BED = "no_bed"
    NO_ICU_BED = "no_icu_bed"
    NO_ISOLATION = "no_isolation"
    NO_TEAM = "no_team"
    EQUIPMENT = "equipment"
    IN_THEATRE = "in_theatre"
    ASK_CONTROL_ROOM = "ask_control_room"


class AnswerBody(Fields):
    """A hospital's answer. ``token`` is the highest the hospital had seen when its doctor answered.

    An acceptance may hold under ``conditions``, and after a wait of about ``wait_min``; a decline may be for about ``for_min``.
    """

    offer_id: Id
    token: Token
    answer: AnswerKind
    reason: DeclineReason | None = None
    conditions: Annotated[tuple[Condition, ...], Field(max_length=len(Condition))] = ()
    wait_min: Minutes | None = None
    for_min: Minutes | None = None
    note: Note | None = None
    who: Who | None = None
    at_ms: UnixMs

    @model_validator(mode="after")
    def _each_to_its_answer(self) -> Self:
        """A condition of a no, or an end of a yes, would be a contradiction that somebody has to guess about."""
        if self.answer is not AnswerKind.ACCEPT and (self.conditions or self.wait_min is not None):
            raise ValueError("only an acceptance has conditions")
        if self.answer is not AnswerKind.DECLINE and self.for_min is not None:
            raise ValueError("only a decline ends")
        if len(set(self.conditions)) != len(self.conditions):
            raise ValueError("a condition is named once")
        return self


class ReceiptBody(Fields):
    """The application receipt: the message ``of`` is durable at its recipient."""

    of: Id


Body = (
    DecisionBody
    | RegionBody
    | PreviewBody
    | OriginalBody
    | PartBody
    | HaveBody
    | PresenceBody
    | GrantedBody
    | StandDownBody
    | ReminderBody
    | OpenedBody
    | AnswerBody
    | StatusBody
    | RemarkBody
    | SeenBody
    | DiagnosisBody
    | PositionBody
    | ReceiptBody
)

BODIES: dict[Kind, type[Body]] = {
    Kind.DECISION: DecisionBody,
    Kind.REGION: RegionBody,
    Kind.PREVIEW: PreviewBody,
    Kind.ORIGINAL: OriginalBody,
    Kind.PART: PartBody,
    Kind.HAVE: HaveBody,
    Kind.PRESENCE: PresenceBody,
    Kind.GRANTED: GrantedBody,
    Kind.STAND_DOWN: StandDownBody,
    Kind.REMINDER: ReminderBody,
    Kind.OPENED: OpenedBody,
    Kind.ANSWER: AnswerBody,
    Kind.STATUS: StatusBody,
    Kind.REMARK: RemarkBody,
    Kind.SEEN: SeenBody,
    Kind.DIAGNOSIS: DiagnosisBody,
    Kind.POSITION: PositionBody,
    Kind.RECEIPT: ReceiptBody,
}
_KINDS = {body: kind for kind, body in BODIES.items()}


@dataclass(frozen=True)
class Message:
    """One message with its envelope."""

    id: str
    sender: str
    recipient: str
    sent_ms: int
    body: Body

    @property
    def kind(self) -> Kind:
        """What the message is."""
        return _KINDS[type(self.body)]


def new_message(sender: str, recipient: str, sent_ms: int, body: Body) -> Message:
    """A message with a fresh identifier."""
    return Message(secrets.token_hex(16), sender, recipient, sent_ms, body)


def topic_of(end: str) -> str:
    """The topic an end listens on."""
    return TOPIC_ROOT + end


def encode(message: Message) -> bytes:
    """The message as CBOR."""
    envelope = [VERSION, str(message.kind), bytes.fromhex(message.id), message.sender, message.recipient, message.sent_ms]
    return cbor2.dumps([*envelope, _plain(message.body)])


def _plain(value: object) -> object:
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, BaseModel):
        # A required field travels even where it is null: a refusal that is missing must never read as an assessment. What is as it would
        # be without it stays here, so that an end that does not know the field yet is told all that it can understand.
        fields = type(value).model_fields
        told = {name: item for name, item in value if fields[name].is_required() or item != fields[name].default}
        if not isinstance(value, Row):
            return {name: _plain(item) for name, item in told.items()}
        last = max((place for place, name in enumerate(fields) if name in told), default=-1)
        return [_plain(getattr(value, name)) for name in list(fields)[: last + 1]]
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _refuse_tag(_value: object, _immutable: object) -> Never:
    raise ValueError("a tag")


class _NoTags(dict[int, cbor2.SemanticDecoderCallback]):
    """A reader for every tag of CBOR that refuses it: no message has one, and left alone cbor2 makes dates, patterns and mails of them."""

    def __missing__(self, _tag: int) -> cbor2.SemanticDecoderCallback:
        return _refuse_tag


_NO_TAGS = _NoTags()


def decode(content: bytes) -> Message:
    """Read a message.

    Raises:
        MessageError: not CBOR, bytes left over, another version, an unknown kind, a field out of its range, or too large; and CBOR that
            no message is written in: tags, indefinite lengths, a key twice, keys other than strings, nested deeper than any message.
    """
    if len(content) > MAX_BYTES:
        raise MessageError(f"{len(content)} bytes are more than the {MAX_BYTES} allowed")
    stream = BytesIO(content)
    try:
        envelope = cbor2.load(
            stream,
            semantic_decoders=_NO_TAGS,
            max_depth=_DEEPEST,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            strict_hashable_types=True,
        )
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise MessageError(f"not CBOR: {type(error).__name__}") from error
    if stream.read(1):
        raise MessageError("bytes after the message")
    if not isinstance(envelope, list) or len(envelope) != 7:
        raise MessageError("not an envelope of seven")
    version, kind, raw_id, sender, recipient, sent_ms, body = envelope
    if version != VERSION or type(version) is not int:
        raise MessageError("another version")
    if not isinstance(raw_id, bytes) or len(raw_id) != 16:
        raise MessageError("malformed identifier")
    for end in (sender, recipient):
        if not isinstance(end, str) or not _END.fullmatch(end):
            raise MessageError("malformed end")
    if not isinstance(sent_ms, int) or isinstance(sent_ms, bool) or not 0 <= sent_ms < 2**53:
        raise MessageError("malformed time")
    try:
        parsed = BODIES[Kind(kind)].model_validate(body)
    except (ValueError, ValidationError, TypeError) as error:
        # The values stay out of the message: they may be about a patient.
        raise MessageError(f"malformed body: {type(error).__name__}") from None
    return Message(raw_id.hex(), sender, recipient, sent_ms, parsed)


def is_id(text: str) -> bool:
    """Whether ``text`` is an identifier as the link makes them."""
    return bool(_ID.fullmatch(text))
