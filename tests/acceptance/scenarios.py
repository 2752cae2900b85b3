"""What can be wrong with a link, a broker, a disk and a clock, each tried on a whole system in use.

A further trouble is a further row of ``SCENARIOS``.
"""

import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from edge_app.benchmark.thin_link import CLEAN, Line
from edge_app.casebook import Casebook
from edge_app.config import Broker
from edge_app.dispatch.uplink import Uplink
from edge_app.link import brokers
from edge_app.link.messages import Kind
from edge_app.link.session import Session
from edge_app.link.state import LinkWord
from edge_app.link.threads import LinkThread
from tests.acceptance.trial import Row, Trial
from tests.acceptance.wall_clock import WallClock

Scenario = Callable[[int], Row]
"""A seed gives a row."""

# Small enough for two thousand bits a second, and as large as a real one.
TINY_SIDE, REAL_SIDE = 64, 1024
LARGEST_PACKET = 2000
WORDS = {Kind.DECISION, Kind.GRANTED, Kind.STAND_DOWN, Kind.REMINDER}


def on_a_line(what: str, line: Line, *, cases: int, every_s: float, side: int) -> Scenario:
    """Everything as usual, on a link like this."""

    def scenario(seed: int) -> Row:
        with Trial(seed=seed, every_s=every_s, cases=cases, side=side, line=line) as trial:
            trial.stage.wait_until(trial.all_entered, "all cases", 600.0)
            return trial.come_to_rest(what, within_s=600.0)

    return scenario


def half_open(seed: int) -> Row:
    """The link swallows everything and closes nothing, until the box has noticed and for some seconds more."""
    with Trial(seed=seed, every_s=1.0, line=CLEAN) as trial:
        time.sleep(4.0)
        trial.link.black_hole()
        began_s = time.monotonic()
        trial.stage.wait_until(lambda: not _connected(trial), "that the box notices", 60.0)
        noticed_s = time.monotonic() - began_s
        time.sleep(5.0)
        trial.heal()
        trial.stage.wait_until(lambda: _connected(trial), "the connection", 60.0)
        time.sleep(2.0)
        return trial.come_to_rest("half-open link", f"noticed after {noticed_s:.0f} s")


def refused(seed: int) -> Row:
    """The broker refuses the box, and then takes it again."""
    with Trial(seed=seed, every_s=1.0, line=CLEAN) as trial:
        time.sleep(3.0)
        trial.link.refuse()
        trial.link.cut()
        trial.stage.wait_until(lambda: _word(trial) is LinkWord.REFUSED, "the word that it is refused", 60.0)
        time.sleep(10.0)
        trial.heal()
        began_s = time.monotonic()
        trial.stage.wait_until(lambda: _connected(trial), "the connection", 60.0)
        back_s = time.monotonic() - began_s
        time.sleep(2.0)
        return trial.come_to_rest("CONNACK refused", f"up {back_s:.0f} s after the refusals")


def forgetful_broker(seed: int) -> Row:
    """The broker is killed and comes back with nothing of what it had, thrice."""
    with Trial(seed=seed, every_s=0.7, line=CLEAN) as trial:
        for _ in range(3):
            time.sleep(4.0)
            trial.kill_broker(forget=True)
            time.sleep(1.0)
            trial.stage.start_broker()
        time.sleep(4.0)
        return trial.come_to_rest("broker restarted without its database")


def too_large(seed: int) -> Row:
    """The broker takes no packet of more than two thousand bytes: requests pass, pictures are set aside by name."""
    small = brokers._MOSQUITTO.replace("max_packet_size 1048576", f"max_packet_size {LARGEST_PACKET}")
    with patch.object(brokers, "_MOSQUITTO", small), Trial(seed=seed, every_s=1.5, cases=4, side=512, line=CLEAN) as trial:
        trial.stage.wait_until(trial.all_entered, "all cases", 60.0)
        time.sleep(3.0)
        rows = trial.box.rows("SELECT DISTINCT kind, quarantined FROM outbox WHERE quarantined IS NOT NULL")
        aside, words = {row["kind"] for row in rows}, {row["quarantined"] for row in rows}
        as_expected = words == {"too_large"} and Kind.PREVIEW in aside and not aside & WORDS
        faults = [] if as_expected else [f"set aside were {sorted(aside)}: {sorted(words)}"]
        return trial.come_to_rest("packet too large for the broker", "pictures set aside by name", faults)


def full_disk(of: str) -> Scenario:
    """The disk of the box, or of a hospital, is full to its last byte for a while, thrice."""

    def scenario(seed: int) -> Row:
        trial = Trial(seed=seed, every_s=1.0)
        room = trial.stage.rooms[0]
        disk = trial.put_on_small_disk(trial.stage.settings.var if of == "box" else trial.stage.folder / room.room.hpid)
        with trial:
            for _ in range(3):
                time.sleep(3.0)
                disk.fill()
                time.sleep(4.0)
                disk.free()
            time.sleep(3.0)
            return trial.come_to_rest(f"disk of the {of} full")

    return scenario


def clock_jumps(seed: int) -> Row:
    """The wall clocks of box and hospitals jump a day ahead and two days back while everything is in use."""
    with tempfile.TemporaryDirectory() as folder:
        clock = WallClock(Path(folder) / "clock")
        with patch.dict(os.environ, clock.environment), Trial(seed=seed, every_s=1.0) as trial:
            for offset in ("+1d", "-1d", "+1d", "+0"):
                time.sleep(4.0)
                clock.set(offset)
            time.sleep(4.0)
            row = trial.come_to_rest("clocks jump a day to and fro")
            # Both are counted by the wall clocks of two ends.
            row.found.decidable = row.found.answer = None
            return row


def namesake(seed: int) -> Row:
    """A second box has the first one's name, and hears what is meant for it."""
    with tempfile.TemporaryDirectory() as folder, Trial(seed=seed, every_s=1.0) as trial:
        other, stopping = Casebook(Path(folder)).database, threading.Event()
        me = f"unit/{trial.stage.settings.unit.id}"
        session = Session(other, Broker(port=trial.stage.broker_port, kind="external"), me, Uplink(other))
        thread = LinkThread("namesake", session.run, other, stopping)
        thread.start()
        try:
            trial.stage.wait_until(lambda: _word(trial) is LinkWord.NAMESAKE, "that the box hears of it", 60.0)
            time.sleep(10.0)
            row = trial.come_to_rest("two boxes of one name", "both say so")
        finally:
            stopping.set()
            thread.join()
        if other.rows("SELECT id FROM inbox"):
            row.found.faults.append("the other box took an answer that was not its own")
        other.close()
        return row


def _connected(trial: Trial) -> bool:
    state = trial.link_state()
    return state is not None and state.connected


def _word(trial: Trial) -> LinkWord | None:
    state = trial.link_state()
    return None if state is None else state.word


SCENARIOS: tuple[tuple[str, Scenario], ...] = (
    ("1000", on_a_line("1,000 kbit/s, 50 ms", Line(1_000_000, 0.05), cases=6, every_s=3.0, side=REAL_SIDE)),
    ("64", on_a_line("64 kbit/s, 150 ms", Line(64_000, 0.15), cases=4, every_s=10.0, side=REAL_SIDE)),
    ("16", on_a_line("16 kbit/s, 300 ms", Line(16_000, 0.3), cases=2, every_s=20.0, side=REAL_SIDE)),
    ("2", on_a_line("2 kbit/s, 600 ms", Line(2_000, 0.6), cases=2, every_s=20.0, side=TINY_SIDE)),
    ("loss", on_a_line("64 kbit/s, 150 ms, 30 % loss", Line(64_000, 0.15, 0.3), cases=3, every_s=15.0, side=REAL_SIDE)),
    ("half-open", half_open),
    ("refused", refused),
    ("forgetful", forgetful_broker),
    ("too-large", too_large),
    ("box-full", full_disk("box")),
    ("hospital-full", full_disk("hospital")),
    ("clocks", clock_jumps),
    ("namesake", namesake),
)
