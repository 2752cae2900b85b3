"""What goes out on one connection: most urgent first, a window of what the broker has not acknowledged, again without a receipt."""

import logging
import math
import random
import time
from collections import deque
from dataclasses import dataclass, field

from edge_app.database import Database
from edge_app.link.connection import Connection
from edge_app.link.messages import Kind
from edge_app.link.outbox import Lane, Waiting, get_waiting, note_attempt, quarantine, waiting_ids

log = logging.getLogger(__name__)

ENVELOPE_BYTES = 128
"""More than what MQTT puts around a message."""
LATE_AFTER_S, LATEST_AFTER_S = 1.0, 4.0
WARY_S = 60.0
RECENT = 8
KEPT_FOR_NOBODY_S = 4.0
"""For the first time; twice that for the second, and so on."""


@dataclass(frozen=True)
class Pace:
    """``window``: how many messages the broker may owe an acknowledgement. A message without a receipt goes out again after ``first_s``,
    then after twice that and so on, at most ``longest_s``; one that the broker has kept for nobody may go sooner."""

    window: int
    first_s: float
    longest_s: float

    def pause_s(self, attempts: int, *, kept: bool) -> float:
        """How long to wait for the receipt of what has been sent so often."""
        first_s = self.first_s if kept else min(self.first_s, KEPT_FOR_NOBODY_S)
        spread: float = random.uniform(0.8, 1.2)  # noqa: S311  (jitter, no secret)
        return min(first_s * 2.0 ** (attempts - 1), self.longest_s) * spread


@dataclass
class Flight:
    """A message that has been published. From the broker's word on it may wait for a receipt until ``again_at``."""

    sent: Waiting
    packet_id: int
    published_at: float
    again_at: float = math.inf
    at_broker: bool = False
    copied: bool = False

    @property
    def yields(self) -> bool:
        """Whether it waits for everything and nothing for it: where a unit is will soon be told anew."""
        return self.sent.kind is Kind.POSITION


@dataclass
class Sender:
    """Sends what waits in one lane of the outbox."""

    database: Database
    lane: Lane
    pace: Pace
    flights: dict[str, Flight] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    _took_s: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    _progress_at: float = 0.0
    _late_at: float = -math.inf

    def begin(self, *, remembered: bool, usual_s: float = 0.0) -> None:
        """A new connection. What a broker that remembers us has taken need not go up a thin link again; from any other everything must."""
        self._took_s = deque([usual_s], maxlen=RECENT)
        self.flights = {key: flight for key, flight in self.flights.items() if flight.at_broker and remembered}

    def is_due(self) -> bool:
        """Whether something is to be published anew."""
        now_s = time.monotonic()
        return any(flight.again_at <= now_s for flight in self.flights.values())

    def has_something(self) -> bool:
        """Whether anything waits that is not under way."""
        now_s = time.monotonic()
        return any(not self._is_under_way(message_id, now_s) for message_id in waiting_ids(self.database, self.lane))

    def _is_under_way(self, message_id: str, now_s: float) -> bool:
        flight = self.flights.get(message_id)
        return flight is not None and flight.again_at > now_s

    @property
    def usual_s(self) -> float:
        """What the broker's word takes where nothing is in its way: the quickest of late."""
        return min(self._took_s, default=0.0)

    @property
    def unacknowledged(self) -> int:
        """How many messages the broker has not acknowledged, a position not counted."""
        return sum(not flight.at_broker and not flight.yields for flight in self.flights.values())

    @property
    def under_way(self) -> int:
        """How many messages the broker has not acknowledged in all."""
        return sum(not flight.at_broker for flight in self.flights.values())

    def acknowledged(self, connection: Connection) -> list[Waiting]:
        """Free the window by what the broker has acknowledged; the messages among it that it has kept for somebody."""
        kept = []
        for packet_id, taken in connection.take_acknowledged():
            for flight in self.flights.values():
                if flight.packet_id == packet_id and not flight.at_broker:
                    # A position shares the link with pictures, and tells nothing of what words take.
                    if not flight.yields:
                        self._took_s.append(time.monotonic() - flight.published_at)
                    self._land(flight, kept=taken)
                    if taken:
                        kept.append(flight.sent)
        return kept

    def acknowledged_by_copy(self, message_id: str, *, kept: bool) -> Waiting | None:
        """The same by a copy that went another way; the message where this is news, and the broker has kept it for somebody."""
        flight = self.flights.get(message_id)
        if flight is None or flight.at_broker:
            return None
        self._land(flight, kept=kept)
        return flight.sent if kept else None

    def _land(self, flight: Flight, *, kept: bool) -> None:
        self._progress_at = time.monotonic()
        flight.at_broker = True
        flight.again_at = self._progress_at + self.pace.pause_s(self.attempts[flight.sent.id], kept=kept)

    def late(self) -> list[Waiting]:
        """What goes another way as well, each once: all that is under way, where nothing has come of any of it for longer than is usual.

        For a while after that nothing is waited for: a link that has just lost something loses more.
        """
        waiting = [flight for flight in self.flights.values() if not flight.at_broker and not flight.yields]
        if not waiting:
            return []
        now_s = time.monotonic()
        still_since = max(self._progress_at, min(flight.published_at for flight in waiting))
        if now_s - still_since >= min(max(LATE_AFTER_S, 2 * self.usual_s), LATEST_AFTER_S):
            self._late_at = now_s
        elif now_s - self._late_at > WARY_S:
            return []
        late = [flight for flight in waiting if not flight.copied]
        for flight in late:
            flight.copied = True
        return [flight.sent for flight in late]

    def received(self, message_id: str) -> None:
        """Its recipient has the message."""
        self.flights.pop(message_id, None)
        self.attempts.pop(message_id, None)

    def send(self, connection: Connection) -> None:
        """Publish what waits, most urgent first, as far as the window allows."""
        now_s = time.monotonic()
        order = waiting_ids(self.database, self.lane)
        still = set(order)
        self.flights = {key: flight for key, flight in self.flights.items() if key in still}
        self.attempts = {key: count for key, count in self.attempts.items() if key in still}
        for message_id in order:
            if self._is_under_way(message_id, now_s):
                continue
            # What goes again was at the broker before, so it is in nobody's window.
            if self.unacknowledged >= self.pace.window:
                return
            sent = get_waiting(self.database, message_id)
            if sent is None:
                continue
            if len(sent.body) + ENVELOPE_BYTES > connection.largest:
                log.error("a %s message of %d bytes is too large for the broker", sent.kind, len(sent.body))
                quarantine(self.database, sent.id, "too_large")
                continue
            if sent.kind is Kind.POSITION and self.under_way:
                return
            if not note_attempt(self.database, sent.id):
                continue
            self.attempts[sent.id] = self.attempts.get(sent.id, 0) + 1
            packet_id = connection.publish(sent.recipient, sent.body)
            # Not again on this connection before the broker has it: on a thin link a copy would only go behind the first one.
            self.flights[sent.id] = Flight(sent, packet_id, now_s)
