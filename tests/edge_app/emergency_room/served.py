"""The real console on a free port, with a link that lives until it is cut; and the browser that looks at it."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_app.config import Language, RoomSettings, Web
from edge_app.database import Database
from edge_app.emergency_room.console import create_app
from edge_app.emergency_room.inbox import open_desk
from edge_app.link.state import LinkWord, write_link_state
from edge_app.screens import ChangeFeed
from edge_app.screens.serving import ScreenServer

BEAT_EVERY_S = 1.0


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Served:
    """A console behind waitress. ``database`` is for the thread of the test."""

    def __init__(self, folder: Path, language: Language = "ko", name: str = "고려대학교안암병원") -> None:
        self.settings = RoomSettings(var=folder, hpid="SIM-EAST", name=name, console=Web(port=free_port(), language=language))
        self.database: Database = open_desk(folder)
        self.url = f"http://127.0.0.1:{self.settings.console.port}"
        self._cut = threading.Event()
        self._over = threading.Event()
        write_link_state(self.database, connected=True, word=LinkWord.CONNECTED, protocol="5")
        self._beating = threading.Thread(target=self._beat, daemon=True)
        self._beating.start()
        self.start()

    def _beat(self) -> None:
        while not self._over.wait(BEAT_EVERY_S):
            if not self._cut.is_set():
                write_link_state(self.database, connected=True, word=LinkWord.CONNECTED, protocol="5")
        self.database.close()

    def start(self) -> None:
        """Serve, on the same port each time."""
        feed = ChangeFeed(self.database)
        self._server = ScreenServer(create_app(self.database, self.settings, feed), self.settings.console, feed, "the console", threads=16)
        self._stopping = threading.Event()
        self._serving = threading.Thread(target=self._serve, args=(self._stopping,), daemon=True)
        self._serving.start()

    def _serve(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            self._server.turn()

    def stop(self) -> None:
        """Let the server vanish, as if its machine had."""
        self._stopping.set()
        self._serving.join(5)
        self._server.close()

    def cut_link(self, word: LinkWord = LinkWord.LOST) -> None:
        """Lose the link to the relay."""
        self._cut.set()
        write_link_state(self.database, connected=False, word=word, protocol="5")

    def mend_link(self) -> None:
        """Have it back."""
        write_link_state(self.database, connected=True, word=LinkWord.CONNECTED, protocol="5")
        self._cut.clear()

    def close(self) -> None:
        """Stop everything."""
        self.stop()
        self._over.set()
        self._beating.join(5)
        self.database.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """It serves as long as the test runs."""
    console = Served(tmp_path)
    yield console
    console.close()
