"""How much of the original is here, on the console."""

import pytest
from flask.testing import FlaskClient

from edge_app.database import Database
from edge_app.emergency_room.console.desk import version_of
from edge_app.emergency_room.requests import answer
from edge_app.link.messages import AnswerKind
from edge_app.link.state import LinkWord, write_link_state
from tests.edge_app.clocks import Clock
from tests.edge_app.emergency_room.builders import OFFER, ROOM, decision, deliver, granted, preview, stand_down
from tests.edge_app.emergency_room.test_console import text_of
from tests.edge_app.emergency_room.test_originals import manifest, part


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def coming(database: Database, clock: Clock) -> None:
    """The patient comes to us, and two parts of four are here."""
    deliver(database, decision(), preview())
    answer(database, ROOM, OFFER, AnswerKind.ACCEPT)
    deliver(database, granted(), manifest())
    clock.wait(60)
    deliver(database, part(0))
    clock.wait(60)
    deliver(database, part(1))
    clock.wait(1)
    write_link_state(database, connected=True, word=LinkWord.CONNECTED, protocol="5")


def shown(client: FlaskClient) -> str:
    return text_of(client, f"/requests/{OFFER}")


@pytest.mark.usefixtures("coming")
def test_share_and_time_left_stand_in_the_rung(client: FlaskClient, database: Database, clock: Clock) -> None:
    assert "Original picture 66% · under 1 min left" in shown(client)
    assert 'class="arriving" max="100" value="66"' in client.get(f"/requests/{OFFER}").text
    before = version_of(database)
    deliver(database, part(2), part(3))
    clock.wait(1)
    assert version_of(database) != before
    assert "<progress" not in client.get(f"/requests/{OFFER}").text
    assert "Original picture" in shown(client)


@pytest.mark.usefixtures("coming")
def test_a_part_changes_the_page_with_the_next_second(database: Database, clock: Clock) -> None:
    clock.stand_still()
    before = version_of(database)
    deliver(database, part(2))
    clock.wait(1)
    assert version_of(database) != before


@pytest.mark.usefixtures("coming")
def test_what_stands_still_says_since_when(client: FlaskClient, database: Database, clock: Clock) -> None:
    clock.wait(600)
    write_link_state(database, connected=True, word=LinkWord.CONNECTED, protocol="5")
    assert "Original picture 66% · stalled since" in shown(client)


@pytest.mark.usefixtures("coming")
def test_without_the_link_it_stands_still_at_once(client: FlaskClient, database: Database) -> None:
    write_link_state(database, connected=False, word=LinkWord.LOST, protocol="5")
    assert "stalled since" in shown(client)


@pytest.mark.usefixtures("coming")
def test_who_no_longer_has_the_patient_waits_for_no_original(client: FlaskClient, database: Database) -> None:
    deliver(database, stand_down(token=5))
    assert "<progress" not in client.get(f"/requests/{OFFER}").text
