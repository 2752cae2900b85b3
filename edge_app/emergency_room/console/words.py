"""Sentences of the console, put together from the catalogues: who the patient is and what matters in the picture."""

from enum import StrEnum

from flask_babel import gettext

from edge_app.link.decision import DecisionBody
from edge_app.reading.finding import Decision
from edge_app.screens.formatting import degrees, finding_word
from edge_app.screens.languages import with_subject_particle

_MOST_NAMED = 2


class Matter(StrEnum):
    """What a decision says, in one word. UNREAD, NOTHING_FOUND and MEASURED never look or read alike."""

    UNREAD = "unread"
    SUSPECTED = "suspected"
    UNCERTAIN = "uncertain"
    NOT_EXCLUDED = "not_excluded"
    NOTHING_FOUND = "nothing_found"
    MEASURED = "measured"


_WITHOUT_NAMES = frozenset({Matter.UNREAD, Matter.NOT_EXCLUDED, Matter.NOTHING_FOUND, Matter.MEASURED})


def matter_of(decision: DecisionBody) -> Matter:
    """What the decision says. A message in which nothing was assessed is UNREAD, whatever else it lacks."""
    decisions = {finding.decision for finding in decision.findings}
    if decision.refusal is not None:
        return Matter.UNREAD
    if not decisions and decision.absent == decision.more == decision.undecided == 0:
        return Matter.MEASURED if decision.measures else Matter.UNREAD
    if Decision.PRESENT in decisions:
        return Matter.SUSPECTED
    # What did not fit into the message was present or called uncertain.
    if decision.more or any(finding.called for finding in decision.findings):
        return Matter.UNCERTAIN
    if Decision.UNCERTAIN in decisions or decision.undecided:
        return Matter.NOT_EXCLUDED
    return Matter.NOTHING_FOUND


def _named(decision: DecisionBody, matter: Matter) -> str:
    wanted = Decision.PRESENT if matter is Matter.SUSPECTED else Decision.UNCERTAIN
    order = {name: place for place, name in enumerate(decision.top3)}
    lines = [finding for finding in decision.findings if finding.decision is wanted and finding.called]
    lines.sort(key=lambda finding: (order.get(finding.name, len(order)), -finding.permille))
    names = [finding_word(finding.name) for finding in lines[:_MOST_NAMED]] or [gettext("console.unlisted")]
    return str(gettext("console.list_comma")).join(name[:1].lower() + name[1:] for name in names)


def only_finding(decision: DecisionBody) -> str | None:
    """The finding of a protocol that looks for nothing else; None of any other."""
    unlisted = decision.more + decision.undecided + decision.absent
    unlisted -= sum(finding.decision is Decision.ABSENT for finding in decision.findings)
    return decision.findings[0].name if len(decision.findings) == 1 and not unlisted else None


def _without_names(decision: DecisionBody, matter: Matter, key: str) -> str:
    """Of a protocol that looks for one finding, its name all the same: nothing is said of anything else."""
    only = None if matter in (Matter.UNREAD, Matter.MEASURED) else only_finding(decision)
    if only is None:
        return str(gettext(f"console.{key}.{matter}"))
    named = finding_word(only)
    return str(gettext(f"console.{key}.one_{matter}", names=named[:1].lower() + named[1:] if matter is Matter.NOTHING_FOUND else named))


def sentence_of(decision: DecisionBody) -> str:
    """The one sentence over the picture."""
    matter = matter_of(decision)
    if matter in _WITHOUT_NAMES:
        return _without_names(decision, matter, "sentence")
    named = _named(decision, matter)
    return str(gettext(f"console.sentence.{matter}", names=named, subject=with_subject_particle(named)))


def summary_of(decision: DecisionBody) -> str:
    """The sentence, short enough for a line of the queue; where something was measured, what."""
    matter = matter_of(decision)
    if matter is Matter.MEASURED:
        told = " ".join(f"{gettext('measurement.short.' + line.name)} {degrees(line.tenths / 10)}" for line in decision.measures)
        return str(gettext("console.summary.measured", angles=told))
    if matter in _WITHOUT_NAMES:
        return _without_names(decision, matter, "summary")
    return str(gettext(f"console.summary.{matter}", names=_named(decision, matter)))


def patient_of(decision: DecisionBody) -> str:
    """Sex and age band; never a name."""
    sex = gettext(f"console.sex.{decision.sex if decision.sex in {'F', 'M'} else 'unknown'}")
    age = decision.age_years
    if age is None:
        band = gettext("console.age.unknown")
    elif age < 1:
        band = gettext("console.age.infant")
    elif age < 10:
        band = gettext("console.age.child")
    elif age >= 100:
        band = gettext("console.age.hundred")
    else:
        band = gettext("console.age.decade", decade=age // 10 * 10)
    return str(gettext("console.patient", sex=sex, age=band))
