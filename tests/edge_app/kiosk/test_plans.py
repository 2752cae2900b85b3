"""What the kiosk asks its casebook at every change is found by indexes, however much is kept."""

from collections.abc import Callable

from flask.testing import FlaskClient

from edge_app.casebook import Casebook
from edge_app.casebook.adjustments import adjust
from edge_app.casebook.radiographs import get_radiograph
from edge_app.config import Settings
from edge_app.kiosk.locked import locked_view
from tests.edge_app.casebook.spines import moved
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.spines import drawn_spine
from tests.edge_app.kiosk.swallows import filmed
from tests.edge_app.plans import looked_through, statements_of

BOUNDED = ("link_state", "link_instance", "pin", "told_statuses")
"""Of these there is one row, or one a hospital."""
BY_A_TOUCH = (
    # The list of days and the search itself, which finds parts of names.
    "SELECT DISTINCT date(opened_ms",
    "SELECT id, number, opened_ms, patient_id FROM cases",
    # How often each hospital has answered in time: of all that were ever asked.
    "SELECT hpid, asked_ms",
    # Merges that are in force.
    "SELECT * FROM merges WHERE undone_ms IS NULL",
    # The last six that were there before this second.
    "SELECT * FROM picture_receipts WHERE received_boot",
)


def look_at(client: FlaskClient, *paths: str) -> Callable[[], None]:
    def look() -> None:
        for path in paths:
            assert client.get(path).status_code == 200, path

    return look


def test_no_page_looks_through_what_grows(client: FlaskClient, casebook: Casebook, settings: Settings, seed: Seeder) -> None:
    database = casebook.database
    case_id = seed.original_coming()
    seed.closed()
    seed.no_answer()
    spine = drawn_spine(seed)
    adjust(database, spine.id, moved(hip_1=(3.0, 0.0)))
    by_hand = f"/cases/{get_radiograph(database, spine.radiograph_id).case_id}"
    swallow = filmed(seed)
    played = f"/cases/{get_radiograph(database, swallow.radiograph_id).case_id}/radiographs/{swallow.radiograph_id}/film"
    frames = (f"/radiographs/{swallow.radiograph_id}/film", f"/readings/{swallow.id}/frames/3")
    pages = ("", "/patient", "/timeline", "/messages", "/merge", "/hospitals")
    said = statements_of(
        database,
        look_at(client, "/", "/menu", "/casualties", "/search", by_hand, played, *frames, *(f"/cases/{case_id}{page}" for page in pages)),
    )
    said |= statements_of(database, lambda: locked_view(casebook, settings))
    assert len(said) > 40
    assert [one for one in looked_through(database, said, BOUNDED) if not one.split(": ", 1)[1].startswith(BY_A_TOUCH)] == []


def test_the_offers_of_a_case_are_found_by_their_case(casebook: Casebook) -> None:
    sql = "SELECT * FROM offers WHERE case_id = 'one' ORDER BY rank"
    (found, *_sorted) = [row[3] for row in casebook.database.tables.conn.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()]
    assert found.startswith("SEARCH offers USING INDEX")
    assert "(case_id=?)" in found
