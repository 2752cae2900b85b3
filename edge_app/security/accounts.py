"""The console's accounts: who may look, who may answer, who looks after the accounts."""

import hashlib
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from edge_app.casebook.cases import new_id
from edge_app.clock import now
from edge_app.database import Database, IntegrityError, Row
from edge_app.errors import EdgeError
from edge_app.link.fields import WHO_LENGTH
from edge_app.security.audit import Actor, SignInKind, note
from edge_app.security.backoff import ACCOUNT_PACE, ADDRESS_PACE, Refused, forgive, take_turn, wait_s
from edge_app.security.hashing import hashed, matches

# A name stands in the answer, and an answer has to fit on the link.
NAME_LENGTH = WHO_LENGTH
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 128


class Role(StrEnum):
    """What somebody may do: look; look and answer; all that and look after the accounts."""

    VIEWER = "viewer"
    DOCTOR = "doctor"
    ADMINISTRATOR = "administrator"


class AccountFault(StrEnum):
    """Why something cannot be done with an account."""

    NAME = "name"
    TAKEN = "taken"
    PASSWORD = "password"  # noqa: S105  no password
    LAST_ADMINISTRATOR = "last_administrator"
    UNKNOWN = "unknown"


_WORDS = {
    AccountFault.NAME: f"a name has 1 to {NAME_LENGTH} characters",
    AccountFault.TAKEN: "there is an account of that name",
    AccountFault.PASSWORD: f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters and is not the name",
    AccountFault.LAST_ADMINISTRATOR: "it is the last administrator",
    AccountFault.UNKNOWN: "there is no such account",
}


class AccountError(EdgeError):
    """It cannot be done, and nothing was."""

    def __init__(self, fault: AccountFault) -> None:
        super().__init__(_WORDS[fault])
        self.fault = fault


@dataclass(frozen=True)
class Account:
    """One account."""

    id: str
    name: str
    role: Role
    disabled: bool


def _name_key(name: str) -> str:
    """One form for one name, however it was typed."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _account(row: Row) -> Account:
    return Account(row["id"], row["name"], Role(row["role"]), bool(row["disabled"]))


def has_accounts(database: Database) -> bool:
    """Whether anybody has one, be it a disabled one: from then on everybody signs in."""
    return database.row("SELECT 1 FROM accounts LIMIT 1") is not None


def accounts(database: Database) -> list[Account]:
    """All of them, by name."""
    return [_account(row) for row in database.rows("SELECT * FROM accounts ORDER BY name_key")]


def account_of(database: Database, account_id: str) -> Account:
    """The account of that id. AccountError where there is none."""
    row = database.row("SELECT * FROM accounts WHERE id = :id", {"id": account_id})
    if row is None:
        raise AccountError(AccountFault.UNKNOWN)
    return _account(row)


def account_named(database: Database, name: str) -> Account:
    """The account of that name. AccountError where there is none."""
    row = database.row("SELECT * FROM accounts WHERE name_key = :key", {"key": _name_key(name)})
    if row is None:
        raise AccountError(AccountFault.UNKNOWN)
    return _account(row)


def _held_to_rules(name: str, password: str) -> str:
    """The password. AccountError where it is none."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD or _name_key(password) == _name_key(name):
        raise AccountError(AccountFault.PASSWORD)
    return password


def add_account(database: Database, name: str, password: str, role: Role, by: Actor) -> Account:
    """Make an account. AccountError where the name or the password will not do, or the name is taken."""
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not 1 <= len(name) <= NAME_LENGTH or not name.isprintable():
        raise AccountError(AccountFault.NAME)
    kept = hashed(_held_to_rules(name, password))
    account = Account(new_id(), name, role, disabled=False)
    try:
        with database.writing() as tables:
            row = {"id": account.id, "name": name, "name_key": _name_key(name), "role": str(role), "password": kept}
            tables.table("accounts").insert(row)
            note(database, SignInKind.ACCOUNT_ADDED, by, about=name, role=str(role))
    except IntegrityError as error:
        raise AccountError(AccountFault.TAKEN) from error
    return account


def _end_sessions(database: Database, account: Account) -> None:
    with database.writing() as tables:
        tables.conn.execute("DELETE FROM sessions WHERE account_id = ?", (account.id,))


def set_password(database: Database, account: Account, password: str, by: Actor) -> None:
    """Give it a new password; all its sessions end. AccountError where that will not do."""
    kept = hashed(_held_to_rules(account.name, password))
    own = by.name == account.name
    with database.writing() as tables:
        tables.table("accounts").update(account.id, {"password": kept})
        _end_sessions(database, account)
        note(database, SignInKind.PASSWORD_CHANGED if own else SignInKind.PASSWORD_RESET, by, about=account.name)


def set_role(database: Database, account_id: str, role: Role, by: Actor) -> None:
    """Give it another role; all its sessions end. AccountError where nobody would be left to look after the accounts."""
    with database.writing() as tables:
        account = account_of(database, account_id)
        if account.role is role:
            return
        _keep_an_administrator(database, account)
        tables.table("accounts").update(account.id, {"role": str(role)})
        _end_sessions(database, account)
        note(database, SignInKind.ROLE_CHANGED, by, about=account.name, role=str(role))


def set_disabled(database: Database, account_id: str, by: Actor, *, disabled: bool) -> None:
    """Let it sign in no more, or again; its sessions end. AccountError where nobody would be left to look after the accounts."""
    with database.writing() as tables:
        account = account_of(database, account_id)
        if account.disabled is disabled:
            return
        if disabled:
            _keep_an_administrator(database, account)
        tables.table("accounts").update(account.id, {"disabled": int(disabled)})
        _end_sessions(database, account)
        note(database, SignInKind.ACCOUNT_DISABLED if disabled else SignInKind.ACCOUNT_ENABLED, by, about=account.name)


def _keep_an_administrator(database: Database, leaving: Account) -> None:
    others = [each for each in accounts(database) if each.role is Role.ADMINISTRATOR and not each.disabled and each.id != leaving.id]
    if leaving.role is Role.ADMINISTRATOR and not leaving.disabled and not others:
        raise AccountError(AccountFault.LAST_ADMINISTRATOR)


def _subject(row: Row | None, name: str) -> str:
    """Whose failures are counted. An unknown name is counted by sixteen bits of it, so that what was typed is not kept."""
    return f"account {row['id']}" if row is not None else f"nobody {hashlib.sha256(_name_key(name).encode()).hexdigest()[:4]}"


def sign_in(database: Database, name: str, password: str, origin: str) -> Account | Refused:
    """The account of that name and password.

    An unknown name, a disabled account and a wrong password are refused alike, after the same work.
    """
    row = database.row("SELECT * FROM accounts WHERE name_key = :key", {"key": _name_key(name)})
    known = _subject(row, name)
    subjects = {known: ACCOUNT_PACE, f"address {origin}": ADDRESS_PACE}
    left_s = take_turn(database, subjects, now())
    if left_s > 0:
        return Refused(tried=False, wait_s=left_s)
    usable = row is not None and not row["disabled"]
    right = matches(password[: LONGEST_PASSWORD + 1], row["password"] if row is not None and usable else None)
    named = None if row is None else str(row["name"])
    if row is None or not right:
        note(database, SignInKind.SIGN_IN_FAILED, Actor(None, origin), about=named)
        return Refused(tried=True, wait_s=wait_s(database, subjects, now()))
    with database.writing():
        forgive(database, *subjects)
        note(database, SignInKind.SIGNED_IN, Actor(named, origin))
    return _account(row)


def is_password_of(database: Database, account: Account, password: str, origin: str) -> bool | Refused:
    """Whether that is the account's password, asked of who is signed in already; guessing has its pauses here too."""
    subjects = {f"account {account.id}": ACCOUNT_PACE}
    left_s = take_turn(database, subjects, now())
    if left_s > 0:
        return Refused(tried=False, wait_s=left_s)
    row = database.row("SELECT password FROM accounts WHERE id = :id", {"id": account.id})
    if matches(password[: LONGEST_PASSWORD + 1], None if row is None else row["password"]):
        forgive(database, *subjects)
        return True
    note(database, SignInKind.SIGN_IN_FAILED, Actor(account.name, origin), about=account.name)
    return False
