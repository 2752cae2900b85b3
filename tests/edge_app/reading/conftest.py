"""What the tests of this room share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_app.reading.engine import Engine
from tests.edge_app.reading.bundles import label, network, write_bundle


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A models folder with one small model of two labels."""
    folder = tmp_path / "models"
    write_bundle(folder, "pair", [label("one"), label("two")], network([1.0, -1.0], [0.5, 0.25]))
    return folder


@pytest.fixture
def engine(models: Path, tmp_path: Path) -> Iterator[Engine]:
    """An engine on those models."""
    with Engine(models, tmp_path / "cache", threads=1) as engine:
        yield engine
