"""The outcome of one health check: a state, one word of what was seen, and for a fault its remedy and who must act."""

from dataclasses import dataclass
from enum import StrEnum

from edge_app.errors import Who


class State(StrEnum):
    """How it stands. A warning can wait; a failure needs a person now."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class Check:
    """What one check saw. Whatever is not ok has a remedy and somebody to act on it; what is ok has neither."""

    name: str
    state: State
    word: str
    remedy: str | None = None
    who: Who | None = None

    def __post_init__(self) -> None:
        has_remedy = bool(self.remedy) and self.who is not None
        if has_remedy != (self.state is not State.OK) or not self.word:
            raise ValueError(f"check {self.name}: {self.state} with word {self.word!r}, remedy {self.remedy!r}, who {self.who}")


def ok(name: str, word: str) -> Check:
    """The check found no fault."""
    return Check(name, State.OK, word)


def warning(name: str, word: str, remedy: str, who: Who = Who.TECHNICIAN) -> Check:
    """Something is less than it should be; the box works on."""
    return Check(name, State.WARNING, word, remedy, who)


def failed(name: str, word: str, remedy: str, who: Who = Who.TECHNICIAN) -> Check:
    """Something needs a person."""
    return Check(name, State.FAILED, word, remedy, who)
