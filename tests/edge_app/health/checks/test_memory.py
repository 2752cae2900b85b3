"""Memory."""

import psutil
import pytest

from edge_app.config import Settings
from edge_app.health.check import State
from edge_app.health.checks.memory import FAIL_BELOW_BYTES, WARN_BELOW_BYTES, judge, look


@pytest.mark.parametrize(
    ("available_bytes", "state"),
    [
        (0, State.FAILED),
        (FAIL_BELOW_BYTES - 1, State.FAILED),
        (FAIL_BELOW_BYTES, State.WARNING),
        (WARN_BELOW_BYTES - 1, State.WARNING),
        (WARN_BELOW_BYTES, State.OK),
    ],
)
def test_the_thresholds(available_bytes: int, state: State) -> None:
    assert judge(available_bytes).state is state


def test_this_machine_is_judged_by_what_the_kernel_says(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    real = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: real._replace(available=FAIL_BELOW_BYTES - 1))
    assert look(settings).state is State.FAILED
    monkeypatch.setattr(psutil, "virtual_memory", lambda: real._replace(available=4 * WARN_BELOW_BYTES))
    assert look(settings).state is State.OK
