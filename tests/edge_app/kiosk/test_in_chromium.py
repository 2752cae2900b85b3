"""The kiosk as the crew meets it: the real server, a real Chromium, 1280 × 800."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from edge_app.casebook import Casebook
from edge_app.casebook.cases import get_case, recent_cases
from edge_app.casebook.crew_words import CrewWord, mark_applied, words_of
from edge_app.casebook.offers import Rung, offers_of
from edge_app.casebook.vitals import vitals_of
from edge_app.config import Dispatch as DispatchSettings
from edge_app.config import Settings
from edge_app.dispatch.offers import Event, read_back_code
from edge_app.link.messages import AnswerKind
from edge_app.link.remarking import remarks_of
from edge_app.link.remarks import Phrase
from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.dicom import write_dx
from tests.chromium import IN_CHROMIUM, but_for_broken_off
from tests.edge_app.full_disk import Disk
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.served import LAYOUT, Kiosk, a_page, browser, kiosk, settings, settled
from tests.edge_app.kiosk.situations import CALLED, CHOOSING, CREW, SITUATIONS, TALKED

__all__ = ["browser", "kiosk", "settings"]
pytestmark = IN_CHROMIUM


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_everything_fits_and_nothing_is_blocked(browser: Browser, kiosk: Kiosk, seed: Seeder, situation: str, language: str) -> None:
    SITUATIONS[situation](seed)
    with a_page(browser, kiosk, language) as (page, complaints):
        offers = seed.newest_offers()[-1:] if situation in CALLED else []
        called = [f"/cases/{offer.case_id}/{path}" for offer in offers for path in (f"call/{offer.id}", "hospitals")]
        called += [f"/cases/{offer.case_id}/messages" for offer in seed.newest_offers()[:1] if situation in TALKED]
        for path in ("/", "/menu", *called):
            page.goto(kiosk.url + path)
            settled(page)
            assert page.evaluate(LAYOUT) == []
            if path == "/" and page.locator(".figures-open").count():
                page.tap(".figures-open")
                expect(page.locator(".figures")).to_be_visible()
                assert page.evaluate(LAYOUT) == []
            fonts = page.evaluate("document.fonts.check('700 20px Pretendard', '폐렴')")
            assert fonts
        assert complaints == []


@contextmanager
def under(settings: Settings, casebook: Casebook, dispatch: DispatchSettings) -> Iterator[Kiosk]:
    kiosk = Kiosk(settings.model_copy(update={"dispatch": dispatch}), casebook)
    yield kiosk
    kiosk.stop()


@pytest.mark.parametrize("situation", CHOOSING)
def test_where_a_person_chooses_everything_fits_too(
    browser: Browser, settings: Settings, casebook: Casebook, seed: Seeder, situation: str
) -> None:
    dispatch, happens = CHOOSING[situation]
    happens(seed)
    case_id = recent_cases(casebook.database)[0].id
    with under(settings, casebook, dispatch) as kiosk:
        for language in ("ko", "en"):
            with a_page(browser, kiosk, language) as (page, complaints):
                for path in ("/", f"/cases/{case_id}/hospitals?page=2"):
                    page.goto(kiosk.url + path)
                    settled(page)
                    assert page.evaluate(LAYOUT) == []
                assert complaints == []


def test_where_the_crew_chooses_one_touch_leads_to_the_list_and_one_more_asks(
    browser: Browser, settings: Settings, casebook: Casebook, seed: Seeder
) -> None:
    case_id = seed.to_choose()
    with under(settings, casebook, CREW) as kiosk, a_page(browser, kiosk) as (page, complaints):
        page.goto(kiosk.url)
        expect(page.locator(".kiosk")).to_have_attribute("data-showing", "choose")
        page.tap(".next-one")
        page.tap(".row >> nth=1 >> button")
        page.wait_for_url(f"**/cases/{case_id}")
        (said,) = words_of(casebook.database, case_id)
        assert said.word is CrewWord.PICK
        expect(page.locator(".next-one.waiting")).to_be_visible()
        # Asked once is asked: it is not offered a second time.
        page.goto(f"{kiosk.url}/cases/{case_id}/hospitals")
        assert page.locator(f"button[value='{said.hpid}']").count() == 0
        assert complaints == []


def test_a_call_is_written_down_by_one_touch_and_its_code_is_there_at_once(
    browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder
) -> None:
    case_id = seed.no_answer()
    first = offers_of(casebook.database, case_id)[0]
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(f"{kiosk.url}/cases/{case_id}")
        settled(page)
        page.tap(".next-one")
        expect(page.locator(".kiosk")).to_have_attribute("data-showing", "call")
        page.fill("input[name=who]", "이 교수")
        page.tap("button.phone_accept")
        expect(page.locator(".next-one.waiting")).to_be_visible()
        (said,) = words_of(casebook.database, case_id)
        assert (said.word, said.offer_id, said.who) == (CrewWord.PHONE_ACCEPT, first.id, "이 교수")
        seed.says(first, Event.PHONE_ACCEPT)
        mark_applied(casebook.database, said.id, "grant")
        expect(page.locator(".kiosk")).to_have_attribute("data-showing", "accepted")
        expect(page.locator(".code")).to_have_text(read_back_code(case_id, 1))
        # Going to the next page breaks off what this one was just asking for.
        assert but_for_broken_off(complaints) == []


def test_who_answers_on_the_link_first_ends_a_call_under_way(browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.no_answer()
    first, second, _third = offers_of(casebook.database, case_id)
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(f"{kiosk.url}/cases/{case_id}/call/{first.id}")
        expect(page.locator(".dial")).to_be_visible()
        seed.answers(second, AnswerKind.ACCEPT)
        expect(page.locator(".kiosk")).to_have_attribute("data-showing", "accepted")
        assert complaints == []


def test_ending_a_case_takes_two_touches(browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.no_answer()
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(f"{kiosk.url}/menu")
        page.tap(".chip.end")
        page.tap(f"#end-{case_id} .close")
        assert words_of(casebook.database, case_id) == []
        page.tap(".chip.end")
        page.tap(f"#end-{case_id} form .button")
        page.wait_for_url(f"**/cases/{case_id}")
        assert [said.word for said in words_of(casebook.database, case_id)] == [CrewWord.CANCEL]
        assert complaints == []


def test_the_layout_check_can_fail(browser: Browser, kiosk: Kiosk, seed: Seeder) -> None:
    seed.result()
    with a_page(browser, kiosk) as (page, _complaints):
        page.goto(kiosk.url)
        settled(page)
        page.evaluate("document.querySelector('.hospital').style.fontSize = '90px'")
        page.evaluate("document.querySelector('.next-two').style.cssText = 'min-height: 0; height: 30px'")
        wrong = "\n".join(page.evaluate(LAYOUT))
        assert "clipped" in wrong
        assert "small target" in wrong


def test_a_new_rung_appears_without_a_reload_and_the_picture_stays_as_it_was_turned(
    browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder
) -> None:
    case_id = seed.result()
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(kiosk.url)
        settled(page)
        page.evaluate("window.sameDocument = true")
        third = page.locator("[data-offer]").nth(2)
        expect(third.locator("li.now")).to_have_count(1)
        expect(third).to_have_attribute("data-highest", "at_broker")
        canvas = page.locator("[data-viewer] canvas")
        looks = "canvas => canvas.getContext('2d').getImageData(200, 200, 1, 1).data[0]"
        before = canvas.evaluate(looks)
        page.mouse.move(200, 300)
        page.mouse.down()
        page.mouse.move(330, 160, steps=4)
        page.mouse.up()
        page.wait_for_timeout(100)
        turned = canvas.evaluate(looks)
        assert turned != before
        seed.climb(offers_of(casebook.database, case_id)[2], Rung.AT_HOSPITAL)
        expect(third).to_have_attribute("data-highest", "at_hospital")
        assert page.evaluate("window.sameDocument")
        assert canvas.evaluate(looks) == turned
        first = offers_of(casebook.database, case_id)[0]
        seed.answers(first, AnswerKind.ACCEPT)
        expect(page.locator(".kiosk")).to_have_attribute("data-showing", "accepted")
        expect(page.locator("[data-announce]")).to_contain_text("고려대학교안암병원")
        assert page.evaluate("window.sameDocument")
        assert complaints == []


def test_a_change_takes_no_button_from_under_a_finger(browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.result()
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(kiosk.url)
        settled(page)
        third = page.locator("[data-offer]").nth(2)
        expect(third).to_have_attribute("data-highest", "at_broker")
        page.locator(".figures-open").hover()
        page.mouse.down()
        with page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
            seed.climb(offers_of(casebook.database, case_id)[2], Rung.AT_HOSPITAL)
        page.wait_for_timeout(300)
        page.mouse.up()
        expect(page.locator(".figures")).to_be_visible()
        expect(third).to_have_attribute("data-highest", "at_hospital")
        assert complaints == []


def test_the_viewer_turns_zooms_and_toggles(browser: Browser, kiosk: Kiosk, seed: Seeder) -> None:
    seed.result()
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(kiosk.url)
        settled(page)
        canvas = page.locator("[data-viewer] canvas")
        picture = """canvas => { const d = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            let s = 0;
            for (let i = 0; i < d.length; i += 1) s = (s * 31 + d[i]) >>> 0;
            return s; }"""
        seen = [canvas.evaluate(picture)]
        for action in ("boxes", "heat"):
            page.click(f"[data-viewer-action={action}]")
            seen.append(canvas.evaluate(picture))
        page.mouse.move(230, 290)
        page.mouse.wheel(0, -400)
        page.wait_for_timeout(100)
        seen.append(canvas.evaluate(picture))
        assert len(set(seen)) == len(seen)
        page.click(".toggles a")
        expect(page.locator(".viewing")).to_be_visible()
        assert complaints == []


def test_outlines_and_lines_follow_the_picture_and_are_switched_by_touch(browser: Browser, kiosk: Kiosk, seed: Seeder) -> None:
    seed.result()
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(kiosk.url)
        settled(page)
        outlines, lines = (page.locator(f"[data-viewer-layer={layer}]") for layer in ("outlines", "lines"))
        expect(outlines).to_be_visible()
        expect(lines).to_be_hidden()
        page.tap("[data-viewer-action=outlines]")
        expect(outlines).to_be_hidden()
        page.tap("[data-viewer-action=lines]")
        expect(lines).to_be_visible()
        expect(page.locator("[data-viewer-action=lines]")).to_have_attribute("aria-pressed", "true")
        # 87 of 512 pixels from the left edge of a picture of 416: the thorax line stays on its place at any zoom, and as thin.
        thorax = lines.locator("path.edge").nth(3)
        picture = page.locator("[data-viewer]").bounding_box()
        before = thorax.bounding_box()
        assert picture is not None
        assert before is not None
        assert abs(before["x"] - picture["x"] - 87 * 416 / 512) < 3
        page.mouse.move(picture["x"] + 208, picture["y"] + 208)
        page.mouse.wheel(0, -277.3)
        page.wait_for_timeout(100)
        after = thorax.bounding_box()
        assert after is not None
        assert abs(after["width"] / before["width"] - 2.0) < 0.05
        assert thorax.evaluate("path => getComputedStyle(path).vectorEffect") == "non-scaling-stroke"
        assert complaints == []


def test_the_figures_are_reached_by_keyboard_and_stay_over_a_change(
    browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder
) -> None:
    case_id = seed.result()
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(kiosk.url)
        settled(page)
        opener, pane = page.locator(".figures-open"), page.locator(".figures")
        opener.focus()
        page.keyboard.press("Enter")
        expect(pane).to_be_visible()
        expect(pane).to_be_focused()
        expect(opener).to_have_attribute("aria-expanded", "true")
        expect(page.locator(".board")).to_be_hidden()
        seed.climb(offers_of(casebook.database, case_id)[2], Rung.AT_HOSPITAL)
        expect(page.locator("[data-offer]").nth(2)).to_have_attribute("data-highest", "at_hospital")
        expect(pane).to_be_visible()
        expect(opener).to_have_attribute("aria-expanded", "true")
        page.keyboard.press("Escape")
        expect(pane).to_be_hidden()
        expect(opener).to_be_focused()
        page.tap(".figures-open")
        seed.answers(offers_of(casebook.database, case_id)[0], AnswerKind.ACCEPT)
        expect(page.locator(".kiosk")).to_have_attribute("data-showing", "accepted")
        expect(pane).to_have_count(0)
        assert complaints == []


def test_pre_ktas_is_entered_by_touch_and_stays_open_over_a_change(
    browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder
) -> None:
    case_id = seed.result()
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(kiosk.url)
        settled(page)
        page.tap(".two .pre-ktas")
        pad = page.locator(".pad")
        expect(pad).to_be_visible()
        assert page.evaluate(LAYOUT) == []
        seed.climb(offers_of(casebook.database, case_id)[2], Rung.AT_HOSPITAL)
        expect(page.locator("[data-offer]").nth(2)).to_have_attribute("data-highest", "at_hospital")
        expect(pad).to_be_visible()
        page.tap(".pad button[value='3']")
        expect(pad).to_be_hidden()
        expect(page.locator(".two .pre-ktas .level")).to_have_text("3")
        assert get_case(casebook.database, case_id).pre_ktas == 3
        assert complaints == []


def test_a_touch_that_finds_no_disk_is_said_above_everything_and_made_again(
    browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder, disk: Disk
) -> None:
    case_id = seed.result()
    disk.fill(casebook.database)
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(f"{kiosk.url}/cases/{case_id}")
        settled(page)
        page.tap(".pre-ktas")
        page.tap(f"#ktas-{case_id} [value='2']")
        expect(page.locator("[data-not-stored]")).to_be_visible()
        assert page.evaluate(LAYOUT) == []
        assert get_case(casebook.database, case_id).pre_ktas is None
        disk.free()
        page.tap(f"#ktas-{case_id} [value='2']")
        expect(page.locator(f"#ktas-{case_id}")).to_be_hidden()
        expect(page.locator("[data-not-stored]")).to_be_hidden()
        assert get_case(casebook.database, case_id).pre_ktas == 2
        # A touch that leads to another page comes back the way it went.
        disk.fill(casebook.database)
        page.goto(f"{kiosk.url}/cases/{case_id}/vitals")
        page.fill("#gcs", "9")
        page.tap(".next-one")
        expect(page.locator("h1")).to_have_text("저장하지 못했습니다")
        assert page.evaluate(LAYOUT) == []
        page.tap(".next-one")
        expect(page.locator(".kiosk")).to_have_attribute("data-showing", "result")
        assert all("507" in word for word in complaints)


def test_a_lost_server_is_loud_and_a_found_one_brings_the_page_up_to_date(
    browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder
) -> None:
    case_id = seed.result()
    with a_page(browser, kiosk, "en") as (page, _complaints):
        page.goto(kiosk.url)
        settled(page)
        kiosk.stop()
        expect(page.locator("[data-lost]")).to_be_visible(timeout=30_000)
        expect(page.locator("[data-lost]")).to_contain_text("This screen has lost its connection")
        assert [wrong for wrong in page.evaluate(LAYOUT) if "lost" in wrong] == []
        seed.climb(offers_of(casebook.database, case_id)[2], Rung.AT_HOSPITAL)
        kiosk.start()
        expect(page.locator("[data-lost]")).to_be_hidden(timeout=30_000)
        expect(page.locator("[data-offer]").nth(2)).to_have_attribute("data-highest", "at_hospital")


def test_a_picture_is_uploaded_and_its_case_shown(browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder, tmp_path: Path) -> None:
    seed.link()
    path = write_dx(tmp_path / "chest.dcm", simulated_chest(5, 256, 256))
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(kiosk.url)
        page.tap(".next-one")
        page.set_input_files("[data-upload-file]", path)
        expect(page.locator("[data-upload-chosen]")).to_have_text("chest.dcm")
        page.tap(".upload .act")
        expect(page.locator(".kiosk")).to_have_attribute("data-showing", "reading")
        assert len(recent_cases(casebook.database)) == 1
        assert complaints == []


def test_language_and_theme_are_switched_on_the_screen(browser: Browser, kiosk: Kiosk, seed: Seeder) -> None:
    seed.result()
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(kiosk.url)
        page.tap("button[name=language]")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        page.tap("button[name=theme]")
        expect(page.locator("html")).to_have_attribute("data-theme", "night")
        assert complaints == []


def test_a_vital_sign_is_stepped_to_by_touch_and_raises_the_urgency(
    browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder
) -> None:
    case_id = seed.result()
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(kiosk.url)
        settled(page)
        page.tap(".judged")
        expect(page.locator(".vitals-page")).to_be_visible()
        assert page.evaluate(LAYOUT) == []
        oxygen = page.locator("[data-sign]").nth(0)
        expect(oxygen.locator("input[type=text]")).to_have_value("")
        for _touch in range(3):
            oxygen.locator("[data-change='-5']").tap()
        expect(oxygen.locator("input[type=text]")).to_have_value("85")
        pressure = page.locator("[data-sign]").nth(3)
        pressure.locator("[data-change='1']").tap()
        pressure.locator("[data-clear]").tap()
        page.tap(".next-one")
        expect(page.locator(".why-urgency .urgency.immediate")).to_be_visible()
        assert page.evaluate(LAYOUT) == []
        assert {name: entered.value for name, entered in vitals_of(casebook.database, case_id).known()} == {"spo2_percent": 85}
        page.tap(".next-two")
        expect(page.locator(".judged .urgency.immediate")).to_be_visible()
        assert complaints == []


def test_what_a_hospital_says_sounds_once_stands_over_no_answer_and_goes_by_one_touch(
    browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder
) -> None:
    case_id = seed.accepted()
    first = offers_of(casebook.database, case_id)[0]
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(kiosk.url)
        settled(page)
        seed.remark(first, phrase=Phrase.GO_TO_RESUS, number=2)
        expect(page.locator(".talk-strip")).to_contain_text("소생실 2번으로")
        expect(page.locator("html")).to_have_attribute("data-heard", "1")
        strip, answer = page.locator(".talk-strip").bounding_box(), page.locator(".answer").bounding_box()
        assert strip is not None
        assert answer is not None
        assert strip["y"] + strip["height"] <= answer["y"] + 1
        page.tap(".talk-strip button")
        expect(page.locator(".talk-strip")).to_have_count(0)
        expect(page.locator("html")).to_have_attribute("data-heard", "1")
        page.tap(".next-two[href$=messages]")
        page.tap("button.condition_worse")
        expect(page.locator(".remark.mine")).to_contain_text("환자 악화")
        page.fill("input[name=text]", "SpO2 84")
        page.tap(".free button")
        expect(page.locator(".remark.mine")).to_have_count(2)
        expect(page.locator("input[name=text]")).to_have_value("")
        assert [remark.mine for remark in remarks_of(casebook.database, first.id)] == [False, True, True]
        assert but_for_broken_off(complaints) == []
