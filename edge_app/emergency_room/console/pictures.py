"""A request's pictures for the console: region and preview as they came, the original's pixels, and its file."""

import logging
from collections.abc import Callable

from flask import Flask, Response, abort

from edge_app.database import Database
from edge_app.emergency_room.console.viewing import drawn_across
from edge_app.emergency_room.originals import original_file
from edge_app.emergency_room.pictures import SmallPicture, preview_of, region_of
from edge_app.emergency_room.requests import get_request
from edge_app.errors import UnreadablePictureError
from edge_app.radiograph.original import OriginalMedia
from edge_app.radiograph.reader import read_picture
from edge_app.screens.pictures import LONGEST_SIDE, pixels_response

log = logging.getLogger(__name__)

_SUFFIXES = {OriginalMedia.DICOM: ".dcm", OriginalMedia.PNG: ".png", OriginalMedia.JPEG: ".jpg"}


def add_pictures(app: Flask, database: Database, known: Callable[[str], str]) -> None:
    """Add what shows pictures under ``/requests/<offer_id>/``; ``known`` answers 404 for what is no identifier."""

    def small(found: SmallPicture | None) -> Response:
        if found is None:
            abort(404)
        return Response(found.content, mimetype="image/webp")

    @app.get("/requests/<offer_id>/region/<int:revision>")
    def region(offer_id: str, revision: int) -> Response:
        return small(region_of(database, known(offer_id)))

    @app.get("/requests/<offer_id>/preview/<int:revision>")
    def preview(offer_id: str, revision: int) -> Response:
        return small(preview_of(database, known(offer_id)))

    @app.get("/requests/<offer_id>/originals/<sha256>/pixels")
    def pixels(offer_id: str, sha256: str) -> Response:
        try:
            path, _media = original_file(database, known(offer_id), sha256)
            picture = read_picture(path, longest_side=LONGEST_SIDE)
        except KeyError:
            abort(404)
        except UnreadablePictureError as error:
            log.error("an original cannot be shown: %s", error)
            abort(404)
        shown = preview_of(database, offer_id)
        return pixels_response(picture, None if shown is None else drawn_across(get_request(database, offer_id).decision, shown.columns))

    @app.get("/requests/<offer_id>/originals/<sha256>")
    def original(offer_id: str, sha256: str) -> Response:
        try:
            path, media = original_file(database, known(offer_id), sha256)
        except KeyError:
            abort(404)
        # Named by its hash: a patient's name in a file's name would stay in every download folder.
        name = f"{sha256[:16]}{_SUFFIXES[media]}"
        # Read at once: a page that goes away in the middle leaves no open file behind.
        return Response(path.read_bytes(), mimetype=str(media), headers={"Content-Disposition": f'attachment; filename="{name}"'})
