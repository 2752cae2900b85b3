"""The site's router: what a good one says is used, and whatever else one does, nobody waits for it and nothing it says is believed."""

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from types import SimpleNamespace
from typing import Any

import pytest

from edge_app.dispatch import roads as module
from edge_app.dispatch.emergency_rooms import EmergencyRoom
from edge_app.dispatch.position import Place, PositionSource
from edge_app.dispatch.roads import ANSWER_BYTES, NEAREST, Road, Roads, roads_from
from edge_app.errors import RouterError
from edge_app.stage import free_port
from tests.edge_app.dispatch.router import Answer, Point, Router, patiently, running, says, table
from tests.edge_app.waiting import wait_until

CITY = Place(37.5, 127.0, PositionSource.GPS)


def room(name: str, north: float) -> EmergencyRoom:
    return EmergencyRoom(f"SIM-{name}", name, None, None, None, 37.5 + north, 127.0, None, frozenset())


ROOMS = (room("A", 0.01), room("B", 0.05), room("C", 0.2))


@pytest.fixture
def router(monkeypatch: pytest.MonkeyPatch) -> Iterator[Router]:
    patiently(monkeypatch)
    with running() as started:
        yield started


def test_the_ways_to_the_nearest_come_in_one_request_below_the_limit_of_osrm(router: Router) -> None:
    many = [room(str(number), 0.5 - 0.004 * number) for number in range(120)]
    roads = roads_from(router.base, CITY, many)
    (asked,) = router.asked
    assert asked.count(";") + 1 == NEAREST + 1 <= 100
    assert asked.startswith("/table/v1/driving/127.000000,37.500000;127.000000,37.5")
    assert set(roads) == {f"SIM-{number}" for number in range(120 - NEAREST, 120)}
    # 0.024° to the north are 2.669 km, at 40 km/h 240 s.
    assert roads["SIM-119"] == Road(pytest.approx(240.2, abs=0.1), pytest.approx(2.669, abs=0.001))


def test_a_router_may_lie_below_a_path(router: Router) -> None:
    with pytest.raises(RouterError, match="refused: InvalidUrl URL string is invalid"):
        roads_from(f"{router.base}/osrm", CITY, ROOMS)
    assert router.asked[0].startswith("/osrm/table/v1/driving/")


def test_what_it_knows_no_road_to_is_left_out(router: Router) -> None:
    far = (ROOMS[1].latitude, ROOMS[1].longitude)
    router.answer = lambda handler, points: says(table(points, {far: None}))(handler, points)
    assert set(roads_from(router.base, CITY, ROOMS)) == {"SIM-A", "SIM-C"}


def test_a_place_beyond_the_map_is_not_taken_for_the_road_it_was_moved_to(router: Router) -> None:
    def at_the_edge(points: list[Point]) -> dict[str, Any]:
        answer = table([*points[:-1], (37.62, 127.0)])
        assert answer["destinations"][3]["location"] == [127.0, 37.62]
        return answer

    router.answer = lambda handler, points: says(at_the_edge(points))(handler, points)
    assert set(roads_from(router.base, CITY, ROOMS)) == {"SIM-A", "SIM-B"}


def _changed(change: Callable[[dict[str, Any]], object]) -> Answer:
    """A good answer but for one change."""

    def answer(handler: BaseHTTPRequestHandler, points: list[Point]) -> None:
        said = table(points)
        change(said)
        says(json.dumps(said).encode())(handler, points)

    return answer


def _set(name: str, value: object) -> Answer:
    return _changed(lambda said: said[name][0].__setitem__(1, value))


def _drips_headers(handler: BaseHTTPRequestHandler, _points: list[Point]) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X: y\r\n")
        handler.wfile.flush()
        time.sleep(0.02)


def _endless(handler: BaseHTTPRequestHandler, _points: list[Point]) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 65536)


def _drips_body(handler: BaseHTTPRequestHandler, _points: list[Point]) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" ")
        time.sleep(0.02)


def _redirects(handler: BaseHTTPRequestHandler, _points: list[Point]) -> None:
    handler.send_response(302)
    handler.send_header("Location", handler.path)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def _cut_short(handler: BaseHTTPRequestHandler, points: list[Point]) -> None:
    body = json.dumps(table(points)).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[:-20])


LIES: dict[str, tuple[Answer, str]] = {
    "too big": (says({"code": "TooBig", "message": "Too many table coordinates"}, 400), "refused: TooBig Too many table coordinates"),
    "no segment": (says({"code": "NoSegment"}, 400), "refused: NoSegment"),
    "a refusal that would write into the log": (says({"code": "X\n\x1b[2J", "message": "y" * 999}, 400), r"refused: X\\n\\x1b\[2J y{100}$"),
    "no JSON with an error": (says(b"<html>", 502), "HTTP status 502"),
    "not OK with status 200": (says({"code": "NoTable"}), "no answer of OSRM's table service: code"),
    "not JSON": (says(b"<html>it works</html>"), "no answer of OSRM's table service"),
    "no text": (says(b"\xff\xfe\x00"), "no answer of OSRM's table service"),
    "nested without end": (says(b'{"code":' + b"[" * 100_000), "no answer of OSRM's table service"),
    "another service's answer": (says({"code": "Ok", "routes": []}), "sources missing"),
    "no distances": (_changed(lambda said: said.pop("distances")), "distances missing"),
    "one time too few": (_changed(lambda said: said["durations"][0].pop()), "3 times and 4 distances for 4 places"),
    "one distance too many": (_changed(lambda said: said["distances"][0].append(1.0)), "4 times and 5 distances"),
    "one place too few": (_changed(lambda said: said["destinations"].pop()), "4 times and 4 distances for 4 places"),
    "a second row": (_changed(lambda said: said["durations"].append(said["durations"][0])), "durations too_long"),
    "not a number": (_set("durations", float("nan")), "durations.0.1 finite_number"),
    "infinite": (_set("distances", float("inf")), "distances.0.1 finite_number"),
    "negative": (_set("durations", -1.0), "durations.0.1 greater_than_equal"),
    "huge": (_set("durations", 1e300), "durations.0.1 less_than_equal"),
    "huge distance": (_set("distances", 1e12), "distances.0.1 less_than_equal"),
    "a number as text": (_set("durations", "60"), "durations.0.1 float_type"),
    "a truth as a number": (_set("durations", True), "durations.0.1 float_type"),
    "there in no time": (_set("durations", 0.0), "takes more than 200 km/h"),
    "shorter than straight": (_set("distances", 100.0), "shorter than the straight line"),
    "no place on earth": (_changed(lambda said: said["destinations"][1].update(location=[500.0, 37.0])), "destinations.1.location.0"),
    "a map of elsewhere": (_changed(lambda said: said["sources"][0].update(location=[13.4, 52.5])), "does not reach the box"),
    "redirected": (_redirects, "HTTP status 302"),
    "cut short": (_cut_short, "no answer of OSRM's table service"),
    "endless": (_endless, f"more than {ANSWER_BYTES} bytes"),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "word"), LIES.values(), ids=LIES.keys())
def test_what_is_no_plain_answer_is_none(router: Router, answer: Answer, word: str) -> None:
    router.answer = answer
    with pytest.raises(RouterError, match=word):
        roads_from(router.base, CITY, ROOMS)
    # Not asked once more, and nobody else.
    assert len(router.asked) == 1


def _silent(router: Router) -> Answer:
    return lambda _handler, _points: router.over.wait(30) and None


@pytest.mark.parametrize("how", ["silent", "headers", "body"])
def test_nobody_waits_longer_than_set_and_no_thread_is_left_behind(router: Router, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setattr(module, "WAIT_S", 0.2)
    router.answer = {"silent": _silent(router), "headers": _drips_headers, "body": _drips_body}[how]
    with pytest.raises(RouterError, match=r"no answer within 0\.2 s|TimeoutError"):
        roads_from(router.base, CITY, ROOMS)
    wait_until(lambda: not [thread for thread in threading.enumerate() if thread.name == "router"], "the end of the request")


def test_a_name_that_does_not_resolve_in_time_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved = threading.Event()

    def never(*_arguments: object, **_more: object) -> list[object]:
        resolved.wait(30)
        raise OSError("no such name")

    monkeypatch.setattr(module, "WAIT_S", 0.1)
    monkeypatch.setattr(socket, "getaddrinfo", never)
    with pytest.raises(RouterError, match=r"no answer within 0\.1 s"):
        roads_from("http://router.invalid:5000", CITY, ROOMS)
    resolved.set()
    wait_until(lambda: not [thread for thread in threading.enumerate() if thread.name == "router"], "the end of the request")


def test_nobody_there_and_another_protocol() -> None:
    with pytest.raises(RouterError, match="ConnectionRefusedError"):
        roads_from(f"http://127.0.0.1:{free_port(22400)}", CITY, ROOMS)
    with running() as router, pytest.raises(RouterError, match="SSL"):
        roads_from(router.base.replace("http:", "https:"), CITY, ROOMS)


def test_no_proxy_of_the_environment_is_used(router: Router, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port(22450)}")
    assert len(roads_from(router.base, CITY, ROOMS)) == 3


class Clock:
    """The monotonic clock, moved by hand."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=clock))
    return clock


def test_an_answer_holds_for_a_minute_and_close_by(router: Router, clock: Clock) -> None:
    roads = Roads(router.base)
    assert roads.known(CITY) == {}
    roads.ask(CITY, ROOMS)
    close = Place(37.5015, 127.0, PositionSource.GPS)
    assert roads.known(CITY) == roads.known(close) != {}
    for _second in range(60):
        roads.ask(close, ROOMS)
        clock.now_s += 1
    assert len(router.asked) == 1
    clock.now_s += 1
    assert roads.known(CITY) == {}
    assert roads.is_due(CITY)
    roads.ask(CITY, ROOMS)
    elsewhere = Place(37.503, 127.0, PositionSource.GPS)
    assert roads.known(elsewhere) == {}
    roads.ask(elsewhere, ROOMS)
    assert len(router.asked) == 3


def test_after_a_failure_nobody_is_asked_for_a_while_and_the_log_says_so_once(
    router: Router, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    roads = Roads(router.base)
    router.answer = says(b"", 503)
    for _second in range(int(2 * module.REST_S)):
        roads.ask(CITY, ROOMS)
        clock.now_s += 1
    assert len(router.asked) == 2
    assert roads.known(CITY) == {}
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "HTTP status 503" in caplog.text
    # Where the box is stands in no log.
    assert "37.5" not in caplog.text
    router.answer = says(table([(37.5, 127.0), *((own.latitude, own.longitude) for own in ROOMS)]))
    clock.now_s += module.REST_S
    roads.ask(CITY, ROOMS)
    assert len(roads.known(CITY)) == 3
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_without_a_router_nobody_is_asked() -> None:
    roads = Roads(None)
    assert not roads.is_due(CITY)
    roads.ask(CITY, ROOMS)
    assert roads.known(CITY) == {}


def test_several_threads_ask_once(router: Router) -> None:
    roads = Roads(router.base)
    threads = [threading.Thread(target=roads.ask, args=(CITY, ROOMS)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(router.asked) == 1
    assert len(roads.known(CITY)) == 3
