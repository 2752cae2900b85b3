"""What is said beside the answer on the console, and the final diagnosis: one touch, durable, shown with what is proven of it."""

import re

import pytest
from flask.testing import FlaskClient

from edge_app.config import Language
from edge_app.database import Database
from edge_app.emergency_room.console.desk import version_of
from edge_app.emergency_room.diagnoses import diagnosis_of
from edge_app.emergency_room.inbox import Inbox
from edge_app.emergency_room.requests import answer
from edge_app.link.messages import AnswerKind, Body, StandDownReason, decode, encode, new_message
from edge_app.link.outbox import note_received, waiting
from edge_app.link.remarking import remarks_of
from edge_app.link.remarks import DiagnosisBody, Phrase, RemarkBody, SeenBody, Verdict
from tests.edge_app.emergency_room.builders import OFFER, OTHER, ROOM, UNIT, decision, deliver, granted, stand_down

REMARKS, READ, DIAGNOSIS = (f"/requests/{OFFER}/{what}" for what in ("remarks", "read", "diagnosis"))
WORSE = RemarkBody(offer_id=OFFER, phrase=Phrase.CONDITION_WORSE, text="SpO2 84", at_ms=5)


@pytest.fixture
def console_language() -> Language:
    return "en"


@pytest.fixture(autouse=True)
def ours(database: Database) -> None:
    """A request that is ours."""
    deliver(database, decision())
    answer(database, ROOM, OFFER, AnswerKind.ACCEPT)
    deliver(database, granted())


def words_of(client: FlaskClient) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", client.get(f"/requests/{OFFER}").text))


def sent(database: Database, kind: type[Body]) -> list[Body]:
    return [body for each in waiting(database) if isinstance(body := decode(each.body).body, kind)]


def refusals(database: Database) -> list[str]:
    return [row["word"] for row in database.rows("SELECT word FROM refusals ORDER BY id")]


def test_one_touch_says_a_phrase_and_its_way_is_shown(client: FlaskClient, database: Database) -> None:
    assert client.post(REMARKS, data={"phrase": "go_to_resus:2"}).headers["Location"] == f"/requests/{OFFER}"
    client.post(REMARKS, data={"text": "  동문으로  "}, headers={"HX-Request": "true"})
    first, second = remarks_of(database, OFFER)
    assert (first.body.phrase, first.body.number, second.body.text) == (Phrase.GO_TO_RESUS, 2, "동문으로")
    assert "Go to resus bay 2" in words_of(client)
    assert words_of(client).count("Not out yet") == 2
    before = version_of(database)
    note_received(database, first.id, UNIT)
    assert version_of(database) != before, "every screen sees it"
    assert "Received" in words_of(client)
    deliver(database, SeenBody(offer_id=OFFER, of=first.id, at_ms=5))
    assert "Read" in words_of(client)


@pytest.mark.parametrize(
    "form",
    [{}, {"text": "  "}, {"phrase": "condition_worse"}, {"phrase": "go_to_resus"}, {"phrase": "go_to_resus:x"}, {"text": "x" * 121}],
)
def test_what_is_not_ours_to_say_is_refused_and_not_sent(client: FlaskClient, database: Database, form: dict[str, str]) -> None:
    assert client.post(REMARKS, data=form).status_code == 400
    assert sent(database, RemarkBody) == []


def test_what_the_unit_says_stands_unread_until_a_person_has_read_it(client: FlaskClient, database: Database) -> None:
    before = version_of(database)
    deliver(database, WORSE)
    assert version_of(database) != before
    page = client.get("/").text
    assert 'data-remarks="1"' in page, "for which the screen sounds once"
    assert "1 new to read" in words_of(client)
    assert "Patient is worse" in words_of(client)
    assert sent(database, SeenBody) == [], "looking proves nothing"
    client.post(READ)
    client.post(READ)
    (seen,) = sent(database, SeenBody)
    assert isinstance(seen, SeenBody)
    assert seen.of == remarks_of(database, OFFER)[0].id
    assert "new to read" not in words_of(client)
    assert 'data-remarks="1"' in client.get("/").text, "reading it sounds no second time"


def test_who_answers_a_remark_has_read_it(client: FlaskClient, database: Database) -> None:
    deliver(database, WORSE)
    client.post(REMARKS, data={"phrase": "understood"})
    assert len(sent(database, SeenBody)) == 1


def test_the_answer_stands_before_what_is_said(client: FlaskClient, database: Database) -> None:
    deliver(database, WORSE)
    page = client.get("/").text
    assert page.index('class="code"') < page.index('class="talk"')


def test_remarks_of_strangers_are_refused_with_a_word(client: FlaskClient, database: Database) -> None:
    deliver(database, RemarkBody(offer_id=OTHER, phrase=Phrase.CALL_US, at_ms=5))
    deliver(database, RemarkBody(offer_id=OFFER, phrase=Phrase.GO_TO_CT, at_ms=5))
    deliver(database, SeenBody(offer_id=OFFER, of="f" * 32, at_ms=5))
    stranger = new_message("unit/stranger", ROOM, 5, WORSE)
    Inbox(database, ROOM).keep(stranger, encode(stranger))
    assert refusals(database) == [
        "remark: of an unknown request",
        "remark: a phrase that is ours to say",
        "seen: of an unknown remark",
        "remark: of a unit that did not ask",
    ]
    assert client.post(f"/requests/{OTHER}/remarks", data={"phrase": "call_us"}).status_code == 404
    assert client.post(f"/requests/{OTHER}/read").status_code == 404


def test_the_diagnosis_is_told_against_each_finding_and_can_be_corrected(client: FlaskClient, database: Database) -> None:
    assert "Tell the final diagnosis" in words_of(client)
    form = {"verdict:Pneumonia": "confirmed", "verdict:Effusion": "not_confirmed", "text": "RLL pneumonia on CT"}
    client.post(DIAGNOSIS, data=form)
    client.post(DIAGNOSIS, data={**form, "verdict:Infiltration": "other"})
    first, last = sent(database, DiagnosisBody)
    assert isinstance(first, DiagnosisBody)
    assert isinstance(last, DiagnosisBody)
    assert last.at_ms > first.at_ms
    verdicts = [Verdict.CONFIRMED, Verdict.OTHER, Verdict.NOT_CONFIRMED]
    assert [one.verdict for one in last.findings] == verdicts, "in the order of the box's top three"
    assert diagnosis_of(database, OFFER) == last
    assert "RLL pneumonia on CT" in words_of(client)
    assert "Correct the final diagnosis" in words_of(client)


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 400),
        ({"text": " "}, 400),
        ({"verdict:Mass": "confirmed"}, 400),
        ({"verdict:Pneumonia": "maybe"}, 400),
        ({"text": "x" * 201}, 400),
    ],
)
def test_a_diagnosis_that_says_nothing_or_of_what_was_not_reported_is_refused(
    client: FlaskClient, database: Database, form: dict[str, str], status: int
) -> None:
    assert client.post(DIAGNOSIS, data=form).status_code == status
    assert sent(database, DiagnosisBody) == []


def test_only_who_had_the_patient_knows_what_it_was(client: FlaskClient, database: Database) -> None:
    deliver(database, stand_down(token=9, reason=StandDownReason.CANCELLED))
    assert client.post(DIAGNOSIS, data={"text": "pneumonia"}).status_code == 303, "the crew closes the case when it has arrived"
    deliver(database, decision(OTHER))
    assert client.post(f"/requests/{OTHER}/diagnosis", data={"text": "pneumonia"}).status_code == 409
    assert client.post(f"/requests/{'7' * 32}/diagnosis", data={"text": "pneumonia"}).status_code == 404
