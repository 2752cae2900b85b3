"""Conditions, waits and ends of an answer: chosen on the screen, sent as codes, shown again, and never said twice in two ways."""

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from edge_app.database import Database
from edge_app.emergency_room.console.answering import given_answer
from edge_app.emergency_room.requests import RequestState, answer, get_request
from edge_app.link.messages import AnswerBody, AnswerKind, Condition, DeclineReason, StandDownReason, decode
from edge_app.link.outbox import waiting
from tests.edge_app.emergency_room.builders import OFFER, ROOM, decision, deliver, granted, stand_down

ANSWER = f"/requests/{OFFER}/answer"


def sent(database: Database) -> list[AnswerBody]:
    return [body for each in waiting(database) if isinstance(body := decode(each.body).body, AnswerBody)]


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def test_an_acceptance_goes_out_with_its_conditions_in_one_order(client: FlaskClient, database: Database) -> None:
    deliver(database, decision())
    page = client.get("/").text
    for code in Condition:
        assert f'value="{code}"' in page
    form = MultiDict([("answer", "accept"), ("condition", "no_icu_bed"), ("condition", "stabilise_then_transfer"), ("wait_min", "30")])
    assert client.post(ANSWER, data=form).status_code == 303
    (body,) = sent(database)
    assert body.conditions == (Condition.STABILISE_THEN_TRANSFER, Condition.NO_ICU_BED)
    assert (body.wait_min, body.for_min) == (30, None)
    deliver(database, granted())
    assert "응급처치 후 전원 중환자실 없음 대기 약 30분" in words_of(client.get("/").text)
    client.set_cookie("console_language", "en")
    assert "Stabilise, then transfer No ICU bed Wait of about 30 min" in words_of(client.get("/").text)


def test_a_decline_can_say_for_how_long(client: FlaskClient, database: Database) -> None:
    deliver(database, decision())
    # The conditions that were ticked before the no belong to the acceptance's form, and the empty choice is none.
    client.post(ANSWER, data={"answer": "decline", "reason": "no_icu_bed", "for_min": "60", "wait_min": ""})
    (body,) = sent(database)
    assert (body.reason, body.for_min) == (DeclineReason.NO_ICU_BED, 60)
    page = words_of(client.get(f"/requests/{OFFER}").text)
    assert "중환자실 없음" in page
    assert "앞으로 약 60분 동안" in page


@pytest.mark.parametrize("end", ["declined", "withdrawn", "expired"])
def test_a_yes_after_all_can_have_the_same_conditions_as_a_first_one(client: FlaskClient, database: Database, end: str) -> None:
    deliver(database, decision())
    if end == "expired":
        deliver(database, stand_down(reason=StandDownReason.EXPIRED))
    else:
        answer(database, ROOM, OFFER, AnswerKind.DECLINE, reason=DeclineReason.NO_BED)
    if end == "withdrawn":
        for kind in (AnswerKind.ACCEPT, AnswerKind.WITHDRAW):
            answer(database, ROOM, OFFER, kind)
    assert get_request(database, OFFER).state == end
    page = client.get(f"/requests/{OFFER}").text
    for field in (*(f'value="{code}"' for code in Condition), 'name="wait_min"', 'name="note"', 'name="who"'):
        assert re.search(rf'<input[^>]*{field}[^>]*form="accept"|<input[^>]*form="accept"[^>]*{field}', page), field
    # What was typed with the no is not said again with the yes.
    assert (f'id="note-{OFFER}"' in page) == (end == "expired")
    form = MultiDict([("answer", "accept"), ("condition", "ct_first"), ("wait_min", "15"), ("note", "now free"), ("who", "Kim")])
    assert client.post(ANSWER, data=form).status_code == 303
    last = sent(database)[-1]
    assert (last.answer, last.conditions, last.wait_min, last.note, last.who) == (AnswerKind.ACCEPT, ("ct_first",), 15, "now free", "Kim")


@pytest.mark.parametrize(
    "form",
    [
        {"answer": "decline", "reason": "no_bed", "condition": "ct_first"},
        {"answer": "decline", "reason": "no_bed", "wait_min": "15"},
        {"answer": "decline", "reason": "no_bed", "for_min": "31"},
        {"answer": "accept", "for_min": "30"},
        {"answer": "accept", "wait_min": "ten"},
        {"answer": "accept", "condition": "come at once"},
        {"answer": "withdraw", "condition": "ct_first"},
    ],
)
def test_what_no_screen_offers_is_refused_and_nothing_is_sent(client: FlaskClient, database: Database, form: dict[str, str]) -> None:
    deliver(database, decision())
    with pytest.raises(ValueError, match=r"."):
        given_answer(MultiDict(form))
    assert client.post(ANSWER, data=form).status_code == 400
    assert sent(database) == []


def test_a_second_doctor_s_answer_gets_a_word_that_says_who_was_quicker(client: FlaskClient, database: Database) -> None:
    deliver(database, decision())
    answer(database, ROOM, OFFER, AnswerKind.ACCEPT, who="김 과장")
    client.set_cookie("console_language", "en")
    for form in ({"answer": "accept", "condition": "ct_first"}, {"answer": "decline", "reason": "no_bed"}):
        response = client.post(ANSWER, data=form)
        assert response.status_code == 409
        assert re.search(r"was not sent. The request now: [^(]+ \(김 과장, \d\d:\d\d:\d\d\)", words_of(response.text))
    assert [body.conditions for body in sent(database)] == [()]
    assert get_request(database, OFFER).state is RequestState.ACCEPT_SENT
    # The same once more is a double click, and says nothing.
    assert client.post(ANSWER, data={"answer": "accept", "who": "김 과장"}).status_code == 303
    assert len(sent(database)) == 1
