"""Requests at one emergency room: what was asked, where it stands, what was answered. Every change goes through one table."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import cast

from edge_app.casebook.cases import stamp_columns, stamp_of
from edge_app.clock import Stamp, now
from edge_app.database import Database, Row
from edge_app.errors import IllegalTransitionError
from edge_app.link.decision import DecisionBody
from edge_app.link.messages import (
    BODIES,
    AnswerBody,
    AnswerKind,
    Condition,
    DeclineReason,
    GrantedBody,
    Kind,
    Message,
    OpenedBody,
    ReminderBody,
    StandDownBody,
    StandDownReason,
    decode,
)
from edge_app.link.outbox import put


class RequestState(StrEnum):
    """Where a request stands, as far as this hospital knows."""

    RINGING = "ringing"
    ACCEPT_SENT = "accept_sent"
    GRANTED = "granted"
    DECLINED = "declined"
    STOOD_DOWN = "stood_down"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class RequestEvent(StrEnum):
    """What can happen to a request.

    GRANTED_AFTER_ALL is a lease after every no of this screen: somebody here accepted it on the telephone, or the last that was said here
    was a yes. PHONE_DECLINED and EXPIRED are a no on the telephone and an end of waiting, each with every answer of this screen before it.
    """

    ASKED_AGAIN = "asked_again"
    GRANTED = "granted"
    GRANTED_AFTER_ALL = "granted_after_all"
    STOOD_DOWN = "stood_down"
    PHONE_DECLINED = "phone_declined"
    EXPIRED = "expired"
    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"


_S, _E = RequestState, RequestEvent

# From the box (granted, stood down, asked again) every event has an outcome: its word is final, and newer tokens only get here.
# From the doctor an event that is not listed is refused with IllegalTransitionError, and the console says why.
TRANSITIONS: dict[tuple[RequestState, RequestEvent], RequestState] = {
    **{(state, _E.GRANTED): _S.GRANTED for state in _S},
    **{(state, _E.STOOD_DOWN): _S.STOOD_DOWN for state in _S},
    # Asked again under a newer token, all that was said before is void on both sides, a lease of an older token too.
    **{(state, _E.ASKED_AGAIN): _S.RINGING for state in _S},
    **{(state, _E.GRANTED_AFTER_ALL): _S.GRANTED for state in _S},
    **{(state, _E.PHONE_DECLINED): _S.DECLINED for state in _S},
    **{(state, _E.EXPIRED): state for state in _S},
    (_S.RINGING, _E.EXPIRED): _S.EXPIRED,
    # A lease that crossed our own no: the no is on its way and ends it.
    (_S.WITHDRAWN, _E.GRANTED): _S.WITHDRAWN,
    (_S.DECLINED, _E.GRANTED): _S.DECLINED,
    (_S.RINGING, _E.ACCEPT): _S.ACCEPT_SENT,
    (_S.RINGING, _E.DECLINE): _S.DECLINED,
    (_S.ACCEPT_SENT, _E.ACCEPT): _S.ACCEPT_SENT,
    (_S.ACCEPT_SENT, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.GRANTED, _E.ACCEPT): _S.GRANTED,
    (_S.GRANTED, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.DECLINED, _E.DECLINE): _S.DECLINED,
    (_S.DECLINED, _E.ACCEPT): _S.ACCEPT_SENT,
    (_S.WITHDRAWN, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.WITHDRAWN, _E.ACCEPT): _S.ACCEPT_SENT,
    # Nobody waits for it any more, yet a yes may still be the first.
    (_S.EXPIRED, _E.ACCEPT): _S.ACCEPT_SENT,
    (_S.EXPIRED, _E.DECLINE): _S.DECLINED,
}
_EVENT_OF_REASON = {StandDownReason.PHONE_DECLINED: _E.PHONE_DECLINED, StandDownReason.EXPIRED: _E.EXPIRED}
_EVENT_OF = {AnswerKind.ACCEPT: _E.ACCEPT, AnswerKind.DECLINE: _E.DECLINE, AnswerKind.WITHDRAW: _E.WITHDRAW}
REPEATS = {(_S.ACCEPT_SENT, _E.ACCEPT), (_S.GRANTED, _E.ACCEPT), (_S.DECLINED, _E.DECLINE), (_S.WITHDRAWN, _E.WITHDRAW)}


MOST_SHOWN = 400
"""Requests on the page: more than can ring at once, so that of the others none that matters is crowded out."""
MOST_REPORTED = 2000
"""Requests that are looked through for a report."""
MOST_EARLY_WORDS = 1000
"""Words of requests that never come must not fill the disk."""
_FIRST_ROUND = (
    "opened_ms",
    "opened_mono_ms",
    "answered_ms",
    "answered_mono_ms",
    "answer",
    "ended_ms",
    "code",
    "spoke",
    "down_reason",
    "reminded_ms",
)


@dataclass(frozen=True)
class Given:
    """What a doctor says: the answer, and what belongs to it."""

    kind: AnswerKind
    reason: DeclineReason | None = None
    conditions: tuple[Condition, ...] = ()
    wait_min: int | None = None
    for_min: int | None = None
    note: str | None = None
    who: str | None = None


def given_of(body: AnswerBody) -> Given:
    """What was said with that answer."""
    return Given(body.answer, body.reason, body.conditions, body.wait_min, body.for_min, body.note, body.who)


@dataclass(frozen=True)
class Request:
    """One request. ``answer`` is this hospital's own word; ``code`` the lease's read-back code, only where granted.

    ``by_phone``: the lease was accepted on the telephone, by ``spoke``. ``down_reason`` is why the unit asks no more, ``reminded_ms`` when
    it last said that it still waits.

    ``received`` is when it began to ring, anew where it is asked again; ``decided`` when the decision shown arrived, so what is
    counted from it (the time of arrival) is as old as that.
    """

    offer_id: str
    unit: str
    token: int
    decision: DecisionBody
    state: RequestState
    code: str | None
    received: Stamp
    decided: Stamp
    opened_ms: int | None
    answered_ms: int | None
    answered_mono_ms: int | None
    answer: AnswerBody | None
    has_preview: bool
    by_phone: bool = False
    spoke: str | None = None
    down_reason: StandDownReason | None = None
    reminded_ms: int | None = None
    opened_mono_ms: int | None = None

    @property
    def said_by_phone(self) -> bool:
        """Whether what stands was said on the telephone: a yes that is ours, or a no."""
        return self.by_phone or (self.state is RequestState.DECLINED and self.down_reason is StandDownReason.PHONE_DECLINED)


@lru_cache(maxsize=2 * MOST_SHOWN)
def _decision(content: bytes) -> DecisionBody:
    """The same bytes say the same, and taking them apart costs more than all else on a page with many requests."""
    return cast("DecisionBody", decode(content).body)


def _request(row: Row) -> Request:
    return Request(
        offer_id=row["offer_id"],
        unit=row["unit"],
        token=row["token"],
        decision=_decision(row["decision"]),
        state=RequestState(row["state"]),
        code=row["code"],
        received=stamp_of(row, "received"),
        decided=stamp_of(row, "decided"),
        opened_ms=row["opened_ms"],
        answered_ms=row["answered_ms"],
        answered_mono_ms=row["answered_mono_ms"],
        answer=None if row["answer"] is None else AnswerBody.model_validate_json(row["answer"]),
        has_preview=bool(row["has_preview"]),
        by_phone=bool(row["by_phone"]),
        spoke=row["spoke"],
        down_reason=None if row["down_reason"] is None else StandDownReason(row["down_reason"]),
        reminded_ms=row["reminded_ms"],
        opened_mono_ms=row["opened_mono_ms"],
    )


_SELECT = "SELECT r.*, EXISTS (SELECT 1 FROM previews p WHERE p.offer_id = r.offer_id) AS has_preview FROM requests r"


def get_request(database: Database, offer_id: str) -> Request:
    """The request of that offer. KeyError where there is none."""
    row = database.row(f"{_SELECT} WHERE offer_id = :id", {"id": offer_id})
    if row is None:
        raise KeyError(offer_id)
    return _request(row)


def unit_of(database: Database, offer_id: str) -> str | None:
    """The unit that asked with this offer, or None where nobody has."""
    row = database.row("SELECT unit FROM requests WHERE offer_id = :id", {"id": offer_id})
    return None if row is None else str(row["unit"])


def recent_requests(database: Database, limit: int = MOST_SHOWN) -> list[Request]:
    """Requests, ringing ones first, then the newest, in the order they came: a clock that was set back hides none."""
    return [_request(row) for row in shown_rows(database, _SELECT, limit)]


def shown_rows(database: Database, select: str, limit: int = MOST_SHOWN) -> list[Row]:
    """What ``select`` takes from the requests ``r``: of those that ring, then of the newest others. None of both looks through all."""
    ringing = database.rows(f"{select} WHERE r.state = 'ringing' ORDER BY r.rowid DESC LIMIT :limit", {"limit": limit})
    others = f"{select} WHERE r.state <> 'ringing' ORDER BY r.rowid DESC LIMIT :left"
    return [*ringing, *database.rows(others, {"left": limit - len(ringing)})]


def requests_within(database: Database, seconds: float, at: Stamp) -> list[Request]:
    """The requests that began to ring within that time before ``at``, in the order they came."""
    rows = database.rows(f"{_SELECT} ORDER BY r.rowid DESC LIMIT :most", {"most": MOST_REPORTED})
    return [request for row in reversed(rows) if at.seconds_since((request := _request(row)).received) <= seconds]


def _move(database: Database, request: Request, event: RequestEvent) -> RequestState:
    state = TRANSITIONS.get((request.state, event))
    if state is None:
        raise IllegalTransitionError(f"{event} of a request that is {request.state}")
    with database.writing() as tables:
        tables.table("requests").update(request.offer_id, {"state": str(state)})
    return state


def take_decision(database: Database, message: Message, body: DecisionBody, content: bytes) -> None:
    """A request arrives, or a newer revision of one. An older one changes nothing."""
    with database.writing() as tables:
        known = database.row(f"{_SELECT} WHERE offer_id = :id", {"id": body.offer_id})
        if known is None:
            # A request that rings at once: the answer is what the unit waits for.
            stamp = now()
            tables.table("requests").insert(
                {
                    "offer_id": body.offer_id,
                    "unit": message.sender,
                    "token": body.token,
                    "revision": body.revision,
                    "asking": body.asking,
                    "decision": content,
                    "state": str(RequestState.RINGING),
                    **stamp_columns(stamp, "received"),
                    **stamp_columns(stamp, "decided"),
                }
            )
            _take_early_words(database, message.sender, body.offer_id, body.asking)
            return
        request = _request(known)
        if body.revision <= known["revision"]:
            return
        tables.table("requests").update(
            body.offer_id,
            {
                "decision": content,
                "revision": body.revision,
                "asking": max(body.asking, known["asking"]),
                "token": max(body.token, request.token),
                **stamp_columns(now(), "decided"),
            },
        )
        if body.asking > known["asking"] and _move(database, request, RequestEvent.ASKED_AGAIN) is not request.state:
            # It rings anew: an earlier look and an earlier answer are no answer to this.
            fresh = {**stamp_columns(now(), "received"), **dict.fromkeys(_FIRST_ROUND), "by_phone": 0}
            tables.table("requests").update(body.offer_id, fresh)
        _take_early_words(database, message.sender, body.offer_id, body.asking)


def take_word(database: Database, unit: str, body: GrantedBody | StandDownBody) -> None:
    """The ``unit`` grants the lease or stands this hospital down. A word with an older fencing token than one already seen is stale.

    A word overtakes its own request on a slow link; it is kept until that comes, which then rings only as far as it still is to.

    Raises:
        KeyError: a word of an unknown request, where too many such words are kept already.
    """
    with database.writing() as tables:
        known = database.row(f"{_SELECT} WHERE offer_id = :id", {"id": body.offer_id})
        if known is None or known["asking"] < body.asking:
            if tables.table("early_words").count >= MOST_EARLY_WORDS:
                raise KeyError(body.offer_id)
            kind = Kind.GRANTED if isinstance(body, GrantedBody) else Kind.STAND_DOWN
            row = {"offer_id": body.offer_id, "unit": unit, "asking": body.asking, "kind": str(kind), "body": body.model_dump_json()}
            tables.table("early_words").insert(row)
            return
        request = _request(known)
        if body.token < request.token:
            return
        state = _move(database, request, event) if (event := _event_of_word(request, body)) is not None else request.state
        changes: dict[str, str | int | None] = {"token": body.token}
        if isinstance(body, GrantedBody):
            held = state is RequestState.GRANTED
            changes |= {"code": body.code if held else None, "by_phone": int(held and body.by_phone), "spoke": body.who if held else None}
        elif event is not None and state is not RequestState.GRANTED:
            changes |= {"code": None, "by_phone": 0, "spoke": None, "down_reason": str(body.reason)}
        tables.table("requests").update(body.offer_id, {**changes, "ended_ms": now().unix_ms})


def take_reminder(database: Database, body: ReminderBody) -> None:
    """The unit still waits for an answer. One of an earlier asking, or that overtook its own request, reminds of nothing."""
    with database.writing() as tables:
        known = database.row("SELECT asking FROM requests WHERE offer_id = :id", {"id": body.offer_id})
        if known is not None and known["asking"] == body.asking:
            tables.table("requests").update(body.offer_id, {"reminded_ms": now().unix_ms})


def _event_of_word(request: Request, body: GrantedBody | StandDownBody) -> RequestEvent | None:
    """What the box's word does here; None where an acceptance is still on its way and the box's answer to that will follow."""
    own = None if request.answer is None else (request.answer.token, request.answer.at_ms)
    if isinstance(body, GrantedBody):
        # A no that was given knowing of this lease ends it; one from before the call does not, nor one that was only said in a call.
        said_no = request.answer is not None and request.answer.answer is not AnswerKind.ACCEPT
        after_all = not said_no or (body.by_phone and (own is None or own[0] < body.token))
        return RequestEvent.GRANTED_AFTER_ALL if after_all else RequestEvent.GRANTED
    event = _EVENT_OF_REASON.get(body.reason, RequestEvent.STOOD_DOWN)
    under_way = request.state is RequestState.ACCEPT_SENT and own is not None and own > (body.heard_token, body.heard_ms)
    return None if under_way and event is not RequestEvent.STOOD_DOWN else event


def _take_early_words(database: Database, unit: str, offer_id: str, asking: int) -> None:
    """Take the words of the unit that asks which came before the request they are of, in the order of their tokens."""
    rows = database.rows("SELECT * FROM early_words WHERE offer_id = :id AND asking <= :asking", {"id": offer_id, "asking": asking})
    own = [row for row in rows if row["unit"] in (None, unit)]
    words = [cast("GrantedBody | StandDownBody", BODIES[Kind(row["kind"])].model_validate_json(row["body"])) for row in own]
    with database.writing() as tables:
        for row in rows:
            tables.table("early_words").delete(row["id"])
        for word in sorted(words, key=lambda each: each.token):
            take_word(database, unit, word)


def note_opened(database: Database, me: str, offer_id: str) -> None:
    """A person looks at the request; told to the unit once."""
    with database.writing() as tables:
        request = get_request(database, offer_id)
        if request.opened_ms is not None:
            return
        stamp = now()
        tables.table("requests").update(offer_id, {"opened_ms": stamp.unix_ms, "opened_mono_ms": stamp.mono_ms})
        put(database, me, request.unit, offer_id, OpenedBody(offer_id=offer_id, at_ms=stamp.unix_ms))


def answer(
    database: Database,
    me: str,
    offer_id: str,
    kind: AnswerKind,
    *,
    reason: DeclineReason | None = None,
    conditions: tuple[Condition, ...] = (),
    wait_min: int | None = None,
    for_min: int | None = None,
    note: str | None = None,
    who: str | None = None,
) -> RequestState:
    """The doctor answers. The answer is in the outbox when this returns; a double click answers once.

    Raises:
        KeyError: no such request. IllegalTransitionError: it cannot be answered so any more (stood down, or answered otherwise).
    """
    given = Given(kind, reason, conditions, wait_min, for_min, note or None, who or None)
    with database.writing() as tables:
        request = get_request(database, offer_id)
        event = _EVENT_OF[kind]
        if (request.state, event) in REPEATS:
            if request.answer is not None and request.answer.answer is kind and given_of(request.answer) != given:
                # What it says beyond the first would be lost without a word, and somebody believes to have said it.
                raise IllegalTransitionError(f"another {given.kind} of a request that is {request.state}")
            return request.state
        state = _move(database, request, event)
        stamp = now()
        # The unit tells the order of our answers by this, so it grows even where the clock was set back between them.
        at_ms = stamp.unix_ms if request.answer is None else max(stamp.unix_ms, request.answer.at_ms + 1)
        body = AnswerBody(
            offer_id=offer_id,
            token=request.token,
            answer=given.kind,
            reason=given.reason,
            conditions=given.conditions,
            wait_min=given.wait_min,
            for_min=given.for_min,
            note=given.note,
            who=given.who,
            at_ms=at_ms,
        )
        tables.table("requests").update(
            offer_id,
            {"answered_ms": stamp.unix_ms, "answered_mono_ms": stamp.mono_ms, "answer": body.model_dump_json(), "code": None},
        )
        put(database, me, request.unit, offer_id, body)
    return state
