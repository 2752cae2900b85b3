"""Whatever makes no sense at either end is refused, counted and told to nobody's harm, through the real session of that end."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cbor2
import pytest

from edge_app.casebook import Casebook
from edge_app.database import Database
from edge_app.dispatch.uplink import Uplink
from edge_app.emergency_room.inbox import Inbox, open_desk
from tests.edge_app.link.conftest import Enter
from tests.edge_app.link.peers import ROOM, UNIT, End, RealBroker
from tests.edge_app.waiting import wait_until

# Stands for what is known of a patient: it may be in what comes, and nowhere in what is noted of it.
PRIVATE = "Kim-Minsu"


@dataclass(frozen=True)
class Side:
    """One end as its service has it, and where it keeps the words of what it refused."""

    name: str
    other: str
    words: Callable[[Database], list[str]]


def _of_the_box(database: Database) -> list[str]:
    rows = database.rows("SELECT detail FROM events WHERE kind = 'message_refused' ORDER BY id")
    return [json.loads(row["detail"])["word"] for row in rows]


def _of_the_hospital(database: Database) -> list[str]:
    return [row["word"] for row in database.rows("SELECT word FROM refusals ORDER BY id")]


BOX, HOSPITAL = Side(UNIT, ROOM, _of_the_box), Side(ROOM, UNIT, _of_the_hospital)


def _enter(side: Side, enter: Enter, broker: RealBroker, folder: Path) -> End:
    end = enter(side.name, broker)
    if side is BOX:
        end.database = Casebook(folder).database
        end.notes = Uplink(end.database)
    else:
        end.database = open_desk(folder)
        end.notes = Inbox(end.database, end.name)
    return end


def nonsense(side: Side) -> dict[str, bytes]:
    """By the word it is refused with."""
    body = {"offer_id": "0" * 32, "token": 0, "answer": "accept", "note": PRIVATE, "at_ms": 1}
    envelope = [1, "answer", bytes(16), side.other, side.name, 1, body]
    return {
        "not CBOR: CBORDecodeEOF": cbor2.dumps(envelope)[:-9],
        "bytes after the message": cbor2.dumps(envelope) + PRIVATE.encode(),
        "not an envelope of seven": cbor2.dumps([*envelope, PRIVATE]),
        "another version": cbor2.dumps([2, *envelope[1:]]),
        "malformed identifier": cbor2.dumps([*envelope[:2], PRIVATE, *envelope[3:]]),
        "malformed end": cbor2.dumps([*envelope[:3], f"unit/{PRIVATE}", *envelope[4:]]),
        "malformed body: ValueError": cbor2.dumps([1, PRIVATE, *envelope[2:]]),
        "malformed body: ValidationError": cbor2.dumps([*envelope[:6], {**body, PRIVATE: PRIVATE}]),
        "addressed to another end": cbor2.dumps([*envelope[:4], "room/SIM-NORTH", *envelope[5:]]),
    }


@pytest.mark.parametrize("side", [BOX, HOSPITAL], ids=["box", "hospital"])
def test_nonsense_is_counted_with_a_word_that_repeats_nothing_of_it(
    tmp_path: Path, broker: RealBroker, enter: Enter, caplog: pytest.LogCaptureFixture, side: Side
) -> None:
    caplog.set_level(logging.DEBUG)
    end = _enter(side, enter, broker, tmp_path / "end").start()
    wait_until(lambda: end.is_connected(), "the connection")
    sent = nonsense(side)
    broker.publish(side.name, *sent.values())
    wait_until(lambda: len(side.words(end.database)) >= len(sent), "all words")
    assert side.words(end.database)[: len(sent)] == list(sent)
    # In no log, in no row, and nowhere else in the files.
    assert PRIVATE not in caplog.text
    end.stop()
    end.database.close()
    assert all(PRIVATE.encode() not in file.read_bytes() for file in (tmp_path / "end").rglob("*") if file.is_file())
