"""Vital signs as the crew entered them: each value a row, never changed; the newest of a sign counts."""

from collections.abc import Mapping

from edge_app.casebook.cases import get_case, new_id, stamp_columns, stamp_of
from edge_app.casebook.events import EventKind, record
from edge_app.clock import now
from edge_app.database import Database
from edge_app.triage import VITALS, Entered, Vitals, is_plausible


def enter_vitals(database: Database, case_id: str, values: Mapping[str, float | None]) -> None:
    """Write values by the names of ``Vitals``; None takes a sign back, so that it is not known any more. Nothing given, nothing written.

    Raises:
        KeyError: no such case, or no such sign.
        ValueError: a value is not plausible. Nothing is written then.
    """
    get_case(database, case_id)
    for name, value in values.items():
        if name not in VITALS:
            raise KeyError(name)
        if value is not None and not is_plausible(name, value):
            raise ValueError(f"{name} is outside of what is plausible")
    if not values:
        return
    with database.writing() as tables:
        stamp, entry_id = now(), new_id()
        for name, value in values.items():
            row = {"case_id": case_id, "entry_id": entry_id, "sign": name, "value": value, **stamp_columns(stamp, "entered")}
            tables.table("vitals").insert(row)
        # Which signs, not what they were: the chain is no place for what is known of a patient.
        detail: dict[str, str | int] = {"signs": ",".join(sorted(values)), "taken_back": sum(value is None for value in values.values())}
        record(database, EventKind.VITALS_ENTERED, stamp, case_id, entry_id, detail)


def vitals_of(database: Database, case_id: str, *, told: bool = False) -> Vitals:
    """What is known of a case's vital signs: by sign the value entered last; with ``told`` as the hospitals were last told."""
    rows = database.rows(
        """SELECT * FROM vitals v WHERE case_id = :id AND value IS NOT NULL
           AND id = (SELECT max(id) FROM vitals WHERE case_id = v.case_id AND sign = v.sign AND (:any OR told_ms IS NOT NULL))""",
        {"id": case_id, "any": int(not told)},
    )
    return Vitals(**{row["sign"]: Entered(row["value"], stamp_of(row, "entered")) for row in rows})


def case_to_tell(database: Database) -> str | None:
    """The case that has waited longest with vital signs its hospitals have not been told; None where there is none.

    A case whose hospitals have not been asked yet is told with its first request.
    """
    row = database.row(
        """SELECT case_id FROM vitals v WHERE told_ms IS NULL AND EXISTS (
               SELECT 1 FROM readings d JOIN radiographs r ON r.id = d.radiograph_id
               WHERE r.case_id = v.case_id AND d.dispatched_ms IS NOT NULL)
           ORDER BY id LIMIT 1"""
    )
    return None if row is None else str(row["case_id"])


def mark_told(database: Database, case_id: str) -> None:
    """What the case's vital signs mean is in the outbox, or changed nothing that the hospitals were told."""
    with database.writing() as tables:
        sql = "UPDATE vitals SET told_ms = ? WHERE case_id = ? AND told_ms IS NULL"
        tables.conn.execute(sql, (now().unix_ms, case_id))
