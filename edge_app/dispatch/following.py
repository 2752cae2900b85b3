"""Where the box is, told to the hospital that has its patient and to nobody else: how often, and when it ends.

What the settings say is where the box is stationed, not where it drives, so without a fix nothing is told. The end is that of the lease,
an arrival, or of a drive that takes longer than any.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from edge_app.casebook.offers import Offer, held_offers
from edge_app.casebook.positions import (
    drop_positions,
    give_up_where_not_understood,
    has_arrived,
    is_under_way,
    next_number,
    note_arrived,
)
from edge_app.clock import Stamp, now
from edge_app.config import Settings
from edge_app.database import Database
from edge_app.dispatch.emergency_rooms import EmergencyRoom, read_directory
from edge_app.dispatch.offers import room_end
from edge_app.dispatch.position import Fix, Place, bearing_deg, great_circle_km
from edge_app.dispatch.ranking import way_to
from edge_app.dispatch.roads import Roads
from edge_app.errors import DirectoryError
from edge_app.link.outbox import put
from edge_app.link.position import FURTHEST_M, STEP_M, Approach, PositionBody

MOVED_KM, MOVING_EVERY_S, STANDING_EVERY_S = 0.1, 30.0, 120.0
"""How often who has moved so far since the last word is told of anew, and how often who has not."""
AT_HOSPITAL_KM, STANDS_KM, ARRIVED_AFTER_S = 0.25, 0.05, 90.0
"""Arrived is who has stood so near for so long; a red light before the door is shorter."""
FOLLOWED_FOR_S = 2 * 3600.0
"""After an acceptance. A case that nobody closes must not show a hospital for days where its ambulance drives."""


@dataclass(frozen=True)
class Lease:
    """An offer whose hospital has the case now, and where that hospital is."""

    offer: Offer
    token: int
    accepted: Stamp
    room: EmergencyRoom


@dataclass(frozen=True)
class Spot:
    """A place, and since when the box was there, or when it was told of."""

    at: Stamp
    place: Place


@dataclass(frozen=True)
class Followed:
    """What is known of the way of one lease: what its hospital was told last, and where the box stands near it."""

    told: Spot | None = None
    stands: Spot | None = None


def km_between(a: Place, b: Place) -> float:
    """Kilometres between two places, straight."""
    return great_circle_km(a.latitude, a.longitude, b.latitude, b.longitude)


def is_due(told: Spot | None, place: Place, at: Stamp) -> bool:
    """Whether a hospital is to be told anew."""
    if told is None:
        return True
    moves = km_between(told.place, place) >= MOVED_KM
    return at.seconds_since(told.at) >= (MOVING_EVERY_S if moves else STANDING_EVERY_S)


def stands_at(stands: Spot | None, room: EmergencyRoom, place: Place, at: Stamp) -> Spot | None:
    """Where it stands near the hospital, and since when; None where it is not near."""
    if great_circle_km(room.latitude, room.longitude, place.latitude, place.longitude) > AT_HOSPITAL_KM:
        return None
    return stands if stands is not None and km_between(stands.place, place) <= STANDS_KM else Spot(at, place)


def seen_from(room: EmergencyRoom, place: Place) -> tuple[int, int] | None:
    """Metres to the north and to the east of a hospital, in steps of ten; None where that is further than any ambulance drives."""
    ends = (room.latitude, room.longitude, place.latitude, place.longitude)
    away_m, bearing = great_circle_km(*ends) * 1000, math.radians(bearing_deg(*ends))
    if away_m > FURTHEST_M - STEP_M:
        return None
    return STEP_M * round(away_m * math.cos(bearing) / STEP_M), STEP_M * round(away_m * math.sin(bearing) / STEP_M)


class Following:
    """Tells each hospital that has a case. What it was told last is kept in memory: after a restart it is told at once."""

    def __init__(self, database: Database, settings: Settings, me: str, fix: Callable[[], Fix | None]) -> None:
        self._database = database
        self._settings = settings
        self._me = me
        self._fix = fix
        self._roads = Roads(settings.dispatch.osrm)
        self._followed: dict[tuple[str, int], Followed] = {}

    def step(self) -> bool:
        """Take back what concerns nobody any more, or tell one hospital; whether there was anything to do."""
        if drop_positions(self._database):
            return True
        fix, at = self._fix(), now()
        leases = self._leases(at) if fix is not None else []
        return fix is not None and any(self._follow(lease, leases, fix, at) for lease in leases)

    def _leases(self, at: Stamp) -> list[Lease]:
        """Those whose hospital is to be told; without those that the directory in use does not know, or cannot tell."""
        held = held_offers(self._database)
        try:
            rooms = {room.hpid: room for room in read_directory(self._settings.directory_file)} if held else {}
        except DirectoryError:
            # Whoever asks a hospital next puts it on record, and the doctor's check names it.
            return []
        leases = [
            Lease(offer, offer.token, offer.answered, rooms[offer.hpid])
            for offer in held
            if offer.token is not None and offer.answered is not None and offer.hpid in rooms
        ]
        self._followed = {(one.offer.id, one.token): self._of(one) for one in leases}
        return [one for one in leases if at.seconds_since(one.accepted) <= FOLLOWED_FOR_S and not has_arrived(self._database, one.offer)]

    def _of(self, lease: Lease) -> Followed:
        return self._followed.get((lease.offer.id, lease.token), Followed())

    def _follow(self, lease: Lease, leases: list[Lease], fix: Fix, at: Stamp) -> bool:
        known = self._of(lease)
        stands = stands_at(known.stands, lease.room, fix.place, at)
        self._followed[lease.offer.id, lease.token] = Followed(known.told, stands)
        if give_up_where_not_understood(self._database, lease.offer.id) or is_under_way(self._database, lease.offer.id):
            return False
        if stands is not None and at.seconds_since(stands.at) >= ARRIVED_AFTER_S:
            with self._database.writing():
                self._tell(lease, None)
                note_arrived(self._database, lease.offer, at)
            return True
        seen = seen_from(lease.room, fix.place)
        if seen is None or not is_due(known.told, fix.place, at):
            return False
        # Outside of the transaction, for the router may take a second.
        eta_s, by_road = self._time_to(lease.room, fix.place, leases)
        self._tell(lease, Approach(north_m=seen[0], east_m=seen[1], age_s=int(fix.age_s), eta_s=eta_s, by_road=by_road))
        self._followed[lease.offer.id, lease.token] = Followed(Spot(at, fix.place), stands)
        return True

    def _tell(self, lease: Lease, approach: Approach | None) -> None:
        with self._database.writing():
            number = next_number(self._database, lease.offer.id)
            body = PositionBody(offer_id=lease.offer.id, token=lease.token, number=number, approach=approach)
            put(self._database, self._me, room_end(lease.offer.hpid), lease.offer.id, body)

    def _time_to(self, room: EmergencyRoom, place: Place, leases: list[Lease]) -> tuple[int, bool]:
        """Seconds from there to the hospital, and whether a router says so."""
        self._roads.ask(place, [lease.room for lease in leases])
        road = self._roads.known(place).get(room.hpid)
        seconds, _km, _reason = way_to(room, place, self._settings.dispatch, road)
        return round(seconds), road is not None
