"""kill -9, again and again, while everything is in use: one process at a time or two, at every rung of the ladder."""

import os
import random
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from edge_app.errors import ServiceError
from edge_app.health.heartbeat import heartbeat_of
from tests.acceptance.trial import SERVICES, Trial, end

BROKER, BROKER_FORGETS = "broker", "broker without its database"
BACK_WITHIN_S = 90.0
DOWN_AT_ONCE = 2


@dataclass(frozen=True)
class Kill:
    """One kill. ``rung`` is where the newest case stood; ``back_s`` how long it took until the process was there again, None: never."""

    process: str
    rung: str
    back_s: float | None


class Killer:
    """Kills the processes of a trial in turn, in an order and at moments drawn from ``seed``, one every ``every_s`` on average."""

    def __init__(self, trial: Trial, seed: int, every_s: float) -> None:
        self._trial = trial
        self._random = random.Random(f"{seed}/killer")
        self._every_s = every_s
        self._order: list[str] = []
        self._rooms = {room.room.hpid: room for room in trial.stage.rooms}
        self._down: dict[str, Future[float | None]] = {}

    def run(self, cycles: int, tell: Callable[[int], None] = lambda _number: None) -> list[Kill]:
        """Kill and bring back ``cycles`` times; ``tell`` is told how often it has been."""
        kills: list[tuple[str, str, Future[float | None]]] = []
        with ThreadPoolExecutor(DOWN_AT_ONCE) as watching:
            for number in range(cycles):
                target = self._next()
                self._wait_for_the_moment()
                rung, began_s = self._trial.rung_of_newest(), time.monotonic()
                is_back = self._kill(target)
                kills.append((target, rung, watching.submit(self._back_after, target, is_back, began_s)))
                self._down[self._process(target)] = kills[-1][2]
                tell(number + 1)
        return [Kill(target, rung, back.result()) for target, rung, back in kills]

    def _process(self, target: str) -> str:
        return BROKER if target == BROKER_FORGETS else target

    def _next(self) -> str:
        """The next to be killed: each in turn, none that is down, and never more than two at once."""
        while True:
            self._down = {name: back for name, back in self._down.items() if not back.done()}
            if not self._order:
                self._order = [*SERVICES, *self._rooms, BROKER, BROKER_FORGETS]
                self._random.shuffle(self._order)
            free = [target for target in self._order if self._process(target) not in self._down]
            if free and len(self._down) < DOWN_AT_ONCE:
                self._order.remove(free[0])
                return free[0]
            time.sleep(0.02)

    def _wait_for_the_moment(self) -> None:
        """Any moment; or soon after a case has come, for its first rungs are short."""
        time.sleep(self._random.uniform(0.2, 1.2) * self._every_s)
        if self._random.random() < 0.6:
            came = self._trial.people.crew.came
            came.clear()
            came.wait(5.0)
            time.sleep(0.6 * self._random.random() ** 2)

    def _kill(self, target: str) -> Callable[[], bool]:
        """Kill it and start it anew; what says whether it is there again.

        Started from here, for what a thread has started the kernel ends with that thread.
        """
        stage = self._trial.stage
        if target in SERVICES:
            pid = stage.supervisor.pids()[target]
            os.kill(pid, signal.SIGKILL)
            return lambda: self._beats(target, pid)
        if target in self._rooms:
            room = self._rooms[target]
            end(room.process)
            time.sleep(self._away_s())
            stage.start_room(room)
            return lambda: _listens(room.port)
        self._trial.kill_broker(forget=target == BROKER_FORGETS)
        time.sleep(self._away_s())
        stage.start_broker()
        return lambda: _listens(stage.broker_port)

    def _away_s(self) -> float:
        return self._random.uniform(0.0, 0.5)

    def _beats(self, service: str, old: int) -> bool:
        stage = self._trial.stage
        pid = stage.supervisor.pids().get(service)
        return pid not in (None, old) and heartbeat_of(stage.settings.heartbeat_folder, service).pid == pid

    def _back_after(self, target: str, is_back: Callable[[], bool], began_s: float) -> float | None:
        """Wait until it is back; None where it does not come."""
        try:
            self._trial.stage.wait_until(is_back, f"the return of {target}", BACK_WITHIN_S)
        except ServiceError:
            return None
        return time.monotonic() - began_s


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0
