"""What a hospital told of itself, as the crew sees it: with its age and whose word it is, in place of an older board."""

import re

import pytest
from flask.testing import FlaskClient

from edge_app.casebook.hospital_words import note_status
from edge_app.clock import now
from edge_app.link.status import Availability, Capability, StatusBody, StatusLine
from tests.edge_app.kiosk.conftest import Seeder


@pytest.mark.parametrize(
    ("language", "beds", "shut"),
    [
        ("ko", "응급실 병상 4개 남음, 병원이 4:00 전 알림", "CT 불가, 병원이 4:00 전 알림"),
        ("en", "4 emergency beds left, told by the hospital 4:00 ago", "CT closed, told by the hospital 4:00 ago"),
    ],
)
def test_a_hospital_s_own_word_is_shown_with_its_age_and_source(
    client: FlaskClient, seed: Seeder, language: str, beds: str, shut: str
) -> None:
    path = f"/cases/{seed.no_answer()}/hospitals"
    hpid = client.get(path).text.split('name="hpid" value="')[1].split('"')[0]
    lines = (
        StatusLine(code=Capability.EMERGENCY_BEDS, availability=Availability.OPEN, free=4, age_s=240, who="김 과장"),
        StatusLine(code=Capability.CT, availability=Availability.CLOSED, free=None, age_s=240, who=None),
        StatusLine(code=Capability.SPINE, availability=Availability.OPEN, free=None, age_s=240, who=None),
    )
    note_status(seed.database, hpid, StatusBody(at_ms=now().unix_ms, lines=lines))
    client.set_cookie("kiosk_language", language)
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", client.get(path).text)).replace("4:01", "4:00")
    assert beds in words
    assert shut in words
