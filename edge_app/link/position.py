"""Where a unit is, told to the one hospital that has its patient, as seen from that hospital."""

from typing import Annotated

from pydantic import Field

from edge_app.link.fields import Count, Fields, Id, Positive, Row, Token

FURTHEST_M = 1_000_000
STEP_M = 10
"""No doctor needs to know better where an ambulance is."""

Metres = Annotated[int, Field(ge=-FURTHEST_M, le=FURTHEST_M)]


class Approach(Row):
    """The unit was ``north_m`` and ``east_m`` of the hospital ``age_s`` before the message was made, with ``eta_s`` to go from there.

    ``by_road``: that time is a router's, else it is estimated.
    """

    north_m: Metres
    east_m: Metres
    age_s: Count
    eta_s: Count
    by_road: bool


class PositionBody(Fields):
    """The way that a unit still has to go; without one it has arrived, and nothing more is told.

    ``token`` is that of the lease. ``number`` only grows within it: of two words the higher is the newer, in whatever order they come.
    """

    offer_id: Id
    token: Token
    number: Positive
    approach: Approach | None = None
