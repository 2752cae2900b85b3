"""The table in words: one line a rule for a terminal, or a table in Markdown."""

from collections.abc import Iterator

from edge_app.triage.conditions import (
    AgeCondition,
    Condition,
    FindingCondition,
    Limit,
    MeasurementCondition,
    SeverityCondition,
    ViewCondition,
    VitalCondition,
)
from edge_app.triage.table import InForce, Rule, Table
from edge_app.triage.vocabulary import STEPS, VITALS, Need

_NAMES = {
    "spo2_percent": "SpO₂",
    "respiratory_rate_per_min": "breaths",
    "heart_rate_per_min": "heart rate",
    "systolic_mmhg": "systolic pressure",
    "temperature_celsius": "temperature",
    "gcs": "GCS",
}
_NEEDS = {
    Need.NEGATIVE_PRESSURE: "negative pressure",
    Need.NEONATAL_ICU: "newborn ICU",
    Need.CHILD_ICU: "child ICU",
    Need.THORACIC_SURGERY_ICU: "thoracic surgery ICU",
    Need.ICU: "ICU",
    Need.VENTILATOR: "ventilator",
    Need.SURFACTANT: "surfactant",
    Need.EAR_NOSE_THROAT: "ear, nose and throat",
    Need.ORTHOPAEDICS: "orthopaedics",
}
NOTICE = "Research prototype, not a medical device. A starting point for the site's own doctors to review."
_COLUMNS = ("Urgency", "Rule", "When all of this holds", "The hospital needs", "Because", "Source")


def _limit(limit: Limit) -> str:
    return f"{limit.sign} {limit.number:g}"


def condition_words(condition: Condition, *, validated: bool) -> str:
    """A condition as one reads it; ``validated``: the rule demands that of scores and measurements which do not say otherwise."""
    match condition:
        case FindingCondition():
            words = f"{condition.finding} {condition.decision.replace('_', ' ')}"
            return f"{words} (validated)" if condition.validated else words
        case SeverityCondition():
            words = f"{condition.severity} {_limit(condition)}"
        case MeasurementCondition():
            unit = "" if condition.unit == "1" else f" {condition.unit}"
            words = f"{condition.measurement} {_limit(condition)}{unit}, trust ≥ {condition.trust:g}"
        case ViewCondition():
            return f"view {condition.view}"
        case VitalCondition():
            return f"{_NAMES[condition.vital]} {_limit(condition)} {VITALS[condition.vital].unit}".rstrip()
        case AgeCondition():
            parts = [
                f"from {condition.age_from}" if condition.age_from else "",
                f"below {condition.age_below}" if condition.age_below else "",
            ]
            return "age " + " ".join(filter(None, parts))
    return f"{words} (validated)" if (validated if condition.validated is None else condition.validated) else words


def _ordered(table: Table) -> list[Rule]:
    """The most urgent first, else as in the files."""
    return sorted(table.rules, key=lambda rule: -STEPS.index(rule.urgency))


def _cells(rule: Rule) -> tuple[str, ...]:
    when = " and ".join(condition_words(condition, validated=rule.validated) for condition in rule.when)
    needs = ", ".join(f"{_NEEDS[need]} ({need})" for need in sorted(rule.needs))
    return str(rule.urgency), rule.name + (" *" if rule.site else ""), when, needs or "–", rule.because.en, rule.source


def heading(in_force: InForce) -> Iterator[str]:
    """Which table it is, and whose."""
    table = in_force.table
    yield NOTICE
    own = sum(rule.site for rule in table.rules)
    whose = "as shipped" if table.site is None else f"{own} of the site (*), from {table.site}"
    yield f"{len(table.rules)} rules, {whose}; {table.digest[:12]}. The most urgent rule that holds decides; needs of all that hold add up."


def as_text(in_force: InForce) -> str:
    """The table for a terminal: what holds and what follows on one line a rule."""
    rows = [_cells(rule) for rule in _ordered(in_force.table)]
    wide = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [*heading(in_force), ""]
    lines += [f"{row[0]:<{wide[0]}}  {row[1]:<{wide[1]}}  {row[2]:<{wide[2]}}  {row[3]}" for row in rows]
    return "\n".join(lines)


def as_markdown(in_force: InForce) -> str:
    """The table as Markdown, with the sentences and the sources."""
    rows = [_COLUMNS, ("---",) * len(_COLUMNS), *(_cells(rule) for rule in _ordered(in_force.table))]
    lines = ["# Urgency", "", *(f"{line}\n" for line in heading(in_force))]
    return "\n".join([*lines, *("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)])
