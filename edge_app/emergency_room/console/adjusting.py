"""A spine's landmarks moved by a doctor: what the angles would be, asked while they move, and keeping them beside what was told."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from flask import Flask, Response, abort, jsonify, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from edge_app.database import Database
from edge_app.emergency_room.adjustments import adjust, crews_points, newest_points, told_points, told_reading
from edge_app.emergency_room.console.speaking import speaker
from edge_app.emergency_room.requests import Request, get_request
from edge_app.link.decision import DecisionBody
from edge_app.reading.adjusting import adjusted, is_adjustable, points_in
from edge_app.reading.finding import Reading
from edge_app.screens.adjusting import MOST_BYTES, AdjustingView, AngleView, Hand, adjusting_view, angle_views, preview
from edge_app.screens.overlay import LineView, line_views


@dataclass(frozen=True)
class Spine:
    """The angles of a request and the lines that they were measured along, by what counts now.

    ``adjusting`` is what the large viewer needs, None where there is nothing to move; ``hand`` who has moved it.
    """

    angles: tuple[AngleView, ...] = ()
    lines: tuple[LineView, ...] = ()
    hand: Hand | None = None
    adjusting: AdjustingView | None = None


def _word(decision: DecisionBody, hand: Hand | None) -> str:
    """Another word for every other points: what was told, and what was made of it."""
    word = hashlib.sha256(told_points(decision).encode()).hexdigest()[:12]
    return word if hand is None else f"{word}-{hand.id}"


def _hand(database: Database, asked: Request, reading: Reading) -> Hand | None:
    """Whoever moved the points that count: a doctor here, else the crew."""
    made = newest_points(database, asked.offer_id, asked.decision)
    if made is not None:
        return Hand(made.id, made.by, made.made.unix_ms, made.points, "room")
    points, told = crews_points(asked.decision, reading), asked.decision.landmarks
    if points is None or told is None:
        return None
    told_at = asked.decided.unix_ms - 1000 * told.moved_age_s
    return Hand(hashlib.sha256(str(sorted(points.items())).encode()).hexdigest()[:12], None, told_at, points, "crew")


def spine_of(database: Database, asked: Request) -> Spine:
    """Without anything where the unit has told of no angle."""
    reading = told_reading(asked.decision)
    if reading is None:
        return Spine()
    if not is_adjustable(reading):
        return Spine(angle_views(reading), line_views(reading))
    hand = _hand(database, asked, reading)
    points, base = None if hand is None else hand.points, f"/requests/{asked.offer_id}"
    shown = reading if points is None else adjusted(reading, points)
    view = adjusting_view(reading, hand, _word(asked.decision, hand), f"{base}/angles", f"{base}/adjustments")
    return Spine(angle_views(reading, points), line_views(shown, by_hand=points is not None), hand, view)


def add_adjusting(app: Flask, database: Database, known: Callable[[str], str]) -> None:
    """Add ``/requests/<offer_id>/angles`` and ``/requests/<offer_id>/adjustments``; ``known`` answers 404 for what is no identifier."""

    def told(offer_id: str) -> Reading:
        try:
            reading = told_reading(get_request(database, known(offer_id)).decision)
        except KeyError:
            abort(HTTPStatus.NOT_FOUND)
        if reading is None or not is_adjustable(reading):
            abort(HTTPStatus.CONFLICT)
        return reading

    @app.post("/requests/<offer_id>/angles")
    def angles(offer_id: str) -> Response:
        request.max_content_length = MOST_BYTES
        try:
            return jsonify(preview(told(offer_id), points_in(request.get_data())))
        except ValueError:
            abort(HTTPStatus.BAD_REQUEST)

    @app.post("/requests/<offer_id>/adjustments")
    def adjust_points(offer_id: str) -> AnyResponse:
        request.max_content_length = MOST_BYTES
        told(offer_id)
        try:
            adjust(database, offer_id, points_in(request.form.get("points", "")), speaker(database))
        except ValueError:
            abort(HTTPStatus.BAD_REQUEST)
        return redirect(f"/requests/{offer_id}", HTTPStatus.SEE_OTHER)
