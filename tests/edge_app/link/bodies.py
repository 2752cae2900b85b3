"""Every message there can be, for hypothesis."""

from hypothesis import strategies as st

from edge_app.errors import Refusal
from edge_app.link.decision import DecisionBody, FindingLine, LandmarksLine, MeasureLine
from edge_app.link.messages import (
    LEAST_PART_BYTES,
    MOST_PARTS,
    PART_BYTES,
    AnswerBody,
    AnswerKind,
    Body,
    Condition,
    DeclineReason,
    GrantedBody,
    HaveBody,
    Message,
    OpenedBody,
    OriginalBody,
    PartBody,
    PresenceBody,
    PreviewBody,
    ReceiptBody,
    RegionBody,
    ReminderBody,
    StandDownBody,
    StandDownReason,
)
from edge_app.link.position import FURTHEST_M, Approach, PositionBody
from edge_app.link.remarks import NUMBERED, DiagnosisBody, Judged, Phrase, RemarkBody, SeenBody, Verdict
from edge_app.link.status import Availability, Capability, StatusBody, StatusLine
from edge_app.radiograph.original import OriginalMedia
from edge_app.reading.finding import Decision, Protocol, Urgency
from edge_app.reading.spinopelvic import LANDMARKS

ids = st.text("0123456789abcdef", min_size=32, max_size=32)
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)
names = st.text(st.characters(codec="utf-8"), max_size=40)
counts = st.integers(0, 2**31 - 1)
positive = st.integers(1, 2**31 - 1)
permille = st.integers(0, 1000)
times = st.integers(0, 2**53 - 1)
units = st.from_regex(r"unit/[a-z0-9][a-z0-9-]{0,31}", fullmatch=True)
minutes = st.integers(1, 24 * 60)
rooms = st.from_regex(r"room/(A[0-9]{7}|SIM-[A-Z0-9-]{1,24})", fullmatch=True)

lines = st.builds(
    FindingLine,
    name=names,
    permille=permille,
    threshold_permille=permille,
    decision=st.sampled_from(Decision),
    positives=counts,
    validated=st.booleans(),
    box=st.none() | st.tuples(permille, permille, permille, permille),
)
_common = {
    "offer_id": ids,
    "token": counts,
    "revision": positive,
    "unit_name": names,
    "case_number": positive,
    "sex": st.none() | st.sampled_from("MFO"),
    "age_years": st.none() | st.integers(0, 130),
    "pre_ktas": st.none() | st.integers(1, 5),
    "protocol": st.sampled_from(Protocol),
    "eta_s": st.none() | counts,
    "asked": positive,
    "exposure_age_s": counts,
    "model": st.text(max_size=12),
}
assessed = st.builds(
    DecisionBody,
    **_common,
    refusal=st.none(),
    urgency=st.sampled_from(Urgency),
    findings=st.lists(lines, max_size=14).map(tuple),
    more=counts,
    absent=counts,
    top3=st.lists(names, max_size=3).map(tuple),
    measures=st.lists(
        st.builds(
            MeasureLine,
            name=names,
            tenths=st.integers(-10_000, 10_000),
            margin_tenths=st.none() | st.integers(0, 10_000),
            validated=st.booleans(),
        ),
        max_size=4,
    ).map(tuple),
    landmarks=st.none()
    | st.builds(
        LandmarksLine,
        columns=st.integers(100, 65535),
        rows=st.integers(100, 65535),
        points=st.lists(
            st.none() | st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=len(LANDMARKS), max_size=len(LANDMARKS)
        ).map(tuple),
    ),
)
not_assessed = st.builds(
    DecisionBody,
    **_common,
    refusal=st.sampled_from(Refusal),
    urgency=st.none(),
    findings=st.just(()),
    absent=st.just(0),
    top3=st.just(()),
)
status_lines = st.one_of(
    st.builds(
        StatusLine,
        code=st.sampled_from(Capability),
        availability=st.sampled_from(Availability),
        free=st.none() | st.integers(1, 999),
        age_s=counts,
        who=st.none() | names,
    ),
    st.builds(
        StatusLine,
        code=st.sampled_from(Capability),
        availability=st.just(Availability.CLOSED),
        free=st.just(0),
        age_s=counts,
        who=st.none(),
    ),
)
metres = st.integers(-FURTHEST_M, FURTHEST_M)
texts = st.text(min_size=1, max_size=120)
_said = {"offer_id": ids, "who": st.none() | names, "at_ms": times}
_answered = {"offer_id": ids, "token": counts, "note": st.none() | st.text(max_size=200), "who": st.none() | names, "at_ms": times}
bodies: st.SearchStrategy[Body] = st.one_of(
    assessed,
    not_assessed,
    st.builds(
        PreviewBody,
        offer_id=ids,
        revision=positive,
        media_type=st.just("image/webp"),
        columns=st.integers(1, 4096),
        rows=st.integers(1, 4096),
        content=st.binary(max_size=2000),
    ),
    st.builds(
        RegionBody,
        offer_id=ids,
        revision=positive,
        media_type=st.just("image/webp"),
        box=st.tuples(permille, permille, permille, permille),
        columns=st.integers(1, 4096),
        rows=st.integers(1, 4096),
        content=st.binary(max_size=2000),
    ),
    st.builds(
        OriginalBody,
        offer_id=ids,
        sha256=hashes,
        revision=counts,
        media_type=st.sampled_from(OriginalMedia),
        size=st.integers(1, 2**29),
        part_bytes=st.integers(LEAST_PART_BYTES, PART_BYTES),
    ),
    st.builds(PartBody, offer_id=ids, sha256=hashes, number=st.integers(0, MOST_PARTS - 1), content=st.binary(min_size=1, max_size=2000)),
    st.builds(HaveBody, offer_id=ids, sha256=hashes, number=st.integers(0, MOST_PARTS)),
    st.builds(PresenceBody, instance=st.from_regex(r"[0-9a-f]{8}", fullmatch=True)),
    st.builds(GrantedBody, offer_id=ids, token=counts, code=st.from_regex(r"[0-9]{4}", fullmatch=True)),
    st.builds(StandDownBody, offer_id=ids, token=counts, reason=st.sampled_from(StandDownReason)),
    st.builds(ReminderBody, offer_id=ids, asking=positive),
    st.builds(OpenedBody, offer_id=ids, at_ms=times),
    st.builds(
        AnswerBody,
        **_answered,
        answer=st.just(AnswerKind.ACCEPT),
        conditions=st.lists(st.sampled_from(Condition), unique=True).map(tuple),
        wait_min=st.none() | minutes,
    ),
    st.builds(
        AnswerBody,
        **_answered,
        answer=st.just(AnswerKind.DECLINE),
        reason=st.none() | st.sampled_from(DeclineReason),
        for_min=st.none() | minutes,
    ),
    st.builds(AnswerBody, **_answered, answer=st.just(AnswerKind.WITHDRAW)),
    st.builds(StatusBody, at_ms=times, lines=st.lists(status_lines, max_size=12, unique_by=lambda line: line.code).map(tuple)),
    st.builds(RemarkBody, **_said, phrase=st.sampled_from(sorted(NUMBERED)), number=st.integers(1, 999), text=st.none() | texts),
    st.builds(RemarkBody, **_said, phrase=st.none() | st.sampled_from(sorted(set(Phrase) - NUMBERED)), text=texts),
    st.builds(SeenBody, offer_id=ids, of=ids, at_ms=times),
    st.builds(
        DiagnosisBody,
        **_said,
        findings=st.lists(
            st.builds(Judged, name=names, verdict=st.sampled_from(Verdict)), min_size=1, max_size=3, unique_by=lambda one: one.name
        ).map(tuple),
        text=st.none() | st.text(max_size=200),
    ),
    st.builds(
        PositionBody,
        offer_id=ids,
        token=counts,
        number=positive,
        approach=st.none() | st.builds(Approach, north_m=metres, east_m=metres, age_s=counts, eta_s=counts, by_road=st.booleans()),
    ),
    st.builds(ReceiptBody, of=ids),
)
messages = st.builds(Message, id=ids, sender=units | rooms, recipient=units | rooms, sent_ms=times, body=bodies)
