import http.client
import json
import socket
import threading
from pathlib import Path

import pytest

from edge_app.casebook import Casebook
from edge_app.config import Settings, Web
from edge_app.errors import ServiceError
from edge_app.kiosk.service import serve
from tests.edge_app.kiosk.conftest import Seeder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Settings(var=tmp_path, kiosk=Web(port=probe.getsockname()[1]))


def test_a_taken_port_is_said_and_leaves_no_thread_behind(settings: Settings, casebook: Casebook) -> None:
    def feeds() -> set[threading.Thread]:
        return {thread for thread in threading.enumerate() if thread.name == "change-feed"}

    before = feeds()
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.kiosk.port))
        other.listen()
        with pytest.raises(ServiceError, match="cannot listen"):
            serve(casebook, settings, threading.Event(), lambda: None)
    assert feeds() <= before


def test_it_serves_beats_and_stops_with_a_page_open(settings: Settings, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.result()
    stopping, beating = threading.Event(), threading.Event()
    thread = threading.Thread(target=serve, args=(casebook, settings, stopping, beating.set), daemon=True)
    thread.start()
    assert beating.wait(30)
    asking = http.client.HTTPConnection("127.0.0.1", settings.kiosk.port, timeout=30)
    asking.request("GET", "/status.json")
    status = json.loads(asking.getresponse().read())
    assert (status["screen"], status["case"]) == ("result", case_id)
    listening = http.client.HTTPConnection("127.0.0.1", settings.kiosk.port, timeout=30)
    listening.request("GET", "/events?seen=old")
    events = listening.getresponse()
    assert events.headers["Content-Type"].startswith("text/event-stream")
    lines = [events.readline().decode() for _line in range(3)]
    assert lines[0].startswith("retry:")
    assert lines[2] == "event: change\n"
    stopping.set()
    thread.join(30)
    assert not thread.is_alive()
    asking.close()
    listening.close()
    events.close()
