"""Reading a picture once more by another protocol: by which it can be, and the touch that does it."""

import math
from http import HTTPStatus

from flask import Flask, Response, abort, make_response, redirect, request

from edge_app.casebook import Casebook
from edge_app.casebook.cases import get_case
from edge_app.casebook.radiographs import add_read_again, get_radiograph, readings_side_by_side
from edge_app.casebook.readings import StoredReading, reading_of
from edge_app.errors import Refusal
from edge_app.reading.finding import Protocol
from edge_app.reading.models import has_model
from edge_app.reading.protocols import METHODS

# Another protocol would refuse these for the same reason.
_IN_VAIN = frozenset(Refusal) - {
    *(Refusal.CHILD, Refusal.NEWBORN, Refusal.NO_NEWBORN, Refusal.NO_MODEL, Refusal.MODEL_FAILED, Refusal.UNLIKE_TRAINING)
}


def installed() -> tuple[Protocol, ...]:
    """The protocols whose models are on this box: only these are offered."""
    return tuple(protocol for protocol, method in METHODS.items() if all(map(has_model, method.requires)))


def other_protocols(stored: StoredReading, age_years: float | None) -> tuple[Protocol, ...]:
    """By which else this box can read that picture: by its kind, by the age that is known by now, by the models that are there.

    One that is like no kind, by those alone that can tell for themselves whether it is theirs.
    """
    reading = stored.reading
    if reading.gate is None or (reading.refusal is not None and reading.refusal.reason in _IN_VAIN):
        return ()
    unlike = reading.refusal is not None and reading.refusal.reason is Refusal.UNLIKE_TRAINING
    found = []
    for protocol in installed():
        method = METHODS[protocol]
        least, most = method.from_years or 0.0, math.inf if method.below_years is None else method.below_years
        of_age = age_years is None or least <= age_years < most
        # A video that nothing here knows is uploaded for its protocol: of a picture it is not known here that it is no video.
        itself = method.recognises is not None and method.watch is None
        fits = itself if unlike else reading.gate.kind in method.kinds | method.may_be
        if protocol is not reading.protocol and fits and of_age:
            found.append(protocol)
    return tuple(found)


def add_reading_again(app: Flask, casebook: Casebook) -> None:
    """Add the touch."""
    database = casebook.database

    @app.post("/radiographs/<radiograph_id>/read-by")
    def read_by(radiograph_id: str) -> Response:
        radiograph, stored = get_radiograph(database, radiograph_id), reading_of(database, radiograph_id)
        wanted = request.form.get("protocol", "")
        if stored is None or wanted not in other_protocols(stored, get_case(database, radiograph.case_id).age_years):
            abort(HTTPStatus.CONFLICT)
        # Read by it before, whichever was first: that reading stands.
        for each in readings_side_by_side(database, radiograph_id):
            read = reading_of(database, each.id)
            if read is not None and read.reading.protocol == wanted:
                break
        else:
            each = add_read_again(database, radiograph_id, wanted)
        return make_response(redirect(f"/cases/{each.case_id}/radiographs/{each.id}", HTTPStatus.SEE_OTHER))
