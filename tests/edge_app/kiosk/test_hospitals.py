"""One more hospital: who can be asked, and that a touch asks it."""

import re

import pytest
from flask.testing import FlaskClient

from edge_app.casebook import Casebook
from edge_app.casebook.cases import get_case
from edge_app.casebook.crew_words import CrewWord, words_of
from edge_app.casebook.offers import OfferState, offers_of
from edge_app.clock import now
from edge_app.config import Dispatch, Settings
from edge_app.dispatch.emergency_rooms import SHIPPED, read_directory
from edge_app.dispatch.position import Place, PositionSource
from edge_app.dispatch.status_board import Board, Notice, Status
from edge_app.kiosk.app import create_app
from edge_app.kiosk.hospitals import LISTED, candidates
from edge_app.link.messages import AnswerKind, DeclineReason
from tests.edge_app.dispatch.router import patiently, running, says
from tests.edge_app.kiosk.conftest import Seeder

HERE = Place(37.5665, 126.978, PositionSource.SETTINGS)


def test_those_not_asked_come_first_the_nearest_of_them_first_and_nobody_who_is_asked(
    casebook: Casebook, settings: Settings, seed: Seeder
) -> None:
    case_id = seed.no_answer()
    first = offers_of(casebook.database, case_id)[0]
    listed = candidates(casebook.database, settings, get_case(casebook.database, case_id), HERE)
    assert len(listed) == len(read_directory(SHIPPED)) - 3
    assert all(each.state is None for each in listed)
    assert [each.eta_minutes for each in listed] == sorted(each.eta_minutes for each in listed)
    assert not {each.hpid for each in listed} & {offer.hpid for offer in offers_of(casebook.database, case_id)}
    # A short directory: who has declined can be asked once more, after all others.
    rooms = [room for room in read_directory(SHIPPED) if room.hpid in {first.hpid, listed[0].hpid}]
    lines = [f"{room.hpid},{room.name},{room.latitude},{room.longitude}" for room in rooms]
    settings.directory_file.write_text("\n".join(["hpid,dutyName,wgs84Lat,wgs84Lon", *lines]), encoding="utf-8")
    seed.answers(first, AnswerKind.DECLINE, reason=DeclineReason.NO_BED)
    again = candidates(casebook.database, settings, get_case(casebook.database, case_id), HERE)
    assert [(each.hpid, each.state) for each in again] == [(listed[0].hpid, None), (first.hpid, OfferState.DECLINED)]


def test_a_touch_asks_and_only_while_nobody_holds_the_case(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.no_answer()
    page = client.get(f"/cases/{case_id}/hospitals").text
    assert page.count('name="hpid"') == LISTED
    assert "disabled" not in page
    hpid = page.split('name="hpid" value="')[1].split('"')[0]
    assert client.post(f"/cases/{case_id}/hospitals", data={"hpid": hpid}).location == f"/cases/{case_id}"
    assert [(said.word, said.hpid) for said in words_of(casebook.database, case_id)] == [(CrewWord.PICK, hpid)]
    for wrong in ({}, {"hpid": ""}, {"hpid": "x" * 33}):
        assert client.post(f"/cases/{case_id}/hospitals", data=wrong).status_code == 400
    assert client.get(f"/cases/{'0' * 32}/hospitals").status_code == 404
    held = client.get(f"/cases/{seed.accepted()}/hospitals").text
    assert held.count("disabled") == LISTED


def listed_hpids(page: str) -> list[str]:
    return re.findall(r'name="hpid" value="([^"]+)"', page)


def test_every_hospital_of_the_directory_can_be_reached(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.no_answer()
    seen: list[str] = []
    page, shown = 1, client.get(f"/cases/{case_id}/hospitals").text
    assert "?page=0" not in shown
    seen += listed_hpids(shown)
    while f'href="?page={page + 1}"' in shown:
        page += 1
        shown = client.get(f"/cases/{case_id}/hospitals?page={page}").text
        assert f'href="?page={page - 1}"' in shown
        seen += listed_hpids(shown)
    asked = [offer.hpid for offer in offers_of(casebook.database, case_id)]
    assert sorted([*seen, *asked]) == sorted(room.hpid for room in read_directory(SHIPPED))
    assert listed_hpids(client.get(f"/cases/{case_id}/hospitals?page=-4").text) == seen[:LISTED]
    assert listed_hpids(client.get(f"/cases/{case_id}/hospitals?page=999999999999").text) == []


def test_who_was_picked_just_now_is_not_offered_again(client: FlaskClient, seed: Seeder) -> None:
    case_id = seed.no_answer()
    first, *others = listed_hpids(client.get(f"/cases/{case_id}/hospitals").text)
    client.post(f"/cases/{case_id}/hospitals", data={"hpid": first})
    assert listed_hpids(client.get(f"/cases/{case_id}/hospitals").text)[: LISTED - 1] == others


def test_nobody_can_be_asked_before_there_is_something_to_ask_with(client: FlaskClient, seed: Seeder) -> None:
    page = client.get(f"/cases/{seed.unread()}/hospitals").text
    assert page.count("disabled") == LISTED
    assert "아직 요청할 수 없습니다" in page


def test_each_travel_time_says_whether_it_is_the_router_s_or_an_estimate(
    casebook: Casebook, settings: Settings, seed: Seeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    patiently(monkeypatch)
    case_id = seed.no_answer()
    estimated = create_app(settings, casebook).test_client().get(f"/cases/{case_id}/hospitals").text
    assert (estimated.count(">추정<"), estimated.count(">도로 기준<")) == (LISTED, 0)
    with running() as router:
        app = create_app(settings.model_copy(update={"dispatch": Dispatch(osrm=router.base)}), casebook)
        by_road = app.test_client().get(f"/cases/{case_id}/hospitals").text
        assert (by_road.count(">추정<"), by_road.count(">도로 기준<")) == (0, LISTED)
        router.answer = says(b"", 500)
        app = create_app(settings.model_copy(update={"dispatch": Dispatch(osrm=router.base)}), casebook)
        assert app.test_client().get(f"/cases/{case_id}/hospitals").text.count(">추정<") == LISTED


def test_a_broken_directory_says_whom_to_call_instead(client: FlaskClient, settings: Settings, seed: Seeder) -> None:
    case_id = seed.no_answer()
    settings.directory_file.write_text("nothing,of,this\n", encoding="utf-8")
    page = client.get(f"/cases/{case_id}/hospitals")
    assert page.status_code == 200
    assert "더 물을 병원이 없습니다" in page.text
    assert 'href="tel:119"' in page.text


def test_a_notice_says_what_it_is_about_and_the_board_how_old_it_is(client: FlaskClient, settings: Settings, seed: Seeder) -> None:
    case_id = seed.no_answer()
    page = f"/cases/{case_id}/hospitals"
    assert "응급의료 상황판 자료 없음" in client.get(page).text
    nearest = client.get(page).text.split('name="hpid" value="')[1].split('"')[0]
    notices = (Notice(text="시술 불가", about="Y0041"), Notice(text="병상 없음", about="Y999"))
    told_ms = now().unix_ms - 7_384_000
    for shown, about in ((notices[0], ("흉부 대동맥 응급", "thoracic aorta")), (notices[1], ("Y999", "Y999"))):
        status = Status(notices=(shown,), told_ms=told_ms)
        board = Board(rooms={nearest: status, "A0000000": Status(told_ms=told_ms - 1000)})
        settings.board_file.write_text(board.model_dump_json(), encoding="utf-8")
        for language, words in zip(("ko", "en"), about, strict=True):
            client.set_cookie("kiosk_language", language)
            assert f"“{shown.text}” · {words}" in client.get(page).text
    # By the newest that was told, not by the oldest.
    assert ">2:03:04</span> ago" in client.get(page).text
    settings.board_file.write_text("}", encoding="utf-8")
    assert "Emergency status board: nothing told" in client.get(page).text
