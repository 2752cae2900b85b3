"""Cases: one patient's episode on this box."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge_app.casebook.events import EventKind, record
from edge_app.clock import ClockSource, Stamp, now
from edge_app.database import Database, Row
from edge_app.errors import CaseClosedError


class CaseState(StrEnum):
    """Where a case stands. ``dispatch/offers.py`` holds the table of its transitions."""

    OPEN = "open"
    HELD = "held"
    CLOSED = "closed"


@dataclass(frozen=True)
class Case:
    """One patient's episode. ``fencing_token`` is the last one granted; ``holder_offer_id`` the offer that holds the lease.

    ``sex`` and ``age_years`` are what the crew entered, else what came with the picture. ``age_about``: the age is the crew's estimate.
    ``patient_id`` is the same for all cases of one patient: the id of the case that the others were merged into.
    """

    id: str
    number: int
    sex: str | None
    age_years: float | None
    pre_ktas: int | None
    opened: Stamp
    state: CaseState
    fencing_token: int
    holder_offer_id: str | None
    age_about: bool = False
    patient_id: str = ""


def new_id() -> str:
    """A random identifier, 128 bits, hexadecimal; says nothing about the patient."""
    return secrets.token_hex(16)


def stamp_of(row: Row, prefix: str) -> Stamp:
    """The instant stored in ``<prefix>_ms``, ``<prefix>_mono_ms`` and ``<prefix>_boot``."""
    return Stamp(row[f"{prefix}_ms"], row[f"{prefix}_mono_ms"], row[f"{prefix}_boot"], ClockSource.UNSYNCHRONISED, None)


def stamp_columns(stamp: Stamp, prefix: str) -> dict[str, int | str]:
    """The columns that ``stamp_of`` reads."""
    return {f"{prefix}_ms": stamp.unix_ms, f"{prefix}_mono_ms": stamp.mono_ms, f"{prefix}_boot": stamp.boot}


def _case(row: Row) -> Case:
    return Case(
        row["id"],
        row["number"],
        row["sex"] if row["known_sex"] is None else row["known_sex"],
        row["age_years"] if row["known_age_years"] is None else row["known_age_years"],
        row["pre_ktas"] if row["known_pre_ktas"] is None else row["known_pre_ktas"],
        stamp_of(row, "opened"),
        CaseState(row["state"]),
        row["fencing_token"],
        row["holder_offer_id"],
        bool(row["known_age_about"]),
        row["patient_id"],
    )


def case_for_study(database: Database, study_instance_uid: str | None, sex: str | None, age_years: float | None) -> Case:
    """The case of that study, opened now where there is none; without a study every picture opens a case of its own."""
    with database.writing() as tables:
        if study_instance_uid is not None:
            row = database.row("SELECT * FROM cases WHERE study_instance_uid = :uid", {"uid": study_instance_uid})
            if row is not None:
                return _case(row)
        stamp = now()
        last = database.row("SELECT max(number) AS number FROM cases")
        case_id = new_id()
        tables.table("cases").insert(
            {
                "id": case_id,
                "number": ((last["number"] if last else None) or 0) + 1,
                "study_instance_uid": study_instance_uid,
                "patient_id": case_id,
                "sex": sex,
                "age_years": age_years,
                "state": str(CaseState.OPEN),
                **stamp_columns(stamp, "opened"),
            }
        )
        record(database, EventKind.CASE_OPENED, stamp, case_id, case_id)
    return get_case(database, case_id)


def case_for_picture(database: Database, case_id: str, study_instance_uid: str | None, sex: str | None, age_years: float | None) -> Case:
    """The case that the crew has chosen for a picture. What came with the picture is noted where the case has nothing of that yet.

    Raises:
        KeyError: no such case. CaseClosedError: it is over.
    """
    with database.writing() as tables:
        case = get_case(database, case_id)
        if case.state is CaseState.CLOSED:
            raise CaseClosedError(f"case {case.number} is over")
        # The other pictures of the study follow it, unless their study has a case already, or the case another study.
        tables.conn.execute(
            """UPDATE cases SET sex = coalesce(sex, :sex), age_years = coalesce(age_years, :age), study_instance_uid = coalesce(
                   study_instance_uid, (SELECT :uid WHERE NOT EXISTS (SELECT 1 FROM cases WHERE study_instance_uid = :uid)))
               WHERE id = :id""",
            {"id": case_id, "sex": sex, "age": age_years, "uid": study_instance_uid},
        )
    return get_case(database, case_id)


def get_case(database: Database, case_id: str) -> Case:
    """The case of that id. KeyError where there is none."""
    row = database.row("SELECT * FROM cases WHERE id = :id", {"id": case_id})
    if row is None:
        raise KeyError(case_id)
    return _case(row)


def get_cases(database: Database, case_ids: Iterable[str]) -> list[Case]:
    """Those cases, the newest first."""
    sql = "SELECT * FROM cases WHERE id IN (SELECT value FROM json_each(:ids)) ORDER BY number DESC"
    return [_case(row) for row in database.rows_of(sql, case_ids)]


def cases_of_patient(database: Database, case_id: str) -> list[Case]:
    """All cases of that case's patient in the order they were opened; itself alone where none was merged. KeyError where there is none."""
    sql = "SELECT * FROM cases WHERE patient_id = :patient ORDER BY number"
    return [_case(row) for row in database.rows(sql, {"patient": get_case(database, case_id).patient_id})]


def cases_of_patients(database: Database, patient_ids: Iterable[str]) -> Mapping[str, list[Case]]:
    """All cases of many patients, by patient, each in the order they were opened."""
    sql = "SELECT * FROM cases WHERE patient_id IN (SELECT value FROM json_each(:ids)) ORDER BY number"
    return database.grouped(sql, patient_ids, "patient_id", _case)


def change_case(database: Database, case_id: str, state: CaseState, fencing_token: int, holder_offer_id: str | None) -> None:
    """Write a case's new standing; only ``dispatch/offers.py`` decides it."""
    with database.writing() as tables:
        changes = {"state": str(state), "fencing_token": fencing_token, "holder_offer_id": holder_offer_id}
        tables.table("cases").update(case_id, changes)


def recent_cases(database: Database, limit: int = 50) -> list[Case]:
    """The newest cases first."""
    return [_case(row) for row in database.rows("SELECT * FROM cases ORDER BY number DESC LIMIT :limit", {"limit": limit})]


def enter_pre_ktas(database: Database, case_id: str, level: int) -> None:
    """Record the crew's own Pre-KTAS, 1–5, for all cases of the patient. ValueError outside of it."""
    if not 1 <= level <= 5:
        raise ValueError(f"Pre-KTAS {level} is not 1–5")
    with database.writing() as tables:
        tables.table("cases").update(case_id, {"pre_ktas": level})
        patient_id = get_case(database, case_id).patient_id
        tables.conn.execute("UPDATE cases SET known_pre_ktas = ? WHERE patient_id = ?", (level, patient_id))
        record(database, EventKind.PRE_KTAS_ENTERED, now(), case_id, case_id, {"level": level})
