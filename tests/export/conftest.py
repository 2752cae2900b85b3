from collections.abc import Iterator
from pathlib import Path

import pytest

import export  # noqa: F401  (says how its threads wait before PyTorch is loaded)

pytest.importorskip("torch", reason="training needs export/requirements.txt")

from tests.export.made_up import make_sets


@pytest.fixture(scope="session", autouse=True)
def fewer_draws() -> Iterator[None]:
    """A fifth of the draws: no test asks how narrow an interval is but those of the draws themselves, which say how many they want."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("export.evaluation.bootstrap.ROUNDS", 100)
        yield


@pytest.fixture(scope="session")
def made_up_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sets(tmp_path_factory.mktemp("data"))
