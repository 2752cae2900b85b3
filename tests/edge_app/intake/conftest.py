from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_app.casebook import Casebook
from edge_app.database import Database


@pytest.fixture
def casebook(tmp_path: Path) -> Iterator[Casebook]:
    opened = Casebook(tmp_path)
    yield opened
    opened.database.close()


@pytest.fixture
def database(casebook: Casebook) -> Database:
    return casebook.database
