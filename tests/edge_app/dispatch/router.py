"""A scripted OSRM: a real HTTP server that answers the table service as it is told to."""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from edge_app.dispatch import roads

Point = tuple[float, float]
Answer = Callable[[BaseHTTPRequestHandler, list[Point]], None]
SPEED_KMH = 40.0


def table(points: list[Point], minutes: Mapping[Point, float | None] | None = None) -> dict[str, Any]:
    """What OSRM says of the ways from the first of these points, latitude and longitude: by default 40 km/h along a grid."""
    start = points[0]
    durations: list[float | None] = []
    distances: list[float | None] = []
    for point in points:
        km = 111.2 * abs(point[0] - start[0]) + 88.2 * abs(point[1] - start[1])
        own = None if minutes is None else minutes.get(point, km / SPEED_KMH * 60)
        seconds = km / SPEED_KMH * 3600 if minutes is None else (None if own is None else own * 60)
        durations.append(None if seconds is None else round(seconds, 1))
        distances.append(None if seconds is None else round(km * 1000, 1))
    waypoints = [
        {"hint": "x" * 80, "distance": 4.2, "name": "세종대로", "location": [longitude, latitude]} for latitude, longitude in points
    ]
    return {"code": "Ok", "durations": [durations], "distances": [distances], "sources": waypoints[:1], "destinations": waypoints}


def says(content: bytes | dict[str, Any], status: int = 200) -> Answer:
    """Answer with that, whatever is asked."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()

    def answer(handler: BaseHTTPRequestHandler, _points: list[Point]) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json; charset=UTF-8")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def well(handler: BaseHTTPRequestHandler, points: list[Point]) -> None:
    """Answer as OSRM does."""
    says(table(points))(handler, points)


class Router:
    """The server's address, what was asked of it, and how it answers; ``over`` is set when it stops."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: Answer = well
        self.over = threading.Event()
        self.base = ""


def patiently(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have whoever asks wait longer: how fast this machine is just now is not what is tested."""
    monkeypatch.setattr(roads, "WAIT_S", 8.0)


@contextmanager
def running() -> Iterator[Router]:
    """A router on a port of its own."""
    router = Router()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            router.asked.append(self.path)
            coordinates = re.fullmatch(r"/table/v1/driving/([0-9.,;-]+)\?sources=0&annotations=duration,distance", self.path)
            if coordinates is None:
                says({"code": "InvalidUrl", "message": "URL string is invalid"}, 400)(self, [])
                return
            pairs = [pair.split(",") for pair in coordinates[1].split(";")]
            try:
                router.answer(self, [(float(latitude), float(longitude)) for longitude, latitude in pairs])
            except OSError:
                # Whoever asked has hung up.
                self.close_connection = True

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    router.base = f"http://127.0.0.1:{server.server_port}"
    try:
        yield router
    finally:
        router.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
