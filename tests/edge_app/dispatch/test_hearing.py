"""Remarks, statuses and diagnoses between two ends: each through outbox, inbox and receipt, once, and only of who may say it."""

import pytest

from edge_app.casebook import Casebook
from edge_app.casebook.hospital_words import diagnoses_of, told_statuses
from edge_app.casebook.offers import Offer, offers_of
from edge_app.casebook.readings import add_reading
from edge_app.clock import now
from edge_app.database import Database
from edge_app.dispatch.offers import room_end
from edge_app.dispatch.service import Dispatch
from edge_app.dispatch.uplink import Uplink
from edge_app.link.decision import DecisionBody
from edge_app.link.messages import Body, Message, decode, encode, new_message
from edge_app.link.outbox import note_at_broker, note_received, waiting
from edge_app.link.remarking import MOST_OF_OFFER, Reach, note_read, remarks_of, say
from edge_app.link.remarks import DiagnosisBody, Judged, Phrase, RemarkBody, SeenBody, Verdict
from edge_app.link.status import Availability, Capability, StatusBody, StatusLine
from tests.edge_app.casebook.builders import assessed, stored
from tests.edge_app.clocks import DAY_S, Clock
from tests.edge_app.dispatch import test_service as box

settings, dispatch = box.settings, box.dispatch
ME = "unit/unit-1"
CT_CLOSED = StatusLine(code=Capability.CT, availability=Availability.CLOSED, free=None, age_s=0, who=None)


@pytest.fixture
def offer(casebook: Casebook, dispatch: Dispatch) -> Offer:
    radiograph, _reading = box.read(casebook)
    box.work(dispatch)
    return offers_of(casebook.database, radiograph.case_id)[0]


def words(database: Database) -> list[str]:
    rows = database.rows("SELECT detail ->> 'word' AS word FROM events WHERE kind = 'message_refused' ORDER BY id")
    return [row["word"] for row in rows]


def come(casebook: Casebook, dispatch: Dispatch, sender: str, body: Body) -> Message:
    message = new_message(sender, ME, 5, body)
    Uplink(casebook.database).keep(message, encode(message))
    box.work(dispatch)
    return message


def remark(offer: Offer, **said: object) -> RemarkBody:
    return RemarkBody.model_validate({"offer_id": offer.id, "phrase": Phrase.CALL_US, "at_ms": 5, **said})


def test_a_remark_climbs_only_as_far_as_is_proven(casebook: Casebook, offer: Offer) -> None:
    database, room = casebook.database, room_end(offer.hpid)
    say(database, ME, room, offer.id, phrase=Phrase.ARRIVING_IN, number=5)
    (sent,) = [each for each in waiting(database) if each.kind == "remark"]
    assert decode(sent.body).body == remarks_of(database, offer.id)[0].body

    def reach() -> Reach | None:
        return remarks_of(database, offer.id)[0].reach

    assert reach() is Reach.QUEUED
    note_at_broker(database, sent.id)
    assert reach() is Reach.AT_BROKER
    note_received(database, sent.id, room)
    assert reach() is Reach.THERE


def test_that_it_was_read_is_told_once_by_who_read_it(casebook: Casebook, dispatch: Dispatch, offer: Offer) -> None:
    database, room = casebook.database, room_end(offer.hpid)
    say(database, ME, room, offer.id, text="SpO2 84")
    (own,) = remarks_of(database, offer.id)
    come(casebook, dispatch, "room/SIM-WEST", SeenBody(offer_id=offer.id, of=own.id, at_ms=5))
    come(casebook, dispatch, room, SeenBody(offer_id=offer.id, of="0" * 32, at_ms=5))
    assert words(database) == ["unknown_offer", "unknown_remark"]
    assert remarks_of(database, offer.id)[0].reach is Reach.QUEUED
    come(casebook, dispatch, room, SeenBody(offer_id=offer.id, of=own.id, at_ms=5))
    assert remarks_of(database, offer.id)[0].reach is Reach.READ
    # And the other way round: what came is unread until a person says so.
    message = come(casebook, dispatch, room, remark(offer))
    assert remarks_of(database, offer.id)[1].seen_ms is None
    for _ in range(2):
        note_read(database, ME, room, offer.id)
    seen = [body for each in waiting(database) if isinstance(body := decode(each.body).body, SeenBody)]
    assert [(one.offer_id, one.of) for one in seen] == [(offer.id, message.id)]


def test_a_remark_that_comes_twice_is_one(casebook: Casebook, dispatch: Dispatch, offer: Offer) -> None:
    message = come(casebook, dispatch, room_end(offer.hpid), remark(offer))
    assert Uplink(casebook.database).keep(message, encode(message)), "it gets its receipt again"
    box.work(dispatch)
    assert len(remarks_of(casebook.database, offer.id)) == 1


def test_what_is_the_crew_s_to_say_no_hospital_says(casebook: Casebook, dispatch: Dispatch, offer: Offer) -> None:
    come(casebook, dispatch, room_end(offer.hpid), remark(offer, phrase=Phrase.CONDITION_WORSE))
    come(casebook, dispatch, "room/SIM-WEST", remark(offer))
    assert words(casebook.database) == ["a phrase that is ours to say", "unknown_offer"]
    assert remarks_of(casebook.database, offer.id) == ()


def test_who_talks_without_end_fills_no_disk(casebook: Casebook, dispatch: Dispatch, offer: Offer) -> None:
    with casebook.database.writing() as tables:
        row = {"offer_id": offer.id, "mine": 0, "body": remark(offer).model_dump_json(), "said_ms": 1, "said_mono_ms": 1, "said_boot": "b"}
        tables.table("remarks").insert_all({"id": f"{number:032x}", **row} for number in range(MOST_OF_OFFER))
    come(casebook, dispatch, room_end(offer.hpid), remark(offer))
    assert words(casebook.database) == ["too many remarks"]


def test_a_status_is_heard_of_who_was_asked_and_of_nobody_else(casebook: Casebook, dispatch: Dispatch, offer: Offer) -> None:
    body = StatusBody(at_ms=5, lines=(CT_CLOSED,))
    uplink = Uplink(casebook.database)
    for sender in ("room/A1100052", "unit/other"):
        message = new_message(sender, ME, 5, body)
        assert not uplink.keep(message, encode(message)), "no receipt"
    come(casebook, dispatch, room_end(offer.hpid), body)
    assert list(told_statuses(casebook.database, now())) == [offer.hpid]


def test_the_last_diagnosis_stands_and_is_on_record(casebook: Casebook, dispatch: Dispatch, offer: Offer) -> None:
    judged = (Judged(name="Pneumonia", verdict=Verdict.CONFIRMED),)
    come(casebook, dispatch, room_end(offer.hpid), DiagnosisBody(offer_id=offer.id, findings=judged, text="CT", at_ms=9))
    older = DiagnosisBody(offer_id=offer.id, findings=(Judged(name="Pneumonia", verdict=Verdict.OTHER),), at_ms=8)
    come(casebook, dispatch, room_end(offer.hpid), older)
    come(casebook, dispatch, "room/SIM-WEST", older)
    (diagnosis,) = diagnoses_of(casebook.database, offer.case_id)
    assert (diagnosis.offer_id, diagnosis.body.findings, diagnosis.body.text) == (offer.id, judged, "CT")
    row = casebook.database.row("SELECT detail FROM events WHERE kind = 'diagnosis_told' LIMIT 1")
    assert row is not None
    assert "CT" not in row["detail"], "the record carries no patient data"


@pytest.mark.parametrize(
    "wrong",
    [{"phrase": None}, {"number": 3}, {"phrase": "arriving_in"}, {"phrase": "arriving_in", "number": 0}, {"text": "x" * 121}, {"text": ""}],
)
def test_a_remark_says_something_and_no_more_than_fits(offer: Offer, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        remark(offer, **wrong)


def test_the_time_of_arrival_counts_on_over_a_newer_word(casebook: Casebook, dispatch: Dispatch, offer: Offer, clock: Clock) -> None:
    assert offer.eta_s is not None
    left = []
    for wait_s in (20, 10_000):
        clock.wait(wait_s)
        clock.jump(-DAY_S)
        add_reading(casebook.database, stored(casebook.database, study="1.9").id, assessed())
        box.work(dispatch)
        bodies = [body for body in box.told(casebook, offer.hpid) if isinstance(body, DecisionBody)]
        left.append(max(bodies, key=lambda body: body.revision).eta_s)
    assert left == [pytest.approx(max(0, offer.eta_s - 20), abs=2), 0]
