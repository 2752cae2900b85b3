from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge_app.link import picture_lane, session
from edge_app.link.brokers import mosquitto
from tests.edge_app.link.peers import End, Kind, RealBroker

Enter = Callable[..., End]


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses as on a good day; the protocol is the same."""
    monkeypatch.setattr(session, "PACE", replace(session.PACE, first_s=1.0))
    monkeypatch.setattr(picture_lane, "PAUSE_S", 0.3)
    monkeypatch.setattr(session, "LONGEST_RECONNECT_S", 0.6)


def real_broker(folder: Path, kind: Kind) -> Iterator[RealBroker]:
    if kind == "external" and mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    broker = RealBroker(folder / "broker", kind)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RealBroker]:
    """Mosquitto."""
    yield from real_broker(tmp_path, "external")


@pytest.fixture(params=["external", "embedded"])
def either_broker(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RealBroker]:
    """Mosquitto, then the embedded one."""
    yield from real_broker(tmp_path, request.param)


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[RealBroker]:
    """The embedded broker."""
    yield from real_broker(tmp_path, "embedded")


@pytest.fixture
def enter(tmp_path: Path) -> Iterator[Enter]:
    """Makes ends; each is stopped at the end."""
    ends: list[End] = []

    def make(name: str, broker: RealBroker, *, speaks: Kind | None = None, port: int | None = None, second_port: int | None = None) -> End:
        ends.append(End(name, tmp_path, broker, speaks=speaks, port=port, second_port=second_port))
        return ends[-1]

    yield make
    for end in ends:
        end.stop()
