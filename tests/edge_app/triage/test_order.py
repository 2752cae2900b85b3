"""Whatever is known more or is worse never makes a picture less urgent, and in which order it is known does not matter."""

from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edge_app.reading.finding import Decision, Finding, Measurement, Severity
from edge_app.triage import FINDINGS, STEPS, VITALS, Evidence, Judgement, Vitals, judge, read_table
from tests.edge_app.triage.builders import finding, severity, vitals

TABLE = read_table()
WORSE = {Decision.ABSENT: Decision.UNCERTAIN, Decision.UNCERTAIN: Decision.PRESENT}
MIDDLE = {"respiratory_rate_per_min": 16, "heart_rate_per_min": 80, "systolic_mmhg": 120, "temperature_celsius": 37}

decisions = st.dictionaries(st.sampled_from(FINDINGS), st.sampled_from(list(Decision)), min_size=1)
entered = st.fixed_dictionaries({}, optional={name: st.integers(int(vital.least), int(vital.most)) for name, vital in VITALS.items()})
severities = st.none() | st.builds(
    lambda brixia, validated: severity(brixia=brixia, validated=validated), st.integers(0, 18), st.booleans()
)
measured = st.fixed_dictionaries(
    {},
    optional={
        "cardiothoracic_ratio": st.builds(
            lambda value, trust: Measurement(value, "1", trust, validated=True), st.floats(0.3, 0.8), st.floats(0, 1)
        )
    },
)
ages = st.none() | st.floats(0, 105)
views = st.sampled_from([None, "PA", "AP", "LL"])


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    named = draw(decisions)
    findings = tuple(finding(name, decision) for name, decision in named.items())
    return Evidence(findings, draw(severities), draw(measured), draw(views), draw(ages), vitals(**draw(entered)))


def at_least(more: Judgement, less: Judgement) -> bool:
    return STEPS.index(more.urgency) >= STEPS.index(less.urgency) and less.needs <= more.needs


@given(evidences(), st.randoms())
def test_the_order_of_findings_does_not_matter(evidence: Evidence, random: Random) -> None:
    shuffled = list(evidence.findings)
    random.shuffle(shuffled)
    assert judge(replace(evidence, findings=tuple(shuffled)), TABLE) == judge(evidence, TABLE)


@given(evidences(), decisions)
def test_more_findings_never_lower(evidence: Evidence, more: dict[str, Decision]) -> None:
    known = {each.name for each in evidence.findings}
    added = tuple(finding(name, decision) for name, decision in more.items() if name not in known)
    assert at_least(judge(replace(evidence, findings=(*evidence.findings, *added)), TABLE), judge(evidence, TABLE))


@given(evidences(), st.data())
def test_a_surer_finding_never_lowers(evidence: Evidence, data: st.DataObject) -> None:
    chosen = data.draw(st.sampled_from(evidence.findings))
    surer = finding(chosen.name, WORSE.get(chosen.decision, chosen.decision))
    findings: tuple[Finding, ...] = tuple(surer if each is chosen else each for each in evidence.findings)
    more, less = judge(replace(evidence, findings=findings), TABLE), judge(evidence, TABLE)
    assert at_least(more, less)


def worse(name: str, value: float) -> list[int]:
    """Every whole number that is worse for the patient than ``value`` on its own side of the middle."""
    vital = VITALS[name]
    if not vital.worse_high or (name in MIDDLE and value <= MIDDLE[name]):
        return list(range(int(vital.least), int(value) + 1))
    return list(range(int(value), int(vital.most) + 1))


@settings(max_examples=200)
@given(evidences(), st.data())
def test_worse_vital_signs_never_lower(evidence: Evidence, data: st.DataObject) -> None:
    values = {name: entry.value for name, entry in evidence.vitals.known()}
    worsened = {name: data.draw(st.sampled_from(worse(name, value)), label=name) for name, value in values.items()}
    assert at_least(judge(replace(evidence, vitals=vitals(**worsened)), TABLE), judge(evidence, TABLE))


@given(evidences(), st.integers(0, 18))
def test_a_higher_score_never_lowers(evidence: Evidence, brixia: int) -> None:
    if evidence.severity is None:
        return
    higher = max(float(brixia), evidence.severity.brixia.value)
    raised: Severity = severity(brixia=higher, validated=evidence.severity.brixia.validated)
    assert at_least(judge(replace(evidence, severity=raised), TABLE), judge(evidence, TABLE))


@given(evidences(), st.sets(st.sampled_from([*VITALS, "severity", "measurements", "view", "age_years"])))
def test_what_is_not_known_never_lowers_what_the_known_says(evidence: Evidence, forgotten: set[str]) -> None:
    """Knowing more holds at least what knowing less held, and of what was not known nothing is said to be negative."""
    blank: dict[str, Any] = {"severity": None, "measurements": {}, "view": None, "age_years": None}
    kept = {name: entry.value for name, entry in evidence.vitals.known() if name not in forgotten}
    gone: dict[str, Any] = {name: blank[name] for name in forgotten if name in blank}
    less = replace(evidence, vitals=vitals(**kept), **gone)
    known, judged = judge(evidence, TABLE), judge(less, TABLE)
    assert at_least(known, judged)
    open_names = {one.rule.name for one in judged.unjudged}
    assert {rule.name for rule in known.held} <= {rule.name for rule in judged.held} | open_names
    assert at_least(judged, judge(Evidence(evidence.findings, vitals=Vitals()), TABLE))
