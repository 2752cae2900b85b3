"""Whether the link has room for pictures: told by the session of words, asked by that of pictures, two threads of one process."""

import threading
import time

GIVE_WAY_AFTER_S = 0.3
"""On a link where a picture is through in less, nothing is broken off."""


class Way:
    """The state of the words' connection as far as it concerns pictures."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy_since: float | None = time.monotonic()
        self._usual_s = 0.0
        self._broker = 0

    def up(self, *, remembered: bool) -> None:
        """The words are connected. A broker that does not remember us has lost the pictures it took, too."""
        with self._lock:
            self._broker += not remembered

    def down(self) -> None:
        """The words are not connected, so no picture may go either."""
        self.tell(busy=True)

    def tell(self, *, busy: bool, usual_s: float = 0.0) -> None:
        """Whether a word is under way that the broker has not acknowledged, and how long that usually takes."""
        with self._lock:
            self._usual_s = usual_s
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
    def is_wanted(self) -> bool:
        """Whether a word has been under way for so long that a picture is in its way."""
        return self.busy_s > max(GIVE_WAY_AFTER_S, 2 * self._usual_s)

    @property
    def broker(self) -> int:
        """Another number with each broker that has no memory of us."""
        with self._lock:
            return self._broker
