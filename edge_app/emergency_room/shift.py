"""A shift in numbers: how soon requests were opened and answered, what was answered and why, and what nobody answered."""

from collections import Counter
from dataclasses import dataclass
from statistics import median

from edge_app.clock import Stamp, now
from edge_app.database import Database
from edge_app.emergency_room.requests import Request, RequestState, requests_within
from edge_app.link.messages import AnswerKind

HOURS = (8, 12, 24)


@dataclass(frozen=True)
class Took:
    """How long something took over a shift; None where it never happened."""

    count: int
    median_s: float | None
    worst_s: float | None


@dataclass(frozen=True)
class Entry:
    """One request of the shift. ``opened_s`` and ``answered_s`` count from when it began to ring; None where nobody did.

    ``by_phone``: what stands was said on the telephone.
    """

    offer_id: str
    received_ms: int
    unit: str
    case_number: int
    state: RequestState
    opened_s: float | None
    answered_s: float | None
    answer: AnswerKind | None
    reason: str | None
    conditions: tuple[str, ...]
    wait_min: int | None
    for_min: int | None
    by_phone: bool
    who: str | None

    @property
    def unanswered(self) -> bool:
        """Whether nobody here answered, on the screen or on the telephone."""
        return self.answer is None and not self.by_phone


@dataclass(frozen=True)
class Shift:
    """The shift up to now, its requests as they came."""

    hours: int
    until_ms: int
    entries: tuple[Entry, ...]
    opening: Took
    answering: Took
    answers: dict[AnswerKind, int]
    reasons: dict[str, int]
    conditions: dict[str, int]

    @property
    def unanswered(self) -> tuple[Entry, ...]:
        """What nobody answered."""
        return tuple(entry for entry in self.entries if entry.unanswered)


def took_s(received: Stamp, at_ms: int | None, at_mono_ms: int | None) -> float | None:
    """Seconds from when a request began to ring to something: by the monotonic clock where it goes on, else by the wall clock."""
    if at_ms is None or at_mono_ms is None:
        return None
    by_mono_ms = at_mono_ms - received.mono_ms
    return max(0, by_mono_ms if by_mono_ms >= 0 else at_ms - received.unix_ms) / 1000


def shift_of(database: Database, hours: int) -> Shift:
    """The last ``hours`` up to now."""
    at = now()
    entries = tuple(map(_entry, requests_within(database, hours * 3600.0, at)))
    return Shift(
        hours=hours,
        until_ms=at.unix_ms,
        entries=entries,
        opening=_took([entry.opened_s for entry in entries]),
        answering=_took([entry.answered_s for entry in entries]),
        answers=dict(Counter(entry.answer for entry in entries if entry.answer is not None)),
        reasons=dict(Counter(entry.reason for entry in entries if entry.reason is not None).most_common()),
        conditions=dict(Counter(code for entry in entries for code in entry.conditions).most_common()),
    )


def _took(seconds: list[float | None]) -> Took:
    known = [each for each in seconds if each is not None]
    return Took(len(known), median(known) if known else None, max(known, default=None))


def _entry(request: Request) -> Entry:
    own = request.answer
    return Entry(
        offer_id=request.offer_id,
        received_ms=request.received.unix_ms,
        unit=request.decision.unit_name,
        case_number=request.decision.case_number,
        state=request.state,
        opened_s=took_s(request.received, request.opened_ms, request.opened_mono_ms),
        answered_s=took_s(request.received, request.answered_ms, request.answered_mono_ms),
        answer=None if own is None else own.answer,
        reason=None if own is None or own.reason is None else str(own.reason),
        conditions=() if own is None else tuple(map(str, own.conditions)),
        wait_min=None if own is None else own.wait_min,
        for_min=None if own is None else own.for_min,
        by_phone=request.said_by_phone,
        who=request.spoke if request.by_phone else own.who if own is not None else None,
    )
