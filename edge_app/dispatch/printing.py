"""``python -m edge_app.dispatch.printing``: the table of words and their outcomes as it is in force, in Markdown."""

import sys

from edge_app.casebook.cases import CaseState
from edge_app.casebook.offers import OfferState
from edge_app.dispatch.offers import OUTCOMES, Event, Outcome

_CASES = {
    CaseState.OPEN: "Nobody holds the case",
    CaseState.HELD: "Somebody holds it",
    CaseState.CLOSED: "The crew has closed it",
}
_NOTHING = {Outcome.NOTHING: "–"}


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cell(case: CaseState, offer: OfferState, event: Event) -> str:
    outcome = OUTCOMES.get((case, offer, event))
    return "" if outcome is None else _NOTHING.get(outcome, _words(outcome))


def table_markdown() -> str:
    """One table for each state of a case: a row for each state of the offer, a column for each word. Empty is what cannot happen."""
    parts = []
    for case, title in _CASES.items():
        rows = [offer for offer in OfferState if any((case, offer, event) in OUTCOMES for event in Event)]
        events = [event for event in Event if any((case, offer, event) in OUTCOMES for offer in rows)]
        lines = [
            f"| {title}; the offer is | {' | '.join(map(_words, events))} |",
            f"|{'---|' * (len(events) + 1)}",
            *(f"| {_words(offer)} | {' | '.join(_cell(case, offer, event) for event in events)} |" for offer in rows),
        ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(f"{table_markdown()}\n")
