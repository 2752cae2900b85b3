"""Messages that wait or can never be sent."""

import pytest

from edge_app.casebook import Casebook
from edge_app.clock import now
from edge_app.config import Settings
from edge_app.errors import Who
from edge_app.health.check import State
from edge_app.health.checks.outbox import OLD_AFTER_S, look
from edge_app.link.messages import Message, OpenedBody, PreviewBody
from edge_app.link.outbox import note_received, put, quarantine
from edge_app.link.position import PositionBody

ROOM = "er/A1100052"
OFFER = "0" * 32


def _put(casebook: Casebook) -> Message:
    return put(casebook.database, "unit/unit-1", ROOM, OFFER, OpenedBody(offer_id=OFFER, at_ms=now().unix_ms))


def _age(casebook: Casebook, seconds: int) -> None:
    casebook.database.tables.conn.execute("UPDATE outbox SET queued_ms = queued_ms - :ms", {"ms": seconds * 1000})


def test_an_empty_outbox_and_one_that_waits_a_little_are_ok(settings: Settings, casebook: Casebook) -> None:
    assert look(settings).word == "empty"
    _put(casebook)
    _age(casebook, OLD_AFTER_S - 60)
    check = look(settings)
    assert (check.state, check.word) == (State.OK, "1 waiting")


@pytest.mark.parametrize("seconds", [OLD_AFTER_S + 60, -OLD_AFTER_S - 60])
def test_one_that_waits_long_or_comes_from_the_future_fails(settings: Settings, casebook: Casebook, seconds: int) -> None:
    _put(casebook)
    _age(casebook, seconds)
    check = look(settings)
    assert (check.state, check.who) == (State.FAILED, Who.CREW)
    assert "1 of 1" in check.word


def test_one_that_was_received_long_ago_is_no_fault(settings: Settings, casebook: Casebook) -> None:
    message = _put(casebook)
    _age(casebook, OLD_AFTER_S * 10)
    assert note_received(casebook.database, message.id, ROOM) is not None
    assert look(settings).state is State.OK


def test_one_in_quarantine_fails_with_its_word(settings: Settings, casebook: Casebook) -> None:
    quarantine(casebook.database, _put(casebook).id, "too_large")
    check = look(settings)
    assert check.state is State.FAILED
    assert "too_large" in check.word


def test_a_picture_may_wait_long_and_one_that_cannot_go_is_a_warning(settings: Settings, casebook: Casebook) -> None:
    body = PreviewBody(offer_id=OFFER, revision=1, media_type="image/webp", columns=1, rows=1, content=b"x")
    picture = put(casebook.database, "unit/unit-1", ROOM, OFFER, body)
    _age(casebook, OLD_AFTER_S * 10)
    check = look(settings)
    assert (check.state, check.word) == (State.OK, "1 pictures under way")
    quarantine(casebook.database, picture.id, "too_large")
    check = look(settings)
    assert (check.state, check.who) == (State.WARNING, Who.TECHNICIAN)
    assert "too_large" in check.word


def test_where_the_unit_is_may_wait_or_not_be_understood_and_nobody_has_to_do_anything(settings: Settings, casebook: Casebook) -> None:
    position = put(casebook.database, "unit/unit-1", ROOM, OFFER, PositionBody(offer_id=OFFER, token=1, number=1))
    _age(casebook, OLD_AFTER_S * 10)
    quarantine(casebook.database, position.id, "not_understood")
    assert (look(settings).state, look(settings).word) == (State.OK, "empty")
