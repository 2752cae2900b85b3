"""What the console asks its database every second is found by indexes, however many requests are kept."""

from flask.testing import FlaskClient

from edge_app.database import Database
from edge_app.emergency_room.console.desk import version_of
from edge_app.emergency_room.console.watch import locked_version_of
from edge_app.emergency_room.requests import answer
from edge_app.link.messages import AnswerKind
from tests.edge_app.emergency_room.builders import OFFER, OTHER, ROOM, decision, deliver, granted, preview
from tests.edge_app.plans import looked_through, statements_of

BOUNDED = ("accounts", "capabilities", "link_state", "positions")
"""Of these there is one row, or one a person, a switch or a unit that is on its way."""
ENDS = "WHERE r.state <> 'ringing' ORDER BY r.rowid DESC LIMIT"
"""Of the newest there are at most as many that ring, and ring are looked for by themselves."""


def test_no_page_looks_through_what_grows(client: FlaskClient, database: Database) -> None:
    deliver(database, decision(), preview(), decision(OTHER))
    answer(database, ROOM, OFFER, AnswerKind.ACCEPT)
    deliver(database, granted())

    def look() -> None:
        for path in ("/", f"/requests/{OFFER}", "/incoming", "/shift", "/watch", "/standing", "/status.json"):
            assert client.get(path).status_code == 200, path
        version_of(database)
        locked_version_of(database)

    said = statements_of(database, look)
    assert len(said) > 20
    assert [one for one in looked_through(database, said, BOUNDED) if ENDS not in one] == []


def test_a_look_from_end_to_end_is_seen(database: Database) -> None:
    sql = "SELECT o.id FROM outbox o WHERE attempts = 3 ORDER BY rowid DESC LIMIT 1"
    assert looked_through(database, [sql], ()) == [f"outbox: {sql}"]
    assert looked_through(database, ["SELECT id FROM outbox ORDER BY rowid DESC LIMIT 1"], ()) == []
