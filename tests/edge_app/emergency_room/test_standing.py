"""The panel of duty and capabilities: one touch each, the same at every screen, with who set it, its age, and amber when that is long."""

import re

import pytest
from flask.testing import FlaskClient

from edge_app.database import Database
from edge_app.emergency_room.capabilities import STALE_AFTER_S, settings_of
from edge_app.emergency_room.console.desk import version_of
from edge_app.emergency_room.console.standing import standing_of
from edge_app.emergency_room.duty import SHIFT_S, on_duty, take_duty
from edge_app.link.messages import AnswerBody, decode
from edge_app.link.outbox import waiting
from edge_app.link.status import Availability, Capability
from tests.edge_app.clocks import DAY_S, Clock
from tests.edge_app.emergency_room.builders import OFFER, decision, deliver

HTMX = {"HX-Request": "true"}


def test_one_touch_sets_it_and_every_screen_sees_it(client: FlaskClient, database: Database) -> None:
    take_duty(database, "김 과장")
    seen = re.search(r'data-version="(\w+)"', client.get("/").text)
    assert seen is not None
    panel = client.post("/standing/O027", data={"state": "closed"}, headers=HTMX).text
    assert 'value="closed" aria-pressed="true"' in panel
    assert panel.count("김 과장") == 2
    # Another screen is told of it, and shows how many are not open.
    assert client.get(f"/desk?seen={seen[1]}").status_code == 200
    assert "제한·불가 1" in client.get("/").text
    assert client.post("/standing/O027", data={"state": "open"}).headers["Location"] == "/"
    assert "제한·불가" not in client.get("/").text


def test_beds_are_counted_by_touch_and_none_left_is_closed(client: FlaskClient, database: Database) -> None:
    for free, availability in ((1, Availability.OPEN), (0, Availability.CLOSED)):
        client.post("/standing/O001", data={"free": free}, headers=HTMX)
        (beds,) = settings_of(database)
        assert (beds.code, beds.free, beds.availability) == (Capability.EMERGENCY_BEDS, free, availability)
    assert 'name="free" value="0"' in client.get("/standing").text, "never below none"


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/standing/O999", {"state": "open"}),
        ("/standing/O027", {"state": "maybe"}),
        ("/standing/O027", {}),
        ("/standing/O001", {"state": "open"}),
        ("/standing/O001", {"free": "-1"}),
        ("/standing/O001", {"free": "many"}),
        ("/duty", {"name": "x" * 41}),
    ],
)
def test_what_no_screen_offers_is_refused(client: FlaskClient, database: Database, path: str, form: dict[str, str]) -> None:
    assert client.post(path, data=form).status_code == 400
    assert (settings_of(database), on_duty(database)) == ((), None)


def test_what_was_set_long_ago_is_amber_and_asks_to_be_touched_again(client: FlaskClient, database: Database, clock: Clock) -> None:
    client.post("/standing/O017", data={"state": "open"})
    clock.jump(DAY_S)
    before = version_of(database)
    assert standing_of(database).stale == 0, "a clock that was set makes nothing old"
    clock.wait(STALE_AFTER_S + 60)
    assert standing_of(database).stale == 1
    assert version_of(database) != before
    assert 'class="open stale"' in client.get("/standing").text
    client.post("/standing/O017", data={"state": "open"})
    assert standing_of(database).stale == 0


def test_a_name_is_on_duty_for_a_shift_and_goes_with_every_answer(client: FlaskClient, database: Database, clock: Clock) -> None:
    assert on_duty(database) is None
    client.post("/duty", data={"name": " 김 과장 "})
    clock.jump(-DAY_S)
    duty = on_duty(database)
    assert duty is not None
    assert duty.name == "김 과장"
    deliver(database, decision())
    client.post(f"/requests/{OFFER}/answer", data={"answer": "accept"})
    (body,) = [body for each in waiting(database) if isinstance(body := decode(each.body).body, AnswerBody)]
    assert body.who == "김 과장"
    clock.wait(SHIFT_S + 1)
    assert on_duty(database) is None
    client.post("/duty", data={"name": "이 교수"})
    client.post("/duty", data={"name": ""})
    assert on_duty(database) is None
