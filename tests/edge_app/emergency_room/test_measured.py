"""A spine at a hospital: its angles with their margins and what they are worth, and no word that sounds like health."""

import pytest
from flask.testing import FlaskClient

from edge_app.database import Database
from edge_app.emergency_room.console.adjusting import Spine, spine_of
from edge_app.emergency_room.requests import get_request
from edge_app.reading.spinopelvic import ANGLES, LUMBAR_LORDOSIS, SACRAL_SLOPE
from tests.edge_app.emergency_room.builders import OFFER, OTHER, decision, deliver, measured, preview, refused

WORDS = {
    "ko": ("척추·골반 각도를 쟀음", "다른 이상은 찾아보지 않았습니다", "긴급도 미판정", "평가 못함"),
    "en": ("Angles of spine and pelvis were measured", "Nothing else was looked for", "Urgency not judged", "Not assessed"),
}
HEALTHY = {
    "ko": ("이상 소견을 찾지 못함", "긴급 소견을 찾지 못함", "판독하지 않은"),
    "en": ("No abnormality", "No urgent finding", "Not read by"),
}


@pytest.mark.parametrize("language", WORDS)
def test_the_angles_stand_where_findings_do_and_nothing_is_said_of_anything_else(
    client: FlaskClient, database: Database, language: str
) -> None:
    client.set_cookie("console_language", language)
    deliver(database, measured(), preview())
    page = client.get(f"/requests/{OFFER}").get_data(as_text=True)
    for said in WORDS[language][:3]:
        assert said in page
    for never in HEALTHY[language]:
        assert never not in page
    assert "40°" in page
    assert "± 3°" in page
    assert "51°" in page
    assert page.count(WORDS[language][3]) >= 2, "tilt and incidence need the hips"
    assert "SS 40° LL 51°" in page, "in the queue"


def test_an_angle_that_was_not_told_is_missing_and_no_number(database: Database) -> None:
    deliver(database, measured())
    views = {view.name: view for view in spine_of(database, get_request(database, OFFER)).angles}
    assert tuple(views) == ANGLES
    assert {name for name, view in views.items() if view.now is not None} == {SACRAL_SLOPE, LUMBAR_LORDOSIS}


def test_of_a_chest_there_are_none(database: Database) -> None:
    deliver(database, decision(), refused(OTHER))
    for offer_id in (OFFER, OTHER):
        assert spine_of(database, get_request(database, offer_id)) == Spine()
