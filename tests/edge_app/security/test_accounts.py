"""The console's accounts."""

import pytest

from edge_app.database import Database
from edge_app.security.accounts import (
    Account,
    AccountError,
    AccountFault,
    Role,
    account_of,
    accounts,
    add_account,
    has_accounts,
    is_password_of,
    set_disabled,
    set_password,
    set_role,
    sign_in,
)
from edge_app.security.audit import COMMAND_LINE, Actor, SignInKind, sign_ins
from edge_app.security.backoff import Refused
from edge_app.security.sessions import Limits, Sessions
from tests.edge_app.clocks import DAY_S, Clock
from tests.edge_app.security.watched import Watched, quickly

PASSWORD = "correct horse battery"  # noqa: S105  nobody's
TECHNICIAN = Actor(None, COMMAND_LINE)
HERE = "10.0.0.7"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quickly(monkeypatch)


def made(database: Database, name: str = "이지은", role: Role = Role.ADMINISTRATOR) -> Account:
    return add_account(database, name, PASSWORD, role, TECHNICIAN)


def all_that_is_kept(database: Database) -> str:
    tables = [row["name"] for row in database.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return repr([database.rows(f"SELECT * FROM {table}") for table in tables])  # noqa: S608  our own tables


def test_the_name_and_the_password_open_it_however_the_name_is_typed(database: Database) -> None:
    assert not has_accounts(database)
    account = made(database, "Kim Minsu", Role.DOCTOR)
    assert has_accounts(database)
    assert sign_in(database, "  KIM minsu ", PASSWORD, HERE) == account
    assert PASSWORD not in all_that_is_kept(database)


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "a\x00b"])
def test_what_is_no_name_is_refused(database: Database, name: str) -> None:
    with pytest.raises(AccountError) as caught:
        made(database, name)
    assert caught.value.fault is AccountFault.NAME


@pytest.mark.parametrize("password", ["", "short", "x" * 129, "이지은이지은이지은 "])
def test_what_is_no_password_is_refused(database: Database, password: str) -> None:
    name = "이지은이지은이지은"
    with pytest.raises(AccountError) as caught:
        add_account(database, name, password, Role.DOCTOR, TECHNICIAN)
    assert caught.value.fault is AccountFault.PASSWORD
    assert not has_accounts(database)


def test_a_name_is_given_once(database: Database) -> None:
    made(database, "Kim Minsu")
    with pytest.raises(AccountError) as caught:
        made(database, "kim minsu")
    assert caught.value.fault is AccountFault.TAKEN
    assert len(accounts(database)) == 1


def test_who_is_unknown_disabled_or_wrong_is_refused_alike_after_the_same_work(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    made(database)
    gone = made(database, "박원무", Role.VIEWER)
    set_disabled(database, gone.id, TECHNICIAN, disabled=True)
    watched = Watched(monkeypatch)
    refused = [
        sign_in(database, "이지은", "not the password", HERE),
        sign_in(database, "nobody at all", PASSWORD, HERE),
        sign_in(database, "박원무", PASSWORD, HERE),
    ]
    assert refused == [Refused(tried=True, wait_s=0.0)] * 3
    assert len(watched.work) == 3
    assert len(set(map(repr, watched.work))) == 1


def test_a_wrong_password_and_an_unknown_name_pause_alike(database: Database, clock: Clock) -> None:
    clock.stand_still()
    made(database)
    known, unknown = (
        [sign_in(database, name, "not the password", where) for _ in range(5)] for name, where in (("이지은", "a"), ("?", "b"))
    )
    assert known == unknown
    assert [each.tried for each in known if isinstance(each, Refused)] == [True, True, True, False, False]


def test_during_a_pause_even_the_right_password_waits_and_after_it_it_opens(database: Database, clock: Clock) -> None:
    clock.stand_still()
    account = made(database)
    for _ in range(3):
        sign_in(database, "이지은", "not the password", HERE)
    clock.jump(-DAY_S)
    refused = sign_in(database, "이지은", PASSWORD, HERE)
    assert isinstance(refused, Refused)
    assert not refused.tried
    clock.wait(refused.wait_s)
    assert sign_in(database, "이지은", PASSWORD, HERE) == account


def test_one_address_that_tries_many_names_is_paused_as_well(database: Database, clock: Clock) -> None:
    clock.stand_still()
    made(database)
    tried = [sign_in(database, f"name {number}", "not the password", HERE) for number in range(11)]
    assert [each.tried for each in tried if isinstance(each, Refused)] == [True] * 10 + [False]
    assert isinstance(sign_in(database, "이지은", PASSWORD, "10.0.0.8"), Account)


def test_what_was_typed_for_a_name_that_nobody_has_is_kept_nowhere(database: Database) -> None:
    made(database)
    sign_in(database, "my secret password", "", HERE)
    assert "my secret" not in all_that_is_kept(database)
    assert (sign_ins(database, 1)[0].kind, sign_ins(database, 1)[0].about) == (SignInKind.SIGN_IN_FAILED, None)


def test_the_last_administrator_stays(database: Database) -> None:
    first = made(database)
    for act in (
        lambda: set_disabled(database, first.id, TECHNICIAN, disabled=True),
        lambda: set_role(database, first.id, Role.DOCTOR, TECHNICIAN),
    ):
        with pytest.raises(AccountError) as caught:
            act()
        assert caught.value.fault is AccountFault.LAST_ADMINISTRATOR
    second = made(database, "김민수")
    set_role(database, first.id, Role.DOCTOR, TECHNICIAN)
    with pytest.raises(AccountError):
        set_disabled(database, second.id, TECHNICIAN, disabled=True)
    assert [account.role for account in accounts(database)] == [Role.ADMINISTRATOR, Role.DOCTOR]


def test_every_change_of_an_account_ends_its_sessions_and_no_others(database: Database) -> None:
    made(database)
    account, other = made(database, "김민수", Role.DOCTOR), made(database, "박원무", Role.VIEWER)
    sessions = Sessions(database, Limits(900, 43_200))
    by = Actor("이지은", HERE)
    for change in (
        lambda: set_role(database, account.id, Role.VIEWER, by),
        lambda: set_password(database, account_of(database, account.id), "another long one", by),
        lambda: set_disabled(database, account.id, by, disabled=True),
    ):
        session, others = sessions.begin(account), sessions.begin(other)
        change()
        assert sessions.find(session) is None
        assert sessions.find(others) is not None


def test_who_is_disabled_comes_back_with_the_old_password(database: Database) -> None:
    made(database)
    account = made(database, "김민수", Role.DOCTOR)
    set_disabled(database, account.id, TECHNICIAN, disabled=True)
    assert isinstance(sign_in(database, "김민수", PASSWORD, HERE), Refused)
    set_disabled(database, account.id, TECHNICIAN, disabled=False)
    assert sign_in(database, "김민수", PASSWORD, HERE) == account


def test_guessing_ones_own_password_from_an_open_session_is_paused_too(database: Database, clock: Clock) -> None:
    clock.stand_still()
    account = made(database)
    assert is_password_of(database, account, PASSWORD, HERE) is True
    assert [is_password_of(database, account, "not the password", HERE) for _ in range(3)] == [False] * 3
    assert isinstance(is_password_of(database, account, PASSWORD, HERE), Refused)
