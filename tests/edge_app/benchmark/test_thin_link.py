"""The thin link: as thin as it says by its own clock, whole whatever it loses, and its faults are the faults they are named after."""

import asyncio
import random
import socket
import threading
from collections.abc import Iterator

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from edge_app.benchmark import thin_link
from edge_app.benchmark.thin_link import CLEAN, HEADER_BYTES, SEGMENT_BYTES, Line, ThinLink
from tests.edge_app.waiting import wait_until


class Hurried:
    """A clock on which all waiting is over at once."""

    def __init__(self) -> None:
        self.at_s = 0.0

    def now(self) -> float:
        return self.at_s

    async def sleep_until(self, at_s: float) -> None:
        await asyncio.sleep(0)
        self.at_s = max(self.at_s, at_s)


class Far:
    """What stands behind the link: every connection gets back what it sends."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self.taken: list[socket.socket] = []
        self.ended: list[str] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            self.taken.append(near)
            self._threads.append(threading.Thread(target=self._echo, args=(near,)))
            self._threads[-1].start()

    def _echo(self, near: socket.socket) -> None:
        try:
            while content := near.recv(65536):
                near.sendall(content)
            self.ended.append("in order")
        except OSError as error:
            self.ended.append(type(error).__name__)
        near.close()

    def close(self) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for near in self.taken:
            near.close()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def far() -> Iterator[Far]:
    behind = Far()
    yield behind
    behind.close()


def reached(link: ThinLink) -> socket.socket:
    return socket.create_connection(("127.0.0.1", link.port), timeout=20)


def there_and_back(link: ThinLink, content: bytes) -> bytes:
    """What comes back of what is sent, until the other side ends."""
    with reached(link) as near:
        sender = threading.Thread(target=lambda: (near.sendall(content), near.shutdown(socket.SHUT_WR)) if content else None)
        sender.start()
        back = b"".join(iter(lambda: near.recv(65536), b""))
        sender.join()
    return back


def stream(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


@pytest.mark.parametrize("bit_per_s", [2_000, 64_000, 1_000_000])
def test_the_wire_takes_as_long_as_its_rate_says(far: Far, bit_per_s: float) -> None:
    clock = Hurried()
    content = stream(60_000)
    with ThinLink(far.port, up=Line(bit_per_s), clock=clock) as link:
        assert there_and_back(link, content) == content
        least_s = 8 * len(content) / bit_per_s
        assert clock.at_s == pytest.approx(8 * link.up.wire_bytes / bit_per_s)
        # Headers are on the wire as well, a few segments may be short, and opening and ending take one each.
        assert least_s * (1 + HEADER_BYTES / SEGMENT_BYTES) < clock.at_s < 1.3 * least_s
        assert link.up.payload_bytes == link.down.payload_bytes == len(content)


def test_connections_share_the_wire(far: Far) -> None:
    clock = Hurried()
    with ThinLink(far.port, up=Line(64_000), clock=clock) as link:
        both = [threading.Thread(target=there_and_back, args=(link, stream(30_000, seed))) for seed in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        assert clock.at_s >= 8 * 60_000 / 64_000


def test_the_delay_is_taken_each_way(far: Far) -> None:
    clock = Hurried()
    with ThinLink(far.port, up=Line(delay_s=3.0), down=Line(delay_s=1.0), clock=clock) as link:
        assert there_and_back(link, b"x") == b"x"
    # Once there and back to open, once there, once back.
    assert clock.at_s >= 8.0


@pytest.mark.parametrize(("loss", "seed"), [(0.0, 0), (0.05, 1), (0.3, 2), (0.7, 3)])
def test_whatever_is_lost_comes_again_in_its_order(far: Far, loss: float, seed: int) -> None:
    clock = Hurried()
    content = stream(50_000, seed)
    with ThinLink(far.port, Line(200_000, 0.05, loss), Line(50_000, 0.02, loss), seed=seed, clock=clock) as link:
        assert there_and_back(link, content) == content
        repeated = link.up.wire_bytes / (len(content) * (1 + HEADER_BYTES / SEGMENT_BYTES))
    expected = 1 / (1 - loss)
    assert 0.75 * expected < repeated < 1.5 * expected
    assert clock.at_s >= 8 * link.down.wire_bytes / 50_000


def test_a_lost_segment_waits_twice_as_long_each_time() -> None:
    clock = Hurried()
    way = thin_link._Way(Line(loss=0.5), 5, clock)
    tries = []
    for _ in range(40):
        before_s, before_bytes = clock.at_s, way.carried.wire_bytes
        asyncio.run(way.carry(60))
        tries.append((way.carried.wire_bytes - before_bytes) // 100)
        assert clock.at_s - before_s == pytest.approx(0.2 * (2 ** (tries[-1] - 1) - 1))
    assert set(tries) >= {1, 2, 3}


def test_the_same_seed_loses_the_same(far: Far) -> None:
    def repeated(seed: int) -> list[int]:
        took = []
        for _ in range(12):
            with ThinLink(far.port, Line(loss=0.5), seed=seed, clock=Hurried()) as link:
                there_and_back(link, b"x")
                took.append(link.up.wire_bytes)
            seed += 10
        return took

    assert repeated(1) == repeated(1)
    assert repeated(1) != repeated(2)


def test_a_full_link_holds_its_sender_up(far: Far) -> None:
    with ThinLink(far.port, up=Line(bit_per_s=100)) as link, reached(link) as near:
        near.settimeout(0)
        sent = 0
        try:
            while True:
                sent += near.send(b"x" * 65536)
        except BlockingIOError:
            pass
        # Rather a hundred thousand bytes than the millions that loopback takes: what the sender's own system may hold, and a little here.
        assert sent < 400_000


def test_a_link_may_become_another_while_it_runs(far: Far) -> None:
    clock = Hurried()
    with ThinLink(far.port, clock=clock) as link:
        there_and_back(link, stream(10_000))
        assert clock.at_s == 0.0
        link.change(Line(8_000), CLEAN)
        there_and_back(link, stream(10_000))
        assert clock.at_s > 10.0


def test_a_cut_resets_both_sides_and_lets_new_ones_in(far: Far) -> None:
    with ThinLink(far.port) as link, reached(link) as near:
        near.sendall(b"x")
        assert near.recv(1) == b"x"
        link.cut()
        with pytest.raises(ConnectionResetError):
            near.recv(1)
        wait_until(lambda: far.ended == ["ConnectionResetError"], "the reset at the far side")
        assert there_and_back(link, b"again") == b"again"


def test_in_a_black_hole_nothing_arrives_and_nothing_is_closed(far: Far) -> None:
    with ThinLink(far.port) as link, reached(link) as near:
        near.sendall(b"x")
        assert near.recv(1) == b"x"
        link.black_hole()
        before = link.up.payload_bytes
        # More than all the buffers on the way hold, so it is swallowed and not kept.
        near.sendall(b"y" * 4_000_000)
        near.settimeout(0.3)
        with pytest.raises(TimeoutError):
            near.recv(1)
        for _ in range(2):
            with socket.socket() as second:
                second.settimeout(0.3)
                with pytest.raises(TimeoutError):
                    second.connect(("127.0.0.1", link.port))
        assert far.ended == []
        assert link.up.payload_bytes == before
        link.heal()
        near.settimeout(20)
        with pytest.raises(ConnectionResetError):
            near.recv(1)
        wait_until(lambda: far.ended == ["ConnectionResetError"], "the reset at the far side")
        assert there_and_back(link, b"again") == b"again"
        assert len(far.taken) == 2, "only those that asked for it were led through"


@pytest.mark.parametrize("protocol", [mqtt.MQTTv5, mqtt.MQTTv311])
def test_a_refusal_is_one_to_a_client_of_either_protocol(far: Far, protocol: mqtt.MQTTProtocolVersion) -> None:
    heard: list[ReasonCode] = []
    with ThinLink(far.port) as link, reached(link) as earlier:
        earlier.sendall(b"x")
        assert earlier.recv(1) == b"x"
        link.refuse()
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="c", protocol=protocol, reconnect_on_failure=False)
        client.on_connect = lambda _client, _data, _flags, reason, _properties: heard.append(reason)
        client.connect("127.0.0.1", link.port)
        while not heard and client.loop(1.0) == mqtt.MQTT_ERR_SUCCESS:
            pass
        client.on_connect = None
        client.loop(0.1)
        # The client library says the older protocol's 5 in the words of the newer one.
        assert [reason.value for reason in heard] == [0x87]
        earlier.sendall(b"y")
        assert earlier.recv(1) == b"y"
        link.heal()
        assert there_and_back(link, b"again") == b"again"


def test_without_a_broker_the_connection_is_reset(far: Far) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with ThinLink(nobody.getsockname()[1]) as link, pytest.raises(ConnectionResetError):
            there_and_back(link, b"")


def test_it_ends_in_the_middle_of_everything(far: Far) -> None:
    link = ThinLink(far.port, Line(1_000, 1.0, 0.5), Line(1_000))
    near = [reached(link) for _ in range(3)]
    for each in near:
        each.sendall(b"x" * 5_000)
    link.refuse()
    near.append(reached(link))
    link.black_hole()
    link.close()
    for each in near:
        each.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "thin link"]
