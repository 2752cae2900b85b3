"""What hospitals say beside their answers: what they have open, and in the end what it was."""

from collections.abc import Mapping
from dataclasses import dataclass

from edge_app.casebook.cases import stamp_columns, stamp_of
from edge_app.clock import Stamp, now
from edge_app.database import Database
from edge_app.link.remarks import DiagnosisBody
from edge_app.link.status import Availability, StatusBody


@dataclass(frozen=True)
class Told:
    """One capability as its hospital last told it: ``age_s`` is how long ago it was set there, at least."""

    availability: Availability
    free: int | None
    age_s: float


ToldOf = Mapping[str, Told]
"""By the code of the capability."""


def note_status(database: Database, hpid: str, body: StatusBody) -> None:
    """A hospital has told what it has open. An older word than the last changes nothing."""
    with database.writing() as tables:
        known = database.row("SELECT at_ms FROM told_statuses WHERE hpid = :hpid", {"hpid": hpid})
        if known is not None and known["at_ms"] >= body.at_ms:
            return
        row = {"hpid": hpid, "at_ms": body.at_ms, "body": body.model_dump_json(), **stamp_columns(now(), "received")}
        tables.table("told_statuses").upsert(row, pk="hpid")


def told_statuses(database: Database, at: Stamp) -> dict[str, ToldOf]:
    """What every hospital has told of itself, by ``hpid``, as old as it is then.

    The hospital's clock may differ from ours and the word may have waited on the way, so the longer of two ages counts: that by both
    wall clocks, and that since it came plus what it was old when it left. Nothing is taken to be younger than it is proven to be.
    """
    told: dict[str, ToldOf] = {}
    for row in database.rows("SELECT * FROM told_statuses"):
        body = StatusBody.model_validate_json(row["body"])
        since_s = max(at.seconds_since(stamp_of(row, "received")), (at.unix_ms - row["at_ms"]) / 1000)
        told[row["hpid"]] = {str(line.code): Told(line.availability, line.free, line.age_s + since_s) for line in body.lines}
    return told


def note_diagnosis(database: Database, body: DiagnosisBody) -> None:
    """A hospital says what it was in the end. An older word than the last changes nothing."""
    with database.writing() as tables:
        known = database.row("SELECT at_ms FROM diagnoses WHERE offer_id = :id", {"id": body.offer_id})
        if known is not None and known["at_ms"] >= body.at_ms:
            return
        row = {"offer_id": body.offer_id, "at_ms": body.at_ms, "body": body.model_dump_json(), "received_ms": now().unix_ms}
        tables.table("diagnoses").upsert(row, pk="offer_id")


@dataclass(frozen=True)
class Diagnosis:
    """What a hospital said that it was, and when that came here."""

    offer_id: str
    body: DiagnosisBody
    received_ms: int


def diagnoses_of(database: Database, case_id: str) -> tuple[Diagnosis, ...]:
    """The diagnoses of a case, one a hospital at most, in the order in which the hospitals were asked."""
    rows = database.rows(
        "SELECT d.* FROM diagnoses d JOIN offers o ON o.id = d.offer_id WHERE o.case_id = :id ORDER BY o.rank", {"id": case_id}
    )
    return tuple(Diagnosis(row["offer_id"], DiagnosisBody.model_validate_json(row["body"]), row["received_ms"]) for row in rows)
