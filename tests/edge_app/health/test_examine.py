"""The table of checks, and what happens when a check itself breaks."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

import edge_app.health.checks as checks
from edge_app.config import Settings
from edge_app.errors import Who
from edge_app.health.check import State, ok
from edge_app.health.checks import CHECKS, Fault
from edge_app.health.examine import examine


def test_every_file_is_in_the_table_once_under_its_own_name() -> None:
    files = sorted(path.stem for path in Path(checks.__file__).parent.glob("*.py") if path.stem != "__init__")
    assert sorted(fault.name for fault in CHECKS) == files


def test_every_fault_has_a_test_of_its_own() -> None:
    tests = {path.stem.removeprefix("test_") for path in (Path(__file__).parent / "checks").glob("test_*.py")}
    assert {fault.name for fault in CHECKS} == tests


def test_a_box_that_never_ran_is_looked_at_whole_and_changed_in_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_MODELS", str(settings.var / "none"))
    seen = list(examine(settings))
    assert [check.name for check in seen] == [fault.name for fault in CHECKS]
    assert not [check.word for check in seen if "broke off" in check.word]
    assert not settings.var.exists()


def test_a_check_that_breaks_is_a_failed_check_and_the_next_still_runs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def look(_settings: Settings) -> None:
        raise ZeroDivisionError("nothing to\ndivide")

    broken, whole = ModuleType("broken"), ModuleType("whole")
    vars(broken)["look"] = look
    vars(whole)["look"] = lambda _settings: ok("whole", "well")
    monkeypatch.setitem(sys.modules, "edge_app.health.checks.broken", broken)
    monkeypatch.setitem(sys.modules, "edge_app.health.checks.whole", whole)
    first, second, third = examine(settings, (Fault("broken", "Broken"), Fault("whole", "Whole"), Fault("not_there", "Not there")))
    assert (first.state, first.who) == (State.FAILED, Who.TECHNICIAN)
    assert "ZeroDivisionError: nothing to divide" in first.word
    assert second.state is State.OK
    assert third.state is State.FAILED
    assert "ModuleNotFoundError" in third.word
