"""The wall clocks of both ends jump a day to and fro between offer, answer and lease, under the real processes."""

import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_app.casebook.events import first_broken_link
from edge_app.casebook.offers import OfferState, offers_of
from edge_app.casebook.readings import add_reading
from edge_app.config import load_settings
from edge_app.services import service_named
from edge_app.stage import Room, Stage, get_json
from edge_app.supervisor import Supervisor
from tests.acceptance.wall_clock import WallClock, can_jump
from tests.acceptance.whole_system import answer, casebook_of, eventually, open_request, requests_at
from tests.edge_app.casebook.builders import assessed, stored
from tests.edge_app.link.peers import quiet_for

pytestmark = [
    pytest.mark.processes,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not can_jump(), reason="faketime, which sets the clocks of processes, is not installed"),
]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """The box's dispatch, uplink and kiosk, and three emergency rooms; what reads pictures is not needed."""
    laid_out = Stage(tmp_path / "stage")
    # Long enough for a slow machine, and far less than a day.
    patient = "[dispatch]\nremind_after_s = 600\nno_answer_after_s = 600\nexpire_after_s = 1200\n"
    laid_out.settings_file.write_text(laid_out.settings_file.read_text().replace("[dispatch]\n", patient))
    laid_out.settings = load_settings(laid_out.settings_file)
    laid_out.supervisor = Supervisor(tuple(map(service_named, ("dispatch", "uplink", "kiosk"))), laid_out.settings, laid_out.settings_file)
    yield laid_out
    laid_out.stop()


def ages_on(address: str) -> list[float]:
    """Every age and every time that is left on a page, in seconds."""
    with urllib.request.urlopen(address, timeout=20) as got:
        page = got.read().decode()
    return [float(age) for age in re.findall(r'data-(?:elapsed|countdown)-s="([-0-9.e]+)"', page)]


def sane(stage: Stage, room: Room) -> bool:
    """Whether the pages of both ends show ages of this test, and no day."""
    ages = [*ages_on(stage.kiosk_address), *ages_on(room.address)]
    assert len(ages) >= 2
    # A time of arrival may be an hour away; nothing else here is older than the test.
    return all(0 <= age < 3600 for age in ages)


def test_one_lease_no_answer_lost_and_no_age_of_a_day(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def go_by(clock: WallClock) -> None:
        for name, value in clock.environment.items():
            monkeypatch.setenv(name, value)

    box, hospitals = WallClock(tmp_path / "box-clock"), WallClock(tmp_path / "hospitals-clock")
    stage.start_broker()
    go_by(hospitals)
    first, second = stage.rooms[:2]
    stage.start_room(first)
    stage.start_room(second)
    go_by(box)
    stage.start_box()
    database = casebook_of(stage).database
    radiograph = stored(database)
    add_reading(database, radiograph.id, assessed())

    def offered(room: Room) -> str:
        return str(eventually(lambda: requests_at(room), "the request", 120.0)[0]["offer_id"])

    def state_at(room: Room) -> str:
        return str(requests_at(room)[0]["state"])

    eventually(lambda: offers_of(database, radiograph.case_id), "the offers", 120.0)
    ours, theirs = offered(first), offered(second)
    open_request(first, ours)
    stage.wait_until(lambda: get_json(f"{stage.kiosk_address}status.json")["link"] == "up", "the kiosk", 120.0)
    assert sane(stage, first)

    box.set("+1d")
    hospitals.set("-1d")
    # Three rounds of the clock's own loop, in which nothing may become due.
    eventually(lambda: "opened" in get_json(f"{stage.kiosk_address}status.json")["offers"][0]["rungs"], "the rung of the first touch")
    quiet_for(3.0)
    assert [offer.state for offer in offers_of(database, radiograph.case_id)] == [OfferState.ASKED] * 3
    assert get_json(f"{stage.kiosk_address}status.json")["screen"] == "result"
    assert sane(stage, first)

    assert answer(first, ours, answer="accept") in (200, 303)
    eventually(lambda: state_at(first) == "granted", "the first lease")
    eventually(lambda: state_at(second) == "stood_down", "the other's word that it is over")
    assert sane(stage, first)

    box.set("-1d")
    hospitals.set("+1d")
    # The hospital's own clock has gone two days ahead and the box's two days back: its later word is still the later one.
    assert answer(first, ours, answer="withdraw") in (200, 303)
    eventually(lambda: state_at(second) == "ringing", "the request anew")
    hospitals.set("-1d")
    assert answer(second, theirs, answer="accept") in (200, 303)
    eventually(lambda: state_at(second) == "granted", "the second lease")
    box.set("+0")
    assert sane(stage, second)
    assert get_json(f"{stage.kiosk_address}status.json")["accepted_by"] == second.room.name

    kinds = [row["kind"] for row in database.rows("SELECT kind FROM events ORDER BY id")]
    assert (kinds.count("lease_granted"), kinds.count("lease_ended")) == (2, 1)
    assert not {"offer_reminded", "message_refused", "no_room_found"} & set(kinds)
    assert database.rows("SELECT id FROM offers WHERE state = 'expired'") == []
    unanswered = "SELECT id FROM inbox WHERE handled_ms IS NULL"
    assert database.rows(unanswered) == []
    assert first_broken_link(database) is None
    database.close()
