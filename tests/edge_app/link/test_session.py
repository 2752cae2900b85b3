"""The session with real brokers: whatever dies in between, a message arrives, once, and its sender learns of it."""

import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from edge_app.database import DatabaseError
from edge_app.link import brokers, session
from edge_app.link.messages import MAX_BYTES, Message, PreviewBody, ReceiptBody, encode, new_message
from edge_app.link.outbox import Waiting
from edge_app.link.session import MOST_COPIES_AWAITED, FirstHeard
from edge_app.link.state import LinkWord, read_link_state
from edge_app.processes import module_command, module_environment
from tests.edge_app.link.conftest import Enter
from tests.edge_app.link.peers import OTHER_ROOM, ROOM, UNIT, RealBroker, answer, quiet_for
from tests.edge_app.waiting import wait_until


def test_a_message_arrives_once_and_its_sender_learns_every_step(either_broker: RealBroker, enter: Enter) -> None:
    room = enter(ROOM, either_broker).start()
    wait_until(lambda: room.is_connected(), "the hospital's connection")
    unit = enter(UNIT, either_broker).start()
    sent = unit.put(ROOM, *(answer(number) for number in range(6)))
    back = room.put(UNIT, answer(99))
    wait_until(lambda: unit.unreceipted() == 0 and room.unreceipted() == 0, "all receipts")
    assert room.inbox() == [message.id for message in sent]
    assert unit.inbox() == [back[0].id]
    assert sorted(unit.notes.at_recipient_ids) == sorted(message.id for message in sent)
    assert set(unit.notes.at_broker_ids) == set(unit.notes.at_recipient_ids)
    state = read_link_state(unit.database)
    assert state is not None
    assert state.protocol == ("5" if either_broker.kind == "external" else "3.1.1")
    assert state.alive_age_s is not None
    unit.stop()
    assert unit.word() is LinkWord.STOPPED


def test_a_broker_of_the_older_protocol_is_met_in_it(embedded: RealBroker, enter: Enter) -> None:
    # Not told that it is the embedded one, the session tries the newer protocol first.
    unit = enter(UNIT, embedded, speaks="external").start()
    wait_until(lambda: unit.is_connected("3.1.1"), "a connection in the older protocol")


def test_without_a_broker_the_link_says_so_and_comes_up_when_there_is_one(broker: RealBroker, enter: Enter) -> None:
    broker.stop()
    unit, room = enter(UNIT, broker).start(), enter(ROOM, broker).start()
    unit.put(ROOM, answer())
    wait_until(lambda: unit.word() is LinkWord.UNREACHABLE, "the word that there is no broker")
    assert unit.attempts() == [0]
    broker.start()
    wait_until(lambda: unit.unreceipted() == 0, "the receipt")
    assert len(room.inbox()) == 1


def test_what_is_at_the_broker_is_not_yet_at_the_hospital(broker: RealBroker, enter: Enter) -> None:
    room = enter(ROOM, broker).start()
    wait_until(lambda: room.is_connected(), "the hospital's connection")
    room.stop()
    unit = enter(UNIT, broker).start()
    (message,) = unit.put(ROOM, answer())
    wait_until(lambda: unit.notes.at_broker_ids == [message.id], "the broker's word")
    assert unit.notes.at_recipient_ids == []
    assert unit.unreceipted() == 1


def test_a_broker_that_keeps_a_message_for_nobody_proves_nothing(broker: RealBroker, enter: Enter) -> None:
    unit = enter(UNIT, broker).start()
    unit.put(ROOM, answer())
    wait_until(lambda: unit.attempts()[0] >= 2, "the second attempt")
    assert unit.notes.at_broker_ids == []
    room = enter(ROOM, broker).start()
    wait_until(lambda: unit.unreceipted() == 0, "the receipt")
    assert len(room.inbox()) == 1


def test_a_broker_killed_in_the_middle_and_started_without_its_memory_loses_nothing(broker: RealBroker, enter: Enter) -> None:
    room = enter(ROOM, broker).start()
    wait_until(lambda: room.is_connected(), "the hospital's connection")
    unit = enter(UNIT, broker).start()
    sent = unit.put(ROOM, *(answer(number, "x" * 200) for number in range(40)))
    wait_until(lambda: len(room.inbox()) >= 5, "the first messages")
    broker.stop(kill=True)
    broker.forget()
    before = len(room.inbox())
    wait_until(lambda: not unit.is_connected() and not room.is_connected(), "the loss of both connections")
    broker.start()
    wait_until(lambda: unit.unreceipted() == 0, "all receipts")
    assert before < 40
    assert sorted(room.inbox()) == sorted(message.id for message in sent)


def test_a_broker_that_remembers_is_not_sent_again_what_it_has(broker: RealBroker, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "PACE", replace(session.PACE, first_s=60.0))
    room = enter(ROOM, broker).start()
    wait_until(lambda: room.is_connected(), "the hospital's connection")
    room.stop()
    unit = enter(UNIT, broker).start()
    unit.put(ROOM, *(answer(number) for number in range(3)))
    wait_until(lambda: len(unit.notes.at_broker_ids) == 3, "the broker's words")
    broker.stop()
    wait_until(lambda: not unit.is_connected(), "the loss of the connection")
    broker.start()
    wait_until(lambda: unit.is_connected(), "the connection")
    unit.put(ROOM, answer(9))
    wait_until(lambda: len(unit.notes.at_broker_ids) == 4, "the broker's word on what is new")
    assert unit.attempts() == [1, 1, 1, 1]
    broker.stop(kill=True)
    broker.forget()
    wait_until(lambda: not unit.is_connected(), "the loss of the connection")
    broker.start()
    # This one has forgotten everything, and is given everything.
    wait_until(lambda: unit.attempts() == [2, 2, 2, 2], "the second attempts")


_MORTAL = """
import os, signal, sys
from pathlib import Path
from edge_app.config import Broker
from edge_app.database import Database, Migration
from edge_app.link.outbox import keep
from edge_app.link.session import Session
from edge_app.link.tables import PRESENCE_TABLES, TABLES

database = Database(Path(sys.argv[1]), [Migration(1, "link", TABLES + PRESENCE_TABLES)])

class Receiver:
    def keep(self, message, content):
        if sys.argv[3] == "before":
            with database.writing():
                keep(database, message, content, offer_id="", handled=True)
                os.kill(os.getpid(), signal.SIGKILL)
        keep(database, message, content, offer_id="", handled=True)
        if sys.argv[3] == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return True
    def at_broker(self, sent): pass
    def at_recipient(self, sent): pass
    def refused(self, word): pass

Session(database, Broker(port=int(sys.argv[2])), "room/SIM-EAST", Receiver()).run(lambda: False)
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_hospital_killed_before_or_after_its_commit_gets_the_message_once(broker: RealBroker, enter: Enter, moment: str) -> None:
    room = enter(ROOM, broker)
    command = [*module_command("x")[:2], "-c", _MORTAL, str(room.database.path), str(broker.port), moment]
    mortal = subprocess.Popen(command, env=module_environment())
    unit = enter(UNIT, broker).start()
    (message,) = unit.put(ROOM, answer())
    assert mortal.wait() == -signal.SIGKILL
    assert room.inbox() == ([] if moment == "before" else [message.id])
    assert unit.unreceipted() == 1
    room.start()
    wait_until(lambda: unit.unreceipted() == 0, "the receipt")
    assert room.inbox() == [message.id]
    assert message.id in room.notes.arrivals


def test_a_lost_receipt_is_made_up_for(broker: RealBroker, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    note, lost = session.note_received, []

    def lose_two(*arguments: object) -> Waiting | None:
        if len(lost) < 2:
            lost.append(arguments)
            return None
        return note(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(session, "note_received", lose_two)
    room, unit = enter(ROOM, broker).start(), enter(UNIT, broker).start()
    (message,) = unit.put(ROOM, answer())
    wait_until(lambda: unit.unreceipted() == 0, "the receipt")
    assert unit.attempts()[0] >= 3
    assert room.inbox() == [message.id]
    assert unit.notes.at_recipient_ids == [message.id]


def test_a_message_that_comes_three_times_is_one_and_has_three_receipts(either_broker: RealBroker, enter: Enter) -> None:
    unit = enter(UNIT, either_broker).start()
    wait_until(lambda: unit.is_connected(), "the connection")
    room = enter(ROOM, either_broker).start()
    wait_until(lambda: room.is_connected(), "the connection")
    message = new_message(ROOM, UNIT, 5, answer())
    either_broker.publish(UNIT, *[encode(message)] * 3)
    wait_until(lambda: len(unit.notes.arrivals) == 3, "all three")
    assert unit.inbox() == [message.id]
    assert room.notes.refusals == []


@pytest.mark.parametrize("forger", [OTHER_ROOM, UNIT])
def test_a_receipt_of_another_end_proves_nothing(broker: RealBroker, enter: Enter, forger: str) -> None:
    unit = enter(UNIT, broker).start()
    (message,) = unit.put(ROOM, answer())
    wait_until(lambda: unit.attempts()[0] >= 1, "the first attempt")
    forged = new_message(forger, UNIT, 5, ReceiptBody(of=message.id))
    real = new_message(ROOM, UNIT, 5, ReceiptBody(of="f" * 32))
    broker.publish(UNIT, encode(forged), encode(real), encode(new_message(ROOM, UNIT, 5, answer())))
    wait_until(unit.inbox, "what was sent after it")
    assert unit.unreceipted() == 1
    assert unit.notes.at_recipient_ids == []


def test_what_is_too_large_for_the_broker_is_set_aside_and_the_rest_goes_on(
    tmp_path: Path, enter: Enter, monkeypatch: pytest.MonkeyPatch, broker: RealBroker
) -> None:
    broker.stop()
    monkeypatch.setattr(brokers, "_MOSQUITTO", brokers._MOSQUITTO.replace("max_packet_size 1048576", "max_packet_size 2000"))
    broker.start()
    room, unit = enter(ROOM, broker).start(), enter(UNIT, broker).start()
    large = PreviewBody(offer_id="0" * 32, revision=1, media_type="image/webp", columns=1, rows=1, content=b"x" * 3000)
    _large, small = unit.put(ROOM, large, answer())
    wait_until(lambda: unit.unreceipted() == 1, "the receipt of the small one")
    wait_until(lambda: unit.database.rows("SELECT id FROM outbox WHERE quarantined IS NOT NULL"), "the word on the large one")
    assert room.inbox() == [small.id]
    assert unit.database.rows("SELECT kind, quarantined, attempts FROM outbox WHERE quarantined IS NOT NULL") == [
        {"kind": "preview", "quarantined": "too_large", "attempts": 0}
    ]
    assert unit.is_connected()


def test_garbage_is_refused_once_and_holds_nothing_up(either_broker: RealBroker, enter: Enter) -> None:
    room = enter(ROOM, either_broker).start()
    wait_until(lambda: room.is_connected(), "the hospital's connection")
    unit = enter(UNIT, either_broker).start()
    wait_until(lambda: unit.is_connected(), "the connection")
    cut = encode(new_message(ROOM, UNIT, 5, answer()))[:-1]
    stray = encode(new_message(UNIT, ROOM, 5, answer()))
    garbage = [b"", b"\xff" * 100, b"\x81" * 1000, cut, stray]
    either_broker.publish(UNIT, *garbage)
    (good,) = room.put(UNIT, answer())
    # The receipt follows what acknowledged the garbage on the same connection: with it here, the broker has read both.
    wait_until(lambda: room.unreceipted() == 0, "the receipt of the good one")
    assert unit.inbox() == [good.id]
    assert len(unit.notes.refusals) == len(garbage)
    assert unit.notes.refusals[-1] == "addressed to another end"
    unit.stop()
    unit.start()
    wait_until(lambda: unit.is_connected(), "the connection")
    (after,) = room.put(UNIT, answer())
    wait_until(lambda: after.id in unit.inbox(), "what was sent later")
    # Each was acknowledged, so the broker does not bring it again.
    assert len(unit.notes.refusals) == len(garbage)


def test_what_could_not_be_stored_is_not_acknowledged_and_comes_again(
    either_broker: RealBroker, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    brings_it_again = either_broker.kind == "external"
    if brings_it_again:
        # Long before the other end would repeat it. The embedded broker does not, and there the repetition is what helps.
        monkeypatch.setattr(session, "PACE", replace(session.PACE, first_s=60.0))
    unit, room = enter(UNIT, either_broker), enter(ROOM, either_broker).start()
    wait_until(lambda: room.is_connected(), "the connection")
    keep, failures, words = unit.notes.keep, [], []

    def full(message: Message, content: bytes) -> bool:
        if len(failures) < 2:
            failures.append(message.id)
            raise DatabaseError("database or disk is full")
        return keep(message, content)

    tell = session.write_link_state
    monkeypatch.setattr(unit.notes, "keep", full)
    monkeypatch.setattr(session, "write_link_state", lambda *args, **more: (words.append(more["word"]), tell(*args, **more)))
    unit.start()
    wait_until(lambda: unit.is_connected(), "the connection")
    (message,) = room.put(UNIT, answer())
    wait_until(lambda: room.unreceipted() == 0, "the receipt")
    assert failures == [message.id] * 2
    assert unit.inbox() == [message.id]
    assert words.count(LinkWord.STORAGE_FAILED) == 2
    assert (room.attempts() == [1]) == brings_it_again


def test_what_an_end_says_on_hearing_something_goes_out_at_once(broker: RealBroker, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    unit, room = enter(UNIT, broker).start(), enter(ROOM, broker)
    keep = room.notes.keep

    def and_answer(message: Message, content: bytes) -> bool:
        room.put(UNIT, answer(7))
        return keep(message, content)

    monkeypatch.setattr(room.notes, "keep", and_answer)
    room.start()
    wait_until(lambda: unit.is_connected() and room.is_connected(), "both connections")
    unit.put(ROOM, answer(1))
    wait_until(lambda: len(unit.inbox()) == 1, "the answer, though nothing else happens")


def test_a_silent_hospital_does_not_hold_up_the_others(broker: RealBroker, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "PACE", replace(session.PACE, first_s=300.0))
    silent = enter(OTHER_ROOM, broker).start()
    wait_until(lambda: silent.is_connected(), "the connection")
    silent.stop()
    unit, room = enter(UNIT, broker), enter(ROOM, broker).start()
    unit.put(OTHER_ROOM, *(answer(number) for number in range(150)))
    (last,) = unit.put(ROOM, answer(999))
    unit.start()
    wait_until(lambda: unit.unreceipted() == 150, "the receipt of the last one")
    assert room.inbox() == [last.id]


def preview(size: int = 10) -> PreviewBody:
    return PreviewBody(offer_id="0" * 32, revision=1, media_type="image/webp", columns=1, rows=1, content=b"x" * size)


def test_the_largest_message_there_may_be_passes(broker: RealBroker, enter: Enter) -> None:
    room, unit = enter(ROOM, broker).start(), enter(UNIT, broker).start()
    (message,) = unit.put(ROOM, preview(400_000))
    assert len(encode(message)) < MAX_BYTES
    wait_until(lambda: unit.unreceipted() == 0, "the receipt")
    assert room.inbox() == [message.id]


def test_the_order_of_the_outbox_is_that_of_queueing_though_the_clock_jumps(broker: RealBroker, enter: Enter) -> None:
    room, unit = enter(ROOM, broker).start(), enter(UNIT, broker)
    wait_until(lambda: room.is_connected(), "the connection")
    sent = unit.put(ROOM, *(answer(number) for number in range(4)))
    for number, message in enumerate(sent):
        unit.database.tables.table("outbox").update(message.id, {"queued_ms": 1_000 - number})
    unit.start()
    wait_until(lambda: unit.unreceipted() == 0, "all receipts")
    assert room.inbox() == [message.id for message in sent]


def test_the_service_beats_while_there_is_no_broker(broker: RealBroker, enter: Enter) -> None:
    broker.stop()
    unit = enter(UNIT, broker)
    beats: list[int] = []
    session.Session(unit.database, unit._broker, UNIT, unit.notes).run(lambda: len(beats) > 20, lambda: beats.append(os.getpid()))
    assert unit.word() is LinkWord.STOPPED


def test_nothing_is_sent_twice_while_all_is_well(broker: RealBroker, enter: Enter) -> None:
    room, unit = enter(ROOM, broker).start(), enter(UNIT, broker).start()
    wait_until(lambda: room.is_connected() and unit.is_connected(), "both connections")
    unit.put(ROOM, *(answer(number) for number in range(3)))
    wait_until(lambda: unit.unreceipted() == 0, "all receipts")
    quiet_for(1.6)
    assert unit.attempts() == [1, 1, 1]
    assert len(room.notes.arrivals) == 3


def test_of_a_message_that_comes_on_two_connections_the_second_is_a_copy_and_a_third_a_repetition() -> None:
    heard = FirstHeard()
    assert not heard.is_copy("a", second=True)
    heard.note("a", second=True)
    assert heard.is_copy("a", second=False)
    # Its sender lacks the receipt, and says it again; whichever way that comes, it has to get one.
    assert not heard.is_copy("a", second=False)
    heard.note("a", second=False)
    assert not heard.is_copy("a", second=False)
    assert heard.is_copy("a", second=True)


def test_copies_that_never_come_are_not_awaited_without_end() -> None:
    heard = FirstHeard()
    for number in range(10 * MOST_COPIES_AWAITED):
        heard.note(str(number), second=False)
    awaited = sum(heard.is_copy(str(number), second=True) for number in range(10 * MOST_COPIES_AWAITED))
    assert awaited == MOST_COPIES_AWAITED
