"""Fault: whoever stands before the kiosk can use it, because it has no PIN, or because it was opened without since."""

from edge_app.config import Settings
from edge_app.health.casebook_view import open_view
from edge_app.health.check import Check, ok, warning
from edge_app.security.audit import overridden
from edge_app.security.pin import has_pin

NAME = "kiosk_pin"


def look(settings: Settings) -> Check:
    """Whether a PIN is set, and whether the kiosk was opened without it since it was last entered."""
    view = open_view(settings, NAME)
    if isinstance(view, Check):
        return view
    try:
        asked, opened = has_pin(view), overridden(view)
    finally:
        view.close()
    if not asked:
        return warning(NAME, "none is set: whoever stands before the kiosk can use it", "Set one: ./edge pin --settings FILE set")
    if opened is not None:
        return warning(
            NAME,
            "set, but the kiosk was opened by the emergency touch and the PIN has not been entered since",
            "Ask the crew why; enter the PIN on the kiosk. The lock record in its menu says when it was.",
        )
    return ok(NAME, "set")
