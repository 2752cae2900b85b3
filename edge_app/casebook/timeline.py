"""What happened to a patient, event by event with its time: from the chain of events, the rungs, the exposures. Words are the screens'."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from edge_app.casebook.cases import Case, cases_of_patient, stamp_of
from edge_app.casebook.events import EventKind, stamp_of_event
from edge_app.casebook.exposure import seconds_from_exposure_to_reception
from edge_app.casebook.offers import Offer, Rung, offers_of_patient
from edge_app.casebook.radiographs import radiographs_of
from edge_app.clock import ClockSource, Stamp
from edge_app.database import Database, Row


class Happened(StrEnum):
    """What a moment is. A rung that a receipt proves has its own; what a hospital answered is ANSWER, whatever that did."""

    EXPOSED = "exposed"
    CASE_OPENED = "case_opened"
    STORED = "stored"
    REPEATED = "repeated"
    EDITED = "edited"
    READ_AGAIN = "read_again"
    READ = "read"
    NOT_READ = "not_read"
    ADJUSTED = "adjusted"
    SEND_UNREAD = "send_unread"
    SEND_EDITED = "send_edited"
    PRE_KTAS = "pre_ktas"
    VITALS = "vitals"
    ENTERED = "entered"
    TAKEN_BACK = "taken_back"
    START = "start"
    START_TAKEN_BACK = "start_taken_back"
    MERGED = "merged"
    UNMERGED = "unmerged"
    NO_ROOM = "no_room"
    ASKED = "asked"
    AT_BROKER = "at_broker"
    AT_HOSPITAL = "at_hospital"
    OPENED = "opened"
    REMINDED = "reminded"
    ANSWER = "answer"
    ANSWER_LATE = "answer_late"
    EXPIRED = "expired"
    GRANTED = "granted"
    ENDED = "ended"
    ARRIVED = "arrived"
    SAID = "said"
    CLOSED = "closed"
    NOT_SENT = "not_sent"
    DIAGNOSIS = "diagnosis"


@dataclass(frozen=True)
class Moment:
    """One thing that happened. ``what`` is a code that ``happened`` is completed by; ``number`` that of a case, or a level.

    ``at`` is without a clock source where none was written down with it; ``known_clock`` says so.
    """

    happened: Happened
    at: Stamp
    case_number: int
    what: str | None = None
    number: int | None = None
    hospital: str | None = None
    hospital_en: str | None = None
    known_clock: bool = True


_PLAIN: Mapping[EventKind, Happened] = {
    EventKind.CASE_OPENED: Happened.CASE_OPENED,
    EventKind.RADIOGRAPH_STORED: Happened.STORED,
    EventKind.RADIOGRAPH_REPEATED: Happened.REPEATED,
    EventKind.RADIOGRAPH_EDITED: Happened.EDITED,
    EventKind.RADIOGRAPH_READ_AGAIN: Happened.READ_AGAIN,
    EventKind.LANDMARKS_ADJUSTED: Happened.ADJUSTED,
    EventKind.DIAGNOSIS_TOLD: Happened.DIAGNOSIS,
    EventKind.SEND_UNREAD_ASKED: Happened.SEND_UNREAD,
    EventKind.SEND_EDITED_ASKED: Happened.SEND_EDITED,
    EventKind.NO_ROOM_FOUND: Happened.NO_ROOM,
    EventKind.OFFER_MADE: Happened.ASKED,
    EventKind.OFFER_REMINDED: Happened.REMINDED,
    EventKind.LEASE_GRANTED: Happened.GRANTED,
    EventKind.LEASE_ENDED: Happened.ENDED,
    EventKind.ARRIVED: Happened.ARRIVED,
    EventKind.CASE_CLOSED: Happened.CLOSED,
    EventKind.MESSAGE_REFUSED: Happened.NOT_SENT,
}
_RUNGS: Mapping[Rung, Happened] = {
    Rung.AT_BROKER: Happened.AT_BROKER,
    Rung.AT_HOSPITAL: Happened.AT_HOSPITAL,
    Rung.OPENED: Happened.OPENED,
}
_OF_TWO = frozenset({EventKind.CASES_MERGED, EventKind.MERGE_UNDONE})
ANSWERS = frozenset({"accept", "decline", "withdraw", "unaware_no"})
_TOO_LATE = frozenset({"late", "unwanted", "overtaken", "nothing"})
# An expiry with one of these outcomes has changed nothing.
_NOTHING = "nothing"


def _of_event(row: Row, number: int) -> Moment | None:
    """An event as a moment; None for what stands in the timeline by another row."""
    kind, detail, at = EventKind(row["kind"]), json.loads(row["detail"]), stamp_of_event(row)
    if kind in _PLAIN:
        return Moment(_PLAIN[kind], at, number)
    if kind is EventKind.READING_DONE:
        read = detail["outcome"] == "assessed"
        return Moment(Happened.READ if read else Happened.NOT_READ, at, number, None if read else detail["outcome"])
    if kind is EventKind.PRE_KTAS_ENTERED:
        return Moment(Happened.PRE_KTAS, at, number, number=detail["level"])
    if kind is EventKind.VITALS_ENTERED:
        return Moment(Happened.VITALS, at, number, detail["signs"])
    if kind is EventKind.PATIENT_ENTERED:
        return Moment(Happened.TAKEN_BACK if detail["taken_back"] else Happened.ENTERED, at, number, detail["field"])
    if kind is EventKind.START_ENTERED:
        return Moment(Happened.START if detail["start"] else Happened.START_TAKEN_BACK, at, number, detail["start"])
    if kind in (EventKind.CASES_MERGED, EventKind.MERGE_UNDONE):
        merged = kind is EventKind.CASES_MERGED
        return Moment(Happened.MERGED if merged else Happened.UNMERGED, at, number, number=detail["number"])
    if kind is EventKind.CREW_SAID:
        return Moment(Happened.SAID, at, number, detail["word"])
    if kind is EventKind.OFFER_CHANGED:
        return _of_change(at, number, detail["event"], detail["outcome"])
    return None


def _of_change(at: Stamp, number: int, event: str, outcome: str) -> Moment | None:
    """What a hospital said, or that it did not in time. What the crew said stands there as its own word."""
    if event in ANSWERS:
        return Moment(Happened.ANSWER_LATE if outcome in _TOO_LATE else Happened.ANSWER, at, number, event)
    if event == "expire" and outcome != _NOTHING:
        return Moment(Happened.EXPIRED, at, number)
    return None


def _named(moment: Moment, offer: Offer | None) -> Moment:
    return moment if offer is None else replace(moment, hospital=offer.name, hospital_en=offer.name_en)


def _exposures(database: Database, case: Case) -> Iterator[Moment]:
    """When the pictures were taken, by the sender's clock, where that is to be believed."""
    for radiograph in radiographs_of(database, case.id):
        before_s = seconds_from_exposure_to_reception(radiograph)
        if before_s is not None:
            before_ms = round(before_s * 1000)
            received = radiograph.received
            taken = Stamp(received.unix_ms - before_ms, received.mono_ms - before_ms, received.boot, ClockSource.UNSYNCHRONISED, None)
            yield Moment(Happened.EXPOSED, taken, case.number, known_clock=False)


def _rungs(database: Database, case: Case) -> Iterator[tuple[str, Moment]]:
    sql = "SELECT r.* FROM receipts r JOIN offers o ON o.id = r.offer_id WHERE o.case_id = :id"
    for row in database.rows(sql, {"id": case.id}):
        if row["rung"] in _RUNGS:
            happened = _RUNGS[Rung(row["rung"])]
            yield row["offer_id"], Moment(happened, stamp_of(row, "proven"), case.number, known_clock=False)


def timeline_of(database: Database, case_id: str) -> tuple[Moment, ...]:
    """Everything that happened to a case's patient, in its order. KeyError where there is no such case.

    Within one boot the order is that of the monotonic clock, whatever the wall clock did; boots follow each other as their events do.
    What was written down earlier of a case is not later, though its clock was read a moment after.
    """
    cases = cases_of_patient(database, case_id)
    offers = {offer.id: offer for offer in offers_of_patient(database, case_id)}
    moments: list[tuple[int, Moment]] = []
    boots: dict[str, int] = {}
    said: set[tuple[str, str]] = set()
    for case in cases:
        latest: dict[str, int] = {}
        for row in database.rows("SELECT * FROM events WHERE case_id = :id ORDER BY id", {"id": case.id}):
            boots[row["boot"]] = min(row["id"], boots.get(row["boot"], row["id"]))
            latest[row["boot"]] = max(row["mono_ms"], latest.get(row["boot"], 0))
            moment = _of_event(row, case.number)
            # That two cases are one patient's stands in the chain of both.
            twice = row["kind"] in _OF_TWO and (row["kind"], row["subject_id"]) in said
            said.add((row["kind"], row["subject_id"]))
            if moment is not None and not twice:
                moments.append((latest[row["boot"]], _named(moment, offers.get(row["subject_id"] or ""))))
        others = [*(_named(moment, offers.get(offer_id)) for offer_id, moment in _rungs(database, case)), *_exposures(database, case)]
        moments += [(moment.at.mono_ms, moment) for moment in others]
    # A rung may have been proven in a boot in which nothing else happened; that was after all the others.
    last = max(boots.values(), default=0) + 1
    ordered = sorted(moments, key=lambda each: (boots.get(each[1].at.boot, last), each[0]))
    return tuple(moment for _, moment in ordered)
