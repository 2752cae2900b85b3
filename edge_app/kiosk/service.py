"""The kiosk's process: the application behind waitress, until told to stop."""

import logging
import socket
import threading
from collections.abc import Callable

from waitress import wasyncore
from waitress.server import create_server

from edge_app.casebook import Casebook
from edge_app.config import Settings
from edge_app.dispatch.position import Locator
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
    door = _door(settings)
    feed = ChangeFeed(casebook.database)
    sockets: dict[int, wasyncore.dispatcher] = {}
    server = create_server(
        create_app(settings, casebook, feed, Locator(settings.position, stopping)),
        map=sockets,
        sockets=[door],
        threads=THREADS,
        ident=None,
        max_request_body_size=_MAX_BODY_BYTES,
        clear_untrusted_proxy_headers=True,
    )
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


def _door(settings: Settings) -> socket.socket:
    """The kiosk's listening socket. ServiceError where its port is taken."""
    host, port = settings.kiosk.host, settings.kiosk.port
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise ServiceError(f"the kiosk cannot listen on {host}:{port}: {error.strerror}") from error
