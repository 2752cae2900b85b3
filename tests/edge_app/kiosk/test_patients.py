"""Who the patient is, START and ATMIST, by touch: each is durable at once, read out on the telephone, and no name is anywhere but here."""

import logging
import time

import pytest
from flask.testing import FlaskClient

from edge_app.casebook import Casebook
from edge_app.casebook.cases import case_for_study, get_case, recent_cases
from edge_app.casebook.offers import offers_of
from edge_app.casebook.patients import CHOICES, Field, Patient, Start, enter_patient, patient_of
from edge_app.casebook.vitals import enter_vitals
from edge_app.kiosk.patients import BANDS, EDITORS, when
from tests.edge_app.kiosk.conftest import Seeder

LANGUAGES = ("ko", "en")


def known(casebook: Casebook, case_id: str) -> Patient:
    return patient_of(casebook.database, case_id)


def new(client: FlaskClient, casebook: Casebook) -> str:
    answer = client.post("/casualties/new")
    case_id = recent_cases(casebook.database, 1)[0].id
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/cases/{case_id}/patient")
    return case_id


def shown(client: FlaskClient, path: str, language: str = "en") -> str:
    client.set_cookie("kiosk_language", language)
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_a_new_patient_is_unknown_and_each_touch_is_kept(client: FlaskClient, casebook: Casebook) -> None:
    case_id = new(client, casebook)
    assert "Unknown 1" in shown(client, f"/cases/{case_id}/patient")
    for data in ({"field": "sex", "value": "M"}, {"field": "age", "value": "~60"}):
        answer = client.post(f"/cases/{case_id}/patient", data=data)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/cases/{case_id}/patient")
    assert "Male, about 60 y" in shown(client, f"/cases/{case_id}/patient")
    assert "남 약 60세" in shown(client, f"/cases/{case_id}/patient", "ko")
    client.post(f"/cases/{case_id}/patient", data={"field": "sex", "value": ""})
    assert get_case(casebook.database, case_id).sex is None


def test_an_exact_age_a_name_and_a_number_where_they_are_known(client: FlaskClient, casebook: Casebook) -> None:
    case_id = new(client, casebook)
    client.post(f"/cases/{case_id}/patient/age", data={"value": "61"})
    client.post(f"/cases/{case_id}/patient/name", data={"value": "홍길동", "was": ""})
    client.post(f"/cases/{case_id}/patient/number", data={"value": "2026-0042", "was": ""})
    patient = known(casebook, case_id)
    assert (patient.value(Field.AGE), patient.value(Field.NAME), patient.value(Field.NUMBER)) == ("61", "홍길동", "2026-0042")
    page = shown(client, f"/cases/{case_id}/patient")
    assert "홍길동" in page
    assert "2026-0042" in page
    # A form that was left alone undoes nothing that came meanwhile.
    client.post(f"/cases/{case_id}/patient/name", data={"value": "", "was": ""})
    assert known(casebook, case_id).value(Field.NAME) == "홍길동"
    client.post(f"/cases/{case_id}/patient/name", data={"value": "", "was": "홍길동"})
    assert known(casebook, case_id).value(Field.NAME) is None


def test_choices_are_touched_on_and_off_and_words_are_kept_beside_them(client: FlaskClient, casebook: Casebook) -> None:
    case_id = new(client, casebook)
    path = f"/cases/{case_id}/patient/mechanism"
    answer = client.post(path, data={"on": "fall", "value": "4 m", "was": ""})
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    client.post(path, data={"on": "fall", "value": "4 m", "was": "4 m"})
    client.post(path, data={"on": "crush", "value": "4 m", "was": "4 m"})
    client.post(path, data={"off": "fall", "value": "4 m", "was": "4 m"})
    patient = known(casebook, case_id)
    assert (patient.chosen(Field.MECHANISM), patient.value(Field.MECHANISM_WORDS)) == (("crush",), "4 m")
    assert 'value="crush" aria-pressed="true"' in shown(client, path)
    assert client.post(path, data={"value": "", "was": "4 m"}).headers["Location"] == f"/cases/{case_id}/patient"
    assert known(casebook, case_id).value(Field.MECHANISM_WORDS) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_has_its_page_in_both_languages(client: FlaskClient, casebook: Casebook, language: str) -> None:
    case_id = new(client, casebook)
    for name, editor in EDITORS.items():
        page = shown(client, f"/cases/{case_id}/patient/{name}", language)
        assert f'action="/cases/{case_id}/patient/{name}"' in page
        for code in () if editor.choices is None else CHOICES[editor.choices]:
            assert f'value="{code}"' in page
        # A key of the catalogue that has no words would stand there as itself.
        assert "choice." not in page
        assert "field." not in page


def test_what_cannot_be_is_said_and_not_kept(client: FlaskClient, casebook: Casebook) -> None:
    case_id = new(client, casebook)
    client.set_cookie("kiosk_language", "en")
    wrong = (("age", "200"), ("age", "x"), ("injured_at", "2561"), ("injured_at", "9"), ("name", "n" * 41), ("note", "n" * 601))
    for name, value in wrong:
        answer = client.post(f"/cases/{case_id}/patient/{name}", data={"value": value, "was": ""})
        page = answer.get_data(as_text=True)
        assert answer.status_code == 400
        assert "Nothing was kept." in page
        assert value in page
    assert dict(known(casebook, case_id).entries) == {}


def test_touches_that_no_page_makes_are_refused(client: FlaskClient, casebook: Casebook) -> None:
    case_id = new(client, casebook)
    for data in ({"field": "name", "value": "x"}, {"field": "sex", "value": "X"}, {"field": "age", "value": "~999"}, {}):
        assert client.post(f"/cases/{case_id}/patient", data=data).status_code == 400
    assert client.post(f"/cases/{case_id}/start", data={"start": "blue"}).status_code == 400
    assert client.post(f"/cases/{case_id}/patient/mechanism", data={"on": "magic"}).status_code == 400
    assert client.get(f"/cases/{case_id}/patient/height").status_code == 404
    for path in ("patient", "patient/age", "start"):
        assert client.get(f"/cases/nobody/{path}").status_code == 404
        assert client.post(f"/cases/nobody/{path}", data={"field": "sex", "value": "M", "start": "minor"}).status_code == 404


def test_the_time_of_injury_is_the_last_such_time_there_was(client: FlaskClient, casebook: Casebook) -> None:
    noon = time.mktime((2026, 11, 29, 12, 0, 0, 0, 0, -1))
    assert when("1159", noon) == int((noon - 60) * 1000)
    assert when("1201", noon) == int((noon - 24 * 3600 + 60) * 1000)
    assert when("930", noon) == int((noon - 9000) * 1000)
    for wrong in ("", "12", "2400", "1260", "12:5", "۱۲۳۴"):
        with pytest.raises(ValueError, match="no time of day"):
            when(wrong, noon)
    case_id = new(client, casebook)
    client.post(f"/cases/{case_id}/patient/injured_at", data={"ago": "10", "value": ""})
    entry = known(casebook, case_id).entries[Field.INJURED_AT]
    assert entry.at.unix_ms - int(entry.value) == pytest.approx(600_000, abs=5000)


def test_start_is_the_crew_s_and_stands_beside_urgency_and_pre_ktas(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.result()
    before = client.get(f"/status.json?case={case_id}").get_json()["urgency"]
    page = shown(client, f"/cases/{case_id}/start")
    for category in Start:
        assert f'value="{category}"' in page
    client.post(f"/cases/{case_id}/start", data={"start": "deceased"})
    assert known(casebook, case_id).start is Start.DECEASED
    assert client.get(f"/status.json?case={case_id}").get_json()["urgency"] == before
    assert get_case(casebook.database, case_id).pre_ktas is None
    page = shown(client, f"/cases/{case_id}")
    assert 'class="start-tag deceased"' in page
    assert 'class="urgency urgent' in page
    client.post(f"/cases/{case_id}/start", data={"start": ""})
    assert known(casebook, case_id).start is None
    assert 'class="start-tag' not in shown(client, f"/cases/{case_id}")


def test_nothing_that_is_found_or_measured_ever_sorts_a_patient(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.result()
    enter_vitals(casebook.database, case_id, {"respiratory_rate_per_min": 40, "gcs": 3})
    shown(client, f"/cases/{case_id}")
    shown(client, f"/cases/{case_id}/start")
    assert known(casebook, case_id).start is None


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ko", ("추락, 사다리 4 m", "가슴, 멍", "산소, 흉강 감압", "START 적색 긴급", "말을 못함")),
        ("en", ("Fall, height, 사다리 4 m", "Chest, 멍", "Oxygen, Decompression", "START Red, immediate", "말을 못함")),
    ],
)
def test_the_telephone_s_ten_seconds_say_what_was_entered(
    client: FlaskClient, casebook: Casebook, seed: Seeder, language: str, said: tuple[str, ...]
) -> None:
    case_id = seed.no_answer()
    database = casebook.database
    entered = {
        Field.MECHANISM: "fall",
        Field.MECHANISM_WORDS: "사다리 4 m",
        Field.INJURIES: "chest",
        Field.INJURIES_WORDS: "멍",
        Field.TREATMENT: "oxygen,decompression",
        Field.SIGNS_WORDS: "말을 못함",
        Field.START: "immediate",
        Field.NAME: "홍길동",
    }
    before = shown(client, f"/cases/{case_id}/call/{offers_of(database, case_id)[0].id}", language)
    for field, value in entered.items():
        enter_patient(database, case_id, field, value)
    page = shown(client, f"/cases/{case_id}/call/{offers_of(database, case_id)[0].id}", language)
    for part in said:
        assert part in page
        assert part not in before
    # Nobody asks for the name in ten seconds, and others in the vehicle listen.
    assert "홍길동" not in page


def test_a_name_is_in_no_address_no_log_and_no_file(client: FlaskClient, casebook: Casebook, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    case_id = new(client, casebook)
    client.post(f"/cases/{case_id}/patient/name", data={"value": "홍길동", "was": ""})
    answer = client.post("/search", data={"query": "홍길동"})
    assert "홍길동" in answer.get_data(as_text=True)
    assert "Location" not in answer.headers
    pdf = client.get(f"/cases/{case_id}/handover.pdf")
    assert "홍" not in str(pdf.headers)
    assert "홍길동" not in caplog.text
    assert not [path for path in casebook.folder.rglob("*") if "홍" in path.name]


def test_every_band_can_be_an_age() -> None:
    assert list(BANDS) == sorted(BANDS)
    assert BANDS[0] < 1
    assert BANDS[-1] <= 130


@pytest.mark.parametrize(
    ("age", "asked", "child"),
    [
        (None, "", False),
        ("64", "", False),
        ("9", "", False),
        ("8", "", True),
        ("~0.5", "", True),
        ("64", "?steps=child", True),
        ("8", "?steps=adult", False),
    ],
)
def test_the_steps_are_those_for_the_age_and_the_others_are_a_touch_away(
    client: FlaskClient, casebook: Casebook, age: str | None, asked: str, child: bool
) -> None:
    case_id = case_for_study(casebook.database, None, None, None).id
    enter_patient(casebook.database, case_id, Field.AGE, age)
    client.set_cookie("kiosk_language", "en")
    page = client.get(f"/cases/{case_id}/start{asked}").text
    assert ("JumpSTART steps" in page, "five rescue breaths" in page) == (child, child)
    assert ("Respirations 30 or more" in page) is not child
    assert f'href="?steps={"adult" if child else "child"}"' in page
