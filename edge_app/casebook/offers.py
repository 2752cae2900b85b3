"""Offers: the request to one emergency room, with the rungs of its receipt ladder and its answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import TypeAdapter

from edge_app.casebook.cases import stamp_columns, stamp_of
from edge_app.clock import Stamp
from edge_app.database import Database, Row


class Rung(StrEnum):
    """What is proven of an offer, lowest first. Sent is not delivered is not opened is not answered."""

    QUEUED = "queued"
    AT_BROKER = "at_broker"
    AT_HOSPITAL = "at_hospital"
    OPENED = "opened"
    ANSWERED = "answered"


class OfferState(StrEnum):
    """What became of an offer."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    STOOD_DOWN = "stood_down"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SKIPPED = "skipped"


class ReasonKind(StrEnum):
    """Why an emergency room was chosen. ``value`` beside it is a number, a code or a date; the words are the screens'.

    Those that begin with TOLD are the hospital's own word, which it told this box, of the capability that ``value`` names (TOLD_BEDS: how
    many beds are left).

    TRAVEL_ROAD: the travel time is that of the site's router; TRAVEL_ESTIMATE: it is one from the straight line.
    """

    NEAREST = "nearest"
    TRAVEL_ROAD = "travel_road"
    TRAVEL_ESTIMATE = "travel_estimate"
    CHOSEN_BY = "chosen_by"
    HAS = "has"
    LACKS = "lacks"
    UNKNOWN_ABILITY = "unknown_ability"
    BEDS = "beds"
    CLASS = "class"
    NEED_HAS = "need_has"
    NEED_LACKS = "need_lacks"
    NEED_UNKNOWN = "need_unknown"
    FREE_BEDS = "free_beds"
    ANSWERED = "answered"
    NOTICE = "notice"
    TOLD_OPEN = "told_open"
    TOLD_LIMITED = "told_limited"
    TOLD_CLOSED = "told_closed"
    TOLD_BEDS = "told_beds"


@dataclass(frozen=True)
class Reason:
    """One reason for or against an emergency room. ``at_ms`` is as of when it is known, where that matters.

    ``about`` is the status board's code of what a notice restricts.
    """

    kind: ReasonKind
    value: str
    at_ms: int | None = None
    about: str | None = None


@dataclass(frozen=True)
class Answer:
    """What a hospital answered; ``reason`` is one of the console's reason codes, ``note`` the doctor's own words.

    A yes holds under ``conditions`` (the console's codes) and after a wait of about ``wait_min``; a no holds for about ``for_min``.

    ``by_phone``: the crew was told so on the telephone and entered it, ``answered_at_ms`` by the box's own clock.
    """

    accepted: bool
    reason: str | None
    note: str | None
    who: str | None
    answered_at_ms: int
    by_phone: bool = False
    conditions: tuple[str, ...] = ()
    wait_min: int | None = None
    for_min: int | None = None


@dataclass(frozen=True)
class Offer:
    """The request to one emergency room.

    ``eta_s`` is an estimate at the time of asking, ``token`` the fencing token of its lease. ``revision`` is the last that its hospital was
    told, ``asked_revision`` that with which it was last asked, which was at ``asked``; ``reminded_ms`` is when it was reminded of that.
    """

    id: str
    case_id: str
    reading_id: str
    hpid: str
    name: str
    name_en: str | None
    phone: str | None
    rank: int
    distance_km: float | None
    eta_s: int | None
    reasons: tuple[Reason, ...]
    state: OfferState
    made: Stamp
    asked: Stamp
    answer: Answer | None
    answered: Stamp | None
    token: int | None
    revision: int = 1
    asked_revision: int = 1
    reminded_ms: int | None = None
    preview_reading_id: str | None = None


_REASONS: TypeAdapter[tuple[Reason, ...]] = TypeAdapter(tuple[Reason, ...])
_ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)


def _offer(row: Row) -> Offer:
    return Offer(
        id=row["id"],
        case_id=row["case_id"],
        reading_id=row["reading_id"],
        hpid=row["hpid"],
        name=row["name"],
        name_en=row["name_en"],
        phone=row["phone"],
        rank=row["rank"],
        distance_km=row["distance_km"],
        eta_s=row["eta_s"],
        reasons=_REASONS.validate_json(row["reasons"]),
        state=OfferState(row["state"]),
        made=stamp_of(row, "made"),
        asked=stamp_of(row, "asked"),
        answer=None if row["answer"] is None else _ANSWER.validate_json(row["answer"]),
        answered=None if row["answered_ms"] is None else stamp_of(row, "answered"),
        token=row["token"],
        revision=row["revision"],
        asked_revision=row["asked_revision"],
        reminded_ms=row["reminded_ms"],
        preview_reading_id=row["preview_reading_id"],
    )


def add_offer(database: Database, offer: Offer) -> None:
    """Write a new offer and its first rung."""
    with database.writing() as tables:
        tables.table("offers").insert(
            {
                "id": offer.id,
                "case_id": offer.case_id,
                "reading_id": offer.reading_id,
                "hpid": offer.hpid,
                "name": offer.name,
                "name_en": offer.name_en,
                "phone": offer.phone,
                "rank": offer.rank,
                "distance_km": offer.distance_km,
                "eta_s": offer.eta_s,
                "reasons": _REASONS.dump_json(offer.reasons).decode(),
                "state": str(offer.state),
                **stamp_columns(offer.made, "made"),
                **stamp_columns(offer.asked, "asked"),
            }
        )
        prove(database, offer.id, Rung.QUEUED, offer.made)


def get_offer(database: Database, offer_id: str) -> Offer:
    """The offer of that id. KeyError where there is none."""
    row = database.row("SELECT * FROM offers WHERE id = :id", {"id": offer_id})
    if row is None:
        raise KeyError(offer_id)
    return _offer(row)


def offers_of(database: Database, case_id: str) -> list[Offer]:
    """The offers of a case by rank."""
    return [_offer(row) for row in database.rows("SELECT * FROM offers WHERE case_id = :id ORDER BY rank", {"id": case_id})]


def offers_of_cases(database: Database, case_ids: Iterable[str]) -> Mapping[str, list[Offer]]:
    """The offers of many cases, by case, each by rank; a case without any is not there."""
    sql = "SELECT * FROM offers WHERE case_id IN (SELECT value FROM json_each(:ids)) ORDER BY rank"
    return database.grouped(sql, case_ids, "case_id", _offer)


def offers_of_patient(database: Database, case_id: str) -> list[Offer]:
    """The offers of all cases of that case's patient, those of each case by rank."""
    rows = database.rows(
        """SELECT o.* FROM offers o JOIN cases c ON c.id = o.case_id
           WHERE c.patient_id = (SELECT patient_id FROM cases WHERE id = :id) ORDER BY c.number, o.rank""",
        {"id": case_id},
    )
    return [_offer(row) for row in rows]


def held_offers(database: Database) -> list[Offer]:
    """The offers whose hospitals hold a case now, in the order of the cases."""
    return [_offer(row) for row in database.rows("SELECT o.* FROM offers o JOIN cases c ON c.holder_offer_id = o.id ORDER BY c.number")]


def was_asked(database: Database, hpid: str) -> bool:
    """Whether this box has ever asked that hospital."""
    return database.row("SELECT 1 AS x FROM offers WHERE hpid = :hpid LIMIT 1", {"hpid": hpid}) is not None


def is_offer(database: Database, offer_id: str) -> bool:
    """Whether this box has made that offer."""
    return database.row("SELECT 1 AS x FROM offers WHERE id = :id", {"id": offer_id}) is not None


def change_offer(
    database: Database,
    offer_id: str,
    state: OfferState,
    *,
    answer: Answer | None = None,
    answered: Stamp | None = None,
    token: int | None = None,
) -> None:
    """Write an offer's new state; only ``dispatch/offers.py`` decides it."""
    changes: dict[str, str | int | None] = {"state": str(state), "token": token}
    if answer is not None and answered is not None:
        changes |= {"answer": _ANSWER.dump_json(answer).decode(), **stamp_columns(answered, "answered")}
    with database.writing() as tables:
        tables.table("offers").update(offer_id, changes)


def note_revision(database: Database, offer_id: str, reading_id: str, revision: int) -> None:
    """The hospital is told anew, with this reading."""
    with database.writing() as tables:
        tables.table("offers").update(offer_id, {"reading_id": reading_id, "revision": revision})


def is_overtaken(database: Database, offer_id: str, token: int, at_ms: int) -> bool:
    """Whether the hospital has since said something newer, or has since been asked anew.

    ``token`` and ``at_ms`` of a hospital's answers only grow, so they tell the order in which the doctor gave them.
    """
    row = database.row(
        "SELECT 1 AS x FROM offers WHERE id = :id AND (:token < asked_token OR (:token, :at_ms) < (heard_token, heard_ms))",
        {"id": offer_id, "token": token, "at_ms": at_ms},
    )
    return row is not None


def note_heard(database: Database, offer_id: str, token: int, at_ms: int) -> None:
    """This is the newest answer of the hospital."""
    with database.writing() as tables:
        tables.table("offers").update(offer_id, {"heard_token": token, "heard_ms": at_ms})


@dataclass(frozen=True)
class AnswerRate:
    """How often an emergency room was asked, and how often it answered in time."""

    asked: int
    in_time: int


def answer_rates(database: Database, within_s: float, at: Stamp) -> dict[str, AnswerRate]:
    """By ``hpid`` how often an answer came within that time. Requests that are not that old yet, or that ended unanswered, tell nothing."""
    rows = database.rows(
        """SELECT hpid, asked_ms, asked_mono_ms, asked_boot, answered_ms, answered_mono_ms, answered_boot FROM offers
           WHERE answered_ms IS NOT NULL OR state IN ('asked', 'expired')"""
    )
    rates: dict[str, AnswerRate] = {}
    for row in rows:
        known, asked = rates.get(row["hpid"], AnswerRate(0, 0)), stamp_of(row, "asked")
        if row["answered_ms"] is not None:
            in_time = stamp_of(row, "answered").seconds_since(asked) <= within_s
        elif at.seconds_since(asked) > within_s:
            in_time = False
        else:
            continue
        rates[row["hpid"]] = AnswerRate(known.asked + 1, known.in_time + in_time)
    return rates


@dataclass(frozen=True)
class Heard:
    """The newest answer of a hospital by its fencing token and time, both 0 where there is none."""

    token: int
    at_ms: int


def heard_of(database: Database, offer_id: str) -> Heard:
    """The newest answer of the hospital. KeyError where there is no such offer."""
    row = database.row("SELECT heard_token, heard_ms FROM offers WHERE id = :id", {"id": offer_id})
    if row is None:
        raise KeyError(offer_id)
    return Heard(row["heard_token"], row["heard_ms"])


def note_asked(database: Database, offer_id: str, token: int, revision: int, stamp: Stamp) -> None:
    """The hospital is asked anew with this revision: what it answered before this fencing token is no answer to it."""
    asked = {"asked_token": token, "asked_revision": revision, **stamp_columns(stamp, "asked"), "reminded_ms": None}
    with database.writing() as tables:
        tables.table("offers").update(offer_id, asked)


def note_reminded(database: Database, offer_id: str, stamp: Stamp) -> None:
    """The hospital is reminded that it is asked."""
    with database.writing() as tables:
        tables.table("offers").update(offer_id, {"reminded_ms": stamp.unix_ms})


def open_cases_ringing(database: Database, ring_for_s: float, at: Stamp) -> list[str]:
    """The cases that nobody holds and for which an answer is waited for or somebody more may be asked, the oldest first.

    Further ones are asked for ``ring_for_s`` after the first was; a case that was left open for days must not be looked at each second.
    """
    rows = database.rows(
        """SELECT id FROM cases c WHERE state = 'open' AND EXISTS (SELECT 1 FROM offers o WHERE o.case_id = c.id AND (o.state = 'asked'
               OR CASE o.made_boot WHEN :boot THEN :mono_ms - o.made_mono_ms ELSE :unix_ms - o.made_ms END < :ring_ms)) ORDER BY number""",
        {"boot": at.boot, "mono_ms": at.mono_ms, "unix_ms": at.unix_ms, "ring_ms": ring_for_s * 1000},
    )
    return [row["id"] for row in rows]


def note_preview(database: Database, offer_id: str, reading_id: str) -> None:
    """The picture of this reading is in the outbox for this offer."""
    with database.writing() as tables:
        tables.table("offers").update(offer_id, {"preview_reading_id": reading_id})


def offers_without_preview(database: Database) -> list[Offer]:
    """Offers whose hospital has not been sent the picture of their reading, though there is a rendition of it."""
    rows = database.rows(
        """SELECT o.* FROM offers o JOIN readings d ON d.id = o.reading_id JOIN renditions p ON p.radiograph_id = d.radiograph_id
           WHERE o.preview_reading_id IS NOT o.reading_id AND o.state IN ('asked', 'accepted') ORDER BY o.made_ms, o.rank"""
    )
    return [_offer(row) for row in rows]


def prove(database: Database, offer_id: str, rung: Rung, stamp: Stamp) -> None:
    """Note that a rung is proven; the first proof counts, later ones change nothing."""
    with database.writing() as tables:
        tables.table("receipts").insert({"offer_id": offer_id, "rung": str(rung), **stamp_columns(stamp, "proven")}, ignore=True)


def with_rung(database: Database, case_id: str, rung: Rung) -> frozenset[str]:
    """The offers of a case of which that rung is proven."""
    sql = "SELECT r.offer_id FROM receipts r JOIN offers o ON o.id = r.offer_id WHERE o.case_id = :id AND r.rung = :rung"
    return frozenset(row["offer_id"] for row in database.rows(sql, {"id": case_id, "rung": str(rung)}))


def rungs_of_cases(database: Database, case_ids: Iterable[str]) -> Mapping[str, list[Rung]]:
    """What is proven of any offer of many cases, by case, each rung once; a case of which nothing is proven is not there."""
    sql = """SELECT DISTINCT o.case_id, r.rung FROM receipts r JOIN offers o ON o.id = r.offer_id
             WHERE o.case_id IN (SELECT value FROM json_each(:ids))"""
    return database.grouped(sql, case_ids, "case_id", lambda row: Rung(row["rung"]))


def proven_rungs(database: Database, offer_id: str) -> Mapping[Rung, Stamp]:
    """Every proven rung of an offer and when it was proven."""
    rows = database.rows("SELECT * FROM receipts WHERE offer_id = :id", {"id": offer_id})
    return {Rung(row["rung"]): stamp_of(row, "proven") for row in rows}
