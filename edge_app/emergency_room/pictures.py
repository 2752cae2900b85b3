"""The pictures of a request as they come: the region first, then the whole, small; see ``originals`` for the whole without loss."""

import json
from dataclasses import dataclass

from edge_app.clock import now
from edge_app.database import Database
from edge_app.link.messages import PreviewBody, RegionBody


@dataclass(frozen=True)
class SmallPicture:
    """A picture of a request, as WebP. ``box`` is what it shows: x, y, width and height in thousandths of the whole."""

    columns: int
    rows: int
    content: bytes
    box: tuple[int, int, int, int] = (0, 0, 1000, 1000)


def take_region(database: Database, body: RegionBody) -> None:
    """The region that matters arrives; it may overtake the request itself. An older revision than one that is here changes nothing."""
    _take(database, "regions", body, {"box": json.dumps(body.box)})


def take_preview(database: Database, body: PreviewBody) -> None:
    """The picture of a request arrives; it may overtake the request itself. An older revision changes nothing."""
    _take(database, "previews", body, {})


def _take(database: Database, table: str, body: RegionBody | PreviewBody, more: dict[str, str]) -> None:
    with database.writing() as tables:
        known = next(tables.table(table).rows_where("offer_id = ?", [body.offer_id]), None)
        if known is not None and known["revision"] >= body.revision:
            return
        tables.table(table).upsert(
            {
                "offer_id": body.offer_id,
                "revision": body.revision,
                "columns": body.columns,
                "rows": body.rows,
                "content": body.content,
                "received_ms": now().unix_ms,
                "edited": int(body.edited),
                **more,
            },
            pk="offer_id",
        )


def region_of(database: Database, offer_id: str) -> SmallPicture | None:
    """The region of a request's picture, or None where it has not arrived."""
    row = database.row("SELECT * FROM regions WHERE offer_id = :id", {"id": offer_id})
    if row is None:
        return None
    across, down, width, height = json.loads(row["box"])
    return SmallPicture(row["columns"], row["rows"], row["content"], (across, down, width, height))


def preview_of(database: Database, offer_id: str) -> SmallPicture | None:
    """The picture of a request, or None where it has not arrived."""
    row = database.row("SELECT * FROM previews WHERE offer_id = :id", {"id": offer_id})
    return None if row is None else SmallPicture(row["columns"], row["rows"], row["content"])
