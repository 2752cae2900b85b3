"""A disk that fills up under one end: what could not be stored is neither receipted nor acknowledged, and comes when there is room."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from edge_app.casebook import Casebook
from edge_app.dispatch import uplink
from edge_app.dispatch.uplink import Uplink
from edge_app.emergency_room.inbox import Inbox, open_desk
from edge_app.emergency_room.requests import recent_requests
from edge_app.link import session
from edge_app.link.messages import AnswerBody, AnswerKind, Body
from edge_app.link.state import LinkWord
from tests.edge_app.conftest import Mount
from tests.edge_app.emergency_room.builders import decision
from tests.edge_app.full_disk import Disk
from tests.edge_app.link.conftest import Enter
from tests.edge_app.link.peers import ROOM, UNIT, End, RealBroker
from tests.edge_app.waiting import wait_until

MANY = 12


def the_box(end: End, folder: Path) -> End:
    """The end as the box has it."""
    end.database = Casebook(folder).database
    end.notes = Uplink(end.database)
    return end


def the_hospital(end: End, folder: Path) -> End:
    """The end as the emergency room has it."""
    end.database = open_desk(folder)
    end.notes = Inbox(end.database, end.name)
    return end


def request(number: int) -> Body:
    return decision(f"{number:032x}")


def answer(number: int) -> Body:
    return AnswerBody(offer_id=f"{number:032x}", token=0, answer=AnswerKind.ACCEPT, note="·" * 200, at_ms=1)


def receipted(end: End) -> list[str]:
    """The messages that the other end has said it has."""
    return [row["id"] for row in end.database.rows("SELECT id FROM outbox WHERE received_ms IS NOT NULL ORDER BY rowid")]


@pytest.mark.parametrize(("name", "as_it_is", "body"), [(ROOM, the_hospital, request), (UNIT, the_box, answer)])
def test_what_finds_no_room_is_not_receipted_and_is_delivered_once_when_there_is_some(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    broker: RealBroker,
    enter: Enter,
    name: str,
    as_it_is: Callable[[End, Path], End],
    body: Callable[[int], Body],
) -> None:
    # Long before the sender would repeat it: what was not acknowledged, the broker brings again.
    monkeypatch.setattr(session, "PACE", replace(session.PACE, first_s=60.0))
    # As many offers as there are answers would be no other matter.
    monkeypatch.setattr(uplink, "is_offer", lambda _database, _offer_id: True)
    words: list[LinkWord] = []
    tell = session.write_link_state
    monkeypatch.setattr(session, "write_link_state", lambda *args, **more: (words.append(more["word"]), tell(*args, **more)))
    full, other = as_it_is(enter(name, broker), tmp_path / "full"), enter(ROOM if name == UNIT else UNIT, broker)
    disk = Disk(tmp_path / "full", monkeypatch)
    full.start()
    wait_until(lambda: full.is_connected(), "the connection")
    disk.full = True
    sent = [message.id for message in other.put(name, *map(body, range(MANY)))]
    other.start()
    wait_until(lambda: words.count(LinkWord.STORAGE_FAILED) >= 2, "two refusals of the disk")
    stored = full.inbox()
    assert len(stored) < MANY
    # What fitted into the rest of a page was stored and receipted; nothing else was, whatever the broker brought again.
    wait_until(lambda: receipted(other) == stored, "the receipts of what is stored")
    assert full.inbox() == stored
    disk.free()
    wait_until(lambda: other.unreceipted() == 0, "all receipts")
    assert sorted(full.inbox()) == sorted(sent)
    if name == ROOM:
        assert len(recent_requests(full.database)) == MANY
    assert other.attempts() == [1] * MANY


def test_on_a_disk_without_a_byte_left_nothing_is_lost(tmp_path: Path, broker: RealBroker, enter: Enter, mount: Mount) -> None:
    place = mount("size=2m")
    room, unit = the_hospital(enter(ROOM, broker), place), enter(UNIT, broker)
    room.start()
    wait_until(lambda: room.is_connected(), "the connection")
    filling = place / "filling"
    with contextlib.suppress(OSError), filling.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    (message,) = unit.put(ROOM, decision())
    unit.start()
    wait_until(lambda: unit.attempts() >= [3], "the third attempt")
    assert room.inbox() == []
    assert receipted(unit) == []
    filling.unlink()
    wait_until(lambda: unit.unreceipted() == 0, "the receipt")
    assert room.inbox() == [message.id]
    assert len(recent_requests(room.database)) == 1
    wait_until(lambda: room.is_connected(), "the connection")
    room.stop()
    room.database.close()
