"""The crew reads that the hospital which has the patient is told where the box is: only while that is proven, and never of another."""

import re

import pytest
from flask.testing import FlaskClient

from edge_app.casebook.cases import get_case
from edge_app.casebook.offers import Offer, get_offer, offers_of
from edge_app.casebook.positions import next_number, note_arrived
from edge_app.clock import now
from edge_app.config import Settings
from edge_app.database import Database
from edge_app.dispatch.following import STANDING_EVERY_S
from edge_app.dispatch.offers import room_end
from edge_app.dispatch.uplink import Uplink
from edge_app.kiosk.followed import TOLD_WITHIN_S
from edge_app.kiosk.queries import kiosk_view
from edge_app.link.messages import AnswerKind
from edge_app.link.outbox import note_attempt, note_received, put
from edge_app.link.position import Approach, PositionBody
from tests.edge_app.clocks import Clock
from tests.edge_app.kiosk.conftest import Seeder

APPROACH = Approach(north_m=-1110, east_m=0, age_s=3, eta_s=169, by_road=False)
LINE = "has your position"


@pytest.fixture
def holder(seed: Seeder) -> Offer:
    """The offer whose hospital has the patient."""
    case_id = seed.accepted()
    return next(offer for offer in offers_of(seed.database, case_id) if offer.id == get_case(seed.database, case_id).holder_offer_id)


def queued(database: Database, offer: Offer, *, token: int | None = None) -> str:
    """A position is handed to the link."""
    with database.writing():
        body = PositionBody(offer_id=offer.id, token=token or offer.token or 0, number=next_number(database, offer.id), approach=APPROACH)
        message = put(database, "unit/unit-1", room_end(offer.hpid), offer.id, body)
        note_attempt(database, message.id)
    return message.id


def received(database: Database, offer: Offer, message_id: str) -> None:
    """Its hospital says that it has it."""
    with database.writing():
        sent = note_received(database, message_id, room_end(offer.hpid))
        assert sent is not None
        Uplink(database).at_recipient(sent)


def line_of(client: FlaskClient) -> str | None:
    client.set_cookie("kiosk_language", "en")
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", client.get("/").text))
    found = re.search(rf"Hospital {LINE} · (\S+) ago", words)
    assert (found is not None) == (LINE in words)
    return None if found is None else found[1]


def test_nothing_is_said_before_the_hospital_has_it_and_then_since_when(
    client: FlaskClient, seed: Seeder, holder: Offer, clock: Clock
) -> None:
    assert line_of(client) is None
    message_id = queued(seed.database, holder)
    assert line_of(client) is None
    received(seed.database, holder, message_id)
    clock.stand_still()
    clock.wait(25)
    assert line_of(client) is not None
    assert 25 <= sum(int(n) * f for n, f in zip((line_of(client) or "").split(":"), (60, 1), strict=True)) <= 35


def test_a_newer_position_is_a_change_of_the_page_and_an_older_one_is_none(seed: Seeder, holder: Offer, settings: Settings) -> None:
    def fingerprint() -> str:
        return kiosk_view(seed.casebook, settings, holder.case_id).fingerprint

    first, second = queued(seed.database, holder), queued(seed.database, holder)
    before = fingerprint()
    received(seed.database, holder, second)
    newest = fingerprint()
    assert newest != before
    received(seed.database, holder, first)
    assert fingerprint() == newest


def test_without_a_fix_it_ends_and_the_clock_that_jumps_has_no_say(client: FlaskClient, seed: Seeder, holder: Offer, clock: Clock) -> None:
    received(seed.database, holder, queued(seed.database, holder))
    clock.jump(-86400)
    clock.wait(STANDING_EVERY_S)
    assert line_of(client) is not None
    # Even a box that stands is told of every two minutes; with no fix nothing is told.
    clock.wait(TOLD_WITHIN_S - STANDING_EVERY_S + 1)
    assert line_of(client) is None


def test_it_ends_with_the_arrival(client: FlaskClient, seed: Seeder, holder: Offer) -> None:
    received(seed.database, holder, queued(seed.database, holder))
    assert line_of(client) is not None
    note_arrived(seed.database, holder, now())
    assert line_of(client) is None


def test_it_ends_with_the_lease_and_is_not_taken_over_by_the_next(client: FlaskClient, seed: Seeder, holder: Offer) -> None:
    received(seed.database, holder, queued(seed.database, holder))
    seed.answers(holder, AnswerKind.WITHDRAW)
    assert line_of(client) is None
    seed.answers(get_offer(seed.database, holder.id), AnswerKind.ACCEPT)
    again = get_offer(seed.database, holder.id)
    assert (again.token or 0) > (holder.token or 0)
    assert line_of(client) is None
    received(seed.database, again, queued(seed.database, again))
    assert line_of(client) is not None
