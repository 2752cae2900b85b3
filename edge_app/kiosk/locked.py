"""What the kiosk shows while it is locked: where each request stands, which no lock may hide, and nothing of a patient."""

import hashlib
from dataclasses import dataclass, field

from edge_app.casebook import Casebook
from edge_app.casebook.cases import CaseState, recent_cases
from edge_app.casebook.offers import Offer, OfferState, offers_of
from edge_app.clock import Stamp, now
from edge_app.config import Settings
from edge_app.kiosk.queries import RECENT_S, CaseLine, case_lines, link_view
from edge_app.kiosk.showing import NEEDS_SOMEBODY, Showing
from edge_app.kiosk.views import LinkView, is_by_road
from edge_app.screens.formatting import minutes

LINES_SHOWN = 4
_LOOKED_AT = 12


@dataclass(frozen=True)
class LockedLine:
    """One case: its number, where it stands, and of an acceptance whose it is and how far that is.

    ``asked`` is how many emergency rooms are still to answer, ``waiting_s`` for how long the first of them has been.
    """

    number: int
    showing: Showing
    hospital: str | None
    hospital_en: str | None
    eta_minutes: int | None
    by_road: bool
    accepted_ms: int | None
    asked: int
    waiting_s: float | None = field(compare=False, repr=False)


@dataclass(frozen=True)
class LockedView:
    """The locked screen. ``more`` cases are open than there is room for."""

    unit: str
    link: LinkView
    lines: tuple[LockedLine, ...]
    more: int

    @property
    def fingerprint(self) -> str:
        """Changes whenever something is to be seen that was not there before."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:24]


def locked_view(casebook: Casebook, settings: Settings) -> LockedView:
    """Every case that is still open: acceptances first, then what needs somebody, then the newest."""
    with casebook.database.reading():
        return _view(casebook, settings)


def _view(casebook: Casebook, settings: Settings) -> LockedView:
    database, at = casebook.database, now()
    lines = [
        _line(line, offers_of(database, line.case.id), at)
        for line in case_lines(casebook, settings, recent_cases(database, _LOOKED_AT), at)
        if line.case.state is not CaseState.CLOSED and line.pictures and at.seconds_since(line.case.opened) <= RECENT_S
    ]
    lines.sort(key=lambda line: (line.showing is not Showing.ACCEPTED, line.showing not in NEEDS_SOMEBODY))
    return LockedView(settings.unit.name, link_view(database, settings, at), tuple(lines[:LINES_SHOWN]), max(0, len(lines) - LINES_SHOWN))


def _line(line: CaseLine, offers: list[Offer], at: Stamp) -> LockedLine:
    holder = next((offer for offer in offers if offer.id == line.case.holder_offer_id and offer.state is OfferState.ACCEPTED), None)
    asked = [at.seconds_since(offer.asked) for offer in offers if offer.state is OfferState.ASKED]
    return LockedLine(
        number=line.case.number,
        showing=line.showing,
        hospital=line.winner,
        hospital_en=line.winner_en,
        eta_minutes=None if holder is None or holder.eta_s is None else minutes(holder.eta_s),
        by_road=holder is not None and is_by_road(holder.reasons),
        accepted_ms=None if holder is None or holder.answered is None else holder.answered.unix_ms,
        asked=len(asked),
        waiting_s=max(asked, default=None),
    )
