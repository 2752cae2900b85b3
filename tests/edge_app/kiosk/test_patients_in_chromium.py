"""The patient's pages as the crew meets them: everything fits in both languages, and one journey from nobody known to the handover."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from edge_app.casebook import Casebook
from edge_app.casebook.cases import case_for_study, cases_of_patient, recent_cases
from edge_app.casebook.merges import merge
from edge_app.casebook.patients import LONGEST, Field, Start, choose, enter_patient, patient_of
from edge_app.casebook.vitals import enter_vitals, vitals_of
from edge_app.kiosk.patients import EDITORS
from edge_app.link.messages import AnswerKind
from tests.chromium import IN_CHROMIUM
from tests.edge_app.handover.extracting import lines_of
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.served import LAYOUT, Kiosk, a_page, browser, kiosk, settings, settled

__all__ = ["browser", "kiosk", "settings"]
pytestmark = IN_CHROMIUM

WORDS = "오른쪽 가슴이 들보에 깔려 넓은 멍과 피하기종이 있고 말하기 힘들어함 "


def _full(seed: Seeder) -> str:
    """As much as a patient can have: every choice, the longest words, two hospitals that said yes, other patients beside."""
    database = seed.database
    first, second = seed.accepted(), seed.no_answer()
    seed.answers(seed.newest_offers()[1], AnswerKind.ACCEPT)
    merge(database, first, second)
    merge(database, first, case_for_study(database, None, None, None).id)
    merge(database, first, case_for_study(database, None, None, None).id)
    for field, most in LONGEST.items():
        enter_patient(database, first, field, (WORDS * 20)[:most].strip())
    for field, codes in ((Field.MECHANISM, ("motorcycle", "crush", "fall")), (Field.INJURIES, ("head", "chest", "pelvis", "leg"))):
        for code in codes:
            choose(database, first, field, code, on=True)
    enter_patient(database, first, Field.START, "deceased")
    enter_patient(database, first, Field.AGE, "~0.5")
    enter_patient(database, first, Field.SEX, "O")
    enter_vitals(
        database, first, {"spo2_percent": 88, "systolic_mmhg": 92, "heart_rate_per_min": 124, "gcs": 13, "temperature_celsius": 36.6}
    )
    for start in ("immediate", "delayed", "minor", None, "minor", "minor", "delayed"):
        other = case_for_study(database, None, None, None).id
        if start is not None:
            enter_patient(database, other, Field.START, start)
        enter_patient(database, other, Field.NAME, "Bartholomew Alexander Featherstonehaugh")
    return first


@pytest.mark.parametrize("language", ["ko", "en"])
def test_everything_fits_however_much_was_entered(browser: Browser, kiosk: Kiosk, seed: Seeder, language: str) -> None:
    case_id = _full(seed)
    of_case = ("", "/patient", "/start", "/merge", "/timeline", *(f"/patient/{name}" for name in EDITORS))
    with a_page(browser, kiosk, language) as (page, complaints):
        for path in ("/menu", "/casualties", "/casualties?page=2", "/search", *(f"/cases/{case_id}{each}" for each in of_case)):
            page.goto(kiosk.url + path)
            settled(page)
            assert [path, *page.evaluate(LAYOUT)] == [path]
        assert complaints == []


def test_the_ten_seconds_have_room_for_what_was_entered(browser: Browser, kiosk: Kiosk, seed: Seeder) -> None:
    case_id = seed.no_answer()
    for field in (Field.MECHANISM_WORDS, Field.INJURIES_WORDS, Field.SIGNS_WORDS, Field.TREATMENT_WORDS):
        enter_patient(seed.database, case_id, field, WORDS * 3)
    for field, codes in (
        (Field.MECHANISM, ("fall", "crush")),
        (Field.INJURIES, ("head", "chest")),
        (Field.TREATMENT, ("oxygen", "splint")),
    ):
        for code in codes:
            choose(seed.database, case_id, field, code, on=True)
    enter_patient(seed.database, case_id, Field.START, "immediate")
    enter_patient(seed.database, case_id, Field.INJURED_AT, "1764420000000")
    for language in ("ko", "en"):
        with a_page(browser, kiosk, language) as (page, complaints):
            for path in ("/", f"/cases/{case_id}/call/{seed.newest_offers()[0].id}"):
                page.goto(kiosk.url + path)
                settled(page)
                assert [path, *page.evaluate(LAYOUT)] == [path]
            assert complaints == []


def _case_at(page: Page) -> str:
    found = re.search(r"/cases/([0-9a-f]{32})", page.url)
    assert found is not None
    return found[1]


def test_from_an_unknown_casualty_to_the_handover(browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder) -> None:
    database = casebook.database
    with_picture = seed.accepted()
    with a_page(browser, kiosk, "en") as (page, complaints):
        page.goto(kiosk.url + "/casualties")
        page.tap(".next-one")
        expect(page.locator(".patient-page")).to_be_visible()
        unknown = _case_at(page)
        assert unknown != with_picture
        page.get_by_role("button", name="Male", exact=True).tap()
        page.get_by_role("button", name="About 60", exact=True).tap()
        expect(page.locator(".field.still")).to_contain_text("Male, about 60 y")

        page.tap(".start-open")
        page.locator(".category", has_text="Red, immediate").tap()
        expect(page.locator(".start-open")).to_contain_text("Red, immediate")
        assert patient_of(database, unknown).start is Start.IMMEDIATE

        page.get_by_role("link", name="Exact age").tap()
        for key in "62":
            page.locator(f'[data-key="{key}"]').tap()
        page.locator("[data-key-back]").tap()
        page.locator('[data-key="1"]').tap()
        page.tap(".next-one")
        expect(page.locator(".field.still")).to_contain_text("Male, 61 y")

        page.get_by_role("link", name="Injuries").tap()
        for part in ("Chest", "Leg"):
            page.get_by_role("button", name=part, exact=True).tap()
            expect(page.get_by_role("button", name=part, exact=True)).to_have_attribute("aria-pressed", "true")
        page.locator(".next-two").tap()

        page.tap(".next-one")
        page.locator('[data-sign]:has(#spo2_percent) [data-change="-5"]').tap()
        page.tap("nav .next-one")
        expect(page.locator('label[for="spo2_percent"]')).to_contain_text(":")
        assert vitals_of(database, unknown).value("spo2_percent") == 95

        page.goto(kiosk.url + "/casualties")
        line = page.locator(".patient-line", has_text="Unknown 2")
        expect(line.locator(".start-tag")).to_have_class("start-tag immediate")
        line.locator(".patient-open").tap()
        page.get_by_role("link", name="Join cases").tap()
        page.get_by_role("button", name="Same patient").tap()
        page.get_by_role("button", name="Yes, join them").tap()
        expect(page.get_by_role("button", name="Undo")).to_be_visible()
        assert {case.id for case in cases_of_patient(database, unknown)} == {with_picture, unknown}
        assert len(recent_cases(database)) == 2

        page.locator(".next-one").tap()
        link = page.get_by_role("link", name="Handover PDF")
        with page.expect_download() as download:
            link.tap()
        text = " ".join(each.text for each in lines_of(download.value.path().read_bytes()))
        assert download.value.suggested_filename == "handover.pdf"
        for part in ("Male · 61 y", "Red, immediate", "Chest, Leg", "Korea University Anam Hospital", "95 %"):
            assert part in text
        assert complaints == []
