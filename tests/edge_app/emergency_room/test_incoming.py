"""Who is on the way: how far, from which side, how soon, and how old that is; and where nothing is known, that."""

import re

import pytest
from flask.testing import FlaskClient

from edge_app.database import Database
from edge_app.emergency_room.console.desk import COMING_FOR_S, version_of
from edge_app.emergency_room.console.incoming import incoming_of
from edge_app.emergency_room.console.whereabouts import LATE_AFTER_S, OLD_AFTER_S
from edge_app.link.position import PositionBody
from edge_app.link.state import LinkWord, write_link_state
from edge_app.reading.finding import Urgency
from tests.edge_app.clocks import Clock
from tests.edge_app.emergency_room.builders import OFFER, OTHER, decision, granted, refused, stand_down
from tests.edge_app.emergency_room.test_console import text_of
from tests.edge_app.emergency_room.test_positions import approach, comes, where

HTMX = {"HX-Request": "true"}
ARRIVED = PositionBody(offer_id=OFFER, token=2, number=9)


def coming(database: Database, offer_id: str = OFFER, unit: str = "구급 31", **changes: object) -> None:
    comes(database, decision(offer_id, unit_name=unit, **changes), granted(offer_id))


def test_nobody_on_the_way_is_said_as_that_and_is_one_touch_from_the_queue(client: FlaskClient) -> None:
    assert 'href="/incoming"' in client.get("/").text
    page = text_of(client, "/incoming")
    assert "No ambulance is on the way here" in page
    assert "오고 있는 구급차가 없습니다" in text_of(client, "/incoming", "ko")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("On the way here", "구급 31", "Look soon", "M, 60s", "5.0 km north-east", "ago", "10:00", "by road")),
        ("ko", ("오고 있는 구급차", "구급 31", "빠른 확인", "남 60대", "5.0 km 북동쪽", "전 위치", "10:00", "도로 경로")),
    ],
)
def test_a_unit_is_told_with_distance_side_time_and_age(
    client: FlaskClient, database: Database, clock: Clock, language: str, words: tuple[str, ...]
) -> None:
    clock.stand_still()
    coming(database)
    comes(database, where(seen=approach(3000, 4000)))
    page = text_of(client, "/incoming", language)
    for word in words:
        assert word in page


def test_the_drawing_says_what_the_table_says(client: FlaskClient, database: Database, clock: Clock) -> None:
    clock.stand_still()
    coming(database, urgency=Urgency.IMMEDIATE)
    comes(database, where(seen=approach(0, 5000)))
    page = client.get("/incoming").text
    (svg,) = re.findall(r"<svg viewBox.*?</svg>", page, flags=re.DOTALL)
    # Five kilometres to the east of rings that reach six: 330 × 5/6 right of the middle.
    assert re.search(r'class="unit immediate fresh".*<circle class="mark" cx="705.0" cy="386.0"', svg, flags=re.DOTALL)
    assert re.findall(r"(\d+) km", svg) == ["2", "4", "6"]
    assert ">구급 31</text>" in svg
    assert f'href="/requests/{OFFER}"' in svg
    assert re.search(r'<tr class="immediate fresh">.*5.0 km 동쪽', page, flags=re.DOTALL)
    assert "style=" not in page
    assert "<image" not in svg


def test_one_without_a_place_is_listed_and_not_drawn(client: FlaskClient, database: Database) -> None:
    coming(database)
    page = text_of(client, "/incoming")
    assert "Not known" in page
    assert "This unit has told no position" in page
    assert "No positions received" in page
    assert "estimated on asking" in page
    assert 'class="mark"' not in client.get("/incoming").text


def test_who_only_asked_and_who_is_gone_are_not_on_it(client: FlaskClient, database: Database, clock: Clock) -> None:
    comes(database, decision(OTHER, unit_name="구급 7"))
    coming(database)
    assert [unit.card.unit for unit in incoming_of(database).units] == ["구급 31"]
    clock.wait(COMING_FOR_S + 1)
    assert incoming_of(database).units == ()
    coming(database, "0" * 31 + "3", "구급 9")
    comes(database, stand_down("0" * 31 + "3", token=3))
    assert incoming_of(database).units == ()


def test_who_comes_first_stands_first_and_who_has_arrived_last(database: Database) -> None:
    for number, eta_s in ((1, 900), (2, 300), (3, None), (4, 60)):
        coming(database, f"{number:032x}", f"{number}", eta_s=eta_s)
    comes(database, PositionBody(offer_id=f"{4:032x}", token=2, number=1))
    comes(database, where(1, approach(eta_s=30), offer_id=f"{1:032x}"))
    assert [unit.card.unit for unit in incoming_of(database).units] == ["1", "2", "3", "4"]
    assert incoming_of(database).units[0].mark is not None


def test_what_grows_old_is_paler_then_loud_and_the_page_is_told(client: FlaskClient, database: Database, clock: Clock) -> None:
    clock.stand_still()
    coming(database)
    comes(database, where(seen=approach(age_s=10)))
    seen = version_of(database)
    for age, wait_s in (("fresh", 0.0), ("late", LATE_AFTER_S), ("old", OLD_AFTER_S - LATE_AFTER_S)):
        clock.wait(wait_s)
        write_link_state(database, connected=True, word=LinkWord.CONNECTED, protocol="5")
        page = client.get("/incoming").text
        assert f'class="unit urgent {age}"' in page
        assert f'<tr class="urgent {age}">' in page
        assert (version_of(database) == seen) == (age == "fresh")
        seen = version_of(database)


def test_a_newer_word_moves_the_time_of_arrival_on_every_screen(client: FlaskClient, database: Database, clock: Clock) -> None:
    clock.stand_still()
    coming(database, eta_s=532)
    seen = version_of(database)
    assert 'data-countdown-s="532.0"' in client.get(f"/requests/{OFFER}").text
    comes(database, where(seen=approach(age_s=20, eta_s=300)))
    assert version_of(database) != seen
    page = client.get(f"/requests/{OFFER}").text
    assert page.count('data-countdown-s="280.0"') == 2, "in the queue and beside the answer"
    assert "5.0 km" in page
    comes(database, ARRIVED)
    assert "By its position at" in text_of(client, f"/requests/{OFFER}")
    there = text_of(client, "/incoming")
    assert "not a handover" in there
    assert "No positions received" not in there, "nobody is on the way any more"
    assert incoming_of(database).under_way == 0


def test_what_the_box_did_not_read_looks_like_nothing_else_here(client: FlaskClient, database: Database) -> None:
    comes(database, refused(unit_name="구급 31"), granted(), where())
    assert 'class="unit unread fresh"' in client.get("/incoming").text
    assert "Not read" in text_of(client, "/incoming")


def test_without_its_link_the_page_says_that_nothing_new_comes_and_never_that_nobody_does(client: FlaskClient, database: Database) -> None:
    write_link_state(database, connected=False, word=LinkWord.LOST, protocol="5")
    page = text_of(client, "/incoming")
    assert "Who is on the way is not known" in page
    assert "No ambulance is on the way here" not in page
    coming(database)
    assert "no new positions arrive" in text_of(client, "/incoming")


def test_for_htmx_it_is_the_part_that_changes_and_nothing_where_nothing_has(client: FlaskClient, database: Database) -> None:
    coming(database)
    part = client.get("/incoming", headers=HTMX).text
    assert part.lstrip().startswith("<main")
    assert client.get(f"/incoming?seen={version_of(database)}", headers=HTMX).status_code == 204


def test_a_name_from_the_link_is_text_in_the_drawing_too(client: FlaskClient, database: Database) -> None:
    coming(database, unit="<b>&31")
    comes(database, where())
    page = client.get("/incoming").text
    assert "<b>&31" not in page
    assert page.count("&lt;b&gt;&amp;31") == 2
