"""How much of its picture a hospital has, on the kiosk."""

import re

from flask.testing import FlaskClient

from edge_app.casebook import Casebook
from edge_app.casebook.offers import offers_of
from edge_app.config import Settings
from edge_app.dispatch.offers import room_end
from edge_app.kiosk.queries import kiosk_view
from edge_app.link.messages import RegionBody
from edge_app.link.outbox import put
from edge_app.link.state import LinkWord
from tests.edge_app.kiosk.conftest import Seeder


def words(client: FlaskClient, language: str = "en") -> str:
    client.set_cookie("kiosk_language", language)
    text = client.get("/").get_data(as_text=True)
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def test_the_accepted_page_says_how_much_of_the_original_is_there(client: FlaskClient, seed: Seeder) -> None:
    seed.original_coming()
    page = client.get("/").get_data(as_text=True)
    assert '<progress class="arriving" max="100" value="43"' in page
    assert "Original 43% · 3.5/8.1 MB · about 3 min left" in words(client)
    assert "원본 사진 43% · 3.5/8.1 MB · 약 3분 남음" in words(client, "ko")


def test_what_stands_still_says_since_when_and_promises_no_time(client: FlaskClient, seed: Seeder) -> None:
    seed.original_coming(ago_s=300)
    assert re.search(r"Original 43% · stalled since \d\d:\d\d:\d\d", words(client))
    assert "min left" not in words(client)


def test_without_the_link_it_stands_still(client: FlaskClient, seed: Seeder) -> None:
    seed.original_coming()
    seed.link(connected=False, word=LinkWord.LOST)
    assert "stalled since" in words(client)


def test_without_a_measured_pace_no_time_is_told(client: FlaskClient, seed: Seeder) -> None:
    seed.original_coming(there=1)
    assert "Original 0% · 0.07/8.1 MB · time left not known" in words(client)


def test_of_a_picture_that_is_all_there_nothing_is_said(client: FlaskClient, seed: Seeder) -> None:
    seed.original_coming(there=124, each_s=0.1)
    assert "<progress" not in client.get("/").get_data(as_text=True)
    assert "The hospital knows that we are coming." in words(client)


def test_a_small_picture_that_takes_long_stands_beside_its_hospital_alone(client: FlaskClient, seed: Seeder) -> None:
    case_id = seed.result()
    first = offers_of(seed.database, case_id)[0]
    body = RegionBody(offer_id=first.id, revision=1, media_type="image/webp", columns=5, rows=5, box=(0, 0, 9, 9), content=bytes(20_000))
    put(seed.database, "unit/unit-1", room_end(first.hpid), first.id, body)
    client.set_cookie("kiosk_language", "en")
    page = client.get("/").get_data(as_text=True)
    assert page.count("<progress") == 1
    row = page[page.index(f'data-offer="{first.id}"') : page.index(f'data-offer="02{case_id[2:]}"')]
    assert 'value="0"' in row
    assert "time left not known" in row


def test_a_part_changes_the_page_and_time_alone_does_not(settings: Settings, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.original_coming(each_s=0.5)
    first = offers_of(seed.database, case_id)[0]
    seen = {kiosk_view(casebook, settings, None).fingerprint for _ in range(3)}
    assert len(seen) == 1
    for number in range(53, 56):
        seed.part_there(first, number, ago_s=1)
    assert kiosk_view(casebook, settings, None).fingerprint not in seen


def test_what_the_crew_is_to_say_has_no_markup_in_it(client: FlaskClient, seed: Seeder) -> None:
    seed.no_answer()
    assert "&lt;em&gt;" not in client.get("/").get_data(as_text=True)
