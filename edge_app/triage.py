"""From findings to imaging urgency, and to what the hospital must have.

Imaging urgency is the box's own word about the picture alone. It is not the crew's Pre-KTAS, never overwrites it, and knows
nothing of the patient: ``NONE`` means no urgent finding was found, not that the patient is well.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from edge_app.reading.finding import Decision, Finding, Urgency


class Need(StrEnum):
    """What a hospital must have, by the codes of Korea's emergency-room status board."""

    NEGATIVE_PRESSURE = "O003"
    THORACIC_SURGERY_ICU = "O016"
    ICU = "O017"
    VENTILATOR = "O030"


@dataclass(frozen=True)
class Rule:
    """One decision on one finding, how urgent it makes the picture, and what it asks of the hospital."""

    finding: str
    decision: Decision
    urgency: Urgency
    needs: frozenset[Need] = frozenset()


_PRESENT, _UNCERTAIN = Decision.PRESENT, Decision.UNCERTAIN
_IMMEDIATE, _URGENT, _DELAYED, _NONE = Urgency.IMMEDIATE, Urgency.URGENT, Urgency.DELAYED, Urgency.NONE
_LUNG_FAILURE = frozenset({Need.ICU, Need.VENTILATOR})

# An uncertain finding counts one step less than a present one. The dangerous ones stay at DELAYED or above and ask the same
# of the hospital, because being wrong about them costs more than a bed held in vain.
RULES: tuple[Rule, ...] = (
    Rule("Pneumothorax", _PRESENT, _IMMEDIATE, frozenset({Need.THORACIC_SURGERY_ICU})),
    Rule("Pneumothorax", _UNCERTAIN, _URGENT, frozenset({Need.THORACIC_SURGERY_ICU})),
    Rule("Edema", _PRESENT, _URGENT, _LUNG_FAILURE),
    Rule("Edema", _UNCERTAIN, _DELAYED, _LUNG_FAILURE),
    Rule("Consolidation", _PRESENT, _URGENT),
    Rule("Consolidation", _UNCERTAIN, _DELAYED),
    Rule("Pneumonia", _PRESENT, _URGENT),
    Rule("Pneumonia", _UNCERTAIN, _DELAYED),
    Rule("Effusion", _PRESENT, _URGENT),
    Rule("Effusion", _UNCERTAIN, _DELAYED),
    Rule("Tuberculosis", _PRESENT, _URGENT, frozenset({Need.NEGATIVE_PRESSURE})),
    Rule("Tuberculosis", _UNCERTAIN, _DELAYED, frozenset({Need.NEGATIVE_PRESSURE})),
    Rule("Cardiomegaly", _PRESENT, _DELAYED),
    Rule("Cardiomegaly", _UNCERTAIN, _NONE),
    Rule("Mass", _PRESENT, _DELAYED),
    Rule("Mass", _UNCERTAIN, _NONE),
    Rule("Nodule", _PRESENT, _DELAYED),
    Rule("Nodule", _UNCERTAIN, _NONE),
    Rule("Atelectasis", _PRESENT, _DELAYED),
    Rule("Atelectasis", _UNCERTAIN, _NONE),
    Rule("Infiltration", _PRESENT, _DELAYED),
    Rule("Infiltration", _UNCERTAIN, _NONE),
    Rule("Emphysema", _PRESENT, _DELAYED),
    Rule("Emphysema", _UNCERTAIN, _NONE),
    Rule("Fibrosis", _PRESENT, _DELAYED),
    Rule("Fibrosis", _UNCERTAIN, _NONE),
    Rule("Pleural_Thickening", _PRESENT, _DELAYED),
    Rule("Pleural_Thickening", _UNCERTAIN, _NONE),
    Rule("Hernia", _PRESENT, _DELAYED),
    Rule("Hernia", _UNCERTAIN, _NONE),
)

_BY_FINDING = {(rule.finding, rule.decision): rule for rule in RULES}
_STEPS = (_NONE, _DELAYED, _URGENT, _IMMEDIATE)


def _rules_for(findings: Iterable[Finding]) -> list[Rule]:
    hit = []
    for finding in findings:
        if (finding.name, _PRESENT) not in _BY_FINDING:
            raise ValueError(f"the triage table has no row for {finding.name}")
        if finding.decision is not Decision.ABSENT:
            hit.append(_BY_FINDING[finding.name, finding.decision])
    return hit


def urgency(findings: Iterable[Finding]) -> Urgency:
    """The most urgent rule that applies; NONE where every finding was assessed and none is urgent.

    Raises:
        ValueError: there is no finding at all, or one the table does not know; neither may read as NONE.
    """
    assessed = tuple(findings)
    if not assessed:
        raise ValueError("nothing was assessed, so there is no urgency")
    return max((rule.urgency for rule in _rules_for(assessed)), key=_STEPS.index, default=_NONE)


def needs(findings: Iterable[Finding]) -> frozenset[Need]:
    """What the hospital must have for these findings; ValueError for a finding the table does not know."""
    return frozenset(need for rule in _rules_for(findings) for need in rule.needs)
