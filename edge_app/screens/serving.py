"""A screen's web server: waitress, turned by whoever owns the thread, and ended with nothing left open."""

import logging
import socket
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server

from edge_app.config import Web
from edge_app.errors import ServiceError
from edge_app.screens.sse import ChangeFeed

log = logging.getLogger(__name__)

# An open page holds a thread for its live changes; the rest are for answers.
THREADS = 32
LOOK_EVERY_S = 0.5
STOP_WITHIN_S = 5.0


class ScreenServer:
    """One screen's application on its own port, from the moment this is made.

    Args:
        web: where it listens.
        feed: the live changes of the application; its open pages end first when the server closes.
        name: what it is called where its port is taken.
        waitress: further adjustments of waitress.

    Raises:
        ServiceError: its port is taken.
    """

    def __init__(self, app: Flask, web: Web, feed: ChangeFeed, name: str, **waitress: Any) -> None:
        self._feed = feed
        self._sockets: dict[int, wasyncore.dispatcher] = {}
        adjustments = {"threads": THREADS, "ident": None, "clear_untrusted_proxy_headers": True} | waitress
        self._server = create_server(app, map=self._sockets, sockets=[_door(web, name)], **adjustments)
        log.info("%s on http://%s:%d/", name, web.host, web.port)

    def turn(self) -> None:
        """Take what came and send what is ready; comes back after LOOK_EVERY_S at the latest."""
        wasyncore.loop(timeout=LOOK_EVERY_S, use_poll=True, map=self._sockets, count=1)

    def close(self) -> None:
        """End every page and answer. Not while another thread is in ``turn``."""
        # The open pages end first, so that no thread is left waiting on them.
        self._feed.close()
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=STOP_WITHIN_S)
        for one in list(self._sockets.values()):
            if isinstance(one, HTTPChannel):
                # Closes what was still to be sent as well: a file half sent is an open file.
                one.handle_close()
        wasyncore.close_all(self._sockets, ignore_all=True)


def _door(web: Web, name: str) -> socket.socket:
    """The listening socket. ServiceError where its port is taken."""
    try:
        return socket.create_server((web.host, web.port), family=socket.AF_INET6 if ":" in web.host else socket.AF_INET)
    except OSError as error:
        raise ServiceError(f"{name} cannot listen on {web.host}:{web.port}: {error.strerror}") from error
