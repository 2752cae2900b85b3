"""One life of the inference process, as its parent sees it: started, asked with a deadline, ended without a trace."""

import pickle
import socket
import subprocess
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from edge_app.processes import module_command, module_environment
from edge_app.reading.choice import Candidate
from edge_app.reading.wire import Loaded, Reply, Request

_CLOSE_DEADLINE_S = 2.0


class ChildLostError(Exception):
    """The inference process died or hung; the message says which."""


class Child:
    """One life of the inference process."""

    def __init__(self, models: Path, cache: Path, threads: int | None) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            arguments = [str(theirs.fileno()), str(models), str(cache), "-" if threads is None else str(threads)]
            try:
                self.process = subprocess.Popen(
                    module_command("edge_app.reading.worker", *arguments),
                    # Standard input is the child's lifeline: it ends when this process ends, however that happens.
                    stdin=subprocess.PIPE,
                    # Standard output belongs to whoever asked for readings; nothing a library prints may land there.
                    stdout=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    env=module_environment(),
                )
            except OSError as error:
                ours.close()
                raise ChildLostError(f"the inference process could not be started: {error.strerror}") from None
        self.connection: Connection[Any, Any] = Connection(ours.detach())
        self.loaded: dict[tuple[str, Candidate], Loaded] = {}

    def ask(self, request: Request | None, deadline_s: float) -> Reply:
        """Send a request (None: only wait for the first word) and take the reply.

        Raises:
            ChildLostError: no reply came within the deadline, or ever will.
        """
        # A thread that kills covers every way to hang, also a stopped process that no longer takes what is sent to it.
        late = threading.Event()
        timer = threading.Timer(deadline_s, self._kill_for_lateness, [late])
        timer.daemon = True
        timer.start()
        try:
            if request is not None:
                self.connection.send(request)
            reply: Reply = self.connection.recv()
        except (EOFError, OSError, pickle.UnpicklingError):
            raise ChildLostError(self._how_it_ended(late.is_set(), deadline_s)) from None
        finally:
            timer.cancel()
        return reply

    def _kill_for_lateness(self, late: threading.Event) -> None:
        late.set()
        self.process.kill()

    def _how_it_ended(self, late: bool, deadline_s: float) -> str:
        if late:
            return f"no answer within {deadline_s:g} s"
        try:
            code = self.process.wait(_CLOSE_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        return f"the inference process ended by signal {-code}" if code < 0 else f"the inference process ended with code {code}"

    def end(self) -> None:
        """End the process and leave neither a zombie nor an open descriptor."""
        self.connection.close()
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            self.process.wait(_CLOSE_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
