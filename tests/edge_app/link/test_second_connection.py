"""Two connections for the same words: what one is late with the other brings, once, and with one receipt."""

from collections.abc import Callable, Iterator

import pytest

from edge_app.benchmark.thin_link import ThinLink
from edge_app.link import second_connection
from tests.edge_app.link.conftest import Enter
from tests.edge_app.link.peers import ROOM, UNIT, RealBroker, answer, quiet_for
from tests.edge_app.waiting import wait_until


@pytest.fixture
def thin(broker: RealBroker) -> Iterator[Callable[[], ThinLink]]:
    """Makes a link before the broker; closed after the ends that use it have stopped."""
    links: list[ThinLink] = []

    def make() -> ThinLink:
        links.append(ThinLink(broker.port))
        return links[-1]

    yield make
    for link in links:
        link.close()


def test_while_the_first_stands_still_words_go_and_come_by_the_second(
    broker: RealBroker, thin: Callable[[], ThinLink], enter: Enter
) -> None:
    first = thin()
    room, unit = enter(ROOM, broker).start(), enter(UNIT, broker, port=first.port, second_port=broker.port).start()
    wait_until(lambda: room.is_connected() and unit.is_connected(), "all connections")
    first.black_hole()
    there, back = unit.put(ROOM, answer(1), answer(2)), room.put(UNIT, answer(3))
    wait_until(lambda: len(room.inbox()) == 2 and len(unit.inbox()) == 1, "both directions, before the first is given up", timeout_s=8)
    wait_until(lambda: unit.unreceipted() == 0, "the receipts by the second")
    assert set(unit.notes.at_broker_ids) == set(unit.notes.at_recipient_ids) == {message.id for message in there}
    first.heal()
    wait_until(lambda: room.unreceipted() == 0, "the receipt for what came by the second")
    wait_until(lambda: unit.is_connected(), "the first connection again")
    quiet_for(0.5)
    assert room.inbox() == [message.id for message in there]
    assert unit.inbox() == [message.id for message in back]
    assert set(room.notes.arrivals) == {message.id for message in there}


def test_where_nothing_is_late_all_comes_twice_and_is_kept_and_receipted_once(broker: RealBroker, enter: Enter) -> None:
    room = enter(ROOM, broker).start()
    unit = enter(UNIT, broker, port=broker.port, second_port=broker.port).start()
    wait_until(lambda: room.is_connected() and unit.is_connected(), "all connections")
    sent = room.put(UNIT, *(answer(number) for number in range(20)))
    wait_until(lambda: room.unreceipted() == 0, "the receipts")
    quiet_for(0.3)
    assert unit.inbox() == [message.id for message in sent]
    assert unit.notes.arrivals == unit.inbox(), "what is kept is what is receipted"
    assert room.attempts() == [1] * 20


@pytest.mark.parametrize("second_is_there", [True, False])
def test_without_the_one_or_the_other_everything_arrives(
    broker: RealBroker, thin: Callable[[], ThinLink], enter: Enter, monkeypatch: pytest.MonkeyPatch, *, second_is_there: bool
) -> None:
    monkeypatch.setattr(second_connection, "PAUSE_S", 0.1)
    link = thin()
    room = enter(ROOM, broker).start()
    ports = {"port": broker.port, "second_port": link.port} if second_is_there else {"port": link.port, "second_port": broker.port}
    link.refuse()
    unit = enter(UNIT, broker, **ports).start()
    sent = unit.put(ROOM, answer(1))
    if second_is_there:
        wait_until(lambda: unit.unreceipted() == 0, "the receipt by the first alone")
    else:
        quiet_for(0.5)
        assert room.inbox() == [], "the second is a help, and no link of its own"
    link.heal()
    wait_until(lambda: unit.unreceipted() == 0 and unit.is_connected(), "the receipt, and both connections")
    assert room.inbox() == [message.id for message in sent]


def test_what_is_no_message_is_refused_once_though_it_comes_twice(broker: RealBroker, enter: Enter) -> None:
    unit = enter(UNIT, broker, port=broker.port, second_port=broker.port).start()
    wait_until(lambda: unit.is_connected(), "both connections")
    broker.publish(UNIT, b"noise")
    wait_until(lambda: unit.notes.refusals, "the refusal")
    quiet_for(0.3)
    assert len(unit.notes.refusals) == 1
