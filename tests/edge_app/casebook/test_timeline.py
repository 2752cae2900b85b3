"""What happened, in its order, whatever the wall clock did; each thing once."""

import itertools
import time
from dataclasses import replace
from datetime import datetime

import pytest

from edge_app.casebook import events
from edge_app.casebook.cases import case_for_study, enter_pre_ktas
from edge_app.casebook.crew_words import CrewWord, say
from edge_app.casebook.events import EventKind, record
from edge_app.casebook.merges import merge, undo
from edge_app.casebook.offers import Rung, prove
from edge_app.casebook.patients import Field, enter_patient
from edge_app.casebook.readings import add_reading
from edge_app.casebook.timeline import Happened, timeline_of
from edge_app.casebook.vitals import enter_vitals
from edge_app.clock import ClockSource, Stamp, now
from edge_app.database import Database
from edge_app.errors import Refusal
from tests.edge_app.casebook.builders import assessed, offered, refused, stored


def happened(database: Database, case_id: str) -> list[Happened]:
    return [moment.happened for moment in timeline_of(database, case_id)]


@pytest.fixture
def _every_instant_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done within one millisecond has no order of its own."""
    began, asked = time.clock_gettime_ns, itertools.count()
    monkeypatch.setattr("edge_app.clock.time.clock_gettime_ns", lambda clock: began(clock) + 1_000_000 * next(asked))


@pytest.mark.usefixtures("_every_instant_is_another")
def test_everything_from_the_picture_to_the_answer_in_its_order(database: Database) -> None:
    radiograph = stored(database)
    case_id = radiograph.case_id
    add_reading(database, radiograph.id, refused(Refusal.UNLIKE_TRAINING))
    reading = add_reading(database, radiograph.id, assessed())
    offer = offered(database, case_id, reading.id, "A1")
    record(database, EventKind.OFFER_MADE, now(), case_id, offer.id)
    for rung in (Rung.AT_BROKER, Rung.AT_HOSPITAL, Rung.OPENED):
        prove(database, offer.id, rung, now())
    enter_pre_ktas(database, case_id, 2)
    enter_vitals(database, case_id, {"gcs": 14})
    enter_patient(database, case_id, Field.SEX, "M")
    enter_patient(database, case_id, Field.SEX, None)
    enter_patient(database, case_id, Field.START, "minor")
    say(database, case_id, CrewWord.PHONE_NO_ANSWER, offer_id=offer.id)
    for event, outcome in (("accept", "grant"), ("accept", "late"), ("phone_accept", "grant"), ("expire", "nothing"), ("expire", "expire")):
        record(database, EventKind.OFFER_CHANGED, now(), case_id, offer.id, {"event": event, "outcome": outcome})
    record(database, EventKind.LEASE_GRANTED, now(), case_id, offer.id)
    moments = timeline_of(database, case_id)
    assert [moment.happened for moment in moments] == [
        *(Happened.CASE_OPENED, Happened.STORED, Happened.NOT_READ, Happened.READ, Happened.ASKED),
        *(Happened.AT_BROKER, Happened.AT_HOSPITAL, Happened.OPENED, Happened.PRE_KTAS, Happened.VITALS),
        *(Happened.ENTERED, Happened.TAKEN_BACK, Happened.START, Happened.SAID),
        *(Happened.ANSWER, Happened.ANSWER_LATE, Happened.EXPIRED, Happened.GRANTED),
    ]
    by = {moment.happened: moment for moment in moments}
    assert (by[Happened.NOT_READ].what, by[Happened.PRE_KTAS].number, by[Happened.VITALS].what) == (Refusal.UNLIKE_TRAINING, 2, "gcs")
    assert (by[Happened.ENTERED].what, by[Happened.START].what, by[Happened.SAID].what) == ("sex", "minor", "phone_no_answer")
    named = (Happened.ASKED, Happened.AT_BROKER, Happened.OPENED, Happened.SAID, Happened.ANSWER, Happened.GRANTED)
    assert {by[kind].hospital for kind in named} == {offer.name}
    # A rung is proven without a word of the clock; an event has one.
    assert (by[Happened.OPENED].known_clock, by[Happened.ASKED].known_clock) == (False, True)


def test_an_exposure_that_is_believed_stands_before_its_reception(database: Database) -> None:
    radiograph = stored(database)
    with database.writing() as tables:
        tables.table("radiographs").update(radiograph.id, {"taken_at": _iso(radiograph.received.unix_ms - 40_000)})
    moments = timeline_of(database, radiograph.case_id)
    assert moments[0].happened is Happened.EXPOSED
    assert moments[0].known_clock is False
    with database.writing() as tables:
        tables.table("radiographs").update(radiograph.id, {"taken_at": _iso(radiograph.received.unix_ms - 40_000_000)})
    assert Happened.EXPOSED not in happened(database, radiograph.case_id)


def _iso(unix_ms: int) -> str:
    return datetime.fromtimestamp(unix_ms / 1000).isoformat()  # noqa: DTZ006  local time, as DICOM has it


def test_a_wall_clock_that_jumps_and_a_boot_between_do_not_change_the_order(database: Database) -> None:
    case = case_for_study(database, None, None, None)
    first = now()
    back = replace(first, unix_ms=first.unix_ms - 86_400_000, mono_ms=first.mono_ms + 10)
    later = Stamp(first.unix_ms - 1, 5, "another boot", ClockSource.SYNCHRONISED, 20)
    for stamp, level in ((back, 2), (later, 3)):
        record(database, EventKind.PRE_KTAS_ENTERED, stamp, case.id, case.id, {"level": level})
    assert [moment.number for moment in timeline_of(database, case.id)] == [None, 2, 3]
    assert timeline_of(database, case.id)[2].at.uncertainty_ms == 20


def test_joined_cases_have_one_timeline_and_the_joining_stands_in_it_once(database: Database) -> None:
    first, second = case_for_study(database, None, None, None), case_for_study(database, None, None, None)
    made = merge(database, first.id, second.id)
    assert made is not None
    assert timeline_of(database, first.id) == timeline_of(database, second.id)
    assert happened(database, first.id) == [Happened.CASE_OPENED, Happened.CASE_OPENED, Happened.MERGED]
    undo(database, made.id)
    assert happened(database, second.id) == [Happened.CASE_OPENED, Happened.MERGED, Happened.UNMERGED]


def test_every_kind_of_event_stands_there_or_by_another_row(database: Database) -> None:
    case = case_for_study(database, None, None, None)
    details = {
        EventKind.READING_DONE: {"outcome": "assessed"},
        EventKind.PRE_KTAS_ENTERED: {"level": 1},
        EventKind.VITALS_ENTERED: {"signs": "gcs"},
        EventKind.PATIENT_ENTERED: {"field": "sex", "taken_back": False},
        EventKind.START_ENTERED: {"start": "minor"},
        EventKind.CASES_MERGED: {"number": 2},
        EventKind.MERGE_UNDONE: {"number": 2},
        EventKind.CREW_SAID: {"word": "cancel"},
        EventKind.OFFER_CHANGED: {"event": "decline", "outcome": "decline"},
    }
    for kind in events.EventKind:
        record(database, kind, now(), case.id, f"{kind}", details.get(kind, {}))
    shown = len(timeline_of(database, case.id))
    # The case's own opening is one more; a request that is repeated stands by the answer that it changed.
    assert shown == len(EventKind) + 1 - 1
