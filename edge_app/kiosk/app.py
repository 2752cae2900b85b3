"""The kiosk's Flask application."""

import logging
import threading
from pathlib import Path

from flask import Flask

from edge_app.casebook import Casebook
from edge_app.casebook.renditions import rendition_of
from edge_app.config import Settings
from edge_app.dispatch.position import Locator
from edge_app.dispatch.roads import Roads
from edge_app.kiosk.actions import add_actions
from edge_app.kiosk.adjusting import add_adjusting
from edge_app.kiosk.casualties import add_casualties
from edge_app.kiosk.editing import add_editing
from edge_app.kiosk.films import add_films
from edge_app.kiosk.handover import add_handover
from edge_app.kiosk.history import add_history
from edge_app.kiosk.hospitals import add_hospitals
from edge_app.kiosk.judged import rules_of
from edge_app.kiosk.merging import add_merging
from edge_app.kiosk.messages import add_messages
from edge_app.kiosk.pages import add_pages
from edge_app.kiosk.patients import add_patients
from edge_app.kiosk.pictures import add_pictures
from edge_app.kiosk.reading_again import add_reading_again
from edge_app.kiosk.screening import add_screening
from edge_app.kiosk.signing_in import ACCESS, add_signing_in, make_gate
from edge_app.kiosk.viewing import add_viewing
from edge_app.kiosk.vital_signs import add_vital_signs
from edge_app.screens import ChangeFeed, Screen, furnish
from edge_app.screens.pictures import PictureCache

log = logging.getLogger(__name__)

MAX_UPLOAD_BYTES = 256 * 1024 * 1024
# The form around the picture.
_ENVELOPE_BYTES = 64 * 1024


def create_app(settings: Settings, casebook: Casebook, feed: ChangeFeed | None = None, locator: Locator | None = None) -> Flask:
    """The kiosk on that casebook. Without ``feed`` and ``locator`` it starts its own, which live as long as the process."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_UPLOAD_BYTES + _ENVELOPE_BYTES
    furnish(app, Screen("kiosk", settings.kiosk.host, settings.kiosk.language, Path(__file__).resolve().parent))
    gate = make_gate(settings, casebook)
    add_pages(app, settings, casebook, feed or ChangeFeed(casebook.database), gate)
    add_pictures(app, casebook, PictureCache(lambda radiograph_id: rendition_of(casebook, radiograph_id)))
    add_viewing(app, settings, casebook)
    add_adjusting(app, casebook, gate)
    add_films(app, settings, casebook)
    add_actions(app, casebook)
    add_messages(app, settings, casebook)
    add_vital_signs(app, settings, casebook)
    add_patients(app, settings, casebook)
    add_casualties(app, settings, casebook)
    add_merging(app, settings, casebook)
    add_history(app, settings, casebook)
    add_handover(app, settings, casebook)
    add_editing(app, settings, casebook)
    add_reading_again(app, casebook)
    add_screening(app, settings, casebook)
    add_hospitals(app, settings, casebook, locator or Locator(settings.position, threading.Event()), Roads(settings.dispatch.osrm))
    add_signing_in(app, settings, casebook, gate)
    gate.stand_before(app, ACCESS)
    fault = rules_of(settings.triage.rules).fault
    if fault is not None:
        log.error("the site's rules are not in force: %s", fault)
    return app
