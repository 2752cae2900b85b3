"""Requests at one emergency room: what was asked, where it stands, what was answered. Every change goes through one table."""

from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from edge_app.casebook.cases import stamp_columns, stamp_of
from edge_app.clock import Stamp, now
from edge_app.database import Database, Row
from edge_app.errors import IllegalTransitionError
from edge_app.link.messages import (
    AnswerBody,
    AnswerKind,
    DecisionBody,
    DeclineReason,
    GrantedBody,
    Message,
    OpenedBody,
    PreviewBody,
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


class RequestEvent(StrEnum):
    """What can happen to a request."""

    ASKED_AGAIN = "asked_again"
    GRANTED = "granted"
    STOOD_DOWN = "stood_down"
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
}
_EVENT_OF = {AnswerKind.ACCEPT: _E.ACCEPT, AnswerKind.DECLINE: _E.DECLINE, AnswerKind.WITHDRAW: _E.WITHDRAW}
REPEATS = {(_S.ACCEPT_SENT, _E.ACCEPT), (_S.GRANTED, _E.ACCEPT), (_S.DECLINED, _E.DECLINE), (_S.WITHDRAWN, _E.WITHDRAW)}


_FIRST_ROUND = ("opened_ms", "answered_ms", "answered_mono_ms", "answer", "ended_ms", "code")


@dataclass(frozen=True)
class Request:
    """One request. ``answer`` is this hospital's own word; ``code`` the lease's read-back code, only where granted.

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


@dataclass(frozen=True)
class Preview:
    """The picture of a request, as WebP."""

    columns: int
    rows: int
    content: bytes


def _request(row: Row) -> Request:
    return Request(
        offer_id=row["offer_id"],
        unit=row["unit"],
        token=row["token"],
        decision=cast("DecisionBody", decode(row["decision"]).body),
        state=RequestState(row["state"]),
        code=row["code"],
        received=stamp_of(row, "received"),
        decided=stamp_of(row, "decided"),
        opened_ms=row["opened_ms"],
        answered_ms=row["answered_ms"],
        answered_mono_ms=row["answered_mono_ms"],
        answer=None if row["answer"] is None else AnswerBody.model_validate_json(row["answer"]),
        has_preview=bool(row["has_preview"]),
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


def recent_requests(database: Database, limit: int = 200) -> list[Request]:
    """Requests, ringing ones first, then the newest."""
    rows = database.rows(f"{_SELECT} ORDER BY r.state <> 'ringing', r.received_ms DESC LIMIT :limit", {"limit": limit})
    return [_request(row) for row in rows]


def preview_of(database: Database, offer_id: str) -> Preview | None:
    """The picture of a request, or None where it has not arrived."""
    row = database.row("SELECT * FROM previews WHERE offer_id = :id", {"id": offer_id})
    return None if row is None else Preview(row["columns"], row["rows"], row["content"])


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
                    "decision": content,
                    "state": str(RequestState.RINGING),
                    **stamp_columns(stamp, "received"),
                    **stamp_columns(stamp, "decided"),
                }
            )
            early = database.row("SELECT * FROM early_stand_downs WHERE offer_id = :id", {"id": body.offer_id})
            if early is not None:
                take_word(database, StandDownBody(offer_id=body.offer_id, token=early["token"], reason=StandDownReason(early["reason"])))
            return
        request = _request(known)
        if body.revision <= known["revision"]:
            return
        tables.table("requests").update(
            body.offer_id,
            {
                "decision": content,
                "revision": body.revision,
                "token": max(body.token, request.token),
                **stamp_columns(now(), "decided"),
            },
        )
        if body.token > request.token and _move(database, request, RequestEvent.ASKED_AGAIN) is not request.state:
            # It rings anew: an earlier look and an earlier answer are no answer to this.
            tables.table("requests").update(body.offer_id, {**stamp_columns(now(), "received"), **dict.fromkeys(_FIRST_ROUND)})


def take_preview(database: Database, body: PreviewBody) -> None:
    """The picture of a request arrives; it may overtake the request itself."""
    with database.writing() as tables:
        known = database.row("SELECT revision FROM previews WHERE offer_id = :id", {"id": body.offer_id})
        if known is not None and known["revision"] >= body.revision:
            return
        tables.table("previews").upsert(
            {
                "offer_id": body.offer_id,
                "revision": body.revision,
                "columns": body.columns,
                "rows": body.rows,
                "content": body.content,
                "received_ms": now().unix_ms,
            },
            pk="offer_id",
        )


def take_word(database: Database, body: GrantedBody | StandDownBody) -> None:
    """The box grants the lease or stands this hospital down. A word with an older fencing token than one already seen is stale.

    Raises:
        KeyError: a lease for a request that never arrived.
    """
    with database.writing() as tables:
        if (
            isinstance(body, StandDownBody)
            and database.row("SELECT 1 AS x FROM requests WHERE offer_id = :id", {"id": body.offer_id}) is None
        ):
            # Stand-downs overtake requests on a slow link; kept, so that the request does not ring when it comes.
            early = database.row("SELECT token FROM early_stand_downs WHERE offer_id = :id", {"id": body.offer_id})
            if early is None or early["token"] < body.token:
                tables.table("early_stand_downs").upsert(
                    {"offer_id": body.offer_id, "token": body.token, "reason": str(body.reason)}, pk="offer_id"
                )
            return
        request = get_request(database, body.offer_id)
        if body.token < request.token:
            return
        state = _move(database, request, RequestEvent.GRANTED if isinstance(body, GrantedBody) else RequestEvent.STOOD_DOWN)
        code = body.code if isinstance(body, GrantedBody) and state is RequestState.GRANTED else None
        tables.table("requests").update(body.offer_id, {"token": body.token, "code": code, "ended_ms": now().unix_ms})


def note_opened(database: Database, me: str, offer_id: str) -> None:
    """A person looks at the request; told to the unit once."""
    with database.writing() as tables:
        request = get_request(database, offer_id)
        if request.opened_ms is not None:
            return
        at_ms = now().unix_ms
        tables.table("requests").update(offer_id, {"opened_ms": at_ms})
        put(database, me, request.unit, offer_id, OpenedBody(offer_id=offer_id, at_ms=at_ms))


def answer(
    database: Database,
    me: str,
    offer_id: str,
    kind: AnswerKind,
    *,
    reason: DeclineReason | None = None,
    note: str | None = None,
    who: str | None = None,
) -> RequestState:
    """The doctor answers. The answer is in the outbox when this returns; a double click answers once.

    Raises:
        KeyError: no such request. IllegalTransitionError: it cannot be answered so any more (stood down, for instance).
    """
    with database.writing() as tables:
        request = get_request(database, offer_id)
        event = _EVENT_OF[kind]
        if (request.state, event) in REPEATS:
            return request.state
        state = _move(database, request, event)
        stamp = now()
        # The unit tells the order of our answers by this, so it grows even where the clock was set back between them.
        at_ms = stamp.unix_ms if request.answer is None else max(stamp.unix_ms, request.answer.at_ms + 1)
        body = AnswerBody(
            offer_id=offer_id, token=request.token, answer=kind, reason=reason, note=note or None, who=who or None, at_ms=at_ms
        )
        tables.table("requests").update(
            offer_id,
            {"answered_ms": stamp.unix_ms, "answered_mono_ms": stamp.mono_ms, "answer": body.model_dump_json(), "code": None},
        )
        put(database, me, request.unit, offer_id, body)
    return state
