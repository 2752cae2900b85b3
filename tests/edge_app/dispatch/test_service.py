"""From a reading to three offers, step by step, with a kill between any two of them."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from edge_app.casebook import Casebook
from edge_app.casebook.cases import CaseState, get_case
from edge_app.casebook.crew_words import CrewWord, say, words_of
from edge_app.casebook.events import first_broken_link
from edge_app.casebook.offers import Offer, OfferState, Reason, ReasonKind, Rung, get_offer, offers_of, prove, proven_rungs
from edge_app.casebook.radiographs import StoredRadiograph, add_read_again, ask_to_send_unread
from edge_app.casebook.readings import StoredReading, add_reading
from edge_app.casebook.renditions import add_rendition
from edge_app.casebook.vitals import enter_vitals
from edge_app.clock import Stamp, now
from edge_app.config import Settings
from edge_app.dispatch import service, showing, uplink
from edge_app.dispatch.offers import room_end
from edge_app.dispatch.pictures import PREVIEW_BYTES
from edge_app.dispatch.position import Locator
from edge_app.dispatch.service import Dispatch, serve
from edge_app.dispatch.uplink import Uplink
from edge_app.errors import Refusal
from edge_app.link.decision import DecisionBody
from edge_app.link.messages import (
    REGION_BYTES,
    AnswerBody,
    AnswerKind,
    Body,
    DeclineReason,
    GrantedBody,
    OpenedBody,
    PreviewBody,
    RegionBody,
    ReminderBody,
    StandDownBody,
    StandDownReason,
    decode,
    encode,
    new_message,
)
from edge_app.link.outbox import note_received, waiting
from edge_app.radiograph.picture import Facts, Picture, Window
from edge_app.reading.finding import Decision, Finding, Protocol, Urgency
from edge_app.stage import free_port
from tests.edge_app.casebook.builders import assessed, refused, stored
from tests.edge_app.dispatch.router import Answer, Point, patiently, running, table
from tests.edge_app.dispatch.router import says as answers_with
from tests.edge_app.emergency_room import builders as hospital
from tests.edge_app.waiting import wait_until

HPIDS = ("SIM-EAST", "SIM-WEST", "SIM-NORTH", "SIM-FAR")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    rooms = "".join(f"{hpid},{hpid},37.5{number},127.0\n" for number, hpid in enumerate(HPIDS))
    (tmp_path / "emergency_rooms.csv").write_text("hpid,dutyName,wgs84Lat,wgs84Lon\n" + rooms)
    values = {"var": tmp_path, "position": {"latitude": 37.5, "longitude": 127.0}, "dispatch": {"ask_at_most": 3}}
    return Settings.model_validate(values)


@pytest.fixture
def widening(casebook: Casebook, settings: Settings) -> Dispatch:
    """The same box, which may ask more than three."""
    further = settings.model_copy(update={"dispatch": settings.dispatch.model_copy(update={"ask_at_most": 9})})
    return Dispatch(casebook, further, Locator(settings.position, threading.Event()))


@pytest.fixture
def dispatch(casebook: Casebook, settings: Settings) -> Dispatch:
    return Dispatch(casebook, settings, Locator(settings.position, threading.Event()))


def work(dispatch: Dispatch) -> int:
    """Do all there is; how many steps it took."""
    steps = 0
    while dispatch.step():
        steps += 1
        assert steps < 50
    return steps


def picture(rows: int = 300, columns: int = 200) -> Picture:
    pixels = np.random.default_rng(1).integers(0, 4096, (rows, columns)).astype(np.uint16)
    return Picture(pixels, Window(2048.0, 4096.0), rows, columns, None, Facts())


def told(casebook: Casebook, hpid: str) -> list[Body]:
    return [decode(sent.body).body for sent in waiting(casebook.database, 1000) if sent.recipient == room_end(hpid)]


def kinds(casebook: Casebook) -> list[list[type]]:
    return [[type(body) for body in told(casebook, hpid)] for hpid in HPIDS]


def read(casebook: Casebook, study: str = "1.9") -> tuple[StoredRadiograph, StoredReading]:
    radiograph = stored(casebook.database, study=study)
    return radiograph, add_reading(casebook.database, radiograph.id, assessed())


def says(casebook: Casebook, offer: Offer, kind: AnswerKind, *, token: int = 0, at_ms: int = 1, sender: str | None = None) -> None:
    reason = DeclineReason.NO_BED if kind is AnswerKind.DECLINE else None
    body = AnswerBody(offer_id=offer.id, token=token, answer=kind, reason=reason, at_ms=at_ms)
    arrives(casebook, sender or room_end(offer.hpid), body)


def arrives(casebook: Casebook, sender: str, body: Body) -> None:
    message = new_message(sender, "unit/unit-1", 5, body)
    Uplink(casebook.database).keep(message, encode(message))


def states(casebook: Casebook, case_id: str) -> list[OfferState]:
    return [offer.state for offer in offers_of(casebook.database, case_id)]


def test_a_reading_becomes_three_offers_to_the_nearest(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph, reading = read(casebook)
    assert work(dispatch) == 1
    offers = offers_of(casebook.database, radiograph.case_id)
    assert [(offer.hpid, offer.rank, offer.state, offer.reading_id) for offer in offers] == [
        (hpid, rank, OfferState.ASKED, reading.id) for rank, hpid in enumerate(HPIDS[:3], start=1)
    ]
    for offer in offers:
        assert set(proven_rungs(casebook.database, offer.id)) == {Rung.QUEUED}
        (body,) = told(casebook, offer.hpid)
        assert isinstance(body, DecisionBody)
        assert (body.offer_id, body.asked, body.revision, body.eta_s, body.token) == (offer.id, 3, 1, offer.eta_s, 0)
        assert [line.name for line in body.findings] == ["Pneumonia"]
        assert body.absent == 1
    assert told(casebook, "SIM-FAR") == []
    assert work(dispatch) == 0


def test_what_is_merely_not_excluded_is_counted_and_not_listed(casebook: Casebook, dispatch: Dispatch) -> None:
    known = {"Pneumonia": (Decision.PRESENT, 0.8), "Edema": (Decision.UNCERTAIN, 0.45), "Effusion": (Decision.UNCERTAIN, 0.2)}
    known |= {"Mass": (Decision.UNCERTAIN, 0.1), "Nodule": (Decision.ABSENT, 0.01)}
    findings = tuple(Finding(name, p, said, 0.4, 100, validated=True) for name, (said, p) in known.items())
    radiograph = stored(casebook.database, study="1.9")
    add_reading(casebook.database, radiograph.id, replace(assessed(), findings=findings, top3=("Pneumonia", "Edema", "Effusion")))
    assert work(dispatch) == 1
    (body,) = told(casebook, HPIDS[0])
    assert isinstance(body, DecisionBody)
    assert [line.name for line in body.findings] == ["Pneumonia", "Edema", "Effusion"]
    assert (body.undecided, body.absent, body.more, body.unfamiliar) == (1, 1, 0, False)


def test_that_a_picture_is_unlike_those_learnt_from_is_told_with_the_model_that_found_it_so(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph = stored(casebook.database, study="1.9")
    models = {"chest_anatomy": "a" * 64, "chest_findings": "f" * 64, "radiograph_gate": "b" * 64}
    add_reading(casebook.database, radiograph.id, replace(assessed(), unfamiliar=True, models=models))
    assert work(dispatch) == 1
    (body,) = told(casebook, HPIDS[0])
    assert isinstance(body, DecisionBody)
    assert body.unfamiliar
    assert body.model == "f" * 12


def test_the_rungs_are_proven_by_what_proves_them(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph, _reading = read(casebook)
    work(dispatch)
    uplink, offer = Uplink(casebook.database), offers_of(casebook.database, radiograph.case_id)[0]
    (sent,) = (sent for sent in waiting(casebook.database) if sent.offer_id == offer.id)

    def rungs() -> set[Rung]:
        return set(proven_rungs(casebook.database, offer.id))

    uplink.at_broker(sent)
    assert rungs() == {Rung.QUEUED, Rung.AT_BROKER}
    assert note_received(casebook.database, sent.id, "room/SIM-WEST") is None
    assert note_received(casebook.database, sent.id, room_end(offer.hpid)) == sent
    uplink.at_recipient(sent)
    assert rungs() == {Rung.QUEUED, Rung.AT_BROKER, Rung.AT_HOSPITAL}
    arrives(casebook, "room/SIM-WEST", OpenedBody(offer_id=offer.id, at_ms=1))
    work(dispatch)
    assert Rung.OPENED not in rungs()
    arrives(casebook, room_end(offer.hpid), OpenedBody(offer_id=offer.id, at_ms=1))
    work(dispatch)
    assert rungs() == set(Rung) - {Rung.ANSWERED}
    says(casebook, offer, AnswerKind.DECLINE)
    work(dispatch)
    assert rungs() == set(Rung)


def test_a_picture_at_the_hospital_is_no_rung(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph, _reading = read(casebook)
    add_rendition(casebook, radiograph.id, picture())
    work(dispatch)
    offer = offers_of(casebook.database, radiograph.case_id)[0]
    for sent in waiting(casebook.database):
        if sent.kind == "preview":
            Uplink(casebook.database).at_broker(sent)
            Uplink(casebook.database).at_recipient(sent)
    assert set(proven_rungs(casebook.database, offer.id)) == {Rung.QUEUED}


def test_pictures_follow_once_there_is_a_rendition(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph, _reading = read(casebook)
    work(dispatch)
    assert kinds(casebook) == [[DecisionBody]] * 3 + [[]]
    add_rendition(casebook, radiograph.id, picture(500, 400))
    assert work(dispatch) == 1
    assert kinds(casebook) == [[DecisionBody, RegionBody, PreviewBody]] * 3 + [[]]
    region, body = told(casebook, HPIDS[0])[1:]
    assert isinstance(region, RegionBody)
    assert len(region.content) <= REGION_BYTES
    assert isinstance(body, PreviewBody)
    assert len(body.content) <= PREVIEW_BYTES
    assert (body.rows / body.columns) == pytest.approx(1.25, abs=0.01)
    assert work(dispatch) == 0


def test_a_rendition_that_is_damaged_takes_nothing_with_it(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph, _reading = read(casebook)
    add_rendition(casebook, radiograph.id, picture())
    row = casebook.database.row("SELECT sha256 FROM renditions")
    assert row is not None
    casebook.pictures.path_of(row["sha256"]).write_bytes(b"damaged")
    work(dispatch)
    assert kinds(casebook) == [[DecisionBody]] * 3 + [[]]
    read(casebook, study="2.0")
    assert work(dispatch) == 1


def test_an_inbox_row_that_cannot_be_read_any_more_holds_up_no_answer(casebook: Casebook, dispatch: Dispatch) -> None:
    row = {"id": "a" * 32, "kind": "answer", "sender": room_end(HPIDS[0]), "offer_id": "b" * 32, "body": b"of another version"}
    with casebook.database.writing() as tables:
        tables.table("inbox").insert({**row, "received_ms": 1})
    assert work(dispatch) == 1
    event = casebook.database.row("SELECT detail FROM events WHERE kind = 'message_refused'")
    assert event is not None
    assert "unreadable" in event["detail"]
    assert work(dispatch) == 0


def test_a_refused_reading_is_sent_only_where_the_crew_asks_for_it(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph = stored(casebook.database)
    add_reading(casebook.database, radiograph.id, refused(Refusal.WRONG_BODY_PART))
    assert work(dispatch) == 0
    assert waiting(casebook.database) == []
    ask_to_send_unread(casebook.database, radiograph.id)
    work(dispatch)
    (body,) = told(casebook, HPIDS[0])
    assert isinstance(body, DecisionBody)
    assert (body.refusal, body.urgency, body.findings, body.absent) == (Refusal.WRONG_BODY_PART, None, (), 0)


def test_a_second_reading_is_a_revision_for_those_who_are_asked_or_hold(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph, _first = read(casebook)
    work(dispatch)
    east, west, _north = offers_of(casebook.database, radiograph.case_id)
    says(casebook, west, AnswerKind.DECLINE)
    work(dispatch)
    second, newer = read(casebook)
    assert second.case_id == radiograph.case_id
    work(dispatch)
    revisions = [[body.revision for body in told(casebook, hpid) if isinstance(body, DecisionBody)] for hpid in HPIDS]
    assert revisions == [[1, 2], [1], [1, 2], []]
    assert [offer.reading_id == newer.id for offer in offers_of(casebook.database, east.case_id)] == [True, False, True]


def test_a_second_look_at_the_same_picture_is_told_beside_the_first_where_the_crew_sends_it(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph, _reading = read(casebook)
    work(dispatch)
    again = add_read_again(casebook.database, radiograph.id, "tuberculosis")
    add_rendition(casebook, again.id, picture())
    found = Finding("Tuberculosis", 0.8, Decision.PRESENT, 0.3, 84, True)
    reading = replace(assessed(found), protocol=Protocol.TUBERCULOSIS, top3=("Tuberculosis",), maps={}, measurements={})
    add_reading(casebook.database, again.id, reading)
    work(dispatch)
    assert [type(body) for body in told(casebook, "SIM-EAST")] == [DecisionBody], "nothing goes before the crew has sent it"
    ask_to_send_unread(casebook.database, again.id)
    work(dispatch)
    body = next(body for body in reversed(told(casebook, "SIM-EAST")) if isinstance(body, DecisionBody))
    assert (body.revision, body.protocol, body.top3) == (2, Protocol.TUBERCULOSIS, ("Tuberculosis", "Pneumonia"))
    assert {line.name for line in body.findings} == {"Tuberculosis", "Pneumonia"}
    assert body.absent == 1
    preview = next(body for body in told(casebook, "SIM-EAST") if isinstance(body, PreviewBody))
    assert not preview.edited, "nothing was done to the picture"


def test_the_first_acceptance_wins_and_the_others_stand_down(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph, _reading = read(casebook)
    work(dispatch)
    east, west, north = offers_of(casebook.database, radiograph.case_id)
    says(casebook, west, AnswerKind.ACCEPT)
    says(casebook, east, AnswerKind.ACCEPT)
    work(dispatch)
    assert states(casebook, radiograph.case_id) == [OfferState.STOOD_DOWN, OfferState.ACCEPTED, OfferState.STOOD_DOWN]
    assert get_case(casebook.database, radiograph.case_id).holder_offer_id == west.id
    assert [type(body) for body in told(casebook, west.hpid) if not isinstance(body, DecisionBody)] == [GrantedBody]
    for other in (east, north):
        assert {type(body) for body in told(casebook, other.hpid)} == {DecisionBody, StandDownBody}


def test_a_release_asks_those_anew_who_had_been_stood_down_and_with_the_newest_reading(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph, _first = read(casebook)
    work(dispatch)
    east, west, north = offers_of(casebook.database, radiograph.case_id)
    says(casebook, north, AnswerKind.DECLINE)
    says(casebook, west, AnswerKind.ACCEPT)
    work(dispatch)
    _second, newer = read(casebook)
    work(dispatch)
    says(casebook, west, AnswerKind.WITHDRAW, token=1, at_ms=2)
    work(dispatch)
    case = get_case(casebook.database, radiograph.case_id)
    assert (case.state, case.fencing_token, case.holder_offer_id) == (CaseState.OPEN, 2, None)
    assert states(casebook, case.id) == [OfferState.ASKED, OfferState.WITHDRAWN, OfferState.DECLINED]
    last = [body for body in told(casebook, east.hpid) if isinstance(body, DecisionBody)][-1]
    assert (last.token, last.revision) == (2, 2)
    assert offers_of(casebook.database, case.id)[0].reading_id == newer.id


def test_an_answer_to_the_request_before_is_no_answer_to_the_one_anew(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph, _reading = read(casebook)
    work(dispatch)
    east, west, _north = offers_of(casebook.database, radiograph.case_id)
    says(casebook, west, AnswerKind.ACCEPT)
    work(dispatch)
    says(casebook, west, AnswerKind.WITHDRAW, token=1, at_ms=2)
    work(dispatch)
    for kind in AnswerKind:
        # Given before the release, it comes only now: the doctor has the new request before him, or will.
        says(casebook, east, kind, token=1, at_ms=50)
    work(dispatch)
    assert states(casebook, radiograph.case_id) == [OfferState.ASKED, OfferState.WITHDRAWN, OfferState.ASKED]
    says(casebook, east, AnswerKind.ACCEPT, token=2, at_ms=3)
    work(dispatch)
    assert states(casebook, radiograph.case_id) == [OfferState.ACCEPTED, OfferState.WITHDRAWN, OfferState.STOOD_DOWN]


def refusals(casebook: Casebook) -> list[str]:
    return [row["detail"] for row in casebook.database.rows("SELECT detail FROM events WHERE kind = 'message_refused'")]


def test_a_yes_on_the_telephone_and_one_on_the_link_race_by_when_they_were_stored(casebook: Casebook, dispatch: Dispatch) -> None:
    for phone_first in (True, False):
        radiograph, _reading = read(casebook, study=f"1.{phone_first}")
        work(dispatch)
        east, west, _north = offers_of(casebook.database, radiograph.case_id)
        steps = [
            lambda east=east: say(casebook.database, east.case_id, CrewWord.PHONE_ACCEPT, offer_id=east.id, who="Dr. Kim"),
            lambda west=west: says(casebook, west, AnswerKind.ACCEPT),
        ]
        for number, happens in enumerate(steps if phone_first else reversed(steps)):
            if number:
                time.sleep(0.002)
            happens()
        work(dispatch)
        first, second = (east, west) if phone_first else (west, east)
        assert get_case(casebook.database, radiograph.case_id).holder_offer_id == first.id
        assert get_offer(casebook.database, second.id).state is OfferState.STOOD_DOWN


def test_the_crew_has_a_hospital_asked_that_was_not_and_one_that_had_declined_asked_again(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph, reading = read(casebook)
    work(dispatch)
    case_id = radiograph.case_id
    east = offers_of(casebook.database, case_id)[0]
    says(casebook, east, AnswerKind.DECLINE)
    work(dispatch)
    for hpid in ("SIM-FAR", "SIM-EAST", "SIM-NOWHERE"):
        say(casebook.database, case_id, CrewWord.PICK, hpid=hpid)
        work(dispatch)
    assert [said.outcome for said in words_of(casebook.database, case_id)] == ["ask", "ask", "unknown_offer"]
    offers = offers_of(casebook.database, case_id)
    assert [(offer.hpid, offer.rank, offer.state) for offer in offers] == [
        (hpid, rank, OfferState.ASKED) for rank, hpid in enumerate(HPIDS, start=1)
    ]
    (first,) = (body for body in told(casebook, "SIM-FAR") if isinstance(body, DecisionBody))
    assert (first.revision, first.asking, first.asked) == (1, 1, 4)
    again = [body for body in told(casebook, "SIM-EAST") if isinstance(body, DecisionBody)][-1]
    assert (again.revision, again.asking) == (2, 2)
    assert again.token > first.token - 1
    assert offers[3].reading_id == reading.id


def test_who_is_left_out_stands_down_and_cannot_win(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph, _reading = read(casebook)
    work(dispatch)
    east = offers_of(casebook.database, radiograph.case_id)[0]
    say(casebook.database, radiograph.case_id, CrewWord.SKIP, offer_id=east.id)
    work(dispatch)
    says(casebook, east, AnswerKind.ACCEPT)
    work(dispatch)
    assert get_case(casebook.database, radiograph.case_id).state is CaseState.OPEN
    assert [body.reason for body in told(casebook, "SIM-EAST") if isinstance(body, StandDownBody)] == [StandDownReason.SKIPPED] * 2


def test_a_closed_case_asks_nobody_whatever_comes(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph, _reading = read(casebook)
    say(casebook.database, radiograph.case_id, CrewWord.CANCEL)
    work(dispatch)
    assert offers_of(casebook.database, radiograph.case_id) == []
    other, _reading = read(casebook, study="1.8")
    work(dispatch)
    say(casebook.database, other.case_id, CrewWord.CANCEL)
    work(dispatch)
    before = kinds(casebook)
    read(casebook, study="1.8")
    say(casebook.database, other.case_id, CrewWord.PICK, hpid="SIM-FAR")
    say(casebook.database, other.case_id, CrewWord.PICK, hpid="SIM-EAST")
    work(dispatch)
    assert kinds(casebook) == before
    assert [said.outcome for said in words_of(casebook.database, other.case_id)] == ["closed", "not_now", "not_now"]


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let that much time have passed for the dispatch, by both clocks."""

    def shifted() -> Stamp:
        real = now()
        return replace(real, unix_ms=real.unix_ms + int(seconds * 1000), mono_ms=real.mono_ms + int(seconds * 1000))

    monkeypatch.setattr(service, "now", shifted)


def test_who_does_not_answer_is_reminded_then_the_next_is_asked_and_in_the_end_nobody_waits(
    casebook: Casebook, widening: Dispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    radiograph, _reading = read(casebook)
    work(widening)
    east, west, _north = offers_of(casebook.database, radiograph.case_id)
    for offer in (east, west):
        prove(casebook.database, offer.id, Rung.AT_HOSPITAL, now())
    later(monkeypatch, 31)
    assert work(widening) == 1
    reminders = [(hpid, body.asking) for hpid in HPIDS for body in told(casebook, hpid) if isinstance(body, ReminderBody)]
    assert reminders == [("SIM-EAST", 1), ("SIM-WEST", 1)]
    later(monkeypatch, 61)
    assert work(widening) == 1
    assert states(casebook, radiograph.case_id) == [OfferState.ASKED] * 4
    assert [body.asked for body in told(casebook, "SIM-FAR") if isinstance(body, DecisionBody)] == [4]
    later(monkeypatch, 700)
    work(widening)
    assert states(casebook, radiograph.case_id) == [OfferState.EXPIRED] * 4
    assert [body.reason for body in told(casebook, "SIM-FAR") if isinstance(body, StandDownBody)] == [StandDownReason.EXPIRED]
    # A yes that comes after its time is still the first.
    says(casebook, west, AnswerKind.ACCEPT)
    work(widening)
    assert get_case(casebook.database, radiograph.case_id).holder_offer_id == west.id


def test_whoever_declines_is_replaced_at_once(casebook: Casebook, widening: Dispatch) -> None:
    radiograph, _reading = read(casebook)
    work(widening)
    says(casebook, offers_of(casebook.database, radiograph.case_id)[0], AnswerKind.DECLINE)
    work(widening)
    assert states(casebook, radiograph.case_id) == [OfferState.DECLINED, *[OfferState.ASKED] * 3]


def test_a_broken_directory_does_not_stop_reminders(
    casebook: Casebook, widening: Dispatch, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    radiograph, _reading = read(casebook)
    work(widening)
    east = offers_of(casebook.database, radiograph.case_id)[0]
    prove(casebook.database, east.id, Rung.AT_HOSPITAL, now())
    settings.directory_file.write_text("no,columns\n")
    later(monkeypatch, 61)
    work(widening)
    assert any(isinstance(body, ReminderBody) for body in told(casebook, "SIM-EAST"))
    assert len(states(casebook, radiograph.case_id)) == 3


def test_what_makes_no_sense_is_noted_and_holds_nothing_up(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph, _reading = read(casebook)
    work(dispatch)
    east, *_others = offers_of(casebook.database, radiograph.case_id)
    says(casebook, east, AnswerKind.ACCEPT, sender="room/SIM-FAR")
    arrives(casebook, room_end(east.hpid), OpenedBody(offer_id="f" * 32, at_ms=1))
    arrives(casebook, room_end(east.hpid), GrantedBody(offer_id=east.id, token=1, code="0123"))
    says(casebook, east, AnswerKind.ACCEPT)
    work(dispatch)
    assert len(refusals(casebook)) == 3
    assert states(casebook, radiograph.case_id)[0] is OfferState.ACCEPTED
    Uplink(casebook.database).refused("not CBOR")
    assert len(refusals(casebook)) == 4


@pytest.mark.parametrize(
    "body",
    [
        hospital.decision(),
        hospital.preview(),
        hospital.granted(),
        hospital.stand_down(),
        ReminderBody(offer_id=hospital.OFFER, asking=1),
    ],
    ids=lambda body: type(body).__name__,
)
def test_what_is_for_a_hospital_does_nothing_at_a_box(casebook: Casebook, dispatch: Dispatch, body: Body) -> None:
    radiograph, _reading = read(casebook)
    work(dispatch)
    east = offers_of(casebook.database, radiograph.case_id)[0]
    before = casebook.database.rows("SELECT * FROM offers"), casebook.database.rows("SELECT * FROM receipts")
    arrives(casebook, room_end(east.hpid), body.model_copy(update={"offer_id": east.id}))
    work(dispatch)
    assert (casebook.database.rows("SELECT * FROM offers"), casebook.database.rows("SELECT * FROM receipts")) == before
    assert ["not_for_a_unit" in detail for detail in refusals(casebook)] == [True]


def test_the_same_answer_twice_is_one(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph, _reading = read(casebook)
    work(dispatch)
    east, *_others = offers_of(casebook.database, radiograph.case_id)
    body = AnswerBody(offer_id=east.id, token=0, answer=AnswerKind.ACCEPT, at_ms=1)
    message = new_message(room_end(east.hpid), "unit/unit-1", 5, body)
    for _ in range(3):
        Uplink(casebook.database).keep(message, encode(message))
        work(dispatch)
    assert [type(body) for body in told(casebook, east.hpid)].count(GrantedBody) == 1
    assert get_case(casebook.database, radiograph.case_id).fencing_token == 1


def test_a_directory_that_cannot_be_read_holds_up_only_new_cases(
    casebook: Casebook, dispatch: Dispatch, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    radiograph, _reading = read(casebook)
    work(dispatch)
    good = settings.directory_file.read_bytes()
    settings.directory_file.write_bytes(b"\xff")
    later, _unasked = read(casebook, study="2.0")
    says(casebook, offers_of(casebook.database, radiograph.case_id)[0], AnswerKind.ACCEPT)
    work(dispatch)
    assert states(casebook, radiograph.case_id)[0] is OfferState.ACCEPTED
    assert offers_of(casebook.database, later.case_id) == []
    settings.directory_file.write_bytes(good)
    monkeypatch.setattr(dispatch, "_not_before_s", 0.0)
    work(dispatch)
    assert len(offers_of(casebook.database, later.case_id)) == 3


def test_a_reading_of_which_no_message_can_be_made_is_set_aside_with_a_word(casebook: Casebook, dispatch: Dispatch) -> None:
    broken = stored(casebook.database)
    add_reading(casebook.database, broken.id, replace(assessed(), top3=("x" * 41,)))
    later, _reading = read(casebook)
    work(dispatch)
    assert offers_of(casebook.database, broken.case_id) == []
    assert len(offers_of(casebook.database, later.case_id)) == 3
    assert len(refusals(casebook)) == 1


def under(casebook: Casebook, settings: Settings, **dispatch: Any) -> Dispatch:
    """The same box with other settings of ``[dispatch]``."""
    other = settings.model_copy(update={"dispatch": settings.dispatch.model_copy(update={"ask_at_most": 9, **dispatch})})
    return Dispatch(casebook, other, Locator(settings.position, threading.Event()))


def recorded(casebook: Casebook, kind: str) -> list[dict[str, Any]]:
    rows = casebook.database.rows("SELECT detail FROM events WHERE kind = :kind ORDER BY id", {"kind": kind})
    return [json.loads(row["detail"]) for row in rows]


@pytest.mark.parametrize("chooser", ["crew", "control_room"])
def test_where_a_person_chooses_nobody_is_asked_until_that_is_said_and_the_record_says_whose_choice_it_was(
    casebook: Casebook, settings: Settings, chooser: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatch = under(casebook, settings, policy=chooser, control_room_phone="119")
    radiograph, _reading = read(casebook)
    assert work(dispatch) == 1
    assert states(casebook, radiograph.case_id) == []
    assert recorded(casebook, "no_room_found") == []
    later(monkeypatch, 3000)
    assert work(dispatch) == 0
    for hpid in ("SIM-FAR", "SIM-WEST"):
        say(casebook.database, radiograph.case_id, CrewWord.PICK, hpid=hpid)
    work(dispatch)
    far, west = offers_of(casebook.database, radiograph.case_id)
    assert (far.hpid, west.hpid, far.state, west.state) == ("SIM-FAR", "SIM-WEST", OfferState.ASKED, OfferState.ASKED)
    assert far.reasons[:2] == (Reason(ReasonKind.CHOSEN_BY, chooser), Reason(ReasonKind.NEAREST, "4"))
    assert [(detail["hpid"], detail["by"]) for detail in recorded(casebook, "offer_made")] == [("SIM-FAR", chooser), ("SIM-WEST", chooser)]
    # Whoever declines is not replaced, and may be asked again: that is a choice as well.
    says(casebook, far, AnswerKind.DECLINE)
    work(dispatch)
    assert states(casebook, radiograph.case_id) == [OfferState.DECLINED, OfferState.ASKED]
    say(casebook.database, radiograph.case_id, CrewWord.PICK, hpid="SIM-FAR")
    work(dispatch)
    assert recorded(casebook, "offer_changed")[-1] == {"event": "pick", "outcome": "ask", "by": chooser}


def test_where_the_crew_chooses_reminders_and_the_end_of_waiting_are_as_ever_and_nobody_further_is_asked(
    casebook: Casebook, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatch = under(casebook, settings, policy="crew")
    radiograph, _reading = read(casebook)
    work(dispatch)
    say(casebook.database, radiograph.case_id, CrewWord.PICK, hpid="SIM-EAST")
    work(dispatch)
    (east,) = offers_of(casebook.database, radiograph.case_id)
    prove(casebook.database, east.id, Rung.AT_HOSPITAL, now())
    later(monkeypatch, 61)
    work(dispatch)
    assert any(isinstance(body, ReminderBody) for body in told(casebook, "SIM-EAST"))
    later(monkeypatch, 700)
    work(dispatch)
    assert states(casebook, radiograph.case_id) == [OfferState.EXPIRED]


def test_only_the_one_hospital_that_is_set_is_asked_and_the_crew_may_pick_others(
    casebook: Casebook, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatch = under(casebook, settings, policy="single", destination="SIM-NORTH")
    radiograph, _reading = read(casebook)
    work(dispatch)
    (north,) = offers_of(casebook.database, radiograph.case_id)
    assert (north.hpid, north.state) == ("SIM-NORTH", OfferState.ASKED)
    says(casebook, north, AnswerKind.DECLINE)
    work(dispatch)
    later(monkeypatch, 61)
    assert work(dispatch) == 0
    say(casebook.database, radiograph.case_id, CrewWord.PICK, hpid="SIM-EAST")
    work(dispatch)
    assert [(detail["hpid"], detail["by"]) for detail in recorded(casebook, "offer_made")] == [("SIM-NORTH", "box"), ("SIM-EAST", "crew")]


def test_one_hospital_that_the_directory_does_not_have_is_told_and_nobody_else_is_asked_for_it(
    casebook: Casebook, settings: Settings
) -> None:
    dispatch = under(casebook, settings, policy="single", destination="A1100052")
    radiograph, _reading = read(casebook)
    assert work(dispatch) == 1
    assert states(casebook, radiograph.case_id) == []
    assert recorded(casebook, "no_room_found") == [{"destination": "A1100052"}]
    say(casebook.database, radiograph.case_id, CrewWord.PICK, hpid="SIM-WEST")
    work(dispatch)
    assert [offer.hpid for offer in offers_of(casebook.database, radiograph.case_id)] == ["SIM-WEST"]


def test_a_pick_that_cannot_be_sent_leaves_no_hospital_that_looks_asked(casebook: Casebook, settings: Settings) -> None:
    dispatch = under(casebook, settings, policy="crew")
    broken = stored(casebook.database)
    add_reading(casebook.database, broken.id, replace(assessed(), top3=("x" * 41,)))
    work(dispatch)
    say(casebook.database, broken.case_id, CrewWord.PICK, hpid="SIM-EAST")
    work(dispatch)
    assert [said.outcome for said in words_of(casebook.database, broken.case_id)] == ["not_possible"]
    assert states(casebook, broken.case_id) == []
    assert recorded(casebook, "offer_made") == []
    assert waiting(casebook.database) == []


def travel(offer: Offer) -> ReasonKind:
    (kind,) = (each.kind for each in offer.reasons if each.kind in (ReasonKind.TRAVEL_ROAD, ReasonKind.TRAVEL_ESTIMATE))
    return kind


def test_travel_times_are_the_router_s_and_nobody_waits_for_the_casebook_while_it_answers(
    casebook: Casebook, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    patiently(monkeypatch)
    minutes: dict[Point, float | None] = {(37.5, 127.0): 21.0, (37.51, 127.0): 4.0, (37.52, 127.0): None, (37.53, 127.0): 9.5}

    def answer(handler: BaseHTTPRequestHandler, points: list[Point]) -> None:
        # A picture comes in meanwhile: were the casebook locked, this would take longer than anyone waits for a router.
        stored(casebook.database)
        casebook.database.close()
        answers_with(table(points, minutes))(handler, points)

    with running() as router:
        router.answer = answer
        dispatch = under(casebook, settings, osrm=router.base)
        radiograph, _reading = read(casebook)
        work(dispatch)
        offers = offers_of(casebook.database, radiograph.case_id)
        assert [(offer.hpid, offer.eta_s, travel(offer)) for offer in offers] == [
            ("SIM-WEST", 240, ReasonKind.TRAVEL_ROAD),
            ("SIM-NORTH", 338, ReasonKind.TRAVEL_ESTIMATE),
            ("SIM-FAR", 570, ReasonKind.TRAVEL_ROAD),
        ]
        assert offers[0].distance_km == pytest.approx(1.112, abs=0.001)
        say(casebook.database, radiograph.case_id, CrewWord.PICK, hpid="SIM-EAST")
        work(dispatch)
        assert offers_of(casebook.database, radiograph.case_id)[-1].eta_s == 1260
        # What it said holds for a while.
        assert len(router.asked) == 1


@pytest.mark.parametrize("answer", [answers_with(b"", 503), answers_with({"code": "Ok"}), None])
def test_a_router_that_is_dead_or_lies_stops_no_offer(casebook: Casebook, settings: Settings, answer: Answer | None) -> None:
    with running() as router:
        router.answer = answer or router.answer
        base = router.base if answer else f"http://127.0.0.1:{free_port(22500)}"
        radiograph, _reading = read(casebook)
        work(under(casebook, settings, osrm=base))
        offers = offers_of(casebook.database, radiograph.case_id)
        assert [offer.hpid for offer in offers] == list(HPIDS[:3])
        assert {travel(offer) for offer in offers} == {ReasonKind.TRAVEL_ESTIMATE}


class KilledError(BaseException):
    """Stands for a kill: nothing in the service can catch it."""


def everything(casebook: Casebook) -> dict[str, int]:
    tables = ("cases", "offers", "receipts", "outbox", "readings", "events")
    return {table: casebook.database.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"] for table in tables}  # noqa: S608


@pytest.mark.parametrize(
    ("place", "moment"),
    [
        *((service, moment) for moment in ("put", "record", "mark_dispatched", "mark_handled", "note_revision")),
        *((showing, moment) for moment in ("put", "note_preview", "drop_pictures")),
    ],
)
def test_a_kill_within_any_step_repeats_nothing_and_loses_nothing(
    casebook: Casebook,
    dispatch: Dispatch,
    monkeypatch: pytest.MonkeyPatch,
    place: ModuleType,
    moment: str,
    tmp_path: Path,
    settings: Settings,
) -> None:
    def the_whole_way(casebook: Casebook, run: Callable[[], object]) -> dict[str, int]:
        radiograph, _first = read(casebook)
        add_rendition(casebook, radiograph.id, picture(40, 30))
        run()
        read(casebook)
        run()
        east, west, _north = offers_of(casebook.database, radiograph.case_id)
        says(casebook, west, AnswerKind.ACCEPT)
        run()
        says(casebook, west, AnswerKind.WITHDRAW, token=1, at_ms=2)
        says(casebook, east, AnswerKind.DECLINE, token=2, at_ms=3)
        run()
        return everything(casebook)

    calm = Casebook(tmp_path / "calm")
    other = Dispatch(calm, settings, Locator(settings.position, threading.Event()))
    expected = the_whole_way(calm, lambda: work(other))

    killed_at: set[int] = set()
    step, real = 0, getattr(place, moment)

    def kill_once_at_every_step(*arguments: object, **more: object) -> object:
        result = real(*arguments, **more)
        if step not in killed_at:
            killed_at.add(step)
            raise KilledError
        return result

    def killed_again_and_again() -> None:
        nonlocal step
        while True:
            try:
                if not dispatch.step():
                    return
            except KilledError:
                continue
            step += 1

    monkeypatch.setattr(place, moment, kill_once_at_every_step)
    assert the_whole_way(casebook, killed_again_and_again) == expected
    assert killed_at
    assert first_broken_link(casebook.database) is None


def test_the_service_works_until_told_to_stop(casebook: Casebook, settings: Settings) -> None:
    stopping, beats = threading.Event(), []

    def run() -> None:
        serve(casebook, settings, stopping, lambda: beats.append(1))
        casebook.database.close()

    thread = threading.Thread(target=run)
    thread.start()
    radiograph, _reading = read(casebook)
    wait_until(lambda: len(offers_of(casebook.database, radiograph.case_id)) == 3, "the offers")
    stopping.set()
    thread.join()
    assert beats


def urgencies(casebook: Casebook, hpid: str) -> list[tuple[int, Urgency | None]]:
    return [(body.revision, body.urgency) for body in told(casebook, hpid) if isinstance(body, DecisionBody)]


def test_the_request_carries_the_urgency_with_the_vital_signs_known_when_it_is_sent(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph, reading = read(casebook)
    assert reading.reading.urgency is Urgency.URGENT
    enter_vitals(casebook.database, radiograph.case_id, {"spo2_percent": 85})
    assert work(dispatch) == 1
    assert urgencies(casebook, HPIDS[0]) == [(1, Urgency.IMMEDIATE)]


def test_vital_signs_that_change_the_urgency_are_told_to_those_who_are_asked(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph, _reading = read(casebook)
    work(dispatch)
    says(casebook, offers_of(casebook.database, radiograph.case_id)[1], AnswerKind.DECLINE)
    work(dispatch)
    enter_vitals(casebook.database, radiograph.case_id, {"spo2_percent": 95})
    assert work(dispatch) == 1
    assert urgencies(casebook, HPIDS[0]) == [(1, Urgency.URGENT)]
    enter_vitals(casebook.database, radiograph.case_id, {"spo2_percent": 85})
    enter_vitals(casebook.database, radiograph.case_id, {"systolic_mmhg": 85})
    assert work(dispatch) == 1
    assert urgencies(casebook, HPIDS[0]) == [(1, Urgency.URGENT), (2, Urgency.IMMEDIATE)]
    assert urgencies(casebook, HPIDS[1]) == [(1, Urgency.URGENT)]
    assert work(dispatch) == 0


def test_vital_signs_of_a_picture_that_was_not_assessed_tell_nothing(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph = stored(casebook.database)
    add_reading(casebook.database, radiograph.id, refused(Refusal.WRONG_BODY_PART))
    ask_to_send_unread(casebook.database, radiograph.id)
    work(dispatch)
    enter_vitals(casebook.database, radiograph.case_id, {"spo2_percent": 60})
    assert work(dispatch) == 1
    assert urgencies(casebook, HPIDS[0]) == [(1, None)]


def test_a_reading_that_was_set_aside_does_not_hold_up_its_vital_signs(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph, _reading = read(casebook)
    work(dispatch)
    broken = stored(casebook.database, study="1.9")
    add_reading(casebook.database, broken.id, replace(assessed(), top3=("x" * 41,)))
    work(dispatch)
    enter_vitals(casebook.database, radiograph.case_id, {"spo2_percent": 85})
    assert work(dispatch) == 1
    assert work(dispatch) == 0


def test_broken_rules_of_the_site_stop_no_request(casebook: Casebook, settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text("[rule.mass-present]\n")
    broken = settings.model_copy(update={"triage": settings.triage.model_copy(update={"rules": file})})
    read(casebook)
    assert work(Dispatch(casebook, broken, Locator(settings.position, threading.Event()))) == 1
    assert urgencies(casebook, HPIDS[0]) == [(1, Urgency.URGENT)]


def test_nonsense_without_end_does_not_fill_the_record(casebook: Casebook, monkeypatch: pytest.MonkeyPatch) -> None:
    def on_record() -> int:
        return len(casebook.database.rows("SELECT id FROM events WHERE kind = 'message_refused'"))

    ours = Uplink(casebook.database)
    for _ in range(uplink.MOST_REFUSED + 50):
        ours.refused("not CBOR: CBORDecodeEOF")
    assert on_record() == uplink.MOST_REFUSED
    monkeypatch.setattr(uplink, "REFUSED_WITHIN_S", 0.0)
    ours.refused("not CBOR: CBORDecodeEOF")
    assert on_record() == uplink.MOST_REFUSED + 1


def test_an_answer_to_an_offer_of_another_box_is_neither_kept_nor_receipted(casebook: Casebook, dispatch: Dispatch) -> None:
    message = new_message("room/SIM-EAST", "unit/unit-1", 5, AnswerBody(offer_id="0" * 32, token=0, answer=AnswerKind.ACCEPT, at_ms=1))
    assert not Uplink(casebook.database).keep(message, encode(message))
    assert casebook.database.rows("SELECT id FROM inbox") == []
    assert work(dispatch) == 0
