"""The triage table covers what can be found, and nothing in it reads as health."""

import itertools

import pytest

from edge_app.reading.finding import Decision, Finding, Urgency
from edge_app.reading.protocols.chest import CHEST_FINDINGS
from edge_app.triage import RULES, Need, needs, urgency

STEPS = [Urgency.NONE, Urgency.DELAYED, Urgency.URGENT, Urgency.IMMEDIATE]
DANGEROUS = {"Pneumothorax", "Edema", "Consolidation", "Pneumonia", "Effusion", "Tuberculosis"}


def finding(name: str, decision: Decision) -> Finding:
    return Finding(name, 0.5, decision, 0.5, 0, False)


def rule_urgency(name: str, decision: Decision) -> Urgency:
    return next(rule.urgency for rule in RULES if (rule.finding, rule.decision) == (name, decision))


@pytest.mark.parametrize("name", CHEST_FINDINGS)
def test_every_chest_finding_has_both_rows_once(name: str) -> None:
    assert sorted(rule.decision for rule in RULES if rule.finding == name) == [Decision.PRESENT, Decision.UNCERTAIN]


@pytest.mark.parametrize("name", sorted({rule.finding for rule in RULES}))
def test_uncertain_is_one_step_less(name: str) -> None:
    present, uncertain = rule_urgency(name, Decision.PRESENT), rule_urgency(name, Decision.UNCERTAIN)
    assert present is not Urgency.NONE
    assert STEPS.index(uncertain) == STEPS.index(present) - 1
    if name in DANGEROUS:
        assert uncertain is not Urgency.NONE


@pytest.mark.parametrize(
    ("name", "decision", "expected"),
    [
        ("Pneumothorax", Decision.PRESENT, Urgency.IMMEDIATE),
        ("Pneumothorax", Decision.UNCERTAIN, Urgency.URGENT),
        ("Pneumothorax", Decision.ABSENT, Urgency.NONE),
        ("Edema", Decision.PRESENT, Urgency.URGENT),
        ("Effusion", Decision.UNCERTAIN, Urgency.DELAYED),
        ("Fibrosis", Decision.PRESENT, Urgency.DELAYED),
        ("Fibrosis", Decision.UNCERTAIN, Urgency.NONE),
    ],
)
def test_one_finding(name: str, decision: Decision, expected: Urgency) -> None:
    assert urgency([finding(name, decision)]) is expected


def test_the_most_urgent_finding_wins_in_any_order() -> None:
    mixed = [finding("Mass", Decision.PRESENT), finding("Pneumothorax", Decision.PRESENT), finding("Effusion", Decision.UNCERTAIN)]
    for order in itertools.permutations(mixed):
        assert urgency(order) is Urgency.IMMEDIATE


def test_nothing_assessed_is_not_no_urgency() -> None:
    with pytest.raises(ValueError, match="nothing was assessed"):
        urgency([])


@pytest.mark.parametrize("decision", list(Decision))
def test_an_unknown_finding_is_not_no_urgency(decision: Decision) -> None:
    with pytest.raises(ValueError, match="no row for Foreign_Body"):
        urgency([finding("Foreign_Body", decision)])
    with pytest.raises(ValueError, match="no row for Foreign_Body"):
        needs([finding("Foreign_Body", decision)])


def test_needs_are_those_of_all_findings_not_absent() -> None:
    assert needs([finding("Pneumothorax", Decision.UNCERTAIN), finding("Edema", Decision.PRESENT)]) == {
        Need.THORACIC_SURGERY_ICU,
        Need.ICU,
        Need.VENTILATOR,
    }
    assert needs([finding("Pneumothorax", Decision.ABSENT), finding("Nodule", Decision.PRESENT)]) == frozenset()
    assert needs([finding("Tuberculosis", Decision.PRESENT)]) == {Need.NEGATIVE_PRESSURE}
