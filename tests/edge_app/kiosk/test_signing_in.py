"""The kiosk's lock: what it hides, what it must not hide, what opens it, and what is written down."""

import re
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from flask.testing import FlaskClient

from edge_app.casebook import Casebook
from edge_app.casebook.cases import get_case
from edge_app.casebook.crew_words import words_of
from edge_app.casebook.offers import offers_of
from edge_app.config import Settings
from edge_app.database import Database, StorageError
from edge_app.kiosk.signing_in import ACCESS
from edge_app.screens.gate import Access
from edge_app.security.audit import Actor, SignInKind, note, sign_ins
from edge_app.security.pin import remove_pin, set_pin
from tests.edge_app.clocks import Clock
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.security.watched import quickly

PIN = "4711"
OF_THE_PATIENT = ("폐렴", "Pneumonia", "64세", "동문으로", "/pixels", "data-viewer")
COOKIE = "kiosk_session_8080"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quickly(monkeypatch)


@pytest.fixture
def pin(casebook: Casebook) -> str:
    set_pin(casebook.database, PIN)
    return PIN


def enter(client: FlaskClient, pin: str = PIN, back: str = "/") -> None:
    assert client.post("/sign-in", data={"pin": pin, "back": back}).status_code == HTTPStatus.SEE_OTHER


def is_locked(client: FlaskClient, path: str = "/") -> bool:
    return "data-locked" in client.get(path).text


def kinds(casebook: Casebook) -> list[SignInKind]:
    return [row.kind for row in sign_ins(casebook.database, 100)][::-1]


def routes(case_id: str, database: Database) -> dict[str, tuple[str, str]]:
    """Every route of the kiosk with a request that it would answer."""
    offer = offers_of(database, case_id)[0]
    row = database.row("SELECT r.id AS radiograph, d.id AS reading FROM radiographs r JOIN readings d ON d.radiograph_id = r.id")
    assert row is not None
    case, radiograph = f"/cases/{case_id}", row["radiograph"]
    return {
        "screens.asset": ("GET", "/assets/other/tokens.css"),
        "prefer": ("POST", "/preferences"),
        "newest": ("GET", "/"),
        "case": ("GET", case),
        "radiograph": ("GET", f"{case}/radiographs/{radiograph}"),
        "call": ("GET", f"{case}/call/{offer.id}"),
        "menu": ("GET", "/menu"),
        "events": ("GET", "/events"),
        "status": ("GET", "/status.json"),
        "pixels": ("GET", f"/radiographs/{radiograph}/pixels"),
        "heat_map": ("GET", f"/readings/{row['reading']}/maps/Pneumonia"),
        "small_picture": ("GET", f"/readings/{row['reading']}/tiles/lungs"),
        "film": ("GET", f"{case}/radiographs/{radiograph}/film"),
        "film_frames": ("GET", f"/radiographs/{radiograph}/film"),
        "film_outlines": ("GET", f"/readings/{row['reading']}/outlines"),
        "film_frame": ("GET", f"/readings/{row['reading']}/frames/0"),
        "angles": ("POST", f"{case}/readings/{row['reading']}/angles"),
        "adjust_points": ("POST", f"{case}/readings/{row['reading']}/adjustments"),
        "upload": ("POST", "/radiographs"),
        "pre_ktas": ("POST", f"{case}/pre-ktas"),
        "said": ("POST", f"{case}/offers/{offer.id}/said"),
        "cancel": ("POST", f"{case}/cancel"),
        "send_unread": ("POST", f"/radiographs/{radiograph}/send-unread"),
        "vital_signs": ("GET", f"{case}/vitals"),
        "enter": ("POST", f"{case}/vitals"),
        "hospitals": ("GET", f"{case}/hospitals"),
        "pick": ("POST", f"{case}/hospitals"),
        "viewing": ("GET", f"{case}/radiographs/{radiograph}/view"),
        "edit": ("GET", f"/radiographs/{radiograph}/edit"),
        "read_anew": ("POST", f"/radiographs/{radiograph}/edits"),
        "read_by": ("POST", f"/radiographs/{radiograph}/read-by"),
        "screening": ("GET", "/screening"),
        "comparison": ("GET", f"/radiographs/{radiograph}/compared"),
        "send_edited": ("POST", f"/radiographs/{radiograph}/send-edited"),
        "casualties": ("GET", "/casualties"),
        "new_casualty": ("POST", "/casualties/new"),
        "search": ("GET", "/search"),
        "patient": ("GET", f"{case}/patient"),
        "enter_patient_touch": ("POST", f"{case}/patient"),
        "patient_field": ("GET", f"{case}/patient/name"),
        "enter_field": ("POST", f"{case}/patient/name"),
        "start_page": ("GET", f"{case}/start"),
        "enter_start": ("POST", f"{case}/start"),
        "merging": ("GET", f"{case}/merge"),
        "merge_cases": ("POST", f"{case}/merge"),
        "unmerge": ("POST", f"{case}/unmerge"),
        "history": ("GET", f"{case}/timeline"),
        "handover": ("GET", f"{case}/handover.pdf"),
        "messages": ("GET", f"{case}/messages"),
        "remark": ("POST", f"{case}/offers/{offer.id}/remarks"),
        "read": ("POST", f"{case}/offers/{offer.id}/read"),
        "sign_in": ("POST", "/sign-in"),
        "override": ("POST", "/override"),
        "lock": ("POST", "/lock"),
        "touched": ("POST", "/touched"),
        "signed_in": ("GET", "/sign-ins"),
    }


ANYBODYS = {"screens.asset", "prefer", "events", "status", "sign_in", "override"}


def test_every_route_is_decided_and_locked_all_but_these_show_and_do_nothing(
    client: FlaskClient, casebook: Casebook, seed: Seeder, pin: str
) -> None:
    case_id = seed.accepted()
    every = routes(case_id, casebook.database)
    assert every.keys() == {rule.endpoint for rule in client.application.url_map.iter_rules()} == ACCESS.keys()
    assert {endpoint for endpoint, access in ACCESS.items() if access is Access.ANYBODY} == ANYBODYS
    for endpoint in every.keys() - ANYBODYS:
        method, path = every[endpoint]
        answer = client.open(path, method=method, data={"level": "2", "word": "skip", "hpid": "A1100001"} if method == "POST" else None)
        if ACCESS[endpoint] is Access.FETCH:
            assert answer.status_code == HTTPStatus.UNAUTHORIZED, endpoint
        else:
            assert answer.status_code == (HTTPStatus.OK if method == "GET" else HTTPStatus.UNAUTHORIZED), endpoint
            assert b"data-locked" in answer.data, endpoint
        for word in OF_THE_PATIENT:
            assert word.encode() not in answer.data, (endpoint, word)
    assert (get_case(casebook.database, case_id).pre_ktas, words_of(casebook.database, case_id)) == (None, [])


@pytest.mark.parametrize("with_pin", [False, True])
def test_open_every_route_answers_for_itself(client: FlaskClient, casebook: Casebook, seed: Seeder, with_pin: bool) -> None:
    every = routes(seed.accepted(), casebook.database)
    if with_pin:
        set_pin(casebook.database, PIN)
        enter(client)
    # An empty PIN is a wrong one where there is one, and the lock locks.
    for endpoint in every.keys() - {"events", *(("sign_in", "lock") if with_pin else ())}:
        method, path = every[endpoint]
        answer = client.open(path, method=method)
        assert answer.status_code not in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS), endpoint
        assert b"data-locked" not in answer.data, endpoint


def test_an_answer_is_seen_through_the_lock_without_the_patient(client: FlaskClient, seed: Seeder, pin: str) -> None:
    seed.accepted()
    page = client.get("/").text
    assert "고려대학교안암병원 수락 · 9분" in page
    client.set_cookie("kiosk_language", "en")
    assert "Korea University Anam Hospital accepted · 9" in client.get("/").text


def test_what_needs_somebody_is_seen_through_the_lock(client: FlaskClient, seed: Seeder, pin: str) -> None:
    seed.result()
    assert "병원 3곳 답 기다림" in client.get("/").text
    seed.not_read()
    page = client.get("/").text
    assert "판독하지 않음" in page
    assert "병원 3곳 답 기다림" in page


def test_probes_are_answered_without_what_was_found(client: FlaskClient, seed: Seeder, pin: str) -> None:
    case_id = seed.accepted()
    locked = client.get("/status.json").get_json()
    assert (locked["locked"], locked["case"], locked["screen"], locked["link"]) == (True, case_id, "accepted", "up")
    assert locked["accepted_by"] == "고려대학교안암병원"
    assert locked.keys() & {"urgency", "top3", "refusal", "pictures", "radiograph", "code"} == set()
    enter(client)
    assert client.get("/status.json").get_json()["urgency"] == "urgent"


def test_the_pin_leads_to_the_page_that_was_asked_for(client: FlaskClient, seed: Seeder, pin: str) -> None:
    case_id = seed.accepted()
    assert f'value="/cases/{case_id}"' in client.get(f"/cases/{case_id}").text
    answer = client.post("/sign-in", data={"pin": PIN, "back": f"/cases/{case_id}"})
    assert answer.headers["Location"] == f"/cases/{case_id}"
    assert "64세" in client.get(f"/cases/{case_id}").text


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "evil", ""])
def test_it_leads_to_no_other_place(client: FlaskClient, pin: str, back: str) -> None:
    for path in ("/sign-in", "/override"):
        assert client.post(path, data={"pin": PIN, "back": back}).headers["Location"] == "/"


def test_the_session_is_a_new_number_whatever_the_browser_came_with(client: FlaskClient, pin: str) -> None:
    client.set_cookie(COOKIE, "chosen-by-somebody-else")
    enter(client)
    first = client.get_cookie(COOKIE)
    assert first is not None
    assert first.value != "chosen-by-somebody-else"
    enter(client)
    second = client.get_cookie(COOKIE)
    assert second is not None
    assert second.value != first.value
    client.set_cookie(COOKIE, first.value)
    assert is_locked(client)


def test_the_cookie_is_for_this_screen_only_and_for_no_script(client: FlaskClient, pin: str) -> None:
    set_cookie = client.post("/sign-in", data={"pin": PIN}).headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(set_cookie.split("; "))
    assert not {"Max-Age", "Expires", "Domain", "Secure"} & {part.partition("=")[0] for part in set_cookie.split("; ")}
    over_tls = client.post("/sign-in", data={"pin": PIN}, base_url="https://localhost").headers.getlist("Set-Cookie")
    assert "Secure" in over_tls[-1].split("; ")


def test_wrong_pins_are_said_paused_and_written_down_but_not_themselves(
    client: FlaskClient, casebook: Casebook, pin: str, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    clock.stand_still()
    caplog.set_level("DEBUG")
    answers = [client.post("/sign-in", data={"pin": "0815"}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 429, 429]
    assert "PIN이 맞지 않습니다." in answers[0].text
    assert 'data-wait-s="5"' in answers[3].text
    assert client.post("/sign-in", data={"pin": PIN}).status_code == HTTPStatus.TOO_MANY_REQUESTS
    clock.wait(5)
    enter(client)
    assert kinds(casebook) == [SignInKind.PIN_SET, *[SignInKind.PIN_WRONG] * 3, SignInKind.UNLOCKED]
    kept = repr(casebook.database.rows("SELECT * FROM sign_ins")) + caplog.text
    assert not re.search(r"\b(0815|4711)\b", kept)


def test_it_locks_after_quiet_and_what_is_touched_then_is_not_stored_and_says_so(
    client: FlaskClient, settings: Settings, casebook: Casebook, seed: Seeder, pin: str, clock: Clock
) -> None:
    case_id = seed.result()
    enter(client)
    for _ in range(4):
        clock.wait(settings.sign_in.idle_s / 3)
        # What a page fetches by itself keeps nobody signed in.
        for path in ("/", "/status.json", f"/cases/{case_id}"):
            client.get(path, headers={"HX-Request": "true"})
    assert is_locked(client)
    answer = client.post(f"/cases/{case_id}/cancel")
    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert "저장되지 않았습니다" in answer.text
    assert words_of(casebook.database, case_id) == []


def test_touches_keep_it_open(client: FlaskClient, settings: Settings, pin: str, clock: Clock) -> None:
    enter(client)
    for _ in range(4):
        clock.wait(settings.sign_in.idle_s / 2)
        assert client.post("/touched").get_json()["left_s"] > settings.sign_in.idle_s - 5
    clock.wait(settings.sign_in.idle_s / 2)
    assert not is_locked(client)
    client.get("/menu", headers={"Sec-Fetch-User": "?1"})
    clock.wait(settings.sign_in.idle_s - 5)
    assert not is_locked(client)


def test_the_emergency_touch_opens_is_written_down_and_stands_on_every_page_until_the_pin(
    client: FlaskClient, settings: Settings, casebook: Casebook, seed: Seeder, pin: str, clock: Clock
) -> None:
    case_id = seed.accepted()
    pages = ("/", f"/cases/{case_id}", "/menu", "/sign-ins", f"/cases/{case_id}/vitals", f"/cases/{case_id}/hospitals", "/cases/none")
    assert not any("PIN 없이 열림" in client.get(path).text for path in pages)
    assert client.post("/override", data={"back": f"/cases/{case_id}"}).headers["Location"] == f"/cases/{case_id}"
    assert kinds(casebook)[-1] is SignInKind.OVERRIDDEN
    for path in pages:
        text = client.get(path).text
        assert "에 PIN 없이 열림" in text, path
        assert "data-locked" not in text, path
    clock.wait(settings.sign_in.idle_s + 1)
    assert is_locked(client)
    assert "에 PIN 없이 열림" in client.get("/").text
    enter(client)
    assert not any("에 PIN 없이 열림" in client.get(path).text for path in pages if path != "/sign-ins")


def test_an_open_kiosk_needs_no_emergency_touch(client: FlaskClient, casebook: Casebook) -> None:
    client.post("/override")
    client.post("/sign-in", data={"pin": "0000"})
    assert kinds(casebook) == []


def test_the_crew_locks_it_by_hand_and_that_session_opens_nothing_more(client: FlaskClient, casebook: Casebook, pin: str) -> None:
    enter(client)
    assert "지금 잠그기" in client.get("/menu").text
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    client.post("/lock")
    assert client.get_cookie(COOKIE) is None
    client.set_cookie(COOKIE, cookie.value)
    assert is_locked(client)
    assert kinds(casebook)[-1] is SignInKind.LOCKED


def test_without_a_pin_there_is_nothing_to_lock(client: FlaskClient) -> None:
    menu = client.get("/menu").text
    assert "지금 잠그기" not in menu
    assert "잠금 기록" in menu


def test_the_record_is_read_page_by_page(client: FlaskClient, casebook: Casebook, pin: str) -> None:
    enter(client)
    for _ in range(8):
        note(casebook.database, SignInKind.LOCKED, Actor(None, "127.0.0.1"))
    assert client.get("/sign-ins").text.count("<tr class=") == 8
    assert "PIN 설정" in client.get("/sign-ins?page=2").text
    assert client.get("/sign-ins?page=2").text.count("<tr class=") == 2
    assert "아직 기록이 없습니다" in client.get("/sign-ins?page=9").text


def changes(lines: Iterator[bytes]) -> Iterator[str]:
    return (found.group(1) for line in lines if (found := re.match(r"event: change\nid: (.*)\n", line.decode())))


def test_an_open_stream_ends_with_its_session_and_tells_the_page_first(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    seed.result()
    set_pin(casebook.database, PIN)
    enter(client)
    stream = client.get("/events?seen=old", buffered=False)
    told = changes(stream.iter_encoded())
    assert len(next(told)) == 24
    set_pin(casebook.database, "12345")
    assert list(told) == ["over"]
    assert "data-locked" in client.get("/", headers={"HX-Request": "true"}).text


def test_the_locked_stream_tells_of_an_answer_and_ends_when_it_is_no_longer_locked(
    client: FlaskClient, casebook: Casebook, seed: Seeder, pin: str
) -> None:
    seed.result()
    told = changes(client.get("/events?seen=old", buffered=False).iter_encoded())
    first = next(told)
    seed.accepted()
    assert next(told) != first
    remove_pin(casebook.database)
    assert "over" in list(told)


def test_what_cannot_be_looked_up_opens_nothing(client: FlaskClient, seed: Seeder, pin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seed.accepted()
    enter(client)

    def fails(*_arguments: object) -> None:
        raise StorageError("disk I/O error")

    monkeypatch.setattr(Database, "row", fails)
    client.application.config["PROPAGATE_EXCEPTIONS"] = False
    answer = client.get("/")
    assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert "64세" not in answer.text
