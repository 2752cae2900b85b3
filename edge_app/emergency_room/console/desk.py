"""What the console's page shows: the queue, and the one request in the middle."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from edge_app.clock import Stamp, now
from edge_app.database import Database
from edge_app.emergency_room.console.adjusting import Spine, spine_of
from edge_app.emergency_room.console.connection import LinkView, link_view
from edge_app.emergency_room.console.receipts import AnswerReceipt, Arrivals, answer_receipt, arrivals, original_coming, originals_coming
from edge_app.emergency_room.console.remarks import Talk, remarks_heard, talk_of
from edge_app.emergency_room.console.standing import Standing, standing_of
from edge_app.emergency_room.console.upkeep import Upkeep, upkeep_of
from edge_app.emergency_room.console.viewing import panes_of
from edge_app.emergency_room.console.whereabouts import Arrival, Whereabouts, arrival_of, positions_version, whereabouts_of
from edge_app.emergency_room.console.words import Matter, matter_of, only_finding, patient_of, sentence_of, summary_of
from edge_app.emergency_room.diagnoses import diagnosis_of, is_ours
from edge_app.emergency_room.positions import Position, positions_of
from edge_app.emergency_room.requests import MOST_SHOWN, Request, RequestState, get_request, recent_requests, shown_rows
from edge_app.emergency_room.shift import took_s
from edge_app.link.decision import DecisionBody, FindingLine
from edge_app.link.messages import AnswerKind, Condition, Kind, StandDownReason
from edge_app.link.remarking import unread_by_offer
from edge_app.link.remarks import DiagnosisBody
from edge_app.reading.finding import Decision
from edge_app.screens.arriving import ArrivingView
from edge_app.screens.formatting import percent
from edge_app.screens.parts import UNREAD, FindingView, decision_word, urgency_code
from edge_app.screens.viewing import Pane
from edge_app.triage.precautions import is_airborne

LISTED_FOR_S = 24 * 3600.0
COMING_FOR_S = 2 * 3600.0
_ON_ITS_WAY = frozenset({RequestState.ACCEPT_SENT, RequestState.GRANTED})


@dataclass(frozen=True)
class Card:
    """One request in the queue. ``answer_s`` is how long the answer took, None where there is none.

    ``urgency`` is the code of its word (``parts.urgency_code``).
    ``down`` is why the unit asks no more; ``by_phone``: it was accepted or declined on the telephone, by ``spoke`` where that is known.
    ``reminded_ms`` is when the unit last said that it still waits, while it rings. ``airborne``: what is called is spread through the air.
    """

    offer_id: str
    state: RequestState
    unit: str
    patient: str
    summary: str
    matter: Matter
    urgency: str
    pre_ktas: int | None
    age_s: float
    arrival: Arrival | None
    reason: str | None
    code: str | None
    answer_s: float | None
    down: StandDownReason
    by_phone: bool
    spoke: str | None
    reminded_ms: int | None
    airborne: bool
    whereabouts: Whereabouts | None


@dataclass(frozen=True)
class Queue:
    """What rings (the longest waiting first), who is on the way to us, and the rest of the last 24 hours."""

    ringing: tuple[Card, ...]
    coming: tuple[Card, ...]
    past: tuple[Card, ...]
    asked: int
    accepted: int
    median_s: float | None


@dataclass(frozen=True)
class Case:
    """The request in the middle. ``coming`` is how far its original is, while that is on its way.

    ``ours``: the patient came here, so that somebody here knows what it was in the end. ``only``: nothing else was looked for.
    """

    card: Card
    decision: DecisionBody
    sentence: str
    findings: tuple[FindingView, ...]
    spine: Spine
    only: bool
    absent_unlisted: int
    panes: tuple[Pane, ...]
    arrived: Arrivals
    coming: ArrivingView | None
    received_ms: int
    decided_ms: int
    opened: bool
    answer: AnswerKind | None
    conditions: tuple[Condition, ...]
    wait_min: int | None
    for_min: int | None
    note: str | None
    who: str | None
    answered_ms: int | None
    receipt: AnswerReceipt | None
    talk: Talk
    ours: bool
    diagnosis: DiagnosisBody | None


@dataclass(frozen=True)
class Desk:
    """The whole page. ``unread`` is how many remarks of its unit nobody has read, by request."""

    queue: Queue
    case: Case | None
    link: LinkView
    upkeep: Upkeep
    standing: Standing
    unread: Mapping[str, int]
    remarks_heard: int
    version: str
    now_ms: int


def down_of(request: Request) -> StandDownReason:
    """Why the unit asks no more; only of requests older than the reasons is it not on record, and then there was but one."""
    return request.down_reason or StandDownReason.OTHER_ACCEPTED


def _answer_s(request: Request) -> float | None:
    return took_s(request.received, request.answered_ms, request.answered_mono_ms)


def card_of(request: Request, position: Position | None, at: Stamp) -> Card:
    """A request as the queue shows it, with what its unit last said of where it is."""
    decision = request.decision
    matter = matter_of(decision)
    return Card(
        offer_id=request.offer_id,
        state=request.state,
        unit=decision.unit_name,
        patient=patient_of(decision),
        summary=summary_of(decision),
        matter=matter,
        urgency=UNREAD if matter is Matter.UNREAD else urgency_code(decision.urgency, looked=matter is not Matter.MEASURED),
        pre_ktas=decision.pre_ktas,
        age_s=at.seconds_since(request.received),
        arrival=arrival_of(request, position, at),
        reason=None if request.answer is None or request.answer.reason is None else str(request.answer.reason),
        code=request.code,
        answer_s=_answer_s(request),
        down=down_of(request),
        by_phone=request.said_by_phone,
        spoke=request.spoke,
        reminded_ms=request.reminded_ms if request.state is RequestState.RINGING else None,
        airborne=matter is not Matter.UNREAD and is_airborne(decision.findings),
        whereabouts=whereabouts_of(position, at),
    )


@dataclass(frozen=True)
class _Around:
    """What stands around the requests, and changes by time and by the disk alone: it is looked at once for a page and its version."""

    at: Stamp
    link: LinkView
    upkeep: Upkeep
    standing: Standing
    positions: Mapping[str, Position]


def _around(database: Database) -> _Around:
    return _Around(now(), link_view(database), upkeep_of(database), standing_of(database), positions_of(database))


def _ordered(decision: DecisionBody) -> list[FindingLine]:
    """The findings as they are numbered: the unit's top three first, then what is suspected, then by probability."""
    place = {name: index for index, name in enumerate(decision.top3)}
    return sorted(
        decision.findings,
        key=lambda line: (place.get(line.name, len(place)), line.decision is not Decision.PRESENT, -line.permille),
    )


def _finding(number: int, line: FindingLine) -> FindingView:
    return FindingView(
        number,
        line.name,
        percent(line.permille / 1000),
        percent(line.threshold_permille / 1000),
        str(line.decision),
        decision_word(line.decision, called=line.called),
        line.validated,
        line.positives,
        line.box is not None,
        line.simulated,
    )


def _case(database: Database, request: Request, around: _Around) -> Case:
    read = matter_of(request.decision) is not Matter.UNREAD
    spine = spine_of(database, request)
    lines = _ordered(request.decision) if read else []
    findings = tuple(_finding(number, line) for number, line in enumerate(lines, start=1))
    arrived = arrivals(database, request.offer_id)
    answered = request.answer
    return Case(
        card=card_of(request, around.positions.get(request.offer_id), around.at),
        decision=request.decision,
        sentence=sentence_of(request.decision),
        findings=findings,
        spine=spine,
        only=read and only_finding(request.decision) is not None,
        absent_unlisted=max(0, request.decision.absent - sum(line.decision is Decision.ABSENT for line in lines)),
        panes=panes_of(database, request, arrived, lines, findings, spine.lines, read=read),
        arrived=arrived,
        coming=original_coming(database, request, arrived.original, around.at, link_up=around.link.works),
        received_ms=request.received.unix_ms,
        decided_ms=request.decided.unix_ms,
        opened=request.opened_ms is not None,
        answer=None if answered is None else answered.answer,
        conditions=() if answered is None else answered.conditions,
        wait_min=None if answered is None else answered.wait_min,
        for_min=None if answered is None else answered.for_min,
        note=None if answered is None else answered.note,
        who=None if answered is None else answered.who,
        answered_ms=request.answered_ms,
        receipt=None if answered is None else answer_receipt(database, request.offer_id),
        talk=talk_of(database, request.offer_id),
        ours=is_ours(request),
        diagnosis=diagnosis_of(database, request.offer_id),
    )


def _queue(requests: list[Request], positions: Mapping[str, Position], at: Stamp) -> Queue:
    def card(one: Request) -> Card:
        return card_of(one, positions.get(one.offer_id), at)

    listed = [request for request in requests if at.seconds_since(request.received) <= LISTED_FOR_S]
    # The newest come first, but of two that came in the same millisecond the one before has waited longer too.
    ringing = sorted(
        (one for one in reversed(requests) if one.state is RequestState.RINGING), key=lambda one: -at.seconds_since(one.received)
    )
    coming = [one for one in listed if one.state in _ON_ITS_WAY and at.seconds_since(one.received) <= COMING_FOR_S]
    shown = {one.offer_id for one in (*ringing, *coming)}
    took = [seconds for seconds in map(_answer_s, listed) if seconds is not None]
    return Queue(
        ringing=tuple(map(card, ringing)),
        coming=tuple(map(card, coming)),
        past=tuple(card(one) for one in listed if one.offer_id not in shown),
        asked=len(listed),
        accepted=sum(one.state is RequestState.GRANTED for one in listed),
        median_s=median(took) if took else None,
    )


def version_of(database: Database) -> str:
    """A digest of all that the page shows, time itself apart; needs no request of a browser."""
    with database.reading():
        return _version(database, _around(database))


def _version(database: Database, around: _Around) -> str:
    rows = [
        *shown_rows(
            database,
            """SELECT r.offer_id, r.state, r.revision, r.token, r.opened_ms, r.answered_ms, r.code, r.by_phone, r.down_reason, r.reminded_ms
               FROM requests r""",
        ),
        *database.rows("SELECT offer_id, revision FROM previews ORDER BY rowid DESC LIMIT :most", {"most": MOST_SHOWN}),
        *database.rows("SELECT offer_id, revision FROM regions ORDER BY rowid DESC LIMIT :most", {"most": MOST_SHOWN}),
        *database.rows("SELECT offer_id, sha256, whole_ms FROM originals ORDER BY rowid DESC LIMIT 20"),
        *database.rows(
            """SELECT offer_id, at_broker_ms, received_ms, quarantined FROM outbox WHERE kind = :kind
               ORDER BY rowid DESC LIMIT :most""",
            {"kind": str(Kind.ANSWER), "most": MOST_SHOWN},
        ),
        *database.rows("SELECT id FROM adjustments ORDER BY rowid DESC LIMIT 1"),
        *database.rows("SELECT offer_id, body FROM diagnoses ORDER BY rowid DESC LIMIT :most", {"most": MOST_SHOWN}),
        *database.rows(
            """SELECT r.id, r.seen_ms, o.at_broker_ms, o.received_ms FROM remarks r LEFT JOIN outbox o ON o.id = r.id
               ORDER BY r.rowid DESC LIMIT :most""",
            {"most": MOST_SHOWN},
        ),
    ]
    link = around.link
    coming = originals_coming(database, around.at, link_up=link.works)
    where = positions_version(around.positions, around.at)
    rest = (coming, where, link.works, link.code, around.upkeep, around.standing.version)
    shown = ([tuple(row.values()) for row in rows], *rest)
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def desk_of(database: Database, offer_id: str | None) -> Desk:
    """The page with that request in the middle; with what waits longest where none is asked for. KeyError where it is unknown."""
    # All of it is as of one instant: a version that is not that of what stands beside it would come back, and the page stay wrong.
    with database.reading():
        around = _around(database)
        requests = recent_requests(database)
        queue = _queue(requests, around.positions, around.at)
        by_id = {request.offer_id: request for request in requests}
        first = next(iter((*queue.ringing, *queue.coming)), None)
        wanted = offer_id or (first.offer_id if first else None)
        return Desk(
            queue,
            None if wanted is None else _case(database, by_id.get(wanted) or get_request(database, wanted), around),
            around.link,
            around.upkeep,
            around.standing,
            unread_by_offer(database),
            remarks_heard(database),
            _version(database, around),
            around.at.unix_ms,
        )
