"""How long a hospital's answer takes on links as they are in an ambulance: the real services, and a thin link of our own before the broker.

A case is entered as the reading service leaves it. It goes through the box's dispatch and uplink, a real broker and three emergency rooms
with their consoles; one of them accepts while the pictures are still on their way, as a doctor does who needs none.
"""

import http.client
import shutil
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Self
from urllib.parse import urlsplit

from edge_app.benchmark.made_up import enter_case, made_up_picture
from edge_app.benchmark.thin_link import CLEAN, Line, ThinLink
from edge_app.casebook import Casebook
from edge_app.casebook.offers import Offer, OfferState, get_offer, offers_of
from edge_app.clock import now
from edge_app.database import Database
from edge_app.dispatch.offers import room_end
from edge_app.emergency_room.inbox import open_desk
from edge_app.errors import ServiceError
from edge_app.link.state import read_link_state
from edge_app.progress import followed
from edge_app.services import service_named
from edge_app.stage import FIRST_PORTS, Room, Stage, free_port, get_json

ROUNDS = 5
SIDE = 1024
LOOK_EVERY_S = 0.02
SETTLE_WITHIN_S = 120.0
_SERVICES = ("dispatch", "uplink", "kiosk")


@dataclass(frozen=True)
class Link:
    """A link to measure. At most ``rounds`` on it; a picture is waited for in the first ``pictures`` of them.

    What has not come after ``within_s`` is counted as not come.
    """

    name: str
    line: Line
    rounds: int = ROUNDS
    pictures: int = ROUNDS
    within_s: float = 60.0


LINKS = (
    Link("clean", CLEAN),
    Link("1,000 kbit/s, 50 ms", Line(1_000_000, 0.05)),
    Link("64 kbit/s, 150 ms", Line(64_000, 0.15), rounds=3, pictures=2),
    Link("16 kbit/s, 300 ms", Line(16_000, 0.3), rounds=3, pictures=1),
    Link("16 kbit/s, 300 ms, 30 % loss", Line(16_000, 0.3, 0.3), rounds=24, pictures=1),
    Link("2 kbit/s, 600 ms", Line(2_000, 0.6), rounds=2, pictures=0),
)


@dataclass(frozen=True)
class Target:
    """What the product sets itself: so many seconds at most for a measurement on a link, its worst."""

    link: str
    what: str
    most_s: float


TARGETS = (
    Target("clean", "decidable", 1.0),
    Target("16 kbit/s, 300 ms, 30 % loss", "decidable", 5.0),
    Target("clean", "kiosk", 0.3),
)


@dataclass(frozen=True)
class Took:
    """Seconds, median and worst of ``of`` times; ``missed`` of them had not come in time, and are in neither."""

    median_s: float | None
    worst_s: float | None
    of: int
    missed: int


@dataclass(frozen=True)
class LinkSpeed:
    """One link. ``up_bytes`` and ``down_bytes`` are what one case takes on the wire to and from the box, headers and repetitions with it.

    Attributes:
        decidable: from the offer's row until rung 1 is durable at the hospital, each of three hospitals.
        picture: from the offer's row until its whole picture is there.
        answer: from the doctor's touch to the lease on the box.
        kiosk: from the doctor's touch until the kiosk's page has it.
        times_clean: how many times the median of ``decidable`` on the first link measured.
        sent_again: messages the box and the hospitals sent more than once.
    """

    link: str
    rounds: int
    decidable: Took
    picture: Took | None
    answer: Took
    kiosk: Took
    times_clean: float | None
    up_bytes: int
    down_bytes: int
    sent_again: int
    lost: int
    shown_twice: int


@dataclass(frozen=True)
class Judged:
    """A target and the worst that was measured; ``met`` is False where something had not come at all."""

    target: Target
    worst_s: float | None
    met: bool


@dataclass
class _Samples:
    decidable: list[float | None] = field(default_factory=list)
    picture: list[float | None] = field(default_factory=list)
    answer: list[float | None] = field(default_factory=list)
    kiosk: list[float | None] = field(default_factory=list)
    up_bytes: list[int] = field(default_factory=list)
    down_bytes: list[int] = field(default_factory=list)
    sent_again: int = 0
    lost: int = 0
    shown_twice: int = 0


def _took(samples: Sequence[float | None]) -> Took:
    came = [seconds for seconds in samples if seconds is not None]
    middle, worst = (round(median(came), 3), round(max(came), 3)) if came else (None, None)
    return Took(middle, worst, len(samples), len(samples) - len(came))


def measure_links(links: Sequence[Link], *, rounds: int, side: int) -> tuple[LinkSpeed, ...]:
    """Measure all links, in turn in every round, with pictures of ``side`` × ``side`` pixels; all are held to the first.

    Raises:
        ServiceError: a part of the system does not start.
    """
    samples = {link.name: _Samples() for link in links}
    with _System(side) as system:
        # Once to warm up.
        system.round(Link("warming up", CLEAN), _Samples(), picture=True)
        turns = [(number, link) for number in range(rounds) for link in links if number < link.rounds]
        for number, link in followed(turns, "rounds on all links"):
            system.round(link, samples[link.name], picture=number < link.pictures)
    clean = _took(samples[links[0].name].decidable).median_s
    return tuple(_speed(link, samples[link.name], clean) for link in links)


def judged(speeds: Sequence[LinkSpeed]) -> tuple[Judged, ...]:
    """The targets beside what was measured."""
    by_link = {speed.link: speed for speed in speeds}
    told = []
    for target in TARGETS:
        if target.link in by_link:
            took: Took = getattr(by_link[target.link], target.what)
            met = took.missed == 0 and took.worst_s is not None and took.worst_s <= target.most_s
            told.append(Judged(target, took.worst_s, met))
    return tuple(told)


def _speed(link: Link, samples: _Samples, clean_s: float | None) -> LinkSpeed:
    decidable = _took(samples.decidable)
    return LinkSpeed(
        link=link.name,
        rounds=len(samples.answer),
        decidable=decidable,
        picture=_took(samples.picture) if samples.picture else None,
        answer=_took(samples.answer),
        kiosk=_took(samples.kiosk),
        times_clean=round(decidable.median_s / clean_s, 1) if decidable.median_s is not None and clean_s else None,
        up_bytes=round(median(samples.up_bytes)),
        down_bytes=round(median(samples.down_bytes)),
        sent_again=samples.sent_again,
        lost=samples.lost,
        shown_twice=samples.shown_twice,
    )


class _System:
    """The box's dispatch, uplink and kiosk, a broker and three emergency rooms, with a thin link between the box and the broker."""

    def __init__(self, side: int) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="edge-bench-"))
        self._picture = made_up_picture(side)
        broker_port = free_port(FIRST_PORTS["broker"])
        self._link = ThinLink(broker_port)
        services = tuple(service_named(name) for name in _SERVICES)
        self._stage = Stage(self._folder, language="en", services=services, broker_port=broker_port, box_finds_broker_at=self._link.port)
        self._casebook = Casebook(self._stage.settings.casebook_folder)
        self._box = self._casebook.database
        self._desks: dict[str, Database] = {}

    def __enter__(self) -> Self:
        try:
            self._stage.start()
            self._stage.wait_until_ready()
            self._desks = {room.room.hpid: open_desk(self._folder / room.room.hpid) for room in self._stage.rooms}
            ends = (self._box, *self._desks.values())
            self._stage.wait_until(lambda: all(_connected(end) for end in ends), "the connections of box and hospitals")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stage.stop()
        self._link.close()
        for database in (self._box, *self._desks.values()):
            database.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def round(self, link: Link, samples: _Samples, *, picture: bool) -> None:
        """One case on one link, from its entry until everything about it has come to rest."""
        up, down = self._link.up.wire_bytes, self._link.down.wire_bytes
        self._link.change(link.line, link.line)
        case_id = enter_case(self._casebook, self._picture)
        if not _came(lambda: self._offers(case_id), link.within_s):
            raise ServiceError("the dispatch service makes no offers")
        offers = self._offers(case_id)
        _came(lambda: all(self._received(offer) is not None for offer in offers), link.within_s)
        samples.decidable += [_since(offer.made.mono_ms, self._received(offer)) for offer in offers]
        # A doctor takes longer than the box takes to make the picture small.
        _came(lambda: all(offer.preview_reading_id is not None for offer in self._offers(case_id)), link.within_s)
        first = next((offer for offer in offers if self._received(offer) is not None), None)
        if first is not None:
            answer_s, kiosk_s = self._accept(case_id, first.id, first.hpid, link.within_s)
            samples.answer.append(answer_s)
            samples.kiosk.append(kiosk_s)
        if picture:
            samples.picture.append(self._pictured(offers, link.within_s))
        self._link.change(CLEAN, CLEAN)
        settled = _came(lambda: not self._under_way(), SETTLE_WITHIN_S)
        samples.up_bytes.append(self._link.up.wire_bytes - up)
        samples.down_bytes.append(self._link.down.wire_bytes - down)
        self._reckon(offers, samples)
        if not settled:
            raise ServiceError(f"messages are still under way {SETTLE_WITHIN_S:.0f} s after the link was made clean")

    def _offers(self, case_id: str) -> list[Offer]:
        return offers_of(self._box, case_id)

    def _received(self, offer: Offer) -> int | None:
        row = self._desks[offer.hpid].row("SELECT received_mono_ms FROM requests WHERE offer_id = :id", {"id": offer.id})
        return None if row is None else int(row["received_mono_ms"])

    def _accept(self, case_id: str, offer_id: str, hpid: str, within_s: float) -> tuple[float | None, float | None]:
        """Accept on the hospital's console; seconds until the box has granted the lease, and until the kiosk's page has it."""
        kiosk = self._stage.kiosk_address
        room = next(room for room in self._stage.rooms if room.room.hpid == hpid)
        with urllib.request.urlopen(f"{kiosk}events?case={case_id}", timeout=10) as events:  # noqa: S310  (our own loopback address)
            began_ms = now().mono_ms
            _touch_accept(room, offer_id)
            seen_ms = None
            # It beats every other second, so this line never waits for long.
            for line in events:
                if line.startswith(b"event: change") and get_json(f"{kiosk}status.json?case={case_id}")["screen"] == "accepted":
                    seen_ms = now().mono_ms
                    break
                if now().mono_ms - began_ms > within_s * 1000:
                    break
        answered = get_offer(self._box, offer_id)
        at_ms = answered.answered.mono_ms if answered.state is OfferState.ACCEPTED and answered.answered is not None else None
        return _since(began_ms, at_ms), _since(began_ms, seen_ms)

    def _pictured(self, offers: Sequence[Offer], within_s: float) -> float | None:
        """Seconds from the offer until the first hospital has its whole picture."""

        def arrived() -> list[int]:
            query = "SELECT received_ms FROM previews WHERE offer_id = :id"
            rows = [(offer, self._desks[offer.hpid].row(query, {"id": offer.id})) for offer in offers]
            return [row["received_ms"] - offer.made.unix_ms for offer, row in rows if row is not None]

        _came(arrived, within_s)
        took_ms = arrived()
        return min(took_ms) / 1000 if took_ms else None

    def _under_way(self) -> bool:
        sql = "SELECT 1 AS x FROM outbox WHERE received_ms IS NULL AND quarantined IS NULL LIMIT 1"
        unhandled = self._box.row("SELECT 1 AS x FROM inbox WHERE handled_ms IS NULL LIMIT 1")
        return unhandled is not None or any(end.row(sql) is not None for end in (self._box, *self._desks.values()))

    def _reckon(self, offers: Sequence[Offer], samples: _Samples) -> None:
        """What was lost of this case's messages, sent again, or shown to a doctor twice."""
        ids = tuple(offer.id for offer in offers)
        inboxes = {room_end(hpid): desk for hpid, desk in self._desks.items()}
        for end in (self._box, *self._desks.values()):
            for row in end.rows(f"SELECT id, recipient, attempts FROM outbox WHERE offer_id IN {ids}"):  # noqa: S608  (our own random hex)
                there = inboxes.get(row["recipient"], self._box)
                samples.lost += there.row("SELECT 1 AS x FROM inbox WHERE id = :id", {"id": row["id"]}) is None
                samples.sent_again += max(0, row["attempts"] - 1)
        for offer in offers:
            # One case at a time is under way, so whatever came since is of this one, under whatever identifier.
            sql = "SELECT 1 AS x FROM requests WHERE received_mono_ms >= :made_ms"
            samples.shown_twice += max(0, len(self._desks[offer.hpid].rows(sql, {"made_ms": offer.made.mono_ms})) - 1)


def _connected(end: Database) -> bool:
    state = read_link_state(end)
    return state is not None and state.connected


def _since(began_ms: int, ended_ms: int | None) -> float | None:
    return None if ended_ms is None else (ended_ms - began_ms) / 1000


def _came(condition: Callable[[], object], within_s: float) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_EVERY_S)
    return True


def _touch_accept(room: Room, offer_id: str) -> None:
    """Accept as the console's button does. ServiceError where the console does not confirm it."""
    screen = urlsplit(room.address)
    connection = http.client.HTTPConnection(screen.netloc, timeout=30)
    try:
        headers = {"Origin": room.address.rstrip("/"), "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"/requests/{offer_id}/answer", "answer=accept", headers)
        status = connection.getresponse().status
    finally:
        connection.close()
    if status != http.HTTPStatus.SEE_OTHER:
        raise ServiceError(f"the console answered {status}")
