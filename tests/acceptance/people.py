"""Who uses the system while it is being broken: doctors at their consoles, a crew at its kiosk, and cases that keep coming.

All of them speak by HTTP as a browser does, and note which of their words were confirmed: those may never be lost.
"""

import contextlib
import math
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from edge_app.benchmark.made_up import enter_case
from edge_app.casebook import Casebook
from edge_app.casebook.cases import CaseState, get_case
from edge_app.casebook.offers import offers_of
from edge_app.casebook.vitals import enter_vitals
from edge_app.database import Database, DatabaseError
from edge_app.emergency_room.inbox import open_desk
from edge_app.link.messages import DeclineReason
from edge_app.radiograph.picture import Picture
from edge_app.stage import Room, Stage
from tests.acceptance.whole_system import post

CONFIRMED = 303
LOOK_EVERY_S = 0.1
ASK_AGAIN_S = 0.7

# What a doctor does with a request: how often, and after how many seconds says what. "opened" is a look.
Habit = tuple[tuple[float, str], ...]
HABITS: tuple[tuple[int, Habit], ...] = (
    (20, ((0.4, "opened"), (0.8, "accept"))),
    (8, ((0.6, "accept"), (0.6, "accept"), (0.7, "accept"))),
    (8, ((0.3, "opened"), (0.6, "accept"), (2.0, "withdraw"))),
    (30, ((0.4, "opened"), (0.9, "decline"))),
    (6, ((0.5, "decline"), (0.5, "decline"))),
    (6, ((0.5, "decline"), (2.5, "accept"))),
    (12, ((1.0, "opened"), (7.0, "accept"))),
    (4, ((1.0, "opened"), (35.0, "accept"))),
    (6, ()),
)
# The same of the crew and a case. Of "close" there is more in the end: a case that is over is closed.
CREW: tuple[tuple[int, Habit], ...] = (
    (44, ((20.0, "close"),)),
    (10, ((1.0, "phone_accept"), (25.0, "close"))),
    (8, ((1.5, "phone_decline"), (25.0, "close"))),
    (6, ((1.5, "phone_no_answer"), (2.5, "phone_no_answer"))),
    (6, ((1.0, "skip"), (25.0, "close"))),
    (10, ((0.5, "vitals"), (25.0, "close"))),
    (6, ((3.0, "close"), (3.0, "close"))),
    (10, ()),
)


@dataclass(frozen=True)
class Said:
    """A word that was confirmed. ``of`` is an offer or, where the crew closed it, a case."""

    who: str
    of: str
    word: str


@dataclass(eq=False)
class _Plan:
    """Something somebody means to do."""

    at_s: float
    do: Callable[[], bool]


class _Person(threading.Thread):
    """Does what is planned when it is time, and with ``hurry`` set at once; what had no answer is done again, as a person clicks again."""

    def __init__(self, name: str, hurry: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self.plans: list[_Plan] = []
        self.hurry = hurry
        self.going = threading.Event()
        self.trouble: str | None = None

    def look(self) -> None:
        """See what is new and plan what to do about it."""
        raise NotImplementedError

    def leave(self) -> None:
        """Clear the desk."""
        raise NotImplementedError

    def plan(self, after_s: float, do: Callable[[], bool]) -> None:
        """Do it then."""
        self.plans.append(_Plan(time.monotonic() + after_s, do))

    def run(self) -> None:
        try:
            while not self.going.wait(LOOK_EVERY_S):
                # A database that is locked for long is the services' matter; people look again.
                with contextlib.suppress(DatabaseError):
                    self.look()
                now_s = math.inf if self.hurry.is_set() else time.monotonic()
                for one in [one for one in self.plans if one.at_s <= now_s]:
                    # It stays planned until it is done.
                    if one.do():
                        self.plans.remove(one)
                    else:
                        one.at_s = time.monotonic() + ASK_AGAIN_S
        except Exception as error:  # noqa: BLE001  (the edge of a thread: whoever waits for it is told)
            self.trouble = f"{self.name}: {type(error).__name__}: {error}"
        finally:
            self.leave()

    def go_home(self) -> None:
        """Stop, and wait until stopped."""
        self.going.set()
        self.join()


class Doctor(_Person):
    """One hospital's doctor. In a hurry, everything that rings is answered at once."""

    def __init__(self, room: Room, seed: str, said: list[Said], hurry: threading.Event) -> None:
        super().__init__(f"doctor at {room.room.hpid}", hurry)
        self.room = room
        self._random = random.Random(f"{seed}/{room.room.hpid}")
        self._said = said
        self._seen: dict[str, int] = {}
        self._hurried: dict[str, float] = {}
        self._desk: Database | None = None

    @property
    def desk(self) -> Database:
        """The hospital's database, to look at."""
        if self._desk is None:
            self._desk = desk_of(self.room)
        return self._desk

    def leave(self) -> None:
        """See ``_Person``."""
        if self._desk is not None:
            self._desk.close()

    def look(self) -> None:
        """See ``_Person``."""
        for row in self.desk.rows("SELECT offer_id, asking FROM requests WHERE state = 'ringing'"):
            offer_id = row["offer_id"]
            if self.hurry.is_set():
                if time.monotonic() - self._hurried.get(offer_id, 0.0) > 3 * ASK_AGAIN_S:
                    self._hurried[offer_id] = time.monotonic()
                    self._answer(offer_id, self._random.choice(("accept", "decline")))
            elif self._seen.get(offer_id) != row["asking"]:
                self._seen[offer_id] = row["asking"]
                for after_s, word in _drawn(self._random, HABITS):
                    self.plan(after_s * self._random.uniform(0.3, 1.7), _bound(self._answer, offer_id, word))

    def _answer(self, offer_id: str, word: str) -> bool:
        """Whether the console has said anything to it."""
        if word == "opened":
            return _posted(self.room.address, f"requests/{offer_id}/opened", {}) is not None
        fields = {"answer": word, **({"reason": str(self._random.choice(tuple(DeclineReason)))} if word == "decline" else {})}
        status = _posted(self.room.address, f"requests/{offer_id}/answer", fields)
        if status == CONFIRMED:
            self._said.append(Said(self.room.room.hpid, offer_id, word))
        return status is not None


class Crew(_Person):
    """Brings a case every ``every_s`` and says of some what crews say. ``entered`` holds the cases in their order."""

    def __init__(
        self, stage: Stage, picture: Picture, every_s: float, at_most: int | None, seed: str, said: list[Said], hurry: threading.Event
    ) -> None:
        super().__init__("crew", hurry)
        self.entered: list[str] = []
        self.came = threading.Event()
        self._stage = stage
        self._casebook = Casebook(stage.settings.casebook_folder)
        self._picture = picture
        self._every_s = every_s
        self._random = random.Random(f"{seed}/crew")
        self._said = said
        self._at_most = at_most
        self._next_s = 0.0

    def leave(self) -> None:
        """See ``_Person``."""
        self._casebook.database.close()

    def look(self) -> None:
        """See ``_Person``."""
        enough = self._at_most is not None and len(self.entered) >= self._at_most
        if self.hurry.is_set() or enough or time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + self._every_s * self._random.uniform(0.5, 1.5)
        try:
            case_id = enter_case(self._casebook, self._picture)
        except OSError:
            # The disk of the box is full: the door has refused the picture, and whoever sent it keeps it.
            return
        self.entered.append(case_id)
        self.came.set()
        for after_s, word in _drawn(self._random, CREW):
            self.plan(after_s * self._random.uniform(0.5, 1.5), _bound(self._say, case_id, word))

    def _say(self, case_id: str, word: str) -> bool:
        """Whether the kiosk has said anything to it."""
        if word == "vitals":
            enter_vitals(self._casebook.database, case_id, {"spo2_percent": float(self._random.randint(80, 89))})
            return True
        if word == "close":
            return self._confirmed(_posted(self._stage.kiosk_address, f"cases/{case_id}/cancel", {}), case_id, "cancel")
        offers = offers_of(self._casebook.database, case_id)
        if not offers:
            # A case that was closed before anybody was asked has nobody to telephone with.
            return get_case(self._casebook.database, case_id).state is CaseState.CLOSED
        offer = self._random.choice(offers)
        fields = {"word": word, "who": "Dr. Kim"}
        status = _posted(self._stage.kiosk_address, f"cases/{case_id}/offers/{offer.id}/said", fields)
        return self._confirmed(status, offer.id, word)

    def _confirmed(self, status: int | None, of: str, word: str) -> bool:
        if status == CONFIRMED:
            self._said.append(Said("crew", of, word))
        return status is not None


@dataclass
class People:
    """Everybody. ``said`` are the words that were confirmed to them."""

    stage: Stage
    picture: Picture
    every_s: float
    seed: str
    at_most: int | None = None
    said: list[Said] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hurry = threading.Event()
        self.crew = Crew(self.stage, self.picture, self.every_s, self.at_most, self.seed, self.said, self.hurry)
        self.doctors = [Doctor(room, self.seed, self.said, self.hurry) for room in self.stage.rooms]

    def start(self) -> None:
        """All begin."""
        for one in (*self.doctors, self.crew):
            one.start()

    def finish(self) -> None:
        """No further cases; what still rings is answered at once, and what is still planned is done at once."""
        self.hurry.set()

    def planned(self) -> int:
        """How much somebody still means to do."""
        return sum(len(one.plans) for one in (*self.doctors, self.crew))

    def go_home(self) -> list[str]:
        """All stop; what went wrong with whom."""
        for one in (*self.doctors, self.crew):
            one.go_home()
        return [one.trouble for one in (*self.doctors, self.crew) if one.trouble is not None]


def desk_of(room: Room) -> Database:
    """A hospital's database, opened beside its service."""
    return open_desk(room.settings_file.parent / room.room.hpid)


def _drawn(chance: random.Random, habits: tuple[tuple[int, Habit], ...]) -> Habit:
    return chance.choices([habit for _, habit in habits], [weight for weight, _ in habits])[0]


def _bound(do: Callable[[str, str], bool], of: str, word: str) -> Callable[[], bool]:
    return lambda: do(of, word)


def _posted(address: str, path: str, fields: dict[str, str]) -> int | None:
    """The HTTP status; None where none came, and nobody knows whether the word was taken."""
    try:
        return post(address, path, **fields)
    except OSError:
        return None
