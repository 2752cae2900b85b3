from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_app.database import Database
from edge_app.emergency_room.inbox import open_desk


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_desk(tmp_path)
    yield opened
    opened.close()
