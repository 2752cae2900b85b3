"""``./edge pin`` and ``./edge accounts``: secrets come from the terminal, and what is set is in force."""

import getpass
import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_app.__main__ import main
from edge_app.casebook import Casebook
from edge_app.config import load_settings
from edge_app.emergency_room.inbox import open_desk
from edge_app.security.accounts import Account, Role, accounts, sign_in
from edge_app.security.audit import COMMAND_LINE, sign_ins
from edge_app.security.pin import has_pin, try_pin

Type = Callable[..., None]


@pytest.fixture
def box(tmp_path: Path) -> Path:
    file = tmp_path / "box.toml"
    file.write_text(f'var = "{tmp_path / "var"}"\n')
    return file


@pytest.fixture
def room(tmp_path: Path) -> Path:
    file = tmp_path / "room.toml"
    file.write_text(f'var = "{tmp_path / "desk"}"\nhpid = "SIM-EAST"\nname = "East"\n')
    return file


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Type:
    """Somebody types these, one a prompt, where nobody sees it."""

    def at_a_terminal(*typed: str) -> None:
        lines = iter(typed)
        monkeypatch.setattr(sys, "stdin", type("Terminal", (), {"isatty": lambda _self: True})())
        monkeypatch.setattr(getpass, "getpass", lambda _prompt: next(lines))

    return at_a_terminal


def test_a_pin_is_asked_for_twice_and_in_force_at_once(box: Path, at_a_terminal: Type, capsys: pytest.CaptureFixture[str]) -> None:
    at_a_terminal("4711", "4711")
    assert main(["pin", "--settings", str(box), "set"]) == 0
    database = Casebook(load_settings(box).casebook_folder).database
    assert try_pin(database, "4711", "127.0.0.1") is None
    assert sign_ins(database, 9)[-1].origin == COMMAND_LINE
    assert main(["pin", "--settings", str(box), "remove"]) == 0
    assert not has_pin(database)
    assert "4711" not in "".join(capsys.readouterr())
    database.close()


def test_two_that_differ_and_what_is_no_pin_set_none(box: Path, at_a_terminal: Type, capsys: pytest.CaptureFixture[str]) -> None:
    at_a_terminal("4711", "4712")
    assert main(["pin", "--settings", str(box), "set"]) == 2
    at_a_terminal("12", "12")
    assert main(["pin", "--settings", str(box), "set"]) == 1
    assert "4 to 8 digits" in capsys.readouterr().err
    database = Casebook(load_settings(box).casebook_folder).database
    assert not has_pin(database)
    database.close()


def test_no_secret_is_taken_as_an_argument(box: Path, room: Path) -> None:
    for arguments in (
        ["pin", "--settings", str(box), "set", "4711"],
        ["accounts", "--settings", str(room), "add", "Kim", "a long password"],
    ):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 2


def test_another_program_writes_it_as_a_line(room: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse battery\n"))
    assert main(["accounts", "--settings", str(room), "add", "김민수"]) == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert main(["accounts", "--settings", str(room), "add", "박원무", "--role", "viewer"]) == 2
    database = open_desk(room.parent / "desk")
    (account,) = accounts(database)
    assert (account.name, account.role) == ("김민수", Role.ADMINISTRATOR)
    assert "correct horse" not in "".join(capsys.readouterr())
    database.close()


def test_an_account_is_listed_and_given_a_new_password(room: Path, at_a_terminal: Type, capsys: pytest.CaptureFixture[str]) -> None:
    at_a_terminal("correct horse battery", "correct horse battery")
    assert main(["accounts", "--settings", str(room), "add", "김민수", "--role", "doctor"]) == 0
    at_a_terminal("another long one", "another long one")
    assert main(["accounts", "--settings", str(room), "reset", "김민수"]) == 0
    assert main(["accounts", "--settings", str(room), "reset", "nobody"]) == 1
    assert main(["accounts", "--settings", str(room), "list"]) == 0
    assert "doctor         김민수\n" in capsys.readouterr().out
    database = open_desk(room.parent / "desk")
    assert isinstance(sign_in(database, "김민수", "another long one", "10.0.0.7"), Account)
    database.close()
