"""Services that die, hang or cannot start, under the real supervisor."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from edge_app import supervisor as supervision
from edge_app.config import Settings, load_settings
from edge_app.errors import ServiceError
from edge_app.health import heartbeat
from edge_app.health.heartbeat import Heart, heartbeat_of
from edge_app.processes import module_command, module_environment
from edge_app.services import SERVICES, Service, service_named
from edge_app.supervisor import Supervisor
from tests.edge_app.waiting import wait_until

DROP, DISPATCH = service_named("drop"), service_named("dispatch")
Supervise = Callable[..., Supervisor]


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    file = tmp_path / "box.toml"
    file.write_text(f"var = '{tmp_path / 'box'}'\n")
    return file


@pytest.fixture
def settings(settings_file: Path) -> Settings:
    return load_settings(settings_file)


# What a service is to its supervisor, and nothing else: a process that beats, and ends when it is told to.
_SMALL_SERVICE = """
import sys, threading, tomllib
from pathlib import Path
from edge_app.health.heartbeat import Heart
from edge_app.processes import stop_on_signals
_run, name, _option, file = sys.argv[1:]
settings = tomllib.loads(Path(file).read_text())
if "nonsense" in settings:
    sys.exit("edge: key nonsense")
stopping = threading.Event()
stop_on_signals(stopping)
if "silent" not in settings:
    heart = Heart(Path(settings["var"]) / "run", name)
while not stopping.wait(0.1):
    if "silent" not in settings:
        heart.beat()
"""


@pytest.fixture
def supervise(settings: Settings, settings_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervise]:
    """Starts a supervisor over small services of the given names; stopped at the end."""
    monkeypatch.setattr(
        supervision, "module_command", lambda _module, *arguments: [*module_command("x")[:2], "-c", _SMALL_SERVICE, *arguments]
    )
    stopping = threading.Event()
    threads: list[threading.Thread] = []

    def start(*services: Service) -> Supervisor:
        supervisor = Supervisor(services, settings, settings_file)
        threads.append(threading.Thread(target=supervisor.run, args=(stopping,)))
        threads[-1].start()
        return supervisor

    yield start
    stopping.set()
    for thread in threads:
        thread.join()


def beating(settings: Settings, service: Service, *, other_than: int | None = None) -> bool:
    heart = heartbeat_of(settings.heartbeat_folder, service.name)
    return heart.pid is not None and heart.pid != other_than and psutil.pid_exists(heart.pid)


def test_a_killed_service_is_started_anew_and_the_others_are_left_alone(supervise: Supervise, settings: Settings) -> None:
    supervisor = supervise(DROP, DISPATCH)
    wait_until(lambda: beating(settings, DROP) and beating(settings, DISPATCH), "the first heartbeats")
    first = supervisor.pids()
    os.kill(first["drop"], signal.SIGKILL)
    wait_until(lambda: beating(settings, DROP, other_than=first["drop"]), "the restart")
    assert supervisor.pids()["dispatch"] == first["dispatch"]


def test_a_hung_service_is_killed_and_started_anew(supervise: Supervise, settings: Settings) -> None:
    supervisor = supervise(replace(DROP, watchdog_s=2.5))
    wait_until(lambda: beating(settings, DROP), "the first heartbeat")
    hung = supervisor.pids()["drop"]
    os.kill(hung, signal.SIGSTOP)
    wait_until(lambda: beating(settings, DROP, other_than=hung), "the restart")
    assert not psutil.pid_exists(hung)


def test_a_service_that_never_gives_a_sign_of_life_is_started_anew(supervise: Supervise, settings_file: Path) -> None:
    settings_file.write_text(settings_file.read_text() + "silent = true\n")
    supervisor = supervise(replace(DROP, start_s=0.6))
    wait_until(supervisor.pids, "the first start")
    first = supervisor.pids()["drop"]
    wait_until(lambda: supervisor.pids().get("drop", first) != first, "the restart")


def test_a_service_that_ends_again_and_again_is_tried_only_now_and_then(
    supervise: Supervise, settings: Settings, settings_file: Path
) -> None:
    settings_file.write_text("nonsense = 1\n")
    log = settings.var / "log" / "drop.log"
    patient = replace(DROP, restarts=2, within_s=600.0, pause_s=600.0)
    other = DISPATCH
    supervisor = supervise(patient, other)

    def starts() -> int:
        return log.read_text().count("key nonsense") if log.exists() else 0

    wait_until(lambda: starts() == 3 and "drop" not in supervisor.pids(), "the third end")
    before = (settings.var / "log" / "dispatch.log").read_text().count("key nonsense")
    # The other one, with its own count of restarts, goes on being tried: so time has passed for the supervisor.
    wait_until(lambda: (settings.var / "log" / "dispatch.log").read_text().count("key nonsense") > before, "another start")
    assert starts() == 3


def test_a_service_that_cannot_be_started_does_not_end_the_others(
    supervise: Supervise, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = supervision.start_process

    def full_disk(arguments: list[str], log_file: Path) -> subprocess.Popen[bytes]:
        if "drop" in arguments:
            raise OSError(28, "No space left on device")
        return start(arguments, log_file)

    monkeypatch.setattr(supervision, "start_process", full_disk)
    supervisor = supervise(replace(DROP, pause_s=1.0), DISPATCH)
    wait_until(lambda: beating(settings, DISPATCH), "the heartbeat of the one that can")
    monkeypatch.undo()
    wait_until(lambda: beating(settings, DROP), "the heartbeat of the other, once it can")
    assert set(supervisor.pids()) == {"drop", "dispatch"}


_SUPERVISOR = """
import sys, threading
from pathlib import Path
from edge_app.config import load_settings
from edge_app.services import service_named
from edge_app.supervisor import Supervisor
file = Path(sys.argv[1])
Supervisor((service_named("drop"), service_named("dispatch")), load_settings(file), file).run(threading.Event())
"""


def test_no_service_outlives_a_killed_supervisor(settings: Settings, settings_file: Path) -> None:
    command = [*module_command("x")[:2], "-c", _SUPERVISOR, str(settings_file)]
    supervisor = subprocess.Popen(command, env=module_environment())
    wait_until(lambda: beating(settings, DROP) and beating(settings, DISPATCH), "the first heartbeats")
    children = psutil.Process(supervisor.pid).children()
    assert len(children) == 2
    # One of them hangs, and could not end itself.
    children[0].suspend()
    supervisor.kill()
    supervisor.wait()
    wait_until(
        lambda: all(not child.is_running() or child.status() == psutil.STATUS_ZOMBIE for child in children), "the end of the services"
    )


def test_told_to_stop_it_stops_them_all(settings: Settings, settings_file: Path) -> None:
    stopping = threading.Event()
    supervisor = Supervisor((DROP,), settings, settings_file)
    thread = threading.Thread(target=supervisor.run, args=(stopping,))
    thread.start()
    wait_until(lambda: beating(settings, DROP), "the first heartbeat")
    (pid,) = supervisor.pids().values()
    stopping.set()
    thread.join()
    assert not psutil.pid_exists(pid)


def test_the_table_of_services_names_each_once() -> None:
    assert len({service.name for service in SERVICES}) == len(SERVICES)
    for service in SERVICES:
        assert service_named(service.name) is service
        assert service.watchdog_s > heartbeat.BEAT_EVERY_S
    with pytest.raises(ServiceError, match="no service is called typo"):
        service_named("typo")


def test_a_heart_beats_on_where_the_disk_is_full(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_EVERY_S", 0.0)
    heart = Heart(small_disk, "drop")
    heart.beat()
    with contextlib.suppress(OSError), (small_disk / "filling").open("wb", buffering=0) as filling:
        while filling.write(b"x" * 4096):
            continue
    before = heartbeat_of(small_disk, "drop")
    wait_until(lambda: (heart.beat(), heartbeat_of(small_disk, "drop").age_s or 1.0)[1] < 0.5, "a young heartbeat")
    (small_disk / "filling").unlink()
    after = heartbeat_of(small_disk, "drop")
    assert before.pid == after.pid == os.getpid()
    heart.close()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"pid": "x", "mono_s": 0, "boot": "b"}'])
def test_a_heartbeat_that_cannot_be_read_is_no_sign_of_life(tmp_path: Path, content: str) -> None:
    (tmp_path / "drop.json").write_text(content)
    assert heartbeat_of(tmp_path, "drop") == heartbeat.Heartbeat("drop", None, None)


def test_a_heartbeat_from_before_this_boot_has_no_age(tmp_path: Path) -> None:
    (tmp_path / "drop.json").write_text('{"pid": 7, "mono_s": 1.0, "boot": "another"}')
    assert heartbeat_of(tmp_path, "drop") == heartbeat.Heartbeat("drop", 7, None)
