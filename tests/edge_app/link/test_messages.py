"""Messages come back as they went in, and nothing else is taken for one."""

from dataclasses import replace

import cbor2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from edge_app.casebook.adjustments import Adjustment
from edge_app.casebook.cases import Case, CaseState
from edge_app.casebook.offers import Offer, OfferState
from edge_app.clock import now
from edge_app.dispatch.packet import DECISION_BYTES, decision
from edge_app.errors import MessageError, Refusal
from edge_app.link.decision import DecisionBody, LandmarksLine, MeasureLine
from edge_app.link.messages import (
    BODIES,
    MAX_BYTES,
    AnswerBody,
    AnswerKind,
    Kind,
    Message,
    ReceiptBody,
    decode,
    encode,
    is_id,
    new_message,
    topic_of,
)
from edge_app.reading.adjusting import own_points
from edge_app.reading.finding import Box, Decision, Finding, Protocol, Reading, Timing, Urgency
from edge_app.reading.protocols.chest import CHEST_FINDINGS
from edge_app.reading.spinopelvic import ANGLES, LANDMARKS
from tests.edge_app.casebook.builders import refused as refused_reading
from tests.edge_app.casebook.spines import moved, spine
from tests.edge_app.link.bodies import assessed, lines, messages, not_assessed

ID = "0" * 32
ENVELOPE: list[object] = [1, "receipt", b"x" * 16, "unit/unit-31", "room/SIM-EAST", 5, {"of": ID}]


@given(messages)
def test_every_message_comes_back_as_it_went(message: Message) -> None:
    assert decode(encode(message)) == message


def test_every_kind_has_its_body() -> None:
    assert set(BODIES) == set(Kind)


@given(assessed)
def test_nothing_that_says_whether_it_was_read_is_left_out(body: DecisionBody) -> None:
    sent = cbor2.loads(encode(new_message("unit/u", "room/SIM-EAST", 0, body)))[6]
    named = dict(zip(DecisionBody.model_fields, sent, strict=False))
    assert len(named) == len(sent)
    for key in ("refusal", "urgency", "findings", "absent", "top3"):
        without = [value for name, value in named.items() if name != key]
        for less in (without, {name: value for name, value in named.items() if name != key}):
            with pytest.raises(MessageError):
                decode(cbor2.dumps([1, "decision", b"x" * 16, "unit/u", "room/SIM-EAST", 0, less]))


@given(not_assessed, lines)
def test_what_was_not_assessed_cannot_carry_a_result(body: DecisionBody, line: object) -> None:
    for change in ({"findings": (line,)}, {"urgency": Urgency.NONE}, {"top3": ("x",)}, {"absent": 14}, {"more": 1}):
        with pytest.raises(ValidationError):
            DecisionBody.model_validate({**body.model_dump(), **change})


def refused(content: bytes) -> bool:
    """Whether ``decode`` refuses; anything but MessageError fails the test."""
    try:
        decode(content)
    except MessageError:
        return True
    return False


@given(st.binary(max_size=200))
@example(b"")
def test_noise_is_refused(content: bytes) -> None:
    assert refused(content)


@given(messages, st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=4), st.integers(0, 30))
@settings(max_examples=300)
def test_a_damaged_message_is_refused_or_is_another_message(message: Message, flips: list[tuple[int, int]], cut: int) -> None:
    content = bytearray(encode(message))
    for place, value in flips:
        content[place % len(content)] = value
    for damaged in (bytes(content), bytes(content[: len(content) - cut]), bytes(content) + b"\0" * cut):
        if not refused(damaged):
            assert encode(decode(damaged))


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
        | st.builds(cbor2.CBORTag, st.integers(0, 300) | st.integers(0, 2**64 - 1), inner)
    ),
    max_leaves=12,
)


@given(plain, st.integers(0, 6))
@settings(max_examples=400)
def test_whatever_cbor_holds_it_is_refused_or_a_message(value: object, place: int) -> None:
    envelope = list(ENVELOPE)
    envelope[place] = value
    for content in (cbor2.dumps(value), cbor2.dumps(envelope)):
        refused(content)


BOMBS = {
    "nested arrays": b"\x81" * 400_000,
    "nested indefinite arrays": b"\x9f" * 400_000,
    "nested maps": b"\xa1" * 400_000,
    "nested tags": b"\xd8\x20" * 200_000,
    "bytes of 2^63": b"\x5b\x7f" + b"\xff" * 7,
    "text of 2^63": b"\x7b\x7f" + b"\xff" * 7,
    "array of 2^63": b"\x9b\x7f" + b"\xff" * 7,
    "array of 2^64 - 1": b"\x9b" + b"\xff" * 8,
    "map of 2^62": b"\xbb\x3f" + b"\xff" * 7,
    "bignum of half a megabyte": b"\xc2\x5a\x00\x07\x00\x00" + b"\xff" * 0x70000,
    "power of ten": cbor2.dumps(cbor2.CBORTag(4, [2**62, 3])),
    "power of two": cbor2.dumps([1, "receipt", b"x" * 16, "unit/u", "unit/v", cbor2.CBORTag(5, [2**62, 3]), {}]),
    "references to itself": b"\xd8\x1c\x81\xd8\x1d\x00",
    "surrogates": b"\x63\xed\xa0\x80",
    "too many bytes": b"\x00" * (MAX_BYTES + 1),
}


@pytest.mark.parametrize("content", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_refused(content: bytes) -> None:
    assert refused(content)
    assert refused(cbor2.dumps(ENVELOPE[:6])[:-1] + content)


WRONG = {
    "another version": (0, 2),
    "true as a version": (0, True),
    "an unknown kind": (1, "greeting"),
    "another kind": (1, "granted"),
    "a short identifier": (2, b"x" * 15),
    "an identifier in text": (2, "x" * 16),
    "a sender that is none": (3, "control/1"),
    "a sender with a line more": (3, "unit/unit-31\n"),
    "a sender of other digits": (3, "room/A110001７"),
    "a sender that is a wildcard": (3, "unit/#"),
    "a recipient that is none": (4, None),
    "a time before time": (5, -1),
    "a time after time": (5, 2**53),
    "true as a time": (5, True),
    "a body that is none": (6, None),
    "a body with more in it": (6, {"of": ID, "and": 1}),
    "a body with too little": (6, {}),
}


@pytest.mark.parametrize(("place", "value"), WRONG.values(), ids=WRONG.keys())
def test_an_envelope_with_one_thing_wrong_is_refused(place: int, value: object) -> None:
    assert not refused(cbor2.dumps(ENVELOPE))
    assert refused(cbor2.dumps([*ENVELOPE[:place], value, *ENVELOPE[place + 1 :]]))


def test_bytes_after_a_message_are_refused() -> None:
    assert refused(cbor2.dumps(ENVELOPE) + b"\0")
    assert refused(cbor2.dumps([*ENVELOPE, 1]))


@given(not_assessed)
def test_the_word_of_a_refusal_repeats_nothing_from_the_message(body: DecisionBody) -> None:
    private = "Kim-Minsu"
    sent = cbor2.loads(encode(new_message("unit/u", "room/SIM-EAST", 0, body)))[6]
    named = {**dict(zip(DecisionBody.model_fields, sent, strict=False)), "sex": private}
    for broken in (list(named.values()), {**named, private: private}):
        with pytest.raises(MessageError) as caught:
            decode(cbor2.dumps([1, "decision", b"x" * 16, "unit/u", "room/SIM-EAST", 0, broken]))
        assert private not in str(caught.value)
        assert caught.value.__cause__ is None


@pytest.mark.parametrize("value", [2**31, 2**63, 2**200])
@pytest.mark.parametrize("field", ["token", "revision", "case_number", "absent", "more", "eta_s", "asked", "exposure_age_s"])
def test_no_number_is_larger_than_can_be_stored(field: str, value: int) -> None:
    body = decision_of(())
    with pytest.raises(ValidationError):
        DecisionBody.model_validate({**body.model_dump(), field: value})


def test_identifiers_and_topics() -> None:
    message = new_message("unit/unit-31", "room/SIM-EAST", 5, ReceiptBody(of=ID))
    assert is_id(message.id)
    assert message.id != new_message("unit/unit-31", "room/SIM-EAST", 5, ReceiptBody(of=ID)).id
    assert not any(is_id(text) for text in ("", ID[1:], ID + "\n", ID.replace("0", "G")))
    assert topic_of("room/SIM-EAST") == "edge/1/room/SIM-EAST"


def decision_of(findings: tuple[Finding, ...], *, unit_name: str = "Unit") -> DecisionBody:
    case = Case(ID, 123_456, "F", 107.0, 5, now(), CaseState.OPEN, 2**31 - 1, None)
    offer = Offer(
        ID,
        ID,
        ID,
        "SIM-" + "W" * 24,
        "x" * 40,
        None,
        None,
        6,
        99.9,
        86_400,
        (),
        OfferState.ASKED,
        now(),
        now(),
        None,
        None,
        None,
        2**31 - 2,
        2**31 - 2,
    )
    reading = Reading(
        protocol=Protocol.NEONATAL_RDS,
        refusal=None,
        gate=None,
        findings=findings,
        urgency=Urgency.IMMEDIATE,
        top3=tuple(finding.name for finding in findings[:3]),
        timing=Timing(),
        models={"chest_findings": "f" * 64},
        engine="openvino",
        rows=3000,
        columns=3000,
    )
    return decision(
        case, offer, reading, unit_name=unit_name, revision=2**31 - 1, asked=6, exposure_age_s=2**31 - 1.0, urgency=Urgency.IMMEDIATE
    )


@pytest.mark.parametrize("letter", ["W", "폐"])
@pytest.mark.parametrize("count", range(15))
def test_the_longest_decision_fits_a_thousand_bytes_and_counts_what_it_leaves_out(letter: str, count: int) -> None:
    findings = tuple(
        Finding(f"{letter * 38}{number:02d}", 0.99, Decision.PRESENT, 0.999, 2**31 - 1, True, Box(2900.0, 2950.0, 2960.0, 2970.0))
        for number in range(count)
    )
    body = decision_of(findings, unit_name="구" * 40)
    content = encode(new_message(f"unit/{'x' * 32}", f"room/SIM-{'W' * 24}", 2**41, body))
    assert len(content) <= DECISION_BYTES
    assert len(body.findings) + body.more == count
    assert [line.name for line in body.findings] == [finding.name for finding in findings[: len(body.findings)]]
    assert decode(content).body == body


def test_fourteen_findings_of_the_chest_with_their_boxes_lose_none_that_matters() -> None:
    findings = tuple(Finding(name, 0.8, Decision.PRESENT, 0.5, 1000, True, Box(100.0, 200.0, 300.0, 400.0)) for name in CHEST_FINDINGS)
    body = decision_of(findings, unit_name="구급 31")
    assert (len(body.findings), body.more) == (14, 0)


def test_a_decision_says_what_is_present_then_uncertain_and_counts_the_absent() -> None:
    findings = (
        Finding("Mass", 0.30, Decision.UNCERTAIN, 0.4, 5, False),
        Finding("Hernia", 0.01, Decision.ABSENT, 0.4, 5, False),
        Finding("Edema", 0.70, Decision.PRESENT, 0.4, 5, False),
        Finding("Nodule", 0.02, Decision.ABSENT, 0.4, 5, False),
        Finding("Effusion", 0.90, Decision.PRESENT, 0.4, 5, False),
    )
    body = decision_of(findings)
    # The first three are the top three; one of them was called absent and stands there with that word.
    assert [(line.name, line.decision) for line in body.findings] == [
        ("Edema", Decision.PRESENT),
        ("Mass", Decision.UNCERTAIN),
        ("Hernia", Decision.ABSENT),
        ("Effusion", Decision.PRESENT),
    ]
    assert (body.absent, body.more) == (2, 0)


def spine_decision(reading: Reading, crews: Adjustment | None = None) -> DecisionBody:
    case = Case(ID, 1, None, None, None, now(), CaseState.OPEN, 0, None)
    offer = Offer(ID, ID, ID, "SIM-EAST", "x", None, None, 1, None, None, (), OfferState.ASKED, now(), now(), None, None, None)
    return decision(case, offer, reading, unit_name="구급 31", revision=1, asked=3, exposure_age_s=0.0, urgency=Urgency.NONE, crews=crews)


def told_of(reading: Reading) -> LandmarksLine | None:
    return spine_decision(reading).landmarks


def test_a_spines_angles_are_told_in_tenths_with_how_far_off_they_may_be() -> None:
    reading = spine()
    body = spine_decision(reading)
    assert (body.findings, body.absent, body.more) == ((), 0, 0)
    assert [line.name for line in body.measures] == list(ANGLES)
    for line in body.measures:
        own = reading.measurements[line.name]
        assert line.tenths / 10 == pytest.approx(own.value, abs=0.05)
        assert own.margin is not None
        assert line.margin_tenths is not None
        assert 0 <= line.margin_tenths / 10 - own.margin < 0.1, "never less than it is"
        assert line.validated == own.validated
    assert body.landmarks is not None
    assert (body.landmarks.columns, body.landmarks.rows) == (reading.columns, reading.rows)
    assert body.landmarks.points[LANDMARKS.index("S1_front")] == (2855, 3462)
    content = encode(new_message(f"unit/{'x' * 32}", "room/SIM-EAST", 2**41, body))
    assert len(content) <= DECISION_BYTES
    assert decode(content).body == body


def test_points_that_the_crew_has_moved_go_beside_the_boxs_own_and_still_fit() -> None:
    reading = replace(spine(), rows=65_000, columns=65_000)
    far = {name: (x + 60_000, y + 60_000) for name, (x, y) in moved(S1_front=(9.0, -6.0)).items()}
    reading = replace(
        reading, landmarks={name: replace(own, x=own.x + 60_000, y=own.y + 60_000) for name, own in reading.landmarks.items()}
    )
    made = replace(now(), mono_ms=now().mono_ms - 90_000)
    body = spine_decision(reading, Adjustment(ID, ID, "crew", made, far, {}))
    assert body.landmarks is not None
    assert body.landmarks.moved is not None
    differ = [name for name, one, other in zip(LANDMARKS, body.landmarks.points, body.landmarks.moved, strict=True) if one != other]
    assert differ == ["S1_front"]
    assert body.landmarks.moved_age_s == 90
    content = encode(new_message(f"unit/{'x' * 32}", "room/SIM-EAST", 2**41, body))
    assert len(content) <= DECISION_BYTES
    assert decode(content).body == body
    untouched = spine_decision(reading, Adjustment(ID, ID, "crew", made, own_points(reading), {}))
    assert untouched.landmarks is not None
    assert untouched.landmarks.moved is None
    for wrong in ((None, *body.landmarks.points[1:]), ((655_350, 655_350), *body.landmarks.points[1:])):
        with pytest.raises(ValidationError):
            LandmarksLine.model_validate({**body.landmarks.model_dump(), "moved": wrong})


def test_a_landmark_that_was_not_found_is_none_and_one_beside_the_picture_is_on_its_border() -> None:
    found = {name: own for name, own in spine().landmarks.items() if name != "hip_2"}
    told = told_of(spine(landmarks={**found, "hip_1": replace(found["hip_1"], x=-3.0, y=999.0)}))
    assert told is not None
    assert told.points[LANDMARKS.index("hip_2")] is None
    assert told.points[LANDMARKS.index("hip_1")] == (0, 5120)
    assert told_of(spine(landmarks={}, measurements={})) is None
    with pytest.raises(ValidationError):
        LandmarksLine.model_validate({**told.model_dump(), "columns": 100})
    with pytest.raises(ValidationError):
        LandmarksLine.model_validate({**told.model_dump(), "points": told.points[:5]})


def test_a_decision_that_was_kept_before_a_field_came_is_read_and_one_without_what_is_needed_is_not() -> None:
    body = decision_of(())
    whole = cbor2.loads(encode(new_message("unit/u", "room/SIM-EAST", 0, body)))
    fields = whole[-1]
    assert len(fields) == [*DecisionBody.model_fields].index("model") + 1, "no more than an end can read that does not know the others yet"
    every = [*fields, [], None]
    assert len(every) == len(DecisionBody.model_fields)
    for right in (every, every[:-1]):
        assert decode(cbor2.dumps([*whole[:-1], right])).body == body
    for wrong in (fields[:-1], [*every, 1], []):
        with pytest.raises(MessageError):
            decode(cbor2.dumps([*whole[:-1], wrong]))


def test_a_picture_that_was_not_assessed_has_no_measures_either() -> None:
    line = MeasureLine(name="pelvic_tilt", tenths=140, margin_tenths=None, validated=False)
    whole = decision_of(()).model_copy(update={"urgency": None, "top3": (), "refusal": Refusal.UNLIKE_TRAINING})
    assert DecisionBody.model_validate(whole.model_dump()).refusal is Refusal.UNLIKE_TRAINING
    with pytest.raises(ValidationError):
        DecisionBody.model_validate({**whole.model_dump(), "measures": (line.model_dump(),)})


@pytest.mark.parametrize("reason", list(Refusal))
def test_a_refusal_is_sent_as_one(reason: Refusal) -> None:
    case = Case(ID, 1, None, None, None, now(), CaseState.OPEN, 0, None)
    offer = Offer(ID, ID, ID, "SIM-EAST", "x", None, None, 1, None, None, (), OfferState.ASKED, now(), now(), None, None, None)
    body = decision(case, offer, refused_reading(reason), unit_name="Unit", revision=1, asked=3, exposure_age_s=0.0, urgency=None)
    assert (body.refusal, body.urgency, body.findings, body.absent, body.top3) == (reason, None, (), 0, ())


def test_an_answer_without_a_reason_stays_without_one() -> None:
    body = AnswerBody(offer_id=ID, token=0, answer=AnswerKind.ACCEPT, at_ms=0)
    found = decode(encode(new_message("room/SIM-EAST", "unit/u", 0, body))).body
    assert isinstance(found, AnswerBody)
    assert (found.reason, found.note, found.who) == (None, None, None)


ANSWER = {"offer_id": ID, "token": 3, "answer": "accept", "note": "door 2", "at_ms": 5}


def answered(body: dict[str, object]) -> AnswerBody:
    message = decode(cbor2.dumps([1, "answer", b"x" * 16, "room/SIM-EAST", "unit/u", 0, body]))
    assert isinstance(message.body, AnswerBody)
    return message.body


def test_an_answer_of_a_hospital_that_knows_no_conditions_is_understood_and_it_understands_one_without() -> None:
    body = answered(ANSWER)
    assert (body.conditions, body.wait_min, body.for_min) == ((), None, None)
    assert cbor2.loads(encode(new_message("room/SIM-EAST", "unit/u", 0, body)))[6] == ANSWER


@pytest.mark.parametrize(
    "wrong",
    [
        {"conditions": ["something_else"]},
        {"conditions": ["ct_first", "ct_first"]},
        {"wait_min": 0},
        {"wait_min": 1441},
        {"for_min": 30},
        {"answer": "decline", "conditions": ["ct_first"]},
        {"answer": "decline", "wait_min": 15},
        {"answer": "withdraw", "for_min": 30},
        {"something_newer": 1},
    ],
)
def test_what_belongs_to_another_answer_or_to_none_is_refused(wrong: dict[str, object]) -> None:
    assert answered({**ANSWER, "conditions": ["ct_first", "no_icu_bed"], "wait_min": 15}).wait_min == 15
    with pytest.raises(MessageError, match="malformed body"):
        answered({**ANSWER, **wrong})
