"""The final diagnosis as it is given on the console."""

from collections.abc import Callable

from flask import Flask, abort, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from edge_app.database import Database
from edge_app.emergency_room.console.speaking import speaker
from edge_app.emergency_room.diagnoses import tell_diagnosis
from edge_app.errors import IllegalTransitionError
from edge_app.link.remarks import Verdict

_PREFIX = "verdict:"


def add_diagnosing(app: Flask, database: Database, me: str, known: Callable[[str], str], page: Callable[[str], AnyResponse]) -> None:
    """Add what tells a diagnosis; ``page`` draws a request anew, ``known`` answers 404 for what is no identifier."""
    app.jinja_env.globals.update(verdicts=tuple(Verdict))

    @app.post("/requests/<offer_id>/diagnosis")
    def diagnosis(offer_id: str) -> AnyResponse:
        try:
            verdicts = {key.removeprefix(_PREFIX): Verdict(value) for key, value in request.form.items() if key.startswith(_PREFIX)}
            tell_diagnosis(database, me, known(offer_id), verdicts, request.form.get("text", "").strip() or None, speaker(database))
        except KeyError:
            abort(404)
        except ValueError:
            abort(400)
        except IllegalTransitionError:
            abort(409)
        return page(offer_id) if "HX-Request" in request.headers else redirect(f"/requests/{offer_id}", 303)
