"""The shift report: times by the monotonic clock, what was answered and why, what nobody answered; on a page and as CSV."""

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from edge_app.config import RoomSettings, Web
from edge_app.database import Database
from edge_app.emergency_room.console import create_app
from edge_app.emergency_room.requests import answer, note_opened
from edge_app.emergency_room.shift import shift_of
from edge_app.link.messages import AnswerKind, Condition, DeclineReason, StandDownReason
from edge_app.screens import ChangeFeed
from tests.edge_app.clocks import DAY_S, Clock
from tests.edge_app.emergency_room.builders import OFFER, OTHER, ROOM, decision, deliver, stand_down

THIRD, FOURTH = "0" * 31 + "3", "0" * 31 + "4"


@pytest.fixture
def client(database: Database, tmp_path: Path) -> Iterator[FlaskClient]:
    feed = ChangeFeed(database)
    settings = RoomSettings(var=tmp_path, hpid="SIM-EAST", name="동부병원", console=Web(port=8090, language="en"))
    with create_app(database, settings, feed).test_client() as opened:
        yield opened
    feed.close()


@pytest.fixture(autouse=True)
def shift(database: Database, clock: Clock) -> None:
    """Two answers, one of them late, one by telephone, and one request that nobody answered; the clock is set in between."""
    deliver(database, decision(OFFER, unit_name="=구급 31"))
    clock.wait(10)
    note_opened(database, ROOM, OFFER)
    clock.jump(-DAY_S)
    clock.wait(20)
    answer(database, ROOM, OFFER, AnswerKind.ACCEPT, conditions=(Condition.CT_FIRST,), who="김 과장")
    clock.jump(3 * DAY_S)
    deliver(database, decision(OTHER))
    clock.wait(90)
    note_opened(database, ROOM, OTHER)
    answer(database, ROOM, OTHER, AnswerKind.DECLINE, reason=DeclineReason.NO_ICU_BED, for_min=60)
    deliver(database, decision(THIRD), decision(FOURTH), stand_down(FOURTH, reason=StandDownReason.PHONE_DECLINED))


def test_times_are_those_that_passed_whatever_the_clock_was_set_to(database: Database) -> None:
    report = shift_of(database, 12)
    first, second, third, fourth = report.entries
    assert (first.opened_s, first.answered_s) == (pytest.approx(10, abs=2), pytest.approx(30, abs=2))
    assert (report.opening.count, report.opening.median_s, report.opening.worst_s) == (
        2,
        pytest.approx(50, abs=2),
        pytest.approx(90, abs=2),
    )
    assert (report.answering.median_s, report.answering.worst_s) == (pytest.approx(60, abs=2), pytest.approx(90, abs=2))
    assert report.answers == {AnswerKind.ACCEPT: 1, AnswerKind.DECLINE: 1}
    assert (report.reasons, report.conditions) == ({"no_icu_bed": 1}, {"ct_first": 1})
    assert report.unanswered == (third,)
    assert fourth.by_phone
    assert second.answer is AnswerKind.DECLINE


def test_what_was_before_the_shift_is_not_of_it(database: Database, clock: Clock) -> None:
    clock.wait(9 * 3600)
    assert shift_of(database, 8).entries == ()
    assert len(shift_of(database, 12).entries) == 4


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_says_all_of_it_in_both_languages(client: FlaskClient, language: str) -> None:
    client.set_cookie("console_language", language)
    page = client.get("/shift")
    assert page.status_code == 200
    assert "console.report" not in page.text
    for words in ("김 과장", "1:30", {"ko": "중환자실 없음", "en": "No ICU bed"}[language]):
        assert words in page.text
    assert page.text.count('class="open"') == 2, "the figure and the row of what nobody answered"
    assert client.get("/shift?hours=7").status_code == 404


def test_the_csv_has_codes_and_seconds_and_nothing_of_a_patient(client: FlaskClient) -> None:
    response = client.get("/shift.csv?hours=8")
    assert 'filename="shift.csv"' in response.headers["Content-Disposition"]
    rows = list(csv.DictReader(StringIO(response.data.decode("utf-8-sig"))))
    assert [row["answer"] for row in rows] == ["accept", "decline", "", ""]
    assert rows[0]["unit"] == "'=구급 31", "no spreadsheet takes it for a formula"
    assert float(rows[0]["answered_s"]) == pytest.approx(30, abs=2)
    assert (rows[1]["reason"], rows[1]["for_min"], rows[3]["by_phone"]) == ("no_icu_bed", "60", "1")
    assert not {"sex", "age", "age_years"} & set(rows[0])


def test_an_empty_shift_has_a_page_too(client: FlaskClient, clock: Clock) -> None:
    clock.wait(2 * DAY_S)
    assert client.get("/shift").status_code == 200
    assert len(client.get("/shift.csv").data.decode("utf-8-sig").splitlines()) == 1
