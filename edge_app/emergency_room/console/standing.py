"""How this emergency room stands: who is on duty and what is open, shown and set in a panel beside the requests."""

from dataclasses import dataclass

from flask import Flask, Response, abort, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from edge_app.clock import now
from edge_app.database import Database
from edge_app.emergency_room.capabilities import STALE_AFTER_S, set_capability, settings_of
from edge_app.emergency_room.console.speaking import speaker
from edge_app.emergency_room.duty import Duty, on_duty, take_duty
from edge_app.link.status import COUNTED, Availability, Capability


@dataclass(frozen=True)
class SwitchView:
    """One capability on the panel. ``availability`` is None where it was never set; ``stale``: set too long ago to be left unasked."""

    code: Capability
    availability: Availability | None
    free: int | None
    who: str | None
    age_s: float | None
    stale: bool


@dataclass(frozen=True)
class Standing:
    """The panel. ``shut`` are those that are not open, for the bar at the top; ``stale`` of how many the word has grown old."""

    duty: Duty | None
    switches: tuple[SwitchView, ...]

    @property
    def shut(self) -> tuple[SwitchView, ...]:
        """What is limited or closed."""
        return tuple(one for one in self.switches if one.availability not in (None, Availability.OPEN))

    @property
    def stale(self) -> int:
        """How many were set long ago."""
        return sum(one.stale for one in self.switches)

    @property
    def version(self) -> object:
        """Changes with all of it but time."""
        switches = [(one.code, one.availability, one.free, one.who, one.stale) for one in self.switches]
        return (None if self.duty is None else self.duty.name, switches)


def standing_of(database: Database) -> Standing:
    """How it stands now."""
    at, known = now(), {one.code: one for one in settings_of(database)}
    switches = []
    for code in Capability:
        one = known.get(code)
        age_s = None if one is None else at.seconds_since(one.at)
        switches.append(
            SwitchView(
                code,
                None if one is None else one.availability,
                None if one is None else one.free,
                None if one is None else one.who,
                age_s,
                age_s is not None and age_s > STALE_AFTER_S,
            )
        )
    return Standing(on_duty(database), tuple(switches))


def add_standing(app: Flask, database: Database, me: str) -> None:
    """Add ``/standing`` with the panel, and what sets it."""

    def panel() -> AnyResponse:
        """The panel for htmx; a plain form goes back to the requests."""
        if "HX-Request" not in request.headers:
            return redirect("/", 303)
        return make_response(_drawn())

    def _drawn() -> str:
        return render_template("console/standing.html", standing=standing_of(database))

    @app.get("/standing")
    def standing() -> Response:
        return make_response(_drawn())

    @app.post("/standing/<code>")
    def setting(code: str) -> AnyResponse:
        try:
            capability, state = Capability(code), request.form.get("state")
            set_capability(
                database,
                me,
                capability,
                None if state is None else Availability(state),
                free=request.form.get("free", type=int) if capability is COUNTED else None,
                who=speaker(database),
            )
        except ValueError:
            abort(400)
        return panel()

    @app.post("/duty")
    def duty() -> AnyResponse:
        try:
            take_duty(database, request.form.get("name", ""))
        except ValueError:
            abort(400)
        return panel()
