"""Where the box is, as far as a real connection to gpsd tells."""

import json
import socket
import threading
from collections.abc import Iterator

import pytest

from edge_app.config import Position
from edge_app.dispatch import position
from edge_app.dispatch.position import Locator, Place, PositionSource, fix_of, great_circle_km
from tests.edge_app.waiting import wait_until

VERSION = '{"class":"VERSION","release":"3.25","proto_major":3,"proto_minor":15}'
HOME = Place(35.0, 129.0, PositionSource.SETTINGS)
FIX = '{"class":"TPV","mode":3,"lat":37.5,"lon":127.0,"time":"2026-01-01T00:00:00.000Z"}'
AT_FIX = Place(37.5, 127.0, PositionSource.GPS)


@pytest.mark.parametrize(
    ("a", "b", "km"),
    [
        # A degree along the equator, a quarter and a half of the great circle, the same place, and two airports (LHR–JFK).
        ((0.0, 0.0), (0.0, 1.0), 111.195),
        ((0.0, 0.0), (90.0, 0.0), 10_007.557),
        ((0.0, 0.0), (0.0, 180.0), 20_015.115),
        ((0.0, 179.5), (0.0, -179.5), 111.195),
        ((37.5, 127.0), (37.5, 127.0), 0.0),
        ((51.4700, -0.4543), (40.6413, -73.7781), 5540.0),
    ],
)
def test_the_great_circle(a: tuple[float, float], b: tuple[float, float], km: float) -> None:
    assert great_circle_km(*a, *b) == pytest.approx(km, rel=0.001, abs=0.001)
    assert great_circle_km(*b, *a) == pytest.approx(great_circle_km(*a, *b))


@pytest.mark.parametrize(
    "report",
    [
        None,
        [],
        "TPV",
        {},
        {"mode": 1, "lat": 37.5, "lon": 127.0},
        {"mode": 0},
        {"lat": 37.5, "lon": 127.0},
        {"mode": "3", "lat": 37.5, "lon": 127.0},
        {"mode": 3, "lat": 37.5},
        {"mode": 3, "lat": None, "lon": 127.0},
        {"mode": 3, "lat": "37.5", "lon": 127.0},
        {"mode": 3, "lat": float("nan"), "lon": 127.0},
        {"mode": 3, "lat": 91.0, "lon": 127.0},
        {"mode": 3, "lat": 37.5, "lon": -181.0},
        {"mode": [3], "lat": 37.5, "lon": 127.0},
    ],
)
def test_what_is_no_fix_is_none(report: object) -> None:
    assert fix_of(report) is None


def test_a_fix_in_two_or_three_dimensions() -> None:
    assert [fix_of({"mode": mode, "lat": 37.5, "lon": -127}) for mode in (2, 3)] == [(37.5, -127.0)] * 2


class Gpsd:
    """A gpsd whose every word is scripted: one list of lines a connection."""

    def __init__(self, *connections: list[str | bytes]) -> None:
        self._connections = connections
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self.asked: list[bytes] = []
        self.hold = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        for lines in self._connections:
            connection, _address = self._listening.accept()
            with connection:
                self.asked.append(connection.recv(1000))
                for line in lines:
                    connection.sendall((line.encode() if isinstance(line, str) else line) + b"\n")
                if lines is self._connections[-1]:
                    self.hold.wait(20)

    def close(self) -> None:
        self.hold.set()
        self._thread.join()
        self._listening.close()


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(position, "RECONNECT_AFTER_S", 0.05)


@pytest.fixture
def stopping() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def locate(gpsd: Gpsd, stopping: threading.Event) -> Locator:
    return Locator(Position(latitude=35.0, longitude=129.0, gpsd_port=gpsd.port), stopping)


def test_without_gpsd_the_settings_count(stopping: threading.Event) -> None:
    assert Locator(Position(latitude=35.0, longitude=129.0), stopping).place() == HOME


def test_a_fix_counts_until_it_is_old(stopping: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    gpsd = Gpsd([VERSION, '{"class":"SKY"}', FIX])
    locator = locate(gpsd, stopping)
    wait_until(lambda: locator.place() == AT_FIX, "the fix")
    assert json.loads(gpsd.asked[0].removeprefix(b"?WATCH=")) == {"enable": True, "json": True}
    monkeypatch.setattr(position, "FIX_AGES_AFTER_S", 0.0)
    assert locator.place() == HOME
    stopping.set()
    gpsd.close()


def test_neither_no_fix_nor_garbage_nor_a_lost_connection_ends_the_following(stopping: threading.Event) -> None:
    gpsd = Gpsd(
        [VERSION, '{"class":"TPV","mode":1}', '{"class":"TPV","mode":3,"lat":null,"lon":1}'],
        ["HTTP/1.1 400 Bad Request"],
        [VERSION, '{"class":"TPV", this is no JSON'],
        [VERSION, '[{"class":"TPV"}]', '"\\"class\\":\\"TPV\\""'],
        [VERSION, b'{"class":"TPV","mode":3,"lat":\xff\xfe'],
        [],
        [VERSION, FIX],
    )
    locator = locate(gpsd, stopping)
    assert locator.place() == HOME
    wait_until(lambda: locator.place() == AT_FIX, "the fix")
    assert len(gpsd.asked) == 7
    stopping.set()
    gpsd.close()


def test_a_gpsd_that_is_not_there_yet(stopping: threading.Event) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
    locator = Locator(Position(latitude=35.0, longitude=129.0, gpsd_port=port), stopping)
    assert locator.place() == HOME
