"""The wire between a browser and a screen's server, which can be cut in the middle of one touch."""

import contextlib
import socket
import threading
from enum import StrEnum


class Death(StrEnum):
    """When the server dies: before it hears of a touch, or when it has done what was asked and not said so yet."""

    UNHEARD = "unheard"
    UNANSWERED = "unanswered"


class Wire:
    """Listens on a port of its own and passes everything on to the server behind; where that is dead, nobody listens."""

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self._death: Death | None = None
        self._path = b""
        self._dead = False
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.died = threading.Event()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self._listen()

    @property
    def url(self) -> str:
        """Where the browser goes."""
        return f"http://127.0.0.1:{self.port}"

    def dies(self, death: Death, path: str) -> None:
        """Let it die over the next POST whose path begins so."""
        self._death, self._path = death, f"POST {path}".encode()
        self.died.clear()

    def cut(self) -> None:
        """It is dead: every connection is broken, and no new one is taken."""
        with self._lock:
            self._dead = True
            # A socket that somebody waits on goes on listening when it is only closed.
            for one in (self._door, *self._open):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
            self._open.clear()
        self.died.set()

    def mend(self) -> None:
        """It is back, on the same port."""
        self._door = socket.create_server(("127.0.0.1", self.port))
        self._dead = False
        self._listen()

    def close(self) -> None:
        """Cut, and wait for everything that ran."""
        self.cut()
        for thread in self._threads:
            thread.join(5)

    def _listen(self) -> None:
        self._run(self._take, self._door)

    def _run(self, what: object, *arguments: object) -> None:
        thread = threading.Thread(target=what, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _take(self, door: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                browser, _address = door.accept()
                server = socket.create_connection(("127.0.0.1", self._behind))
                with self._lock:
                    self._open |= {browser, server}
                    dead = self._dead
                if dead:
                    browser.close()
                    server.close()
                    return
                doomed = threading.Event()
                self._run(self._pass, browser, server, doomed, True)
                self._run(self._pass, server, browser, doomed, False)

    def _pass(self, one: socket.socket, other: socket.socket, doomed: threading.Event, asks: bool) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(1 << 16):
                if asks and self._death is not None and data.startswith(self._path):
                    death, self._death = self._death, None
                    if death is Death.UNHEARD:
                        self.cut()
                        return
                    doomed.set()
                elif not asks and doomed.is_set():
                    # The first byte of the answer: what was asked for is done.
                    self.cut()
                    return
                if self._dead:
                    # A browser asks at once again on the next connection that still looks alive.
                    break
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open -= {one, other}
        one.close()
