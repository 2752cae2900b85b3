"""Under which conditions a hospital accepted, and for how long one declined, as the crew sees it in its own language."""

import re

import pytest
from flask.testing import FlaskClient

from edge_app.casebook.offers import get_offer, offers_of
from edge_app.clock import now
from edge_app.dispatch.offers import Event
from edge_app.link.messages import AnswerBody, AnswerKind, Condition, DeclineReason
from tests.edge_app.kiosk.conftest import Seeder


def words_of(client: FlaskClient, language: str) -> str:
    client.set_cookie("kiosk_language", language)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", client.get("/").text))


def test_the_big_answer_names_the_conditions(client: FlaskClient, seed: Seeder) -> None:
    seed.accepted_if()
    korean, english = words_of(client, "ko"), words_of(client, "en")
    assert "조건부 수락" in korean
    assert "응급처치 후 전원 격리 출입구로 중환자실 없음 대기 약 30분" in korean
    assert "Accepted, with conditions" in english
    assert "Stabilise, then transfer Isolation entrance No ICU bed Wait about 30 min" in english


def test_an_acceptance_without_conditions_claims_none(client: FlaskClient, seed: Seeder) -> None:
    seed.accepted()
    assert "조건부" not in words_of(client, "ko")


@pytest.mark.parametrize(("for_min", "shown"), [(60, "no ICU bed, for about 60 min"), (None, "no ICU bed ")])
def test_a_decline_says_for_how_long(client: FlaskClient, seed: Seeder, for_min: int | None, shown: str) -> None:
    case_id = seed.no_answer()
    first = offers_of(seed.database, case_id)[0]
    body = AnswerBody(
        offer_id=first.id,
        token=0,
        answer=AnswerKind.DECLINE,
        reason=DeclineReason.NO_ICU_BED,
        for_min=for_min,
        at_ms=now().unix_ms,
    )
    seed.hears(first, body)
    page = words_of(client, "en")
    assert shown in page
    assert ("for about" in page) == (for_min is not None)


@pytest.mark.parametrize("end", ["declined", "expired"])
def test_a_yes_after_all_has_conditions_too(client: FlaskClient, seed: Seeder, end: str) -> None:
    first, stamp = offers_of(seed.database, seed.no_answer())[0], now()
    if end == "declined":
        no = AnswerBody(offer_id=first.id, token=0, answer=AnswerKind.DECLINE, reason=DeclineReason.NO_ICU_BED, at_ms=stamp.unix_ms)
        seed.hears(first, no)
    else:
        seed.says(first, Event.EXPIRE)
    assert get_offer(seed.database, first.id).state == end
    conditions = (Condition.CT_FIRST, Condition.NO_ICU_BED)
    yes = AnswerBody(offer_id=first.id, token=0, answer=AnswerKind.ACCEPT, conditions=conditions, wait_min=15, at_ms=stamp.unix_ms + 1000)
    seed.hears(first, yes)
    assert "Accepted, with conditions" in (page := words_of(client, "en"))
    assert "No ICU bed Wait about 15 min" in page


def test_what_an_older_box_wrote_down_is_still_read(seed: Seeder) -> None:
    case_id = seed.accepted()
    first = offers_of(seed.database, case_id)[0]
    with seed.database.writing() as tables:
        older = '{"accepted":true,"reason":null,"note":"x","who":null,"answered_at_ms":5,"by_phone":false}'
        tables.table("offers").update(first.id, {"answer": older})
    answer = get_offer(seed.database, first.id).answer
    assert answer is not None
    assert (answer.conditions, answer.wait_min, answer.for_min) == ((), None, None)


def test_a_condition_goes_through_the_box_as_a_code(seed: Seeder) -> None:
    answer = offers_of(seed.database, seed.accepted_if())[0].answer
    assert answer is not None
    assert answer.conditions == (Condition.STABILISE_THEN_TRANSFER, Condition.ISOLATION_ENTRANCE, Condition.NO_ICU_BED)
