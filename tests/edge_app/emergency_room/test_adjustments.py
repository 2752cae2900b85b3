"""A spine's landmarks as a doctor at the hospital has moved them: kept beside what the unit told, and only while it tells the same."""

import json
import sqlite3
from http import HTTPStatus

import pytest
from flask.testing import FlaskClient

from edge_app.database import Database
from edge_app.emergency_room.adjustments import adjust, newest_points, told_reading
from edge_app.emergency_room.console.adjusting import spine_of
from edge_app.emergency_room.console.desk import version_of
from edge_app.emergency_room.requests import get_request
from edge_app.errors import Refusal
from edge_app.link.decision import DecisionBody, LandmarksLine
from edge_app.reading.adjusting import own_points
from edge_app.reading.finding import Point
from edge_app.reading.spinopelvic import LANDMARKS, PELVIC_INCIDENCE, SACRAL_SLOPE, angles
from tests.edge_app.emergency_room.builders import OFFER, OTHER, TOLD, decision, deliver, measured, preview, refused, region, spine
from tests.edge_app.full_disk import Disk

KEEP = f"/requests/{OFFER}/adjustments"
ASK = f"/requests/{OFFER}/angles"


def moved(**by: Point) -> dict[str, Point]:
    """The points that were told, some of them moved by so many pixels."""
    told = {name: (x / 10, y / 10) for name, (x, y) in zip(LANDMARKS, TOLD, strict=True)}
    return {name: (x + by.get(name, (0, 0))[0], y + by.get(name, (0, 0))[1]) for name, (x, y) in told.items()}


MOVED = moved(S1_front=(0.0, 10.0))
"""The slope is 47° by these."""


def kept(database: Database) -> int:
    return int(database.tables.table("adjustments").count)


def test_what_was_told_is_measured_here_as_it_was_on_the_box() -> None:
    reading = told_reading(spine())
    assert reading is not None
    told = {name: own.value for name, own in reading.measurements.items()}
    assert told == pytest.approx(angles(own_points(reading)), abs=0.1)
    assert told_reading(decision()) is None
    assert told_reading(refused(reason=Refusal.UNLIKE_TRAINING)) is None


def test_a_doctors_points_count_and_the_units_stay(database: Database) -> None:
    deliver(database, spine())
    before = get_request(database, OFFER).decision
    assert newest_points(database, OFFER, before) is None
    first = adjust(database, OFFER, moved(hip_1=(3.0, 1.0)), "이지은")
    second = adjust(database, OFFER, MOVED)
    assert adjust(database, OFFER, MOVED).id == second.id != first.id
    newest = newest_points(database, OFFER, before)
    assert newest is not None
    assert (newest.id, newest.by, newest.points) == (second.id, None, MOVED)
    assert newest.angles == pytest.approx(angles(MOVED))
    assert get_request(database, OFFER).decision == before
    assert kept(database) == 2


def test_they_count_until_the_unit_tells_other_points(database: Database) -> None:
    deliver(database, spine())
    adjust(database, OFFER, MOVED)
    deliver(database, spine(revision=2, pre_ktas=1))
    assert spine_of(database, get_request(database, OFFER)).hand is not None
    anew = LandmarksLine(columns=512, rows=512, points=((2770, 640), *TOLD[1:]))
    deliver(database, spine(revision=3, landmarks=anew))
    assert spine_of(database, get_request(database, OFFER)).hand is None


def by_crew(revision: int = 2, **by: Point) -> DecisionBody:
    points = {name: (round(10 * x), round(10 * y)) for name, (x, y) in moved(**by).items()}
    told = LandmarksLine(columns=512, rows=512, points=TOLD, moved=tuple(points[name] for name in LANDMARKS), moved_age_s=120)
    return spine(revision=revision, landmarks=told)


def test_the_crews_points_count_until_a_doctor_moves_them(database: Database, client: FlaskClient) -> None:
    client.set_cookie("console_language", "en")
    deliver(database, spine())
    untouched = spine_of(database, get_request(database, OFFER))
    deliver(database, by_crew(S1_front=(0.0, 10.0)), preview())
    asked = get_request(database, OFFER)
    found = spine_of(database, asked)
    assert found.hand is not None
    assert (found.hand.people, found.hand.by, found.hand.points) == ("crew", None, MOVED)
    assert found.hand.at_ms == asked.decided.unix_ms - 120_000
    assert found.adjusting is not None
    assert untouched.adjusting is not None
    assert found.adjusting.shown != untouched.adjusting.shown
    page = client.get(f"/requests/{OFFER}").get_data(as_text=True)
    for said in ("47°", "Crew", "box 40° ± 3°"):
        assert said in page
    adjust(database, OFFER, moved(hip_1=(3.0, 1.0)), "이지은")
    deliver(database, by_crew(3, S1_front=(0.0, 12.0)))
    hand = spine_of(database, get_request(database, OFFER)).hand
    assert hand is not None
    assert (hand.people, hand.by) == ("room", "이지은")


def test_a_doctor_may_go_back_to_the_boxs_own_from_the_crews(database: Database) -> None:
    deliver(database, by_crew(S1_front=(0.0, 10.0)))
    made = adjust(database, OFFER, moved())
    hand = spine_of(database, get_request(database, OFFER)).hand
    assert hand is not None
    assert (hand.id, hand.points) == (made.id, moved())


def test_points_of_a_crew_by_which_nothing_can_be_measured_do_not_count(database: Database) -> None:
    back = moved()["S1_back"]
    front = moved()["S1_front"]
    deliver(database, by_crew(S1_front=(back[0] - front[0], back[1] - front[1])))
    found = spine_of(database, get_request(database, OFFER))
    assert found.hand is None
    assert found.angles


WRONG = {
    "nothing moved": moved(),
    "too few": {"S1_front": (290.0, 350.0)},
    "outside": {**moved(), "hip_1": (513.0, 1.0)},
    "in one place": {**moved(), "S1_front": moved()["S1_back"]},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_are_no_points_of_that_picture_is_refused_whole(database: Database, wrong: str) -> None:
    deliver(database, spine())
    with pytest.raises(ValueError):  # noqa: PT011  (any of its own)
        adjust(database, OFFER, WRONG[wrong])
    assert kept(database) == 0


def test_only_a_spine_with_points_can_be_moved(database: Database, client: FlaskClient) -> None:
    deliver(database, decision(), measured(OTHER))
    for offer_id in (OFFER, OTHER):
        for path in (f"/requests/{offer_id}/angles", f"/requests/{offer_id}/adjustments"):
            assert client.post(path, data=json.dumps(MOVED)).status_code == HTTPStatus.CONFLICT
        with pytest.raises(ValueError, match="no landmarks"):
            adjust(database, offer_id, MOVED)
    for unknown in ("f" * 32, "nothing"):
        assert client.post(f"/requests/{unknown}/angles", data=json.dumps(MOVED)).status_code == HTTPStatus.NOT_FOUND


def test_angles_are_asked_for_and_nothing_is_kept(database: Database, client: FlaskClient) -> None:
    deliver(database, spine())
    answer = client.post(ASK, data=json.dumps(MOVED))
    assert answer.status_code == HTTPStatus.OK
    assert "47°" in answer.get_json()["angles"]
    assert "SS · 47°" in answer.get_json()["lines"]
    assert client.post(ASK, data="{").status_code == HTTPStatus.BAD_REQUEST
    assert kept(database) == 0


@pytest.mark.parametrize(("language", "here", "box"), [("ko", "응급실", "기기"), ("en", "ER", "box")])
def test_what_was_kept_is_shown_first_with_the_boxs_own_beside_it(
    database: Database, client: FlaskClient, language: str, here: str, box: str
) -> None:
    client.set_cookie("console_language", language)
    deliver(database, spine(), preview())
    before = version_of(database)
    answer = client.post(KEEP, data={"points": json.dumps(MOVED)})
    assert (answer.status_code, answer.headers["Location"]) == (HTTPStatus.SEE_OTHER, f"/requests/{OFFER}")
    assert version_of(database) != before, "another screen is told"
    page = client.get(f"/requests/{OFFER}").get_data(as_text=True)
    for said in ("47°", here, f"{box} 40° ± 3°", "SS · 47°", 'class="line by-hand"'):
        assert said in page
    assert page.count("data-grip=") == 6
    assert client.post(KEEP, data={"points": json.dumps(moved())}).status_code == HTTPStatus.SEE_OTHER, "the box's again"
    assert client.post(KEEP, data={"points": "{}"}).status_code == HTTPStatus.BAD_REQUEST


def test_lines_and_points_are_drawn_on_the_whole_picture_alone(database: Database, client: FlaskClient) -> None:
    deliver(database, spine(landmarks=LandmarksLine(columns=1024, rows=1024, points=TOLD)), region())
    page = client.get(f"/requests/{OFFER}").get_data(as_text=True)
    assert 'class="line' not in page
    assert "data-grip=" not in page
    deliver(database, preview())
    page = client.get(f"/requests/{OFFER}").get_data(as_text=True)
    assert 'class="line' in page
    assert page.count("data-grip=") == 6
    assert 'data-image-scale="2.0"' in page, "a pixel of the preview is two of the picture that was read"


def test_an_angle_without_its_points_stays_as_it_was_told(database: Database) -> None:
    points = (*TOLD[:4], None, None)
    measures = tuple(line for line in spine().measures if line.name in (SACRAL_SLOPE, "lumbar_lordosis"))
    deliver(database, spine(measures=measures, landmarks=LandmarksLine(columns=512, rows=512, points=points)))
    shown = spine_of(database, get_request(database, OFFER))
    assert {view.name for view in shown.angles if view.now is None} == {"pelvic_tilt", PELVIC_INCIDENCE}
    assert shown.adjusting is not None
    assert {grip.name for grip in shown.adjusting.grips} == set(LANDMARKS[:4])


def test_what_finds_no_disk_is_not_acknowledged(database: Database, client: FlaskClient, disk: Disk) -> None:
    deliver(database, spine())
    disk.fill(database)
    for number in range(1, 100):
        before = kept(database)
        answer = client.post(KEEP, data={"points": json.dumps(moved(hip_1=(number / 10, 0.0)))})
        if answer.status_code != HTTPStatus.SEE_OTHER:
            break
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert kept(database) == before
    disk.free()
    assert client.post(KEEP, data={"points": json.dumps(MOVED)}).status_code == HTTPStatus.SEE_OTHER


def test_a_row_of_no_request_is_not_kept(database: Database) -> None:
    with pytest.raises(KeyError):
        adjust(database, OFFER, MOVED)
    deliver(database, spine())
    with database.writing(), pytest.raises(Exception, match="FOREIGN KEY") as raised:
        database.tables.conn.execute("INSERT INTO adjustments VALUES ('a', 'nothing', '', NULL, '{}', '{}', 0, 0, '')")
    assert raised.type.__name__ == sqlite3.IntegrityError.__name__
