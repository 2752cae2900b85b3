"""What arrives is kept once, with its effect, before its receipt; what makes no sense is kept as a word."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edge_app.config import REPOSITORY
from edge_app.database import Database, DatabaseError
from edge_app.emergency_room import inbox as inbox_module
from edge_app.emergency_room import requests
from edge_app.emergency_room.inbox import Inbox, open_desk
from edge_app.emergency_room.requests import RequestState, answer, get_request, recent_requests
from edge_app.link.messages import AnswerBody, AnswerKind, Body, encode, new_message
from tests.edge_app.emergency_room.builders import OFFER, ROOM, decision, deliver, granted, message_of, stand_down


def words(database: Database) -> list[str]:
    return [row["word"] for row in database.rows("SELECT word FROM refusals ORDER BY id")]


def test_a_message_that_comes_twice_has_its_effect_once(database: Database) -> None:
    inbox = Inbox(database, ROOM)
    message = message_of(decision())
    inbox.keep(message, encode(message))
    answer(database, ROOM, OFFER, AnswerKind.ACCEPT)
    deliver(database, stand_down(token=3))
    before = get_request(database, OFFER)
    inbox.keep(message, encode(message))
    assert get_request(database, OFFER) == before
    assert database.row("SELECT count(*) AS n FROM inbox") == {"n": 2}


def test_a_duplicate_stand_down_after_a_new_round_is_stale(database: Database) -> None:
    inbox = Inbox(database, ROOM)
    word = message_of(stand_down(token=2))
    deliver(database, decision(token=1))
    inbox.keep(word, encode(word))
    deliver(database, decision(token=3, revision=2, asking=2))
    inbox.keep(word, encode(word))
    deliver(database, stand_down(token=2))
    assert get_request(database, OFFER).state is RequestState.RINGING


def test_what_is_not_for_an_emergency_room_is_kept_as_a_word(database: Database) -> None:
    deliver(database, AnswerBody(offer_id=OFFER, token=1, answer=AnswerKind.ACCEPT, at_ms=1))
    assert words(database) == ["answer: not for an emergency room"]
    assert recent_requests(database) == []


def test_nonsense_for_days_does_not_fill_the_disk(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "MOST_REFUSALS", 3)
    for number in range(5):
        Inbox(database, ROOM).refused(str(number))
    assert words(database) == ["2", "3", "4"]


def test_words_of_requests_that_never_come_are_kept_for_them_only_so_many(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MOST_EARLY_WORDS", 2)
    deliver(database, granted(), stand_down("1" * 32), granted("2" * 32))
    assert words(database) == ["granted: of an unknown request"]
    assert database.rows("SELECT kind FROM early_words ORDER BY id") == [{"kind": "granted"}, {"kind": "stand_down"}]


def test_an_early_word_of_another_unit_has_no_say(database: Database) -> None:
    message = new_message("unit/unit-7", ROOM, 1, granted())
    Inbox(database, ROOM).keep(message, encode(message))
    deliver(database, decision())
    assert get_request(database, OFFER).state is RequestState.RINGING
    assert database.rows("SELECT * FROM early_words") == []


@pytest.mark.parametrize("body", [granted(), stand_down(token=9), decision(token=9, revision=9)])
def test_another_unit_has_no_say_in_a_request(database: Database, body: Body) -> None:
    deliver(database, decision())
    before = get_request(database, OFFER)
    message = new_message("unit/unit-7", ROOM, 1, body)
    Inbox(database, ROOM).keep(message, encode(message))
    assert get_request(database, OFFER) == before
    assert words(database) == [f"{message.kind}: of a unit that did not ask"]


def test_effect_and_entry_come_together_or_not_at_all(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise DatabaseError("database or disk is full")

    message = message_of(decision())
    with monkeypatch.context() as broken:
        broken.setattr(inbox_module, "take_decision", full)
        with pytest.raises(DatabaseError):
            Inbox(database, ROOM).keep(message, encode(message))
    assert database.row("SELECT count(*) AS n FROM inbox") == {"n": 0}
    Inbox(database, ROOM).keep(message, encode(message))
    assert get_request(database, OFFER).state is RequestState.RINGING


_KILLED = """
import os, signal, sys
from pathlib import Path
from edge_app.emergency_room.inbox import Inbox, open_desk
from edge_app.link.messages import encode
from tests.edge_app.emergency_room.builders import decision, message_of
message = message_of(decision())
Inbox(open_desk(Path(sys.argv[1])), "room/SIM-EAST").keep(message, encode(message))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_kept_survives_kill_9(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path)], cwd=REPOSITORY, check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    database = open_desk(tmp_path)
    assert get_request(database, OFFER).state is RequestState.RINGING
    database.close()
