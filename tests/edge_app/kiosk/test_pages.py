import re

import numpy as np
import pytest
from flask.testing import FlaskClient

from edge_app.casebook import Casebook
from edge_app.casebook.offers import offers_of
from edge_app.casebook.radiographs import radiographs_of
from edge_app.casebook.readings import reading_of
from edge_app.casebook.vitals import enter_vitals
from edge_app.errors import Refusal
from edge_app.link.messages import AnswerKind
from edge_app.link.state import LinkWord
from edge_app.reading.finding import Urgency
from edge_app.screens.languages import Theme
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.screens.catalogues import LANGUAGES

SITUATIONS = ("result", "accepted", "no_answer", "declined", "withdrawn", "not_read", "unread")


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def speak(client: FlaskClient, language: str) -> None:
    client.set_cookie("kiosk_language", language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_screen_says_what_it_is_and_nothing_in_keys(client: FlaskClient, seed: Seeder, situation: str, language: str) -> None:
    getattr(seed, situation)()
    speak(client, language)
    for path in ("/", "/menu"):
        page = client.get(path)
        assert page.status_code == 200
        said = words(page.text)
        assert {"ko": "연구용 시제품 · 의료기기가 아닙니다", "en": "Research prototype, not a medical device"}[language] in said
        assert not re.findall(r"\b[a-z_]+\.[a-z_]+(?:\.[a-z_]+)*\b(?!\.)", re.sub(r"\d+\.\d+", "", said).replace("St.", "")), said
        assert " style=" not in page.text
        # No markup is shown as words.
        assert "&lt;" not in page.text


def test_an_empty_kiosk_waits(client: FlaskClient) -> None:
    assert "엑스레이 사진을 기다립니다" in client.get("/").text
    assert client.get("/status.json").get_json()["screen"] == "waiting"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", Refusal)
def test_every_refusal_has_its_own_words_and_never_reads_as_clear(
    client: FlaskClient, seed: Seeder, reason: Refusal, language: str
) -> None:
    seed.not_read(reason)
    speak(client, language)
    said = words(client.get("/").text)
    assert {"ko": "이 사진은 판독하지 않았습니다", "en": "This picture was not read"}[language] in said
    assert {"ko": "이상이 없다는 뜻이 아닙니다", "en": "That does not mean clear"}[language] in said
    for clear in ("이상 소견을 찾지 못함", "긴급 소견을 찾지 못함", "No abnormality", "No urgent finding"):
        assert clear not in said
    assert {"ko": "판독 없이 병원에 보내기", "en": "Send unread to hospitals"}[language] in said


def test_nothing_found_is_said_to_be_no_diagnosis(client: FlaskClient, seed: Seeder) -> None:
    seed.assessed(seed.radiograph(), present=(), uncertain=(), urgency=Urgency.NONE)
    said = words(client.get("/").text)
    assert "이상 소견을 찾지 못함 (진단 아님)" in said
    assert "긴급 소견을 찾지 못함" in said
    assert "정상" not in said


def test_what_is_merely_not_excluded_is_neither_called_nor_hidden(client: FlaskClient, seed: Seeder) -> None:
    seed.assessed(seed.radiograph(), present=(), uncertain=(("Effusion", 0.2), ("Mass", 0.1)), urgency=Urgency.NONE)
    said = words(client.get("/").text)
    assert "뚜렷한 소견은 없으나 모두 배제하지는 못함 (진단 아님)" in said
    assert said.count("배제 못 함") == 2
    assert "불확실합니다" not in said


def test_a_result_shows_pedigree_hospitals_and_estimates(client: FlaskClient, seed: Seeder) -> None:
    seed.result()
    said = words(client.get("/").text)
    for expected in (
        "폐렴이 의심됩니다.",
        "검증됨 n=214",
        "미검증",
        "chest_findings 9f3c1a",
        "고려대학교안암병원",
        "도착 추정",
        "받은 후",
        "빠른 확인",
    ):
        assert expected in said
    speak(client, "en")
    said = words(client.get("/").text)
    for expected in ("Suspected pneumonia.", "Korea University Anam Hospital", "ETA est.", "Look soon", "since reception"):
        assert expected in said


def test_an_acceptance_names_hospital_code_and_what_is_proven(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.accepted()
    said = words(client.get(f"/cases/{case_id}").text)
    status = client.get("/status.json").get_json()
    assert status["accepted_by"] == "고려대학교안암병원"
    for expected in ("수락", "동문으로, 마스크 쓰고", status["code"], "병원이 받음", "취소 받음", "취소 중계까지"):
        assert expected in said
    assert [offer["state"] for offer in status["offers"]] == ["accepted", "stood_down", "stood_down"]
    assert status["offers"][0]["rungs"][-1] == "answered"
    picture = radiographs_of(casebook.database, case_id)[0]
    assert "병원 답으로 돌아가기" in client.get(f"/cases/{case_id}/radiographs/{picture.id}").text


def test_what_needs_a_person_says_whom_to_call(client: FlaskClient, seed: Seeder) -> None:
    case_id = seed.no_answer()
    page = client.get("/").text
    assert "60초 동안 응답이 없습니다" in page
    first = offers_of(seed.database, case_id)[0]
    assert f'href="/cases/{case_id}/call/{first.id}"' in page
    seed.declined()
    page = client.get("/").text
    assert "모두 받지 않습니다" in page
    assert "병상 없음" in words(page)
    assert 'href="tel:119"' in page


def test_a_call_shows_the_number_what_to_say_and_how_it_can_have_gone(client: FlaskClient, seed: Seeder) -> None:
    case_id = seed.no_answer()
    enter_vitals(seed.database, case_id, {"spo2_percent": 88.0})
    first, second, _third = offers_of(seed.database, case_id)
    page = client.get(f"/cases/{case_id}/call/{first.id}").text
    assert 'href="tel:02-000-0001"' in page
    for word in ("phone_accept", "phone_decline", "phone_no_answer", "skip"):
        assert f'value="{word}"' in page
    said = words(page)
    for expected in ("고려대학교안암병원", "남 64세", "약 9분 뒤 도착", "폐렴 의심", "산소 88", "받으실 수 있습니까?"):
        assert expected in said
    # What the box does not know it does not say.
    for left_to_the_crew in ("다친 경위나 증상", "한 처치"):
        assert left_to_the_crew in said
    assert client.get(f"/cases/{case_id}/call/{'0' * 32}").status_code == 404
    # Somebody else was first: the call ends in the answer that holds.
    seed.answers(second, AnswerKind.ACCEPT)
    assert 'data-showing="accepted"' in client.get(f"/cases/{case_id}/call/{first.id}").text


def test_a_lease_by_telephone_says_to_read_out_its_code(client: FlaskClient, seed: Seeder) -> None:
    case_id = seed.phoned()
    said = words(client.get(f"/cases/{case_id}").text)
    status = client.get("/status.json").get_json()
    assert status["accepted_by"] == "한양대학교병원"
    for expected in ("전화 수락", "김 과장", status["code"], "되읽게 하세요"):
        assert expected in said


def test_who_said_yes_on_the_telephone_too_late_is_to_be_told_by_telephone(client: FlaskClient, seed: Seeder) -> None:
    case_id = seed.told_too_late()
    page = client.get(f"/cases/{case_id}").text
    assert client.get("/status.json").get_json()["accepted_by"] == "고려대학교안암병원"
    assert "한양대학교병원에 못 간다고 전화" in words(page)
    assert 'href="tel:02-000-0002"' in page


def test_a_closed_case_says_whether_its_hospitals_know(client: FlaskClient, seed: Seeder) -> None:
    case_id = seed.closed()
    page = client.get(f"/cases/{case_id}").text
    assert 'data-showing="closed"' in page
    said = words(page)
    for expected in ("요청을 거두었습니다", "취소 받음", "취소 나가지 않음"):
        assert expected in said
    # Nothing runs on: the clock is of a case that waits for an answer.
    picture = radiographs_of(seed.database, case_id)[0]
    for shown in (page, client.get(f"/cases/{case_id}/radiographs/{picture.id}").text):
        assert 'class="count"' not in shown
    assert "거둠" in words(client.get("/menu").text)


def test_that_a_word_of_the_crew_is_still_to_be_applied_is_shown(client: FlaskClient, seed: Seeder) -> None:
    case_id = seed.no_answer()
    first = offers_of(seed.database, case_id)[0]
    assert "말한 것을 적는 중" not in words(client.get(f"/cases/{case_id}").text)
    client.post(f"/cases/{case_id}/offers/{first.id}/said", data={"word": "phone_decline"})
    assert "말한 것을 적는 중" in words(client.get(f"/cases/{case_id}").text)


@pytest.mark.parametrize("word", [word for word in LinkWord if word is not LinkWord.CONNECTED])
def test_a_link_that_is_down_says_so_with_its_word(client: FlaskClient, seed: Seeder, word: LinkWord) -> None:
    seed.link(connected=False, word=word)
    page = client.get("/").text
    assert "연결 끊김" in page
    assert 'class="link down"' in page


def test_htmx_gets_only_what_changes(client: FlaskClient, seed: Seeder) -> None:
    seed.result()
    fragment = client.get("/", headers={"HX-Request": "true"}).text
    assert "<html" not in fragment
    assert 'data-showing="result"' in fragment


def test_patient_pages_are_not_kept_by_the_browser(client: FlaskClient, seed: Seeder) -> None:
    seed.result()
    for path in ("/", "/menu", "/status.json"):
        assert client.get(path).headers["Cache-Control"] == "no-store"


def test_more_hospitals_and_more_pictures_than_usual_are_all_there(client: FlaskClient, seed: Seeder) -> None:
    radiograph = seed.radiograph(study="1.9.7", sex=None, age=None)
    seed.offers(seed.assessed(radiograph), count=6)
    seed.radiograph(study="1.9.7", ago_s=1)
    page = client.get(f"/cases/{radiograph.case_id}/radiographs/{radiograph.id}").text
    assert page.count("data-offer=") == 6
    assert "성별·나이 미상" in page
    assert "판독되지 않았습니다" in page


def test_pixels_and_maps(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.result()
    radiograph = radiographs_of(casebook.database, case_id)[0]
    answer = client.get(f"/radiographs/{radiograph.id}/pixels")
    assert answer.headers["X-Rows"] == "512"
    assert np.frombuffer(answer.get_data(), dtype="<u2").size == 512 * 512
    reading = reading_of(casebook.database, radiograph.id)
    assert reading is not None
    with client.get(f"/readings/{reading.id}/maps/Pneumonia") as heat:
        assert heat.mimetype == "image/png"
    assert client.get(f"/readings/{reading.id}/maps/Mass").status_code == 404


def test_only_maps_of_the_casebook_are_served(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.result()
    radiograph = radiographs_of(casebook.database, case_id)[0]
    reading = reading_of(casebook.database, radiograph.id)
    assert reading is not None
    secret = casebook.folder / "casebook.sqlite3"
    inside = str(reading.reading.maps["Pneumonia"])
    with casebook.database.writing() as tables:
        tables.conn.execute("UPDATE readings SET body = replace(body, ?, ?)", (inside, str(secret)))
    assert client.get(f"/readings/{reading.id}/maps/Pneumonia").status_code == 404


def test_what_is_not_there_is_said(client: FlaskClient, seed: Seeder) -> None:
    seed.unread()
    for path in ("/cases/none", "/radiographs/none/pixels", "/readings/none/maps/Mass", "/status.json?case=none"):
        assert client.get(path).status_code == 404


def test_the_themes_are_there(client: FlaskClient, seed: Seeder) -> None:
    seed.result()
    for theme in Theme:
        client.set_cookie("kiosk_theme", theme)
        assert f'data-theme="{theme}"' in client.get("/").text


def test_a_picture_that_is_read_says_how_long_that_usually_takes_here(client: FlaskClient, seed: Seeder) -> None:
    speak(client, "en")
    seed.unread()
    assert "usually" not in words(client.get("/").text)
    for seconds in (2, 4, 30):
        seed.assessed(seed.radiograph(ago_s=seconds - 0.5))
    seed.unread()
    assert "usually about 4 s" in words(client.get("/").text)
