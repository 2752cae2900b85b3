"""The console's viewer: large beside the answer, and another picture of the same patient only where it is surely another one."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge_app.database import Database
from edge_app.emergency_room.console.desk import desk_of
from edge_app.link.messages import LEAST_PART_BYTES, OriginalBody, PartBody
from edge_app.radiograph.original import OriginalMedia
from edge_app.screens.viewing import Pane, When, Which
from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.dicom import write_dx
from tests.edge_app.emergency_room.builders import OFFER, decision, deliver, preview, refused, region

TAKEN = datetime(2026, 9, 1, 12, 30, tzinfo=UTC).astimezone()


def deliver_original(database: Database, folder: Path, seed: int, revision: int, taken_at: datetime | None) -> str:
    content = write_dx(folder / f"{seed}.dcm", simulated_chest(seed, 300, 250), taken_at=taken_at).read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    announced = OriginalBody(
        offer_id=OFFER, sha256=sha256, revision=revision, media_type=OriginalMedia.DICOM, size=len(content), part_bytes=LEAST_PART_BYTES
    )
    parts = [content[at : at + LEAST_PART_BYTES] for at in range(0, len(content), LEAST_PART_BYTES)]
    deliver(database, announced, *(PartBody(offer_id=OFFER, sha256=sha256, number=n, content=part) for n, part in enumerate(parts)))
    return sha256


def panes(database: Database) -> tuple[Pane, ...]:
    case = desk_of(database, OFFER).case
    assert case is not None
    return case.panes


def test_what_is_here_is_shown_with_when_it_came(database: Database) -> None:
    deliver(database, decision())
    assert panes(database) == ()
    deliver(database, region())
    (shown,) = panes(database)
    assert (shown.which, shown.when, shown.note, shown.read) == (Which.NOW, When.RECEIVED, "console.picture.region", True)
    deliver(database, refused(revision=2), preview(revision=2))
    (shown,) = panes(database)
    assert (shown.note, shown.read, shown.findings) == ("console.picture.preview", False, ())


def test_another_original_is_earlier_only_where_both_say_when_they_were_taken(database: Database, tmp_path: Path) -> None:
    deliver(database, decision(), preview())
    first = deliver_original(database, tmp_path, 5, 0, TAKEN - timedelta(minutes=9))
    (shown,) = panes(database)
    assert shown.note == "console.picture.preview", "beside a small picture it might be the same one"
    deliver_original(database, tmp_path, 31, 1, TAKEN)
    now, other = panes(database)
    assert (now.which, now.when, now.at_ms) == (Which.NOW, When.TAKEN, int(TAKEN.timestamp() * 1000))
    assert (other.which, other.when) == (Which.EARLIER, When.TAKEN)
    assert other.picture.pixels_url == f"/requests/{OFFER}/originals/{first}/pixels"
    assert not other.picture.boxes, "what was found was found on the other one"
    deliver_original(database, tmp_path, 6, 0, TAKEN + timedelta(minutes=2))
    assert panes(database)[1].which is Which.OTHER
