"""What crew and hospital say beside the answer, and the diagnosis in the end, on the crew's screen."""

import re

import pytest
from flask.testing import FlaskClient

from edge_app.casebook.offers import offers_of
from edge_app.dispatch.offers import room_end
from edge_app.link.messages import decode
from edge_app.link.outbox import note_received, waiting
from edge_app.link.remarking import remarks_of
from edge_app.link.remarks import Phrase, RemarkBody, SeenBody
from tests.edge_app.kiosk.conftest import Seeder


def words_of(client: FlaskClient, path: str, language: str = "en") -> str:
    client.set_cookie("kiosk_language", language)
    response = client.get(path)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.text))


def test_the_crew_says_by_one_touch_to_who_has_the_case(client: FlaskClient, seed: Seeder) -> None:
    case_id = seed.accepted()
    first = offers_of(seed.database, case_id)[0]
    path = f"/cases/{case_id}/offers/{first.id}/remarks"
    assert client.post(path, data={"phrase": "arriving_in:10"}).headers["Location"] == f"/cases/{case_id}/messages"
    assert client.post(path, data={"text": "SpO2 84"}, headers={"HX-Request": "true"}).status_code == 204
    sent = [each for each in waiting(seed.database) if each.kind == "remark"]
    assert [each.recipient for each in sent] == [room_end(first.hpid)] * 2
    body = decode(sent[0].body).body
    assert isinstance(body, RemarkBody)
    assert (body.phrase, body.number) == (Phrase.ARRIVING_IN, 10)
    page = words_of(client, f"/cases/{case_id}/messages")
    assert "Arriving in 10 min" in page
    assert page.count("Not out yet") == 2
    note_received(seed.database, sent[0].id, room_end(first.hpid))
    assert "Received" in words_of(client, f"/cases/{case_id}/messages")


@pytest.mark.parametrize(
    "form",
    [{}, {"phrase": "go_to_ct"}, {"phrase": "arriving_in"}, {"phrase": "arrest:3"}, {"phrase": "arriving_in:x"}, {"text": "x" * 121}],
)
def test_what_is_no_crew_s_word_is_refused(client: FlaskClient, seed: Seeder, form: dict[str, str]) -> None:
    case_id = seed.accepted()
    first = offers_of(seed.database, case_id)[0]
    assert client.post(f"/cases/{case_id}/offers/{first.id}/remarks", data=form).status_code == 400
    assert remarks_of(seed.database, first.id) == ()
    other = seed.no_answer()
    assert client.post(f"/cases/{other}/offers/{first.id}/remarks", data={"phrase": "call_us"}).status_code == 404
    assert client.post(f"/cases/{other}/offers/{first.id}/read").status_code == 404


def test_a_remark_stands_over_the_page_until_somebody_has_read_it(client: FlaskClient, seed: Seeder) -> None:
    case_id = seed.accepted()
    first = offers_of(seed.database, case_id)[0]
    seed.remark(first, phrase=Phrase.CALL_US)
    seed.remark(first, phrase=Phrase.GO_TO_RESUS, number=2)
    assert "Go to resus bay 2 and 1 more" in words_of(client, "/")
    assert "소생실 2번으로" in words_of(client, "/", "ko")
    assert [each for each in waiting(seed.database) if each.kind == "seen"] == [], "showing it proves nothing"
    client.post(f"/cases/{case_id}/offers/{first.id}/read")
    seen = [body for each in waiting(seed.database) if isinstance(body := decode(each.body).body, SeenBody)]
    assert {one.of for one in seen} == {remark.id for remark in remarks_of(seed.database, first.id)}
    assert "Go to resus bay 2" not in words_of(client, "/")
    assert "Go to resus bay 2" in words_of(client, f"/cases/{case_id}/messages")


def test_the_diagnosis_stands_in_the_case_also_when_it_is_closed(client: FlaskClient, seed: Seeder) -> None:
    case_id = seed.diagnosed()
    assert "Final diagnosis Pneumonia confirmed · Infiltration not confirmed · Pleural effusion something else" in words_of(client, "/")
    seed.ends(case_id)
    assert "Final diagnosis Pneumonia confirmed" in words_of(client, f"/cases/{case_id}")
    assert "김서연 과장" in words_of(client, f"/cases/{case_id}/messages")


def test_where_nobody_was_talked_with_there_is_no_page_of_it(client: FlaskClient, seed: Seeder) -> None:
    assert client.get(f"/cases/{seed.no_answer()}/messages").status_code == 404
