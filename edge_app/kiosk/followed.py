"""The line that says that the hospital which has the patient is told where the box is."""

from dataclasses import dataclass, field

from edge_app.casebook.offers import Offer
from edge_app.casebook.positions import told_position
from edge_app.clock import Stamp
from edge_app.database import Database
from edge_app.dispatch.following import STANDING_EVERY_S

TOLD_WITHIN_S = STANDING_EVERY_S + 30.0
"""Who is told of nothing newer, though even a box that stands is told of, is not being told: there is no fix, or no way to it."""


@dataclass(frozen=True)
class FollowedView:
    """The hospital has the ``number``-th position of its lease since ``age_s``."""

    number: int
    age_s: float = field(compare=False, repr=False)


def followed_view(database: Database, winner: Offer | None, at: Stamp) -> FollowedView | None:
    """Whether the hospital that has the patient is told where the box is, by what is proven to be there."""
    told = None if winner is None else told_position(database, winner)
    age_s = None if told is None else at.seconds_since(told.at)
    return None if told is None or age_s is None or age_s > TOLD_WITHIN_S else FollowedView(told.number, age_s)
