"""What must hold of all cases once everything has come to rest, read from the databases of the box and of every hospital.

Nothing here asks a service: what the rows say is what is true.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, cast

from edge_app.casebook.cases import Case, CaseState, get_case
from edge_app.casebook.events import EventKind, first_broken_link
from edge_app.casebook.offers import Offer, OfferState, Rung, offers_of, proven_rungs
from edge_app.database import Database, Row
from edge_app.dispatch.offers import Event, read_back_code, room_end
from edge_app.emergency_room.requests import Request, RequestState, get_request
from edge_app.link.decision import DecisionBody
from edge_app.link.messages import AnswerBody, AnswerKind, Kind, decode
from tests.acceptance.people import Said

# How a hospital may have its request where the box has the offer so.
AGREEING: Mapping[OfferState, frozenset[RequestState]] = {
    OfferState.ASKED: frozenset({RequestState.RINGING}),
    OfferState.ACCEPTED: frozenset({RequestState.GRANTED}),
    OfferState.DECLINED: frozenset({RequestState.DECLINED}),
    OfferState.STOOD_DOWN: frozenset({RequestState.STOOD_DOWN}),
    # Who gave a lease back on the telephone has a screen that says declined.
    OfferState.WITHDRAWN: frozenset({RequestState.WITHDRAWN, RequestState.DECLINED}),
    # A no that comes when nobody waits for it any more, and somebody else has the case, changes nothing on the box.
    OfferState.EXPIRED: frozenset({RequestState.EXPIRED, RequestState.DECLINED}),
    OfferState.SKIPPED: frozenset({RequestState.STOOD_DOWN}),
}
_OF_OFFERS = ("phone_accept", "phone_decline", "phone_no_answer", "skip")


@dataclass(frozen=True)
class Times:
    """Median and 95th percentile in seconds, of so many."""

    median_s: float
    most_s: float
    of: int

    def __str__(self) -> str:
        return f"{self.median_s:.1f} / {self.most_s:.1f}"


@dataclass
class Reckoning:
    """What was found. ``lost`` and ``twice`` are counts of words and messages; every fault has a line of its own in ``faults``."""

    cases: int = 0
    offers: int = 0
    words: int = 0
    lost: int = 0
    twice: int = 0
    faults: list[str] = field(default_factory=list)
    decidable: Times | None = None
    answer: Times | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing is lost, doubled or at odds."""
        return not self.faults


def times(milliseconds: Sequence[int]) -> Times | None:
    """Median and 95th percentile; None where there is nothing."""
    if not milliseconds:
        return None
    ordered = sorted(milliseconds)
    return Times(median(ordered) / 1000, ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))] / 1000, len(ordered))


def unsettled(box: Database, desks: Mapping[str, Database]) -> list[str]:
    """What is still under way; empty where all has come to rest."""
    waits = "SELECT count(*) AS n FROM outbox WHERE received_ms IS NULL AND quarantined IS NULL"
    of_box = {
        "in the box's outbox": waits,
        "unhandled in the box's inbox": "SELECT count(*) AS n FROM inbox WHERE handled_ms IS NULL",
        "of the crew's words": "SELECT count(*) AS n FROM crew_words WHERE handled_ms IS NULL",
        "undispatched": "SELECT count(*) AS n FROM readings WHERE dispatched_ms IS NULL",
        "vital signs untold": "SELECT count(*) AS n FROM vitals WHERE told_ms IS NULL",
    }
    counts = {what: _count(box, sql) for what, sql in of_box.items()}
    for hpid, desk in desks.items():
        counts[f"in the outbox of {hpid}"] = _count(desk, waits)
        counts[f"ringing at {hpid}"] = _count(desk, "SELECT count(*) AS n FROM requests WHERE state = 'ringing'")
    return [f"{number} {what}" for what, number in counts.items() if number]


def reckon(box: Database, desks: Mapping[str, Database], entered: Sequence[str], said: Sequence[Said]) -> Reckoning:
    """Hold everything against everything. ``entered`` are the cases that came, ``said`` the words that were confirmed to people."""
    found = Reckoning(cases=len(entered), words=len(said))
    events = _events(box)
    of_cases = defaultdict[str, list[dict[str, Any]]](list)
    for event in events:
        of_cases[event["case_id"]].append(event)
    for case_id in entered:
        case, offers = get_case(box, case_id), offers_of(box, case_id)
        found.offers += len(offers)
        if not offers and case.state is not CaseState.CLOSED:
            found.lost += 1
            found.faults.append(f"case {case.number} was never offered")
        leases, hospitals = _leases(case, offers, of_cases[case_id]), _hospitals(case, offers, box, desks)
        found.faults += [f"case {case.number}: {fault}" for fault in (*leases, *hospitals)]
    _messages(box, desks, found)
    _effects(box, desks, events, found)
    _confirmed(box, desks, said, found)
    if (broken := first_broken_link(box)) is not None:
        found.faults.append(f"the audit chain is broken at event {broken}")
    found.decidable = times(list(_decidable_ms(box, desks)))
    found.answer = times(list(_answer_ms(box, desks)))
    return found


def _count(database: Database, sql: str) -> int:
    row = database.row(sql)
    return int(row["n"]) if row else 0


def _events(box: Database) -> list[dict[str, Any]]:
    return [{**row, "detail": json.loads(row["detail"])} for row in box.rows("SELECT * FROM events ORDER BY id")]


def _request(desk: Database, offer_id: str) -> Request | None:
    try:
        return get_request(desk, offer_id)
    except KeyError:
        return None


def _leases(case: Case, offers: list[Offer], events: list[dict[str, Any]]) -> Iterator[str]:
    """At most one holder, and one chain of leases that leads to it."""
    accepted = [offer.id for offer in offers if offer.state is OfferState.ACCEPTED]
    if accepted != ([case.holder_offer_id] if case.state is CaseState.HELD else []):
        yield f"{len(accepted)} offers are accepted in a case that is {case.state}"
    holder, token = None, 0
    for event in events:
        if event["kind"] not in (EventKind.LEASE_GRANTED, EventKind.LEASE_ENDED):
            continue
        if event["detail"]["token"] <= token:
            yield f"the fencing token went from {token} to {event['detail']['token']}"
        token = event["detail"]["token"]
        if event["kind"] == EventKind.LEASE_GRANTED:
            if holder is not None:
                yield "a lease was granted while another held"
            holder = event["subject_id"]
        else:
            if holder != event["subject_id"]:
                yield "a lease ended that nobody had"
            holder = None
    if holder != case.holder_offer_id:
        yield "the chain of leases does not lead to the holder"
    if token > case.fencing_token:
        yield "a lease has a newer token than its case"


def _hospitals(case: Case, offers: list[Offer], box: Database, desks: Mapping[str, Database]) -> Iterator[str]:
    """Every hospital knows how its request ended, and what is proven on the box is true there."""
    for offer in offers:
        desk = desks[offer.hpid]
        request = _request(desk, offer.id)
        rungs = proven_rungs(box, offer.id)
        if request is None:
            yield f"{offer.hpid} has no request"
            continue
        if request.state not in AGREEING[offer.state]:
            yield f"{offer.hpid} has {request.state}, the box {offer.state}"
        if offer.state is OfferState.ACCEPTED and request.code != read_back_code(case.id, case.fencing_token):
            yield f"{offer.hpid} has another code than the crew"
        kinds = {row["kind"] for row in desk.rows("SELECT kind FROM outbox WHERE offer_id = :id", {"id": offer.id})}
        if Rung.AT_HOSPITAL not in rungs or Rung.AT_BROKER not in rungs or Rung.QUEUED not in rungs:
            yield f"{offer.hpid} has the request, and the box does not know it"
        if Rung.OPENED in rungs and not kinds & {Kind.OPENED, Kind.ANSWER}:
            yield f"the box says that {offer.hpid} has opened it, and nobody has"
        phoned = box.rows("SELECT 1 AS x FROM crew_words WHERE offer_id = :id AND word LIKE 'phone_%'", {"id": offer.id})
        if Rung.ANSWERED in rungs and Kind.ANSWER not in kinds and not phoned:
            yield f"the box says that {offer.hpid} has answered, and nobody has"


def _messages(box: Database, desks: Mapping[str, Database], found: Reckoning) -> None:
    """Every message that an end has queued is at the other end, once, unless it was set aside by name."""
    unit = {row["id"] for row in box.rows("SELECT id FROM inbox")}
    inboxes = {room_end(hpid): {row["id"] for row in desk.rows("SELECT id FROM inbox")} for hpid, desk in desks.items()}
    ends = [("box", box, lambda row: inboxes[row["recipient"]]), *((hpid, desk, lambda _row: unit) for hpid, desk in desks.items())]
    for name, database, inbox_of in ends:
        for row in database.rows("SELECT id, kind, recipient, received_ms, quarantined FROM outbox"):
            if row["quarantined"] is None and row["id"] not in inbox_of(row):
                found.lost += 1
                found.faults.append(
                    f"a {row['kind']} of {name} to {row['recipient']} was lost (receipted: {row['received_ms'] is not None})"
                )
    asked = Counter[tuple[str, int]]()
    for row in box.rows("SELECT body FROM outbox WHERE kind = 'decision'"):
        body = cast("DecisionBody", decode(row["body"]).body)
        asked[body.offer_id, body.revision] += 1
    for (offer_id, revision), number in asked.items():
        if number > 1:
            found.twice += number - 1
            found.faults.append(f"the decision {revision} of offer {offer_id} was made {number} times")
    known = {row["id"]: row["hpid"] for row in box.rows("SELECT id, hpid FROM offers")}
    for hpid, desk in desks.items():
        for row in desk.rows("SELECT offer_id FROM requests"):
            if known.get(row["offer_id"]) != hpid:
                found.twice += 1
                found.faults.append(f"{hpid} has a request that the box never made")
        found.faults += [f"{hpid} refused a message: {row['word']}" for row in desk.rows("SELECT word FROM refusals")]


def _answers(desk: Database) -> Iterator[tuple[Row, AnswerBody]]:
    for row in desk.rows("SELECT * FROM outbox WHERE kind = 'answer'"):
        yield row, cast("AnswerBody", decode(row["body"]).body)


def _effects(box: Database, desks: Mapping[str, Database], events: list[dict[str, Any]], found: Reckoning) -> None:
    """Every answer and every word of the crew was applied, and once."""
    applied = Counter(
        (event["subject_id"], event["detail"]["hospital_ms"])
        for event in events
        if event["kind"] == EventKind.OFFER_CHANGED and "hospital_ms" in event["detail"]
    )
    for hpid, desk in desks.items():
        for _, body in _answers(desk):
            number = applied[body.offer_id, body.at_ms]
            found.lost += number == 0
            found.twice += max(0, number - 1)
            if number != 1:
                found.faults.append(f"an answer ({body.answer}) of {hpid} was applied {number} times")
    changed = Counter(
        event["subject_id"]
        for event in events
        if event["kind"] == EventKind.OFFER_CHANGED and "hospital_ms" not in event["detail"] and event["detail"]["event"] != Event.EXPIRE
    )
    words = Counter(row["offer_id"] for row in box.rows("SELECT offer_id FROM crew_words WHERE offer_id IS NOT NULL"))
    for offer_id in changed.keys() | words.keys():
        if changed[offer_id] != words[offer_id]:
            found.lost += max(0, words[offer_id] - changed[offer_id])
            found.twice += max(0, changed[offer_id] - words[offer_id])
            found.faults.append(f"of {words[offer_id]} words of the crew on an offer {changed[offer_id]} were applied")
    for event in events:
        if event["kind"] == EventKind.MESSAGE_REFUSED:
            found.faults.append(f"the box refused a message: {event['detail']}")


def _confirmed(box: Database, desks: Mapping[str, Database], said: Sequence[Said], found: Reckoning) -> None:
    """What a screen has confirmed to a person is durable."""
    answers = {(hpid, body.offer_id, str(body.answer)) for hpid, desk in desks.items() for _, body in _answers(desk)}
    words = {(row["offer_id"] or row["case_id"], row["word"]) for row in box.rows("SELECT * FROM crew_words WHERE handled_ms IS NOT NULL")}
    for one in said:
        if one.who == "crew":
            kept = (one.of, one.word) in words
        else:
            # A click that comes after the same word by telephone is confirmed without one of its own: it says what is so already.
            phoned = one.word != AnswerKind.WITHDRAW and any((one.of, word) in words for word in _OF_OFFERS)
            kept = (one.who, one.of, one.word) in answers or phoned
        if not kept:
            found.lost += 1
            found.faults.append(f"{one.word} was confirmed to {one.who} and is not there")


def _decidable_ms(box: Database, desks: Mapping[str, Database]) -> Iterator[int]:
    """From an offer's row to its first rung durable at the hospital; both ends have one clock here."""
    for hpid, desk in desks.items():
        made = {row["id"]: row["made_ms"] for row in box.rows("SELECT id, made_ms FROM offers WHERE hpid = :hpid", {"hpid": hpid})}
        first = "SELECT offer_id, min(received_ms) AS at_ms FROM inbox WHERE kind = 'decision' GROUP BY offer_id"
        yield from (row["at_ms"] - made[row["offer_id"]] for row in desk.rows(first) if row["offer_id"] in made)


def _answer_ms(box: Database, desks: Mapping[str, Database]) -> Iterator[int]:
    """From a doctor's answer to its effect on the box."""
    handled = {row["id"]: row["handled_ms"] for row in box.rows("SELECT id, handled_ms FROM inbox WHERE kind = 'answer'")}
    for desk in desks.values():
        for row, _ in _answers(desk):
            if handled.get(row["id"]) is not None:
                yield handled[row["id"]] - row["queued_ms"]
