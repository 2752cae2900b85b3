"""Radiographs: every picture that came through a door, readable or not, kept as it arrived."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge_app.casebook.cases import case_for_picture, case_for_study, new_id, stamp_columns, stamp_of
from edge_app.casebook.events import EventKind, record
from edge_app.clock import Stamp, now
from edge_app.database import Database, Row
from edge_app.radiograph.edits import EDITS, UNEDITED, Edits
from edge_app.radiograph.picture import Facts


class Door(StrEnum):
    """How a picture came in."""

    DICOM = "dicom"
    DROP_FOLDER = "drop_folder"
    UPLOAD = "upload"
    EDITED = "edited"
    READ_AGAIN = "read_again"


@dataclass(frozen=True)
class StoredRadiograph:
    """A picture in the casebook; its bytes lie in the picture store under ``sha256``.

    An edited picture is one more, of the same bytes: ``edited_from`` is what it was made of and ``edits`` what was done to it. One that is
    only read once more by another protocol is such a picture too, to which nothing was done.
    ``send_unread``: the crew wants the hospitals to have it though it would not go by itself.
    """

    id: str
    case_id: str
    sop_instance_uid: str | None
    sha256: str
    size_bytes: int
    door: Door
    taken_at: str | None
    received: Stamp
    protocol: str | None
    send_unread: bool
    edited_from: str | None = None
    edits: Edits = UNEDITED

    @property
    def edited(self) -> bool:
        """Whether something was done to it before it was read."""
        return self.edits != UNEDITED

    @property
    def stands_for_case(self) -> bool:
        """Whether it is what the case is looked at and judged by: an edited one only when the crew has sent it."""
        return self.edited_from is None or self.send_unread


def _radiograph(row: Row) -> StoredRadiograph:
    return StoredRadiograph(
        row["id"],
        row["case_id"],
        row["sop_instance_uid"],
        row["sha256"],
        row["size_bytes"],
        Door(row["door"]),
        row["taken_at"],
        stamp_of(row, "received"),
        row["protocol"],
        bool(row["send_unread"]),
        row["edited_from"],
        UNEDITED if row["edits"] is None else EDITS.validate_json(row["edits"]),
    )


def _twin(database: Database, sop_instance_uid: str | None, sha256: str) -> StoredRadiograph | None:
    """The radiograph this one repeats: the same SOP instance, or without an instance the same bytes.

    Other bytes of an instance that could not be read do not repeat it: they may be the whole copy of a truncated one.
    """
    row = database.row(
        """SELECT * FROM radiographs r WHERE sop_instance_uid = :uid AND (sha256 = :sha OR NOT EXISTS
               (SELECT 1 FROM readings d WHERE d.radiograph_id = r.id AND d.assessed = 0
                AND d.attempt = (SELECT max(attempt) FROM readings WHERE radiograph_id = r.id)))""",
        {"uid": sop_instance_uid, "sha": sha256},
    ) or database.row("SELECT * FROM radiographs WHERE sop_instance_uid IS NULL AND edited_from IS NULL AND sha256 = :sha", {"sha": sha256})
    return None if row is None else _radiograph(row)


def add_radiograph(
    database: Database, *, facts: Facts, sha256: str, size_bytes: int, door: Door, protocol: str | None = None, case_id: str | None = None
) -> tuple[StoredRadiograph, bool]:
    """Enter a picture whose file is already durable. Returns it and whether it is new; the same SOP instance twice is one radiograph.

    Where the copy that came first could not be read, other bytes of the same instance are a new radiograph of the same case.
    ``case_id`` is the case that the crew has chosen for it; a picture that is there already stays where it is.

    Raises:
        KeyError: no such case. CaseClosedError: it is over.
    """
    with database.writing() as tables:
        stamp = now()
        twin = _twin(database, facts.sop_instance_uid, sha256)
        if twin is not None:
            record(
                database,
                EventKind.RADIOGRAPH_REPEATED,
                stamp,
                twin.case_id,
                twin.id,
                {"same_bytes": twin.sha256 == sha256, "sha256": sha256},
            )
            return twin, False
        came = facts.study_instance_uid, facts.sex, facts.age_years
        case = case_for_study(database, *came) if case_id is None else case_for_picture(database, case_id, *came)
        radiograph_id = new_id()
        # Where a copy that could not be read had the instance's identifier, it passes to this one.
        tables.conn.execute("UPDATE radiographs SET sop_instance_uid = NULL WHERE sop_instance_uid = ?", (facts.sop_instance_uid,))
        tables.table("radiographs").insert(
            {
                "id": radiograph_id,
                "case_id": case.id,
                "sop_instance_uid": facts.sop_instance_uid,
                "sha256": sha256,
                "size_bytes": size_bytes,
                "door": str(door),
                "taken_at": facts.taken_at,
                "protocol": protocol,
                **stamp_columns(stamp, "received"),
            }
        )
        record(
            database,
            EventKind.RADIOGRAPH_STORED,
            stamp,
            case.id,
            radiograph_id,
            {"door": str(door), "sha256": sha256, **({} if case_id is None else {"by": "crew"})},
        )
    return get_radiograph(database, radiograph_id), True


def add_edited(database: Database, radiograph_id: str, edits: Edits) -> StoredRadiograph:
    """Enter a picture once more, as the crew has edited it, to be read anew; what it is made of stays as it is. Twice the same is one.

    Raises:
        KeyError: no such radiograph. ValueError: nothing is edited.
    """
    if edits == UNEDITED:
        raise ValueError("nothing is edited")
    source = get_radiograph(database, radiograph_id)
    return _add_again(database, source, edits, source.protocol)


def add_read_again(database: Database, radiograph_id: str, protocol: str) -> StoredRadiograph:
    """Enter a picture once more, to be read by that protocol; likewise. KeyError where there is no such radiograph."""
    source = get_radiograph(database, radiograph_id)
    return _add_again(database, source, source.edits, protocol)


def readings_side_by_side(database: Database, radiograph_id: str) -> list[StoredRadiograph]:
    """Every entry of the same picture with the same edits, itself among them, in the order they came; each is read by its own protocol."""
    radiograph = get_radiograph(database, radiograph_id)
    origin = radiograph.edited_from or radiograph.id
    rows = database.rows("SELECT * FROM radiographs WHERE id = :origin OR edited_from = :origin ORDER BY rowid", {"origin": origin})
    return [each for each in map(_radiograph, rows) if each.edits == radiograph.edits]


def _add_again(database: Database, source: StoredRadiograph, edits: Edits, protocol: str | None) -> StoredRadiograph:
    with database.writing() as tables:
        stamp = now()
        # Whatever it was edited from, all edits are told of the picture as it came.
        origin = source.edited_from or source.id
        text = EDITS.dump_json(edits).decode()
        same = database.row(
            "SELECT * FROM radiographs WHERE edited_from = :origin AND edits = :edits AND protocol IS :protocol",
            {"origin": origin, "edits": text, "protocol": protocol},
        )
        if same is not None:
            return _radiograph(same)
        edited_id = new_id()
        anew = edits == source.edits
        tables.table("radiographs").insert(
            {
                "id": edited_id,
                "case_id": source.case_id,
                "sha256": source.sha256,
                "size_bytes": source.size_bytes,
                "door": str(Door.READ_AGAIN if anew else Door.EDITED),
                "taken_at": source.taken_at,
                "protocol": protocol,
                "edited_from": origin,
                "edits": text,
                **stamp_columns(stamp, "received"),
            }
        )
        if anew:
            record(database, EventKind.RADIOGRAPH_READ_AGAIN, stamp, source.case_id, edited_id, {"from": origin, "protocol": protocol})
        else:
            record(database, EventKind.RADIOGRAPH_EDITED, stamp, source.case_id, edited_id, {"from": origin, "edits": json.loads(text)})
    return get_radiograph(database, edited_id)


def get_radiograph(database: Database, radiograph_id: str) -> StoredRadiograph:
    """The radiograph of that id. KeyError where there is none."""
    row = database.row("SELECT * FROM radiographs WHERE id = :id", {"id": radiograph_id})
    if row is None:
        raise KeyError(radiograph_id)
    return _radiograph(row)


def radiographs_of(database: Database, case_id: str) -> list[StoredRadiograph]:
    """The radiographs of a case in the order they came."""
    return [_radiograph(row) for row in database.rows("SELECT * FROM radiographs WHERE case_id = :id ORDER BY rowid", {"id": case_id})]


def radiographs_of_cases(database: Database, case_ids: Iterable[str]) -> Mapping[str, list[StoredRadiograph]]:
    """The radiographs of many cases, by case, each in the order they came; a case without any is not there."""
    sql = "SELECT * FROM radiographs WHERE case_id IN (SELECT value FROM json_each(:ids)) ORDER BY rowid"
    return database.grouped(sql, case_ids, "case_id", _radiograph)


def next_unread(database: Database) -> StoredRadiograph | None:
    """The radiograph that came first of those without a reading; the wall clock, which may jump, has no say in it."""
    row = database.row(
        """SELECT * FROM radiographs r WHERE NOT EXISTS (SELECT 1 FROM readings WHERE radiograph_id = r.id)
           ORDER BY rowid LIMIT 1"""
    )
    return None if row is None else _radiograph(row)


def ask_to_send_unread(database: Database, radiograph_id: str) -> None:
    """The crew wants the hospitals to see a picture that does not go by itself: not assessed, or edited."""
    with database.writing() as tables:
        radiograph = get_radiograph(database, radiograph_id)
        tables.table("radiographs").update(radiograph_id, {"send_unread": 1})
        kind = EventKind.SEND_UNREAD_ASKED if radiograph.edited_from is None else EventKind.SEND_EDITED_ASKED
        record(database, kind, now(), radiograph.case_id, radiograph_id)
