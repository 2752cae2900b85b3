"""Vital signs in the casebook: the newest of each sign counts, one taken back is not known, nothing is lost."""

import pytest

from edge_app.casebook.events import EventKind, first_broken_link
from edge_app.casebook.readings import add_reading, mark_dispatched
from edge_app.casebook.telling import case_to_tell, mark_told
from edge_app.casebook.vitals import enter_vitals, vitals_of
from edge_app.database import Database
from edge_app.triage import Vitals
from tests.edge_app.casebook.builders import assessed, stored


def values(vitals: Vitals) -> dict[str, float]:
    return {name: entered.value for name, entered in vitals.known()}


def test_the_newest_value_of_each_sign_counts(database: Database) -> None:
    case_id, other = stored(database).case_id, stored(database).case_id
    assert vitals_of(database, case_id) == Vitals()
    enter_vitals(database, case_id, {"spo2_percent": 93, "systolic_mmhg": 118})
    enter_vitals(database, case_id, {"spo2_percent": 88, "gcs": 14})
    enter_vitals(database, other, {"spo2_percent": 99})
    assert values(vitals_of(database, case_id)) == {"spo2_percent": 88, "systolic_mmhg": 118, "gcs": 14}
    at = vitals_of(database, case_id)
    assert at.spo2_percent is not None
    assert at.systolic_mmhg is not None
    assert at.spo2_percent.at.mono_ms >= at.systolic_mmhg.at.mono_ms
    row = database.row("SELECT count(*) AS n FROM vitals WHERE case_id = :id", {"id": case_id})
    assert row == {"n": 4}


def test_a_sign_taken_back_is_not_known_and_not_an_older_value(database: Database) -> None:
    case_id = stored(database).case_id
    enter_vitals(database, case_id, {"spo2_percent": 93})
    enter_vitals(database, case_id, {"spo2_percent": 88})
    enter_vitals(database, case_id, {"spo2_percent": None})
    assert vitals_of(database, case_id) == Vitals()


def test_an_entry_is_an_event_without_its_values(database: Database) -> None:
    case_id = stored(database).case_id
    enter_vitals(database, case_id, {"spo2_percent": 71, "gcs": None})
    enter_vitals(database, case_id, {})
    (event,) = database.rows("SELECT * FROM events WHERE kind = :kind", {"kind": str(EventKind.VITALS_ENTERED)})
    assert event["case_id"] == case_id
    assert event["detail"] == '{"signs": "gcs,spo2_percent", "taken_back": 1}'
    row = database.row("SELECT count(*) AS n FROM vitals WHERE entry_id = :id", {"id": event["subject_id"]})
    assert row == {"n": 2}
    assert first_broken_link(database) is None


@pytest.mark.parametrize(
    ("wrong", "error"),
    [({"spo2_percent": 101.0}, ValueError), ({"gcs": float("nan")}, ValueError), ({"mood": 3.0}, KeyError)],
)
def test_what_nobody_has_is_refused_whole(database: Database, wrong: dict[str, float], error: type[Exception]) -> None:
    case_id = stored(database).case_id
    with pytest.raises(error):
        enter_vitals(database, case_id, {"systolic_mmhg": 120, **wrong})
    assert vitals_of(database, case_id) == Vitals()


def test_no_case_no_vital_signs(database: Database) -> None:
    with pytest.raises(KeyError):
        enter_vitals(database, "nobody", {"spo2_percent": 90})


def test_what_the_hospitals_were_told_is_kept_apart(database: Database) -> None:
    radiograph = stored(database)
    case_id = radiograph.case_id
    reading = add_reading(database, radiograph.id, assessed())
    enter_vitals(database, case_id, {"spo2_percent": 93})
    assert case_to_tell(database) is None
    mark_dispatched(database, reading.id)
    assert case_to_tell(database) == case_id
    mark_told(database, case_id)
    assert case_to_tell(database) is None
    enter_vitals(database, case_id, {"spo2_percent": 88})
    assert values(vitals_of(database, case_id, told=True)) == {"spo2_percent": 93}
    assert values(vitals_of(database, case_id)) == {"spo2_percent": 88}
    assert case_to_tell(database) == case_id
