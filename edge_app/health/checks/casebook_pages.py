"""Fault: the casebook's file is damaged inside."""

from edge_app.config import Settings
from edge_app.database import DatabaseError
from edge_app.health.casebook_view import open_view
from edge_app.health.check import Check, failed, ok

NAME = "casebook_pages"
REMEDY = (
    "Stop the box (systemctl stop edge.target), copy the whole casebook folder to another disk and have it repaired from there; "
    "test this disk before it is used again."
)


def look(settings: Settings) -> Check:
    """SQLite's own check of every page and row."""
    view = open_view(settings, NAME)
    if isinstance(view, Check):
        return view
    try:
        faults = [str(next(iter(row.values()))) for row in view.rows("PRAGMA quick_check(3)")]
    except DatabaseError as error:
        faults = [str(error)]
    finally:
        view.close()
    if faults != ["ok"]:
        return failed(NAME, "damaged: " + "; ".join(" ".join(fault.split()) for fault in faults)[:200], REMEDY)
    return ok(NAME, "whole")
