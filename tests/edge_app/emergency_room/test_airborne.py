"""Tuberculosis at a hospital: masks and a room before anything is proven, and no word about what nobody looked for."""

import pytest
from flask.testing import FlaskClient

from edge_app.database import Database
from edge_app.emergency_room.console.words import only_finding
from edge_app.reading.finding import Decision
from tests.edge_app.emergency_room.builders import OFFER, PNEUMONIA, deliver, tuberculous

WORDS = {
    "ko": ("공기 전파 주의", "음압격리실", "다른 소견을 보지 않습니다", "폐결핵 소견을 찾지 못함", "배제하지 못함"),
    "en": ("Airborne precautions", "Negative-pressure room", "looks for nothing else", "No sign of tuberculosis found", "not ruled out"),
}


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize(
    ("said", "permille", "airborne"),
    [(Decision.PRESENT, 830, True), (Decision.UNCERTAIN, 410, True), (Decision.UNCERTAIN, 250, False), (Decision.ABSENT, 60, False)],
)
def test_masks_and_a_room_where_it_is_present_or_called_uncertain(
    client: FlaskClient, database: Database, language: str, said: Decision, permille: int, airborne: bool
) -> None:
    client.set_cookie("console_language", language)
    deliver(database, tuberculous(said=said, permille=permille))
    page = client.get(f"/requests/{OFFER}").get_data(as_text=True)
    title, room, only, not_found, not_excluded = WORDS[language]
    assert (title in page, room in page) == (airborne, airborne)
    # Whoever looks at the queue alone sees it too.
    assert ('class="through-air"' in page) == airborne
    assert only in page
    assert (not_found in page) is (said is Decision.ABSENT)
    assert (not_excluded in page) is (said is Decision.UNCERTAIN and not airborne)


def test_beside_a_chest_reading_it_is_one_finding_among_others(client: FlaskClient, database: Database) -> None:
    body = tuberculous(others=(PNEUMONIA,), absent=12)
    assert only_finding(body) is None
    deliver(database, body)
    page = client.get(f"/requests/{OFFER}").get_data(as_text=True)
    assert WORDS["ko"][0] in page
    assert WORDS["ko"][2] not in page


def test_only_one_finding_is_only_one_whatever_was_counted() -> None:
    assert only_finding(tuberculous(said=Decision.ABSENT, permille=60)) == "Tuberculosis"
    for others in ({"absent": 2}, {"undecided": 1}, {"more": 1}):
        assert only_finding(tuberculous(said=Decision.ABSENT, permille=60, **{"absent": 1, **others})) is None
