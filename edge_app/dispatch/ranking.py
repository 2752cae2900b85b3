"""Who is asked first, and why: the way there, what the patient needs, free beds by their age, and how often an answer came in time.

Every factor is a number in 0…1 and stands beside the others as a reason on the screen. The minutes to get there are divided by their
product, so a hospital that is worth half as much has to be half as far. None of them excludes: a bed is a hint, an answer the truth.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from edge_app.casebook.hospital_words import Told, ToldOf
from edge_app.casebook.offers import AnswerRate, Reason, ReasonKind
from edge_app.config import Dispatch
from edge_app.dispatch.emergency_rooms import EmergencyRoom
from edge_app.dispatch.position import Place, great_circle_km
from edge_app.dispatch.roads import Road
from edge_app.dispatch.status_board import EMERGENCY_BEDS, Board, Status
from edge_app.link.status import Availability
from edge_app.triage import Need

HANDOVER_MIN = 5.0
"""What a handover takes anywhere: without it a hospital next door would beat any other, however little it can do."""
NEED_UNKNOWN, NEED_LACKS = 0.7, 0.25
BED_UNKNOWN, BED_NONE = 0.8, 0.5
HALF_LIFE_MIN = 30.0
"""After which a count of beds is worth half as much as at its entry, and pulls half as far from ``BED_UNKNOWN``."""
TOLD_FOR_S = 12 * 3600.0
"""After that a hospital's word on itself is worth nothing, and is shown no more."""
PRIOR_ASKED, PRIOR_ANSWERED = 6.0, 4.0
"""What is believed of a hospital that was never asked: four answers of six in time."""


@dataclass(frozen=True)
class Ranked:
    """An emergency room with its distance along the road and travel time, and why it stands where it does.

    One of the reasons says whether both are the router's or estimates. ``cost_min``: the lower, the sooner it is asked.
    """

    room: EmergencyRoom
    distance_km: float
    eta_s: int
    cost_min: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Known:
    """What is known beside the map: the board, how hospitals answered before, and the time now.

    ``told`` is what hospitals said of themselves, by ``hpid``: it stands in place of the board where it is younger.
    ``needs`` is what the reading asks of the hospital, ``roads`` what the router says of the way there, by ``hpid``.
    """

    at_ms: int
    board: Board = field(default_factory=Board)
    rates: Mapping[str, AnswerRate] = field(default_factory=dict)
    needs: frozenset[Need] = frozenset()
    roads: Mapping[str, Road] = field(default_factory=dict)
    told: Mapping[str, ToldOf] = field(default_factory=dict)


_TOLD = {
    Availability.OPEN: ReasonKind.TOLD_OPEN,
    Availability.LIMITED: ReasonKind.TOLD_LIMITED,
    Availability.CLOSED: ReasonKind.TOLD_CLOSED,
}


def _aged(level: float, unknown: float, age_s: float) -> float:
    """A factor that pulls half as far from what is believed without it, each half-life later."""
    return unknown + (level - unknown) * math.exp2(-age_s / 60 / HALF_LIFE_MIN)


def _level(told: Told, least: float) -> float:
    """The factor of what was told just now: what is limited stands half-way."""
    return {Availability.OPEN: 1.0, Availability.LIMITED: (1.0 + least) / 2, Availability.CLOSED: least}[told.availability]


def _said(code: str, told: Told, at_ms: int) -> Reason:
    set_ms = at_ms - int(told.age_s * 1000)
    if told.free:
        return Reason(ReasonKind.TOLD_BEDS, str(told.free), set_ms)
    return Reason(_TOLD[told.availability], code, set_ms)


def _younger(told: ToldOf, status: Status, at_ms: int) -> ToldOf:
    """What the hospital told that is younger than the board's word on it, or on which the board has none of a known age."""

    def board_age_s(code: str) -> float:
        entered_ms = status.entered_ms if code in status.beds or code in status.has else status.told_ms if code in status.able else None
        return math.inf if entered_ms is None else max(0.0, (at_ms - entered_ms) / 1000)

    return {code: each for code, each in told.items() if each.age_s <= min(TOLD_FOR_S, board_age_s(code))}


def _need(need: Need, room: EmergencyRoom, status: Status, told: ToldOf, at_ms: int) -> tuple[float, Reason]:
    own = told.get(need)
    if own is not None:
        return _aged(_level(own, NEED_LACKS), NEED_UNKNOWN, own.age_s), _said(need, own, at_ms)
    there = status.available(need)
    if there is None and need in room.abilities:
        there = True
    if there is None:
        return NEED_UNKNOWN, Reason(ReasonKind.NEED_UNKNOWN, need)
    return (1.0, Reason(ReasonKind.NEED_HAS, need)) if there else (NEED_LACKS, Reason(ReasonKind.NEED_LACKS, need))


def _beds(status: Status, told: ToldOf, at_ms: int) -> tuple[float, list[Reason]]:
    own = told.get(EMERGENCY_BEDS)
    if own is not None:
        return _aged(_level(own, BED_NONE), BED_UNKNOWN, own.age_s), [_said(EMERGENCY_BEDS, own, at_ms)]
    free = status.beds.get(EMERGENCY_BEDS)
    if free is None:
        return BED_UNKNOWN, []
    if status.entered_ms is None:
        return BED_UNKNOWN, [Reason(ReasonKind.FREE_BEDS, str(free))]
    # A clock that is wrong makes no entry younger than it can be.
    age_min = max(0.0, (at_ms - status.entered_ms) / 60_000)
    return _aged(1.0 if free > 0 else BED_NONE, BED_UNKNOWN, age_min * 60), [Reason(ReasonKind.FREE_BEDS, str(free), status.entered_ms)]


def _answers(rate: AnswerRate | None) -> tuple[float, list[Reason]]:
    asked, in_time = (0, 0) if rate is None else (rate.asked, rate.in_time)
    factor = (in_time + PRIOR_ANSWERED) / (asked + PRIOR_ASKED)
    return factor, [Reason(ReasonKind.ANSWERED, f"{in_time}/{asked}")] if asked else []


def way_to(room: EmergencyRoom, place: Place, settings: Dispatch, road: Road | None) -> tuple[float, float, Reason]:
    """Seconds and kilometres to a room: the router's where it knows a road, else great circle × detour factor ÷ speed."""
    if road is not None:
        return road.duration_s, road.distance_km, Reason(ReasonKind.TRAVEL_ROAD, "osrm")
    distance_km = great_circle_km(place.latitude, place.longitude, room.latitude, room.longitude) * settings.detour_factor
    return distance_km / settings.speed_kmh * 3600, distance_km, Reason(ReasonKind.TRAVEL_ESTIMATE, "great_circle")


def rank(rooms: Sequence[EmergencyRoom], place: Place, settings: Dispatch, known: Known) -> list[Ranked]:
    """All rooms, the one to ask first at the front; of equal ones the one whose ``hpid`` comes first."""
    ways = {room.hpid: way_to(room, place, settings, known.roads.get(room.hpid)) for room in rooms}
    ranked = []
    for position, room in enumerate(sorted(rooms, key=lambda room: (ways[room.hpid][0], room.hpid)), start=1):
        hpid, (eta_s, distance_km, travel) = room.hpid, ways[room.hpid]
        status = known.board.rooms.get(hpid, Status())
        own = _younger(known.told.get(hpid, {}), status, known.at_ms)
        needs = [_need(need, room, status, own, known.at_ms) for need in sorted(known.needs)]
        bed, beds = _beds(status, own, known.at_ms)
        answered, answers = _answers(known.rates.get(hpid))
        cost_min = (eta_s / 60 + HANDOVER_MIN) / (math.prod(factor for factor, _ in needs) * bed * answered)
        # What nobody knows tells the least.
        told = [reason for _, reason in needs if reason.kind is not ReasonKind.NEED_UNKNOWN]
        # What it has closed is worth knowing though this patient may not need it.
        shut = [
            _said(code, each, known.at_ms)
            for code, each in own.items()
            if code not in known.needs and code != EMERGENCY_BEDS and each.availability is not Availability.OPEN
        ]
        reasons = told + beds + shut + [Reason(ReasonKind.NEAREST, str(position))] + answers
        reasons += [travel, *(reason for _, reason in needs if reason not in told)]
        reasons += [
            Reason(ReasonKind.NOTICE, notice.text, notice.from_ms, notice.about) for notice in status.notices if notice.holds(known.at_ms)
        ]
        reasons += [Reason(ReasonKind.CLASS, room.level)] if room.level else []
        reasons += [Reason(ReasonKind.BEDS, str(room.beds))] if room.beds is not None and not beds else []
        reasons += [Reason(ReasonKind.HAS, ability) for ability in sorted(room.abilities)]
        ranked.append(Ranked(room, distance_km, max(60, round(eta_s)), cost_min, tuple(reasons)))
    return sorted(ranked, key=lambda choice: (choice.cost_min, choice.room.hpid))
