"""A picture of every screen, of the crew's kiosk and of the hospital's console: ``python -m tests.acceptance.gallery FOLDER``.

The command takes each in every theme and both languages, has axe look at it, and ends with 1 where something is wrong with one. The test
beside it takes each once, in themes and languages by turns, and knows from the screens' own routes whether one is missing.
"""

import argparse
import itertools
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from unittest.mock import patch

from playwright.sync_api import Browser, BrowserContext, sync_playwright
from werkzeug.routing import Map

from edge_app.casebook import Casebook
from edge_app.casebook.adjustments import adjust
from edge_app.casebook.merges import merge
from edge_app.casebook.offers import Rung
from edge_app.casebook.patients import Field, enter_patient
from edge_app.casebook.radiographs import StoredRadiograph, add_edited, add_read_again, get_radiograph, radiographs_of
from edge_app.casebook.readings import StoredReading
from edge_app.casebook.vitals import enter_vitals
from edge_app.config import Dispatch
from edge_app.emergency_room.adjustments import adjust as move_points
from edge_app.emergency_room.console import create_app as console_app
from edge_app.emergency_room.duty import take_duty
from edge_app.emergency_room.requests import answer
from edge_app.errors import Refusal
from edge_app.kiosk.app import create_app as kiosk_app
from edge_app.link.messages import AnswerKind, Condition, DeclineReason, StandDownReason
from edge_app.link.remarks import Phrase, RemarkBody
from edge_app.link.state import LinkWord
from edge_app.radiograph.edits import Edits
from edge_app.radiograph.video_source import Flaw as VideoFlaw
from edge_app.reading.finding import Decision, Flaw, GateVerdict, Protocol
from edge_app.reading.models import MODELS_VARIABLE
from edge_app.reading.spinopelvic import LANDMARKS, S1_FRONT
from edge_app.screens import ChangeFeed
from edge_app.screens.languages import LANGUAGES, Theme
from edge_app.security.accounts import Role, add_account
from edge_app.security.audit import COMMAND_LINE, Actor
from edge_app.security.pin import set_pin
from tests.chromium import CHROMIUM, but_for_broken_off, inaccessible
from tests.edge_app.casebook.spines import moved
from tests.edge_app.emergency_room.builders import (
    EFFUSION,
    ROOM,
    TOLD,
    decision,
    deliver,
    granted,
    measured,
    nothing_found,
    preview,
    refused,
    spine,
    stand_down,
    tuberculous,
)
from tests.edge_app.emergency_room.served import Served
from tests.edge_app.kiosk.bones import limb_read, nose_read
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.figured import GAPS, NOTHING
from tests.edge_app.kiosk.newborns import NEWBORN, newborn_read, write_names
from tests.edge_app.kiosk.served import ARGUMENTS, Kiosk, settings_on_a_free_port, settled
from tests.edge_app.kiosk.situations import SITUATIONS
from tests.edge_app.kiosk.spines import NO_ANGLE, NO_HIPS, drawn_spine
from tests.edge_app.kiosk.swallows import ASPIRATED, CUT_SHORT, filmed, swallow_findings, untimed
from tests.edge_app.kiosk.tuberculous import screened, write_tuberculosis_card

KIOSK_SIZE, CONSOLE_SIZE = (1280, 800), (1440, 900)
SETTLING_MS = 150
NAME, PASSWORD = "이지은", "correct horse battery"
_PATIENT = Dispatch(no_answer_after_s=2000)
"""Nobody runs out of patience while pictures are taken."""


@dataclass(frozen=True)
class Shot:
    """A picture to take: its name, the page, and what is touched there. ``inside``: by somebody who is signed in."""

    name: str
    path: str
    touches: tuple[str, ...] = ()
    inside: bool = False


@dataclass(frozen=True)
class Stand:
    """A served screen, by the name that its cookies have too, with its routes and what is to be taken of it."""

    screen: str
    routes: Map
    url: str
    size: tuple[int, int]
    shots: Sequence[Shot]

    @property
    def looks(self) -> tuple[tuple[Theme, str], ...]:
        """Every theme it can be switched to, in both languages; red is the crew's."""
        themes = [theme for theme in Theme if self.screen == "kiosk" or theme is not Theme.RED]
        return tuple(itertools.product(themes, LANGUAGES))


@contextmanager
def _kiosk(folder: Path, seeds: Callable[[Seeder], Sequence[Shot]], dispatch: Dispatch | None = None) -> Iterator[Stand]:
    settings = settings_on_a_free_port(folder)
    if dispatch is not None:
        settings = settings.model_copy(update={"dispatch": dispatch})
    casebook = Casebook(settings.casebook_folder)
    shots = seeds(Seeder(casebook))
    kiosk, feed = Kiosk(settings, casebook), ChangeFeed(casebook.database)
    routes = kiosk_app(settings, casebook, feed)
    try:
        yield Stand("kiosk", routes.url_map, kiosk.url, KIOSK_SIZE, shots)
    finally:
        feed.close()
        kiosk.stop()
        casebook.database.close()


def _waiting(seed: Seeder) -> Sequence[Shot]:
    seed.link()
    return (Shot("waiting", "/"),)


def _choosing(seed: Seeder) -> Sequence[Shot]:
    return (Shot("choosing", f"/cases/{seed.to_choose()}"),)


def _locked(seed: Seeder) -> Sequence[Shot]:
    seed.accepted()
    seed.no_answer()
    set_pin(seed.database, "4711")
    return (Shot("locked", "/"),)


def _crew(seed: Seeder) -> Sequence[Shot]:
    """Every other screen of the crew, each of a case of its own."""
    database = seed.database
    situations = {
        "reading": seed.unread(),
        "not-read": seed.not_read(),
        "no-figures": seed.result(**NOTHING),
        "gaps-and-flaws": seed.result(Flaw.CUT_OFF, Flaw.UNDER_EXPOSED, **GAPS),
        "accepted": seed.accepted(),
        "accepted-if": seed.accepted_if(),
        "diagnosed": seed.diagnosed(),
        "declined": seed.declined(),
        "withdrawn": seed.withdrawn(),
        "closed": seed.closed(),
        "by-telephone": seed.phoned(),
    }
    talked, result = seed.remarked(), seed.result()
    SITUATIONS["four unanswered"](seed)
    offer = seed.newest_offers()[0]
    unanswered = offer.case_id
    (picture,) = radiographs_of(database, result)
    edited = add_edited(database, picture.id, Edits(flipped=True, brightness=0.2))
    seed.assessed(edited, present=(("Pneumonia", 0.88),))
    seed.rendition(edited)
    for field, value in (
        (Field.NAME, "홍길동"),
        (Field.AGE, "7"),
        (Field.START, "immediate"),
        (Field.MECHANISM_WORDS, "2 m에서 추락"),
    ):
        enter_patient(database, result, field, value)
    enter_vitals(database, result, {"spo2_percent": 88, "gcs": 13, "systolic_mmhg": 92})
    merge(database, result, situations["not-read"])
    case, view = f"/cases/{result}", f"/cases/{result}/radiographs/{picture.id}"
    return (
        Shot("newest", "/"),
        *(Shot(name, f"/cases/{case_id}") for name, case_id in situations.items()),
        Shot("result", case),
        Shot("figures", case, (".figures-open",)),
        Shot("pre-ktas", case, (".two .pre-ktas",)),
        Shot("something-said", f"/cases/{talked}"),
        Shot("messages", f"/cases/{talked}/messages"),
        Shot("no-answer", f"/cases/{unanswered}"),
        Shot("call", f"/cases/{unanswered}/call/{offer.id}"),
        Shot("hospitals", f"/cases/{unanswered}/hospitals"),
        Shot("picture", view),
        Shot("viewer", f"{view}/view"),
        Shot("viewer-strengths", f"{view}/view", ("[data-viewer-action=heat]", "[popovertarget$=strengths]")),
        Shot("edit", f"/radiographs/{picture.id}/edit", ("[data-edit-flipping]",)),
        Shot("compared", f"/radiographs/{edited.id}/compared"),
        Shot("menu", "/menu"),
        Shot("ending", "/menu", (".chip.end",)),
        Shot("casualties", "/casualties"),
        Shot("search", "/search"),
        Shot("patient", f"{case}/patient"),
        *(Shot(f"patient-{name}", f"{case}/patient/{name}") for name in ("age", "name", "injured_at", "mechanism")),
        Shot("vital-signs", f"{case}/vitals"),
        Shot("start", f"{case}/start"),
        Shot("merge", f"{case}/merge"),
        Shot("timeline", f"{case}/timeline"),
        Shot("sign-ins", "/sign-ins"),
        Shot("gone", "/cases/none"),
    )


def _screens(seed: Seeder, models: Path) -> Sequence[Shot]:
    """What a box with a tuberculosis model shows beside."""
    seed.link()
    child = seed.radiograph(age=9)
    seed.refused(child, Refusal.CHILD, gate=GateVerdict("chest_child", 0.93), protocol=Protocol.TUBERCULOSIS)
    known: dict[str, dict[str, Any]] = {
        "present": {},
        "uncertain": {"probability": 0.41, "decision": Decision.UNCERTAIN},
        "not-ruled-out": {"probability": 0.25, "decision": Decision.UNCERTAIN},
        "absent": {"probability": 0.06, "decision": Decision.ABSENT},
        "no-lungs": {"probability": 0.6, "decision": Decision.UNCERTAIN, "unlocated": True, "measurements": {}, "outlines": (), "maps": {}},
    }
    cases: dict[str, str] = {}
    for name, changes in known.items():
        radiograph = seed.radiograph()
        seed.rendition(radiograph)
        offers = seed.offers(screened(seed, models, radiograph, **changes))
        seed.climb(offers[0], Rung.AT_BROKER, Rung.AT_HOSPITAL, Rung.OPENED)
        cases[name] = radiograph.case_id
    chest = seed.result()
    (picture,) = radiographs_of(seed.database, chest)
    again = add_read_again(seed.database, picture.id, Protocol.TUBERCULOSIS)
    screened(seed, models, again)
    seed.rendition(again)
    return (
        *(Shot(f"tuberculosis-{name}", f"/cases/{case_id}") for name, case_id in cases.items()),
        Shot("tuberculosis-child", f"/cases/{child.case_id}"),
        Shot("tuberculosis-beside-chest", f"/radiographs/{again.id}/compared"),
        Shot("screening", "/screening"),
    )


@contextmanager
def _screening(folder: Path) -> Iterator[Stand]:
    models = folder / "models"
    write_tuberculosis_card(models)
    with patch.dict(os.environ, {MODELS_VARIABLE: str(models)}), _kiosk(folder, partial(_screens, models=models), _PATIENT) as stand:
        yield stand


def _newborns(seed: Seeder) -> Sequence[Shot]:
    """What a box with the newborns' models shows beside."""
    seed.link()
    refused = {
        "newborn-refused": (Refusal.NEWBORN, NEWBORN, Protocol.CHEST),
        "no-newborn-refused": (Refusal.NO_NEWBORN, GateVerdict("chest_adult", 0.97), Protocol.NEONATAL_RDS),
    }
    cases: dict[str, str] = {}
    for name, (reason, gate, protocol) in refused.items():
        radiograph = seed.radiograph(age=None)
        seed.rendition(radiograph)
        seed.refused(radiograph, reason, gate=gate, protocol=protocol)
        cases[name] = radiograph.case_id
    known: dict[str, dict[str, Any]] = {
        "newborn": {},
        "newborn-not-ruled-out": {"probability": 0.3, "grade": None},
        "newborn-no-lungs": {"unlocated": True, "measurements": {}, "outlines": (), "maps": {}},
    }
    for name, changes in known.items():
        radiograph = seed.radiograph(age=0)
        seed.rendition(radiograph)
        offers = seed.offers(newborn_read(seed, radiograph, **changes))
        seed.climb(offers[0], Rung.AT_BROKER, Rung.AT_HOSPITAL, Rung.OPENED)
        cases[name] = radiograph.case_id
    return tuple(Shot(name, f"/cases/{case_id}") for name, case_id in cases.items())


@contextmanager
def _nursery(folder: Path) -> Iterator[Stand]:
    models = write_names(folder / "models")
    with patch.dict(os.environ, {MODELS_VARIABLE: str(models)}), _kiosk(folder, _newborns, _PATIENT) as stand:
        yield stand


def _bones(seed: Seeder) -> Sequence[Shot]:
    """Noses and limbs."""
    seed.link()
    reads: dict[str, Callable[[StoredRadiograph], StoredReading]] = {
        "nose": lambda radiograph: nose_read(seed, radiograph),
        "nose-whole": lambda radiograph: nose_read(seed, radiograph, 0.04),
        "nose-not-found": lambda radiograph: nose_read(seed, radiograph, regions={}, maps={}, repaired={}, unlocated=True),
        "limb": lambda radiograph: limb_read(seed, radiograph),
    }
    shots = []
    for name, read in reads.items():
        radiograph = seed.radiograph()
        seed.rendition(radiograph)
        offers = seed.offers(read(radiograph))
        seed.climb(offers[0], Rung.AT_BROKER, Rung.AT_HOSPITAL, Rung.OPENED)
        shots.append(Shot(name, f"/cases/{radiograph.case_id}"))
    return tuple(shots)


def _spines(seed: Seeder) -> Sequence[Shot]:
    """Angles by the box and by hand, and what of them is missing."""
    shots = []
    known: dict[str, dict[str, Any]] = {"spine": {}, "spine-by-hand": {}, "spine-no-hips": NO_HIPS, "spine-nothing": NO_ANGLE}
    for name, changes in known.items():
        stored = drawn_spine(seed, **changes)
        if name == "spine-by-hand":
            adjust(seed.database, stored.id, moved(S1_front=(0.0, 10.0), hip_1=(9.0, 4.0)))
        offers = seed.offers(stored)
        seed.climb(offers[0], Rung.AT_BROKER, Rung.AT_HOSPITAL, Rung.OPENED)
        case = f"/cases/{get_radiograph(seed.database, stored.radiograph_id).case_id}"
        view = f"{case}/radiographs/{stored.radiograph_id}/view"
        shots += [Shot(name, case), Shot(f"{name}-viewer", view)]
        if name == "spine-by-hand":
            shots += [Shot(f"{name}-figures", case, (".figures-open",)), Shot(f"{name}-box", view, ("[data-adjusting-to=box]",))]
    return tuple(shots)


def _swallows(seed: Seeder) -> Sequence[Shot]:
    """Videos of swallows, also such as break off, do not say their times, or show nothing that is called."""
    shots = []
    known: dict[str, dict[str, Any]] = {
        "swallow": {},
        "swallow-cut-short": {"of_film": CUT_SHORT},
        "swallow-untimed": {"of_film": {"flaws": (VideoFlaw.RATE_ASSUMED,)}, **untimed()},
        "swallow-nothing": {"findings": swallow_findings(0.02, 0.03), "of_film": {"key_frames": (), "outlines": None}},
    }
    for name, changes in known.items():
        stored = filmed(seed, **changes)
        offers = seed.offers(stored)
        seed.climb(offers[0], Rung.AT_BROKER, Rung.AT_HOSPITAL, Rung.OPENED)
        case = f"/cases/{get_radiograph(seed.database, stored.radiograph_id).case_id}"
        chosen = "[data-film-action=back]" if name == "swallow-nothing" else f"[data-film-to='{ASPIRATED}']"
        shots += [Shot(name, case), Shot(f"{name}-player", f"{case}/radiographs/{stored.radiograph_id}/film", (chosen,))]
        if name == "swallow-untimed":
            shots.append(Shot(f"{name}-figures", case, (".figures-open",)))
    return tuple(shots)


@contextmanager
def _console(folder: Path, happens: Callable[[Served], Sequence[Shot]]) -> Iterator[Stand]:
    served = Served(folder)
    feed = ChangeFeed(served.database)
    routes = console_app(served.database, served.settings, feed)
    try:
        yield Stand("console", routes.url_map, served.url, CONSOLE_SIZE, happens(served))
    finally:
        feed.close()
        served.close()


def _id(number: int) -> str:
    return f"{number:032x}"


def _idle(_served: Served) -> Sequence[Shot]:
    return (Shot("idle", "/"),)


def _doctors(served: Served) -> Sequence[Shot]:
    """Every state of a request, the ringing one with as much as it can say."""
    database = served.database
    four = (*decision().findings, EFFUSION.model_copy(update={"name": "Atelectasis", "permille": 355}))
    names = (
        "ringing",
        "unread",
        "nothing-found",
        "accept-sent",
        "granted",
        "declined",
        "stood-down",
        "expired",
        "withdrawn",
        "no-picture",
        "airborne",
        "measured",
        "spine",
        "spine-by-hand",
    )
    ids = {name: _id(number) for number, name in enumerate((*names, "withdrawn"), start=1)}
    for name, offer_id in ids.items():
        bodies = {"unread": refused, "nothing-found": nothing_found, "airborne": tuberculous, "measured": measured}
        body = spine if name.startswith("spine") else bodies.get(name, decision)
        words = {"findings": four, "urgency": "immediate"} if name == "ringing" else {}
        deliver(database, body(offer_id, **words), *(() if name == "no-picture" else (preview(offer_id),)))
    take_duty(database, "김서연 과장")
    points = {landmark: (x / 10, y / 10) for landmark, (x, y) in zip(LANDMARKS, TOLD, strict=True)}
    move_points(database, ids["spine-by-hand"], {**points, S1_FRONT: (285.5, 356.2)}, "이지은")
    for name in ("accept-sent", "granted", "withdrawn"):
        answer(database, ROOM, ids[name], AnswerKind.ACCEPT, conditions=(Condition.ISOLATION_ENTRANCE,), wait_min=30, note="동문으로")
    deliver(database, granted(ids["granted"]), RemarkBody(offer_id=ids["granted"], phrase=Phrase.CONDITION_WORSE, text="SpO2 84", at_ms=5))
    answer(database, ROOM, ids["withdrawn"], AnswerKind.WITHDRAW)
    answer(database, ROOM, ids["declined"], AnswerKind.DECLINE, reason=DeclineReason.NO_BED)
    deliver(database, stand_down(ids["stood-down"]), stand_down(ids["expired"], reason=StandDownReason.EXPIRED))
    return (
        *(Shot(name, f"/requests/{offer_id}") for name, offer_id in ids.items()),
        Shot("large", f"/requests/{ids['ringing']}", (".picture .tools [data-viewer-action=large]",)),
        Shot("spine-large", f"/requests/{ids['spine']}", (".picture .tools [data-viewer-action=large]",)),
        Shot("spine-by-hand-large", f"/requests/{ids['spine-by-hand']}", (".picture .tools [data-viewer-action=large]",)),
        Shot("withdrawing", f"/requests/{ids['granted']}", (".withdraw summary",)),
        Shot("standing", "/", (".standing-open",)),
        Shot("shift", "/shift"),
        Shot("incoming", "/incoming"),
        Shot("error", "/requests/none"),
    )


def _cut_off(served: Served) -> Sequence[Shot]:
    """Both banners at once, over a request with four findings."""
    shots = _doctors(served)
    served.cut_link(LinkWord.UNREACHABLE)
    return (Shot("cut-off", shots[0].path),)


def _behind_a_door(served: Served) -> Sequence[Shot]:
    add_account(served.database, NAME, PASSWORD, Role.ADMINISTRATOR, Actor(None, COMMAND_LINE))
    add_account(served.database, "김민수", PASSWORD, Role.DOCTOR, Actor(None, COMMAND_LINE))
    deliver(served.database, decision(), preview())
    return (
        Shot("locked", "/"),
        *(Shot(name, path, inside=True) for name, path in (("signed-in", "/"), ("account", "/account"), ("accounts", "/accounts"))),
        Shot("sign-ins", "/sign-ins", inside=True),
    )


STANDS: tuple[Callable[[Path], AbstractContextManager[Stand]], ...] = (
    partial(_kiosk, seeds=_waiting),
    partial(_kiosk, seeds=_crew, dispatch=_PATIENT),
    partial(_kiosk, seeds=_choosing, dispatch=Dispatch(policy="crew")),
    partial(_kiosk, seeds=_locked),
    _screening,
    _nursery,
    partial(_kiosk, seeds=_bones, dispatch=_PATIENT),
    partial(_kiosk, seeds=_spines, dispatch=_PATIENT),
    partial(_kiosk, seeds=_swallows, dispatch=_PATIENT),
    partial(_console, happens=_idle),
    partial(_console, happens=_doctors),
    partial(_console, happens=_cut_off),
    partial(_console, happens=_behind_a_door),
)


@dataclass(frozen=True)
class Taken:
    """A picture that was taken, of which view, and what is wrong there: what the page's console complained of, and what axe found."""

    stand: Stand
    shot: Shot
    endpoint: str
    theme: Theme
    file: Path
    wrong: tuple[str, ...]


def take(browser: Browser, folder: Path, looks: Callable[[Stand, int], Sequence[tuple[Theme, str]]]) -> Iterator[Taken]:
    """Take every shot of every screen in ``looks`` of its stand and number, into a folder for each screen, theme and language."""
    for begin in STANDS:
        with tempfile.TemporaryDirectory() as place, begin(Path(place)) as stand:
            width, height = stand.size
            context = browser.new_context(viewport={"width": width, "height": height}, has_touch=stand.screen == "kiosk")
            for number, shot in enumerate(stand.shots):
                for theme, language in looks(stand, number):
                    yield _taken(context, stand, shot, theme, language, folder)
            context.close()


def _taken(context: BrowserContext, stand: Stand, shot: Shot, theme: Theme, language: str, folder: Path) -> Taken:
    chosen = (("theme", str(theme)), ("language", language))
    context.add_cookies([{"name": f"{stand.screen}_{name}", "value": value, "url": stand.url} for name, value in chosen])
    if shot.inside:
        context.request.post(f"{stand.url}/sign-in", form={"name": NAME, "password": PASSWORD})
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    answered = page.goto(stand.url + shot.path)
    settled(page)
    for touched in shot.touches:
        page.locator(touched).first.click()
    page.wait_for_timeout(SETTLING_MS)
    file = folder / stand.screen / f"{theme}-{language}" / f"{shot.name}.png"
    page.screenshot(path=file)
    if answered is not None and answered.status == HTTPStatus.NOT_FOUND:
        # That there is no such page is what this one says; the browser says it too.
        complaints.remove(f"Failed to load resource: the server responded with a status of {HTTPStatus.NOT_FOUND} (NOT FOUND)")
    wrong = (*but_for_broken_off(complaints), *inaccessible(page))
    page.close()
    endpoint, _values = stand.routes.bind("127.0.0.1").match(shot.path)
    return Taken(stand, shot, endpoint, theme, file, wrong)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder, sound = parser.parse_args().folder, True
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        for taken in take(browser, folder, lambda stand, _number: stand.looks):
            sound = sound and not taken.wrong
            sys.stdout.write("\n  ".join((str(taken.file), *taken.wrong)) + "\n")
        browser.close()
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
