"""Moving the landmarks of a reading by hand: what the angles would be, asked while they move, and keeping them."""

from http import HTTPStatus

from flask import Flask, Response, abort, jsonify, make_response, redirect, render_template, request

from edge_app.casebook import Casebook
from edge_app.casebook.adjustments import adjust, newest_adjustment
from edge_app.casebook.merges import CREW
from edge_app.casebook.radiographs import StoredRadiograph, get_radiograph
from edge_app.casebook.readings import StoredReading, get_reading, reading_of
from edge_app.database import Database
from edge_app.reading.adjusting import is_adjustable, points_in
from edge_app.screens.adjusting import MOST_BYTES, AdjustingView, Hand, adjusting_view, preview
from edge_app.screens.gate import Gate


def hand_of(database: Database, stored: StoredReading) -> Hand | None:
    """What somebody has left a reading's points like; None where they are the box's own, and of a reading that has none."""
    made = newest_adjustment(database, stored.id) if is_adjustable(stored.reading) else None
    return None if made is None else Hand(made.id, None if made.by == CREW else made.by, made.made.unix_ms, made.points)


def shown_word(stored: StoredReading, hand: Hand | None) -> str:
    """Another word for whatever else is shown of a picture: its reading, and what of it was adjusted when."""
    return stored.id if hand is None else f"{stored.id}-{hand.id}"


def adjusting_of(database: Database, radiograph: StoredRadiograph) -> AdjustingView | None:
    """What the large viewer needs; None of a picture on which there is nothing to move."""
    stored = reading_of(database, radiograph.id)
    if stored is None or not is_adjustable(stored.reading):
        return None
    hand, base = hand_of(database, stored), f"/cases/{radiograph.case_id}/readings/{stored.id}"
    return adjusting_view(stored.reading, hand, shown_word(stored, hand), f"{base}/angles", f"{base}/adjustments")


def add_adjusting(app: Flask, casebook: Casebook, gate: Gate) -> None:
    """Add ``/cases/<id>/readings/<id>/angles`` and ``/cases/<id>/readings/<id>/adjustments``."""
    database = casebook.database

    def asked_of(case_id: str, reading_id: str) -> tuple[StoredReading, StoredRadiograph, bool]:
        """The reading, its picture, and whether it is the one that counts and has points to move. KeyError where it is not of that case."""
        stored = get_reading(database, reading_id)
        radiograph, newest = get_radiograph(database, stored.radiograph_id), reading_of(database, stored.radiograph_id)
        if radiograph.case_id != case_id:
            raise KeyError(reading_id)
        return stored, radiograph, newest is not None and newest.id == reading_id and is_adjustable(stored.reading)

    @app.post("/cases/<case_id>/readings/<reading_id>/angles")
    def angles(case_id: str, reading_id: str) -> Response:
        request.max_content_length = MOST_BYTES
        stored, _radiograph, counts = asked_of(case_id, reading_id)
        if not counts:
            abort(HTTPStatus.CONFLICT)
        try:
            return jsonify(preview(stored.reading, points_in(request.get_data())))
        except ValueError:
            abort(HTTPStatus.BAD_REQUEST)

    @app.post("/cases/<case_id>/readings/<reading_id>/adjustments")
    def adjust_points(case_id: str, reading_id: str) -> Response:
        request.max_content_length = MOST_BYTES
        _stored, radiograph, counts = asked_of(case_id, reading_id)
        view = f"/cases/{case_id}/radiographs/{radiograph.id}/view"
        if not counts:
            return make_response(render_template("kiosk/not_stored.html", back=view, read_anew=True), HTTPStatus.CONFLICT)
        try:
            adjust(database, reading_id, points_in(request.form.get("points", "")), gate.actor().name or CREW)
        except ValueError:
            abort(HTTPStatus.BAD_REQUEST)
        return make_response(redirect(view, HTTPStatus.SEE_OTHER))
