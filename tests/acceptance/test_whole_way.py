"""From a radiograph sent by DICOM to a hospital's answer, and the same with every process killed once on the way."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from edge_app.casebook.cases import CaseState, recent_cases
from edge_app.casebook.events import first_broken_link
from edge_app.casebook.offers import OfferState, Rung, offers_of, proven_rungs
from edge_app.casebook.radiographs import radiographs_of
from edge_app.casebook.readings import reading_of
from edge_app.config import load_room_settings
from edge_app.stage import Stage, get_json
from tests.acceptance.whole_system import answer, casebook_of, crew_says, eventually, kill, kill_service, open_request, requests_at, store

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]


def test_first_acceptance_wins_and_the_others_stand_down(stage: Stage, simulated_dicom: Path) -> None:
    casebook = casebook_of(stage)
    # A unit that is not sure of its success sends again: the same instance twice is one radiograph.
    assert store(stage, simulated_dicom) == 0x0000
    assert store(stage, simulated_dicom) == 0x0000
    first, second, third = stage.rooms
    offer = eventually(lambda: requests_at(second), "a request at the second hospital")[0]
    eventually(lambda: requests_at(first) and requests_at(third), "a request at the others")

    (case,) = recent_cases(casebook.database)
    assert len(radiographs_of(casebook.database, case.id)) == 1
    ladder = next(one for one in offers_of(casebook.database, case.id) if one.id == offer["offer_id"])
    eventually(lambda: Rung.AT_HOSPITAL in proven_rungs(casebook.database, ladder.id), "the receipt")
    assert Rung.OPENED not in proven_rungs(casebook.database, ladder.id), "nobody has opened it yet"
    open_request(second, offer["offer_id"])
    eventually(lambda: Rung.OPENED in proven_rungs(casebook.database, ladder.id), "the opened rung")

    assert answer(first, requests_at(first)[0]["offer_id"], answer="decline", reason="no_bed") == 303
    # Two hospitals race each other; whose word came first is what the box has, so this one is to have come.
    eventually(lambda: OfferState.DECLINED in {one.state for one in offers_of(casebook.database, case.id)}, "the first hospital's no")
    assert answer(second, offer["offer_id"], answer="accept") == 303
    eventually(lambda: requests_at(second)[0]["state"] == "granted", "the grant at the second hospital")
    eventually(lambda: requests_at(third)[0]["state"] == "stood_down", "the stand-down at the third hospital")
    assert requests_at(first)[0]["state"] == "declined"
    assert answer(third, requests_at(third)[0]["offer_id"], answer="accept") == 409, "a stood-down hospital can no longer accept"

    held = recent_cases(casebook.database)[0]
    assert held.state is CaseState.HELD
    assert held.holder_offer_id == offer["offer_id"]
    eventually(lambda: requests_at(second)[0]["has_preview"], "the picture at the hospital")
    eventually(lambda: requests_at(second)[0]["originals"] == 1, "the original at the hospital that has the case")
    assert [requests_at(room)[0]["originals"] for room in (first, third)] == [0, 0]
    (radiograph,) = radiographs_of(casebook.database, case.id)
    desk = load_room_settings(second.settings_file).var
    (original,) = [path for path in (desk / "pictures").rglob("*") if path.is_file()]
    came = dcmread(casebook.pictures.path_of(radiograph.sha256))
    assert np.array_equal(dcmread(original).pixel_array, came.pixel_array)
    assert original.stat().st_size < casebook.pictures.path_of(radiograph.sha256).stat().st_size
    assert get_json(f"{stage.kiosk_address}status.json")["screen"] == "accepted"


def test_a_yes_on_the_telephone_holds_over_a_kill_and_a_case_that_is_ended_is_ended_everywhere(stage: Stage, simulated_dicom: Path) -> None:
    casebook = casebook_of(stage)
    assert store(stage, simulated_dicom) == 0x0000
    first, second, third = stage.rooms
    offer = eventually(lambda: requests_at(second), "a request at the second hospital")[0]
    eventually(lambda: requests_at(first) and requests_at(third), "a request at the others")
    case = recent_cases(casebook.database)[0]
    said = f"cases/{case.id}/offers/{offer['offer_id']}/said"
    assert crew_says(stage, said, word="phone_accept", who="Dr. Kim") == 303
    # Whatever of it was written down is gone on with.
    kill_service(stage, "dispatch")
    kill_service(stage, "uplink")
    granted = eventually(lambda: [one for one in requests_at(second) if one["state"] == "granted"], "the lease on its screen", 120)
    assert granted[0]["code"] == get_json(f"{stage.kiosk_address}status.json")["code"]
    for room in (first, third):
        eventually(lambda room=room: [one["state"] for one in requests_at(room)] == ["stood_down"], "the stand-downs", 120)
    assert recent_cases(casebook.database)[0].fencing_token == 1

    assert crew_says(stage, f"cases/{case.id}/cancel") == 303
    eventually(lambda: requests_at(second)[0]["state"] == "stood_down", "the end at the hospital that held it")
    assert recent_cases(casebook.database)[0].state is CaseState.CLOSED
    assert first_broken_link(casebook.database) is None


def test_every_process_killed_once_on_the_way_loses_nothing(stage: Stage, simulated_dicom: Path) -> None:
    casebook = casebook_of(stage)
    database = casebook.database
    first, second, third = stage.rooms

    assert store(stage, simulated_dicom) == 0x0000
    kill_service(stage, "dicom")
    kill_service(stage, "reading")
    case = recent_cases(database)[0]
    (radiograph,) = radiographs_of(database, case.id)
    kill_service(stage, "dispatch")
    reading = eventually(lambda: reading_of(database, radiograph.id), "a reading after the kills")
    assert reading.reading.assessed, reading.reading.refusal

    kill_service(stage, "uplink")
    offers = eventually(lambda: offers_of(database, case.id), "offers after the dispatch service was killed")
    assert stage.broker is not None
    kill(stage.broker.pid)
    stage.broker.wait()
    assert first.process is not None
    kill(first.process.pid)
    first.process.wait()
    stage.start_broker()
    stage.start_room(first)

    eventually(lambda: all(requests_at(room) for room in stage.rooms), "requests at all three hospitals after the kills", 120)
    kill_service(stage, "kiosk")
    (request,) = requests_at(second)
    assert answer(second, request["offer_id"], answer="accept") == 303
    assert second.process is not None
    kill(second.process.pid)
    second.process.wait()
    stage.start_room(second)

    eventually(lambda: [one["state"] for one in requests_at(second)] == ["granted"], "the grant after the hospital was killed", 120)
    for room in (first, third):
        eventually(lambda room=room: [one["state"] for one in requests_at(room)] == ["stood_down"], "the stand-downs", 120)

    (only,) = recent_cases(database)
    assert only.state is CaseState.HELD
    assert only.fencing_token == 1, "one lease was granted, once"
    assert sorted(offer.state for offer in offers_of(database, only.id)) == sorted(
        [OfferState.ACCEPTED, OfferState.STOOD_DOWN, OfferState.STOOD_DOWN]
    )
    assert len(offers) == 3
    assert len(radiographs_of(database, only.id)) == 1
    assert first_broken_link(database) is None
    eventually(lambda: _kiosk_screen(stage) == "accepted", "the answer on the kiosk after it was killed")


def _kiosk_screen(stage: Stage) -> str | None:
    try:
        return str(get_json(f"{stage.kiosk_address}status.json")["screen"])
    except (OSError, ValueError):
        return None
