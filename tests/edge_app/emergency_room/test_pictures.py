"""Region and preview as they come: the newest stays, in whatever order they arrive."""

import pytest

from edge_app.database import Database
from edge_app.emergency_room.pictures import SmallPicture, preview_of, region_of
from edge_app.emergency_room.requests import get_request
from edge_app.link.messages import PreviewBody, RegionBody
from tests.edge_app.emergency_room.builders import OFFER, OTHER, decision, deliver, preview, region


def here(database: Database, body: RegionBody | PreviewBody, offer_id: str = OFFER) -> SmallPicture | None:
    return (region_of if isinstance(body, RegionBody) else preview_of)(database, offer_id)


@pytest.mark.parametrize("make", [region, preview])
def test_the_newest_picture_stays_and_may_come_before_its_request(database: Database, make: type[RegionBody | PreviewBody]) -> None:
    newer, older = make(revision=2), make(revision=1).model_copy(update={"columns": 256, "rows": 256})
    deliver(database, newer, older)
    shown = here(database, newer)
    assert shown is not None
    assert (shown.columns, shown.content) == (512, newer.content)
    assert shown.box == getattr(newer, "box", (0, 0, 1000, 1000))
    deliver(database, decision())
    assert get_request(database, OFFER).has_preview == isinstance(newer, PreviewBody)
    assert here(database, newer, OTHER) is None


@pytest.mark.parametrize("make", [region, preview])
def test_a_picture_is_kept_once(database: Database, make: type[RegionBody | PreviewBody]) -> None:
    deliver(database, decision(), make())
    sizes = [row["size"] for row in database.rows("SELECT length(body) AS size FROM inbox ORDER BY rowid")]
    assert sizes[0] > 0
    assert sizes[1] == 0
    assert here(database, make()) is not None
