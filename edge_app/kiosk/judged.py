"""Urgency as the kiosk shows it: the reading's own, judged anew with the vital signs that the crew has entered by now."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from edge_app.casebook.cases import Case
from edge_app.casebook.readings import StoredReading, together
from edge_app.casebook.vitals import vitals_of
from edge_app.config import Settings
from edge_app.database import Database
from edge_app.kiosk.views import ResultView
from edge_app.reading.finding import Reading, Urgency
from edge_app.screens.parts import UNREAD, looked_for, urgency_code
from edge_app.triage import STEPS, InForce, Judgement, Lack, Need, judge_reading, rules_in_force
from edge_app.triage.table import Because

SENTENCES_SHOWN = 3


@lru_cache(maxsize=8)
def rules_of(site: Path | None) -> InForce:
    """The rules in force since this process first asked; a file that is changed counts from the next start, as all settings do."""
    return rules_in_force(site)


@dataclass(frozen=True)
class WhyView:
    """Why the urgency is what it is, the most urgent reason first, and what would have to be known to judge further.

    ``more`` is how many reasons are not listed. ``rules_fault``: the site's own rules are broken, and those that ship are used.
    """

    urgency: Urgency | None
    urgency_code: str
    because: tuple[Because, ...]
    more: int
    wanting: tuple[Lack, ...]
    rules_fault: bool


def _judge(database: Database, case: Case, whole: Reading, rules: InForce) -> Judgement | None:
    return judge_reading(whole, case.age_years, vitals_of(database, case.id), rules.table)


def with_urgency(
    database: Database, case: Case, reading: StoredReading, result: ResultView | None, settings: Settings
) -> ResultView | None:
    """The result with the urgency as it is judged now."""
    rules = rules_of(settings.triage.rules)
    judgement = _judge(database, case, together(database, reading), rules)
    if result is None or judgement is None:
        return result
    return replace(result, urgency=judgement.urgency, rules_fault=rules.fault is not None)


def needs_of(database: Database, case: Case, reading: StoredReading | None, settings: Settings) -> frozenset[Need]:
    """What the hospital must have, as it is judged now; nothing where there is no reading or the picture was not assessed."""
    judgement = None if reading is None else _judge(database, case, together(database, reading), rules_of(settings.triage.rules))
    return frozenset() if judgement is None else judgement.needs


def why_view(database: Database, case: Case, reading: StoredReading | None, settings: Settings) -> WhyView:
    """The reasons for a reading's urgency; none where there is no reading or the picture was not assessed."""
    rules = rules_of(settings.triage.rules)
    whole = None if reading is None else together(database, reading)
    judgement = None if whole is None else _judge(database, case, whole, rules)
    if whole is None or judgement is None:
        return WhyView(None, UNREAD, (), 0, (), rules.fault is not None)
    held = [rule for rule in judgement.held if rule.urgency is not Urgency.NONE]
    held.sort(key=lambda rule: (-STEPS.index(rule.urgency), rule.plain is not None))
    shown = tuple(rule.because for rule in held[:SENTENCES_SHOWN])
    told = urgency_code(judgement.urgency, looked=looked_for(whole))
    return WhyView(judgement.urgency, told, shown, len(held) - len(shown), judgement.wanting, rules.fault is not None)
