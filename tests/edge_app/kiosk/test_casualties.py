"""All patients at once: who needs the crew next stands first, a patient with two cases stands once with both, and everyone is found."""

import re
from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from edge_app.casebook import Casebook
from edge_app.casebook.cases import case_for_study, recent_cases
from edge_app.casebook.merges import merge
from edge_app.casebook.patients import Field, enter_patient
from edge_app.casebook.searching import Asked, days_with_cases, search_cases
from edge_app.clock import now
from edge_app.config import Settings
from edge_app.kiosk.casualties import PAGE, PatientLine, needs_next, patient_lines
from edge_app.kiosk.showing import Showing
from edge_app.link.messages import AnswerKind
from tests.edge_app.kiosk.conftest import Seeder


def unknown(casebook: Casebook, start: str | None = None) -> str:
    case_id = case_for_study(casebook.database, None, None, None).id
    if start is not None:
        enter_patient(casebook.database, case_id, Field.START, start)
    return case_id


def lines(casebook: Casebook, settings: Settings) -> list[PatientLine]:
    return sorted(patient_lines(casebook, settings, recent_cases(casebook.database), now()), key=needs_next)


def opened(casebook: Casebook, case_id: str, at: datetime) -> None:
    with casebook.database.writing() as tables:
        tables.table("cases").update(case_id, {"opened_ms": int(at.timestamp() * 1000)})


def test_who_needs_somebody_now_stands_first_then_by_colour_and_who_is_over_last(
    casebook: Casebook, settings: Settings, seed: Seeder
) -> None:
    over, minor, black = seed.closed(), unknown(casebook, "minor"), unknown(casebook, "deceased")
    accepted, red = seed.accepted(), unknown(casebook, "immediate")
    enter_patient(casebook.database, accepted, Field.START, "immediate")
    yellow, nobody, unanswered = unknown(casebook, "delayed"), unknown(casebook), seed.no_answer()
    assert [line.case.id for line in lines(casebook, settings)] == [unanswered, red, accepted, nobody, yellow, minor, black, over]


def test_one_patient_stands_once_with_every_case_and_what_each_is_at(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    first, second = seed.accepted(), seed.no_answer()
    merge(casebook.database, first, second)
    (line,) = lines(casebook, settings)
    assert [each.case.id for each in line.shown] == [first, second]
    assert [each.showing for each in line.shown] == [Showing.ACCEPTED, Showing.NO_ANSWER]
    assert (line.needs_crew, line.twice) == (True, False)


def test_a_case_that_a_hospital_has_or_is_asked_for_is_among_those_that_are_shown(
    casebook: Casebook, settings: Settings, seed: Seeder
) -> None:
    empty = [unknown(casebook) for _ in range(4)]
    asked, accepted = seed.result(), seed.accepted()
    for other in (*empty[1:], asked, accepted):
        merge(casebook.database, empty[0], other)
    (line,) = lines(casebook, settings)
    assert [each.case.id for each in line.shown][:2] == [accepted, asked]


@pytest.mark.parametrize(("language", "warning"), [("ko", "두 병원"), ("en", "Two hospitals expect this patient")])
def test_two_hospitals_for_one_patient_is_said_on_every_page(
    client: FlaskClient, casebook: Casebook, settings: Settings, seed: Seeder, language: str, warning: str
) -> None:
    first, second = seed.accepted(), seed.no_answer()
    seed.answers(seed.newest_offers()[1], AnswerKind.ACCEPT)
    merge(casebook.database, first, second)
    (line,) = lines(casebook, settings)
    assert (line.twice, line.needs_crew) == (True, True)
    client.set_cookie("kiosk_language", language)
    for case_id in (first, second):
        page = client.get(f"/cases/{case_id}").get_data(as_text=True)
        assert warning in page
        assert 'class="kiosk accepted"' in page
    listed = client.get("/casualties").get_data(as_text=True)
    assert f'href="/cases/{first}"' in listed
    assert f'href="/cases/{second}"' in listed


@pytest.mark.parametrize("language", ["ko", "en"])
def test_twenty_fit_on_three_pages_and_none_twice(client: FlaskClient, casebook: Casebook, language: str) -> None:
    ids = [unknown(casebook, "minor" if number % 2 else "immediate") for number in range(20)]
    client.set_cookie("kiosk_language", language)
    seen: list[str] = []
    for page in (1, 2, 3):
        text = client.get(f"/casualties?page={page}").get_data(as_text=True)
        seen += [case_id for case_id in ids if f'href="/cases/{case_id}/patient"' in text]
        assert text.count('<li class="patient-line') <= PAGE
        assert ("?page=4" in text) is False
    assert sorted(seen) == sorted(ids)


def test_found_by_number_name_patient_number_and_time(casebook: Casebook) -> None:
    database = casebook.database
    ids = [unknown(casebook) for _ in range(12)]
    enter_patient(database, ids[4], Field.NAME, "Kim Hong-gil")
    enter_patient(database, ids[5], Field.NUMBER, "A-0042")
    enter_patient(database, ids[6], Field.NAME, "홍 길동")
    opened(casebook, ids[7], datetime.now().replace(hour=3, minute=10))  # noqa: DTZ005
    opened(casebook, ids[8], datetime.now().replace(hour=9, minute=40))  # noqa: DTZ005
    for number in (0, 1, 2, 3, 4, 5, 6, 9, 10, 11):
        opened(casebook, ids[number], datetime.now().replace(hour=18, minute=0))  # noqa: DTZ005

    def found(query: str) -> list[str]:
        return [case.id for case in search_cases(database, Asked(query))]

    assert found("3") == [ids[2]]
    assert found("미상 12") == [ids[11]]
    assert found("hong") == [ids[4]]
    assert found("HONGGIL") == [ids[4]]
    assert found("홍길동") == [ids[6]]
    assert found("0042") == [ids[5]]
    assert found("03:00") == [ids[7]]
    assert found("3시") == [ids[7], ids[2]]
    assert found("nobody") == []
    enter_patient(database, ids[6], Field.NAME, None)
    assert found("홍길동") == []


def test_a_name_entered_with_one_case_finds_the_patient_s_others(casebook: Casebook) -> None:
    first, second = unknown(casebook), unknown(casebook)
    enter_patient(casebook.database, first, Field.NAME, "홍길동")
    merge(casebook.database, first, second)
    assert [case.id for case in search_cases(casebook.database, Asked("홍"))] == [second, first]


def test_a_day_lists_its_own_cases(client: FlaskClient, casebook: Casebook) -> None:
    today, before = unknown(casebook), unknown(casebook)
    midday = datetime.now().replace(hour=12)  # noqa: DTZ005
    opened(casebook, today, midday)
    opened(casebook, before, midday - timedelta(days=3))
    day = (midday - timedelta(days=3)).date()
    assert days_with_cases(casebook.database) == [midday.date(), day]
    assert [case.id for case in search_cases(casebook.database, Asked("", day))] == [before]
    page = client.get(f"/search?day={day.isoformat()}").get_data(as_text=True)
    assert f"/cases/{before}" in page
    assert f"/cases/{today}" not in page
    assert client.get("/search?day=yesterday").status_code == 400
    assert client.post("/search", data={"query": "x" * 61}).status_code == 400
    assert f"/cases/{today}" in client.get("/search").get_data(as_text=True)
    assert search_cases(casebook.database, Asked("", date(2001, 1, 1))) == []


def test_an_empty_box_says_so(client: FlaskClient) -> None:
    client.set_cookie("kiosk_language", "en")
    assert "Nobody was found." in client.get("/search").get_data(as_text=True)
    assert client.get("/casualties").status_code == 200


def _fill(seed: Seeder, patients: int) -> str:
    """As many patients, every second one with hospitals asked; the last case."""
    with seed.database.writing():
        for number in range(patients):
            radiograph = seed.radiograph(study=f"1.7.{patients}.{number}")
            enter_patient(seed.database, radiograph.case_id, Field.NAME, f"부상자 {patients}-{number}")
            if number % 2:
                seed.offers(seed.assessed(radiograph, (), ()))
    return radiograph.case_id


def _statements(client: FlaskClient, casebook: Casebook, path: str) -> int:
    """How often a page asks the casebook, once what never changes has been read."""
    said: list[str] = []
    assert client.get(path).status_code == 200
    casebook.database.tables.conn.set_trace_callback(said.append)
    client.get(path)
    casebook.database.tables.conn.set_trace_callback(None)
    return sum(one.lstrip().startswith("SELECT") for one in said)


def test_two_hundred_casualties_ask_no_more_of_the_casebook_than_twenty_and_none_is_left_out(
    client: FlaskClient, casebook: Casebook, seed: Seeder
) -> None:
    seed.link()
    asked: list[list[int]] = []
    for patients in (20, 180):
        case_id = _fill(seed, patients)
        asked.append([_statements(client, casebook, path) for path in ("/casualties", "/search", "/menu", f"/cases/{case_id}/merge")])
    assert asked[0] == asked[1]
    assert "· 200" in client.get("/casualties").text
    listed = "".join(client.get(f"/casualties?page={page}").text for page in range(1, 200 // PAGE + 2))
    assert len(set(re.findall(r"부상자 \d+-\d+", listed))) == 200
    found = client.post("/search", data={"query": "부상자 20-7"}).text
    assert "부상자 20-7" in found
    assert "부상자 180-1" not in found
