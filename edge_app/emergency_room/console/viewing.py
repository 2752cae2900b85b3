"""The pictures of a request as the viewer shows them: the best that is here, and beside it another of the same patient."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from edge_app.database import Database
from edge_app.emergency_room.console.receipts import Arrivals, Shown
from edge_app.emergency_room.originals import Original, original_file, originals_of
from edge_app.emergency_room.requests import Request
from edge_app.errors import UnreadablePictureError
from edge_app.link.decision import DecisionBody, FindingLine
from edge_app.radiograph.reader import read_facts
from edge_app.screens.overlay import LineView
from edge_app.screens.parts import BoxView, FindingView, PictureView
from edge_app.screens.viewing import Pane, When, Which


def _boxes(lines: Sequence[FindingLine], columns: float, rows: float, shown: tuple[int, int, int, int]) -> tuple[BoxView, ...]:
    """The findings' boxes in pixels of a picture of that size, which shows that part of the whole; those that lie in it."""
    left, top, width, height = shown
    across, down = columns / max(1, width), rows / max(1, height)
    placed = (
        BoxView(number, (line.box[0] - left) * across, (line.box[1] - top) * down, line.box[2] * across, line.box[3] * down)
        for number, line in enumerate(lines, start=1)
        if line.box is not None
    )
    return tuple(box for box in placed if box.x < columns and box.y < rows and box.x + box.width > 0 and box.y + box.height > 0)


def drawn_across(decision: DecisionBody, small_columns: int) -> int:
    """Columns of what is drawn on the whole picture: as many as that had which was read, where that was told, else its small picture's."""
    return small_columns if decision.landmarks is None else decision.landmarks.columns


def _picture(request: Request, shown: Shown, findings: Sequence[FindingLine], lines: tuple[LineView, ...]) -> PictureView:
    """The picture of the request that is shown, with its findings' boxes, and where it is the whole one with its measurements' lines."""
    address, small, whole = f"/requests/{request.offer_id}", shown.drawn_in, shown.name != "region"
    across = drawn_across(request.decision, small.columns) if whole else small.columns
    scale = across / max(1, small.columns)
    boxes = _boxes(findings, across, small.rows * scale, small.box)
    lines = lines if whole else ()
    if shown.sha256 is not None:
        return PictureView(f"{address}/originals/{shown.sha256}/pixels", boxes, lines=lines, lines_shown=True)
    url = f"{address}/{shown.name}/{shown.revision}"
    return PictureView("", boxes, image_url=url, image_scale=scale, lines=lines, lines_shown=True)


@lru_cache(maxsize=64)
def _taken_ms(path: Path) -> int | None:
    """When a file says that its picture was taken; it is named by its hash and never changes. None where it does not say."""
    try:
        taken_at = read_facts(path).taken_at
        return None if taken_at is None else int(datetime.fromisoformat(taken_at).timestamp() * 1000)
    except (UnreadablePictureError, ValueError):
        return None


def _taken_of(database: Database, offer_id: str, sha256: str | None) -> int | None:
    return None if sha256 is None else _taken_ms(original_file(database, offer_id, sha256)[0])


def _other(database: Database, offer_id: str, shown: Shown) -> Original | None:
    """The last other original of the request. Beside a small picture there is none: it may be the same one, of another revision."""
    if shown.sha256 is None:
        return None
    return next((one for one in reversed(originals_of(database, offer_id)) if one.whole and one.sha256 != shown.sha256), None)


def panes_of(
    database: Database,
    request: Request,
    arrived: Arrivals,
    told: Sequence[FindingLine],
    findings: tuple[FindingView, ...],
    lines: tuple[LineView, ...],
    *,
    read: bool,
) -> tuple[Pane, ...]:
    """What there is to look at; empty where nothing has arrived. ``lines`` are drawn on the whole picture."""
    shown = arrived.shown
    if shown is None:
        return ()
    offer_id = request.offer_id
    taken = _taken_of(database, offer_id, shown.sha256)
    here_ms = arrived.original.whole_ms if shown.sha256 is not None and arrived.original is not None else shown.drawn_in.at_ms
    now = Pane(
        id=f"picture-{offer_id}-{shown.name}-{shown.revision}",
        picture=_picture(request, shown, told, lines),
        which=Which.NOW,
        when=When.RECEIVED if taken is None else When.TAKEN,
        at_ms=here_ms if taken is None else taken,
        read=read,
        findings=findings,
        note=f"console.picture.{'edited.' if shown.drawn_in.edited else ''}{shown.name}",
    )
    other = _other(database, offer_id, shown)
    if other is None:
        return (now,)
    other_taken = _taken_of(database, offer_id, other.sha256)
    earlier = taken is not None and other_taken is not None and other_taken < taken
    return now, Pane(
        id=f"other-{offer_id}-{other.sha256[:16]}",
        picture=PictureView(f"/requests/{offer_id}/originals/{other.sha256}/pixels"),
        which=Which.EARLIER if earlier else Which.OTHER,
        when=When.RECEIVED if other_taken is None else When.TAKEN,
        at_ms=other.whole_ms if other_taken is None else other_taken,
        read=None,
        note="console.picture.original",
    )
