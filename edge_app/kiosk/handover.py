"""The handover page as a PDF: what is known of a patient, in all its cases, in the language it is asked for."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from flask import Flask, Response, abort, request
from flask_babel import force_locale, get_locale

from edge_app.casebook import Casebook
from edge_app.casebook.cases import Case, cases_of_patient, get_case
from edge_app.casebook.patients import Field, Patient, patient_of
from edge_app.casebook.renditions import rendition_of
from edge_app.casebook.timeline import Happened, Moment, timeline_of
from edge_app.casebook.vitals import vitals_of
from edge_app.clock import ClockSource, Stamp, now
from edge_app.config import Settings
from edge_app.errors import CasebookError
from edge_app.handover.page import make_pdf
from edge_app.handover.sheet import Answered, Badge, Fact, FoundLine, Marked, Sheet, SheetPicture, TimelineLine
from edge_app.kiosk.atmist import AtmistView, atmist_view
from edge_app.kiosk.figures import MeasureRow
from edge_app.kiosk.history import words_of_moment
from edge_app.kiosk.queries import kiosk_view
from edge_app.kiosk.views import AnswerView, KioskView, ResultView
from edge_app.kiosk.words import words as _
from edge_app.screens.adjusting import Degrees
from edge_app.screens.formatting import clock, finding_word
from edge_app.screens.languages import LANGUAGES, with_subject_particle, word
from edge_app.screens.parts import UNREAD, FindingView
from edge_app.triage import VITALS

_LONGEST_SIDE = 1000
_SHORT_NAME = 7
# What a doctor at the door does not need to read: each touch, and each step of a message.
_LEFT_OUT = frozenset(
    {Happened.ENTERED, Happened.TAKEN_BACK, Happened.AT_BROKER, Happened.REPEATED, Happened.REMINDED, Happened.CASE_OPENED}
)


@dataclass(frozen=True)
class _Known:
    """What the page is made of: every case as the kiosk shows it, the one with the picture first."""

    case: Case
    patient: Patient
    views: tuple[KioskView, ...]
    language: str
    at: Stamp

    @property
    def view(self) -> KioskView:
        return self.views[0]


def _known(casebook: Casebook, settings: Settings, case_id: str) -> _Known:
    database = casebook.database
    case = get_case(database, case_id)
    views = [kiosk_view(casebook, settings, each.id) for each in cases_of_patient(database, case_id)]
    views.sort(key=lambda view: (view.result is None, view.picture_id is None, view.case is None or view.case.id != case_id))
    return _Known(case, patient_of(database, case_id), tuple(views), str(get_locale()), now())


def _named(named: str, named_en: str | None, language: str) -> str:
    return named_en if language == "en" and named_en else named


def sex_words(case: Case) -> str:
    """The sex as the screens write it."""
    return _("sex." + case.sex) if case.sex in ("M", "F", "O") else _("handover.sex_unknown")


def age_words(case: Case) -> str:
    """The age as the screens write it."""
    if case.age_years is None:
        return _("handover.age_unknown")
    age = _("age.months", n=int(case.age_years * 12)) if case.age_years < 2 else _("age.years", n=int(case.age_years))
    return _("age.about", age=age) if case.age_about else age


def _patient_line(known: _Known) -> str:
    case, patient = known.case, known.patient
    name = patient.value(Field.NAME) or _("patient.unknown", n=known.case.number)
    number = patient.value(Field.NUMBER)
    return " · ".join([name, sex_words(case), age_words(case), *([] if number is None else [_("handover.number", number=number)])])


def _badges(known: _Known) -> tuple[Badge, ...]:
    result, start, level = known.view.result, known.patient.start, known.case.pre_ktas
    urgency = UNREAD if result is None else result.urgency_code
    return (
        Badge(_("urgency.label"), _("urgency." + urgency), of_crew=False),
        Badge(_("pre_ktas.label"), _("pre_ktas.open") if level is None else f"{level} · {_('pre_ktas.' + str(level))}", of_crew=True),
        Badge(_("start.label"), _("start.open") if start is None else _("start." + start), of_crew=True, colour=start),
    )


def _picture(casebook: Casebook, view: KioskView) -> SheetPicture | None:
    if view.picture_id is None or view.picture is None:
        return None
    try:
        picture = rendition_of(casebook, view.picture_id)
    except CasebookError:
        return None
    if picture is None:
        return None
    aspect = 1.0 if picture.spacing_mm is None else picture.spacing_mm[0] / picture.spacing_mm[1]
    marked = tuple(Marked(box.number, box.x, box.y, box.width, box.height) for box in view.picture.boxes)
    return SheetPicture(picture.as_uint8(_LONGEST_SIDE), picture.rows, picture.columns, aspect, marked)


def _sentence(view: KioskView) -> str:
    result = view.result
    if result is None:
        return _("handover.not_read") if view.picture_id else _("handover.no_picture")
    said = _("sentence." + result.sentence) if result.about is None else _found_sentence(result, finding_word(result.about))
    said = _angles_sentence(result) if result.angles else said
    more = [_(f"unlocated.{result.protocol}")] if result.unlocated else []
    more += [_(f"simulated.{result.protocol}")] if result.film and result.simulated else []
    more += [_("unfamiliar.measured" if result.angles else "result.unfamiliar")] if result.unfamiliar else []
    more += [_("others.none")] if result.only else []
    more += [_("airborne.handover")] if view.airborne else []
    return " ".join([said, *more])


def _of_film(view: KioskView) -> str:
    """What is wrong with a video, and every time and residue with how far off it may be; empty for a picture."""
    result = view.result
    if result is None or result.film is None:
        return ""
    film = result.film
    partial = film.frames_told is not None and film.frames_told > film.count
    said = [f"{_('film.partial')}: {_('film.read_of', n=film.count, all=film.frames_told)}."] if partial else []
    said += [_(f"video.flaw.{flaw}") for flaw in film.flaws]
    measured = [_measured(row) for row in result.figures.measures]
    return " ".join([*said, *([] if not measured else [", ".join(measured) + "."])])


def _measured(row: MeasureRow) -> str:
    name = _("measurement." + row.name)
    if row.number is None:
        return f"{name}: {_('figures.not_assessed')}"
    margin = "" if row.margin is None else f" {row.margin}"
    return f"{name} {row.number.text}{margin} {word('measure_unit', row.number.unit)}"


def _angles_sentence(result: ResultView) -> str:
    """Every angle by its letters, which have room on two lines; where somebody has moved points who and when, and what the box measured."""
    worth = "." if all(angle.validated or angle.now is None for angle in result.angles) else f". {_('trust.simulated')}"
    if result.hand is None or not any(angle.moved for angle in result.angles):
        return ", ".join(_one_angle(angle.name, angle.now, margin=True) for angle in result.angles) + worth
    by = (result.hand.by or _("adjusting.crew"))[:_SHORT_NAME]
    now = ", ".join(_one_angle(angle.name, angle.now, margin=False) for angle in result.angles)
    own = ", ".join("–" if one is None else one.text for one in (angle.box if angle.moved else angle.now for angle in result.angles))
    return f"{by} {clock(result.hand.at_ms)[:5]} {now}; {_('adjusting.box')} {own}{worth}"


def _one_angle(name: str, degrees: Degrees | None, *, margin: bool) -> str:
    written = _("adjusting.not_measured") if degrees is None else degrees.text
    more = f" {degrees.margin}" if margin and degrees is not None and degrees.margin else ""
    return f"{_('measurement.short.' + name)} {written}{more}"


def _found_sentence(result: ResultView, finding: str) -> str:
    return _("sentence." + result.sentence, finding=finding, finding_lower=finding.lower(), finding_subject=with_subject_particle(finding))


def _trust(row: FindingView) -> str:
    if row.validated:
        return _("trust.validated", n=row.positives)
    return _("trust.simulated") if row.simulated else _("trust.not_validated")


def _found(view: KioskView) -> tuple[FoundLine, ...]:
    rows = () if view.result is None else view.result.findings
    return tuple(
        FoundLine(
            row.number,
            finding_word(row.name),
            row.percent,
            _("decision." + row.word),
            _trust(row),
            row.decision == "present",
        )
        for row in rows
    )


def _vitals(casebook: Casebook, known: _Known) -> tuple[Fact, ...]:
    return tuple(
        Fact(_("vital." + name), f"{entered.value:g} {VITALS[name].unit} ({clock(entered.at.unix_ms)})")
        for name, entered in vitals_of(casebook.database, known.case.id).known()
    )


def chosen_words(field: str, codes: Sequence[str], more: str | None) -> str:
    """What was chosen by touch, and the crew's own words after it."""
    return ", ".join([*(_("choice." + field + "." + code) for code in codes), *([] if more is None else [more])])


def _atmist(casebook: Casebook, known: _Known) -> tuple[Fact, ...]:
    seen: AtmistView = atmist_view(known.patient)
    unknown = _("handover.not_entered")
    signs = ", ".join(
        f"{_('script.sign.' + name)} {entered.value:g}" for name, entered in vitals_of(casebook.database, known.case.id).known()
    )
    lines = (
        ("A", _("script.age"), f"{sex_words(known.case)} · {age_words(known.case)}"),
        ("T", _("field.injured_at"), "" if seen.injured_ms is None else _moment_of_day(seen.injured_ms)),
        ("M", _("field.mechanism"), chosen_words("mechanism", seen.mechanism, seen.mechanism_words)),
        ("I", _("field.injuries"), chosen_words("injuries", seen.injuries, seen.injuries_words)),
        ("S", _("field.signs"), ", ".join(each for each in (signs, seen.signs_words) if each)),
        ("T", _("field.treatment"), chosen_words("treatment", seen.treatment, seen.treatment_words)),
        ("", _("field.note"), known.patient.value(Field.NOTE) or ""),
    )
    return tuple(Fact(f"{letter} {label}".strip(), text or unknown) for letter, label, text in lines)


def _answered(known: _Known) -> tuple[Answered, ...]:
    held: list[tuple[Case, AnswerView]] = [(view.case, view.answer) for view in known.views if view.case and view.answer]
    lines = []
    for case, answer in held:
        offer = answer.offer
        more = [_("person.number", n=case.number)] if len(known.views) > 1 else []
        more += [] if answer.who is None else [_("handover.who", who=answer.who)]
        more += [] if answer.note is None else [f"{_('answer.note')} {answer.note}"]
        more += [] if offer.eta_minutes is None else [_("handover.eta", n=offer.eta_minutes)]
        said = _("answer.accepted_by_phone") if offer.by_phone else _("answer.accepted")
        at = "" if answer.accepted_ms is None else f" · {clock(answer.accepted_ms)}"
        lines.append(
            Answered(said + at, _named(offer.name, offer.name_en, known.language), _("answer.code"), answer.code or "", " · ".join(more))
        )
    return tuple(lines)


def _moment_of_day(unix_ms: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(unix_ms / 1000))


def _timeline(moments: Sequence[Moment], language: str, *, several: bool) -> tuple[TimelineLine, ...]:
    return tuple(
        TimelineLine(
            clock(moment.at.unix_ms),
            words_of_moment(replace(moment, what="") if moment.happened is Happened.VITALS else moment, language)
            + (f" ({_('person.number', n=moment.case_number)})" if several else ""),
        )
        for moment in moments
        if moment.happened not in _LEFT_OUT
    )


def sheet_of(casebook: Casebook, settings: Settings, case_id: str) -> Sheet:
    """The page of a case's patient in the language of the request. KeyError where there is no such case."""
    known = _known(casebook, settings, case_id)
    made = _moment_of_day(known.at.unix_ms)
    if known.at.source is ClockSource.UNSYNCHRONISED:
        made = f"{made} ({_('timeline.unsynchronised')})"
    models = "" if known.view.result is None else ", ".join(known.view.result.models)
    answered = _answered(known)
    several = len(known.views) > 1
    return Sheet(
        title=_("handover.title"),
        patient=_patient_line(known),
        made=f"{settings.unit.name} · {_('handover.made', at=made)}",
        notice=_("notice.prototype"),
        footer=f"{_('handover.footer')} {models}".strip(),
        badges=_badges(known),
        picture=_picture(casebook, known.view),
        no_picture=_("handover.not_drawn") if known.view.picture_id else _("handover.no_picture"),
        found_title=_("handover.found"),
        found_sentence=_sentence(known.view),
        found=_found(known.view),
        vitals_title=_("vitals.title"),
        vitals=_vitals(casebook, known),
        no_vitals=_("handover.not_entered"),
        atmist_title="ATMIST",
        atmist=_atmist(casebook, known),
        answered_title=_("handover.answered") if len(answered) < 2 else _("handover.answered_twice", n=len(answered)),
        answered=answered,
        not_answered=_("handover.not_answered"),
        timeline_title=_("timeline.title"),
        timeline=_timeline(timeline_of(casebook.database, case_id), known.language, several=several),
        shortened=_("handover.shortened"),
        left_out=_("handover.left_out", n="{n}"),
        found_more=_of_film(known.view),
    )


def add_handover(app: Flask, settings: Settings, casebook: Casebook) -> None:
    """Add ``/cases/<id>/handover.pdf``."""

    @app.get("/cases/<case_id>/handover.pdf")
    def handover(case_id: str) -> Response:
        language = request.args.get("language", str(get_locale()))
        if language not in LANGUAGES:
            abort(HTTPStatus.BAD_REQUEST)
        with force_locale(language):
            response = Response(make_pdf(sheet_of(casebook, settings, case_id)), mimetype="application/pdf")
        # A random name would tell nothing, and the patient's must not stand in one.
        response.headers["Content-Disposition"] = 'inline; filename="handover.pdf"'
        return response
