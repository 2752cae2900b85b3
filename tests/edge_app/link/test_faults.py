"""The session on a link that fails: half-open, refused, cut in the middle, thin and lossy. Everything arrives, and once."""

from collections.abc import Callable, Iterator

import pytest

from edge_app.benchmark.thin_link import CLEAN, Line, ThinLink
from edge_app.link import connection, session
from edge_app.link.messages import PreviewBody
from edge_app.link.state import LinkWord, read_link_state
from tests.edge_app.link.conftest import Enter
from tests.edge_app.link.peers import ROOM, UNIT, RealBroker, answer, quiet_for
from tests.edge_app.waiting import wait_until

MakeLink = Callable[[Line], ThinLink]


@pytest.fixture
def thin(broker: RealBroker) -> Iterator[MakeLink]:
    """Makes a link before the broker; closed after the ends that use it have stopped."""
    links: list[ThinLink] = []

    def make(line: Line) -> ThinLink:
        links.append(ThinLink(broker.port, line, line, seed=7))
        return links[-1]

    yield make
    for link in links:
        link.close()


def picture(size: int) -> PreviewBody:
    return PreviewBody(offer_id="0" * 32, revision=1, media_type="image/webp", columns=1, rows=1, content=b"x" * size)


def test_a_half_open_link_is_noticed_and_everything_arrives_once_it_is_healed(
    broker: RealBroker, thin: MakeLink, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "KEEPALIVE_S", 1)
    monkeypatch.setattr(connection, "CONNECT_TIMEOUT_S", 1.0)
    link = thin(CLEAN)
    room, unit = enter(ROOM, broker).start(), enter(UNIT, broker, port=link.port).start()
    wait_until(lambda: room.is_connected() and unit.is_connected(), "both connections")
    before = unit.put(ROOM, answer(1))
    wait_until(lambda: unit.unreceipted() == 0, "the first receipt")
    link.black_hole()
    there, back = unit.put(ROOM, answer(2), answer(3)), room.put(UNIT, answer(4))
    wait_until(lambda: not unit.is_connected(), "that it is noticed")
    wait_until(lambda: unit.word() is LinkWord.UNREACHABLE, "the word that nobody is reached")
    assert unit.unreceipted() == 2
    assert unit.inbox() == []
    link.heal()
    wait_until(lambda: unit.unreceipted() == 0 and room.unreceipted() == 0, "all receipts")
    assert room.inbox() == [message.id for message in (*before, *there)]
    assert unit.inbox() == [message.id for message in back]


def test_who_is_refused_says_so_goes_on_trying_and_comes_up(broker: RealBroker, thin: MakeLink, enter: Enter) -> None:
    link = thin(CLEAN)
    room, unit = enter(ROOM, broker).start(), enter(UNIT, broker, port=link.port).start()
    wait_until(lambda: room.is_connected() and unit.is_connected(), "both connections")
    link.refuse()
    link.cut()
    sent = unit.put(ROOM, answer(1))
    wait_until(lambda: unit.word() is LinkWord.REFUSED, "the word that it is refused")
    quiet_for(1.5)
    state = read_link_state(unit.database)
    assert state is not None
    assert (state.connected, state.word) == (False, LinkWord.REFUSED)
    assert state.changed_age_s > 1, "it has been so since, through all attempts"
    assert room.inbox() == []
    link.heal()
    wait_until(lambda: unit.unreceipted() == 0, "the receipt")
    assert unit.is_connected()
    assert room.inbox() == [message.id for message in sent]


def test_a_message_cut_off_in_the_middle_arrives_once(broker: RealBroker, thin: MakeLink, enter: Enter) -> None:
    link = thin(Line(256_000, 0.02))
    room, unit = enter(ROOM, broker).start(), enter(UNIT, broker, port=link.port).start()
    wait_until(lambda: room.is_connected() and unit.is_connected(), "both connections")
    (large,) = unit.put(ROOM, picture(40_000))
    for part in (10_000, 30_000):
        wait_until(lambda part=part: link.up.payload_bytes > part, "a part of it")
        assert unit.notes.at_broker_ids == []
        link.cut()
    wait_until(lambda: unit.unreceipted() == 0, "the receipt")
    assert room.inbox() == [large.id]
    assert room.notes.arrivals == [large.id]
    assert unit.attempts() == [3]


def test_on_a_thin_lossy_link_a_decision_comes_before_pictures_that_wait(broker: RealBroker, thin: MakeLink, enter: Enter) -> None:
    link = thin(Line(32_000, 0.05, 0.15))
    room, unit = enter(ROOM, broker).start(), enter(UNIT, broker, port=link.port).start()
    wait_until(lambda: room.is_connected() and unit.is_connected(), "both connections")
    first, *pictures = unit.put(ROOM, *(picture(1_500) for _ in range(3)))
    wait_until(lambda: unit.attempts()[0] == 1, "the first picture on its way")
    decisions = unit.put(ROOM, answer(1), answer(2))
    wait_until(lambda: unit.unreceipted() == 0, "all receipts", 60)
    order = room.inbox()
    assert sorted(order) == sorted(message.id for message in (first, *pictures, *decisions))
    assert max(order.index(message.id) for message in decisions) < min(order.index(message.id) for message in pictures)


def test_what_takes_long_to_go_out_is_not_sent_again_behind_itself(broker: RealBroker, thin: MakeLink, enter: Enter) -> None:
    # It takes three seconds, and without a receipt a message goes again after one: but only when the broker has had it.
    link = thin(Line(32_000, 0.02))
    room, unit = enter(ROOM, broker).start(), enter(UNIT, broker, port=link.port).start()
    wait_until(lambda: room.is_connected() and unit.is_connected(), "both connections")
    unit.put(ROOM, picture(12_000))
    wait_until(lambda: unit.unreceipted() == 0, "the receipt")
    assert unit.attempts() == [1]
    assert len(room.notes.arrivals) == 1
