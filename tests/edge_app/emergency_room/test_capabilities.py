"""What is open here: set once, told to every unit that has asked, and to who asks first thereafter."""

import pytest

from edge_app.database import Database
from edge_app.emergency_room.capabilities import set_capability, settings_of
from edge_app.emergency_room.inbox import Inbox
from edge_app.link.messages import Kind, Message, decode, encode, new_message
from edge_app.link.outbox import note_received, waiting
from edge_app.link.status import Availability, Capability, StatusBody
from tests.edge_app.clocks import DAY_S, Clock
from tests.edge_app.emergency_room.builders import OFFER, OTHER, ROOM, UNIT, decision, deliver

A, C = Availability, Capability


def told(database: Database) -> list[tuple[str, StatusBody]]:
    found = []
    for each in waiting(database):
        message: Message = decode(each.body)
        if isinstance(message.body, StatusBody):
            found.append((message.recipient, message.body))
    return found


def asks(database: Database, unit: str, offer_id: str) -> None:
    message = new_message(unit, ROOM, 5, decision(offer_id))
    Inbox(database, ROOM).keep(message, encode(message))


def test_every_unit_that_has_asked_is_told_all_of_it_once(database: Database, clock: Clock) -> None:
    asks(database, UNIT, OFFER)
    asks(database, "unit/unit-32", OTHER)
    assert told(database) == []
    set_capability(database, ROOM, C.CT, A.CLOSED, who="김 과장")
    clock.wait(90)
    set_capability(database, ROOM, C.EMERGENCY_BEDS, free=3)
    # The newer word stands in place of the one that has not left.
    assert {unit for unit, _ in told(database)} == {UNIT, "unit/unit-32"}
    assert len(told(database)) == 2
    beds, ct = told(database)[0][1].lines
    assert (beds.code, beds.availability, beds.free, beds.age_s) == (C.EMERGENCY_BEDS, A.OPEN, 3, 0)
    assert (ct.code, ct.availability, ct.who) == (C.CT, A.CLOSED, "김 과장")
    assert ct.age_s == pytest.approx(90, abs=2)


def test_a_unit_that_asks_for_the_first_time_is_told_and_no_other_is_told_again(database: Database) -> None:
    set_capability(database, ROOM, C.ICU, A.LIMITED)
    assert told(database) == []
    deliver(database, decision())
    (unit, body) = told(database)[0]
    assert (unit, body.lines[0].code) == (UNIT, C.ICU)
    for each in waiting(database):
        note_received(database, each.id, UNIT)
    deliver(database, decision(OTHER))
    assert told(database) == []


def test_the_time_of_a_status_grows_though_the_clock_is_set_back(database: Database, clock: Clock) -> None:
    deliver(database, decision())
    times = []
    for how in (A.OPEN, A.CLOSED):
        set_capability(database, ROOM, C.CT, how)
        times.append(told(database)[0][1].at_ms)
        clock.jump(-DAY_S)
    assert times[1] > times[0]


def test_no_bed_left_is_closed_and_what_is_counted_is_set_by_its_number(database: Database) -> None:
    set_capability(database, ROOM, C.EMERGENCY_BEDS, free=0)
    assert [(one.availability, one.free) for one in settings_of(database)] == [(A.CLOSED, 0)]
    for wrong in ({"availability": A.OPEN}, {}, {"free": -1}, {"free": 1000}):
        with pytest.raises(ValueError, match="number"):
            set_capability(database, ROOM, C.EMERGENCY_BEDS, **wrong)
    with pytest.raises(ValueError, match="number"):
        set_capability(database, ROOM, C.CT, A.OPEN, free=2)


def test_a_status_holds_nothing_of_a_patient() -> None:
    assert "offer_id" not in StatusBody.model_fields
    assert Kind.STATUS == "status"
