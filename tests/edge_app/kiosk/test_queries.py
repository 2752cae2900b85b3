from datetime import datetime, timedelta

import pytest

from edge_app.casebook import Casebook
from edge_app.casebook.cases import recent_cases
from edge_app.casebook.events import EventKind, record
from edge_app.casebook.offers import OfferState, Rung, offers_of
from edge_app.casebook.radiographs import ask_to_send_unread
from edge_app.casebook.readings import add_reading
from edge_app.clock import now
from edge_app.config import Broker, Settings
from edge_app.dispatch.offers import room_end
from edge_app.errors import Refusal
from edge_app.kiosk.queries import case_lines, kiosk_view
from edge_app.kiosk.showing import NOT_ASKED_AFTER_S, Outcome, Showing
from edge_app.kiosk.views import Evidence, LinkMark, PictureState, Proof, SentenceKind, Since
from edge_app.link.messages import AnswerKind, GrantedBody
from edge_app.link.outbox import put
from edge_app.link.state import LinkWord
from edge_app.reading.finding import Measurement, Protocol, Reading, Timing, Urgency
from edge_app.screens.parts import Mark
from tests.edge_app.clocks import DAY_S, Clock
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.situations import SITUATIONS


def test_an_empty_casebook_waits(casebook: Casebook, settings: Settings) -> None:
    view = kiosk_view(casebook, settings, None)
    assert view.showing is Showing.WAITING
    assert view.link.mark is LinkMark.NEVER
    assert view.case is None


def test_a_picture_without_a_reading_is_being_read(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    seed.unread()
    view = kiosk_view(casebook, settings, None)
    assert view.showing is Showing.READING
    assert view.picture_state is PictureState.COMING
    assert view.reader_silent
    assert view.result is None
    assert view.refusal is None


def test_a_result_carries_rows_urgency_and_ladders(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    view = kiosk_view(casebook, settings, seed.result())
    assert view.showing is Showing.RESULT
    assert view.result is not None
    assert (view.result.sentence, view.result.lead) == (SentenceKind.SUSPECTED, "Pneumonia")
    assert (view.result.others, view.result.others_absent) == (11, 11)
    assert [row.name for row in view.result.findings] == ["Pneumonia", "Infiltration", "Effusion"]
    assert view.result.urgency is Urgency.URGENT
    assert view.picture_state is PictureState.DRAWABLE
    assert [offer.evidence for offer in view.offers] == [Evidence.OPENED, Evidence.AT_HOSPITAL, Evidence.AT_BROKER]
    assert [offer.call_first for offer in view.offers] == [True, False, False]
    assert view.offers[2].rungs[1].mark is Mark.NOW
    assert view.offers[2].rungs[2].mark is Mark.AHEAD
    assert view.offers[0].eta_minutes == 9


def test_the_winner_is_the_offer_that_holds_the_lease(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    view = kiosk_view(casebook, settings, seed.accepted())
    assert view.showing is Showing.ACCEPTED
    assert view.answer is not None
    assert view.answer.offer.name == "고려대학교안암병원"
    assert view.answer.code is not None
    assert len(view.answer.code) == 4
    assert view.answer.confirmation.proof is Proof.AT_HOSPITAL
    assert [other.proof for other in view.answer.others] == [Proof.AT_HOSPITAL, Proof.AT_BROKER]
    assert view.clock is not None
    assert view.clock.stopped


def test_an_acceptance_whose_lease_is_gone_is_not_shown_as_one(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    case_id = seed.accepted()
    with casebook.database.writing() as tables:
        tables.table("cases").update(case_id, {"holder_offer_id": None})
    view = kiosk_view(casebook, settings, case_id)
    assert view.showing is not Showing.ACCEPTED
    assert view.answer is None


def test_a_withdrawn_acceptance_is_loud(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    view = kiosk_view(casebook, settings, seed.withdrawn())
    assert view.showing is Showing.WITHDRAWN
    assert view.answer is None
    assert view.offers[0].state is OfferState.WITHDRAWN


def test_nobody_answering_and_everybody_declining(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    assert kiosk_view(casebook, settings, seed.no_answer()).showing is Showing.NO_ANSWER
    declined = kiosk_view(casebook, settings, seed.declined())
    assert declined.showing is Showing.DECLINED
    assert [offer.decline_reason for offer in declined.offers] == ["no_bed", "no_icu_bed", "no_isolation"]
    assert declined.to_call is None
    assert declined.others.count == 1
    assert declined.others.attention == 1


def test_a_refused_picture_has_neither_finding_nor_urgency(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    view = kiosk_view(casebook, settings, seed.not_read(Refusal.TRUNCATED))
    assert view.showing is Showing.REFUSED
    assert view.result is None
    assert view.refusal is not None
    assert view.refusal.reason is Refusal.TRUNCATED
    assert not view.refusal.send_first


def test_a_model_that_failed_suggests_sending_unread(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    view = kiosk_view(casebook, settings, seed.not_read(Refusal.MODEL_FAILED))
    assert view.refusal is not None
    assert view.refusal.send_first


def test_no_room_found_is_said(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    radiograph = seed.radiograph()
    reading = seed.assessed(radiograph)
    record(casebook.database, EventKind.NO_ROOM_FOUND, now(), radiograph.case_id, reading.id)
    view = kiosk_view(casebook, settings, None)
    assert view.showing is Showing.NOT_ASKED
    assert view.no_room


def test_a_new_unreadable_picture_never_hides_an_answer_nor_is_hidden(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    first = seed.radiograph(study="1.9.9")
    (offer, *_others) = seed.offers(seed.assessed(first))
    second = seed.radiograph(study="1.9.9", ago_s=2)
    seed.refused(second)
    view = kiosk_view(casebook, settings, first.case_id)
    assert view.showing is Showing.REFUSED
    assert view.picture_id == second.id
    seed.answers(offer, AnswerKind.ACCEPT)
    answered = kiosk_view(casebook, settings, first.case_id)
    assert answered.showing is Showing.ACCEPTED
    assert kiosk_view(casebook, settings, first.case_id, first.id, only_picture=True).left_unread == answered.looked_at


def test_a_revision_does_not_set_the_clock_back(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    first = seed.radiograph(study="1.9.8", ago_s=100)
    offers = seed.offers(seed.assessed(first), ago_s=98)
    second = seed.radiograph(study="1.9.8", ago_s=5)
    again = seed.assessed(second)
    with casebook.database.writing() as tables:
        for offer in offers:
            tables.table("offers").update(offer.id, {"reading_id": again.id})
    view = kiosk_view(casebook, settings, first.case_id)
    assert view.clock is not None
    assert view.clock.elapsed_s >= 100
    assert view.offers[0].rungs[0].at == "0:02"


def test_time_counts_from_a_believable_exposure_only(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    radiograph = seed.radiograph(ago_s=10)
    received = datetime.fromtimestamp(radiograph.received.unix_ms / 1000)  # noqa: DTZ006  DICOM's times are local
    seed.taken(radiograph, (received - timedelta(seconds=30)).isoformat())
    believed = kiosk_view(casebook, settings, None)
    assert believed.clock is not None
    assert believed.clock.since is Since.EXPOSURE
    assert believed.clock.elapsed_s >= 40
    assert believed.taken_ms is not None
    for wrong in ((received - timedelta(hours=2)).isoformat(), (received + timedelta(minutes=1)).isoformat(), "yesterday"):
        seed.taken(radiograph, wrong)
        doubted = kiosk_view(casebook, settings, None)
        assert doubted.clock is not None
        assert doubted.clock.since is Since.RECEPTION
        assert doubted.taken_ms is None


def test_nothing_present_says_not_a_diagnosis_and_an_empty_reading_says_so(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    seed.assessed(seed.radiograph(), present=(), uncertain=(), urgency=Urgency.NONE)
    view = kiosk_view(casebook, settings, None)
    assert view.result is not None
    assert view.result.sentence is SentenceKind.NOTHING_FOUND
    for measurements, expected in (({"pelvic_tilt": Measurement(12.0, "°")}, SentenceKind.MEASURED), ({}, SentenceKind.NOTHING_ASSESSED)):
        reading = Reading(Protocol.SPINE, None, None, (), Urgency.NONE, (), Timing(), {}, "test", measurements=measurements)
        add_reading(casebook.database, seed.radiograph().id, reading)
        newest = kiosk_view(casebook, settings, None)
        assert newest.result is not None
        assert newest.result.sentence is expected


def test_the_link_is_never_better_than_its_service_last_said(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    seed.link()
    assert kiosk_view(casebook, settings, None).link.mark is LinkMark.UP
    seed.link(connected=False, word=LinkWord.LOST)
    down = kiosk_view(casebook, settings, None).link
    assert (down.mark, down.word) == (LinkMark.DOWN, LinkWord.LOST)
    seed.link()
    with casebook.database.writing() as tables:
        tables.conn.execute("UPDATE link_state SET alive_mono_ms = alive_mono_ms - 16000")
    assert kiosk_view(casebook, settings, None).link.mark is LinkMark.SILENT
    with casebook.database.writing() as tables:
        tables.conn.execute("UPDATE link_state SET boot = 'another'")
    assert kiosk_view(casebook, settings, None).link.mark is LinkMark.SILENT
    embedded = settings.model_copy(update={"broker": Broker(kind="embedded")})
    assert kiosk_view(casebook, embedded, None).link.demo


def test_the_fingerprint_changes_with_what_is_seen_and_not_with_time(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    case_id = seed.result()
    before = kiosk_view(casebook, settings, case_id).fingerprint
    seed.link()
    assert kiosk_view(casebook, settings, case_id).fingerprint == before
    seed.climb(offers_of(casebook.database, case_id)[2], Rung.AT_HOSPITAL)
    assert kiosk_view(casebook, settings, case_id).fingerprint != before


@pytest.mark.parametrize("jump_s", [0, DAY_S, -DAY_S])
def test_a_rendition_that_never_comes_is_said(casebook: Casebook, settings: Settings, seed: Seeder, clock: Clock, jump_s: float) -> None:
    seed.refused(seed.radiograph())
    clock.jump(jump_s)
    assert kiosk_view(casebook, settings, None).picture_state is PictureState.COMING
    clock.wait(60)
    assert kiosk_view(casebook, settings, None).picture_state is PictureState.UNDRAWABLE


@pytest.mark.parametrize("jump_s", [0, DAY_S, -DAY_S])
@pytest.mark.parametrize("unread", [False, True])
def test_that_nobody_is_asked_is_said_in_its_time_though_the_clock_jumps(
    casebook: Casebook, settings: Settings, seed: Seeder, clock: Clock, jump_s: float, unread: bool
) -> None:
    seed.link()
    radiograph = seed.radiograph()
    if unread:
        seed.refused(radiograph)
        clock.wait(60)
        ask_to_send_unread(casebook.database, radiograph.id)
    else:
        seed.assessed(radiograph)
    clock.jump(jump_s)
    assert kiosk_view(casebook, settings, None).showing is (Showing.REFUSED if unread else Showing.RESULT)
    clock.wait(NOT_ASKED_AFTER_S + 1)
    assert kiosk_view(casebook, settings, None).showing is Showing.NOT_ASKED


def test_the_proof_of_the_newest_word_is_shown_though_the_clock_was_set_back(
    casebook: Casebook, settings: Settings, seed: Seeder, clock: Clock
) -> None:
    case_id = seed.accepted()

    def proof() -> Proof:
        answer = kiosk_view(casebook, settings, case_id).answer
        assert answer is not None
        return answer.confirmation.proof

    assert proof() is Proof.AT_HOSPITAL
    clock.jump(-DAY_S)
    winner = offers_of(casebook.database, case_id)[0]
    put(casebook.database, "unit/unit-1", room_end(winner.hpid), winner.id, GrantedBody(offer_id=winner.id, token=3, code="0001"))
    assert proof() is Proof.QUEUED


def test_unknown_cases_and_pictures_are_not_found(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    with pytest.raises(KeyError):
        kiosk_view(casebook, settings, "nobody")
    with pytest.raises(KeyError):
        kiosk_view(casebook, settings, seed.result(), "another-picture")


def test_the_list_has_every_case_with_where_it_stands(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    seed.accepted()
    seed.not_read()
    lines = case_lines(casebook, settings, recent_cases(casebook.database, 5), now())
    assert [line.showing for line in lines] == [Showing.REFUSED, Showing.ACCEPTED]
    assert lines[1].winner == "고려대학교안암병원"
    assert lines[1].lead == "Pneumonia"
    assert lines[0].pictures[0].outcome is Outcome.NOT_ASSESSED


def test_the_board_has_room_for_those_still_in_play(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    SITUATIONS["nine asked"](seed)
    view = kiosk_view(casebook, settings, None)
    assert len(view.offers) == 9
    assert [offer.rank for offer in view.board] == [3, 4, 5, 6, 7, 8]
    SITUATIONS["last of nine"](seed)
    view = kiosk_view(casebook, settings, None)
    assert view.answer is not None
    assert len(view.answer.others) == 8
    assert [other.state for other in view.answer.others_shown] == [OfferState.STOOD_DOWN] * 4


def test_whoever_was_called_in_vain_is_not_called_next(casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    seed.no_answer()
    before = kiosk_view(casebook, settings, None)
    assert before.to_call is not None
    seed.not_in_time()
    view = kiosk_view(casebook, settings, None)
    assert [offer.calls for offer in view.offers] == [0, 0, 1]
    assert view.to_call is not None
    assert view.to_call.rank == 1
    assert view.offers[1].by_phone
