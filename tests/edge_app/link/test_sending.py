"""What goes out first, and how much of it at once, where the broker says nothing yet."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_app.link import picture_lane, sending, session
from edge_app.link.connection import Connection
from edge_app.link.messages import Message, OriginalBody, PartBody, PreviewBody, RegionBody, decode
from edge_app.link.outbox import Lane, note_received
from edge_app.link.sending import Pace, Sender
from edge_app.radiograph.original import OriginalMedia
from tests.edge_app.link.peers import ROOM, UNIT, End, RealBroker, answer

OFFER, SHA = "0" * 32, "a" * 64


class _Client:
    """Stands for a connection on which the broker says nothing yet."""

    def __init__(self) -> None:
        self.sent: list[Message] = []

    def publish(self, _topic: str, content: bytes, qos: int) -> "_Client":
        assert qos == 1
        self.sent.append(decode(content))
        return self

    @property
    def mid(self) -> int:
        return len(self.sent)


class Line:
    """A sender on a connection whose broker speaks when it is told to."""

    def __init__(self, unit: End, lane: Lane, pace: Pace) -> None:
        self.sender = Sender(unit.database, lane, pace)
        self.client = _Client()
        self.connection = Connection(self.client, 5)  # type: ignore[arg-type]

    def sent_now(self) -> list[str]:
        before = len(self.client.sent)
        self.sender.send(self.connection)
        return [str(message.kind) for message in self.client.sent[before:]]

    def broker_takes_all(self, *, kept: bool = True) -> list[str]:
        self.connection.acknowledged = [(flight.packet_id, kept) for flight in self.sender.flights.values() if not flight.at_broker]
        return [str(sent.kind) for sent in self.sender.acknowledged(self.connection)]


@pytest.fixture
def unit(tmp_path: Path) -> End:
    return End(UNIT, tmp_path, RealBroker(tmp_path, "embedded"))


@pytest.fixture
def lines(unit: End) -> Callable[[], tuple[Line, Line]]:
    return lambda: (Line(unit, Lane.WORDS, session.PACE), Line(unit, Lane.PICTURES, picture_lane.PACE))


def region() -> RegionBody:
    return RegionBody(offer_id=OFFER, revision=1, media_type="image/webp", box=(0, 0, 9, 9), columns=1, rows=1, content=b"x")


def preview() -> PreviewBody:
    return PreviewBody(offer_id=OFFER, revision=1, media_type="image/webp", columns=1, rows=1, content=b"x")


def original() -> OriginalBody:
    return OriginalBody(offer_id=OFFER, sha256=SHA, revision=1, media_type=OriginalMedia.DICOM, size=9, part_bytes=65536)


def part() -> PartBody:
    return PartBody(offer_id=OFFER, sha256=SHA, number=0, content=b"x")


def test_words_and_pictures_go_apart_and_the_smallest_picture_first(unit: End, lines: Callable[[], tuple[Line, Line]]) -> None:
    words, pictures = lines()
    unit.put(ROOM, original(), part(), preview(), region(), answer())
    assert words.sent_now() == ["answer"]
    order = []
    for _ in range(5):
        order += pictures.sent_now()
        pictures.broker_takes_all()
    assert order == ["region", "preview", "original", "part"]


def test_the_window_is_what_the_broker_has_not_acknowledged(unit: End, lines: Callable[[], tuple[Line, Line]]) -> None:
    words, pictures = lines()
    window = session.PACE.window
    unit.put(ROOM, *(answer(number) for number in range(window + 1)))
    unit.put(ROOM, preview(), preview())
    assert words.sent_now() == ["answer"] * window
    assert words.sent_now() == []
    assert words.broker_takes_all() == ["answer"] * window
    assert words.sent_now() == ["answer"]
    assert pictures.sent_now() == ["preview"]
    assert pictures.sent_now() == []


def test_what_the_broker_keeps_for_nobody_frees_the_window_and_proves_nothing(unit: End, lines: Callable[[], tuple[Line, Line]]) -> None:
    words, _pictures = lines()
    unit.put(ROOM, answer())
    words.sent_now()
    assert words.broker_takes_all(kept=False) == []
    assert words.sender.unacknowledged == 0


@pytest.mark.parametrize(("lane", "pace"), [(Lane.WORDS, session.PACE), (Lane.PICTURES, picture_lane.PACE)])
def test_what_the_broker_keeps_for_nobody_soon_goes_again_and_then_ever_later(unit: End, lane: Lane, pace: Pace) -> None:
    def pause_s(attempts: int, *, kept: bool) -> float:
        return min(pace.pause_s(attempts, kept=kept) for _ in range(20))

    assert pause_s(1, kept=False) < 5, "a hospital that comes on the link for the first time does not wait long for what it missed"
    assert pause_s(4, kept=False) > 6 * pause_s(1, kept=False)
    assert pause_s(30, kept=False) <= pace.longest_s
    line = Line(unit, lane, pace)
    (sent,) = unit.put(ROOM, answer(1) if lane is Lane.WORDS else preview())
    line.sent_now()
    line.broker_takes_all(kept=False)
    assert 2 < line.sender.flights[sent.id].again_at - time.monotonic() < 5


@pytest.mark.parametrize(("remembered", "again"), [(True, []), (False, ["answer"])])
def test_a_broker_that_remembers_is_not_sent_again_what_it_took(
    unit: End, lines: Callable[[], tuple[Line, Line]], *, remembered: bool, again: list[str]
) -> None:
    words, _pictures = lines()
    unit.put(ROOM, answer())
    words.sent_now()
    words.broker_takes_all()
    words.sender.begin(remembered=remembered)
    assert words.sent_now() == again
    words.sender.begin(remembered=True)
    assert (not words.sender.has_something()) == remembered, "what was under way when the connection ended goes again"


def test_the_bytes_of_a_picture_leave_the_outbox_with_its_receipt(unit: End) -> None:
    (shown,) = unit.put(ROOM, preview())
    (said,) = unit.put(ROOM, answer())
    for message in (shown, said):
        assert note_received(unit.database, message.id, ROOM) is not None
    sizes = {row["id"]: row["size"] for row in unit.database.rows("SELECT id, length(body) AS size FROM outbox")}
    assert sizes[shown.id] == 0
    assert sizes[said.id] > 0


def test_what_is_late_goes_another_way_too_once_and_frees_the_window_by_it(unit: End, monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(unit, Lane.WORDS, session.PACE)
    line.sender.begin(remembered=False, usual_s=0.01)
    sent = unit.put(ROOM, *(answer(number) for number in range(6)))
    line.sent_now()
    assert line.sender.late() == []
    clock = [time.monotonic() + sending.LATE_AFTER_S]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    assert [one.id for one in line.sender.late()] == [one.id for one in sent[:4]]
    assert line.sender.late() == []
    waiting = line.sender.acknowledged_by_copy(sent[0].id, kept=True)
    assert waiting is not None
    assert waiting.id == sent[0].id
    assert line.sender.acknowledged_by_copy(sent[0].id, kept=True) is None, "that is no news"
    assert line.sender.acknowledged_by_copy(sent[1].id, kept=False) is None, "kept for nobody"
    assert len(line.sent_now()) == 2
    assert line.broker_takes_all() == ["answer"] * 4, "the first connection's word of the others"

    unit.put(ROOM, answer(7))
    line.sent_now()
    assert len(line.sender.late()) == 1, "a link that has lost something is not waited for again"
    line.broker_takes_all()
    clock[0] += sending.WARY_S + 0.1
    unit.put(ROOM, answer(8))
    line.sent_now()
    assert line.sender.late() == []


def test_where_words_get_through_one_by_one_none_is_late_though_the_last_has_waited_long(
    unit: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    line = Line(unit, Lane.WORDS, session.PACE)
    # A thin link: the broker's word takes 1.6 s, and each word behind another as much again.
    line.sender.begin(remembered=False, usual_s=1.6)
    unit.put(ROOM, *(answer(number) for number in range(4)))
    line.sent_now()
    for flight in list(line.sender.flights.values()):
        clock[0] += 1.6
        assert line.sender.late() == []
        line.connection.acknowledged = [(flight.packet_id, True)]
        line.sender.acknowledged(line.connection)


@pytest.mark.parametrize(("usual_s", "late_after_s"), [(0.01, sending.LATE_AFTER_S), (1.5, 3.0), (30.0, sending.LATEST_AFTER_S)])
def test_late_is_what_takes_twice_as_long_as_usual(unit: End, monkeypatch: pytest.MonkeyPatch, usual_s: float, late_after_s: float) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    line = Line(unit, Lane.WORDS, session.PACE)
    line.sender.begin(remembered=False, usual_s=usual_s)
    unit.put(ROOM, answer(1))
    line.sent_now()
    clock[0] += late_after_s - 0.01
    assert line.sender.late() == []
    clock[0] += 0.02
    assert len(line.sender.late()) == 1
