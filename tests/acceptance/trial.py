"""One trial: a whole system of real processes, in use, to which something is done, and the reckoning when all has come to rest."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from edge_app.benchmark.made_up import made_up_picture
from edge_app.benchmark.thin_link import CLEAN, Carried, Line, ThinLink
from edge_app.casebook import Casebook
from edge_app.casebook.offers import Rung
from edge_app.database import Database
from edge_app.link.state import LinkState, read_link_state
from edge_app.services import service_named
from edge_app.stage import FIRST_PORTS, Stage, free_port
from tests.acceptance.people import People, desk_of
from tests.acceptance.reckoning import Reckoning, reckon, unsettled

SERVICES = ("dispatch", "uplink", "kiosk")
# As quick as a site may set it, so that reminders and ends of waiting come within a trial.
RING = {"remind_after_s": 5, "no_answer_after_s": 10, "expire_after_s": 30}
REST_WITHIN_S = 240.0
FIRST_OWN_PORT, OWN_PORTS = 22_000, 250
NOT_OFFERED = "not offered yet"
SMALL_SIDE = 96


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    what: str
    found: Reckoning
    took_s: float
    note: str = ""
    up: Carried | None = None
    down: Carried | None = None


class SmallDisk:
    """A file system of memory that can be filled to its last byte."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        laid_out = {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], capture_output=True, check=False)
        if done.returncode != 0:
            raise OSError(done.stderr.decode().strip())
        for name, content in laid_out.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        self._folder = folder
        self._filling = folder / "filling"

    def fill(self) -> None:
        """Leave no byte."""
        with contextlib.suppress(OSError), self._filling.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass

    def free(self) -> None:
        """Let there be room again."""
        self._filling.unlink()

    def unmount(self) -> None:
        """Lazily: a process that is just ending may still have a file open on it."""
        subprocess.run(["umount", "-l", str(self._folder)], check=True)


class Trial:
    """Broker, box and three emergency rooms, in use. With ``line`` a thin link stands between the box and the broker.

    Where the reckoning finds a fault, databases and logs stay where they are.
    A case comes every ``every_s``, ``cases`` in all or without end; its picture has ``side`` × ``side`` pixels.
    """

    def __init__(self, *, seed: int, every_s: float, cases: int | None = None, side: int = SMALL_SIDE, line: Line | None = None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="edge-trial-"))
        self._disks: list[SmallDisk] = []
        self._keep = False
        self._began_s = time.monotonic()
        # Ports of its own: what is killed leaves its port free for a while, and no other system on this machine may move in.
        ports = {part: FIRST_OWN_PORT + os.getpid() % OWN_PORTS * 40 + 10 * number for number, part in enumerate(FIRST_PORTS)}
        broker_port = free_port(ports["broker"])
        self._link = None if line is None else ThinLink(broker_port, line, line, seed=seed)
        # Whoever is killed every other second must not be made to wait for it, nor be killed by another than us for a slow start.
        services = tuple(replace(service_named(name), restarts=1_000_000, start_s=180.0) for name in SERVICES)
        self.stage = Stage(
            self._folder,
            broker="external",
            language="en",
            services=services,
            dispatch=RING,
            first_ports=ports,
            broker_port=broker_port,
            box_finds_broker_at=None if self._link is None else self._link.port,
        )
        self.people = People(self.stage, made_up_picture(side), every_s, str(seed), cases)

    def __enter__(self) -> Self:
        try:
            self.stage.start()
            self.stage.wait_until_ready()
            self.box = Casebook(self.stage.settings.casebook_folder).database
            self.desks: dict[str, Database] = {room.room.hpid: desk_of(room) for room in self.stage.rooms}
            self.stage.wait_until(self._all_connected, "the connection of box and hospitals")
        except BaseException:
            self._end()
            raise
        self.people.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.people.go_home()
        for database in (self.box, *self.desks.values()):
            database.close()
        self._end()

    def _end(self) -> None:
        self.stage.stop()
        if self._link is not None:
            self._link.close()
        if not self._keep:
            for disk in self._disks:
                disk.unmount()
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def link(self) -> ThinLink:
        """The link between the box and the broker. ValueError where there is none."""
        if self._link is None:
            raise ValueError("this trial has no thin link")
        return self._link

    def put_on_small_disk(self, folder: Path) -> SmallDisk:
        """Give a folder of the stage a small disk of its own, before anything is started. OSError where that is not allowed."""
        self._disks.append(SmallDisk(folder))
        return self._disks[-1]

    def link_state(self) -> LinkState | None:
        """What the box says of its link."""
        return read_link_state(self.box)

    def _all_connected(self) -> bool:
        states = [read_link_state(database) for database in (self.box, *self.desks.values())]
        return all(state is not None and state.connected for state in states)

    def rung_of_newest(self) -> str:
        """The highest rung that is proven of the newest case."""
        rows = self.box.rows(
            """SELECT rung FROM receipts r JOIN offers o ON o.id = r.offer_id
               WHERE o.case_id = (SELECT id FROM cases ORDER BY number DESC LIMIT 1)"""
        )
        proven = {row["rung"] for row in rows}
        return next((str(rung) for rung in reversed(Rung) if rung in proven), NOT_OFFERED)

    def all_entered(self) -> bool:
        """Whether all cases have come that were to come."""
        return len(self.people.crew.entered) == self.people.at_most

    def come_to_rest(self, what: str, note: str = "", faults: Sequence[str] = (), within_s: float = REST_WITHIN_S) -> Row:
        """Let everybody finish, wait until nothing is under way any more, and reckon."""
        self.people.finish()
        deadline = time.monotonic() + within_s
        # Twice in a row, for a message may go from one end to the other while both are looked at.
        left = before = ["not looked at"]
        while (left or before) and time.monotonic() < deadline:
            time.sleep(0.3)
            before, left = left, self._left()
        found = reckon(self.box, self.desks, self.people.crew.entered, self.people.said)
        found.faults += [*faults, *(f"after {within_s:.0f} s there is still {what}" for what in left)]
        found.faults += [one.trouble for one in (*self.people.doctors, self.people.crew) if one.trouble is not None]
        self._keep = not found.whole
        link = self._link
        where = f"{note} see {self._folder}".lstrip() if self._keep else note
        return Row(what, found, time.monotonic() - self._began_s, where, link and link.up, link and link.down)

    def _left(self) -> list[str]:
        planned = self.people.planned()
        return [*([f"{planned} plans"] if planned else []), *unsettled(self.box, self.desks)]

    def kill_broker(self, *, forget: bool = False) -> None:
        """kill -9; and with ``forget`` take its database away."""
        end(self.stage.broker)
        if forget:
            for file in (self.stage.folder / "broker").glob("mosquitto.db*"):
                file.unlink()

    def heal(self) -> None:
        """Let the link be clean from now on."""
        self.link.change(CLEAN, CLEAN)
        self.link.heal()


def end(process: subprocess.Popen[bytes] | None) -> None:
    """kill -9, and wait until it is gone."""
    if process is not None:
        process.kill()
        process.wait()
