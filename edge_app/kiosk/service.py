"""The kiosk's process: the application behind waitress, until told to stop."""

import logging
import threading
from collections.abc import Callable

from waitress import wasyncore
from waitress.server import create_server

from edge_app.casebook import Casebook
from edge_app.config import Settings
from edge_app.errors import ServiceError
from edge_app.kiosk.app import MAX_UPLOAD_BYTES, create_app
from edge_app.screens import ChangeFeed

log = logging.getLogger(__name__)

THREADS = 32
LOOK_EVERY_S = 0.5
# Above the application's own limit, so that a picture that is too large gets the application's word for it.
_MAX_BODY_BYTES = 2 * MAX_UPLOAD_BYTES


def serve(casebook: Casebook, settings: Settings, stopping: threading.Event, beat: Callable[[], None]) -> None:
    """Serve the kiosk on ``settings.kiosk`` until ``stopping``. ServiceError where its port is taken."""
    feed = ChangeFeed(casebook.database)
    sockets: dict[int, object] = {}
    try:
        server = create_server(
            create_app(settings, casebook, feed),
            map=sockets,
            host=settings.kiosk.host,
            port=settings.kiosk.port,
            threads=THREADS,
            ident=None,
            max_request_body_size=_MAX_BODY_BYTES,
            clear_untrusted_proxy_headers=True,
        )
    except OSError as error:
        feed.close()
        raise ServiceError(f"the kiosk cannot listen on {settings.kiosk.host}:{settings.kiosk.port}: {error.strerror}") from error
    log.info("kiosk on http://%s:%d/", settings.kiosk.host, settings.kiosk.port)
    try:
        while not stopping.is_set():
            wasyncore.loop(timeout=LOOK_EVERY_S, use_poll=True, map=sockets, count=1)
            beat()
    finally:
        # The open pages end first, so that no thread is left waiting on them.
        feed.close()
        server.task_dispatcher.shutdown(cancel_pending=True, timeout=5)
        wasyncore.close_all(sockets, ignore_all=True)
