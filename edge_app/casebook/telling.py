"""What the crew has entered since the hospitals were told: which case is to be looked at, and that it was."""

from edge_app.clock import now
from edge_app.database import Database


def case_to_tell(database: Database) -> str | None:
    """The case that was opened first of those whose hospitals have not been told what is known of the patient; None where there is none.

    A case whose hospitals have not been asked yet is told with its first request.
    """
    row = database.row(
        """SELECT c.id FROM (
               SELECT id, number, patient_id FROM cases WHERE to_tell = 1
               UNION SELECT c.id, c.number, c.patient_id FROM vitals v JOIN cases s ON s.id = v.case_id
               JOIN cases c ON c.patient_id = s.patient_id WHERE v.told_ms IS NULL) c
           WHERE EXISTS (SELECT 1 FROM cases s JOIN radiographs r ON r.case_id = s.id JOIN readings d ON d.radiograph_id = r.id
                         WHERE s.patient_id = c.patient_id AND d.dispatched_ms IS NOT NULL)
           ORDER BY c.number LIMIT 1"""
    )
    return None if row is None else str(row["id"])


def is_to_tell(database: Database, case_id: str) -> bool:
    """Whether what a decision says of the patient, beside its urgency, has changed since this case's hospitals were told."""
    return database.row("SELECT 1 AS x FROM cases WHERE id = :id AND to_tell", {"id": case_id}) is not None


def mark_told(database: Database, case_id: str) -> None:
    """What is known of the patient is in the outbox for this case, or changed nothing that its hospitals were told.

    Vital signs count for all cases of the patient, so the hospitals of the others are still to be told of those that were new.
    """
    with database.writing() as tables:
        patient = {"case": case_id, "told": now().unix_ms}
        new = tables.conn.execute(
            """UPDATE vitals SET told_ms = :told WHERE told_ms IS NULL AND case_id IN (
                   SELECT id FROM cases WHERE patient_id = (SELECT patient_id FROM cases WHERE id = :case))""",
            patient,
        ).rowcount
        if new:
            tables.conn.execute(
                "UPDATE cases SET to_tell = 1 WHERE patient_id = (SELECT patient_id FROM cases WHERE id = ?)",
                (case_id,),
            )
        tables.conn.execute("UPDATE cases SET to_tell = 0 WHERE id = ?", (case_id,))
