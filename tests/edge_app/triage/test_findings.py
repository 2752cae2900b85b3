"""The table covers what can be found, and nothing in it reads as health."""

import itertools
from collections.abc import Sequence

import pytest

from edge_app.reading.chest_measurements import CARDIOTHORACIC_RATIO, LEFT_LUNG_AREA, LUNG_AREA_RATIO, RATIO, RIGHT_LUNG_AREA
from edge_app.reading.finding import Decision, Finding, Urgency
from edge_app.reading.protocols.chest import CHEST_FINDINGS
from edge_app.reading.protocols.swallow import BELOW
from edge_app.reading.swallow import ASPIRATION, PENETRATION
from edge_app.triage import FINDINGS, STEPS, Evidence, Need, judge, read_table
from edge_app.triage.vocabulary import MEASUREMENTS
from tests.edge_app.triage.builders import finding

TABLE = read_table()
DANGEROUS = {"Pneumothorax", "Edema", "Consolidation", "Pneumonia", "Effusion", "Tuberculosis", "Aspiration"}


def urgency(findings: Sequence[Finding]) -> Urgency:
    return judge(Evidence(tuple(findings)), TABLE).urgency


def needs(findings: Sequence[Finding]) -> frozenset[Need]:
    return judge(Evidence(tuple(findings)), TABLE).needs


def test_every_chest_finding_is_known() -> None:
    assert set(CHEST_FINDINGS) <= set(FINDINGS)


def test_what_a_video_tells_is_known() -> None:
    assert set(BELOW) <= set(FINDINGS)


@pytest.mark.parametrize("name", BELOW)
def test_whoever_swallows_the_wrong_way_needs_ears_nose_and_throat(name: str) -> None:
    for decision in (Decision.PRESENT, Decision.UNCERTAIN):
        assert needs([finding(name, decision)]) == {Need.EAR_NOSE_THROAT}
    assert needs([finding(name, Decision.ABSENT)]) == frozenset()


def test_below_the_folds_is_worse_than_above_them() -> None:
    below, above = (urgency([finding(name, Decision.PRESENT)]) for name in (ASPIRATION, PENETRATION))
    assert STEPS.index(below) > STEPS.index(above)
    assert urgency([finding(ASPIRATION, Decision.PRESENT), finding(PENETRATION, Decision.PRESENT)]) is below


def test_the_measurements_are_those_that_are_taken() -> None:
    assert {CARDIOTHORACIC_RATIO, RIGHT_LUNG_AREA, LEFT_LUNG_AREA, LUNG_AREA_RATIO} <= MEASUREMENTS.keys()
    assert MEASUREMENTS[CARDIOTHORACIC_RATIO] == (RATIO,)


@pytest.mark.parametrize("name", FINDINGS)
def test_every_finding_has_both_rules_once(name: str) -> None:
    assert sorted(rule.plain[1] for rule in TABLE.rules if rule.plain is not None and rule.plain[0] == name) == ["present", "uncertain"]


@pytest.mark.parametrize("name", FINDINGS)
def test_uncertain_is_one_step_less(name: str) -> None:
    present, uncertain = (urgency([finding(name, decision)]) for decision in (Decision.PRESENT, Decision.UNCERTAIN))
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
        ("Aspiration", Decision.PRESENT, Urgency.URGENT),
        ("Aspiration", Decision.ABSENT, Urgency.NONE),
        ("Penetration", Decision.PRESENT, Urgency.DELAYED),
        ("Penetration", Decision.ABSENT, Urgency.NONE),
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


def test_needs_are_those_of_all_findings_not_absent() -> None:
    assert needs([finding("Pneumothorax", Decision.UNCERTAIN), finding("Edema", Decision.PRESENT)]) == {
        Need.THORACIC_SURGERY_ICU,
        Need.ICU,
        Need.VENTILATOR,
    }
    assert needs([finding("Pneumothorax", Decision.ABSENT), finding("Nodule", Decision.PRESENT)]) == frozenset()
    assert needs([finding("Tuberculosis", Decision.PRESENT)]) == {Need.NEGATIVE_PRESSURE}


@pytest.mark.parametrize("name", FINDINGS)
def test_what_is_merely_not_excluded_is_no_ground_for_urgency(name: str) -> None:
    below = Finding(name, 0.2, Decision.UNCERTAIN, 0.5, 100, validated=True)
    assert urgency([below]) is Urgency.NONE
