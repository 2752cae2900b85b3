"""What a rule asks for: conditions on findings, severity, measurements, the view, vital signs and the age.

A condition on something that is not known neither holds nor fails; it says what it lacks.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from edge_app.reading.finding import Decision, Finding, Measurement, Score, Severity
from edge_app.triage.vitals import Vitals
from edge_app.triage.vocabulary import FINDINGS, MEASUREMENTS, SCORES, VIEWS, VITALS

_AGE = re.compile(r"(\d{1,3}) (day|month|year)s?")
_YEARS = {"day": 1 / 365.25, "month": 1 / 12, "year": 1.0}


class Because(StrEnum):
    """Why a condition could not be judged."""

    NOT_KNOWN = "not_known"
    NOT_VALIDATED = "not_validated"
    NOT_TRUSTED = "not_trusted"
    OTHER_UNIT = "other_unit"


class About(StrEnum):
    """What a condition is about."""

    FINDING = "finding"
    SEVERITY = "severity"
    MEASUREMENT = "measurement"
    VIEW = "view"
    VITAL = "vital"
    AGE = "age"


@dataclass(frozen=True)
class Lack:
    """What was missing to judge a condition. ``name`` is the finding, score, measurement or vital sign."""

    about: About
    name: str
    because: Because


@dataclass(frozen=True)
class Evidence:
    """Everything that the rules may look at. ``view`` is DICOM's ViewPosition; None and empty are "not known"."""

    findings: tuple[Finding, ...]
    severity: Severity | None = None
    measurements: Mapping[str, Measurement] = field(default_factory=dict)
    view: str | None = None
    age_years: float | None = None
    vitals: Vitals = field(default_factory=Vitals)


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _among(value: str, known: tuple[str, ...], what: str) -> str:
    if value not in known:
        raise ValueError(f"{value!r} is no {what}; there are {', '.join(known)}")
    return value


class Limit(_Closed):
    """A number's limit, exactly one of four."""

    at_least: Annotated[float, Field(allow_inf_nan=False)] | None = None
    above: Annotated[float, Field(allow_inf_nan=False)] | None = None
    at_most: Annotated[float, Field(allow_inf_nan=False)] | None = None
    below: Annotated[float, Field(allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if sum(value is not None for value in (self.at_least, self.above, self.at_most, self.below)) != 1:
            raise ValueError("exactly one of at_least, above, at_most and below is needed")
        return self

    @property
    def upwards(self) -> bool:
        """Whether larger numbers hold."""
        return self.at_least is not None or self.above is not None

    @property
    def number(self) -> float:
        """The limit itself."""
        return next(value for value in (self.at_least, self.above, self.at_most, self.below) if value is not None)

    @property
    def sign(self) -> str:
        """The limit as a sign of comparison."""
        if self.upwards:
            return "≥" if self.above is None else ">"
        return "≤" if self.below is None else "<"

    def holds(self, value: float) -> bool:
        """Whether a number keeps it. NaN keeps none."""
        if self.at_least is not None:
            return value >= self.at_least
        if self.above is not None:
            return value > self.above
        if self.at_most is not None:
            return value <= self.at_most
        return self.below is not None and value < self.below


class FindingCondition(_Closed):
    """A finding was called so. ABSENT is no ground for urgency and cannot be asked for."""

    finding: str
    decision: Literal["present", "uncertain", "present_or_uncertain"]
    validated: bool = False

    @field_validator("finding")
    @classmethod
    def _known(cls, value: str) -> str:
        return _among(value, FINDINGS, "finding")

    @property
    def subject(self) -> tuple[About, str]:
        """What it is about."""
        return About.FINDING, self.finding

    def judge(self, evidence: Evidence, *, validated: bool) -> bool | Lack:
        """Whether it holds. ``validated`` is the rule's own demand, which for findings counts only where this condition makes it."""
        named = [finding for finding in evidence.findings if finding.name == self.finding]
        if not named:
            return Lack(*self.subject, Because.NOT_KNOWN)
        decisions = (Decision.PRESENT, Decision.UNCERTAIN) if self.decision == "present_or_uncertain" else (Decision(self.decision),)
        # Of what is uncertain only that counts which is at its threshold: nearly everything is not excluded on nearly every picture.
        so = [finding for finding in named if finding.decision in decisions and finding.called]
        if so and self.validated and not any(finding.validated for finding in so):
            return Lack(*self.subject, Because.NOT_VALIDATED)
        return bool(so)


class SeverityCondition(Limit):
    """A severity score has so many points or more."""

    severity: str
    validated: bool | None = None

    @field_validator("severity")
    @classmethod
    def _known(cls, value: str) -> str:
        return _among(value, tuple(SCORES), "severity score")

    @model_validator(mode="after")
    def _within(self) -> Self:
        if not self.upwards:
            raise ValueError("fewer points are never more urgent: at_least or above is needed")
        if not 0 <= self.number <= SCORES[self.severity]:
            raise ValueError(f"{self.severity} has 0 to {SCORES[self.severity]:g} points")
        return self

    @property
    def subject(self) -> tuple[About, str]:
        """What it is about."""
        return About.SEVERITY, self.severity

    def judge(self, evidence: Evidence, *, validated: bool) -> bool | Lack:
        """Whether it holds; ``validated``: the rule demands it where this condition does not say otherwise."""
        if evidence.severity is None:
            return Lack(*self.subject, Because.NOT_KNOWN)
        score: Score = getattr(evidence.severity, self.severity)
        if not math.isfinite(score.value):
            return Lack(*self.subject, Because.NOT_KNOWN)
        if (validated if self.validated is None else self.validated) and not score.validated:
            return Lack(*self.subject, Because.NOT_VALIDATED)
        return self.holds(score.value)


class MeasurementCondition(Limit):
    """A measurement in that unit lies beyond a limit, and rests on outlines of at least so much trust."""

    measurement: str
    unit: str
    trust: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    validated: bool | None = None

    @field_validator("measurement")
    @classmethod
    def _known(cls, value: str) -> str:
        return _among(value, tuple(MEASUREMENTS), "measurement")

    @model_validator(mode="after")
    def _in_its_unit(self) -> Self:
        _among(self.unit, MEASUREMENTS[self.measurement], f"unit of {self.measurement}")
        return self

    @property
    def subject(self) -> tuple[About, str]:
        """What it is about."""
        return About.MEASUREMENT, self.measurement

    def judge(self, evidence: Evidence, *, validated: bool) -> bool | Lack:
        """Whether it holds; ``validated``: the rule demands it where this condition does not say otherwise."""
        measured = evidence.measurements.get(self.measurement)
        if measured is None or not math.isfinite(measured.value):
            return Lack(*self.subject, Because.NOT_KNOWN)
        if measured.unit != self.unit:
            return Lack(*self.subject, Because.OTHER_UNIT)
        # A measurement without a trust rests on no outline, so there is nothing that could be too little.
        if measured.trust is not None and not measured.trust >= self.trust:
            return Lack(*self.subject, Because.NOT_TRUSTED)
        if (validated if self.validated is None else self.validated) and not measured.validated:
            return Lack(*self.subject, Because.NOT_VALIDATED)
        return self.holds(measured.value)


class ViewCondition(_Closed):
    """The picture was taken in that projection, as its own header says."""

    view: str

    @field_validator("view")
    @classmethod
    def _known(cls, value: str) -> str:
        return _among(value, VIEWS, "view")

    @property
    def subject(self) -> tuple[About, str]:
        """What it is about."""
        return About.VIEW, "view"

    def judge(self, evidence: Evidence, *, validated: bool) -> bool | Lack:
        """Whether it holds; ``validated`` has no say in it."""
        return Lack(*self.subject, Because.NOT_KNOWN) if not evidence.view else evidence.view == self.view


class VitalCondition(Limit):
    """A vital sign lies beyond a limit, in a direction in which it gets worse."""

    vital: str

    @field_validator("vital")
    @classmethod
    def _known(cls, value: str) -> str:
        return _among(value, tuple(VITALS), "vital sign")

    @model_validator(mode="after")
    def _worse(self) -> Self:
        vital = VITALS[self.vital]
        if not (vital.worse_high if self.upwards else vital.worse_low):
            raise ValueError(f"a {'higher' if self.upwards else 'lower'} {self.vital} is better, and better is never more urgent")
        if not vital.least <= self.number <= vital.most:
            raise ValueError(f"{self.vital} lies between {vital.least:g} and {vital.most:g}")
        return self

    @property
    def subject(self) -> tuple[About, str]:
        """What it is about."""
        return About.VITAL, self.vital

    def judge(self, evidence: Evidence, *, validated: bool) -> bool | Lack:
        """Whether it holds; ``validated`` has no say in it."""
        value = evidence.vitals.value(self.vital)
        return Lack(*self.subject, Because.NOT_KNOWN) if value is None else self.holds(value)


def years(text: str) -> float:
    """An age such as "2 months" in years."""
    found = _AGE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no age such as '2 months' or '16 years'")
    return int(found.group(1)) * _YEARS[found.group(2)]


class AgeCondition(_Closed):
    """The patient's age lies in a band: from the first age on, below the second."""

    age_from: str | None = None
    age_below: str | None = None

    @field_validator("age_from", "age_below")
    @classmethod
    def _an_age(cls, value: str | None) -> str | None:
        if value is not None:
            years(value)
        return value

    @model_validator(mode="after")
    def _a_band(self) -> Self:
        if self.age_from is not None and self.age_below is not None and years(self.age_from) >= years(self.age_below):
            raise ValueError("age_from lies above age_below, so nobody is meant")
        return self

    @property
    def subject(self) -> tuple[About, str]:
        """What it is about."""
        return About.AGE, "age"

    def judge(self, evidence: Evidence, *, validated: bool) -> bool | Lack:
        """Whether it holds; ``validated`` has no say in it."""
        age = evidence.age_years
        if age is None or not math.isfinite(age):
            return Lack(*self.subject, Because.NOT_KNOWN)
        return (self.age_from is None or age >= years(self.age_from)) and (self.age_below is None or age < years(self.age_below))


_KINDS = {
    "finding": FindingCondition,
    "severity": SeverityCondition,
    "measurement": MeasurementCondition,
    "view": ViewCondition,
    "vital": VitalCondition,
    "age_from": AgeCondition,
    "age_below": AgeCondition,
}
KINDS = frozenset(kind.__name__ for kind in _KINDS.values())


def _kind(value: Any) -> str | None:
    if isinstance(value, Mapping):
        for key, kind in _KINDS.items():
            if key in value:
                return kind.__name__
        return None
    return type(value).__name__


Condition = Annotated[
    Annotated[FindingCondition, Tag("FindingCondition")]
    | Annotated[SeverityCondition, Tag("SeverityCondition")]
    | Annotated[MeasurementCondition, Tag("MeasurementCondition")]
    | Annotated[ViewCondition, Tag("ViewCondition")]
    | Annotated[VitalCondition, Tag("VitalCondition")]
    | Annotated[AgeCondition, Tag("AgeCondition")],
    Discriminator(
        _kind,
        custom_error_type="no_condition",
        custom_error_message="a condition needs one of finding, severity, measurement, view, vital, age_from and age_below",
    ),
]
IMAGING = (FindingCondition, SeverityCondition, MeasurementCondition)
