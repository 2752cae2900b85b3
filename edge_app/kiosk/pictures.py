"""Pixels and heat maps for the kiosk's viewer, and readings in small pictures."""

import logging

from flask import Flask, Response, abort

from edge_app.casebook import Casebook
from edge_app.casebook.radiographs import get_radiograph
from edge_app.casebook.readings import get_reading
from edge_app.errors import CasebookError
from edge_app.kiosk.tiles import Tile, drawn_tile, tiles_of
from edge_app.kiosk.tiles.drawing import own_file
from edge_app.radiograph.picture import Picture
from edge_app.screens.pictures import PictureCache, pixels_response

log = logging.getLogger(__name__)


def add_pictures(app: Flask, casebook: Casebook, cache: PictureCache) -> None:
    """Add ``/radiographs/<id>/pixels``, ``/readings/<id>/maps/<finding>`` and ``/readings/<id>/tiles/<tile>``."""

    @app.get("/radiographs/<radiograph_id>/pixels")
    def pixels(radiograph_id: str) -> Response:
        return pixels_response(_opened(cache, get_radiograph(casebook.database, radiograph_id).id))

    @app.get("/readings/<reading_id>/maps/<finding>")
    def heat_map(reading_id: str, finding: str) -> Response:
        path = own_file(get_reading(casebook.database, reading_id).reading.maps, finding, casebook.maps)
        if path is None:
            abort(404)
        # Read at once: a page that goes away in the middle leaves no open file behind.
        return _png(path.read_bytes())

    @app.get("/readings/<reading_id>/tiles/<tile>")
    def small_picture(reading_id: str, tile: str) -> Response:
        stored = get_reading(casebook.database, reading_id)
        if tile not in tiles_of(stored.reading, casebook.maps):
            abort(404)
        return _png(drawn_tile(_opened(cache, stored.radiograph_id), stored.reading, Tile(tile), casebook.maps))


def _opened(cache: PictureCache, radiograph_id: str) -> Picture:
    """A picture that is there; a page that is not found where it is not, or cannot be opened."""
    try:
        picture = cache.get(radiograph_id)
    except CasebookError as error:
        log.error("%s", error)
        abort(404)
    if picture is None:
        abort(404)
    return picture


def _png(content: bytes) -> Response:
    response = Response(content, mimetype="image/png")
    response.headers["Cache-Control"] = "private, no-store"
    return response
