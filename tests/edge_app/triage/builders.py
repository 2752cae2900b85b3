"""Evidence for the rules, and evidence that meets one rule exactly at its edge."""

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from edge_app.clock import ClockSource, Stamp
from edge_app.reading.finding import Decision, Finding, Measurement, Score, Severity
from edge_app.triage.conditions import (
    AgeCondition,
    Condition,
    Evidence,
    FindingCondition,
    Limit,
    MeasurementCondition,
    SeverityCondition,
    ViewCondition,
    VitalCondition,
    years,
)
from edge_app.triage.table import Rule
from edge_app.triage.vitals import Entered, Vitals
from edge_app.triage.vocabulary import FINDINGS, SCORES, VITALS

AT = Stamp(1_700_000_000_000, 1000, "boot", ClockSource.SYNCHRONISED, 1)


def finding(name: str, decision: Decision, *, validated: bool = False) -> Finding:
    return Finding(name, 0.5, decision, 0.5, 0, validated)


def all_absent(*but: Finding) -> tuple[Finding, ...]:
    """Every finding the table knows, absent where not given."""
    given = {each.name for each in but}
    return (*but, *(finding(name, Decision.ABSENT) for name in FINDINGS if name not in given))


def vitals(**values: float) -> Vitals:
    return Vitals(**{name: Entered(value, AT) for name, value in values.items()})


def severity(*, validated: bool = True, **points: float) -> Severity:
    def score(value: float, maximum: float) -> Score:
        return Score(value, maximum, 1.5, 1.9, validated)

    zones = tuple(score(0, 3) for _ in range(6))
    return Severity(**{name: score(points.get(name, 0), most) for name, most in SCORES.items()}, zones=zones)  # type: ignore[arg-type]


def edge(limit: Limit, step: float | None = None) -> float:
    """The number nearest to a limit that still keeps it; ``step`` None: the next number that a computer knows."""
    if limit.at_least is not None or limit.at_most is not None:
        return limit.number
    if step is None:
        return math.nextafter(limit.number, math.inf if limit.upwards else -math.inf)
    return limit.number + (step if limit.upwards else -step)


def just_outside(limit: Limit, step: float | None = None) -> float:
    """The number nearest to a limit that does not keep it any more."""
    if limit.above is not None or limit.below is not None:
        return limit.number
    if step is None:
        return math.nextafter(limit.number, -math.inf if limit.upwards else math.inf)
    return limit.number - (step if limit.upwards else -step)


def meeting(when: Iterable[Condition], *, outside: Condition | None = None) -> Evidence:
    """Evidence that keeps every condition at its edge, or all but ``outside``, which is missed by as little as can be."""
    findings: list[Finding] = []
    points: dict[str, float] = {}
    measured: dict[str, Measurement] = {}
    entered: dict[str, float] = {}
    view: str | None = None
    age: float | None = None
    for condition in when:
        missed = condition is outside
        pick = just_outside if missed else edge
        match condition:
            case FindingCondition():
                decision = Decision.ABSENT if missed else Decision("present" if condition.decision == "present" else "uncertain")
                findings.append(finding(condition.finding, decision, validated=condition.validated))
            case SeverityCondition():
                points[condition.severity] = pick(condition)
            case MeasurementCondition():
                measured[condition.measurement] = Measurement(pick(condition), condition.unit, condition.trust, validated=True)
            case VitalCondition():
                entered[condition.vital] = pick(condition, VITALS[condition.vital].step)
            case ViewCondition():
                view = "LL" if missed else condition.view
            case AgeCondition():
                if condition.age_from is None:
                    assert condition.age_below is not None
                    age = years(condition.age_below) if missed else math.nextafter(years(condition.age_below), 0)
                else:
                    age = math.nextafter(years(condition.age_from), 0) if missed else years(condition.age_from)
    return Evidence(all_absent(*findings), severity(validated=True, **points) if points else None, measured, view, age, vitals(**entered))


def without(evidence: Evidence, rule: Rule) -> list[Evidence]:
    """The same evidence with one thing that the rule asks for unknown, for each of them but the findings."""
    fields: dict[str, Any] = {"severity": None, "measurements": {}, "view": None, "age_years": None, "vitals": Vitals()}
    asked = {
        SeverityCondition: "severity",
        MeasurementCondition: "measurements",
        ViewCondition: "view",
        AgeCondition: "age_years",
        VitalCondition: "vitals",
    }
    names = [asked[type(each)] for each in rule.when if type(each) in asked]
    unknown: list[dict[str, Any]] = [{name: fields[name]} for name in names]
    return [replace(evidence, **one) for one in unknown]
