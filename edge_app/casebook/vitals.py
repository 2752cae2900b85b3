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
    """What is known of a patient's vital signs, in whichever of its cases they were entered: by sign the value entered last.

    With ``told`` it is what the hospitals were last told.
    """
    rows = database.rows(
        """WITH own AS (SELECT v.* FROM vitals v JOIN cases c ON c.id = v.case_id
                        WHERE c.patient_id = (SELECT patient_id FROM cases WHERE id = :id) AND (:any OR v.told_ms IS NOT NULL))
           SELECT * FROM own WHERE value IS NOT NULL AND id IN (SELECT max(id) FROM own GROUP BY sign)""",
        {"id": case_id, "any": int(not told)},
    )
    return Vitals(**{row["sign"]: Entered(row["value"], stamp_of(row, "entered")) for row in rows})
