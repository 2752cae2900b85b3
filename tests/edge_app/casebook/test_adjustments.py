"""Landmarks as a person has moved them: each time a row, the newest counts, the reading stays as it was written."""

import json
import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge_app.casebook import Casebook
from edge_app.casebook.adjustments import adjust, newest_adjustment
from edge_app.casebook.events import first_broken_link
from edge_app.casebook.readings import add_reading, get_reading
from edge_app.casebook.timeline import Happened, timeline_of
from edge_app.database import Database
from edge_app.processes import module_command, module_environment
from edge_app.reading.adjusting import own_points, points_in
from edge_app.reading.spinopelvic import angles
from tests.edge_app.casebook.builders import stored
from tests.edge_app.casebook.spines import SIDE, moved, spine


def rows(database: Database) -> list[dict[str, Any]]:
    return [dict(row) for row in database.rows("SELECT * FROM adjustments ORDER BY rowid")]


def spine_in(database: Database) -> tuple[str, str]:
    """The ids of a case and of its reading."""
    radiograph = stored(database)
    return radiograph.case_id, add_reading(database, radiograph.id, spine()).id


def test_what_somebody_has_left_comes_back_as_it_was_and_the_reading_stays(database: Database) -> None:
    _case, reading_id = spine_in(database)
    before = get_reading(database, reading_id)
    assert newest_adjustment(database, reading_id) is None
    points = moved(S1_front=(9.125, -6.0))
    made = adjust(database, reading_id, points, "김 과장")
    assert newest_adjustment(database, reading_id) == replace(
        made, made=replace(made.made, source=made.made.source.UNSYNCHRONISED, uncertainty_ms=None)
    )
    assert (made.by, made.points) == ("김 과장", points)
    assert made.angles == pytest.approx(angles(points))
    assert get_reading(database, reading_id) == before


def test_the_newest_counts_the_older_is_kept_and_the_same_is_not_kept_twice(database: Database) -> None:
    _case, reading_id = spine_in(database)
    first, second = moved(hip_1=(1.0, 0.0)), moved(hip_1=(2.0, 0.0))
    adjust(database, reading_id, first)
    made = adjust(database, reading_id, second)
    assert adjust(database, reading_id, second).id == made.id
    newest = newest_adjustment(database, reading_id)
    assert newest is not None
    assert newest.points == second
    assert [points_in(row["landmarks"]) for row in rows(database)] == [first, second]
    # Somebody else who leaves them so says so too.
    adjust(database, reading_id, second, "이지은")
    assert [row["made_by"] for row in rows(database)] == ["crew", "crew", "이지은"]


def test_the_boxs_own_points_can_be_taken_up_again(database: Database) -> None:
    _case, reading_id = spine_in(database)
    adjust(database, reading_id, moved(hip_1=(1.0, 0.0)))
    adjust(database, reading_id, moved())
    newest = newest_adjustment(database, reading_id)
    assert newest is not None
    assert newest.points == own_points(spine())
    assert len(rows(database)) == 2


def test_a_picture_that_is_read_anew_starts_without(database: Database) -> None:
    radiograph = stored(database)
    first = add_reading(database, radiograph.id, spine())
    adjust(database, first.id, moved(hip_1=(1.0, 0.0)))
    second = add_reading(database, radiograph.id, spine())
    assert newest_adjustment(database, second.id) is None
    assert newest_adjustment(database, first.id) is not None


def test_it_is_an_event_that_tells_which_points_and_not_where(database: Database) -> None:
    case_id, reading_id = spine_in(database)
    made = adjust(database, reading_id, moved(S1_front=(3.0, 0.0), L1_back=(0.0, 2.0)), "이지은")
    (event,) = database.rows("SELECT * FROM events WHERE kind = 'landmarks_adjusted'")
    assert (event["case_id"], event["subject_id"], event["unix_ms"]) == (case_id, made.id, made.made.unix_ms)
    assert json.loads(event["detail"]) == {"reading": reading_id, "by": "이지은", "moved": "L1_back,S1_front"}
    assert first_broken_link(database) is None
    assert timeline_of(database, case_id)[-1].happened is Happened.ADJUSTED


WRONG = {
    "no points": {},
    "too few": {name: point for name, point in moved(hip_1=(1, 1)).items() if name != "hip_2"},
    "too many": {**moved(hip_1=(1, 1)), "L5_front": (10.0, 10.0)},
    "left of it": {**moved(), "hip_1": (-0.5, 10.0)},
    "below it": {**moved(), "hip_1": (10.0, SIDE + 0.5)},
    "not a number": {**moved(), "hip_1": (float("nan"), 10.0)},
    "without end": {**moved(), "hip_1": (float("inf"), 10.0)},
    "a plate of one point": {**moved(), "S1_front": moved()["S1_back"]},
    "an upper plate of one point": {**moved(), "L1_front": moved()["L1_back"]},
    "hips in the plate": {**moved(), "hip_1": (262.5, 327.0), "hip_2": (262.5, 327.0)},
    "nothing moved": moved(),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_are_not_its_points_on_its_picture_is_refused_whole(database: Database, wrong: str) -> None:
    _case, reading_id = spine_in(database)
    with pytest.raises(ValueError):  # noqa: PT011  (any of its own)
        adjust(database, reading_id, WRONG[wrong])
    assert rows(database) == []
    assert database.rows("SELECT 1 FROM events WHERE kind = 'landmarks_adjusted'") == []


def test_no_reading_no_adjustment(database: Database) -> None:
    with pytest.raises(KeyError):
        adjust(database, "nothing", moved(hip_1=(1.0, 0.0)))


_WRITER = """
import sys
from pathlib import Path
from edge_app.casebook import Casebook
from edge_app.casebook.adjustments import adjust
from tests.edge_app.casebook.spines import moved

database = Casebook(Path(sys.argv[1])).database
for number in range(int(sys.argv[3]), 100000):
    adjust(database, sys.argv[2], moved(hip_1=(number / 1000, 0.0)))
    print(number, flush=True)
"""


def test_what_was_acknowledged_is_there_after_a_kill(tmp_path: Path) -> None:
    casebook = Casebook(tmp_path)
    _case, reading_id = spine_in(casebook.database)
    casebook.database.close()
    last = 0
    for _round in range(3):
        command = [*module_command("x")[:2], "-c", _WRITER, str(tmp_path), reading_id, str(last + 1)]
        writer = subprocess.Popen(command, env=module_environment(), stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(20)]
        os.kill(writer.pid, signal.SIGKILL)
        told += [int(word) for word in writer.stdout.read().split()]
        writer.stdout.close()
        writer.wait()
        database = Casebook(tmp_path).database
        newest = newest_adjustment(database, reading_id)
        assert newest is not None
        kept = len(rows(database))
        # Whatever was acknowledged is there; the one more that may be there is there whole.
        assert max(told) <= kept <= max(told) + 1
        assert newest.points == moved(hip_1=(kept / 1000, 0.0))
        assert first_broken_link(database) is None
        assert database.rows("SELECT count(*) AS n FROM events WHERE kind = 'landmarks_adjusted'") == [{"n": kept}]
        last = kept
        database.close()
