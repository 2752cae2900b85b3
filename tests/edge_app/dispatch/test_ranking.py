"""Who comes first and why: each reason moves the order in its direction, and none of them excludes."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.casebook.offers import AnswerRate, Reason, ReasonKind
from edge_app.config import Dispatch
from edge_app.dispatch.emergency_rooms import EmergencyRoom, parse_directory
from edge_app.dispatch.position import Place, PositionSource
from edge_app.dispatch.ranking import HALF_LIFE_MIN, Known, Ranked, rank
from edge_app.dispatch.roads import Road
from edge_app.dispatch.status_board import Board, Notice, Status
from edge_app.reading.finding import Decision, Finding
from edge_app.triage import Need, Vitals, judge_reading, read_table
from tests.edge_app.casebook.builders import assessed

CITY = Place(37.5665, 126.9780, PositionSource.SETTINGS)
NOW = 1_760_000_000_000
MINUTE = 60_000


def room(hpid: str, east: float = 0.0, abilities: frozenset[str] = frozenset()) -> EmergencyRoom:
    """A room so many degrees of longitude east of the box."""
    return EmergencyRoom(hpid, hpid, None, None, None, 37.5665, 126.9780 + east, None, abilities)


ROOMS = (room("SIM-A", 0.01), room("SIM-B", 0.02), room("SIM-C", 0.08))


def order(known: Known, rooms: tuple[EmergencyRoom, ...] = ROOMS) -> list[str]:
    return [choice.room.hpid for choice in rank(rooms, CITY, Dispatch(), known)]


def of(hpid: str, known: Known) -> Ranked:
    return next(choice for choice in rank(ROOMS, CITY, Dispatch(), known) if choice.room.hpid == hpid)


def board(**rooms: Status) -> Board:
    return Board(rooms={name.replace("_", "-"): status for name, status in rooms.items()})


def test_where_nothing_else_is_known_the_nearest_comes_first_with_its_reasons() -> None:
    text = "hpid,dutyName,dutyEmcls,wgs84Lat,wgs84Lon,hvec_total,abilities\n"
    text += "SIM-FAR,f,,37.5665,127.2,,\nSIM-NEAR,n,A,37.5665,127.0,12,trauma;child\n"
    text += "SIM-HERE,h,,37.5665,126.978,,\nSIM-ALSO,a,,37.5665,126.978,,\n"
    rooms, _left_out = parse_directory(text, "x")
    ranked = rank(rooms, CITY, Dispatch(detour_factor=1.5, speed_kmh=30.0), Known(NOW))
    assert [choice.room.hpid for choice in ranked] == ["SIM-ALSO", "SIM-HERE", "SIM-NEAR", "SIM-FAR"]
    # Two places of the same latitude, 0.022° apart: 6371.0088 km × 0.022° × cos 37.5665° = 1.939 km, by road × 1.5, at 30 km/h.
    near = ranked[2]
    assert near.distance_km == pytest.approx(1.939 * 1.5, abs=0.002)
    assert near.eta_s == round(near.distance_km / 30.0 * 3600)
    assert near.reasons == (
        Reason(ReasonKind.NEAREST, "3"),
        Reason(ReasonKind.TRAVEL_ESTIMATE, "great_circle"),
        Reason(ReasonKind.CLASS, "A"),
        Reason(ReasonKind.BEDS, "12"),
        Reason(ReasonKind.HAS, "child"),
        Reason(ReasonKind.HAS, "trauma"),
    )
    # Nobody is there in no time.
    assert (ranked[0].distance_km, ranked[0].eta_s) == (0.0, 60)


def test_the_router_goes_before_the_estimate_where_it_knows_a_road_and_each_says_which_it_is() -> None:
    # Across the river: next door in a straight line, far by road.
    known = Known(NOW, roads={"SIM-A": Road(1260.0, 11.5), "SIM-C": Road(600.0, 8.0)})
    assert order(Known(NOW)) == ["SIM-A", "SIM-B", "SIM-C"]
    assert order(known) == ["SIM-B", "SIM-C", "SIM-A"]
    by_road, estimate = of("SIM-A", known), of("SIM-B", known)
    assert (by_road.eta_s, by_road.distance_km) == (1260, 11.5)
    assert by_road.reasons == (Reason(ReasonKind.NEAREST, "3"), Reason(ReasonKind.TRAVEL_ROAD, "osrm"))
    assert estimate == replace(of("SIM-B", Known(NOW)), reasons=estimate.reasons)
    assert estimate.reasons == (Reason(ReasonKind.NEAREST, "1"), Reason(ReasonKind.TRAVEL_ESTIMATE, "great_circle"))


def test_what_the_patient_needs_outweighs_some_minutes() -> None:
    needs = frozenset({Need.THORACIC_SURGERY_ICU})
    told = board(SIM_A=Status(beds={"O016": 0}), SIM_B=Status(beds={"O016": 2}))
    assert order(Known(NOW)) == ["SIM-A", "SIM-B", "SIM-C"]
    known = Known(NOW, told, needs=needs)
    assert order(known)[0] == "SIM-B"
    assert of("SIM-A", known).reasons[0] == Reason(ReasonKind.NEED_LACKS, "O016")
    assert of("SIM-B", known).reasons[0] == Reason(ReasonKind.NEED_HAS, "O016")
    assert of("SIM-C", known).reasons == (
        Reason(ReasonKind.NEAREST, "3"),
        Reason(ReasonKind.TRAVEL_ESTIMATE, "great_circle"),
        Reason(ReasonKind.NEED_UNKNOWN, "O016"),
    )
    # It was not needed: then it is no reason.
    assert order(Known(NOW, told))[0] == "SIM-A"
    # The directory may know what the board does not say.
    able = (room("SIM-A", 0.01), room("SIM-B", 0.02, frozenset({"O016"})))
    assert order(Known(NOW, needs=needs), able) == ["SIM-B", "SIM-A"]


def test_for_what_is_spread_through_the_air_a_free_isolation_room_comes_first() -> None:
    reading = assessed(Finding("Tuberculosis", 0.4, Decision.UNCERTAIN, 0.3, 84, True))
    judged = judge_reading(reading, 40.0, Vitals(), read_table())
    assert judged is not None
    assert judged.needs == {Need.NEGATIVE_PRESSURE}
    told = board(SIM_A=Status(beds={"O003": 0}), SIM_B=Status(beds={"O003": 1}))
    known = Known(NOW, told, needs=judged.needs)
    assert order(known)[0] == "SIM-B"
    assert of("SIM-B", known).reasons[0] == Reason(ReasonKind.NEED_HAS, "O003")
    assert order(Known(NOW, told))[0] == "SIM-A"


def test_a_free_bed_counts_the_less_the_older_its_entry() -> None:
    def cost(age_min: float, free: int = 3) -> float:
        told = board(SIM_A=Status(beds={"O001": free}, entered_ms=NOW - int(age_min * MINUTE)))
        return of("SIM-A", Known(NOW, told)).cost_min

    unknown = of("SIM-A", Known(NOW)).cost_min
    assert cost(0) < cost(HALF_LIFE_MIN) < cost(4 * HALF_LIFE_MIN) < unknown
    assert cost(0, 0) > cost(HALF_LIFE_MIN, 0) > cost(4 * HALF_LIFE_MIN, 0) > unknown
    assert cost(0, -4) == cost(0, 0)
    # A week later nobody knows any more; and an entry from the future is no younger than now.
    assert cost(7 * 24 * 60) == pytest.approx(unknown, rel=1e-6)
    assert cost(-60) == cost(0)
    assert of("SIM-A", Known(NOW, board(SIM_A=Status(beds={"O001": 3}, entered_ms=NOW)))).reasons[0] == Reason(
        ReasonKind.FREE_BEDS, "3", NOW
    )


def test_a_count_of_unknown_age_is_shown_and_moves_nothing() -> None:
    known = Known(NOW, board(SIM_A=Status(beds={"O001": 3})))
    assert of("SIM-A", known).cost_min == of("SIM-A", Known(NOW)).cost_min
    assert Reason(ReasonKind.FREE_BEDS, "3") in of("SIM-A", known).reasons


def test_who_answers_in_time_comes_before_who_never_does() -> None:
    known = Known(NOW, rates={"SIM-A": AnswerRate(10, 0), "SIM-B": AnswerRate(10, 9)})
    assert order(known) == ["SIM-B", "SIM-A", "SIM-C"]
    assert Reason(ReasonKind.ANSWERED, "0/10") in of("SIM-A", known).reasons
    # One silence is no habit.
    assert order(Known(NOW, rates={"SIM-A": AnswerRate(1, 0)}))[0] == "SIM-A"


def test_a_notice_is_shown_while_it_holds_as_it_stands_and_moves_nothing() -> None:
    told = board(
        SIM_A=Status(
            notices=(
                Notice(text="흉부외과 부재, 시술 불가", about="Y0041", from_ms=NOW - MINUTE, until_ms=NOW + MINUTE),
                Notice(text="어제까지", until_ms=NOW),
                Notice(text="내일부터", from_ms=NOW + 1),
            )
        )
    )
    known = Known(NOW, told)
    notices = [reason for reason in of("SIM-A", known).reasons if reason.kind is ReasonKind.NOTICE]
    assert notices == [Reason(ReasonKind.NOTICE, "흉부외과 부재, 시술 불가", NOW - MINUTE, "Y0041")]
    assert of("SIM-A", known).cost_min == of("SIM-A", Known(NOW)).cost_min


STATUSES = st.builds(
    Status,
    beds=st.dictionaries(st.sampled_from(["O001", "O016", "O017"]), st.integers(-9, 40)),
    has=st.dictionaries(st.just("O030"), st.booleans()),
    entered_ms=st.none() | st.integers(0, 2 * NOW),
)


@given(
    st.dictionaries(st.sampled_from([own.hpid for own in ROOMS]), STATUSES),
    st.dictionaries(st.sampled_from([own.hpid for own in ROOMS]), st.integers(0, 50).map(lambda asked: AnswerRate(asked, asked // 2))),
    st.frozensets(st.sampled_from(Need)),
    st.dictionaries(st.sampled_from([own.hpid for own in ROOMS]), st.builds(Road, st.floats(0, 86_400), st.floats(0, 5000))),
)
def test_whatever_is_known_nobody_is_excluded(
    statuses: dict[str, Status], rates: dict[str, AnswerRate], needs: frozenset[Need], roads: dict[str, Road]
) -> None:
    ranked = rank(ROOMS, CITY, Dispatch(), Known(NOW, Board(rooms=statuses), rates, needs, roads))
    assert {choice.room.hpid for choice in ranked} == {own.hpid for own in ROOMS}
    assert [choice.cost_min for choice in ranked] == sorted(choice.cost_min for choice in ranked)
    assert all(choice.cost_min > 0 and math.isfinite(choice.cost_min) for choice in ranked)
