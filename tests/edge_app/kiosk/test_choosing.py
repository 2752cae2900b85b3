"""Where a person chooses the hospital: that nobody was asked yet is plain, whose choice it is as well, and both lead on in one touch."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from edge_app.casebook import Casebook
from edge_app.casebook.crew_words import CrewWord, mark_applied, say
from edge_app.casebook.offers import offers_of
from edge_app.casebook.radiographs import radiographs_of
from edge_app.config import Dispatch, Settings
from edge_app.dispatch.policy import Chooser
from edge_app.kiosk.app import create_app
from edge_app.kiosk.queries import kiosk_view
from edge_app.kiosk.showing import Showing
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.situations import CONTROL_ROOM, CREW, FAR_CONTROL_ROOM, SINGLE
from tests.edge_app.kiosk.test_pages import speak, words

Serve = Callable[[Dispatch], FlaskClient]


@pytest.fixture
def serve(settings: Settings, casebook: Casebook) -> Serve:
    """The kiosk under a policy."""
    return lambda dispatch: create_app(settings.model_copy(update={"dispatch": dispatch}), casebook).test_client()


def test_where_the_crew_chooses_the_result_says_so_and_leads_to_the_list(serve: Serve, seed: Seeder) -> None:
    client, case_id = serve(CREW), seed.to_choose()
    assert client.get("/status.json").get_json()["screen"] == "choose"
    for language, expected, unexpected, listed in (
        ("ko", ("폐렴이 의심됩니다.", "아직 아무 병원에도 요청하지 않았습니다", "대원이 고릅니다"), "병원을 고르는 중", "병원 고르기"),
        ("en", ("Suspected pneumonia.", "No hospital has been asked yet", "The crew chooses"), "Choosing hospitals", "Choose hospital"),
    ):
        speak(client, language)
        page = client.get("/").text
        assert [text for text in expected if text not in words(page)] == []
        assert f'class="next-one" href="/cases/{case_id}/hospitals"' in page
        # Nothing is on its way, so nothing is waited for.
        assert unexpected not in words(page)
        assert listed in words(client.get("/menu").text)


def test_a_case_in_which_somebody_is_to_choose_is_one_that_needs_somebody(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    seed.to_choose()
    seed.result()
    crew = settings.model_copy(update={"dispatch": CREW})
    assert kiosk_view(casebook, crew, None).others.attention == 1
    assert kiosk_view(casebook, settings, None).others.attention == 0


@pytest.mark.parametrize(("ago_ms", "expected"), [(0, Showing.RESULT), (21_000, Showing.NOT_ASKED)])
def test_before_the_dispatch_has_seen_the_reading_nobody_can_choose_and_in_the_end_that_is_said(
    casebook: Casebook, settings: Settings, seed: Seeder, ago_ms: int, expected: Showing
) -> None:
    seed.assessed(seed.radiograph())
    with casebook.database.writing() as tables:
        tables.conn.execute("UPDATE events SET mono_ms = mono_ms - ?", (ago_ms,))
    view = kiosk_view(casebook, settings.model_copy(update={"dispatch": CREW}), None)
    assert (view.showing, view.chooser) == (expected, None)


def test_under_the_policy_that_asks_by_itself_nobody_has_to_choose(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    case_id = seed.to_choose()
    assert kiosk_view(casebook, settings, case_id).chooser is None


def test_further_hospitals_are_one_touch_away_where_the_box_asks_none_by_itself(
    serve: Serve, casebook: Casebook, settings: Settings, seed: Seeder
) -> None:
    case_id = seed.result()
    assert f'href="/cases/{case_id}/hospitals"' in serve(SINGLE).get("/").text
    for dispatch, adds in ((Dispatch(), False), (CREW, True), (SINGLE, True), (CONTROL_ROOM, True)):
        assert kiosk_view(casebook, settings.model_copy(update={"dispatch": dispatch}), case_id).crew_adds is adds


def test_a_picture_that_was_not_read_never_looks_like_a_result_and_can_be_sent_all_the_same(serve: Serve, seed: Seeder) -> None:
    case_id = seed.to_choose_unread()
    page = serve(CREW).get("/").text
    said = words(page)
    for expected in ("이 사진은 판독하지 않았습니다", "이상이 없다는 뜻이 아닙니다", "아직 아무 병원에도 요청하지 않았습니다"):
        assert expected in said
    assert f'class="next-one" href="/cases/{case_id}/hospitals"' in page
    assert "판독 없이 병원에 보내기" not in said


def test_where_the_control_room_chooses_its_number_and_what_to_say_are_there(serve: Serve, seed: Seeder) -> None:
    client, case_id = serve(FAR_CONTROL_ROOM), seed.to_choose()
    for language, expected, recorded in (
        (
            "ko",
            ("병원은 상황실이 정합니다", "이대로 읽으세요", "남 64세", "폐렴 의심", "어느 병원으로 갑니까?"),
            "상황실이 정한 것으로 기록합니다",
        ),
        (
            "en",
            ("The control room chooses", "Read this aloud", "Male, 64 y", "Pneumonia suspected", "Which hospital do we take them to?"),
            "is recorded as the control room",
        ),
    ):
        speak(client, language)
        page = client.get("/").text
        assert 'class="next-one" href="tel:+82-2-1234-5678"' in page
        assert f'href="/cases/{case_id}/hospitals"' in page
        assert [text for text in expected if text not in words(page)] == []
        listed = client.get(f"/cases/{case_id}/hospitals").text
        assert recorded in words(listed)
        for each in (page, listed, client.get("/no/such/page").text):
            assert "tel:119" not in each


def test_the_control_room_s_number_is_the_same_where_all_have_declined(serve: Serve, seed: Seeder) -> None:
    seed.declined()
    page = serve(FAR_CONTROL_ROOM).get("/").text
    assert 'href="tel:+82-2-1234-5678"' in page
    assert "tel:119" not in page


def test_whose_choice_a_hospital_was_stands_beside_it(serve: Serve, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.result()
    client, (first, *_others) = serve(CREW), offers_of(casebook.database, case_id)
    for chooser, expected in ((Chooser.CREW, "대원 선택"), (Chooser.CONTROL_ROOM, "상황실 지정")):
        assert expected not in words(client.get("/").text)
        with casebook.database.writing() as tables:
            tables.table("offers").update(first.id, {"reasons": f'[{{"kind": "chosen_by", "value": "{chooser}"}}]'})
        assert expected in words(client.get("/").text)


def test_that_the_one_hospital_is_not_in_the_directory_is_told_with_the_way_on(serve: Serve, seed: Seeder) -> None:
    client, case_id = serve(SINGLE), seed.no_destination()
    assert client.get("/status.json").get_json()["screen"] == "not_asked"
    for language, expected in (
        ("ko", "정해 둔 병원(A1100052)이 목록에 없습니다"),
        ("en", "The set hospital A1100052 is not in the directory"),
    ):
        speak(client, language)
        page = client.get("/").text
        assert expected in words(page)
        assert f'class="next-one" href="/cases/{case_id}/hospitals"' in page
        assert 'href="tel:119"' in page


def test_a_choice_that_could_not_be_asked_is_said(serve: Serve, casebook: Casebook, seed: Seeder) -> None:
    client, case_id = serve(CONTROL_ROOM), seed.to_choose()
    word = say(casebook.database, case_id, CrewWord.PICK, hpid="A1100008")
    assert "말한 것을 적는 중" in words(client.get("/").text)
    mark_applied(casebook.database, word.id, "not_possible")
    said = words(client.get("/").text)
    assert "고른 병원에 요청하지 못했습니다" in said
    assert "아직 아무 병원에도 요청하지 않았습니다" in said


def test_looking_at_a_picture_leads_back(serve: Serve, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.to_choose()
    (radiograph,) = radiographs_of(casebook.database, case_id)
    page = serve(CREW).get(f"/cases/{case_id}/radiographs/{radiograph.id}").text
    assert "아직 아무 병원에도 요청하지 않았습니다" in words(page)
    assert f'class="next-one" href="/cases/{case_id}"' in page
