"""Who is on the way here: a page of its own with a drawing of where the units are, and the same as a table."""

from dataclasses import dataclass

from flask import Flask, Response, make_response, render_template, request

from edge_app.clock import now
from edge_app.database import Database
from edge_app.emergency_room.console.desk import COMING_FOR_S, Card, card_of
from edge_app.emergency_room.console.rings import HEIGHT, MIDDLE, WIDTH, Chart, Mark, Seen, chart_of
from edge_app.emergency_room.console.watch import Watch, watch_of
from edge_app.emergency_room.positions import positions_of
from edge_app.emergency_room.requests import RequestState, recent_requests


@dataclass(frozen=True)
class Unit:
    """One unit on its way. ``mark`` is where it is drawn; None where it has told no place, or has arrived."""

    card: Card
    mark: Mark | None

    @property
    def arrived(self) -> bool:
        """Whether it has, by its position."""
        return self.card.arrival is not None and self.card.arrival.there


@dataclass(frozen=True)
class Incoming:
    """All that are on their way here, who is expected first at the front, and who has arrived at the end."""

    units: tuple[Unit, ...]
    chart: Chart

    @property
    def under_way(self) -> int:
        """How many have not arrived."""
        return sum(not unit.arrived for unit in self.units)


def _expected(card: Card) -> tuple[bool, bool, float]:
    if card.arrival is None:
        return False, True, 0.0
    return card.arrival.there, False, card.arrival.left_s


def incoming_of(database: Database) -> Incoming:
    """Who is on the way here now: this hospital has the patient, and has had the request no longer than a drive can take."""
    at, positions = now(), positions_of(database)
    coming = [
        one for one in recent_requests(database) if one.state is RequestState.GRANTED and at.seconds_since(one.received) <= COMING_FOR_S
    ]
    cards = sorted((card_of(one, positions.get(one.offer_id), at) for one in coming), key=_expected)
    drawn = [card for card in cards if card.whereabouts is not None]
    chart = chart_of([Seen(card.unit, where.distance_km, where.bearing_deg) for card in drawn if (where := card.whereabouts) is not None])
    marks = {card.offer_id: mark for card, mark in zip(drawn, chart.marks, strict=True)}
    return Incoming(tuple(Unit(card, marks.get(card.offer_id)) for card in cards), chart)


def add_incoming(app: Flask, database: Database, hospital: str) -> None:
    """Add ``/incoming``."""

    @app.get("/incoming")
    def incoming() -> Response:
        """The page, or for htmx the part of it that changes."""
        with database.reading():
            seen: Watch = watch_of(database, inside=True)
            if request.args.get("seen") == seen.version:
                return make_response("", 204)
            coming = incoming_of(database)
        return make_response(
            render_template(
                "console/approach.html" if "HX-Request" in request.headers else "console/page.html",
                inner="console/incoming.html",
                desk=seen,
                incoming=coming,
                hospital=hospital,
                middle=MIDDLE,
                chart_width=WIDTH,
                chart_height=HEIGHT,
            )
        )
