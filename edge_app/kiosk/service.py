"""The kiosk's process: the application behind waitress, until told to stop."""

import threading
from collections.abc import Callable

from edge_app.casebook import Casebook
from edge_app.config import Settings
from edge_app.dispatch.position import Locator
from edge_app.kiosk.app import MAX_UPLOAD_BYTES, create_app
from edge_app.screens import ChangeFeed
from edge_app.screens.serving import ScreenServer

# Above the application's own limit, so that a picture that is too large gets the application's word for it.
_MAX_BODY_BYTES = 2 * MAX_UPLOAD_BYTES


def serve(casebook: Casebook, settings: Settings, stopping: threading.Event, beat: Callable[[], None]) -> None:
    """Serve the kiosk on ``settings.kiosk`` until ``stopping``. ServiceError where its port is taken."""
    feed = ChangeFeed(casebook.database)
    try:
        app = create_app(settings, casebook, feed, Locator(settings.position, stopping))
        server = ScreenServer(app, settings.kiosk, feed, "the kiosk", max_request_body_size=_MAX_BODY_BYTES)
        try:
            while not stopping.is_set():
                server.turn()
                beat()
        finally:
            server.close()
    finally:
        feed.close()
