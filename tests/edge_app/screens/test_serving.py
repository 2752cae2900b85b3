import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, Response, send_file

from edge_app.casebook import Casebook
from edge_app.config import Web
from edge_app.errors import ServiceError
from edge_app.screens import ChangeFeed
from edge_app.screens.serving import ScreenServer

LARGE_BYTES = 64 << 20


@pytest.fixture
def feed(casebook: Casebook) -> Iterator[ChangeFeed]:
    feed = ChangeFeed(casebook.database)
    yield feed
    feed.close()


@pytest.fixture
def web() -> Web:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Web(port=probe.getsockname()[1])


def test_a_file_half_sent_when_it_closes_is_no_open_file(tmp_path: Path, web: Web, feed: ChangeFeed) -> None:
    path = tmp_path / "large"
    with path.open("wb") as large:
        large.truncate(LARGE_BYTES)
    sent = path.open("rb")
    app = Flask(__name__)

    @app.get("/large")
    def large_file() -> Response:
        return send_file(sent, mimetype="application/octet-stream")

    server = ScreenServer(app, web, feed, "the screen")
    stopping = threading.Event()

    def serve() -> None:
        while not stopping.is_set():
            server.turn()

    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    with socket.create_connection((web.host, web.port)) as asking:
        asking.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert asking.recv(1 << 10)
        assert not sent.closed
        stopping.set()
        serving.join(30)
        server.close()
        assert sent.closed
        # What is left in the wire comes, and then the end: nobody waits for more.
        while asking.recv(1 << 20):
            pass
    assert feed.closed


def test_a_taken_port_is_said_with_its_name(web: Web, feed: ChangeFeed) -> None:
    with socket.socket() as other:
        other.bind((web.host, web.port))
        other.listen()
        with pytest.raises(ServiceError, match=f"the screen cannot listen on {web.host}:{web.port}"):
            ScreenServer(Flask(__name__), web, feed, "the screen")
