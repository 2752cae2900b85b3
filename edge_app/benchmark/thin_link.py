"""A thin link made on this machine: a relay on loopback before an MQTT broker, with a rate, a delay, loss and faults.

A model, not a radio. What it does, plainly:

- One wire each way, shared by all connections. A segment of at most 1,460 bytes and 40 bytes of headers takes it for as long as the rate
  says; connections that want it take turns. Opening a connection takes one way there and back.
- Behind the wire a segment takes ``delay_s`` to the other side. Little is held here: once that is full, nothing more is read, and the
  sender's own socket fills as it does on a thin link.
- A segment is lost with the probability ``loss``. TCP brings it again: it and all of its connection behind it wait for a retransmission
  timeout, which doubles while it is lost again, and it takes the wire anew each time. Lost acknowledgements, fast retransmission and
  congestion control are left out; a real TCP does better on single losses and worse on long rows of them.
- A black hole swallows what comes and closes nothing; new connections hang. When it is healed, the connections that fell into it are
  reset, as by a relay on the way that has forgotten them.
"""

import asyncio
import contextlib
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, Self, TypeVar

SEGMENT_BYTES = 1460
HEADER_BYTES = 40
RETRANSMISSION_S = 0.2
LONGEST_RETRANSMISSION_S = 60.0
IN_FLIGHT = 64
SOCKET_BYTES = 8192
BACKLOG = 64

_CONNECT = 0x10
_MQTT_5 = 5
# Fixed header, flags, "not authorised" in the words of each version; the newer one has properties after it.
_REFUSED = {_MQTT_5: bytes((0x20, 3, 0, 0x87, 0))}
_REFUSED_OLD = bytes((0x20, 2, 0, 5))
_RESET = struct.pack("ii", 1, 0)

_T = TypeVar("_T")


@dataclass(frozen=True)
class Line:
    """One direction. ``bit_per_s`` None is as fast as it goes; ``loss`` is the probability, 0…1, that a segment is lost."""

    bit_per_s: float | None = None
    delay_s: float = 0.0
    loss: float = 0.0


CLEAN = Line()


@dataclass
class Carried:
    """What has gone one way: the bytes that arrived, and those that took the wire, headers and repetitions with them."""

    payload_bytes: int = 0
    wire_bytes: int = 0


class Fault(StrEnum):
    """What is wrong with the link."""

    NONE = "none"
    BLACK_HOLE = "black_hole"
    REFUSING = "refusing"


class Clock(Protocol):
    """The time that the wire goes by."""

    def now(self) -> float:
        """Seconds."""

    async def sleep_until(self, at_s: float) -> None:
        """Return no earlier than that."""


class _Monotonic:
    def now(self) -> float:
        return time.monotonic()

    async def sleep_until(self, at_s: float) -> None:
        left_s = at_s - time.monotonic()
        if left_s > 0:
            await asyncio.sleep(left_s)


class _Way:
    """One direction of all connections."""

    def __init__(self, line: Line, seed: int, clock: Clock) -> None:
        self.line = line
        self.carried = Carried()
        self._random = random.Random(seed)  # noqa: S311  (loss that can be repeated, no secret)
        self._clock = clock
        self._free_at_s = 0.0

    async def carry(self, size_bytes: int) -> None:
        """Take a segment over the wire, as often as it is lost."""
        pause_s = RETRANSMISSION_S + 2 * self.line.delay_s
        while True:
            await self._clock.sleep_until(self._reserve(size_bytes + HEADER_BYTES))
            if self._random.random() >= self.line.loss:
                return
            await self._clock.sleep_until(self._clock.now() + pause_s)
            pause_s = min(2 * pause_s, LONGEST_RETRANSMISSION_S)

    def _reserve(self, size_bytes: int) -> float:
        """Take the next free turn on the wire; when its last bit has left."""
        rate, now_s = self.line.bit_per_s, self._clock.now()
        self.carried.wire_bytes += size_bytes
        self._free_at_s = max(now_s, self._free_at_s) + (0.0 if rate is None else 8 * size_bytes / rate)
        return self._free_at_s


@dataclass(eq=False)
class _Pair:
    """One connection through the link. ``forgotten``: it fell into a black hole."""

    client: socket.socket
    broker: socket.socket
    forgotten: bool = False

    def end_with_reset(self) -> None:
        """When it is closed, neither side gets an orderly end."""
        for end in (self.client, self.broker):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

    def close(self) -> None:
        """Close both sides."""
        self.client.close()
        self.broker.close()


def _small(end: socket.socket) -> socket.socket:
    """A socket that holds as little as one on a thin link does: on loopback a segment is 64 kB and both ends together take 4 MB."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BYTES)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    end.settimeout(0)
    return end


class ThinLink:
    """A link to the broker on ``broker_port`` of this machine; clients find it on ``port``. Runs in a thread of its own until closed.

    ``seed`` decides which segments are lost. Every method may be called from any thread and returns when it is done.
    """

    def __init__(self, broker_port: int, up: Line = CLEAN, down: Line = CLEAN, *, seed: int = 0, clock: Clock | None = None) -> None:
        self._broker = ("127.0.0.1", broker_port)
        self._clock = clock or _Monotonic()
        self._up, self._down = _Way(up, seed, self._clock), _Way(down, seed + 1, self._clock)
        self._running = set[asyncio.Task[None]]()
        self._pairs: dict[asyncio.Task[None], _Pair] = {}
        self._stoppers: dict[Any, socket.socket] = {}
        self._fault = Fault.NONE
        self._door = socket.socket()
        # Accepted connections inherit what the door is set to.
        _small(self._door)
        self._door.bind(("127.0.0.1", 0))
        self._door.listen(BACKLOG)
        self.port: int = self._door.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="thin link", daemon=True)
        self._thread.start()
        self._in_loop(self._open())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @property
    def up(self) -> Carried:
        """What has gone from clients to the broker."""
        return self._up.carried

    @property
    def down(self) -> Carried:
        """What has gone from the broker to clients."""
        return self._down.carried

    def change(self, up: Line, down: Line) -> None:
        """From now on the link is so; what is on the wire already still takes its time."""
        self._up.line, self._down.line = up, down

    def cut(self) -> None:
        """Reset every connection; new ones come through."""
        self._in_loop(self._cut())

    def black_hole(self) -> None:
        """Swallow everything, close nothing, let new connections hang."""
        self._in_loop(self._fall_silent())

    def refuse(self) -> None:
        """Answer every further CONNECT with a refusal; connections that are up stay."""
        self._in_loop(self._refuse())

    def heal(self) -> None:
        """End the fault. What fell into a black hole is reset."""
        self._in_loop(self._heal())

    def close(self) -> None:
        """Reset every connection and end."""
        self._in_loop(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _in_loop(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open(self) -> None:
        self._loop.add_reader(self._door, self._accept)

    async def _shut(self) -> None:
        self._loop.remove_reader(self._door)
        for stopper in self._stoppers.values():
            stopper.close()
        self._door.close()
        await self._reset(list(self._running))

    async def _cut(self) -> None:
        await self._reset(list(self._pairs))

    async def _fall_silent(self) -> None:
        if self._fault is Fault.BLACK_HOLE:
            return
        self._loop.remove_reader(self._door)
        self._fault = Fault.BLACK_HOLE
        for pair in self._pairs.values():
            pair.forgotten = True
        # With nobody accepting and a full backlog, the kernel drops every further SYN: a connection then hangs, as on a dead link.
        self._door.listen(0)
        stopper = socket.socket()
        stopper.settimeout(0)
        stopper.connect_ex(self._door.getsockname())
        self._stoppers[stopper.getsockname()] = stopper

    async def _refuse(self) -> None:
        await self._heal()
        self._fault = Fault.REFUSING

    async def _heal(self) -> None:
        await self._reset([task for task, pair in self._pairs.items() if pair.forgotten])
        if self._fault is Fault.BLACK_HOLE:
            self._door.listen(BACKLOG)
            await self._open()
        self._fault = Fault.NONE

    async def _reset(self, tasks: list[asyncio.Task[None]]) -> None:
        """End these connections with a reset, and wait until they are."""
        for task in tasks:
            if task in self._pairs:
                self._pairs[task].end_with_reset()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _accept(self) -> None:
        # Called when somebody waits at the door. An accept that is awaited could be given up with a connection in its hands.
        try:
            client, address = self._door.accept()
        except BlockingIOError:
            return
        client.settimeout(0)
        stopper = self._stoppers.pop(address, None)
        if stopper is not None:
            stopper.close()
            client.close()
        elif self._fault is Fault.REFUSING:
            self._run(self._refuse_one(client), client.close)
        else:
            pair = _Pair(client, _small(socket.socket()))
            self._pairs[self._run(self._relay(pair), pair.close)] = pair

    def _run(self, work: Coroutine[Any, Any, None], close: Callable[[], None]) -> asyncio.Task[None]:
        """Serve one connection beside the others; ``close`` is called at its end, even where it never began."""

        def ended(task: asyncio.Task[None]) -> None:
            close()
            self._running.discard(task)
            self._pairs.pop(task, None)

        task = self._loop.create_task(work)
        self._running.add(task)
        task.add_done_callback(ended)
        return task

    async def _refuse_one(self, client: socket.socket) -> None:
        """Answer a CONNECT as a broker does that does not want this client."""
        packet = b""
        with contextlib.suppress(OSError):
            while (version := _version_of(packet)) is None:
                more = await self._loop.sock_recv(client, SEGMENT_BYTES)
                if not more:
                    return
                packet += more
            await self._loop.sock_sendall(client, _REFUSED.get(version, _REFUSED_OLD))
            # Closed only after the other side has: a reset could overtake the refusal.
            client.shutdown(socket.SHUT_WR)
            while await self._loop.sock_recv(client, SEGMENT_BYTES):
                pass

    async def _relay(self, pair: _Pair) -> None:
        """Carry one connection until it ends."""
        try:
            for way in (self._up, self._down):
                await way.carry(0)
                await self._clock.sleep_until(self._clock.now() + way.line.delay_s)
            await self._loop.sock_connect(pair.broker, self._broker)
            async with asyncio.TaskGroup() as group:
                for way, source, target in ((self._up, pair.client, pair.broker), (self._down, pair.broker, pair.client)):
                    flight: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(IN_FLIGHT)
                    group.create_task(self._take(pair, way, source, flight))
                    group.create_task(self._deliver(pair, way, flight, target))
        except* OSError:
            # One side is gone, and so is the other.
            pair.end_with_reset()

    async def _take(self, pair: _Pair, way: _Way, source: socket.socket, flight: "asyncio.Queue[tuple[float, bytes]]") -> None:
        """Read what one side sends and take it over the wire; an empty piece at last is the end of it."""
        while True:
            try:
                content = await self._loop.sock_recv(source, SEGMENT_BYTES)
            except OSError:
                if pair.forgotten:
                    return
                raise
            if pair.forgotten:
                if not content:
                    return
                continue
            await way.carry(len(content))
            await flight.put((self._clock.now() + way.line.delay_s, content))
            if not content:
                return

    async def _deliver(self, pair: _Pair, way: _Way, flight: "asyncio.Queue[tuple[float, bytes]]", target: socket.socket) -> None:
        """Give the other side what has come over the wire, when it is due."""
        while True:
            due_s, content = await flight.get()
            await self._clock.sleep_until(due_s)
            if pair.forgotten:
                continue
            if not content:
                target.shutdown(socket.SHUT_WR)
                return
            await self._loop.sock_sendall(target, content)
            way.carried.payload_bytes += len(content)


def _version_of(packet: bytes) -> int | None:
    """The protocol level of a CONNECT packet (MQTT 5.0, 3.1.2.2), or None where that has not come yet."""
    if not packet:
        return None
    if packet[0] != _CONNECT:
        raise OSError("no CONNECT")
    at = 1
    while at < len(packet) and packet[at] & 0x80:
        at += 1
    name = at + 1
    if len(packet) < name + 2:
        return None
    level = name + 2 + int.from_bytes(packet[name : name + 2], "big")
    return packet[level] if level < len(packet) else None
