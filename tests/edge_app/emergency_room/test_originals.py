"""Originals at the hospital: whole or not there, whatever comes twice, out of order or wrong."""

import hashlib
import random

import pytest

from edge_app.clock import now
from edge_app.database import Database
from edge_app.emergency_room.originals import Original, original_arriving, original_file, originals_of
from edge_app.link.messages import LEAST_PART_BYTES, HaveBody, OriginalBody, PartBody, decode
from edge_app.link.outbox import waiting
from edge_app.radiograph.original import OriginalMedia
from tests.edge_app.clocks import Clock
from tests.edge_app.emergency_room.builders import OFFER, OTHER, decision, deliver

CONTENT = random.Random(1).randbytes(3 * LEAST_PART_BYTES + 17)
SHA = hashlib.sha256(CONTENT).hexdigest()


def manifest(offer_id: str = OFFER, sha256: str = SHA) -> OriginalBody:
    return OriginalBody(
        offer_id=offer_id,
        sha256=sha256,
        revision=1,
        media_type=OriginalMedia.DICOM,
        size=len(CONTENT),
        part_bytes=LEAST_PART_BYTES,
    )


def part(number: int, *, content: bytes | None = None, sha256: str = SHA) -> PartBody:
    own = CONTENT[number * LEAST_PART_BYTES : (number + 1) * LEAST_PART_BYTES]
    return PartBody(offer_id=OFFER, sha256=sha256, number=number, content=own if content is None else content)


def said(database: Database) -> list[int]:
    bodies = [decode(sent.body).body for sent in waiting(database)]
    return [body.number for body in bodies if isinstance(body, HaveBody)]


def here(database: Database) -> Original:
    (original,) = originals_of(database, OFFER)
    return original


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2), (0, 0, 1, 1, 2, 3)])
def test_the_parts_make_the_whole_in_any_order_and_number(database: Database, order: tuple[int, ...]) -> None:
    deliver(database, decision(), manifest())
    assert said(database) == [0]
    for number in order:
        assert not here(database).whole
        deliver(database, part(number))
    assert here(database).whole
    path, media = original_file(database, OFFER, SHA)
    assert path.read_bytes() == CONTENT
    assert media is OriginalMedia.DICOM
    assert database.rows("SELECT * FROM original_parts") == []


def test_who_announces_it_again_is_told_from_where_it_is_missing(database: Database) -> None:
    deliver(database, decision(), manifest(), part(0), part(1), part(3), manifest())
    assert said(database) == [0, 2]
    deliver(database, part(2), manifest())
    assert said(database) == [0, 2, 4], "nothing is missing"
    deliver(database, part(2))
    assert here(database).whole


def test_a_whole_that_is_not_what_was_announced_is_asked_for_anew(database: Database) -> None:
    deliver(database, decision(), manifest(), part(0), part(1, content=b"x" * LEAST_PART_BYTES), part(2), part(3))
    assert not here(database).whole
    assert said(database) == [0, 0]
    with pytest.raises(KeyError):
        original_file(database, OFFER, SHA)
    deliver(database, *(part(number) for number in range(4)))
    assert here(database).whole


def refusals(database: Database) -> list[str]:
    return [row["word"] for row in database.rows("SELECT word FROM refusals ORDER BY id")]


def test_nothing_is_kept_of_what_was_not_asked_or_not_announced(database: Database) -> None:
    deliver(database, decision(), manifest(OTHER), part(0))
    assert refusals(database) == ["original: of an unknown request", "part: of an unknown request"]
    assert database.rows("SELECT * FROM original_parts") == []
    assert originals_of(database, OTHER) == []


def test_a_part_beyond_the_last_is_not_kept(database: Database) -> None:
    deliver(database, decision(), manifest(), part(4, content=b"x"))
    assert here(database).parts_here == 0


def test_how_far_an_original_is_and_how_long_the_rest_takes(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    clock.stand_still()
    deliver(database, decision(), manifest())
    for number in range(3):
        clock.wait(4)
        deliver(database, part(number))
    clock.wait(1)
    told = original_arriving(database, OFFER, here(database), now(), link_up=True)
    assert told is not None
    assert (told.here_bytes, told.size_bytes, told.still_s) == (3 * LEAST_PART_BYTES, len(CONTENT), None)
    assert told.left_s == 0, "17 bytes take less than the second since the last part"
    clock.wait(600)
    told = original_arriving(database, OFFER, here(database), now(), link_up=True)
    assert told is not None
    assert told.still_s == pytest.approx(600, abs=2)
    deliver(database, manifest())
    told = original_arriving(database, OFFER, here(database), now(), link_up=True)
    assert told is not None
    assert told.still_s is None, "announced again, it begins again"
    deliver(database, part(3))
    assert original_arriving(database, OFFER, here(database), now(), link_up=True) is None
