"""The large viewer: the picture on a page of its own, over which the hospitals' answer stays in sight."""

from flask import Flask, redirect, render_template, request
from werkzeug.wrappers import Response

from edge_app.casebook import Casebook
from edge_app.casebook.radiographs import StoredRadiograph, get_radiograph, radiographs_of
from edge_app.casebook.readings import reading_of
from edge_app.clock import now
from edge_app.config import Settings
from edge_app.kiosk.adjusting import adjusting_of
from edge_app.kiosk.picturing import picture_state, picture_view, result_view
from edge_app.kiosk.queries import kiosk_view, taken_ms
from edge_app.kiosk.views import PictureState
from edge_app.screens.viewing import Pane, When, Which


def pane_of(casebook: Casebook, radiograph: StoredRadiograph, which: Which) -> Pane | None:
    """A picture with what its reading marks on it; None where it cannot be drawn, or not yet."""
    database = casebook.database
    reading = reading_of(database, radiograph.id)
    state, _assumptions = picture_state(database, radiograph, reading, now())
    if state is not PictureState.DRAWABLE:
        return None
    result = None if reading is None else result_view(casebook, reading)
    taken = taken_ms(radiograph)
    return Pane(
        id=f"pane-{radiograph.id if reading is None else reading.id}",
        picture=picture_view(casebook, radiograph, reading, result),
        which=which,
        when=When.RECEIVED if taken is None else When.TAKEN,
        at_ms=radiograph.received.unix_ms if taken is None else taken,
        read=result is not None,
        findings=() if result is None else result.findings,
    )


def panes_of(casebook: Casebook, case_id: str, radiograph_id: str) -> tuple[Pane, ...]:
    """The picture, and the last one before it of the same case that can be drawn; empty where the picture itself cannot be."""
    radiographs = radiographs_of(casebook.database, case_id)
    place = next((number for number, each in enumerate(radiographs) if each.id == radiograph_id), None)
    if place is None:
        raise KeyError(radiograph_id)
    shown = pane_of(casebook, radiographs[place], Which.NOW)
    if shown is None:
        return ()
    before = (pane_of(casebook, each, Which.EARLIER) for each in reversed(radiographs[:place]))
    return (shown, *[pane for pane in before if pane is not None][:1])


def add_viewing(app: Flask, settings: Settings, casebook: Casebook) -> None:
    """Add ``/cases/<id>/radiographs/<id>/view``."""

    @app.get("/cases/<case_id>/radiographs/<radiograph_id>/view")
    def viewing(case_id: str, radiograph_id: str) -> str | Response:
        view = kiosk_view(casebook, settings, case_id, radiograph_id)
        words = {"view": view, "page_path": request.path, "no_answer_after_s": settings.dispatch.no_answer_after_s}
        if "HX-Request" in request.headers:
            return render_template("kiosk/standing.html", **words)
        panes = panes_of(casebook, case_id, radiograph_id)
        if not panes:
            return redirect(f"/cases/{case_id}/radiographs/{radiograph_id}")
        adjusting = adjusting_of(casebook.database, get_radiograph(casebook.database, radiograph_id))
        return render_template("kiosk/viewing.html", panes=panes, adjusting=adjusting, stamp=now(), **words)
