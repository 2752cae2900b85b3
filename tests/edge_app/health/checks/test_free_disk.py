"""Free disk, on real small file systems."""

import pytest

from edge_app.config import Settings
from edge_app.health.check import State
from edge_app.health.checks.free_disk import FAIL_BELOW_BYTES, WARN_BELOW_BYTES, look
from tests.edge_app.conftest import Mount


@pytest.mark.parametrize(
    ("size", "state"),
    [
        ("1m", State.FAILED),
        (str(FAIL_BELOW_BYTES - 4096), State.FAILED),
        (str(FAIL_BELOW_BYTES), State.WARNING),
        (str(WARN_BELOW_BYTES - 4096), State.WARNING),
        (str(WARN_BELOW_BYTES), State.OK),
    ],
)
def test_the_thresholds(settings: Settings, mount: Mount, size: str, state: State) -> None:
    check = look(settings.model_copy(update={"var": mount(f"size={size},nr_inodes=100000")}))
    assert check.state is state
    assert "free" in check.word


def test_a_disk_that_takes_no_more_files_fails(settings: Settings, mount: Mount) -> None:
    check = look(settings.model_copy(update={"var": mount(f"size={WARN_BELOW_BYTES},nr_inodes=500")}))
    assert check.state is State.FAILED
    assert "more files" in check.word


def test_a_folder_that_is_not_there_yet_is_judged_by_the_disk_it_will_be_on(settings: Settings, mount: Mount) -> None:
    assert look(settings.model_copy(update={"var": mount("size=1m") / "not" / "yet"})).state is State.FAILED
