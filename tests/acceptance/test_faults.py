"""Kills at every rung while cases keep coming, the short form of ``python -m tests.acceptance.faults``."""

import pytest

from edge_app.link.brokers import mosquitto
from tests.acceptance.faults import killed, table_of_kills, table_of_rows

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]

# Each of the eight that can be killed at least once.
CYCLES = 8


@pytest.mark.skipif(mosquitto() is None, reason="mosquitto is not installed")
def test_whatever_is_killed_nothing_is_lost_doubled_or_at_odds() -> None:
    row, kills = killed(seed=7, cycles=CYCLES)
    told = "\n".join([*table_of_kills(kills), *table_of_rows([row]), *row.found.faults])
    assert row.found.whole, told
    assert (row.found.lost, row.found.twice) == (0, 0)
    assert len({kill.process for kill in kills}) == 8, told
    # So that there was something to lose.
    assert row.found.cases >= CYCLES, told
    assert row.found.words >= CYCLES, told
