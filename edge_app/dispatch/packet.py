"""What a hospital is sent first: rung 1, which is decidable on its own and fits a thousand bytes when it is sealed."""

import math
from collections.abc import Mapping

from pydantic import ValidationError

from edge_app.casebook.adjustments import Adjustment
from edge_app.casebook.cases import Case
from edge_app.casebook.offers import Offer
from edge_app.clock import now
from edge_app.errors import MessageError
from edge_app.link.decision import DecisionBody, FindingLine, LandmarksLine, MeasureLine
from edge_app.link.messages import encode, new_message
from edge_app.reading.adjusting import is_adjustable, moved_points, own_points
from edge_app.reading.finding import Box, Decision, Finding, Point, Reading, Urgency
from edge_app.reading.protocols import METHODS
from edge_app.reading.spinopelvic import ANGLES, LANDMARKS

SEALING_BYTES = 160
"""What sealing and signing will add: an ephemeral X25519 key (32), a nonce (12), AES-GCM's tag (16), Ed25519 (64), what frames them."""
DECISION_BYTES = 1000 - SEALING_BYTES
MOST_LISTED = 14
"""What a message may list at most."""


def _permille(value: float, whole: float) -> int:
    return max(0, min(1000, round(1000 * value / whole))) if whole > 0 else 0


def in_thousandths(box: Box, columns: int, rows: int) -> tuple[int, int, int, int]:
    """A box in thousandths of a picture of that size, as messages carry it."""
    return _permille(box.x, columns), _permille(box.y, rows), _permille(box.width, columns), _permille(box.height, rows)


def _box(box: Box | None, reading: Reading) -> tuple[int, int, int, int] | None:
    if box is None or reading.columns is None or reading.rows is None:
        return None
    return in_thousandths(box, reading.columns, reading.rows)


def _line(finding: Finding, reading: Reading) -> FindingLine:
    return FindingLine(
        name=finding.name,
        permille=_permille(finding.probability, 1.0),
        threshold_permille=_permille(finding.threshold, 1.0),
        decision=finding.decision,
        positives=finding.positives,
        validated=finding.validated,
        box=_box(finding.box, reading),
        simulated=finding.simulated,
    )


def _measures(reading: Reading) -> tuple[MeasureLine, ...]:
    """The angles of a spine, in their order."""
    found = [(name, reading.measurements[name]) for name in ANGLES if name in reading.measurements]
    return tuple(
        MeasureLine(
            name=name,
            tenths=round(10 * own.value),
            margin_tenths=None if own.margin is None else math.ceil(10 * own.margin),
            validated=own.validated,
        )
        for name, own in found
    )


def _landmarks(reading: Reading, crews: Adjustment | None) -> LandmarksLine | None:
    """The points that a doctor may move, and where the crew has moved them; None of a reading that has none."""
    if not is_adjustable(reading) or reading.columns is None or reading.rows is None:
        return None
    size = reading.columns, reading.rows

    def tenths(point: Point) -> tuple[int, ...]:
        return tuple(max(0, min(10 * most, round(10 * at))) for at, most in zip(point, size, strict=True))

    def told(points: Mapping[str, Point]) -> tuple[tuple[int, ...] | None, ...]:
        return tuple(tenths(points[name]) if name in points else None for name in LANDMARKS)

    fields: dict[str, object] = {"columns": size[0], "rows": size[1], "points": told(own_points(reading))}
    if crews is not None and moved_points(reading, crews.points):
        fields |= {"moved": told(crews.points), "moved_age_s": int(max(0.0, now().seconds_since(crews.made)))}
    return LandmarksLine.model_validate(fields)


def decision(
    case: Case,
    offer: Offer,
    reading: Reading,
    *,
    urgency: Urgency | None,
    unit_name: str,
    revision: int,
    asked: int,
    exposure_age_s: float,
    crews: Adjustment | None = None,
) -> DecisionBody:
    """Rung 1 of an offer: what is present or called uncertain, most certain first, and how many findings are neither.

    ``urgency`` is the reading's as the rules judge it now, with the vital signs known by now; ``crews`` are its landmarks as the crew has
    moved them.

    Findings that are absent or only not excluded are counted, not listed; the top three are always listed. Where it would not fit, the
    least certain of the others are counted as ``more``.

    Raises:
        MessageError: the reading holds a value that no message may.
    """
    listed = [finding for finding in reading.findings if finding.called or finding.name in reading.top3]
    listed.sort(key=lambda finding: (finding.name not in reading.top3, finding.decision is not Decision.PRESENT, -finding.probability))
    age_years = case.age_years if case.age_years is not None and 0 <= case.age_years <= 130 else None
    fields = {
        "offer_id": offer.id,
        "token": case.fencing_token,
        "revision": revision,
        "asking": offer.asked_revision,
        "unit_name": unit_name,
        "case_number": case.number,
        "sex": case.sex[:1] if case.sex else None,
        "age_years": None if age_years is None else int(age_years),
        "pre_ktas": case.pre_ktas,
        "protocol": reading.protocol,
        "refusal": None if reading.refusal is None else reading.refusal.reason,
        "urgency": urgency,
        "absent": sum(finding.decision is Decision.ABSENT for finding in reading.findings),
        "unproven": sum(finding.decision is Decision.ABSENT and not finding.validated for finding in reading.findings),
        "undecided": sum(finding.decision is Decision.UNCERTAIN for finding in reading.findings if finding not in listed),
        "unfamiliar": reading.unfamiliar,
        "top3": reading.top3,
        "eta_s": offer.eta_s,
        "asked": asked,
        "exposure_age_s": int(exposure_age_s),
        "model": _model(reading)[:12],
        "measures": _measures(reading),
        "landmarks": _landmarks(reading, crews),
    }
    lines = [_line(finding, reading) for finding in listed]
    for keep in range(min(len(lines), MOST_LISTED), -1, -1):
        try:
            body = DecisionBody.model_validate({**fields, "findings": tuple(lines[:keep]), "more": len(lines) - keep})
        except ValidationError as error:
            raise MessageError(f"a decision could not be made of this reading: {error.error_count()} fields") from None
        if len(encode(new_message(f"unit/{'x' * 32}", f"room/{offer.hpid}", 2**41, body))) <= DECISION_BYTES:
            return body
    raise MessageError("a decision does not fit rung 1")


def _model(reading: Reading) -> str:
    """The hash of the card of the model that the protocol cannot do without; empty where it was not asked."""
    method = METHODS.get(reading.protocol)
    return "" if method is None else next((reading.models[name] for name in method.requires if name in reading.models), "")
