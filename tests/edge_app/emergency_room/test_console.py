"""The console's pages, answers and guards, through Flask's client."""

import hashlib
import html
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from edge_app.config import RoomSettings, Web
from edge_app.database import Database, StorageError
from edge_app.emergency_room.console import create_app
from edge_app.emergency_room.console.desk import version_of
from edge_app.emergency_room.console.receipts import Step, answer_receipt
from edge_app.emergency_room.inbox import Inbox, open_desk
from edge_app.emergency_room.requests import RequestState, answer, get_request, recent_requests
from edge_app.errors import Refusal
from edge_app.link.decision import DecisionBody
from edge_app.link.messages import (
    LEAST_PART_BYTES,
    AnswerBody,
    AnswerKind,
    DeclineReason,
    Kind,
    OpenedBody,
    OriginalBody,
    PartBody,
    ReminderBody,
    StandDownReason,
    decode,
)
from edge_app.link.outbox import note_at_broker, note_received, quarantine, waiting
from edge_app.link.state import LinkWord, write_link_state
from edge_app.radiograph.original import OriginalMedia
from edge_app.reading.finding import Decision, Urgency
from edge_app.screens import ChangeFeed
from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.dicom import write_dx
from tests.edge_app.clocks import DAY_S, Clock
from tests.edge_app.conftest import Mount
from tests.edge_app.emergency_room.builders import (
    EFFUSION,
    OFFER,
    OTHER,
    PNEUMONIA,
    ROOM,
    UNIT,
    decision,
    deliver,
    granted,
    nothing_found,
    preview,
    refused,
    region,
    stand_down,
)
from tests.edge_app.full_disk import Disk

ANSWER = f"/requests/{OFFER}/answer"


def text_of(client: FlaskClient, path: str = "/", language: str = "en") -> str:
    """The page's words, without its markup."""
    client.set_cookie("console_language", language)
    response = client.get(path)
    assert response.status_code == 200, response.text
    body = re.sub(r"<svg.*?</svg>|<script.*?</script>|<template.*?</template>", " ", response.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def answers_sent(database: Database) -> list[AnswerBody]:
    bodies = [decode(sent.body).body for sent in waiting(database)]
    return [body for body in bodies if isinstance(body, AnswerBody)]


def test_nothing_waiting_says_so_and_names_the_link(client: FlaskClient) -> None:
    assert "No request is waiting" in text_of(client)
    assert "Connected" in text_of(client)
    assert "기다리는 요청이 없습니다" in text_of(client, language="ko")


def test_a_ringing_request_shows_what_matters(client: FlaskClient, database: Database) -> None:
    deliver(database, decision(), preview())
    english, korean = text_of(client), text_of(client, language="ko")
    for words in (
        "Suspected pneumonia, infiltration.",
        "M, 60s",
        "2 other hospitals asked",
        "Look soon",
        "81",
        "Validated n=214",
        "Not validated",
        "No abnormality found in 11 others (not a diagnosis)",
        "Accept",
        "No bed",
        "Ask control room",
        "estimate",
        "Research prototype",
    ):
        assert words in english
    for words in (
        "폐렴, 침윤이 의심됩니다.",
        "남 60대",
        "다른 병원 2곳에도 물음",
        "빠른 확인",
        "검증됨 n=214",
        "수락",
        "병상 없음",
        "의료기기가 아닙니다",
    ):
        assert words in korean


def test_a_picture_that_was_not_read_never_looks_like_nothing_found(client: FlaskClient, database: Database) -> None:
    deliver(database, refused(OFFER, Refusal.UNLIKE_TRAINING), nothing_found(OTHER))
    unread, nothing = text_of(client, f"/requests/{OFFER}"), text_of(client, f"/requests/{OTHER}")
    unread, nothing = unread.split("median answer")[1], nothing.split("median answer")[1]
    assert "Not read by the box" in unread
    assert "This does not mean that nothing is there" in unread
    assert "No abnormality" not in unread
    assert "No urgent finding" not in unread
    assert "No abnormality found in 14 (not a diagnosis)" in nothing
    assert "Not read" not in nothing
    assert "normal" not in re.sub("abnormal", "", nothing.lower())


@pytest.mark.parametrize("urgency", [*Urgency, None])
def test_a_decision_that_assessed_nothing_is_not_read_whatever_its_urgency(
    client: FlaskClient, database: Database, urgency: Urgency | None
) -> None:
    deliver(database, nothing_found(absent=0, urgency=urgency))
    words = text_of(client).split("median answer")[1]
    assert "Not read by the box" in words
    assert "No abnormality" not in words
    assert "No urgent finding" not in words


@pytest.mark.parametrize("reason", list(Refusal))
def test_every_refusal_has_its_words(client: FlaskClient, database: Database, reason: Refusal) -> None:
    deliver(database, refused(OFFER, reason))
    for language in ("ko", "en"):
        assert "refusal." not in text_of(client, language=language)


def test_findings_that_did_not_fit_are_never_nothing(client: FlaskClient, database: Database) -> None:
    deliver(database, nothing_found(more=2), decision(OTHER, more=3))
    words = text_of(client, f"/requests/{OFFER}").split("median answer")[1]
    assert "Uncertain: findings not listed here." in words
    assert "2 more findings, not listed here" in words
    assert "No abnormality found (not a diagnosis)" not in words
    assert "3 more findings, not listed here" in text_of(client, f"/requests/{OTHER}")


def test_a_listed_finding_that_is_absent_is_not_counted_twice(client: FlaskClient, database: Database) -> None:
    listed = EFFUSION.model_copy(update={"decision": Decision.ABSENT})
    deliver(database, decision(findings=(PNEUMONIA, listed), absent=13), nothing_found(OTHER, findings=(listed,), absent=14))
    assert "No abnormality found in 12 others" in text_of(client, f"/requests/{OFFER}")
    words = text_of(client, f"/requests/{OTHER}").split("median answer")[1]
    assert "No abnormality found (not a diagnosis)" in words
    assert "No abnormality found in 14 (not a diagnosis)" in words
    assert "Not found" in words


def test_only_uncertain_findings_are_called_uncertain(client: FlaskClient, database: Database) -> None:
    deliver(database, decision(findings=(EFFUSION,), top3=("Effusion",)))
    assert "Uncertain: pleural effusion." in text_of(client)
    assert "흉막삼출이 불확실합니다." in text_of(client, language="ko")


def test_markup_from_a_unit_is_only_text(client: FlaskClient, database: Database) -> None:
    deliver(database, decision(unit_name="<img src=x onerror=alert(1)>", model="<b>x</b>"))
    page = client.get("/").text
    assert "<img" not in page
    assert "<b>x</b>" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


STATES: list[tuple[RequestState, str, tuple[str, ...], tuple[str, ...]]] = [
    (RequestState.RINGING, "Ringing", ("Accept",), ("Withdraw acceptance", "Read-back code")),
    (RequestState.ACCEPT_SENT, "Waiting for the unit's confirmation", ("Withdraw acceptance",), ("Yours:", "Read-back code")),
    (RequestState.GRANTED, "Yours: the unit is coming", ("4471", "Read-back code", "Withdraw acceptance"), ("Waiting for the unit's",)),
    (RequestState.DECLINED, "You declined", ("No bed", "Accept after all"), ("Withdraw acceptance", "Yours:")),
    (RequestState.STOOD_DOWN, "Another hospital accepted. Stand down.", (), ("Accept after all", "Arrives in", "Yours:")),
    (RequestState.EXPIRED, "The time to answer has run out", ("Accept", "No bed"), ("Withdraw acceptance", "Yours:", "Stand down")),
    (RequestState.WITHDRAWN, "You withdrew the acceptance", ("Accept again",), ("Yours:", "Read-back code")),
]


@pytest.mark.parametrize(("state", "headline", "present", "absent"), STATES, ids=[str(row[0]) for row in STATES])
def test_every_state_has_its_page(
    client: FlaskClient, database: Database, state: RequestState, headline: str, present: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    deliver(database, decision())
    if state in {RequestState.ACCEPT_SENT, RequestState.GRANTED, RequestState.WITHDRAWN}:
        client.post(ANSWER, data={"answer": "accept"})
    if state is RequestState.WITHDRAWN:
        client.post(ANSWER, data={"answer": "withdraw"})
    if state is RequestState.DECLINED:
        client.post(ANSWER, data={"answer": "decline", "reason": "no_bed"})
    if state is RequestState.GRANTED:
        deliver(database, granted())
    if state is RequestState.STOOD_DOWN:
        deliver(database, stand_down())
    if state is RequestState.EXPIRED:
        deliver(database, stand_down(reason=StandDownReason.EXPIRED))
    assert get_request(database, OFFER).state is state
    words = text_of(client, f"/requests/{OFFER}")
    for word in (headline, *present):
        assert word in words
    for word in absent:
        assert word not in words
    assert "console." not in text_of(client, f"/requests/{OFFER}", "ko")


@pytest.mark.parametrize(
    ("reason", "headline", "short"),
    [
        (StandDownReason.OTHER_ACCEPTED, "Another hospital accepted. Stand down.", "Other hospital"),
        (StandDownReason.SKIPPED, "The unit goes elsewhere. Stand down.", "Went elsewhere"),
        (StandDownReason.CANCELLED, "The unit has ended its request. Stand down.", "Request ended"),
        (StandDownReason.PHONE_DECLINED, "Declined on the telephone.", "Declined"),
    ],
)
def test_the_page_says_why_the_unit_asks_no_more(
    client: FlaskClient, database: Database, reason: StandDownReason, headline: str, short: str
) -> None:
    deliver(database, decision(), stand_down(reason=reason))
    words = text_of(client, f"/requests/{OFFER}")
    assert headline in words
    assert short in words


def test_a_reminder_is_on_the_page_and_changes_it(client: FlaskClient, database: Database) -> None:
    deliver(database, decision())
    before = version_of(database)
    assert "still waits" not in text_of(client, f"/requests/{OFFER}")
    deliver(database, ReminderBody(offer_id=OFFER, asking=1))
    assert "still waits" in text_of(client, f"/requests/{OFFER}")
    assert version_of(database) != before


def test_a_lease_by_telephone_names_who_spoke(client: FlaskClient, database: Database) -> None:
    deliver(database, decision(), granted(by_phone=True))
    words = text_of(client, f"/requests/{OFFER}")
    assert "Accepted on the telephone" in words
    assert "Dr. Kim" in words
    assert "4471" in words


def test_accepting_needs_no_script_and_a_double_click_sends_one_answer(client: FlaskClient, database: Database) -> None:
    deliver(database, decision())
    form = {"answer": "accept", "note": " 동문으로 오세요 ", "who": "김"}
    assert client.post(ANSWER, data=form).location == f"/requests/{OFFER}"
    assert client.post(ANSWER, data=form).status_code == 303
    (sent,) = answers_sent(database)
    assert (sent.answer, sent.note, sent.who) == (AnswerKind.ACCEPT, "동문으로 오세요", "김")


@pytest.mark.parametrize("reason", list(DeclineReason))
def test_declining_takes_one_touch(client: FlaskClient, database: Database, reason: DeclineReason) -> None:
    deliver(database, decision())
    client.post(ANSWER, data={"answer": "decline", "reason": str(reason)})
    (sent,) = answers_sent(database)
    assert (sent.answer, sent.reason) == (AnswerKind.DECLINE, reason)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"answer": "maybe"},
        {"answer": "decline"},
        {"answer": "decline", "reason": "tired"},
        {"answer": "accept", "reason": "no_bed"},
        {"answer": "accept", "note": "x" * 201},
        {"answer": "accept", "who": "x" * 41},
    ],
)
def test_an_answer_the_console_does_not_know_is_not_sent(client: FlaskClient, database: Database, form: dict[str, str]) -> None:
    deliver(database, decision())
    response = client.post(ANSWER, data=form)
    assert response.status_code == 400
    assert "보내지 않았습니다" in response.text
    assert waiting(database) == []


def test_an_answer_that_comes_too_late_gets_a_plain_word(client: FlaskClient, database: Database) -> None:
    deliver(database, decision(), stand_down())
    response = client.post(ANSWER, data={"answer": "accept"}, headers={"HX-Request": "true"})
    assert response.status_code == 409
    assert "수락을 보내지 않았습니다. 지금 상태: 다른 곳 수락." in response.text
    assert 'id="desk"' in response.text
    assert "<html" not in response.text
    assert answers_sent(database) == []


def test_only_a_person_opens_a_request(client: FlaskClient, database: Database) -> None:
    deliver(database, decision(), preview())
    for path in ("/", f"/requests/{OFFER}", f"/desk?request={OFFER}", f"/requests/{OFFER}/preview/1", "/status.json"):
        assert client.get(path).status_code == 200
    assert get_request(database, OFFER).opened_ms is None
    for _ in range(2):
        assert client.post(f"/requests/{OFFER}/opened").status_code == 204
    (sent,) = waiting(database)
    assert isinstance(decode(sent.body).body, OpenedBody)


def test_who_answers_has_opened(client: FlaskClient, database: Database) -> None:
    deliver(database, decision())
    client.post(ANSWER, data={"answer": "accept"})
    assert [sent.kind for sent in waiting(database)] == [Kind.OPENED, Kind.ANSWER]


def test_the_answers_way_is_never_shown_higher_than_proven(client: FlaskClient, database: Database) -> None:
    deliver(database, decision())
    answer(database, ROOM, OFFER, AnswerKind.ACCEPT)
    (sent,) = waiting(database)
    words = text_of(client)
    assert "Kept here, to be sent" in words
    assert "Relay: not proven" in words
    assert "Unit: not proven" in words
    note_at_broker(database, sent.id)
    words = text_of(client)
    assert "At the relay" in words
    assert "Unit: not proven" in words
    note_received(database, sent.id, UNIT)
    assert "The unit's box has it" in text_of(client)


def test_an_answer_that_can_never_be_sent_says_so(client: FlaskClient, database: Database) -> None:
    deliver(database, decision())
    answer(database, ROOM, OFFER, AnswerKind.ACCEPT)
    quarantine(database, waiting(database)[0].id, "too_large")
    assert "This answer cannot be sent. Answer by telephone." in text_of(client)


def test_an_estimate_that_has_passed_is_overdue(client: FlaskClient, database: Database) -> None:
    deliver(database, decision(eta_s=0))
    page = client.get("/").text
    assert "data-overdue" in page
    deliver(database, decision(OTHER, eta_s=None))
    assert "No estimate" in text_of(client, f"/requests/{OTHER}")


PATIENTS = [
    ("M", 64, "M, 60s"),
    ("F", 0, "F, under 1 year"),
    ("F", 7, "F, 1–9 years"),
    (None, None, "Sex unknown, age unknown"),
    ("O", 104, "Sex unknown, 100 or older"),
]


@pytest.mark.parametrize(("sex", "age", "words"), PATIENTS)
def test_a_patient_is_a_sex_and_an_age_band(client: FlaskClient, database: Database, sex: str | None, age: int | None, words: str) -> None:
    deliver(database, decision(sex=sex, age_years=age))
    assert words in text_of(client)


@pytest.mark.parametrize("word", [word for word in LinkWord if word is not LinkWord.CONNECTED])
def test_a_link_that_is_down_is_loud_in_both_languages(client: FlaskClient, database: Database, word: LinkWord) -> None:
    write_link_state(database, connected=False, word=word, protocol="5")
    for language in ("ko", "en"):
        words = text_of(client, language=language)
        assert "console." not in words
    assert "Answer the direct telephone" in words
    assert "It does not mean that there is none" in words
    assert 'data-link="down"' in client.get("/").text


def test_a_link_without_signs_of_life_is_down(client: FlaskClient, database: Database) -> None:
    with database.writing() as tables:
        tables.conn.execute("UPDATE link_state SET alive_mono_ms = alive_mono_ms - 60000")
    assert "The link gives no sign of life" in text_of(client)
    with database.writing() as tables:
        tables.conn.execute("UPDATE link_state SET boot = 'another'")
    assert "The link gives no sign of life" in text_of(client)
    with database.writing() as tables:
        tables.conn.execute("DELETE FROM link_state")
    assert "Never connected so far" in text_of(client)


def test_status_for_machines(client: FlaskClient, database: Database) -> None:
    deliver(database, decision(), preview())
    client.post(ANSWER, data={"answer": "accept"})
    deliver(database, granted(code="4903"))
    status = client.get("/status.json").get_json()
    assert status["requests"] == [
        {
            "offer_id": OFFER,
            "state": "granted",
            "unit": UNIT,
            "has_preview": True,
            "originals": 0,
            "opened": True,
            "answered": "accept",
            "code": "4903",
        }
    ]
    assert (status["link"]["works"], status["link"]["word"]) == (True, "connected")


def test_the_picture_comes_as_it_was_sent(client: FlaskClient, database: Database) -> None:
    deliver(database, decision(), preview())
    response = client.get(f"/requests/{OFFER}/preview/1")
    assert (response.mimetype, response.data) == ("image/webp", preview().content)
    assert response.headers["Cache-Control"] == "no-store"
    assert client.get(f"/requests/{OTHER}/preview/1").status_code == 404


def test_each_rung_of_the_picture_replaces_the_one_below(client: FlaskClient, database: Database, tmp_path: Path) -> None:
    def shown() -> str:
        page = client.get(f"/requests/{OFFER}").text
        (found,) = re.findall(r'id="(picture-[0-9a-f]+-[a-z]+-[0-9]+)"', page)
        return str(found).split("-", 2)[2]

    deliver(database, decision(), region())
    assert shown() == "region-1"
    assert client.get(f"/requests/{OFFER}/region/1").data == region().content
    deliver(database, preview())
    assert shown() == "preview-1"
    content = write_dx(tmp_path / "x.dcm", simulated_chest(4, 600, 500)).read_bytes()
    sha = hashlib.sha256(content).hexdigest()
    manifest = OriginalBody(
        offer_id=OFFER, sha256=sha, revision=1, media_type=OriginalMedia.DICOM, size=len(content), part_bytes=LEAST_PART_BYTES
    )
    parts = [content[at : at + LEAST_PART_BYTES] for at in range(0, len(content), LEAST_PART_BYTES)]
    deliver(database, manifest, PartBody(offer_id=OFFER, sha256=sha, number=0, content=parts[0]))
    assert shown() == "preview-1"
    assert client.get(f"/requests/{OFFER}/originals/{sha}").status_code == 404, "not before it is whole"
    deliver(database, *(PartBody(offer_id=OFFER, sha256=sha, number=n, content=part) for n, part in enumerate(parts)))
    assert shown() == "original-1"
    saved = client.get(f"/requests/{OFFER}/originals/{sha}")
    assert (saved.mimetype, saved.data) == ("application/dicom", content)
    assert sha[:16] in saved.headers["Content-Disposition"]
    pixels = client.get(f"/requests/{OFFER}/originals/{sha}/pixels")
    assert (pixels.headers["X-Rows"], pixels.headers["X-Columns"]) == ("600", "500")
    assert float(pixels.headers["X-Scale"]) == pytest.approx(512 / 500, abs=1e-4), "drawings are in the preview's pixels"
    deliver(database, preview(revision=2))
    assert shown() == "preview-2", "a newer picture is shown small until its own original comes"


def test_boxes_lie_where_they_should_in_the_region(client: FlaskClient, database: Database) -> None:
    deliver(database, decision(), region())
    found = re.search(r'data-boxes="([^"]*)"', client.get(f"/requests/{OFFER}").text)
    assert found is not None
    (box,) = json.loads(html.unescape(found[1]))
    # The box (140, 520, 260, 240) of the whole, within the region (100, 500, 500, 400) of 512 × 512 pixels.
    across, down = 512 / 500, 512 / 400
    assert (box["x"], box["y"]) == (pytest.approx(40 * across), pytest.approx(20 * down))
    assert (box["width"], box["height"]) == (pytest.approx(260 * across), pytest.approx(240 * down))


def test_the_page_has_the_tools_that_there_is_something_for(client: FlaskClient, database: Database) -> None:
    deliver(database, decision(), preview())
    page = client.get(f"/requests/{OFFER}").text
    assert page.count('class="viewing"') == 1
    for action in ("large", "boxes", "flip", "ruler", "lung", "leave"):
        assert f'data-viewer-action="{action}"' in page
    for action in ("heat", "outlines", "lines"):
        assert f'data-viewer-action="{action}"' not in page


def test_a_page_that_is_up_to_date_is_not_sent_again(client: FlaskClient, database: Database) -> None:
    deliver(database, decision())
    version = re.search(r'data-version="(\w+)"', client.get("/").text)
    assert version is not None
    assert client.get(f"/desk?seen={version[1]}").status_code == 204
    deliver(database, preview())
    assert client.get(f"/desk?seen={version[1]}").status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda database: deliver(database, decision(OTHER)),
        lambda database: deliver(database, decision(revision=2, eta_s=5)),
        lambda database: deliver(database, preview()),
        lambda database: deliver(database, stand_down()),
        lambda database: answer(database, ROOM, OFFER, AnswerKind.ACCEPT),
        lambda database: write_link_state(database, connected=False, word=LinkWord.LOST, protocol="5"),
    ],
    ids=["request", "revision", "picture", "stand_down", "answer", "link"],
)
def test_every_change_is_seen(client: FlaskClient, database: Database, change: Callable[[Database], object]) -> None:
    deliver(database, decision())
    version = re.search(r'data-version="(\w+)"', client.get("/").text)
    assert version is not None
    change(database)
    assert client.get(f"/desk?seen={version[1]}").status_code == 200


def test_a_sign_of_life_is_no_change(client: FlaskClient, database: Database) -> None:
    version = re.search(r'data-version="(\w+)"', client.get("/").text)
    assert version is not None
    write_link_state(database, connected=True, word=LinkWord.CONNECTED, protocol="5")
    assert client.get(f"/desk?seen={version[1]}").status_code == 204


@pytest.mark.parametrize("path", ["/requests/unknown", f"/requests/{OTHER}", f"/desk?request={OTHER}", "/nowhere"])
def test_what_is_not_there_gets_a_page_with_words(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "의료기기가 아닙니다" in response.text
    assert client.post(f"/requests/{OTHER}/opened").status_code == 404
    assert client.post(f"/requests/{OTHER}/answer", data={"answer": "accept"}).status_code == 404


def test_other_hosts_and_origins_are_refused(client: FlaskClient, database: Database) -> None:
    deliver(database, decision())
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 421
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert client.post(ANSWER, data={"answer": "accept"}, headers=headers).status_code == 403
        assert client.post(f"/requests/{OFFER}/opened", headers=headers).status_code == 403
    assert waiting(database) == []


def test_every_page_is_under_a_strict_policy(client: FlaskClient, database: Database) -> None:
    deliver(database, decision())
    for path in ("/", "/nowhere", "/status.json"):
        policy = client.get(path).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
    page = client.get("/").text
    assert "style=" not in page
    assert re.search(r"<script(?![^>]*src=)", page) is None


def test_a_request_older_than_a_day_still_rings_and_can_still_be_opened(client: FlaskClient, database: Database) -> None:
    deliver(database, decision(), decision(OTHER))
    client.post(f"/requests/{OTHER}/answer", data={"answer": "decline", "reason": "no_bed"})
    with database.writing() as tables:
        tables.conn.execute("UPDATE requests SET received_ms = received_ms - 90000000, received_mono_ms = received_mono_ms - 90000000")
    words = text_of(client)
    assert "Ringing" in words
    assert "You declined" in text_of(client, f"/requests/{OTHER}")


def test_the_decision_alone_can_be_decided_on(client: FlaskClient, database: Database) -> None:
    deliver(database, decision())
    words = text_of(client)
    assert "The picture has not arrived yet" in words
    assert "Accept" in words
    body = get_request(database, OFFER).decision
    assert isinstance(body, DecisionBody)


@pytest.mark.parametrize(
    ("language", "word"), [("ko", "답을 저장하지 못해 보내지 않았습니다"), ("en", "could not be stored and was not sent")]
)
def test_an_answer_that_finds_no_disk_says_so_and_can_be_given_again(
    client: FlaskClient, database: Database, disk: Disk, language: str, word: str
) -> None:
    deliver(database, decision())
    client.set_cookie("console_language", language)
    disk.fill(database)
    for headers in ({}, {"HX-Request": "true"}):
        refused_page = client.post(ANSWER, data={"answer": "accept"}, headers=headers)
        assert refused_page.status_code == 507
        assert word in refused_page.text
        # The same page, with the same button, and no word of an acceptance that is on its way.
        assert 'value="accept"' in refused_page.text
        assert 'class="answer ringing"' in refused_page.text
    assert get_request(database, OFFER).state is RequestState.RINGING
    assert answers_sent(database) == []
    assert client.get(f"/requests/{OFFER}").status_code == 200
    disk.free()
    assert client.post(ANSWER, data={"answer": "accept"}).status_code == 303
    assert [body.answer for body in answers_sent(database)] == [AnswerKind.ACCEPT]
    assert get_request(database, OFFER).state is RequestState.ACCEPT_SENT


def test_a_store_that_cannot_be_read_is_no_empty_desk(client: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: object) -> None:
        raise StorageError("disk I/O error")

    deliver(database, decision())
    monkeypatch.setattr(Database, "rows", unreadable)
    client.set_cookie("console_language", "en")
    page = client.get("/")
    assert page.status_code == 503
    assert "It does not mean that there is none" in page.text


def test_a_clock_that_was_set_back_hides_neither_a_new_request_nor_the_newest_answer(
    client: FlaskClient, database: Database, clock: Clock
) -> None:
    clock.jump(30 * DAY_S)
    deliver(database, *(decision(f"{number:032x}") for number in range(1000, 1200)))
    database.tables.conn.execute("UPDATE requests SET state = 'stood_down'")
    deliver(database, decision())
    answer(database, ROOM, OFFER, AnswerKind.ACCEPT)
    (accepted,) = (sent for sent in waiting(database, 1000) if sent.offer_id == OFFER)
    note_received(database, accepted.id, UNIT)
    clock.jump(-30 * DAY_S)
    answer(database, ROOM, OFFER, AnswerKind.WITHDRAW)
    receipt = answer_receipt(database, OFFER)
    assert receipt is not None
    assert receipt.highest is Step.QUEUED
    before = version_of(database)
    deliver(database, decision(OTHER))
    assert version_of(database) != before
    for kind in (AnswerKind.ACCEPT, AnswerKind.WITHDRAW):
        answer(database, ROOM, OTHER, kind)
        assert OTHER in [request.offer_id for request in recent_requests(database)]
        assert f"/requests/{OTHER}" in client.get(f"/requests/{OFFER}").text


def test_how_long_the_link_is_down_is_told_though_the_clock_jumps(client: FlaskClient, database: Database, clock: Clock) -> None:
    write_link_state(database, connected=False, word=LinkWord.LOST, protocol="5")
    clock.wait(5)
    for jump_s in (DAY_S, -2 * DAY_S):
        clock.jump(jump_s)
        write_link_state(database, connected=False, word=LinkWord.LOST, protocol="5")
        assert re.search(r"lost · 0:0[5-9]", text_of(client))


def test_refused_messages_are_told_to_the_technician_for_a_day(client: FlaskClient, database: Database, clock: Clock) -> None:
    assert "refused in 24 hours" not in text_of(client)
    before = version_of(database)
    for word in ("bytes after the message", "another version"):
        Inbox(database, ROOM).refused(word)
    assert version_of(database) != before
    assert "2 messages refused in 24 hours" in text_of(client)
    assert "받지 않은 메시지 2건" in text_of(client, language="ko")
    assert client.get("/status.json").json["refused"] == {"count": 2, "word": "another version"}
    clock.wait(DAY_S + 60)
    assert "refused in 24 hours" not in text_of(client)


def test_a_disk_that_is_nearly_full_is_told_before_it_is(mount: Mount) -> None:
    database = open_desk(mount("size=350m"))
    feed = ChangeFeed(database)
    settings = RoomSettings(var=database.path.parent, hpid="SIM-EAST", name="동부병원", console=Web(port=8090, language="ko"))
    try:
        with create_app(database, settings, feed).test_client() as client:
            assert "300 MB of storage left" in text_of(client)
            assert "저장 공간 300 MB 남음" in text_of(client, language="ko")
    finally:
        feed.close()
        database.close()


def test_two_hundred_that_ring_cost_no_more_statements_than_twenty_and_stand_before_all_others(
    client: FlaskClient, database: Database
) -> None:
    def fill(first: int, last: int) -> None:
        with database.writing():
            for number in range(first, last):
                deliver(database, decision(f"{number:032x}"))

    def statements() -> int:
        said: list[str] = []
        database.tables.conn.set_trace_callback(said.append)
        assert client.get("/").status_code == 200
        database.tables.conn.set_trace_callback(None)
        return sum(one.lstrip().startswith("SELECT") for one in said)

    fill(0, 20)
    few = statements()
    answer(database, ROOM, f"{19:032x}", AnswerKind.ACCEPT)
    deliver(database, granted(f"{19:032x}"))
    fill(20, 220)
    assert statements() == few
    page = client.get("/").text
    cards = re.findall(r'class="card (\w+)"', page)
    assert cards == ["ringing"] * 219 + ["granted"]
    # What each of them adds to the page is little.
    assert page.count("<") / len(cards) < 60
