"""Films on the kiosk: the page on which one is played, its frames, what was outlined on them, and small pictures of single ones."""

import logging
from functools import lru_cache

from flask import Flask, Response, abort, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from edge_app.casebook import Casebook
from edge_app.casebook.films import film_bytes, frame_of
from edge_app.casebook.readings import get_reading
from edge_app.clock import now
from edge_app.config import Settings
from edge_app.errors import CasebookError
from edge_app.kiosk.outlined import outlined, outlines_file
from edge_app.kiosk.queries import kiosk_view
from edge_app.kiosk.tiles.frame import drawn_frame, looked_at

log = logging.getLogger(__name__)

_KEPT = 64
_PRIVATE = {"Cache-Control": "private, no-store"}


@lru_cache(maxsize=_KEPT)
def _small_frame(casebook: Casebook, reading_id: str, number: int) -> bytes:
    """One frame of a reading's film as a small JPEG, drawn once: a page asks for it again at each of its changes.

    Raises:
        CasebookError: the reading has no film, or none with such a frame, or it cannot be opened.
    """
    stored = get_reading(casebook.database, reading_id)
    read = stored.reading
    frame = None if read.film is None else frame_of(casebook, stored.radiograph_id, number)
    if read.film is None or frame is None:
        raise CasebookError("no such frame of a film")
    rows, columns = read.rows or frame.shape[0], read.columns or frame.shape[1]
    outlines = outlined(read.film, number, casebook.maps, validated=False)
    return drawn_frame(frame, outlines, columns, looked_at(outlines, rows, columns))


def add_films(app: Flask, settings: Settings, casebook: Casebook) -> None:
    """Add the player's page, ``/radiographs/<id>/film``, ``/readings/<id>/outlines`` and ``/readings/<id>/frames/<number>``."""

    @app.get("/cases/<case_id>/radiographs/<radiograph_id>/film")
    def film(case_id: str, radiograph_id: str) -> str | AnyResponse:
        view = kiosk_view(casebook, settings, case_id, radiograph_id)
        words = {"view": view, "page_path": request.path, "no_answer_after_s": settings.dispatch.no_answer_after_s}
        if "HX-Request" in request.headers:
            return render_template("kiosk/standing.html", **words)
        if view.result is None or view.result.film is None:
            return redirect(f"/cases/{case_id}/radiographs/{radiograph_id}")
        frame = request.args.get("frame", type=int)
        if frame is not None:
            frame = min(max(0, frame), view.result.film.count - 1)
        return render_template("kiosk/film.html", frame=frame, stamp=now(), **words)

    @app.get("/radiographs/<radiograph_id>/film")
    def film_frames(radiograph_id: str) -> Response:
        try:
            content = film_bytes(casebook, radiograph_id)
        except CasebookError as error:
            log.error("%s", error)
            abort(404)
        if content is None:
            abort(404)
        return Response(content, mimetype="application/octet-stream", headers=_PRIVATE)

    @app.get("/readings/<reading_id>/outlines")
    def film_outlines(reading_id: str) -> Response:
        of = get_reading(casebook.database, reading_id).reading.film
        file = None if of is None else outlines_file(of, casebook.maps)
        if file is None:
            abort(404)
        return Response(file.read_bytes(), mimetype="application/json", headers=_PRIVATE)

    @app.get("/readings/<reading_id>/frames/<int:number>")
    def film_frame(reading_id: str, number: int) -> Response:
        try:
            content = _small_frame(casebook, reading_id, number)
        except CasebookError as error:
            log.error("%s", error)
            abort(404)
        return Response(content, mimetype="image/jpeg", headers=_PRIVATE)
