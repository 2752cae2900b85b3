"""Rung 1, the decision message: what a doctor needs to decide about an offer, in about a thousand bytes."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from edge_app.errors import Refusal
from edge_app.link.fields import Count, Id, Name, Permille, Positive, Row, Token
from edge_app.reading.finding import Decision, Protocol, Urgency, is_called
from edge_app.reading.spinopelvic import LANDMARKS

_Tenths = Annotated[int, Field(ge=0, lt=10 * 2**16)]
_Points = Annotated[tuple[tuple[_Tenths, _Tenths] | None, ...], Field(min_length=len(LANDMARKS), max_length=len(LANDMARKS))]


class FindingLine(Row):
    """One finding in rung 1. ``box`` is x, y, width, height in thousandths of the picture; ``simulated`` as in ``Finding``."""

    name: Name
    permille: Permille
    threshold_permille: Permille
    decision: Decision
    positives: Count
    validated: bool
    box: tuple[Permille, Permille, Permille, Permille] | None = None
    simulated: bool = False

    @property
    def called(self) -> bool:
        """See ``Finding.called``."""
        return is_called(self.decision, self.permille, self.threshold_permille)


class MeasureLine(Row):
    """One measurement in rung 1, in tenths of its unit; ``margin_tenths`` as ``Measurement.margin``, ``validated`` likewise."""

    name: Name
    tenths: Annotated[int, Field(ge=-10_000, le=10_000)]
    margin_tenths: Annotated[int, Field(ge=0, le=10_000)] | None
    validated: bool


class LandmarksLine(Row):
    """The points that a spine's angles rest on, in rung 1: in tenths of a pixel of the picture that was read, ``columns`` × ``rows``.

    ``points`` are x and y, one for each of ``LANDMARKS`` in their order, None for what was not found. ``moved``: the same as the crew has
    left them, so many seconds before this was told; None where they are the box's own.
    """

    columns: Annotated[int, Field(gt=0, lt=2**16)]
    rows: Annotated[int, Field(gt=0, lt=2**16)]
    points: _Points
    moved: _Points | None = None
    moved_age_s: Count = 0

    @model_validator(mode="after")
    def _on_the_picture(self) -> Self:
        told = (*self.points, *(self.moved or ()))
        if any(point is not None and (point[0] > 10 * self.columns or point[1] > 10 * self.rows) for point in told):
            raise ValueError("a landmark lies outside of the picture")
        if self.moved is not None and [point is None for point in self.moved] != [point is None for point in self.points]:
            raise ValueError("only what was found can be moved")
        return self


class DecisionBody(Row):
    """Rung 1: what a doctor needs to decide, on its own. A later ``revision`` replaces an earlier one.

    ``asking`` is the revision with which this hospital was last asked: a higher one than before voids all that was said before.

    ``unproven`` is how many of those called ``absent`` rest on a model that is not validated for them, ``undecided`` how many more are
    uncertain below their threshold: not excluded, and not listed. ``unfamiliar`` says that the picture is unlike those that the model
    learnt from, for which nothing is called present or absent. ``measures`` are what a protocol measures that looks for nothing, and
    ``landmarks`` what those rest on.
    """

    offer_id: Id
    token: Token
    revision: Positive
    asking: Positive = 1
    unit_name: Name
    case_number: Positive
    sex: Annotated[str, Field(max_length=1)] | None
    age_years: Annotated[int, Field(ge=0, le=130)] | None
    pre_ktas: Annotated[int, Field(ge=1, le=5)] | None
    protocol: Protocol
    refusal: Refusal | None
    urgency: Urgency | None
    findings: Annotated[tuple[FindingLine, ...], Field(max_length=14)]
    more: Count = 0
    absent: Count
    unproven: Count = 0
    undecided: Count = 0
    unfamiliar: bool = False
    top3: Annotated[tuple[Name, ...], Field(max_length=3)]
    eta_s: Count | None
    asked: Positive
    exposure_age_s: Count
    model: Annotated[str, Field(max_length=12)]
    measures: Annotated[tuple[MeasureLine, ...], Field(max_length=4)] = ()
    landmarks: LandmarksLine | None = None

    @model_validator(mode="after")
    def _failure_is_no_negative(self) -> Self:
        """A picture that was not assessed carries nothing that reads like a result."""
        told = (self.findings, self.top3, self.absent, self.more, self.measures, self.landmarks)
        if self.refusal is not None and (self.urgency is not None or any(told)):
            raise ValueError("a picture that was not assessed has no findings")
        return self
