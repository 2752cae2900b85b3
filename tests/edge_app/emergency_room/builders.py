"""What a unit would send, for the tests of the emergency room."""

from functools import cache
from io import BytesIO

from PIL import Image

from edge_app.database import Database
from edge_app.emergency_room.inbox import Inbox
from edge_app.errors import Refusal
from edge_app.link.decision import DecisionBody, FindingLine, LandmarksLine, MeasureLine
from edge_app.link.messages import Body, GrantedBody, Message, PreviewBody, RegionBody, StandDownBody, StandDownReason, encode, new_message
from edge_app.reading.finding import Decision, Protocol, Urgency
from edge_app.simulator.chest import marked, simulated_chest

ROOM = "room/SIM-EAST"
UNIT = "unit/unit-31"
OFFER = "0" * 31 + "1"
OTHER = "0" * 31 + "2"

PNEUMONIA = FindingLine(
    name="Pneumonia",
    permille=810,
    threshold_permille=520,
    decision=Decision.PRESENT,
    positives=214,
    validated=True,
    box=(140, 520, 260, 240),
)
INFILTRATION = FindingLine(
    name="Infiltration", permille=640, threshold_permille=470, decision=Decision.PRESENT, positives=173, validated=True
)
EFFUSION = FindingLine(name="Effusion", permille=380, threshold_permille=350, decision=Decision.UNCERTAIN, positives=0, validated=False)


def decision(offer_id: str = OFFER, **changes: object) -> DecisionBody:
    """A request as a unit sends it; ``changes`` replace fields."""
    values: dict[str, object] = {
        "offer_id": offer_id,
        "token": 1,
        "revision": 1,
        "unit_name": "구급 31",
        "case_number": 7,
        "sex": "M",
        "age_years": 64,
        "pre_ktas": 2,
        "protocol": Protocol.CHEST,
        "refusal": None,
        "urgency": Urgency.URGENT,
        "findings": (PNEUMONIA, INFILTRATION, EFFUSION),
        "absent": 11,
        "top3": ("Pneumonia", "Infiltration", "Effusion"),
        "eta_s": 532,
        "asked": 3,
        "exposure_age_s": 12,
        "model": "9f3c1a",
    }
    return DecisionBody.model_validate({**values, **changes})


def refused(offer_id: str = OFFER, reason: Refusal = Refusal.UNLIKE_TRAINING, **changes: object) -> DecisionBody:
    """A request with a picture the box did not read."""
    return decision(offer_id, **{"refusal": reason, "urgency": None, "findings": (), "absent": 0, "top3": (), **changes})


def tuberculous(
    offer_id: str = OFFER,
    *,
    said: Decision = Decision.PRESENT,
    permille: int = 830,
    others: tuple[FindingLine, ...] = (),
    **changes: object,
) -> DecisionBody:
    """A request of a picture that was read for tuberculosis, called from 30 % on."""
    line = FindingLine(name="Tuberculosis", permille=permille, threshold_permille=300, decision=said, positives=84, validated=True)
    fields: dict[str, object] = {
        "protocol": Protocol.TUBERCULOSIS,
        "findings": (line, *others),
        "top3": ("Tuberculosis", *(other.name for other in others)),
        "urgency": Urgency.DELAYED,
        "absent": int(said is Decision.ABSENT),
    }
    return decision(offer_id, **{**fields, **changes})


def nothing_found(offer_id: str = OFFER, **changes: object) -> DecisionBody:
    """A request with a picture that was read and in which nothing was found."""
    return decision(offer_id, **{"urgency": Urgency.NONE, "findings": (), "absent": 14, "top3": (), **changes})


def measured(offer_id: str = OFFER, **changes: object) -> DecisionBody:
    """A request with a spine: two angles of it, neither of which stands on patients; the hips were not found."""
    lines = (("sacral_slope", 402, 26), ("lumbar_lordosis", 511, 48))
    measures = tuple(MeasureLine(name=name, tenths=tenths, margin_tenths=margin, validated=False) for name, tenths, margin in lines)
    fields = {"protocol": Protocol.SPINE, "urgency": Urgency.NONE, "findings": (), "absent": 0, "top3": (), "measures": measures}
    return decision(offer_id, **{**fields, **changes})


TOLD = ((2760, 640), (2160, 760), (2855, 3462), (2395, 3075), (2840, 4310), (2960, 4390))
"""Where the landmarks of ``spine`` lie on a picture of 512 × 512, in tenths: tilt 14°, slope 40°, lordosis 51°, incidence 54°."""


def spine(offer_id: str = OFFER, **changes: object) -> DecisionBody:
    """A request with a spine whose four angles were measured, and the points that they rest on."""
    lines = (("pelvic_tilt", 143, 16), ("sacral_slope", 401, 30), ("lumbar_lordosis", 514, 42), ("pelvic_incidence", 543, 24))
    measures = tuple(MeasureLine(name=name, tenths=tenths, margin_tenths=margin, validated=False) for name, tenths, margin in lines)
    landmarks = LandmarksLine(columns=512, rows=512, points=TOLD)
    return measured(offer_id, **{"measures": measures, "landmarks": landmarks, **changes})


def preview(offer_id: str = OFFER, revision: int = 1) -> PreviewBody:
    """A simulated radiograph as rung 3 carries it."""
    return PreviewBody(offer_id=offer_id, revision=revision, media_type="image/webp", columns=512, rows=512, content=_webp())


def region(offer_id: str = OFFER, revision: int = 1) -> RegionBody:
    """The part of it that matters as rung 2 carries it."""
    return RegionBody(
        offer_id=offer_id,
        revision=revision,
        media_type="image/webp",
        box=(100, 500, 500, 400),
        columns=512,
        rows=512,
        content=_webp(),
    )


@cache
def _webp() -> bytes:
    chest = simulated_chest(31, 512, 512)
    buffer = BytesIO()
    Image.fromarray((marked(chest) >> (chest.bits - 8)).astype("uint8")).save(buffer, "WEBP", quality=70)
    return buffer.getvalue()


def granted(offer_id: str = OFFER, token: int = 2, code: str = "4471", *, by_phone: bool = False, asking: int = 1) -> GrantedBody:
    """The lease."""
    return GrantedBody(offer_id=offer_id, token=token, asking=asking, code=code, by_phone=by_phone, who="Dr. Kim" if by_phone else None)


def stand_down(offer_id: str = OFFER, token: int = 2, *, reason: StandDownReason = StandDownReason.OTHER_ACCEPTED) -> StandDownBody:
    """Another hospital accepted, or whatever else ended it."""
    return StandDownBody(offer_id=offer_id, token=token, reason=reason)


def message_of(body: Body) -> Message:
    """The body in an envelope of its own."""
    return new_message(UNIT, ROOM, 1_700_000_000_000, body)


def deliver(database: Database, *bodies: Body) -> None:
    """Let the bodies arrive, each as a message of its own."""
    inbox = Inbox(database, ROOM)
    for body in bodies:
        message = message_of(body)
        inbox.keep(message, encode(message))
