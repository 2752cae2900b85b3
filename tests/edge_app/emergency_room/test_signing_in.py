"""The console's door: who may do what, what a locked console still says, and who an answer was given by."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from edge_app.config import RoomSettings, Web
from edge_app.database import Database
from edge_app.emergency_room.console import create_app
from edge_app.emergency_room.console.signing_in import ACCESS
from edge_app.emergency_room.console.watch import locked_version_of
from edge_app.emergency_room.requests import RequestState, get_request
from edge_app.link.messages import AnswerBody, decode
from edge_app.link.outbox import waiting
from edge_app.link.state import LinkWord, write_link_state
from edge_app.screens import ChangeFeed
from edge_app.security.accounts import Account, Role, accounts, add_account, set_disabled, set_role, sign_in
from edge_app.security.audit import COMMAND_LINE, Actor, SignInKind, sign_ins
from tests.edge_app.clocks import Clock
from tests.edge_app.emergency_room.builders import OFFER, OTHER, decision, deliver, preview, region
from tests.edge_app.security.watched import quickly

PASSWORD = "correct horse battery"  # noqa: S105  nobody's
TECHNICIAN = Actor(None, COMMAND_LINE)
NAMES = {Role.VIEWER: "박원무", Role.DOCTOR: "김민수", Role.ADMINISTRATOR: "이지은"}
HERE = {"REMOTE_ADDR": "127.0.0.1"}
ELSEWHERE = {"REMOTE_ADDR": "10.0.0.7"}
COOKIE = "console_session_8090"
ANSWER = f"/requests/{OFFER}/answer"
OF_THE_PATIENT = ("60대", "폐렴", "Pneumonia", "/preview/", "data-viewer", "구급 31")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quickly(monkeypatch)


@pytest.fixture
def settings(tmp_path: Path) -> RoomSettings:
    return RoomSettings(var=tmp_path, hpid="SIM-EAST", name="동부병원", console=Web(port=8090, language="ko"))


@pytest.fixture
def client(database: Database, settings: RoomSettings) -> Iterator[FlaskClient]:
    feed = ChangeFeed(database)
    write_link_state(database, connected=True, word=LinkWord.CONNECTED, protocol="5")
    with create_app(database, settings, feed).test_client() as opened:
        yield opened
    feed.close()


@pytest.fixture
def staff(database: Database) -> dict[Role, Account]:
    return {role: add_account(database, name, PASSWORD, role, TECHNICIAN) for role, name in NAMES.items()}


def enter(client: FlaskClient, role: Role, **headers: str) -> None:
    answer = client.post("/sign-in", data={"name": NAMES[role], "password": PASSWORD}, headers=headers)
    assert answer.status_code in (HTTPStatus.SEE_OTHER, HTTPStatus.OK)


def is_locked(client: FlaskClient, path: str = "/") -> bool:
    return "data-locked" in client.get(path).text


ORIGINAL = "0" * 64
ROUTES = {
    "screens.asset": ("GET", "/assets/other/tokens.css"),
    "prefer": ("POST", "/preferences"),
    "first": ("GET", "/"),
    "one": ("GET", f"/requests/{OFFER}"),
    "desk": ("GET", f"/desk?request={OFFER}"),
    "events": ("GET", "/events"),
    "status": ("GET", "/status.json"),
    "region": ("GET", f"/requests/{OFFER}/region/1"),
    "preview": ("GET", f"/requests/{OFFER}/preview/1"),
    "pixels": ("GET", f"/requests/{OFFER}/originals/{ORIGINAL}/pixels"),
    "original": ("GET", f"/requests/{OFFER}/originals/{ORIGINAL}"),
    "opened": ("POST", f"/requests/{OFFER}/opened"),
    "angles": ("POST", f"/requests/{OFFER}/angles"),
    "adjust_points": ("POST", f"/requests/{OFFER}/adjustments"),
    "answered": ("POST", ANSWER),
    "remark": ("POST", f"/requests/{OFFER}/remarks"),
    "read": ("POST", f"/requests/{OFFER}/read"),
    "diagnosis": ("POST", f"/requests/{OFFER}/diagnosis"),
    "standing": ("GET", "/standing"),
    "setting": ("POST", "/standing/ct"),
    "duty": ("POST", "/duty"),
    "incoming": ("GET", "/incoming"),
    "report": ("GET", "/shift"),
    "as_csv": ("GET", "/shift.csv"),
    "enter": ("POST", "/sign-in"),
    "leave": ("POST", "/sign-out"),
    "touched": ("POST", "/touched"),
    "watch": ("GET", "/watch"),
    "own_account": ("GET", "/account"),
    "own_password": ("POST", "/account/password"),
    "people": ("GET", "/accounts"),
    "add_person": ("POST", "/accounts"),
    "change_person": ("POST", "/accounts/none"),
    "signed_in": ("GET", "/sign-ins"),
}
ANYBODYS = {"screens.asset", "prefer", "events", "status", "enter"}
LOOKING = {"first", "one", "desk", "region", "preview", "pixels", "original", "angles", "touched", "watch"}
LOOKING |= {"standing", "incoming", "report", "as_csv"}
ANSWERING = {"opened", "answered", "adjust_points", "remark", "read", "diagnosis", "setting", "duty"}
OWN = {"leave", "own_account", "own_password"}
MANAGING = {"people", "add_person", "change_person", "signed_in"}
# Whom each route is for; None is who uses a console that has no accounts, at its own machine.
MATRIX: dict[Role | None, set[str]] = {
    None: ANYBODYS | LOOKING | ANSWERING,
    Role.VIEWER: ANYBODYS | LOOKING | OWN,
    Role.DOCTOR: ANYBODYS | LOOKING | OWN | ANSWERING,
    Role.ADMINISTRATOR: ANYBODYS | LOOKING | OWN | ANSWERING | MANAGING,
}


def everything_here(database: Database) -> None:
    deliver(database, decision(), preview(), region())


def asks(client: FlaskClient, endpoint: str) -> tuple[int, bytes]:
    method, path = ROUTES[endpoint]
    answer = client.open(path, method=method, buffered=endpoint != "events")
    return answer.status_code, b"" if endpoint == "events" else answer.data


def test_every_route_is_decided(client: FlaskClient) -> None:
    assert ROUTES.keys() == {rule.endpoint for rule in client.application.url_map.iter_rules()} == ACCESS.keys()
    assert ROUTES.keys() == ANYBODYS | LOOKING | ANSWERING | OWN | MANAGING


@pytest.mark.parametrize("role", MATRIX)
def test_whoever_uses_a_route_it_is_theirs_or_it_is_refused(client: FlaskClient, database: Database, role: Role | None) -> None:
    everything_here(database)
    if role is not None:
        add_account(database, NAMES[role], PASSWORD, role, TECHNICIAN)
        enter(client, role)
    # Signing out ends it all, so it comes last; an empty sign-in is a wrong one.
    for endpoint in sorted(ROUTES.keys() - {"enter"}, key=lambda each: each == "leave"):
        status, _body = asks(client, endpoint)
        assert (status == HTTPStatus.FORBIDDEN) == (endpoint not in MATRIX[role]), (endpoint, status)
        assert status != HTTPStatus.UNAUTHORIZED, endpoint


def test_locked_all_routes_but_the_open_ones_show_and_do_nothing(
    client: FlaskClient, database: Database, staff: dict[Role, Account]
) -> None:
    everything_here(database)
    before = len(sign_ins(database, 100))
    for endpoint in ROUTES.keys() - ANYBODYS:
        method, _path = ROUTES[endpoint]
        status, body = asks(client, endpoint)
        if endpoint in {"region", "preview", "pixels", "original", "angles", "touched", "standing"}:
            assert status == HTTPStatus.UNAUTHORIZED, endpoint
        else:
            assert status == (HTTPStatus.OK if method == "GET" else HTTPStatus.UNAUTHORIZED), endpoint
            assert b"data-locked" in body, endpoint
        for word in OF_THE_PATIENT:
            assert word.encode() not in body, (endpoint, word)
    assert get_request(database, OFFER).state is RequestState.RINGING
    assert waiting(database) == []
    assert len(sign_ins(database, 100)) == before


def test_without_accounts_it_is_open_to_this_machine_only_and_says_so(client: FlaskClient, database: Database) -> None:
    everything_here(database)
    here = client.get("/", environ_base=HERE).text
    assert "계정이 없어 이 컴퓨터 앞의 누구나 답할 수 있습니다." in here
    assert 'value="accept"' in here
    elsewhere = client.get("/", environ_base=ELSEWHERE).text
    assert "아직 계정이 없습니다" in elsewhere
    assert "data-sign-in" not in elsewhere
    assert 'data-ringing="1"' in elsewhere
    assert client.post(ANSWER, data={"answer": "accept"}, environ_base=ELSEWHERE).status_code == HTTPStatus.UNAUTHORIZED
    assert waiting(database) == []


@pytest.mark.parametrize("environ", [HERE, ELSEWHERE])
def test_with_one_account_everybody_signs_in_wherever_they_are(client: FlaskClient, database: Database, environ: dict[str, str]) -> None:
    add_account(database, "이지은", PASSWORD, Role.ADMINISTRATOR, TECHNICIAN)
    page = client.get("/", environ_base=environ).text
    assert "data-sign-in" in page
    assert "누구나 답할 수 있습니다" not in page


def test_a_locked_console_rings_on_and_says_how_many_wait(client: FlaskClient, database: Database, staff: dict[Role, Account]) -> None:
    assert "지금 기다리는 요청이 없습니다" in client.get("/").text
    deliver(database, decision(), decision(OTHER))
    page = client.get("/").text
    assert "요청 2건이 답을 기다립니다" in page
    assert 'data-ringing="2"' in page
    assert "data-title-ringing" in page
    locked = client.get("/status.json").get_json()
    assert (locked["locked"], locked["ringing"], locked["link"]["works"]) == (True, 2, True)
    assert "requests" not in locked


def test_a_session_that_ends_puts_the_form_in_place_and_leaves_the_page_and_its_sound(
    client: FlaskClient, database: Database, settings: RoomSettings, staff: dict[Role, Account], clock: Clock
) -> None:
    deliver(database, decision())
    enter(client, Role.DOCTOR)
    for _ in range(4):
        clock.wait(settings.sign_in.idle_s / 3)
        for path in ("/desk", "/watch", "/status.json"):
            client.get(path, headers={"HX-Request": "true"})
    for path in (f"/desk?request={OFFER}&seen=older", "/watch?seen=older"):
        answer = client.get(path, headers={"HX-Request": "true"})
        assert (answer.headers["HX-Retarget"], answer.headers["HX-Reswap"]) == (".console", "outerHTML")
        assert answer.text.lstrip().startswith('<div class="console"')
        assert 'data-ringing="1"' in answer.text
    version = re.search(r'data-version="(\w+)"', answer.text)
    assert version is not None
    again = f"/desk?locked=1&seen={version[1]}"
    assert client.get(again, headers={"HX-Request": "true"}).status_code == HTTPStatus.NO_CONTENT
    deliver(database, decision(OTHER))
    inside = client.get(again, headers={"HX-Request": "true"})
    assert (inside.headers["HX-Retarget"], 'data-ringing="2"' in inside.text) == ("#desk", True)


def test_an_answer_that_came_too_late_says_that_it_was_not_sent(
    client: FlaskClient, database: Database, staff: dict[Role, Account]
) -> None:
    deliver(database, decision())
    answer = client.post(ANSWER, data={"answer": "accept"}, headers={"HX-Request": "true"})
    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert "보내지 않았습니다" in answer.text
    assert waiting(database) == []


def test_signing_in_puts_the_desk_in_place(client: FlaskClient, database: Database, staff: dict[Role, Account]) -> None:
    deliver(database, decision(), decision(OTHER))
    form = {"name": "김민수", "password": PASSWORD, "locked": "1", "back": f"/requests/{OTHER}"}
    answer = client.post("/sign-in", data=form, headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<div class="console"')
    assert f'data-case="{OTHER}"' in answer.text
    assert "김민수" in answer.text
    assert client.post("/sign-in", data=form).headers["Location"] == f"/requests/{OTHER}"
    for elsewhere in ("//evil.example", "https://evil.example", "/accounts", f"/requests/{OTHER}/opened"):
        assert client.post("/sign-in", data={**form, "back": elsewhere}).headers["Location"] == "/"


def test_who_answers_stands_in_the_answer_and_on_the_screen_whatever_the_form_says(
    client: FlaskClient, database: Database, staff: dict[Role, Account]
) -> None:
    deliver(database, decision())
    enter(client, Role.DOCTOR)
    page = client.get("/").text
    assert "김민수 이름으로 답합니다" in page
    assert 'id="who"' not in page
    client.post(ANSWER, data={"answer": "accept", "who": "somebody else"})
    body = decode(waiting(database)[-1].body).body
    assert isinstance(body, AnswerBody)
    assert body.who == "김민수"
    kept = get_request(database, OFFER).answer
    assert kept is not None
    assert kept.who == "김민수"
    assert "<span>김민수</span></div>" in client.get(f"/requests/{OFFER}").text


def test_who_may_only_look_sees_all_and_is_told_why_there_is_nothing_to_press(
    client: FlaskClient, database: Database, staff: dict[Role, Account]
) -> None:
    deliver(database, decision(), preview())
    enter(client, Role.VIEWER)
    page = client.get("/").text
    assert "폐렴" in page
    assert "보기 전용 계정입니다" in page
    assert 'data-may-answer="no"' in page
    assert not re.search(r'name="(answer|reason|note|who)"', page)
    assert "이 계정으로는 할 수 없습니다" in client.post(ANSWER, data={"answer": "accept"}).text
    assert client.post(f"/requests/{OFFER}/opened").status_code == HTTPStatus.FORBIDDEN
    assert waiting(database) == []


def test_wrong_is_said_in_the_same_words_whatever_was_wrong_and_paused(
    client: FlaskClient, database: Database, staff: dict[Role, Account], clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    clock.stand_still()
    caplog.set_level("DEBUG")
    set_disabled(database, staff[Role.VIEWER].id, TECHNICIAN, disabled=True)
    forms = [
        {"name": "김민수", "password": "secret one"},
        {"name": "nobody", "password": PASSWORD},
        {"name": "박원무", "password": PASSWORD},
    ]
    for form in forms:
        answer = client.post("/sign-in", data=form)
        assert answer.status_code == HTTPStatus.UNAUTHORIZED
        assert "이름이나 비밀번호가 맞지 않습니다.</p>" in answer.text
    for _ in range(2):
        client.post("/sign-in", data=forms[0])
    answer = client.post("/sign-in", data={"name": "김민수", "password": PASSWORD})
    assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert "2초 뒤에" in answer.text
    clock.wait(2)
    enter(client, Role.DOCTOR)
    kept = repr(database.rows("SELECT * FROM sign_ins")) + caplog.text
    assert not re.search("secret one|correct horse|nobody", kept)


def test_the_session_is_a_new_number_and_ends_with_signing_out(client: FlaskClient, database: Database, staff: dict[Role, Account]) -> None:
    client.set_cookie(COOKIE, "chosen-by-somebody-else")
    enter(client, Role.DOCTOR)
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    assert (cookie.value != "chosen-by-somebody-else", cookie.http_only, cookie.same_site) == (True, True, "Strict")
    client.post("/sign-out")
    assert client.get_cookie(COOKIE) is None
    client.set_cookie(COOKIE, cookie.value)
    assert is_locked(client)
    assert sign_ins(database, 1)[0].kind is SignInKind.SIGNED_OUT


def test_no_other_page_signs_anybody_in_or_out(client: FlaskClient, staff: dict[Role, Account]) -> None:
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        answer = client.post("/sign-in", data={"name": "김민수", "password": PASSWORD}, headers=headers)
        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert "Set-Cookie" not in answer.headers
    enter(client, Role.DOCTOR)
    assert client.post("/sign-out", headers={"Origin": "http://evil.example"}).status_code == HTTPStatus.FORBIDDEN
    assert not is_locked(client)


def test_another_role_and_being_disabled_count_at_once(client: FlaskClient, database: Database, staff: dict[Role, Account]) -> None:
    enter(client, Role.DOCTOR)
    set_role(database, staff[Role.DOCTOR].id, Role.VIEWER, TECHNICIAN)
    assert is_locked(client)
    enter(client, Role.DOCTOR)
    assert client.post(ANSWER).status_code == HTTPStatus.FORBIDDEN
    set_disabled(database, staff[Role.DOCTOR].id, TECHNICIAN, disabled=True)
    assert is_locked(client)


def test_ones_own_password_is_changed_and_all_other_sessions_end(
    client: FlaskClient, database: Database, staff: dict[Role, Account]
) -> None:
    enter(client, Role.DOCTOR)
    elsewhere = client.application.test_client()
    enter(elsewhere, Role.DOCTOR)
    before = client.get_cookie(COOKIE)
    new = "another long one"
    for form, word in (
        ({"old": "wrong", "new": new, "again": new}, "지금 비밀번호가 맞지 않습니다"),
        ({"old": PASSWORD, "new": new, "again": "another long two"}, "서로 다릅니다"),
        ({"old": PASSWORD, "new": "short", "again": "short"}, "10자 이상"),
    ):
        assert word in client.post("/account/password", data=form).text
    answer = client.post("/account/password", data={"old": PASSWORD, "new": new, "again": new})
    assert answer.headers["Location"] == "/account?changed=1"
    assert "비밀번호를 바꿨습니다" in client.get("/account?changed=1").text
    assert client.get_cookie(COOKIE) != before
    assert is_locked(elsewhere)
    assert isinstance(sign_in(database, "김민수", new, "10.0.0.7"), Account)
    assert SignInKind.PASSWORD_CHANGED in [row.kind for row in sign_ins(database, 3)]


def test_an_administrator_makes_resets_changes_and_disables(client: FlaskClient, database: Database, staff: dict[Role, Account]) -> None:
    enter(client, Role.ADMINISTRATOR)
    assert client.post("/accounts", data={"name": "최당직", "password": PASSWORD, "role": "doctor"}).status_code == HTTPStatus.SEE_OTHER
    made = next(account for account in accounts(database) if account.name == "최당직")
    assert "이미 있습니다" in client.post("/accounts", data={"name": "최당직", "password": PASSWORD, "role": "doctor"}).text
    assert client.post("/accounts", data={"name": "x", "password": PASSWORD, "role": "king"}).status_code == HTTPStatus.BAD_REQUEST
    assert client.post(f"/accounts/{made.id}", data={"role": "king"}).status_code == HTTPStatus.BAD_REQUEST
    client.post(f"/accounts/{made.id}", data={"password": "another long one"})
    assert isinstance(sign_in(database, "최당직", "another long one", "10.0.0.8"), Account)
    client.post(f"/accounts/{made.id}", data={"role": "viewer"})
    client.post(f"/accounts/{made.id}", data={"disabled": "1"})
    (now,) = [account for account in accounts(database) if account.id == made.id]
    assert (now.role, now.disabled) == (Role.VIEWER, True)
    assert "그런 계정이 없습니다" in client.post("/accounts/none", data={"disabled": "1"}).text
    own = f"/accounts/{staff[Role.ADMINISTRATOR].id}"
    assert "마지막 관리자" in client.post(own, data={"disabled": "1"}).text
    record = re.sub(r"<[^>]+>", " ", client.get("/sign-ins").text)
    for words in ("이지은 → 최당직 · 의사", "비밀번호 재설정", "이지은 → 최당직 · 보기 전용", "계정 사용 중지"):
        assert words in record


def changes(lines: Iterator[bytes]) -> Iterator[str]:
    return (found.group(1) for line in lines if (found := re.match(r"event: change\nid: (.*)\n", line.decode())))


def test_an_open_stream_ends_with_its_session_and_the_locked_one_tells_of_a_request_and_no_more(
    client: FlaskClient, database: Database, staff: dict[Role, Account]
) -> None:
    enter(client, Role.DOCTOR)
    told = changes(client.get("/events?seen=old", buffered=False).iter_encoded())
    next(told)
    set_disabled(database, staff[Role.DOCTOR].id, TECHNICIAN, disabled=True)
    assert list(told)[-1] == "over"
    locked = changes(client.get("/events?seen=old", buffered=False).iter_encoded())
    first = next(locked)
    deliver(database, preview())
    deliver(database, decision())
    assert next(locked) != first
    again = changes(client.get("/events?seen=old", buffered=False).iter_encoded())
    before = next(again)
    # What comes of a request that is known already is no news on a locked page.
    deliver(database, preview(), region())
    assert locked_version_of(database) == before
