"""Travel time by road, from a router that the site runs: the table service of OSRM's HTTP API, version 1.

One request from where the box is to the nearest emergency rooms. Nothing of it can stop or hold up an offer: it is waited for ``WAIT_S`` at
most, whatever is not a plain answer of that service counts as none, and then the stated estimate is used. The router is told where the
box and the hospitals are and nothing else.
"""

import logging
import queue
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge_app.config import Latitude, Longitude
from edge_app.dispatch.emergency_rooms import EmergencyRoom
from edge_app.dispatch.position import Place, great_circle_km
from edge_app.errors import RouterError

log = logging.getLogger(__name__)

NEAREST = 40
"""Emergency rooms in one request: far below the 100 places that OSRM takes as it comes (``--max-table-size``)."""
WAIT_S = 1.0
ANSWER_BYTES = 256 * 1024
HOLDS_S, HOLDS_KM = 60.0, 0.2
"""How long, and how far from where it was asked, an answer is used."""
REST_S = 30.0
"""After a failure nobody is asked for this long."""
OFF_MAP_KM = 1.0
"""OSRM moves every place onto its nearest road, however far: one moved further lies off its map, and the road is not to this place."""
FASTEST_KMH = 200.0


@dataclass(frozen=True)
class Road:
    """The fastest way to one emergency room."""

    duration_s: float
    distance_km: float


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class _Waypoint(_Strict):
    """A place as it was moved onto a road: longitude and latitude."""

    location: tuple[Longitude, Latitude]


_Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
_Metres = Annotated[float, Field(ge=0, le=5_000_000, allow_inf_nan=False)]


class _Table(_Strict):
    """An answer with one source. Null is a place to which there is no road."""

    code: Literal["Ok"]
    sources: tuple[_Waypoint]
    destinations: tuple[_Waypoint, ...]
    durations: tuple[tuple[_Seconds | None, ...]]
    distances: tuple[tuple[_Metres | None, ...]]


class _Refused(_Strict):
    """An answer with any other code, such as TooBig or NoSegment; these come with HTTP status 400."""

    code: str
    message: str = ""


class _Get:
    """One GET in a thread of its own, for a name that does not resolve and a peer that drips bytes take longer than any time-out says.

    No proxy is used and no redirection followed.
    """

    def __init__(self, base: str, path: str) -> None:
        address = urlsplit(base)
        kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
        # Without a port http.client looks for one in the host's name, and finds it in an IPv6 address.
        self._connection = kind(address.hostname or "", address.port or kind.default_port, timeout=WAIT_S)
        self._path = address.path + path
        self._socket: socket.socket | None = None
        self._given_up = False
        self._outcome: queue.SimpleQueue[tuple[int, bytes] | str] = queue.SimpleQueue()

    def answer(self) -> tuple[int, bytes]:
        """HTTP status and body. RouterError where they are not there within ``WAIT_S``."""
        threading.Thread(target=self._run, name="router", daemon=True).start()
        try:
            outcome = self._outcome.get(timeout=WAIT_S)
        except queue.Empty:
            outcome = f"no answer within {WAIT_S:g} s"
            self._give_up()
        if isinstance(outcome, str):
            raise RouterError(outcome)
        return outcome

    def _run(self) -> None:
        try:
            self._connection.connect()
            self._socket = self._connection.sock
            if self._given_up:
                return
            self._connection.request("GET", self._path, headers={"Accept": "application/json"})
            content = bytearray()
            with self._connection.getresponse() as response:
                while len(content) <= ANSWER_BYTES and (part := response.read1(ANSWER_BYTES)):
                    content += part
            too_long = len(content) > ANSWER_BYTES
            self._outcome.put(f"an answer of more than {ANSWER_BYTES} bytes" if too_long else (response.status, bytes(content)))
        except (OSError, HTTPException, ValueError) as error:
            self._outcome.put(f"it cannot be reached: {type(error).__name__}")
        finally:
            self._connection.close()

    def _give_up(self) -> None:
        """End the thread where it still reads; past TLS, which only the thread that speaks it may end."""
        self._given_up = True
        if self._socket is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def roads_from(base: str, place: Place, rooms: Sequence[EmergencyRoom]) -> dict[str, Road]:
    """Ask the router at ``base`` once for the ways to the ``NEAREST`` of the rooms; by ``hpid``, without those it knows no road to.

    Raises:
        RouterError: it gave no answer, refused, or what it says cannot be.
    """
    nearest = sorted(rooms, key=lambda room: great_circle_km(place.latitude, place.longitude, room.latitude, room.longitude))[:NEAREST]
    points = [(place.latitude, place.longitude), *((room.latitude, room.longitude) for room in nearest)]
    coordinates = ";".join(f"{longitude:.6f},{latitude:.6f}" for latitude, longitude in points)
    status, content = _Get(base, f"/table/v1/driving/{coordinates}?sources=0&annotations=duration,distance").answer()
    if status != 200:
        raise RouterError(_refusal(status, content))
    try:
        table = _Table.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise RouterError(f"no answer of OSRM's table service: {'.'.join(map(str, first['loc']))} {first['type']}") from None
    (durations,), (distances,) = table.durations, table.distances
    if not len(points) == len(table.destinations) == len(durations) == len(distances):
        raise RouterError(f"{len(durations)} times and {len(distances)} distances for {len(points)} places")
    if _moved(table.sources[0], points[0]) > OFF_MAP_KM:
        raise RouterError("its map does not reach the box")
    roads: dict[str, Road] = {}
    for room, end, duration_s, distance_m in zip(nearest, table.destinations[1:], durations[1:], distances[1:], strict=True):
        if duration_s is None or distance_m is None or _moved(end, (room.latitude, room.longitude)) > OFF_MAP_KM:
            continue
        road = Road(duration_s, distance_m / 1000)
        straight_km = great_circle_km(*reversed(table.sources[0].location), *reversed(end.location))
        if straight_km > 1.02 * road.distance_km + 0.05 or straight_km > FASTEST_KMH * duration_s / 3600 + 0.05:
            raise RouterError(f"a road that is shorter than the straight line or takes more than {FASTEST_KMH:g} km/h")
        roads[room.hpid] = road
    return roads


def _moved(waypoint: _Waypoint, asked: tuple[float, float]) -> float:
    """Kilometres from the place that was asked for, latitude and longitude, to the road it was moved onto."""
    longitude, latitude = waypoint.location
    return great_circle_km(*asked, latitude, longitude)


def _refusal(status: int, content: bytes) -> str:
    """What the router says of its refusal, fit for a log whatever it is."""
    try:
        refused = _Refused.model_validate_json(content)
    except ValidationError:
        return f"HTTP status {status}"
    return f"refused: {ascii(refused.code)[1:-1]:.40} {ascii(refused.message)[1:-1]:.100}".rstrip()


@dataclass(frozen=True)
class _Said:
    """An answer, for where and when it was asked."""

    place: Place
    asked_s: float
    roads: Mapping[str, Road]


class Roads:
    """What the router at ``base`` said last; nothing where there is none. ``known`` never waits, ``ask`` little longer than ``WAIT_S``."""

    def __init__(self, base: str | None) -> None:
        self._base = base
        self._asking = threading.Lock()
        self._said: _Said | None = None
        self._rests_until_s = 0.0
        self._failing = False

    def known(self, place: Place) -> Mapping[str, Road]:
        """The ways from there by ``hpid``, where they were asked for a short time ago and close by."""
        said = self._fresh(place)
        return {} if said is None else said.roads

    def is_due(self, place: Place) -> bool:
        """Whether there is somebody to ask and nothing is known from there."""
        return self._base is not None and time.monotonic() >= self._rests_until_s and self._fresh(place) is None

    def ask(self, place: Place, rooms: Sequence[EmergencyRoom]) -> None:
        """Learn the ways from there where that is due. Not within a transaction: everybody else would wait too."""
        with self._asking:
            if self._base is None or not self.is_due(place):
                return
            try:
                self._said = _Said(place, time.monotonic(), roads_from(self._base, place, rooms))
            except RouterError as error:
                self._rests_until_s = time.monotonic() + REST_S
                if not self._failing:
                    log.warning("no travel times from the router, they are estimated until it answers: %s", error)
                self._failing = True
                return
            if self._failing:
                log.info("the router gives travel times again")
            self._failing = False

    def _fresh(self, place: Place) -> _Said | None:
        said = self._said
        if said is None or time.monotonic() - said.asked_s > HOLDS_S:
            return None
        near = great_circle_km(said.place.latitude, said.place.longitude, place.latitude, place.longitude) <= HOLDS_KM
        return said if near else None
