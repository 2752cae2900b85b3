"""Cases of one patient: that two are one is a record of its own, which can be undone. No row of either case changes its case.

A merge is an edge from one case to another; the cases that hang together are one patient's. Each keeps its pictures, its offers and its
lease, so nothing that was asked or answered can be lost, and nothing is asked twice for one patient (``dispatch/service.py``).
"""

from dataclasses import dataclass

from edge_app.casebook.cases import Case, cases_of_patient, get_case, new_id, stamp_columns, stamp_of
from edge_app.casebook.events import Detail, EventKind, record
from edge_app.casebook.patients import settle
from edge_app.clock import Stamp, now
from edge_app.database import Database, Row

CREW = "crew"


@dataclass(frozen=True)
class Merge:
    """Two cases said to be of one patient; ``by`` said so. ``undone`` is None while it is in force."""

    id: str
    case_id: str
    into_case_id: str
    by: str
    made: Stamp
    undone: Stamp | None


def _merge(row: Row) -> Merge:
    undone = None if row["undone_ms"] is None else stamp_of(row, "undone")
    return Merge(row["id"], row["case_id"], row["into_case_id"], row["made_by"], stamp_of(row, "made"), undone)


def merge(database: Database, case_id: str, other_id: str, by: str = CREW) -> Merge | None:
    """Say that these two are cases of one patient; None where that is known already. The one opened first keeps the patient's number.

    Raises:
        KeyError: no such case. ValueError: a case is to be merged with itself.
    """
    if case_id == other_id:
        raise ValueError("a case is its own patient's")
    with database.writing() as tables:
        one, other = get_case(database, case_id), get_case(database, other_id)
        if one.patient_id == other.patient_id:
            return None
        first, second = sorted((get_case(database, one.patient_id), get_case(database, other.patient_id)), key=lambda case: case.number)
        stamp = now()
        made = Merge(new_id(), second.id, first.id, by, stamp, None)
        row = {"id": made.id, "case_id": made.case_id, "into_case_id": made.into_case_id, "made_by": by}
        tables.table("merges").insert({**row, **stamp_columns(stamp, "made")})
        _together(database, cases_of_patient(database, first.id) + cases_of_patient(database, second.id), first.id)
        for of, with_ in ((first, second), (second, first)):
            record(database, EventKind.CASES_MERGED, stamp, of.id, made.id, {"number": with_.number, "by": by})
    return made


def undo(database: Database, merge_id: str, by: str = CREW) -> None:
    """Say that they were not of one patient; once more does nothing. KeyError where there is no such merge."""
    with database.writing() as tables:
        row = database.row("SELECT * FROM merges WHERE id = :id", {"id": merge_id})
        if row is None:
            raise KeyError(merge_id)
        known = _merge(row)
        if known.undone is not None:
            return
        stamp = now()
        cases = cases_of_patient(database, known.case_id)
        tables.table("merges").update(merge_id, {"undone_by": by, **stamp_columns(stamp, "undone")})
        into = {each.case_id: each.into_case_id for each in in_force(database)}
        apart = [case for case in cases if _root(case.id, into) == known.case_id]
        kept = [case for case in cases if case not in apart]
        _together(database, apart, known.case_id)
        _together(database, kept, kept[0].patient_id)
        _ask_for_themselves(database, [*apart, *kept])
        for of, with_id in ((known.case_id, known.into_case_id), (known.into_case_id, known.case_id)):
            detail: Detail = {"number": get_case(database, with_id).number, "by": by}
            record(database, EventKind.MERGE_UNDONE, stamp, of, merge_id, detail)


def _root(case_id: str, into: dict[str, str]) -> str:
    while case_id in into:
        case_id = into[case_id]
    return case_id


def _together(database: Database, cases: list[Case], patient_id: str) -> None:
    """These and no others are the patient's. What is known of the patient may be another now, so hospitals are told anew."""
    with database.writing() as tables:
        for case in cases:
            tables.table("cases").update(case.id, {"patient_id": patient_id, "to_tell": 1, "known_pre_ktas": None})
        settle(database, patient_id)
        level = database.row(
            """SELECT detail ->> 'level' AS level FROM events WHERE kind = :kind
               AND case_id IN (SELECT id FROM cases WHERE patient_id = :patient) ORDER BY id DESC LIMIT 1""",
            {"kind": str(EventKind.PRE_KTAS_ENTERED), "patient": patient_id},
        )
        if level is not None:
            tables.conn.execute("UPDATE cases SET known_pre_ktas = ? WHERE patient_id = ?", (level["level"], patient_id))


def _ask_for_themselves(database: Database, cases: list[Case]) -> None:
    """A case whose readings only another case's hospitals were told of has its newest asked with again: nobody knows of it any more."""
    with database.writing() as tables:
        for case in cases:
            tables.conn.execute(
                """UPDATE readings SET dispatched_ms = NULL WHERE id = (
                       SELECT d.id FROM readings d JOIN radiographs r ON r.id = d.radiograph_id
                       WHERE r.case_id = :case AND d.dispatched_ms IS NOT NULL ORDER BY d.rowid DESC LIMIT 1)
                   AND NOT EXISTS (SELECT 1 FROM offers WHERE case_id = :case)
                   AND EXISTS (SELECT 1 FROM cases WHERE id = :case AND state = 'open')""",
                {"case": case.id},
            )


def in_force(database: Database) -> list[Merge]:
    """Every merge that has not been undone, in the order they were made."""
    return [_merge(row) for row in database.rows("SELECT * FROM merges WHERE undone_ms IS NULL ORDER BY rowid")]


def merges_of(database: Database, case_id: str) -> list[Merge]:
    """The merges in force among the cases of that case's patient, in the order they were made."""
    mine = {case.id for case in cases_of_patient(database, case_id)}
    return [each for each in in_force(database) if each.case_id in mine]
