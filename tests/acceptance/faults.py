"""The whole system broken on purpose, and the reckoning: ``python -m tests.acceptance.faults [--cycles N] [--seed S]``.

Real processes throughout: kills first, each a kill -9 of one process and its return while cases keep coming, then one row for each thing
that can be wrong with a link, a disk and a clock. 0 where nothing was lost, doubled or left at odds; 1 where something was, and then
every fault is printed.
"""

import argparse
import logging
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from statistics import median

from edge_app.casebook.offers import Rung
from tests.acceptance.kills import BROKER, BROKER_FORGETS, Kill, Killer
from tests.acceptance.scenarios import SCENARIOS
from tests.acceptance.trial import NOT_OFFERED, SERVICES, Row, Trial

RUNGS = (NOT_OFFERED, *map(str, Rung))
KILL_EVERY_S = 2.0
CASE_EVERY_S = 1.0
FAULTS_SHOWN = 40


def killed(seed: int, cycles: int, tell: Callable[[int], None] = lambda _number: None) -> tuple[Row, list[Kill]]:
    """Kill and bring back so often, and reckon."""
    with Trial(seed=seed, every_s=CASE_EVERY_S) as trial:
        kills = Killer(trial, seed, KILL_EVERY_S).run(cycles, tell)
        never = [f"{kill.process} did not come back" for kill in kills if kill.back_s is None]
        return trial.come_to_rest(f"{cycles} kills", faults=never), kills


def table_of_kills(kills: Sequence[Kill]) -> list[str]:
    """Kills by process and by the rung on which the newest case stood."""
    count = Counter((kill.process, kill.rung) for kill in kills)
    names = [*SERVICES, BROKER, BROKER_FORGETS, *sorted({kill.process for kill in kills} - {*SERVICES, BROKER, BROKER_FORGETS})]
    lines = [f"{'killed':<32}" + "".join(f"{rung.replace('_', ' '):>17}" for rung in RUNGS) + f"{'all':>7}{'back after':>13}"]
    for name in names:
        back = [kill.back_s for kill in kills if kill.process == name and kill.back_s is not None]
        counts = [count[name, rung] for rung in RUNGS]
        took = f"{median(back):.1f} s" if back else "–"
        lines.append(f"{name:<32}" + "".join(f"{number:>17}" for number in counts) + f"{sum(counts):>7}{took:>13}")
    sums = [sum(count[name, rung] for name in names) for rung in RUNGS]
    return [*lines, f"{'all':<32}" + "".join(f"{number:>17}" for number in sums) + f"{sum(sums):>7}"]


def table_of_rows(rows: Sequence[Row]) -> list[str]:
    """One line for each trial. Seconds are median / 95 %."""
    names = f"{'':<40}{'cases':>7}{'words':>7}{'lost':>6}{'twice':>7}{'faults':>8}"
    head = f"{names}{'decidable s':>15}{'answer s':>13}{'kB up':>8}{'down':>7}{'took':>8}"
    return [head, *(_line(row) for row in rows)]


def _line(row: Row) -> str:
    found = row.found
    up, down = ("–" if way is None else f"{way.wire_bytes / 1000:.0f}" for way in (row.up, row.down))
    decidable, answer = ("–" if times is None else str(times) for times in (found.decidable, found.answer))
    counts = f"{found.cases:>7}{found.words:>7}{found.lost:>6}{found.twice:>7}{len(found.faults):>8}"
    return f"{row.what:<40}{counts}{decidable:>15}{answer:>13}{up:>8}{down:>7}{row.took_s:>6.0f} s  {row.note}".rstrip()


def _progress(of: int) -> Callable[[int], None]:
    def tell(number: int) -> None:
        if number % 50 == 0 or number == of:
            print(f"  {number} of {of} kills", file=sys.stderr, flush=True)

    return tell


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all, or the kills or some rows only, and print the tables."""
    names = ["kills", *(name for name, _ in SCENARIOS)]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=60, metavar="N", help="kills (default 60)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="what is drawn is drawn from this")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="ROW", help=f"some of: {' '.join(names)}")
    given = parser.parse_args(arguments)
    # That what was killed has ended is no news here.
    logging.basicConfig(level=logging.ERROR)
    rows: list[Row] = []
    if "kills" in given.only:
        row, kills = killed(given.seed, given.cycles, _progress(given.cycles))
        rows.append(row)
        print("\n".join(table_of_kills(kills)), end="\n\n", flush=True)
    for name, scenario in SCENARIOS:
        if name in given.only:
            print(f"  {name}", file=sys.stderr, flush=True)
            rows.append(scenario(given.seed))
    print("\n".join(table_of_rows(rows)))
    for row in rows:
        for fault in row.found.faults[:FAULTS_SHOWN]:
            print(f"{row.what}: {fault}")
    return 0 if all(row.found.whole for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
