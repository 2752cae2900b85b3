"""Who chooses the hospital: what each policy of a site lets the box do by itself. The human decides, the policy says which one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from edge_app.config import Dispatch, PolicyName
from edge_app.dispatch.ranking import Ranked


class Asks(StrEnum):
    """Whom the box asks by itself when a case comes in."""

    RANKED = "ranked"
    DESTINATION = "destination"
    NOBODY = "nobody"


class Chooser(StrEnum):
    """Who decided that an emergency room is asked."""

    BOX = "box"
    CREW = "crew"
    CONTROL_ROOM = "control_room"


@dataclass(frozen=True)
class Policy:
    """What the box does by itself. ``widens``: it asks further ones while nobody has accepted.

    ``picker`` is whose choice it is where the crew picks on the kiosk, which it may under every policy.
    """

    asks: Asks
    widens: bool
    picker: Chooser


POLICIES: Mapping[PolicyName, Policy] = {
    "nearest": Policy(Asks.RANKED, widens=True, picker=Chooser.CREW),
    "crew": Policy(Asks.NOBODY, widens=False, picker=Chooser.CREW),
    "single": Policy(Asks.DESTINATION, widens=False, picker=Chooser.CREW),
    "control_room": Policy(Asks.NOBODY, widens=False, picker=Chooser.CONTROL_ROOM),
}


def policy_of(settings: Dispatch) -> Policy:
    """The policy in force."""
    return POLICIES[settings.policy]


def asks_at_once(settings: Dispatch) -> int:
    """How many emergency rooms the box asks by itself when a case comes in."""
    return {Asks.RANKED: settings.ask, Asks.DESTINATION: 1, Asks.NOBODY: 0}[policy_of(settings).asks]


def asked_first(ranked: Sequence[Ranked], settings: Dispatch) -> list[Ranked]:
    """Whom the box asks by itself of these, the best first. Empty where a person chooses, or the destination is not among them."""
    match policy_of(settings).asks:
        case Asks.RANKED:
            return list(ranked[: settings.ask])
        case Asks.DESTINATION:
            return [choice for choice in ranked if choice.room.hpid == settings.destination]
        case Asks.NOBODY:
            return []
