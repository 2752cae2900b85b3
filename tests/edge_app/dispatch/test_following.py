"""Where the box is, told to who has its patient: to nobody else, as often as it must be, and no longer than the drive."""

import logging
import threading
from pathlib import Path

import pytest

from edge_app.casebook import Casebook
from edge_app.casebook.cases import get_case
from edge_app.casebook.crew_words import CrewWord, say
from edge_app.casebook.offers import Offer, offers_of
from edge_app.casebook.positions import NOT_UNDERSTOOD, TRIES
from edge_app.casebook.timeline import Happened, timeline_of
from edge_app.config import Settings
from edge_app.dispatch.emergency_rooms import EmergencyRoom
from edge_app.dispatch.following import ARRIVED_AFTER_S, FOLLOWED_FOR_S, MOVING_EVERY_S, STANDING_EVERY_S, seen_from
from edge_app.dispatch.position import Fix, Locator, Place, PositionSource
from edge_app.dispatch.service import Dispatch
from edge_app.emergency_room.positions import positions_of
from edge_app.link.decision import DecisionBody
from edge_app.link.messages import AnswerKind, decode
from edge_app.link.outbox import get_waiting, note_attempt, note_received, waiting
from edge_app.link.position import Approach, PositionBody
from tests.edge_app.clocks import Clock
from tests.edge_app.dispatch import test_service as box
from tests.edge_app.dispatch.router import patiently, running
from tests.edge_app.dispatch.test_position import FIX, VERSION, Gpsd
from tests.edge_app.dispatch.test_showing import Hospital
from tests.edge_app.waiting import wait_until

settings = box.settings
# SIM-WEST stands at 37.51, 127.0: these are a degree's hundredth south of it, a bit nearer, at its door, and beyond.
START, NEARER, DOOR, BEYOND = (37.50, 127.0), (37.502, 127.0), (37.5095, 127.0), (37.53, 127.0)


class Driven(Locator):
    """A locator with the fix that the test says."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.position, threading.Event())
        self.at: tuple[float, float] | None = None

    def fix(self) -> Fix | None:
        return None if self.at is None else Fix(Place(*self.at, PositionSource.GPS), age_s=3.4)


@pytest.fixture
def locator(settings: Settings) -> Driven:
    return Driven(settings)


@pytest.fixture
def dispatch(casebook: Casebook, settings: Settings, locator: Driven) -> Dispatch:
    return Dispatch(casebook, settings, locator)


@pytest.fixture
def asked(casebook: Casebook, dispatch: Dispatch) -> list[Offer]:
    """Three hospitals asked."""
    radiograph, _reading = box.read(casebook)
    box.work(dispatch)
    return offers_of(casebook.database, radiograph.case_id)


@pytest.fixture
def held(casebook: Casebook, dispatch: Dispatch, asked: list[Offer], locator: Driven, clock: Clock) -> Offer:
    """The second of them has the patient, and was told where the box begins."""
    clock.stand_still()
    locator.at = START
    box.says(casebook, asked[1], AnswerKind.ACCEPT)
    box.work(dispatch)
    return asked[1]


def told(casebook: Casebook) -> list[tuple[str, PositionBody]]:
    """To whom which positions are in the outbox without a receipt."""
    bodies = [(sent.recipient, decode(sent.body).body) for sent in waiting(casebook.database, 1000)]
    return [(recipient, body) for recipient, body in bodies if isinstance(body, PositionBody)]


def positions_received(casebook: Casebook) -> int:
    """Let every position in the outbox reach its hospital; how many there were."""
    sent = [one for one in waiting(casebook.database, 1000) if one.kind == "position"]
    for one in sent:
        note_attempt(casebook.database, one.id)
        note_received(casebook.database, one.id, one.recipient)
    return len(sent)


def after(casebook: Casebook, dispatch: Dispatch, clock: Clock, seconds: float) -> int:
    """How many positions are told when that time is over and all before have been received."""
    positions_received(casebook)
    clock.wait(seconds)
    box.work(dispatch)
    return len(told(casebook))


def test_who_has_the_patient_is_told_where_the_box_is_and_nobody_else(
    casebook: Casebook, dispatch: Dispatch, asked: list[Offer], locator: Driven
) -> None:
    locator.at = START
    box.work(dispatch)
    assert told(casebook) == [], "who was only asked"
    box.says(casebook, asked[1], AnswerKind.ACCEPT)
    box.work(dispatch)
    ((recipient, body),) = told(casebook)
    assert recipient == "room/SIM-WEST"
    # A hundredth of a degree is 1,111.95 m; by the stated estimate × 1.35 at 32 km/h that takes 168.9 s.
    assert body == PositionBody(
        offer_id=asked[1].id,
        token=1,
        number=1,
        approach=Approach(north_m=-1110, east_m=0, age_s=3, eta_s=169, by_road=False),
    )


def test_without_a_fix_nothing_is_told_for_the_settings_say_where_it_is_stationed(
    casebook: Casebook, dispatch: Dispatch, asked: list[Offer], locator: Driven
) -> None:
    box.says(casebook, asked[1], AnswerKind.ACCEPT)
    box.work(dispatch)
    assert told(casebook) == []
    locator.at = START
    box.work(dispatch)
    assert len(told(casebook)) == 1


def test_who_moves_is_told_of_every_half_minute_and_who_stands_every_two(
    casebook: Casebook, dispatch: Dispatch, held: Offer, locator: Driven, clock: Clock
) -> None:
    assert after(casebook, dispatch, clock, MOVING_EVERY_S) == 0, "it stands"
    assert after(casebook, dispatch, clock, STANDING_EVERY_S - MOVING_EVERY_S) == 1
    locator.at = NEARER
    assert after(casebook, dispatch, clock, MOVING_EVERY_S - 1) == 0, "too soon"
    assert after(casebook, dispatch, clock, 1) == 1
    assert [body.number for _recipient, body in told(casebook)] == [3]


def test_a_newer_one_takes_the_place_of_one_that_was_not_sent_and_waits_for_one_that_was(
    casebook: Casebook, dispatch: Dispatch, held: Offer, locator: Driven, clock: Clock
) -> None:
    locator.at = NEARER
    clock.wait(MOVING_EVERY_S)
    box.work(dispatch)
    ((_recipient, body),) = told(casebook)
    assert body.approach is not None
    assert (body.number, body.approach.north_m) == (1, -890)
    (sent,) = [one for one in waiting(casebook.database) if one.kind == "position"]
    assert note_attempt(casebook.database, sent.id)
    locator.at = START
    clock.wait(STANDING_EVERY_S)
    box.work(dispatch)
    assert told(casebook) == [("room/SIM-WEST", body)], "a newer one would only go behind it"
    note_received(casebook.database, sent.id, sent.recipient)
    box.work(dispatch)
    ((_recipient, newer),) = told(casebook)
    assert newer.number == 2


def test_one_that_was_taken_back_is_not_sent_any_more(
    casebook: Casebook, dispatch: Dispatch, held: Offer, locator: Driven, clock: Clock
) -> None:
    (before,) = [one for one in waiting(casebook.database) if one.kind == "position"]
    locator.at = NEARER
    clock.wait(MOVING_EVERY_S)
    box.work(dispatch)
    assert get_waiting(casebook.database, before.id) is None
    assert not note_attempt(casebook.database, before.id)


@pytest.mark.parametrize("end", ["withdrawn", "given up", "closed"])
def test_the_end_of_the_lease_takes_back_what_was_told_and_ends_it(
    casebook: Casebook, dispatch: Dispatch, held: Offer, locator: Driven, clock: Clock, end: str
) -> None:
    (sent,) = [one for one in waiting(casebook.database) if one.kind == "position"]
    note_attempt(casebook.database, sent.id)
    if end == "withdrawn":
        box.says(casebook, held, AnswerKind.WITHDRAW, token=1, at_ms=2)
    elif end == "given up":
        say(casebook.database, held.case_id, CrewWord.SKIP, offer_id=held.id)
    else:
        say(casebook.database, held.case_id, CrewWord.CANCEL)
    box.work(dispatch)
    assert get_case(casebook.database, held.case_id).holder_offer_id is None
    assert told(casebook) == []
    locator.at = NEARER
    clock.wait(STANDING_EVERY_S)
    box.work(dispatch)
    assert told(casebook) == []


def test_who_gets_the_patient_instead_is_told_from_then_on(
    casebook: Casebook, dispatch: Dispatch, held: Offer, asked: list[Offer], locator: Driven
) -> None:
    box.says(casebook, held, AnswerKind.WITHDRAW, token=1, at_ms=2)
    box.work(dispatch)
    box.says(casebook, asked[2], AnswerKind.ACCEPT, token=2, at_ms=3)
    box.work(dispatch)
    ((recipient, body),) = told(casebook)
    assert recipient == "room/SIM-NORTH"
    assert body.approach is not None
    assert body.approach.north_m == -2220, "as seen from there"


def test_who_has_stood_at_the_door_has_arrived_and_where_it_drives_then_is_told_nobody(
    casebook: Casebook, settings: Settings, dispatch: Dispatch, held: Offer, locator: Driven, clock: Clock
) -> None:
    locator.at = DOOR
    after(casebook, dispatch, clock, MOVING_EVERY_S)
    assert after(casebook, dispatch, clock, ARRIVED_AFTER_S - 1) == 0
    assert after(casebook, dispatch, clock, 1) == 1
    ((_recipient, body),) = told(casebook)
    assert body.approach is None
    assert Happened.ARRIVED in {moment.happened for moment in timeline_of(casebook.database, held.case_id)}
    locator.at = BEYOND
    assert after(casebook, dispatch, clock, STANDING_EVERY_S) == 0
    begun_anew = Dispatch(casebook, settings, locator)
    assert after(casebook, begun_anew, clock, STANDING_EVERY_S) == 0


def test_a_red_light_before_the_door_is_no_arrival_and_a_roof_over_it_hides_none(
    casebook: Casebook, dispatch: Dispatch, held: Offer, locator: Driven, clock: Clock
) -> None:
    locator.at = (DOOR[0] - 0.001, DOOR[1])
    after(casebook, dispatch, clock, ARRIVED_AFTER_S - 30)
    locator.at = DOOR
    after(casebook, dispatch, clock, ARRIVED_AFTER_S - 30)
    locator.at = None
    assert after(casebook, dispatch, clock, 20 * 60) == 0, "nobody knows"
    locator.at = DOOR
    after(casebook, dispatch, clock, 0)
    assert [body.approach for _recipient, body in told(casebook)] == [None]


def test_a_case_that_nobody_closes_is_not_followed_for_days(
    casebook: Casebook, dispatch: Dispatch, held: Offer, locator: Driven, clock: Clock
) -> None:
    locator.at = NEARER
    assert after(casebook, dispatch, clock, FOLLOWED_FOR_S - 10) == 1
    locator.at = START
    assert after(casebook, dispatch, clock, STANDING_EVERY_S) == 0


def test_a_hospital_that_does_not_know_the_kind_is_left_in_peace(
    casebook: Casebook, dispatch: Dispatch, held: Offer, locator: Driven, clock: Clock
) -> None:
    (sent,) = [one for one in waiting(casebook.database) if one.kind == "position"]
    for _ in range(TRIES):
        note_attempt(casebook.database, sent.id)
    box.add_reading(casebook.database, box.stored(casebook.database, study="1.9").id, box.assessed())
    box.work(dispatch)
    assert len(told(casebook)) == 1, "it may only be away"
    later = [one for one in waiting(casebook.database) if isinstance(decode(one.body).body, DecisionBody) and one.offer_id == held.id][-1]
    note_received(casebook.database, later.id, later.recipient)
    box.work(dispatch)
    locator.at = NEARER
    clock.wait(STANDING_EVERY_S)
    box.work(dispatch)
    rows = casebook.database.rows("SELECT quarantined FROM outbox WHERE kind = 'position'")
    assert [row["quarantined"] for row in rows] == [NOT_UNDERSTOOD]
    # With a new lease it is tried again: somebody may have brought that hospital up to date.
    box.says(casebook, held, AnswerKind.WITHDRAW, token=1, at_ms=2)
    box.work(dispatch)
    box.says(casebook, held, AnswerKind.ACCEPT, token=2, at_ms=3)
    box.work(dispatch)
    assert [body.token for _recipient, body in told(casebook)] == [get_case(casebook.database, held.case_id).fencing_token]


def test_the_time_to_go_is_the_router_s_where_it_knows_a_road(
    casebook: Casebook, settings: Settings, asked: list[Offer], locator: Driven, monkeypatch: pytest.MonkeyPatch
) -> None:
    patiently(monkeypatch)
    box.says(casebook, asked[1], AnswerKind.ACCEPT)
    with running() as router:
        by_road = settings.model_copy(update={"dispatch": settings.dispatch.model_copy(update={"osrm": router.base})})
        dispatch = Dispatch(casebook, by_road, locator)
        locator.at = START
        box.work(dispatch)
    ((_recipient, body),) = told(casebook)
    assert body.approach is not None
    # 1.112 km at the router's 40 km/h.
    assert (body.approach.eta_s, body.approach.by_road) == (100, True)


def test_two_patients_of_one_box_go_to_two_hospitals_and_each_is_told_its_own(
    casebook: Casebook, dispatch: Dispatch, held: Offer, locator: Driven
) -> None:
    positions_received(casebook)
    radiograph, _reading = box.read(casebook, study="1.10")
    box.work(dispatch)
    other = offers_of(casebook.database, radiograph.case_id)[2]
    box.says(casebook, other, AnswerKind.ACCEPT)
    box.work(dispatch)
    assert [(recipient, body.offer_id) for recipient, body in told(casebook)] == [("room/SIM-NORTH", other.id)]


def test_no_log_and_no_record_holds_a_place(
    casebook: Casebook, dispatch: Dispatch, held: Offer, locator: Driven, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    locator.at = DOOR
    after(casebook, dispatch, clock, MOVING_EVERY_S)
    after(casebook, dispatch, clock, ARRIVED_AFTER_S)
    assert positions_received(casebook) == 1
    events = "".join(row["detail"] for row in casebook.database.rows("SELECT detail FROM events"))
    kept = [row["body"] for row in casebook.database.rows("SELECT body FROM outbox WHERE kind = 'position'")]
    assert "37.5" not in caplog.text + events
    assert kept == [b""] * len(kept)


def test_from_a_real_receiver_to_a_real_hospital(casebook: Casebook, settings: Settings, asked: list[Offer], tmp_path: Path) -> None:
    gpsd = Gpsd([VERSION, FIX])
    stopping = threading.Event()
    locator = Locator(settings.position.model_copy(update={"gpsd_port": gpsd.port}), stopping)
    dispatch = Dispatch(casebook, settings, locator)
    hospital = Hospital(casebook, tmp_path / "rooms", asked[2])
    box.says(casebook, asked[2], AnswerKind.ACCEPT)
    wait_until(lambda: locator.fix() is not None, "the fix")
    while box.work(dispatch) + hospital.take():
        pass
    (position,) = positions_of(hospital.desk).values()
    assert position.place is not None
    # FIX is at 37.5, 127.0, a fiftieth of a degree south of SIM-NORTH.
    assert position.place.distance_km == pytest.approx(2.22)
    assert position.place.bearing_deg == pytest.approx(180)
    stopping.set()
    gpsd.close()
    hospital.desk.close()


@pytest.mark.parametrize(
    ("place", "seen"),
    [
        # One minute of arc along a meridian is 1,853.25 m on the mean sphere; along the parallel of 60° half of that.
        ((60.0 + 1 / 60, 20.0), (1850, 0)),
        ((60.0, 20.0 + 1 / 60), (0, 930)),
        ((60.0 - 1 / 60, 20.0 - 1 / 30), (-1850, -1850)),
        ((60.0, 20.0), (0, 0)),
        ((-30.0, 20.0), None),
    ],
)
def test_where_it_is_as_seen_from_the_hospital(place: tuple[float, float], seen: tuple[int, int] | None) -> None:
    room = EmergencyRoom("SIM-X", "X", None, None, None, 60.0, 20.0, None, frozenset())
    assert seen_from(room, Place(*place, PositionSource.GPS)) == seen
