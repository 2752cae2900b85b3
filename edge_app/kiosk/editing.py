"""Editing a picture before it is read anew: the page with the live preview, and the comparison of both readings."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

from flask import Flask, Response, abort, make_response, redirect, render_template, request
from pydantic import ValidationError

from edge_app.casebook import Casebook
from edge_app.casebook.cases import get_case
from edge_app.casebook.radiographs import (
    Door,
    StoredRadiograph,
    add_edited,
    ask_to_send_unread,
    get_radiograph,
    radiographs_of,
    readings_side_by_side,
)
from edge_app.casebook.readings import reading_of
from edge_app.clock import now
from edge_app.config import Settings
from edge_app.database import Database
from edge_app.kiosk.picturing import edit_views, picture_view, result_view
from edge_app.kiosk.queries import link_view
from edge_app.kiosk.views import EditView
from edge_app.radiograph.edits import EDITS, LEAST_PART, MOST_TILT_DEGREES, Edits
from edge_app.reading.finding import Decision, Finding, Reading
from edge_app.screens.formatting import percent
from edge_app.screens.parts import PictureView, urgency_code_of

_NUMBERS = ("tilt_degrees", "brightness", "contrast", "sharpness", "quarter_turns")
_OF_CROP = ("x", "y", "width", "height")


def edits_of(form: Mapping[str, str]) -> Edits:
    """What the form asks for. ValueError where it is more than a hand can do, or no number."""
    crop = {name: form[f"crop_{name}"] for name in _OF_CROP if f"crop_{name}" in form}
    numbers = {name: form[name] for name in _NUMBERS if name in form}
    try:
        return EDITS.validate_python({"crop": crop, "flipped": form.get("flipped") == "1", **numbers})
    except ValidationError as error:
        raise ValueError("no such edit") from error


@dataclass(frozen=True)
class SideView:
    """One finding in one reading: its decision and per cent; None where that reading does not speak of it."""

    decision: Decision
    percent: int


@dataclass(frozen=True)
class ComparedView:
    """A finding in both readings. ``changed``: they decide otherwise, or only one of them speaks of it."""

    name: str
    before: SideView | None
    after: SideView | None

    @property
    def changed(self) -> bool:
        """Whether it is decided otherwise."""
        return (self.before and self.before.decision) != (self.after and self.after.decision)


MOST_COMPARED = 7


def compared(before: Reading | None, after: Reading | None) -> tuple[ComparedView, ...]:
    """The findings of two readings side by side: what is decided otherwise first, then what either is surest of.

    What only the earlier one speaks of comes last: a protocol that looks for one thing would else be lost among fourteen.
    """
    sides = [{finding.name: finding for finding in reading.findings} if reading is not None else {} for reading in (before, after)]
    rows = [ComparedView(name, _side(sides[0].get(name)), _side(sides[1].get(name))) for name in {**sides[0], **sides[1]}]

    def surest(row: ComparedView) -> float:
        return max(side[row.name].probability for side in sides if row.name in side)

    return tuple(sorted(rows, key=lambda row: (after is not None and row.after is None, not row.changed, -surest(row)))[:MOST_COMPARED])


def _side(finding: Finding | None) -> SideView | None:
    return None if finding is None else SideView(finding.decision, percent(finding.probability))


@dataclass(frozen=True)
class PictureSide:
    """One of two pictures: its radiograph, as it is drawn, its reading, what was done to it."""

    radiograph: StoredRadiograph
    picture: PictureView
    reading: Reading | None
    edits: tuple[EditView, ...]


def _looked_at_before(database: Database, after: StoredRadiograph) -> StoredRadiograph:
    """What an entry is compared with: of one that was only read once more the first reading; else the picture as it came.

    That is the one that was read by the same protocol, where there is such.
    """
    if after.door is Door.READ_AGAIN:
        return readings_side_by_side(database, after.id)[0]
    origin = get_radiograph(database, after.edited_from or after.id)
    same = (each for each in radiographs_of(database, after.case_id) if each.edited_from == origin.id and not each.edited)
    return next((each for each in same if each.protocol == after.protocol), origin)


def add_editing(app: Flask, settings: Settings, casebook: Casebook) -> None:
    """Add the page of edits, what it does, the comparison and the word to send an edited picture."""
    database = casebook.database

    def is_film(radiograph_id: str) -> bool:
        """Whether it was read as a video, whose frames nobody edits one by one."""
        stored = reading_of(database, radiograph_id)
        return stored is not None and stored.reading.film is not None

    def side(radiograph_id: str) -> PictureSide:
        radiograph = get_radiograph(database, radiograph_id)
        stored = reading_of(database, radiograph_id)
        drawn = picture_view(casebook, radiograph, stored, None if stored is None else result_view(casebook, stored))
        # Two small pictures beside each other have room for what was found, and for no outlines.
        drawn = replace(drawn, map_url=None, outlines=(), lines=())
        return PictureSide(radiograph, drawn, None if stored is None else stored.reading, edit_views(radiograph.edits))

    @app.get("/radiographs/<radiograph_id>/edit")
    def edit(radiograph_id: str) -> str:
        radiograph = get_radiograph(database, radiograph_id)
        if radiograph.edited or is_film(radiograph_id):
            abort(HTTPStatus.NOT_FOUND)
        return render_template(
            "kiosk/edit.html",
            case=get_case(database, radiograph.case_id),
            radiograph=radiograph,
            link=link_view(database, settings, now()),
            stamp=now(),
            least_part=LEAST_PART,
            most_tilt=MOST_TILT_DEGREES,
        )

    @app.post("/radiographs/<radiograph_id>/edits")
    def read_anew(radiograph_id: str) -> Response:
        if is_film(radiograph_id):
            abort(HTTPStatus.CONFLICT)
        try:
            edited = add_edited(database, radiograph_id, edits_of(request.form))
        except ValueError:
            abort(HTTPStatus.BAD_REQUEST)
        return make_response(redirect(f"/cases/{edited.case_id}/radiographs/{edited.id}", HTTPStatus.SEE_OTHER))

    @app.get("/radiographs/<radiograph_id>/compared")
    def comparison(radiograph_id: str) -> str:
        after = side(radiograph_id)
        if after.radiograph.edited_from is None:
            abort(HTTPStatus.NOT_FOUND)
        before = side(_looked_at_before(database, after.radiograph).id)
        return render_template(
            "kiosk/compared.html",
            case=get_case(database, after.radiograph.case_id),
            before=before,
            after=after,
            rows=compared(before.reading, after.reading),
            urgencies=(urgency_code_of(before.reading), urgency_code_of(after.reading)),
            again=after.radiograph.door is Door.READ_AGAIN,
            link=link_view(database, settings, now()),
            stamp=now(),
        )

    @app.post("/radiographs/<radiograph_id>/send-edited")
    def send_edited(radiograph_id: str) -> Response:
        radiograph = get_radiograph(database, radiograph_id)
        stored = reading_of(database, radiograph_id)
        # A second look that saw nothing is no news for anybody who has the first.
        nothing = stored is None or (radiograph.door is Door.READ_AGAIN and not stored.reading.assessed)
        if radiograph.edited_from is None or nothing:
            abort(HTTPStatus.CONFLICT)
        if not radiograph.send_unread:
            ask_to_send_unread(database, radiograph_id)
        return make_response(redirect(f"/cases/{radiograph.case_id}", HTTPStatus.SEE_OTHER))
