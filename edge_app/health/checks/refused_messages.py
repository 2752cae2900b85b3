"""Fault: messages came over the link that this box could not take: damaged, of another version, of another unit, of nobody it asked."""

import json

from edge_app.casebook.events import EventKind, stamp_of_event
from edge_app.clock import now
from edge_app.config import Settings
from edge_app.health.casebook_view import open_view
from edge_app.health.check import Check, ok, warning

NAME = "refused_messages"
WITHIN_S = 24 * 3600.0
MOST = 1000
REMEDY = (
    "Bring both ends to the same version; see that no other box has this one's id under [unit]; see in the broker's log who else may "
    "publish to it. No answer that is on the kiosk is concerned."
)


def look(settings: Settings) -> Check:
    """Count those of the last day, and say why the last one was refused."""
    view = open_view(settings, NAME)
    if isinstance(view, Check):
        return view
    try:
        # Without a case: what the box itself could not send belongs to one.
        rows = view.rows(
            "SELECT * FROM events WHERE kind = :kind AND case_id IS NULL ORDER BY id DESC LIMIT :most",
            {"kind": str(EventKind.MESSAGE_REFUSED), "most": MOST},
        )
    finally:
        view.close()
    at = now()
    recent = [row for row in rows if at.seconds_since(stamp_of_event(row)) <= WITHIN_S]
    if not recent:
        return ok(NAME, "none within a day")
    last = recent[0]
    ago_min = int(at.seconds_since(stamp_of_event(last)) // 60)
    count = f"{MOST} or more" if len(recent) == MOST else str(len(recent))
    return warning(NAME, f"{count} within a day, the last {ago_min} minutes ago: {json.loads(last['detail'])['word']}", REMEDY)
