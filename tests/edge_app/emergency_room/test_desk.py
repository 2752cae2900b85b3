"""A page of the console and its version are of one moment: else a change that is taken back would leave the wrong page standing."""

from pathlib import Path

import pytest

from edge_app.clock import Stamp
from edge_app.database import Database
from edge_app.emergency_room.console import desk
from edge_app.emergency_room.console.desk import desk_of, version_of
from edge_app.emergency_room.duty import take_duty
from edge_app.emergency_room.inbox import open_desk
from edge_app.emergency_room.requests import RequestState, recent_requests
from edge_app.link.state import LinkWord, write_link_state
from tests.edge_app.clocks import Clock
from tests.edge_app.emergency_room.builders import OFFER, decision, deliver, granted


def test_what_changes_while_a_page_is_put_together_is_of_the_next(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_duty(database, "김민수")
    deliver(database, decision())
    before, link = version_of(database), open_desk(tmp_path)

    def interrupted(of: Database) -> list[desk.Request]:
        take_duty(link, "박서연")
        deliver(link, granted())
        return recent_requests(of)

    monkeypatch.setattr(desk, "recent_requests", interrupted)
    page = desk_of(database, OFFER)
    assert page.version == before
    assert page.standing.duty is not None
    assert page.standing.duty.name == "김민수"
    assert page.case is not None
    assert page.case.card.state is RequestState.RINGING
    assert version_of(database) != before
    link.close()


def test_a_link_that_falls_silent_meanwhile_does_so_on_the_next_page(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_link_state(database, connected=True, word=LinkWord.CONNECTED, protocol="5")
    before = version_of(database)
    queue_of = desk._queue

    def slowly(requests: list[desk.Request], positions: dict[str, desk.Position], at: Stamp) -> desk.Queue:
        clock.wait(60)
        return queue_of(requests, positions, at)

    monkeypatch.setattr(desk, "_queue", slowly)
    page = desk_of(database, None)
    assert page.version == before
    assert page.link.works
    assert version_of(database) != before


def test_of_requests_of_one_instant_the_one_that_came_first_stands_first(database: Database, clock: Clock) -> None:
    clock.stand_still()
    ids = [f"{number:032x}" for number in range(1, 5)]
    for offer_id in ids[:3]:
        deliver(database, decision(offer_id))
    clock.wait(1)
    deliver(database, decision(ids[3]))
    assert [card.offer_id for card in desk_of(database, None).queue.ringing] == ids
