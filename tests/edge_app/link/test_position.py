"""A position goes where nothing else does, is small, holds up nobody, and leaves nothing behind."""

import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from edge_app.link import sending, session
from edge_app.link.messages import encode, new_message
from edge_app.link.outbox import Lane, note_received, quarantine
from edge_app.link.position import FURTHEST_M, Approach, PositionBody
from tests.edge_app.link.conftest import Enter
from tests.edge_app.link.peers import ROOM, UNIT, End, RealBroker, answer
from tests.edge_app.link.test_sending import Line, preview
from tests.edge_app.waiting import wait_until

OFFER, OTHER = "0" * 31 + "1", "0" * 31 + "2"


def position(number: int = 1, offer_id: str = OFFER) -> PositionBody:
    approach = Approach(north_m=-12_340, east_m=5670, age_s=12, eta_s=1234, by_road=True)
    return PositionBody(offer_id=offer_id, token=3, number=number, approach=approach)


@pytest.fixture
def unit(tmp_path: Path) -> End:
    return End(UNIT, tmp_path, RealBroker(tmp_path, "embedded"))


@pytest.fixture
def words(unit: End) -> Line:
    return Line(unit, Lane.WORDS, session.PACE)


def test_it_is_small(unit: End) -> None:
    assert len(encode(new_message(f"unit/{'x' * 32}", f"room/SIM-{'X' * 24}", 2**41, position(99)))) < 240


@pytest.mark.parametrize("wrong", [{"north_m": FURTHEST_M + 1}, {"east_m": 0.5}, {"age_s": -1}, {"eta_s": None}])
def test_no_place_beyond_reason_and_none_that_is_half(wrong: dict[str, object]) -> None:
    approach = {"north_m": 1, "east_m": 1, "age_s": 1, "eta_s": 1, "by_road": False}
    with pytest.raises(ValidationError):
        PositionBody.model_validate({"offer_id": OFFER, "token": 1, "number": 1, "approach": {**approach, **wrong}})


def test_it_goes_after_all_words_and_alone(unit: End, words: Line) -> None:
    unit.put(ROOM, position(), position(offer_id=OTHER), answer())
    assert words.sent_now() == ["answer"]
    assert words.sent_now() == [], "not while a word is under way"
    words.broker_takes_all()
    assert words.sent_now() == ["position"]
    assert words.sent_now() == [], "one at a time"
    words.broker_takes_all()
    assert words.sent_now() == ["position"]


def test_no_word_and_no_picture_waits_for_it(unit: End, words: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [time.monotonic()]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    words.sender.begin(remembered=False, usual_s=0.2)
    unit.put(ROOM, position())
    words.sent_now()
    assert (words.sender.under_way, words.sender.unacknowledged) == (1, 0), "pictures hear of no word that is under way"
    clock[0] += sending.LATEST_AFTER_S + 1
    assert words.sender.late() == [], "nor is it worth a second way"
    unit.put(ROOM, *(answer(number) for number in range(session.PACE.window)))
    assert words.sent_now() == ["answer"] * session.PACE.window
    clock[0] += 30
    words.broker_takes_all()
    unit.put(ROOM, position(2))
    words.sent_now()
    for _ in range(sending.RECENT):
        clock[0] += 30
        words.broker_takes_all()
    assert words.sender.usual_s == 0.2, "what it takes behind a picture says nothing of words"


def test_one_that_was_set_aside_is_not_sent_again(unit: End, words: Line) -> None:
    (sent,) = unit.put(ROOM, position())
    words.sent_now()
    quarantine(unit.database, sent.id, "not_understood")
    assert words.sent_now() == []
    assert words.sender.under_way == 0


def test_where_it_was_leaves_the_outbox_with_its_receipt(unit: End) -> None:
    (sent,) = unit.put(ROOM, position())
    assert note_received(unit.database, sent.id, ROOM) is not None
    assert unit.database.row("SELECT body FROM outbox") == {"body": b""}


def test_over_a_real_broker_it_comes_through_beside_a_picture_and_after_a_word(embedded: RealBroker, enter: Enter) -> None:
    unit, room = enter(UNIT, embedded).start(), enter(ROOM, embedded).start()
    # What goes to nobody goes again when its own time comes, in whatever order that is.
    wait_until(lambda: unit.is_connected() and room.is_connected(), "both connections")
    (where, word, picture, second) = unit.put(ROOM, position(), answer(), preview(), position(offer_id=OTHER))
    wait_until(lambda: unit.unreceipted() == 0, "all receipts")
    arrived = room.inbox()
    assert set(arrived) == {where.id, word.id, picture.id, second.id}
    assert arrived.index(word.id) < arrived.index(where.id) < arrived.index(second.id)
