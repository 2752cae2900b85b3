from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from edge_app.config import Language, RoomSettings, Web
from edge_app.database import Database
from edge_app.emergency_room.console import create_app
from edge_app.emergency_room.inbox import open_desk
from edge_app.link.state import LinkWord, write_link_state
from edge_app.screens import ChangeFeed


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_desk(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def console_language() -> Language:
    """The language of a console on which nobody has chosen another."""
    return "ko"


@pytest.fixture
def client(database: Database, tmp_path: Path, console_language: Language) -> Iterator[FlaskClient]:
    """The console of a hospital whose link is up."""
    feed = ChangeFeed(database)
    settings = RoomSettings(var=tmp_path, hpid="SIM-EAST", name="동부병원", console=Web(port=8090, language=console_language))
    write_link_state(database, connected=True, word=LinkWord.CONNECTED, protocol="5")
    with create_app(database, settings, feed).test_client() as opened:
        yield opened
    feed.close()
