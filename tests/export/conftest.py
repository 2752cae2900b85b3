from pathlib import Path

import pytest

import export  # noqa: F401  (says how its threads wait before PyTorch is loaded)

pytest.importorskip("torch", reason="training needs export/requirements.txt")

from tests.export.made_up import make_sets


@pytest.fixture(scope="session")
def made_up_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sets(tmp_path_factory.mktemp("data"))
