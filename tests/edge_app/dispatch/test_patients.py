"""What is entered of a patient reaches the hospitals as far as a decision has a place for it, and one patient is never asked for twice."""

import pytest

from edge_app.casebook import Casebook
from edge_app.casebook.adjustments import adjust
from edge_app.casebook.cases import CaseState, case_for_study, get_case
from edge_app.casebook.crew_words import CrewWord, say
from edge_app.casebook.merges import merge, undo
from edge_app.casebook.offers import OfferState, offers_of, offers_of_patient
from edge_app.casebook.patients import Field, enter_patient
from edge_app.casebook.readings import add_reading
from edge_app.casebook.vitals import enter_vitals
from edge_app.dispatch.service import Dispatch
from edge_app.link.decision import DecisionBody
from edge_app.link.messages import AnswerKind
from edge_app.link.outbox import waiting
from tests.edge_app.casebook.builders import stored
from tests.edge_app.casebook.spines import moved, spine
from tests.edge_app.dispatch.test_service import HPIDS, dispatch, read, says, settings, told, widening, work

__all__ = ["dispatch", "settings", "widening"]


def decisions(casebook: Casebook, hpid: str) -> list[DecisionBody]:
    return [body for body in told(casebook, hpid) if isinstance(body, DecisionBody)]


def test_sex_and_age_go_with_the_first_request_and_are_told_anew_when_they_change(casebook: Casebook, dispatch: Dispatch) -> None:
    database = casebook.database
    radiograph, _reading = read(casebook)
    enter_patient(database, radiograph.case_id, Field.AGE, "~60")
    work(dispatch)
    (first,) = decisions(casebook, HPIDS[0])
    assert (first.sex, first.age_years, first.revision) == ("F", 60, 1)
    enter_patient(database, radiograph.case_id, Field.SEX, "M")
    work(dispatch)
    told_since = decisions(casebook, HPIDS[0])[-1]
    assert (told_since.sex, told_since.age_years, told_since.revision, told_since.asking) == ("M", 60, 2, 1)
    assert work(dispatch) == 0


def test_points_that_the_crew_moves_are_told_to_whoever_was_asked(casebook: Casebook, dispatch: Dispatch) -> None:
    database = casebook.database
    radiograph = stored(database)
    reading = add_reading(database, radiograph.id, spine())
    work(dispatch)
    (first,) = decisions(casebook, HPIDS[0])
    assert first.landmarks is not None
    assert first.landmarks.moved is None
    adjust(database, reading.id, moved(S1_front=(9.0, -6.0)))
    work(dispatch)
    since = decisions(casebook, HPIDS[0])[-1]
    assert since.landmarks is not None
    assert since.landmarks.points == first.landmarks.points
    assert since.landmarks.moved is not None
    assert (since.measures, since.revision) == (first.measures, 2)
    assert work(dispatch) == 0


def test_no_name_number_or_word_of_the_crew_is_ever_in_a_message(casebook: Casebook, dispatch: Dispatch) -> None:
    radiograph, _reading = read(casebook)
    entered = {Field.NAME: "홍길동", Field.NUMBER: "8001011234567", Field.NOTE: "아들에게 전화", Field.MECHANISM_WORDS: "사다리에서 떨어짐"}
    for field, value in entered.items():
        enter_patient(casebook.database, radiograph.case_id, field, value)
    work(dispatch)
    enter_patient(casebook.database, radiograph.case_id, Field.SEX, "M")
    work(dispatch)
    sent = [message.body for message in waiting(casebook.database, 1000)]
    assert len(sent) >= 6
    assert not [value for value in entered.values() if any(value.encode() in body for body in sent)]


def test_pictures_of_a_known_patient_go_to_who_was_asked_already(casebook: Casebook, dispatch: Dispatch) -> None:
    database = casebook.database
    first, _reading = read(casebook, "1.1")
    work(dispatch)
    second, later = read(casebook, "1.2")
    merge(database, first.case_id, second.case_id)
    work(dispatch)
    assert offers_of(database, second.case_id) == []
    assert [offer.hpid for offer in offers_of_patient(database, second.case_id)] == list(HPIDS[:3])
    assert {offer.reading_id for offer in offers_of(database, first.case_id)} == {later.id}
    for hpid in HPIDS[:3]:
        assert {body.offer_id for body in decisions(casebook, hpid)} == {
            offer.id for offer in offers_of(database, first.case_id) if offer.hpid == hpid
        }


def test_an_unknown_with_no_picture_gives_what_was_entered_to_the_case_that_has_one(casebook: Casebook, dispatch: Dispatch) -> None:
    database = casebook.database
    unknown = case_for_study(database, None, None, None)
    enter_patient(database, unknown.id, Field.AGE, "~30")
    enter_vitals(database, unknown.id, {"spo2_percent": 85})
    radiograph, _reading = read(casebook)
    work(dispatch)
    assert decisions(casebook, HPIDS[0])[-1].urgency == "urgent"
    merge(database, unknown.id, radiograph.case_id)
    work(dispatch)
    last = decisions(casebook, HPIDS[0])[-1]
    assert (last.urgency, last.age_years) == ("immediate", 30)


@pytest.mark.parametrize("answer", [None, AnswerKind.ACCEPT])
def test_two_that_were_asked_for_before_both_stay_asked_and_none_is_asked_twice(
    casebook: Casebook, widening: Dispatch, answer: AnswerKind | None
) -> None:
    database = casebook.database
    first, second = read(casebook, "1.1")[0], read(casebook, "1.2")[0]
    work(widening)
    if answer is not None:
        says(casebook, offers_of(database, first.case_id)[0], answer)
        work(widening)
    before = {offer.id: offer.state for offer in offers_of(database, first.case_id) + offers_of(database, second.case_id)}
    made = merge(database, first.case_id, second.case_id)
    assert made is not None
    work(widening)
    after = {offer.id: offer.state for offer in offers_of_patient(database, first.case_id)}
    assert after == before
    undo(database, made.id)
    work(widening)
    assert {offer.id: offer.state for each in (first, second) for offer in offers_of(database, each.case_id)} == before


def test_a_yes_to_each_is_kept_and_ending_one_stands_down_only_that_one(casebook: Casebook, dispatch: Dispatch) -> None:
    database = casebook.database
    first, second = read(casebook, "1.1")[0], read(casebook, "1.2")[0]
    work(dispatch)
    merge(database, first.case_id, second.case_id)
    for radiograph, number in ((first, 0), (second, 1)):
        says(casebook, offers_of(database, radiograph.case_id)[number], AnswerKind.ACCEPT)
    work(dispatch)
    assert [get_case(database, each.case_id).state for each in (first, second)] == [CaseState.HELD] * 2
    say(database, second.case_id, CrewWord.CANCEL)
    work(dispatch)
    assert [get_case(database, each.case_id).state for each in (first, second)] == [CaseState.HELD, CaseState.CLOSED]
    assert offers_of(database, first.case_id)[0].state is OfferState.ACCEPTED
    # Both cases had asked the same three; whoever has the patient still has it.
    assert OfferState.ACCEPTED not in {offer.state for offer in offers_of(database, second.case_id)}


def test_nobody_further_is_asked_by_the_box_while_a_hospital_has_the_patient(casebook: Casebook, widening: Dispatch) -> None:
    database = casebook.database
    first, second = read(casebook, "1.1")[0], read(casebook, "1.2")[0]
    work(widening)
    says(casebook, offers_of(database, first.case_id)[0], AnswerKind.ACCEPT)
    for offer in offers_of(database, second.case_id):
        says(casebook, offer, AnswerKind.DECLINE)
    merge(database, first.case_id, second.case_id)
    work(widening)
    assert {offer.hpid for offer in offers_of(database, second.case_id)} == set(HPIDS[:3])


def test_who_was_asked_with_the_other_case_is_not_picked_into_a_second_request(casebook: Casebook, dispatch: Dispatch) -> None:
    database = casebook.database
    first, second = read(casebook, "1.1")[0], read(casebook, "1.2")[0]
    merge(database, first.case_id, second.case_id)
    work(dispatch)
    asked = offers_of_patient(database, first.case_id)
    assert len(asked) == 3
    other = next(each.case_id for each in (first, second) if each.case_id != asked[0].case_id)
    says(casebook, asked[0], AnswerKind.DECLINE)
    work(dispatch)
    say(database, other, CrewWord.PICK, hpid=asked[0].hpid)
    say(database, other, CrewWord.PICK, hpid=HPIDS[3])
    work(dispatch)
    now = offers_of_patient(database, first.case_id)
    assert sorted(offer.hpid for offer in now) == sorted(HPIDS)
    assert {offer.case_id for offer in now} == {asked[0].case_id}
    assert {offer.state for offer in now} == {OfferState.ASKED}


def test_parted_again_each_is_asked_for_with_its_own_picture(casebook: Casebook, dispatch: Dispatch) -> None:
    database = casebook.database
    first, own = read(casebook, "1.1")
    work(dispatch)
    second, other = read(casebook, "1.2")
    made = merge(database, first.case_id, second.case_id)
    assert made is not None
    work(dispatch)
    undo(database, made.id)
    work(dispatch)
    assert {offer.reading_id for offer in offers_of(database, first.case_id)} == {own.id}
    assert {offer.reading_id for offer in offers_of(database, second.case_id)} == {other.id}
    assert len(offers_of(database, second.case_id)) == 3
