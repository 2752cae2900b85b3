"""The page of everything that happened to a patient, in plain words, each with its time and how far the clock is to be trusted."""

from dataclasses import dataclass

from flask import Flask, render_template, request
from flask_babel import get_locale

from edge_app.casebook import Casebook
from edge_app.casebook.cases import cases_of_patient, get_case
from edge_app.casebook.timeline import Happened, Moment, timeline_of
from edge_app.clock import ClockSource, now
from edge_app.config import Settings
from edge_app.kiosk.queries import link_view
from edge_app.kiosk.words import words as _
from edge_app.screens.languages import word

ROWS = 24


@dataclass(frozen=True)
class MomentView:
    """A row: when, how sure that is in words, what happened, and of which case where the patient has several."""

    unix_ms: int
    sure: str
    words: str
    case_number: int | None
    happened: Happened


def _hospital(moment: Moment, language: str) -> str:
    return (moment.hospital_en if language == "en" and moment.hospital_en else moment.hospital) or ""


def words_of_moment(moment: Moment, language: str) -> str:
    """What happened, in the language of the request."""
    said = "" if not moment.what else _what(moment.happened, moment.what)
    return _("timeline." + moment.happened, hospital=_hospital(moment, language), what=said, n=moment.number).strip(" :·")


def _what(happened: Happened, what: str) -> str:
    if happened in (Happened.ENTERED, Happened.TAKEN_BACK):
        return _("field." + what)
    if happened is Happened.VITALS:
        return ", ".join(_("vital." + sign) for sign in what.split(","))
    if happened is Happened.START:
        return _("start." + what)
    if happened is Happened.NOT_READ:
        return word("refusal", f"{what}.title")
    if happened in (Happened.ANSWER, Happened.ANSWER_LATE):
        return _("timeline.answered." + what)
    if happened is Happened.SAID:
        return _("timeline.say." + what)
    return what


def sure_words(moment: Moment) -> str:
    """How far the wall clock is to be trusted there; nothing where that was not written down with it."""
    if not moment.known_clock:
        return ""
    if moment.at.source is ClockSource.UNSYNCHRONISED or moment.at.uncertainty_ms is None:
        return _("timeline.unsynchronised")
    return f"±{max(moment.at.uncertainty_ms / 1000, 0.1):.1f} s"


def add_history(app: Flask, settings: Settings, casebook: Casebook) -> None:
    """Add ``/cases/<id>/timeline``."""
    database = casebook.database

    @app.get("/cases/<case_id>/timeline")
    def history(case_id: str) -> str:
        stamp, case = now(), get_case(database, case_id)
        moments = timeline_of(database, case_id)
        pages = max(1, -(-len(moments) // ROWS))
        # The newest page first, and full: what has just happened is what is looked for.
        page = min(pages, max(1, request.args.get("page", pages, type=int)))
        end = len(moments) - (pages - page) * ROWS
        several = len(cases_of_patient(database, case_id)) > 1
        language = str(get_locale())
        rows = tuple(
            MomentView(
                moment.at.unix_ms,
                sure_words(moment),
                words_of_moment(moment, language),
                moment.case_number if several else None,
                moment.happened,
            )
            for moment in moments[max(0, end - ROWS) : end]
        )
        return render_template(
            "kiosk/timeline.html",
            case=case,
            rows=rows,
            first=max(0, end - ROWS) + 1,
            page=page,
            pages=pages,
            link=link_view(database, settings, stamp),
            stamp=stamp,
        )
