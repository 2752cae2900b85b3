"""Fault: a picture took the reading service down each time it was begun, and was set aside unread."""

from edge_app.casebook.attempts import STARTS_BEFORE_SET_ASIDE
from edge_app.config import Settings
from edge_app.health.casebook_view import open_view
from edge_app.health.check import Check, ok, warning

NAME = "set_aside"
# No failure: the kiosk has already told the crew of each that it was not assessed.
REMEDY = "These pictures were NOT assessed: look at them by eye. Send the log of the reading service to the appliance's makers."


def look(settings: Settings) -> Check:
    """Count the pictures that were begun more often than is allowed."""
    view = open_view(settings, NAME)
    if isinstance(view, Check):
        return view
    try:
        row = view.row("SELECT count(*) AS n FROM reading_attempts WHERE started > :most", {"most": STARTS_BEFORE_SET_ASIDE})
    finally:
        view.close()
    count = row["n"] if row else 0
    if count:
        return warning(NAME, f"{count} pictures ended the reading service each time and were set aside", REMEDY)
    return ok(NAME, "none")
