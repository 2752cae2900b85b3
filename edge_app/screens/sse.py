"""Live screens: one watcher of the database a process wakes every open page, which hears only of changes that concern it."""

import threading
import time
from collections.abc import Callable, Generator, Iterator

from flask import Response

from edge_app.database import Database

BEAT_EVERY_S = 2.0
LOOK_EVERY_S = 1.0
RECONNECT_AFTER_MS = 1000
MAX_STREAMS = 12


class ChangeFeed:
    """One thread that watches a database's version; any number of pages wait on it. Close it when the screen stops."""

    def __init__(self, database: Database, *, max_streams: int = MAX_STREAMS) -> None:
        """Start watching; every commit after this returns is seen."""
        self._database = database
        self._changed = threading.Condition()
        self._number = 0
        self._closed = False
        self._places = threading.BoundedSemaphore(max_streams)
        self._thread = threading.Thread(target=self._watch, name="change-feed", daemon=True)
        self._watching = threading.Event()
        self._thread.start()
        # The version counts what other connections commit, so only the thread's own connection can say where it begins.
        self._watching.wait()

    @property
    def closed(self) -> bool:
        """Whether the feed has stopped."""
        return self._closed

    @property
    def number(self) -> int:
        """How many changes were seen; compare, do not interpret."""
        return self._number

    def wait(self, seen: int, timeout_s: float) -> int:
        """Wait until ``number`` differs from ``seen``, the feed closes or ``timeout_s`` is over; return the number now."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._number != seen, timeout_s)
            return self._number

    def enter(self) -> bool:
        """Take one of the places for open pages; False where all are taken."""
        return not self._closed and self._places.acquire(blocking=False)

    def leave(self) -> None:
        """Give the place back."""
        self._places.release()

    def close(self) -> None:
        """Stop watching and end every stream."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def _watch(self) -> None:
        try:
            version = self._database.version()
        finally:
            self._watching.set()
        while not self._closed:
            latest = self._database.wait_for_change(version, LOOK_EVERY_S, lambda: self._closed)
            if latest == version:
                continue
            version = latest
            with self._changed:
                self._number += 1
                self._changed.notify_all()
        self._database.close()


_OVER = "over"


def _event(name: str, data: str) -> str:
    return f"event: {name}\nid: {data}\ndata: {data}\n\n" if name == "change" else f"event: {name}\ndata: {data}\n\n"


class _Events(Iterator[str]):
    """The lines of one open page. Its place is given back exactly once, by whoever ends it: the page, the server or the feed."""

    def __init__(
        self, feed: ChangeFeed, fingerprint: Callable[[], str], seen: str, stays: Callable[[], bool], release: Callable[[], None]
    ) -> None:
        self._release = release
        self._lines = self._run(feed, fingerprint, seen, stays)
        self._open = True

    def __next__(self) -> str:
        try:
            return next(self._lines)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End it; a second call changes nothing."""
        if self._open:
            self._open = False
            self._lines.close()
            self._release()

    @staticmethod
    def _run(feed: ChangeFeed, fingerprint: Callable[[], str], seen: str, stays: Callable[[], bool]) -> Generator[str, None, None]:
        yield f"retry: {RECONNECT_AFTER_MS}\n\n"
        # No beat before the first fingerprint: a view that cannot be made must fall silent, not look alive.
        number, beat_at = feed.number, 0.0
        while not feed.closed:
            if not stays():
                # The page fetches itself anew, as what it is now, and comes back for the events of that.
                yield _event("change", _OVER)
                return
            latest = fingerprint()
            if latest != seen:
                seen = latest
                yield _event("change", seen)
            number = feed.wait(number, LOOK_EVERY_S)
            if time.monotonic() >= beat_at:
                beat_at = time.monotonic() + BEAT_EVERY_S
                yield _event("beat", str(time.time_ns() // 1_000_000))


def stream(feed: ChangeFeed, fingerprint: Callable[[], str], seen: str, stays: Callable[[], bool] = lambda: True) -> Response:
    """An endless answer: ``change`` whenever ``fingerprint()`` is no longer what the page has ``seen``, ``beat`` every two seconds.

    ``fingerprint`` is called after every commit and once a second, so that a state that only time brings on is seen too; it must be
    quick and need no request. As soon as ``stays`` says no, a last ``change`` is sent and the answer ends. Where all places are taken the
    answer is 503, and the page says so.
    """
    if not feed.enter():
        return Response("", 503, {"Retry-After": "2"})
    return Response(_Events(feed, fingerprint, seen, stays, feed.leave), mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
