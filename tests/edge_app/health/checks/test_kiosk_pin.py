"""A kiosk that whoever stands before it can use."""

from edge_app.casebook import Casebook
from edge_app.config import Settings
from edge_app.errors import Who
from edge_app.health.check import State
from edge_app.health.checks import audit_chain
from edge_app.health.checks.kiosk_pin import look
from edge_app.security.audit import Actor, SignInKind, note
from edge_app.security.pin import set_pin

HERE = Actor(None, "127.0.0.1")


def test_without_a_pin_it_warns_and_says_how_one_is_set(settings: Settings, casebook: Casebook) -> None:
    check = look(settings)
    assert (check.state, check.who) == (State.WARNING, Who.TECHNICIAN)
    assert "pin --settings FILE set" in (check.remedy or "")


def test_with_one_it_is_ok_until_it_was_opened_without(settings: Settings, casebook: Casebook) -> None:
    set_pin(casebook.database, "4711")
    assert look(settings).state is State.OK
    note(casebook.database, SignInKind.OVERRIDDEN, HERE)
    assert look(settings).state is State.WARNING
    note(casebook.database, SignInKind.UNLOCKED, HERE)
    assert look(settings).state is State.OK


def test_a_box_that_never_ran_is_not_called_locked(settings: Settings) -> None:
    assert look(settings).state is State.WARNING


def test_a_record_of_sign_ins_that_was_changed_breaks_the_audit_chain(settings: Settings, casebook: Casebook) -> None:
    set_pin(casebook.database, "4711")
    assert audit_chain.look(settings).state is State.OK
    connection = casebook.database.tables.conn
    (made,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'sign_ins_stay'").fetchone()
    connection.execute("DROP TRIGGER sign_ins_stay")
    connection.execute("UPDATE sign_ins SET origin = 'elsewhere'")
    connection.execute(made)
    check = audit_chain.look(settings)
    assert (check.state, check.word) == (State.FAILED, "the record of sign-ins is broken at row 1")
