"""The loop of a service, on a disk that fills up."""

import threading
from pathlib import Path

import pytest

from edge_app.casebook import Casebook
from edge_app.casebook.events import EventKind, record
from edge_app.clock import now
from edge_app.database import Database, IntegrityError
from edge_app.working import work_off
from tests.edge_app.full_disk import Disk
from tests.edge_app.waiting import wait_until


def recorded(database: Database) -> int:
    row = database.row("SELECT count(*) AS n FROM events WHERE kind = 'case_closed'")
    return row["n"] if row else 0


def test_a_step_that_finds_no_disk_is_made_again_when_there_is_room(
    casebook: Casebook, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    stopping, beats, tries = threading.Event(), [], []

    def step() -> bool:
        if recorded(casebook.database):
            return False
        tries.append(disk.full)
        record(casebook.database, EventKind.CASE_CLOSED, now(), None, None)
        return True

    disk.fill(casebook.database)
    thread = threading.Thread(
        target=lambda: (work_off(step, casebook.database, stopping, lambda: beats.append(len(tries))), casebook.database.close())
    )
    thread.start()
    wait_until(lambda: tries.count(True) >= 2, "a second try")
    # It lives all the while, and says once what keeps it.
    wait_until(lambda: 2 in beats, "a sign of life after it")
    assert [entry.message for entry in caplog.records] == ["the store fails; what was begun is tried again until it does not"]
    disk.free()
    wait_until(lambda: recorded(casebook.database) == 1, "the step")
    stopping.set()
    thread.join()
    assert tries[-1] is False


def test_what_is_a_fault_of_the_program_ends_the_service(tmp_path: Path, casebook: Casebook) -> None:
    def step() -> bool:
        raise IntegrityError("UNIQUE constraint failed")

    with pytest.raises(IntegrityError):
        work_off(step, casebook.database, threading.Event(), lambda: None)
