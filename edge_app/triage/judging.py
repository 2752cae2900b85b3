"""From what is known of a picture and its patient to imaging urgency, needs, the rules that held and those that could not be judged."""

from dataclasses import dataclass, replace

from edge_app.reading.finding import Reading, Urgency
from edge_app.triage.conditions import About, Evidence, Lack
from edge_app.triage.table import Rule, Table
from edge_app.triage.vitals import Vitals
from edge_app.triage.vocabulary import STEPS, Need


@dataclass(frozen=True)
class Unjudged:
    """A rule of which nothing failed, but of which something was not known; what that was."""

    rule: Rule
    lacks: tuple[Lack, ...]


@dataclass(frozen=True)
class Judgement:
    """What the rules say.

    ``held`` in the table's order; ``unjudged`` are those that might hold if more were known: not known is never "does not hold".
    """

    urgency: Urgency
    needs: frozenset[Need]
    held: tuple[Rule, ...]
    unjudged: tuple[Unjudged, ...]

    @property
    def wanting(self) -> tuple[Lack, ...]:
        """What would have to be known to judge a rule that could still add something, once each, in the table's order.

        A finding that this protocol does not look for is left out: no one at hand can supply it.
        """
        lacks: dict[Lack, None] = {}
        for one in self.unjudged:
            adds = STEPS.index(one.rule.urgency) > STEPS.index(self.urgency) or not one.rule.needs <= self.needs
            if adds and all(lack.about is not About.FINDING for lack in one.lacks):
                lacks.update(dict.fromkeys(one.lacks))
        return tuple(lacks)


def most_urgent(*urgencies: Urgency) -> Urgency:
    """The most urgent of them; NONE where there are none."""
    return max(urgencies, key=STEPS.index, default=Urgency.NONE)


def judge(evidence: Evidence, table: Table) -> Judgement:
    """The most urgent of the rules that hold, and all that they ask of the hospital; NONE where everything was assessed and none holds.

    Raises:
        ValueError: nothing was assessed at all, or a finding is not one the table knows; neither may read as NONE.
    """
    if not evidence.findings and evidence.severity is None and not evidence.measurements:
        raise ValueError("nothing was assessed, so there is no urgency")
    for finding in evidence.findings:
        if not table.knows(finding.name):
            raise ValueError(f"the triage table has no row for {finding.name}")
    held: list[Rule] = []
    unjudged: list[Unjudged] = []
    for rule in table.rules:
        verdicts = [condition.judge(evidence, validated=rule.validated) for condition in rule.when]
        lacks = tuple(verdict for verdict in verdicts if isinstance(verdict, Lack))
        if any(verdict is False for verdict in verdicts):
            continue
        if lacks:
            unjudged.append(Unjudged(rule, lacks))
        else:
            held.append(rule)
    return Judgement(
        most_urgent(*(rule.urgency for rule in held)),
        frozenset(need for rule in held for need in rule.needs),
        tuple(held),
        tuple(unjudged),
    )


def judge_reading(reading: Reading, age_years: float | None, vitals: Vitals, table: Table) -> Judgement | None:
    """A stored reading judged anew with what is known of its patient by now; None where the picture was not assessed.

    It can only raise what the reading itself says: neither an edited table nor better vital signs take back what was said of the picture.
    """
    if reading.urgency is None:
        return None
    findings = tuple(finding for finding in reading.findings if table.knows(finding.name))
    evidence = Evidence(findings, reading.severity, reading.measurements, reading.view, age_years, vitals)
    if not findings and reading.severity is None and not reading.measurements:
        return Judgement(reading.urgency, frozenset(), (), ())
    judgement = judge(evidence, table)
    return replace(judgement, urgency=most_urgent(reading.urgency, judgement.urgency))
