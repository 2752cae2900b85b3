"""The timeline's page and the handover page: in both languages, from everything that is known of the patient."""

import pytest
from flask.testing import FlaskClient

from edge_app.casebook import Casebook
from edge_app.casebook.cases import case_for_study, enter_pre_ktas
from edge_app.casebook.merges import merge
from edge_app.casebook.offers import offers_of
from edge_app.casebook.patients import Field, enter_patient
from edge_app.casebook.vitals import enter_vitals
from edge_app.dispatch.offers import read_back_code
from edge_app.kiosk.history import ROWS
from edge_app.link.messages import AnswerKind
from tests.edge_app.handover.extracting import fonts_of, lines_of, pages_of
from tests.edge_app.kiosk.conftest import Seeder


def pdf_of(client: FlaskClient, case_id: str, language: str) -> bytes:
    answer = client.get(f"/cases/{case_id}/handover.pdf?language={language}")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == 'inline; filename="handover.pdf"'
    pdf: bytes = answer.get_data()
    assert pages_of(pdf) == 1
    assert all(font.embedded for font in fonts_of(pdf))
    return pdf


def said(pdf: bytes) -> str:
    return " ".join(line.text for line in lines_of(pdf))


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        (
            "ko",
            (
                "홍길동 · 남 · 약 60세 · 번호 A-42",
                "적색 긴급",
                "2 · 긴급",
                "폐렴이 의심됩니다.",
                "폐렴 81%",
                "검증됨 n=214",
                "교통사고, 역주행",
                "고려대학교안암병원",
                "동문으로, 마스크 쓰고",
                "88 %",
                "연구용 시제품 · 의료기기가 아닙니다",
                "사진 받음",
                "환자 2번과 합침",
            ),
        ),
        (
            "en",
            (
                "홍길동 · Male · about 60 y · No. A-42",
                "Red, immediate",
                "2 · Emergent",
                "Suspected pneumonia.",
                "Pneumonia 81%",
                "Validated n=214",
                "Car crash, 역주행",
                "Korea University Anam Hospital",
                "동문으로",
                "Research prototype, not a medical device",
                "Picture received",
            ),
        ),
    ],
)
def test_the_page_says_everything_that_is_known_of_the_patient_in_all_cases(
    client: FlaskClient, casebook: Casebook, seed: Seeder, language: str, parts: tuple[str, ...]
) -> None:
    database = casebook.database
    with_picture = seed.accepted()
    unknown = case_for_study(database, None, None, None).id
    entered = {
        Field.SEX: "M",
        Field.AGE: "~60",
        Field.NAME: "홍길동",
        Field.NUMBER: "A-42",
        Field.START: "immediate",
        Field.MECHANISM: "traffic",
        Field.MECHANISM_WORDS: "역주행",
    }
    for field, value in entered.items():
        enter_patient(database, unknown, field, value)
    enter_vitals(database, unknown, {"spo2_percent": 88})
    enter_pre_ktas(database, unknown, 2)
    merge(database, unknown, with_picture)
    (winner,) = (offer for offer in offers_of(database, with_picture) if offer.token is not None)
    for case_id in (unknown, with_picture):
        text = said(pdf_of(client, case_id, language))
        for part in (*parts, read_back_code(with_picture, winner.token or 0)):
            assert part in text


def test_without_picture_and_hospital_the_page_says_that(client: FlaskClient, casebook: Casebook) -> None:
    case_id = case_for_study(casebook.database, None, None, None).id
    text = said(pdf_of(client, case_id, "en"))
    for part in ("Unknown 1", "sex unknown", "age unknown", "No picture", "No hospital has accepted yet.", "Not sorted", "not entered"):
        assert part in text


def test_a_picture_that_was_not_read_is_never_clear(client: FlaskClient, seed: Seeder) -> None:
    text = said(pdf_of(client, seed.not_read(), "en"))
    assert "The picture was not read. That does not mean it is clear." in text
    assert "No urgent finding" not in text


def test_two_that_accepted_both_stand_there_with_a_warning(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    first, second = seed.accepted(), seed.no_answer()
    seed.answers(seed.newest_offers()[1], AnswerKind.ACCEPT)
    merge(casebook.database, first, second)
    text = said(pdf_of(client, first, "en"))
    assert "Caution: 2 hospitals have accepted. Keep one" in text
    assert "Korea University Anam Hospital" in text
    assert "Hanyang University Hospital" in text


def test_no_case_and_no_such_language_have_no_page(client: FlaskClient, seed: Seeder) -> None:
    assert client.get("/cases/nobody/handover.pdf").status_code == 404
    assert client.get(f"/cases/{seed.result()}/handover.pdf?language=xx").status_code == 400
    assert client.get("/cases/nobody/timeline").status_code == 404


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("ko", ("사진 받음", "고려대학교안암병원: 의료진이 열어 봄", "고려대학교안암병원: 수락", "START: 적색 긴급", "입력: 이름")),
        ("en", ("Picture received", "Korea University Anam Hospital: opened by a person", "Hospital: accepted", "Entered: Name")),
    ],
)
def test_the_timeline_is_in_plain_words(
    client: FlaskClient, casebook: Casebook, seed: Seeder, language: str, parts: tuple[str, ...]
) -> None:
    case_id = seed.accepted()
    enter_patient(casebook.database, case_id, Field.START, "immediate")
    enter_patient(casebook.database, case_id, Field.NAME, "홍길동")
    client.set_cookie("kiosk_language", language)
    page = client.get(f"/cases/{case_id}/timeline").get_data(as_text=True)
    for part in parts:
        assert part in page
    assert "timeline." not in page
    assert "홍길동" not in page


def test_a_long_timeline_goes_by_pages_the_newest_first_and_full(client: FlaskClient, casebook: Casebook) -> None:
    case_id = case_for_study(casebook.database, None, None, None).id
    with casebook.database.writing():
        for number in range(2 * ROWS):
            enter_patient(casebook.database, case_id, Field.AGE, str(number))
    pages = [client.get(f"/cases/{case_id}/timeline{query}").get_data(as_text=True) for query in ("", "?page=1")]
    assert [page.count("<time>") for page in pages] == [ROWS, 1]
    assert "?page=2" in pages[0]
