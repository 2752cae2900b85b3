"""Fault: the casebook cannot be opened, has another schema, or is gone although the box has run."""

from edge_app.casebook.migrations import MIGRATIONS
from edge_app.config import Settings
from edge_app.errors import CasebookError
from edge_app.health.casebook_view import CasebookView, file_of
from edge_app.health.check import Check, failed, ok, warning

NAME = "casebook_schema"
REMEDY = (
    "Stop the box (systemctl stop edge.target), copy the whole casebook folder to another disk, then install the version of the "
    "appliance that wrote it. Do not delete anything: it is the only record."
)


def look(settings: Settings) -> Check:
    """Open it read-only and hold its schema against the one this appliance makes."""
    file = file_of(settings)
    if not file.is_file():
        pictures = settings.casebook_folder / "pictures"
        if settings.heartbeat_folder.is_dir() or pictures.is_dir():
            return failed(
                NAME, "the box has run here, but its casebook is gone", "Put the casebook folder back from its copy before any case."
            )
        return warning(NAME, "there is none yet: the box has not run with these settings", "Start the box; it makes its casebook.")
    try:
        view = CasebookView(file, MIGRATIONS)
    except CasebookError as error:
        return failed(NAME, str(error), REMEDY)
    try:
        row = view.row("SELECT (SELECT count(*) FROM cases) AS cases, (SELECT count(*) FROM radiographs) AS radiographs")
    finally:
        view.close()
    counted = "" if row is None else f", {row['cases']} cases, {row['radiographs']} radiographs"
    return ok(NAME, f"opens, schema {MIGRATIONS[-1].number}{counted}")
