"""Whether the link has room for pictures: told by the session of words, asked by that of pictures, two threads of one process."""

import threading
import time


class Way:
    """The state of the words' connection as far as it concerns pictures."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy_since: float | None = time.monotonic()
        self._broker = 0

    def up(self, *, remembered: bool) -> None:
        """The words are connected. A broker that does not remember us has lost the pictures it took, too."""
        with self._lock:
            self._broker += not remembered

    def down(self) -> None:
        """The words are not connected, so no picture may go either."""
        self.tell(busy=True)

    def tell(self, *, busy: bool) -> None:
        """Whether a word is under way that the broker has not acknowledged."""
        with self._lock:
            if not busy:
                self._busy_since = None
            elif self._busy_since is None:
                self._busy_since = time.monotonic()

    @property
    def busy_s(self) -> float:
        """For how long words have been under way; 0 where none are."""
        with self._lock:
            return 0.0 if self._busy_since is None else max(1e-9, time.monotonic() - self._busy_since)

    @property
    def broker(self) -> int:
        """Another number with each broker that has no memory of us."""
        with self._lock:
            return self._broker
