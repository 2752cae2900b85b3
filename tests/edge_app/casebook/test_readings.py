"""Readings are written once, come back as they were, and never turn a failure into a negative."""

import json
from dataclasses import replace

import pytest
from pydantic import ValidationError

from edge_app.casebook.attempts import Attempt, begin
from edge_app.casebook.radiographs import ask_to_send_unread
from edge_app.casebook.readings import (
    add_reading,
    get_reading,
    mark_dispatched,
    newest_dispatched,
    next_to_dispatch,
    reading_of,
    usual_reading_s,
)
from edge_app.database import Database, DatabaseError
from edge_app.errors import Refusal
from edge_app.reading.finding import (
    Flaw,
    FlawSeen,
    Gap,
    GateVerdict,
    Line,
    Measurement,
    Missing,
    Outline,
    Reading,
    Score,
    Severity,
    Urgency,
)
from tests.edge_app.casebook.builders import assessed, pneumonia, refused, stored
from tests.edge_app.clocks import Clock


def outlined() -> Reading:
    """A reading with outlines, a measurement with its lines, the severity, a flaw of the picture, and something missing."""
    zones = tuple(Score(value, 3.0, 0.5, 0.4, validated=True) for value in (0.0, 0.5, 1.0, 1.5, 2.0, 2.5))
    zone_a, zone_b, zone_c, zone_d, zone_e, zone_f = zones
    brixia = Score(7.5, 18.0, None, None, validated=False)
    return replace(
        assessed(),
        gate=GateVerdict("chest", 0.99, (FlawSeen(Flaw.CUT_OFF, 0.8, validated=False),)),
        measurements={
            "cardiothoracic_ratio": Measurement(0.51, "1", 0.94, True, (Line("thorax", (10.5, 20.0), (900.25, 20.0)),)),
        },
        outlines=(Outline("heart", (((1.0, 2.5), (3.0, 4.0), (5.0, 0.5)),), 0.93, 0.91, True), Outline("airways", (), 0.7, None, False)),
        severity=Severity(Score(3.2, 8.0, 1.0, 0.9, validated=True), brixia, brixia, (zone_a, zone_b, zone_c, zone_d, zone_e, zone_f)),
        missing=(Missing("left_lung", Gap.NOT_FOUND, "covers 0.10% of the picture, below 1.00%"),),
    )


@pytest.mark.parametrize(
    "reading", [assessed(), outlined(), *(refused(reason) for reason in Refusal)], ids=lambda reading: str(reading.refusal)
)
def test_a_reading_comes_back_as_it_was_written(database: Database, reading: Reading) -> None:
    radiograph = stored(database)
    written = add_reading(database, radiograph.id, reading)
    assert get_reading(database, written.id) == written == reading_of(database, radiograph.id)
    assert written.reading == reading


def test_a_reading_of_a_box_that_neither_outlined_nor_graded_is_still_read(database: Database) -> None:
    radiograph = stored(database)
    written = add_reading(database, radiograph.id, outlined())
    row = database.row("SELECT body FROM readings")
    assert row is not None
    body = json.loads(row["body"])
    for key in ("outlines", "severity", "missing"):
        del body[key]
    del body["gate"]["flaws"]
    body["measurements"] = {"angle": {"value": 12.5, "unit": "degree"}}
    database.tables.table("readings").update(written.id, {"body": json.dumps(body)})
    reading = get_reading(database, written.id).reading
    assert (reading.outlines, reading.severity, reading.missing) == ((), None, ())
    assert reading.measurements["angle"] == Measurement(12.5, "degree", None, validated=False)
    assert reading == assessed()


@pytest.mark.parametrize(
    "change",
    [
        {"findings": (pneumonia(),)},
        {"urgency": Urgency.NONE},
        {"top3": ("Pneumonia",)},
        {"outlines": outlined().outlines},
        {"measurements": outlined().measurements},
        {"severity": outlined().severity},
    ],
)
def test_what_was_not_assessed_cannot_carry_a_result(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not assessed cannot carry"):
        replace(refused(), **change)  # type: ignore[arg-type]


def test_what_was_assessed_carries_an_urgency() -> None:
    with pytest.raises(ValueError, match="must carry an urgency"):
        replace(assessed(), urgency=None)


@pytest.mark.parametrize("key", ["refusal", "urgency", "findings", "engine", "protocol"])
def test_a_reading_with_a_hole_in_it_is_not_filled_up(database: Database, key: str) -> None:
    radiograph = stored(database)
    written = add_reading(database, radiograph.id, refused() if key == "refusal" else assessed())
    row = database.row("SELECT body FROM readings")
    assert row is not None
    body = json.loads(row["body"])
    del body[key]
    database.tables.table("readings").update(written.id, {"body": json.dumps(body)})
    with pytest.raises(ValidationError):
        get_reading(database, written.id)


def test_the_newest_reading_counts_and_the_older_stays(database: Database) -> None:
    radiograph = stored(database)
    first = add_reading(database, radiograph.id, refused(Refusal.MODEL_FAILED))
    second = add_reading(database, radiograph.id, assessed())
    assert reading_of(database, radiograph.id) == second
    assert get_reading(database, first.id).reading.refusal is not None


def test_a_reading_of_no_radiograph_is_not_written(database: Database) -> None:
    with pytest.raises(KeyError):
        add_reading(database, "0" * 32, assessed())
    with pytest.raises(DatabaseError):
        begin(database, Attempt.READING, "0" * 32)


def test_every_start_of_a_reading_is_counted_for_its_own_picture(database: Database) -> None:
    one, other = stored(database), stored(database)
    assert [begin(database, Attempt.READING, one.id) for _ in range(4)] == [1, 2, 3, 4]
    assert begin(database, Attempt.READING, other.id) == 1
    assert reading_of(database, one.id) is None


def test_readings_are_dispatched_in_their_order_and_once(database: Database) -> None:
    written = [add_reading(database, stored(database).id, assessed()) for _ in range(3)]
    for reading in written:
        assert next_to_dispatch(database) == reading
        assert next_to_dispatch(database) == reading
        mark_dispatched(database, reading.id)
    assert next_to_dispatch(database) is None


def test_a_refused_picture_is_dispatched_only_where_the_crew_asks_for_it(database: Database) -> None:
    radiograph = stored(database)
    reading = add_reading(database, radiograph.id, refused())
    assert next_to_dispatch(database) is None
    ask_to_send_unread(database, radiograph.id)
    assert next_to_dispatch(database) == reading


def test_the_newest_that_hospitals_were_told_of(database: Database) -> None:
    first, second, third = (add_reading(database, stored(database, study="1.9").id, assessed()) for _ in range(3))
    case_id = str((database.row("SELECT id FROM cases") or {})["id"])
    assert newest_dispatched(database, case_id) is None
    for reading in (first, second):
        mark_dispatched(database, reading.id)
    assert newest_dispatched(database, case_id) == second
    assert third.id != second.id


def test_what_is_usual_is_the_middle_of_the_last_readings(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    clock.stand_still()
    for number, seconds in enumerate((3.0, 40.0, 2.0)):
        assert usual_reading_s(database) is None, f"{number} are too few"
        radiograph = stored(database)
        clock.wait(seconds)
        add_reading(database, radiograph.id, assessed())
    assert usual_reading_s(database) == 3.0
    late = stored(database)
    clock.wait(900)
    add_reading(database, late.id, refused())
    assert usual_reading_s(database) == 3.0, "what was refused was not read"
    for _ in range(20):
        radiograph = stored(database)
        clock.wait(1)
        add_reading(database, radiograph.id, assessed())
    assert usual_reading_s(database) == 1.0
