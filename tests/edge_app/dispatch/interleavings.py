"""Many more random interleavings of one case than a test has time for: ``python -m tests.edge_app.dispatch.interleavings 100000``.

The box's real dispatch, three real emergency rooms with databases of their own, and a link that loses, repeats and reorders. Every one ends
with the same invariants as the test; what fails is shrunk and printed. Where there is memory for it, set TMPDIR to a file system in memory.
"""

import argparse
import sys
import time
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from edge_app.casebook import events
from edge_app.dispatch import leasing, service
from edge_app.triage import rules_in_force
from tests.edge_app.dispatch.test_offers import OneCase

LENGTHS = (8, 15, 30)
"""How long an interleaving may be, by turns: short ones reach many beginnings, long ones what only long histories lead to."""


def run(examples: int) -> Counter[str]:
    """Run that many interleavings, and count what was applied by event and outcome."""
    applied: Counter[str] = Counter()
    rules = rules_in_force(None)

    def counted(*arguments: object) -> None:
        detail = arguments[5] if len(arguments) > 5 else {}
        if isinstance(detail, dict) and "outcome" in detail:
            applied[f"{detail['event']}: {detail['outcome']}"] += 1
        return events.record(*arguments)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        # Parsing the rules anew for each would take a third of the time.
        patch.setattr(service, "rules_in_force", lambda _own: rules)
        patch.setattr(leasing, "record", counted)
        for length in LENGTHS:
            limits = settings(
                max_examples=-(-examples // len(LENGTHS)),
                stateful_step_count=length,
                deadline=None,
                phases=(Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
                database=None,
            )
            run_state_machine_as_test(OneCase, settings=limits)
    return applied


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("examples", type=int)
    wanted = parser.parse_args().examples
    began = time.monotonic()
    found = run(wanted)
    rows = [f"{wanted} interleavings held every invariant, in {time.monotonic() - began:.0f} s"]
    rows += [f"{count:9d}  {what}" for what, count in found.most_common()]
    sys.stdout.write("\n".join(rows) + "\n")
