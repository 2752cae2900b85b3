"""Pixels and heat maps for the kiosk's viewer."""

import logging

from flask import Flask, Response, abort

from edge_app.casebook import Casebook
from edge_app.casebook.radiographs import get_radiograph
from edge_app.casebook.readings import get_reading
from edge_app.errors import CasebookError
from edge_app.screens.pictures import PictureCache, pixels_response

log = logging.getLogger(__name__)


def add_pictures(app: Flask, casebook: Casebook, cache: PictureCache) -> None:
    """Add ``/radiographs/<id>/pixels`` and ``/readings/<id>/maps/<finding>``."""

    @app.get("/radiographs/<radiograph_id>/pixels")
    def pixels(radiograph_id: str) -> Response:
        radiograph = get_radiograph(casebook.database, radiograph_id)
        try:
            picture = cache.get(radiograph.id)
        except CasebookError as error:
            log.error("%s", error)
            abort(404)
        if picture is None:
            abort(404)
        return pixels_response(picture)

    @app.get("/readings/<reading_id>/maps/<finding>")
    def heat_map(reading_id: str, finding: str) -> Response:
        path = get_reading(casebook.database, reading_id).reading.maps.get(finding)
        if path is None:
            abort(404)
        # Only what the reading service wrote into its own folder is ever served, whatever a row says.
        resolved = path.resolve()
        if not resolved.is_relative_to(casebook.maps.resolve()) or not resolved.is_file():
            abort(404)
        # Read at once: a page that goes away in the middle leaves no open file behind.
        response = Response(resolved.read_bytes(), mimetype="image/png")
        response.headers["Cache-Control"] = "private, no-store"
        return response
