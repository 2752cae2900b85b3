"""Where units are: the newest word only, as old as it is, of who has our patient, and gone with the end."""

from pathlib import Path

import pytest

from edge_app.casebook.cases import stamp_columns
from edge_app.clock import now
from edge_app.database import Database
from edge_app.emergency_room.inbox import Inbox
from edge_app.emergency_room.migrations import MIGRATIONS
from edge_app.emergency_room.positions import KEPT_FOR_S, Position, forget_positions, positions_of
from edge_app.emergency_room.requests import answer
from edge_app.link.messages import AnswerKind, Body, StandDownReason, encode, new_message
from edge_app.link.position import Approach, PositionBody
from tests.edge_app.clocks import DAY_S, Clock
from tests.edge_app.emergency_room.builders import OFFER, OTHER, ROOM, UNIT, decision, granted, stand_down


def approach(north_m: int = 3000, east_m: int = 4000, *, age_s: int = 0, eta_s: int = 600) -> Approach:
    return Approach(north_m=north_m, east_m=east_m, age_s=age_s, eta_s=eta_s, by_road=True)


def where(number: int = 1, seen: Approach | None = None, *, offer_id: str = OFFER, token: int = 2) -> PositionBody:
    return PositionBody(offer_id=offer_id, token=token, number=number, approach=seen or approach(number * 1000))


def comes(database: Database, *bodies: Body, sender: str = UNIT, made_s_ago: float = 0.0) -> None:
    """Let the bodies arrive from a unit whose clock is right."""
    for body in bodies:
        message = new_message(sender, ROOM, now().unix_ms - int(made_s_ago * 1000), body)
        Inbox(database, ROOM).keep(message, encode(message))


def only(database: Database) -> Position:
    (position,) = positions_of(database).values()
    return position


@pytest.fixture
def coming(database: Database) -> Database:
    """A hospital to which one unit is on its way."""
    comes(database, decision(), granted())
    return database


def north_m(database: Database) -> int | None:
    place = only(database).place
    return None if place is None else place.north_m


def test_the_newest_stands_in_whatever_order_they_come(coming: Database) -> None:
    message = new_message(UNIT, ROOM, now().unix_ms, where(2))
    for _ in range(2):
        Inbox(coming, ROOM).keep(message, encode(message))
    comes(coming, where(1), where(2, approach(9)))
    assert north_m(coming) == 2000
    comes(coming, where(3))
    assert north_m(coming) == 3000
    assert coming.rows("SELECT word FROM refusals") == []


def test_distance_and_direction_are_those_of_the_triangle(coming: Database) -> None:
    comes(coming, where(seen=approach(3000, -4000)))
    place = only(coming).place
    assert place is not None
    assert place.distance_km == pytest.approx(5.0)
    # The arc tangent of 4/3 is 53.13°, westwards of north.
    assert place.bearing_deg == pytest.approx(360 - 53.130, abs=0.001)


@pytest.mark.parametrize("state", ["asked", "accept sent", "another lease", "stood down"])
def test_of_who_is_not_on_the_way_here_nothing_is_kept(database: Database, state: str) -> None:
    comes(database, decision())
    if state == "accept sent":
        answer(database, ROOM, OFFER, AnswerKind.ACCEPT)
    elif state != "asked":
        comes(database, granted())
    if state == "stood down":
        comes(database, stand_down(token=3))
    comes(database, where(token=9 if state == "another lease" else 2))
    assert positions_of(database) == {}
    assert database.rows("SELECT word FROM refusals") == [], "a word that was overtaken is nobody's fault"


def test_of_an_unknown_request_and_of_another_unit_it_is_refused(coming: Database) -> None:
    comes(coming, where(offer_id=OTHER))
    comes(coming, where(), sender="unit/unit-7")
    words = [row["word"] for row in coming.rows("SELECT word FROM refusals ORDER BY id")]
    assert words == ["position: of an unknown request", "position: of a unit that did not ask"]
    assert positions_of(coming) == {}


# That it expired is said to who has not answered, and takes no patient from anybody.
ENDS = [reason for reason in StandDownReason if reason is not StandDownReason.EXPIRED]


@pytest.mark.parametrize("end", [*ENDS, "withdrawn", "asked again"])
def test_the_end_deletes_the_place(coming: Database, end: str) -> None:
    comes(coming, where())
    if end == "withdrawn":
        answer(coming, ROOM, OFFER, AnswerKind.WITHDRAW)
    elif end == "asked again":
        comes(coming, decision(token=3, revision=2, asking=2))
    else:
        comes(coming, stand_down(token=3, reason=StandDownReason(end)))
    assert coming.rows("SELECT * FROM positions") == []


def test_nothing_of_it_is_kept_anywhere_else(coming: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    comes(coming, where(seen=approach(45670, 12340)))
    assert coming.rows("SELECT body FROM inbox WHERE kind = 'position'") == [{"body": b""}]
    comes(coming, stand_down(token=3))
    tables = [row["name"] for row in coming.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    left = repr([coming.rows(f"SELECT * FROM {name}") for name in tables])  # noqa: S608  (our own tables)
    assert "45670" not in left + caplog.text


def test_who_has_arrived_is_nowhere_any_more(coming: Database) -> None:
    comes(coming, where(1), PositionBody(offer_id=OFFER, token=2, number=2))
    assert only(coming).place is None
    assert coming.row("SELECT north_m, east_m, eta_s FROM positions") == {"north_m": None, "east_m": None, "eta_s": None}


def test_it_is_as_old_as_its_fix_and_as_what_it_waited(coming: Database, clock: Clock) -> None:
    clock.stand_still()
    clock.wait(600)
    comes(coming, where(1, approach(age_s=12)))
    assert age_s(coming) == pytest.approx(12, abs=2)
    # The relay kept this one while nobody listened here, and the unit is off the link.
    comes(coming, where(2, approach(age_s=12)), made_s_ago=240)
    assert age_s(coming) == pytest.approx(252, abs=2)
    clock.wait(30)
    assert age_s(coming) == pytest.approx(282, abs=2)


def age_s(database: Database) -> float:
    return now().seconds_since(only(database).fixed)


@pytest.mark.parametrize("set_s", [-DAY_S, DAY_S])
def test_a_unit_whose_clock_is_wrong_or_set_is_not_taken_for_old(coming: Database, clock: Clock, set_s: float) -> None:
    clock.stand_still()
    comes(coming, where(1), made_s_ago=set_s)
    assert age_s(coming) < 5
    comes(coming, where(2), made_s_ago=set_s)
    comes(coming, where(3))
    assert age_s(coming) < 5
    clock.wait(60)
    comes(coming, where(4))
    comes(coming, where(5), made_s_ago=20)
    assert age_s(coming) == pytest.approx(20, abs=2)


def test_what_falls_silent_is_forgotten(coming: Database, clock: Clock) -> None:
    comes(coming, where())
    clock.wait(KEPT_FOR_S - 60)
    forget_positions(coming)
    assert north_m(coming) == 1000
    clock.jump(-DAY_S)
    clock.wait(120)
    forget_positions(coming)
    assert positions_of(coming) == {}


def test_a_desk_of_before_gets_the_table_and_keeps_its_requests(tmp_path: Path) -> None:
    before = Database(tmp_path / "emergency_room.sqlite3", MIGRATIONS[:6])
    asked = new_message(UNIT, ROOM, now().unix_ms, decision())
    with before.writing() as tables:
        row = {"offer_id": OFFER, "unit": UNIT, "token": 2, "revision": 1, "decision": encode(asked), "state": "granted"}
        stamps = {**stamp_columns(now(), "received"), **stamp_columns(now(), "decided")}
        tables.table("requests").insert({**row, **stamps})
    before.close()
    desk = Database(tmp_path / "emergency_room.sqlite3", MIGRATIONS)
    comes(desk, where())
    assert north_m(desk) == 1000
    desk.close()
