"""Fault: an event of the audit chain, or a row of the record of sign-ins, was changed, removed or slipped in after it was written."""

from edge_app.casebook.events import first_broken_link
from edge_app.config import Settings
from edge_app.health.casebook_view import open_view
from edge_app.health.check import Check, failed, ok
from edge_app.security.audit import first_broken_sign_in

NAME = "audit_chain"
REMEDY = "Copy the casebook folder to another disk and report it to whoever answers for the records; events from there on prove nothing."


def look(settings: Settings) -> Check:
    """Follow both chains from their first row to their last."""
    view = open_view(settings, NAME)
    if isinstance(view, Check):
        return view
    try:
        broken, broken_sign_in = first_broken_link(view), first_broken_sign_in(view)
        row = view.row("SELECT count(*) AS events FROM events")
    finally:
        view.close()
    if broken is not None:
        return failed(NAME, f"broken at event {broken}", REMEDY)
    if broken_sign_in is not None:
        return failed(NAME, f"the record of sign-ins is broken at row {broken_sign_in}", REMEDY)
    return ok(NAME, f"whole, {row['events'] if row else 0} events")
