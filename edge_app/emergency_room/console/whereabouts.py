"""When a unit is expected and where it is, from the newest of its words, and how old that is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge_app.clock import Stamp
from edge_app.emergency_room.positions import Position
from edge_app.emergency_room.requests import Request
from edge_app.link.position import STEP_M

LATE_AFTER_S = 150.0
"""A unit that stands still says so every two minutes; after that a word is missing."""
OLD_AFTER_S = 300.0


class Age(StrEnum):
    """How far a position can still be believed."""

    FRESH = "fresh"
    LATE = "late"
    OLD = "old"


class Compass(StrEnum):
    """From which side, in the order of the eighths of a circle from north."""

    NORTH = "n"
    NORTH_EAST = "ne"
    EAST = "e"
    SOUTH_EAST = "se"
    SOUTH = "s"
    SOUTH_WEST = "sw"
    WEST = "w"
    NORTH_WEST = "nw"


@dataclass(frozen=True)
class Arrival:
    """When the unit is expected: ``left_s`` counts from the word that said so and is negative when that time is over.

    ``estimated_ms`` is when that was so. ``there``: by its position it has arrived, at that time.
    """

    left_s: float
    estimated_ms: int
    expected_ms: int
    there: bool = False


@dataclass(frozen=True)
class Whereabouts:
    """Where a unit was ``age_s`` ago, as seen from here; the distance is straight."""

    distance_km: float
    bearing_deg: float
    compass: Compass
    age_s: float
    age: Age
    by_road: bool

    @property
    def far(self) -> str:
        """The distance with its unit, metres below a kilometre."""
        metres = STEP_M * round(self.distance_km * 1000 / STEP_M)
        return f"{metres} m" if metres < 1000 else f"{self.distance_km:.1f} km"


def age_of(age_s: float) -> Age:
    """What an age means."""
    return Age.FRESH if age_s <= LATE_AFTER_S else Age.LATE if age_s <= OLD_AFTER_S else Age.OLD


def compass_of(bearing_deg: float) -> Compass:
    """The nearest of eight directions."""
    return tuple(Compass)[round(bearing_deg / 45) % 8]


def arrival_of(request: Request, position: Position | None, at: Stamp) -> Arrival | None:
    """By the unit's position where it has told one, else by the estimate that came with the request; None where there is neither."""
    if position is not None:
        eta_s = 0 if position.place is None else position.place.eta_s
        fixed_ms = position.fixed.unix_ms
        return Arrival(eta_s - at.seconds_since(position.fixed), fixed_ms, fixed_ms + eta_s * 1000, there=position.place is None)
    estimate_s = request.decision.eta_s
    if estimate_s is None:
        return None
    decided_ms = request.decided.unix_ms
    return Arrival(estimate_s - at.seconds_since(request.decided), decided_ms, decided_ms + estimate_s * 1000)


def whereabouts_of(position: Position | None, at: Stamp) -> Whereabouts | None:
    """Where the unit is, as far as it has told; None where it has not, or has arrived."""
    if position is None or position.place is None:
        return None
    place, age_s = position.place, at.seconds_since(position.fixed)
    return Whereabouts(place.distance_km, place.bearing_deg, compass_of(place.bearing_deg), age_s, age_of(age_s), place.by_road)


def positions_version(positions: Mapping[str, Position], at: Stamp) -> object:
    """Changes with every word of a unit, and when one has grown old."""
    return [(each.offer_id, each.fixed.mono_ms, age_of(at.seconds_since(each.fixed))) for each in positions.values()]
