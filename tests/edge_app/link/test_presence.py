"""Two machines with one name: both are told, and neither takes the other's answers away."""

from pathlib import Path

import pytest

from edge_app.clock import now
from edge_app.link import presence, session
from edge_app.link.presence import has_namesake, instance_of
from edge_app.link.state import LinkWord
from tests.edge_app.link.conftest import Enter
from tests.edge_app.link.peers import ROOM, UNIT, End, RealBroker, answer, quiet_for
from tests.edge_app.waiting import wait_until


def test_an_instance_is_drawn_once(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first, second = (End(UNIT, folder, RealBroker(tmp_path, "embedded")) for folder in (tmp_path, tmp_path / "other"))
    assert instance_of(first.database) == instance_of(first.database)
    assert instance_of(first.database) != instance_of(second.database)


@pytest.fixture
def twins(tmp_path: Path, either_broker: RealBroker, monkeypatch: pytest.MonkeyPatch) -> list[End]:
    monkeypatch.setattr(session, "PRESENCE_EVERY_S", 1.0)
    monkeypatch.setattr(session, "ALIVE_EVERY_S", 0.5)
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    return [End(UNIT, folder, either_broker) for folder in folders]


def test_two_machines_of_one_name_hear_of_each_other_and_stay_connected(twins: list[End], monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = twins
    try:
        one.start()
        wait_until(lambda: one.word() is LinkWord.CONNECTED, "the first connection")
        quiet_for(1.5)
        assert one.word() is LinkWord.CONNECTED, "its own voice is no namesake"
        two.start()
        wait_until(lambda: [end.word() for end in twins] == [LinkWord.NAMESAKE] * 2, "both to know")
        two.stop()
        monkeypatch.setattr(presence, "NAMESAKE_FOR_S", 2.0)
        wait_until(lambda: one.word() is LinkWord.CONNECTED, "the namesake to be forgotten")
    finally:
        for end in twins:
            end.stop()


def test_an_answer_reaches_the_one_that_asked_though_the_other_is_not_receipted(
    twins: list[End], either_broker: RealBroker, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = twins
    room = enter(ROOM, either_broker).start()

    def not_mine(*_arguments: object) -> bool:
        two.notes.refusals.append("unknown offer")
        return False

    # The second box does not know the offer; the first comes on line later.
    monkeypatch.setattr(two.notes, "keep", not_mine)
    try:
        two.start()
        wait_until(lambda: two.word() is LinkWord.CONNECTED, "the second box")
        (said,) = room.put(UNIT, answer())
        wait_until(lambda: two.notes.refusals, "the second box to hear it")
        assert room.unreceipted() == 1
        one.start()
        wait_until(lambda: room.unreceipted() == 0, "the receipt of the box that asked")
        assert one.inbox() == [said.id]
        assert two.inbox() == []
    finally:
        for end in twins:
            end.stop()


def test_a_namesake_is_news_for_some_minutes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    end = End(UNIT, tmp_path, RealBroker(tmp_path, "embedded"))
    instance_of(end.database)
    assert not has_namesake(end.database)
    presence.note_namesake(end.database)
    assert has_namesake(end.database)
    later = now().mono_ms + int(presence.NAMESAKE_FOR_S * 1000) + 1
    monkeypatch.setattr(presence, "now", lambda: type(now())(now().unix_ms, later, now().boot, now().source, None))
    assert not has_namesake(end.database)
