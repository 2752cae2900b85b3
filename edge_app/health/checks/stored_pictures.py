"""Fault: a picture that was acknowledged is not in the picture store any more, or not whole."""

from edge_app.config import Settings
from edge_app.files import PictureStore
from edge_app.health.casebook_view import open_view
from edge_app.health.check import Check, failed, ok

NAME = "stored_pictures"
REMEDY = "Bring back the casebook's pictures folder from its copy, or have the pictures sent again; test this disk before it is used again."


def look(settings: Settings) -> Check:
    """That every radiograph's file is there with its length. Contents are named by their hash and held against it when read."""
    view = open_view(settings, NAME)
    if isinstance(view, Check):
        return view
    store = PictureStore(settings.casebook_folder / "pictures")
    try:
        rows = view.rows("SELECT sha256, size_bytes FROM radiographs")
    finally:
        view.close()
    lost = 0
    for row in rows:
        path = store.path_of(row["sha256"])
        lost += not path.is_file() or path.stat().st_size != row["size_bytes"]
    if lost:
        return failed(NAME, f"{lost} of {len(rows)} missing or cut short", REMEDY)
    return ok(NAME, f"{len(rows)} there")
