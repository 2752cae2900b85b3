"""Every rule that ships holds exactly at its edge, not beside it, and what is not known is said."""

from dataclasses import replace

import pytest

from edge_app.errors import Refusal
from edge_app.reading.finding import Decision, Measurement, NotAssessed, Protocol, Reading, Timing, Urgency
from edge_app.triage import STEPS, About, Because, Evidence, Lack, Need, Rule, Vitals, judge, judge_reading, read_table
from edge_app.triage.conditions import AgeCondition, years
from tests.edge_app.triage.builders import all_absent, finding, meeting, severity, vitals, without

TABLE = read_table()
RULES = {rule.name: rule for rule in TABLE.rules}


@pytest.mark.parametrize("rule", TABLE.rules, ids=RULES)
def test_it_holds_at_its_edge(rule: Rule) -> None:
    judgement = judge(meeting(rule.when), TABLE)
    assert rule in judgement.held
    assert STEPS.index(judgement.urgency) >= STEPS.index(rule.urgency)
    assert rule.needs <= judgement.needs


@pytest.mark.parametrize("rule", TABLE.rules, ids=RULES)
def test_it_does_not_hold_beside_any_of_its_edges(rule: Rule) -> None:
    for condition in rule.when:
        judgement = judge(meeting(rule.when, outside=condition), TABLE)
        assert rule not in judgement.held
        assert rule not in [one.rule for one in judgement.unjudged]


@pytest.mark.parametrize("rule", [rule for rule in TABLE.rules if rule.plain is None], ids=lambda rule: rule.name)
def test_what_is_not_known_is_said_and_lowers_nothing(rule: Rule) -> None:
    for evidence in without(meeting(rule.when), rule):
        judgement = judge(evidence, TABLE)
        assert rule not in judgement.held
        (unjudged,) = (one for one in judgement.unjudged if one.rule == rule)
        assert unjudged.lacks
        assert all(lack.because is Because.NOT_KNOWN for lack in unjudged.lacks)
        alone = judge(Evidence(evidence.findings), TABLE)
        assert STEPS.index(judgement.urgency) >= STEPS.index(alone.urgency)


def test_the_upper_edge_of_an_age_band_is_outside_of_it() -> None:
    for rule in TABLE.rules:
        for condition in rule.when:
            if isinstance(condition, AgeCondition) and condition.age_below is not None:
                evidence = replace(meeting(rule.when), age_years=years(condition.age_below))
                assert rule not in judge(evidence, TABLE).held


def test_a_failing_patient_makes_an_uncertain_pneumothorax_immediate() -> None:
    findings = all_absent(finding("Pneumothorax", Decision.UNCERTAIN))
    assert judge(Evidence(findings, age_years=40), TABLE).urgency is Urgency.URGENT
    for name, value in (("spo2_percent", 89.0), ("systolic_mmhg", 89.0), ("heart_rate_per_min", 131.0)):
        judgement = judge(Evidence(findings, age_years=40, vitals=vitals(**{name: value})), TABLE)
        assert judgement.urgency is Urgency.IMMEDIATE
        assert Need.THORACIC_SURGERY_ICU in judgement.needs


def test_vital_signs_alone_make_no_imaging_urgency() -> None:
    dying = vitals(spo2_percent=40, respiratory_rate_per_min=60, heart_rate_per_min=190, systolic_mmhg=40, gcs=3, temperature_celsius=41)
    assert judge(Evidence(all_absent(), age_years=70, vitals=dying), TABLE).urgency is Urgency.NONE


def test_severity_that_is_not_validated_raises_nothing_and_is_named() -> None:
    evidence = Evidence(all_absent(), severity(brixia=18, validated=False), age_years=70, vitals=vitals(spo2_percent=80))
    judgement = judge(evidence, TABLE)
    assert judgement.urgency is Urgency.NONE
    assert Lack(About.SEVERITY, "brixia", Because.NOT_VALIDATED) in judgement.wanting


@pytest.mark.parametrize(
    ("measurement", "because"),
    [
        (Measurement(0.6, "1", 0.89, validated=True), Because.NOT_TRUSTED),
        (Measurement(60, "%", 0.95, validated=True), Because.OTHER_UNIT),
        (Measurement(float("nan"), "1", 0.95, validated=True), Because.NOT_KNOWN),
    ],
)
def test_a_measurement_that_cannot_be_relied_on_is_not_known(measurement: Measurement, because: Because) -> None:
    evidence = Evidence(all_absent(), None, {"cardiothoracic_ratio": measurement}, "PA", 50)
    judgement = judge(evidence, TABLE)
    assert judgement.urgency is Urgency.NONE
    assert Lack(About.MEASUREMENT, "cardiothoracic_ratio", because) in judgement.wanting


def test_a_large_heart_on_an_anteroposterior_picture_is_not_judged_large() -> None:
    measured = {"cardiothoracic_ratio": Measurement(0.58, "1", 0.95, validated=True)}
    assert judge(Evidence(all_absent(), None, measured, "PA", 50), TABLE).urgency is Urgency.DELAYED
    assert judge(Evidence(all_absent(), None, measured, "AP", 50), TABLE).urgency is Urgency.NONE


def test_only_what_could_still_add_something_is_wanted() -> None:
    nothing_found = Evidence(all_absent(), severity(), {}, "AP", 50)
    assert judge(nothing_found, TABLE).wanting == ()
    pneumonia = replace(nothing_found, findings=all_absent(finding("Pneumonia", Decision.PRESENT)))
    assert {lack.name for lack in judge(pneumonia, TABLE).wanting} == {
        "spo2_percent",
        "systolic_mmhg",
        "respiratory_rate_per_min",
        "gcs",
    }


def read(urgency: Urgency, *names: str) -> Reading:
    findings = all_absent(*(finding(name, Decision.PRESENT) for name in names))
    return Reading(Protocol.CHEST, None, None, findings, urgency, (), Timing(), {}, "")


def test_a_stored_reading_is_raised_and_never_lowered() -> None:
    worse, better = vitals(spo2_percent=85), vitals(spo2_percent=98)
    pneumonia = read(Urgency.URGENT, "Pneumonia")
    for known, expected in ((worse, Urgency.IMMEDIATE), (better, Urgency.URGENT), (Vitals(), Urgency.URGENT)):
        judgement = judge_reading(pneumonia, 50, known, TABLE)
        assert judgement is not None
        assert judgement.urgency is expected
    before = judge_reading(read(Urgency.IMMEDIATE, "Hernia"), 50, Vitals(), TABLE)
    assert before is not None
    assert before.urgency is Urgency.IMMEDIATE


def test_a_picture_that_was_not_assessed_gets_no_urgency_from_vital_signs() -> None:
    refused = Reading(Protocol.CHEST, NotAssessed(Refusal.TRUNCATED, "x"), None, (), None, (), Timing(), {}, "")
    assert judge_reading(refused, 50, vitals(spo2_percent=60), TABLE) is None


def test_a_stored_finding_the_table_does_not_know_keeps_the_urgency_of_its_reading() -> None:
    reading = Reading(Protocol.CHEST, None, None, (finding("Foreign_Body", Decision.PRESENT),), Urgency.URGENT, (), Timing(), {}, "")
    judgement = judge_reading(reading, 50, Vitals(), TABLE)
    assert judgement is not None
    assert judgement.urgency is Urgency.URGENT


@pytest.mark.parametrize(("name", "value"), [("spo2_percent", 101), ("spo2_percent", float("nan")), ("gcs", 2), ("systolic_mmhg", -1)])
def test_vital_signs_that_nobody_has_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        vitals(**{name: value})
