"""Pictures on a thin link: they use it while nothing else does, give way to words with all their bytes, and arrive in the end, once."""

from collections.abc import Iterator

import pytest

from edge_app.benchmark.thin_link import Line, ThinLink
from edge_app.link import picture_lane, session, way
from edge_app.link.connection import Connection, connect
from edge_app.link.messages import PartBody, PreviewBody
from tests.edge_app.link.conftest import Enter
from tests.edge_app.link.peers import OTHER_ROOM, ROOM, UNIT, End, RealBroker, answer, quiet_for
from tests.edge_app.waiting import wait_until

OFFER, SHA = "0" * 32, "a" * 64
KBIT = 1000.0


def preview(size: int) -> PreviewBody:
    return PreviewBody(offer_id=OFFER, revision=1, media_type="image/webp", columns=1, rows=1, content=b"x" * size)


def part(number: int, size: int) -> PartBody:
    return PartBody(offer_id=OFFER, sha256=SHA, number=number, content=b"y" * size)


@pytest.fixture
def thin(broker: RealBroker) -> Iterator[ThinLink]:
    with ThinLink(broker.port, Line(128 * KBIT), Line(128 * KBIT)) as link:
        yield link


@pytest.fixture
def unit(enter: Enter, broker: RealBroker, thin: ThinLink) -> End:
    """A unit behind the thin link."""
    return enter(UNIT, broker, port=thin.port)


@pytest.mark.parametrize(("give_way_after_s", "broken_off"), [(5.0, False), (0.001, True)])
def test_a_word_does_not_wait_for_the_picture_before_it(
    enter: Enter,
    broker: RealBroker,
    thin: ThinLink,
    unit: End,
    monkeypatch: pytest.MonkeyPatch,
    *,
    give_way_after_s: float,
    broken_off: bool,
) -> None:
    monkeypatch.setattr(way, "GIVE_WAY_AFTER_S", give_way_after_s)
    room = enter(ROOM, broker).start()
    wait_until(lambda: room.is_connected(), "the hospital's connection")
    (picture,) = unit.put(ROOM, preview(40_000))
    unit.start()
    wait_until(lambda: thin.up.payload_bytes > 15_000, "the picture to be under way")
    (word,) = unit.put(ROOM, answer(1))
    wait_until(lambda: room.inbox(), "whatever comes first")
    assert room.inbox() == [word.id], "the word overtook a picture that had 20 kB to go"
    wait_until(lambda: unit.unreceipted() == 0, "the picture after all", timeout_s=60)
    assert room.inbox() == [word.id, picture.id]
    assert (thin.up.payload_bytes > 48_000) == broken_off, "what was broken off was sent again"
    assert (unit.attempts()[0] > 1) == broken_off


def test_on_a_link_where_a_picture_is_soon_through_nothing_is_broken_off(
    enter: Enter, broker: RealBroker, thin: ThinLink, unit: End
) -> None:
    thin.change(Line(), Line())
    room = enter(ROOM, broker).start()
    wait_until(lambda: room.is_connected(), "the hospital's connection")
    parts = unit.put(ROOM, *(part(number, 65_536) for number in range(8)))
    unit.start()
    words = []
    for number in range(20):
        words += unit.put(ROOM, answer(number))
        quiet_for(0.03)
    wait_until(lambda: unit.unreceipted() == 0, "all of it", timeout_s=60)
    assert [one for one in room.inbox() if one in {part.id for part in parts}] == [part.id for part in parts]
    assert unit.attempts() == [1] * (len(parts) + len(words))


def test_while_the_words_have_no_connection_no_picture_goes(enter: Enter, broker: RealBroker, unit: End, thin: ThinLink) -> None:
    unit.put(ROOM, preview(10))
    thin.refuse()
    unit.start()
    quiet_for(1.5)
    assert unit.attempts() == [0]
    room = enter(ROOM, broker).start()
    thin.heal()
    wait_until(lambda: unit.unreceipted() == 0, "the picture once there is a connection")
    assert len(room.inbox()) == 1


def test_a_picture_for_a_hospital_that_is_away_goes_up_a_thin_link_once(
    enter: Enter, broker: RealBroker, thin: ThinLink, unit: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_lane, "UNUSED_S", 0.2)
    room, other = enter(ROOM, broker), enter(OTHER_ROOM, broker)
    for end in (room, other):
        end.start()
        wait_until(lambda end=end: end.is_connected(), "the hospitals' connections")
    room.stop()
    unit.put(ROOM, preview(4_000))
    unit.start()
    wait_until(lambda: unit.attempts() == [1], "the picture to be sent")
    for number in range(3):
        unit.put(OTHER_ROOM, answer(number), preview(10))
        wait_until(lambda: unit.unreceipted() == 1, "what the other hospital got")
        quiet_for(0.5)
    assert unit.attempts()[0] == 1
    broker.stop(kill=True)
    broker.forget()
    broker.start()
    room.start()
    wait_until(lambda: unit.unreceipted() == 0, "a broker that forgot it is given it again", timeout_s=60)
    assert unit.attempts()[0] == 2


def test_a_hospital_that_comes_on_the_link_for_the_first_time_soon_has_the_picture_it_missed(
    enter: Enter, broker: RealBroker, unit: End
) -> None:
    unit.put(ROOM, preview(4_000))
    unit.start()
    wait_until(lambda: unit.attempts() == [1], "a picture that the broker keeps for nobody")
    quiet_for(0.5)
    room = enter(ROOM, broker).start()
    wait_until(lambda: len(room.inbox()) == 1, "the picture", timeout_s=15)


def test_a_connection_that_fails_is_tried_again_though_nothing_has_happened_since(
    enter: Enter, broker: RealBroker, unit: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_lane, "PAUSE_S", 0.1)
    monkeypatch.setattr(session, "ALIVE_EVERY_S", 1e6)
    tries = []

    def fails_twice(*arguments: object, **options: object) -> Connection:
        tries.append(1)
        if len(tries) <= 2:
            raise OSError
        return connect(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(picture_lane, "connect", fails_twice)
    room = enter(ROOM, broker).start()
    wait_until(lambda: room.is_connected(), "the hospital's connection")
    unit.put(ROOM, preview(10))
    unit.start()
    wait_until(lambda: len(room.inbox()) == 1, "the picture")
