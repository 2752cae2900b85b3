"""Originals on their way to a hospital: made ready once, without loss, then sent part by part, each a row that survives a kill."""

from dataclasses import dataclass

from edge_app.casebook import Casebook
from edge_app.casebook.attempts import STARTS_BEFORE_SET_ASIDE
from edge_app.casebook.offers import OfferState
from edge_app.database import Database
from edge_app.link.outbox import Priority
from edge_app.radiograph.original import Original, OriginalMedia

RESTARTS_BEFORE_SET_ASIDE = 3


@dataclass(frozen=True)
class Wanted:
    """A radiograph whose hospital is to have the original."""

    radiograph_id: str
    sha256: str


def next_wanted(database: Database) -> Wanted | None:
    """A picture that was read, of a patient of whom a hospital holds a case, whose original is not ready; the oldest first."""
    row = database.row(
        """SELECT r.id, r.sha256 FROM radiographs r JOIN cases c ON c.id = r.case_id JOIN renditions p ON p.radiograph_id = r.id
           LEFT JOIN originals o ON o.radiograph_id = r.id
           WHERE EXISTS (SELECT 1 FROM cases h WHERE h.patient_id = c.patient_id AND h.state = 'held')
           AND r.edited_from IS NULL AND o.sha256 IS NULL AND coalesce(o.started, 0) < :starts ORDER BY r.received_ms LIMIT 1""",
        {"starts": STARTS_BEFORE_SET_ASIDE},
    )
    return None if row is None else Wanted(row["id"], row["sha256"])


def add_original(casebook: Casebook, radiograph_id: str, original: Original) -> None:
    """Keep an original that is ready to be sent. OSError where it cannot be stored."""
    digest = casebook.pictures.keep(original.content)
    with casebook.database.writing() as tables:
        ready = {"sha256": digest, "media_type": str(original.media_type), "size": len(original.content)}
        tables.table("originals").update(radiograph_id, ready)


@dataclass(frozen=True)
class Transfer:
    """An original for the hospital of an offer. ``next_part`` is the first one not yet in the outbox, None before it was announced.

    ``revision`` is the offer's where its hospital was last shown this picture, else 0.
    """

    offer_id: str
    hpid: str
    radiograph_id: str
    sha256: str
    media_type: OriginalMedia
    size: int
    revision: int
    next_part: int | None


def next_transfer(database: Database, part_bytes: int) -> Transfer | None:
    """An original for the hospital that holds a case of its patient which is to be announced, or of which parts are still to be sent."""
    row = database.row(
        """SELECT f.id AS offer_id, f.hpid, o.radiograph_id, o.sha256, o.media_type, o.size, t.next_part,
                  CASE d.radiograph_id WHEN r.id THEN f.revision ELSE 0 END AS revision
           FROM offers f JOIN cases h ON h.id = f.case_id JOIN cases c ON c.patient_id = h.patient_id
           JOIN radiographs r ON r.case_id = c.id JOIN originals o ON o.radiograph_id = r.id
           JOIN readings d ON d.id = f.reading_id LEFT JOIN transfers t ON t.offer_id = f.id AND t.radiograph_id = r.id
           WHERE f.state = :held AND o.sha256 IS NOT NULL AND (t.offer_id IS NULL OR t.next_part * :part < o.size)
           ORDER BY t.offer_id IS NOT NULL, r.received_ms LIMIT 1""",
        {"held": str(OfferState.ACCEPTED), "part": part_bytes},
    )
    return None if row is None else Transfer(**{**row, "media_type": OriginalMedia(row["media_type"])})


def note_announced(database: Database, transfer: Transfer) -> None:
    """Its manifest is in the outbox."""
    with database.writing() as tables:
        tables.table("transfers").insert({"offer_id": transfer.offer_id, "radiograph_id": transfer.radiograph_id})


def note_part(database: Database, transfer: Transfer, next_part: int) -> None:
    """All parts before this one are in the outbox."""
    with database.writing() as tables:
        tables.table("transfers").update((transfer.offer_id, transfer.radiograph_id), {"next_part": next_part})


def note_have(database: Database, offer_id: str, sha256: str, number: int) -> bool:
    """The hospital has all parts before ``number``: go on from there. False where nothing was announced, or it began anew too often."""
    with database.writing() as tables:
        changed = tables.conn.execute(
            """UPDATE transfers SET restarts = restarts + (next_part IS NOT NULL), next_part = :number, had = :number
               WHERE offer_id = :offer AND restarts < :most
               AND radiograph_id IN (SELECT radiograph_id FROM originals WHERE sha256 = :sha)""",
            {"offer": offer_id, "sha": sha256, "number": number, "most": RESTARTS_BEFORE_SET_ASIDE},
        ).rowcount
        tables.conn.execute("DELETE FROM picture_receipts WHERE offer_id = ? AND sha256 = ?", (offer_id, sha256))
    return bool(changed)


def drop_pictures(database: Database) -> bool:
    """Take pictures out of the outbox that nobody waits for any more; whether there were any. Who is asked anew is sent them anew."""
    with database.writing() as tables:
        # One that is going out just now is dropped as well: its receipt then changes nothing.
        unwanted = database.rows(
            """SELECT o.id, o.offer_id FROM outbox o JOIN offers f ON f.id = o.offer_id
               WHERE o.received_ms IS NULL AND o.quarantined IS NULL AND o.priority BETWEEN :region AND :original
               AND f.state <> :held AND (o.priority = :original OR f.state <> :asked)""",
            {
                "region": int(Priority.REGION),
                "original": int(Priority.ORIGINAL),
                "held": str(OfferState.ACCEPTED),
                "asked": str(OfferState.ASKED),
            },
        )
        for row in unwanted:
            tables.table("outbox").delete(row["id"])
            tables.table("offers").update(row["offer_id"], {"preview_reading_id": None})
            tables.conn.execute("DELETE FROM transfers WHERE offer_id = ?", (row["offer_id"],))
            tables.conn.execute("DELETE FROM picture_receipts WHERE offer_id = ? AND sha256 IS NOT NULL", (row["offer_id"],))
    return bool(unwanted)
