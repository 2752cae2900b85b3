"""Who is reminded, who is asked next, for whom nobody waits any more: what time alone does to a case that nobody holds.

Pure. Ages are monotonic within a boot (``clock.Stamp.seconds_since``), so a clock that jumps a day rings nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from edge_app.casebook.offers import Offer, OfferState
from edge_app.clock import Stamp
from edge_app.config import Dispatch
from edge_app.dispatch.policy import policy_of


@dataclass(frozen=True)
class Due:
    """Offers to remind of, offers whose time is up, and how many emergency rooms more are to be asked."""

    remind: tuple[str, ...] = ()
    expire: tuple[str, ...] = ()
    more: int = 0


def due(offers: Sequence[Offer], arrived: frozenset[str], at: Stamp, settings: Dispatch) -> Due:
    """What is due of a case that nobody holds. ``arrived`` are the offers that are proven to be at their hospital.

    As many as ``settings.ask`` are kept asked, so whoever says no is replaced at once; and every ``no_answer_after_s`` without an answer
    one more is asked, where the site's policy lets the box widen at all. A reminder is for a screen that has the request; to any other it
    would say nothing.
    """
    waiting = [offer for offer in offers if offer.state is OfferState.ASKED]
    age_s = {offer.id: at.seconds_since(offer.asked) for offer in waiting}
    expired = tuple(offer.id for offer in waiting if age_s[offer.id] >= settings.expire_after_s)
    live = [offer for offer in waiting if offer.id not in expired]
    remind = tuple(
        offer.id for offer in live if offer.id in arrived and offer.reminded_ms is None and age_s[offer.id] >= settings.remind_after_s
    )
    oldest_s = max((at.seconds_since(offer.made) for offer in offers), default=0.0)
    if oldest_s >= settings.ring_for_s or not policy_of(settings).widens:
        return Due(remind, expired, 0)
    more = max(0, settings.ask - len(live))
    if not more and min((age_s[offer.id] for offer in live), default=0.0) >= settings.no_answer_after_s:
        more = 1
    return Due(remind, expired, min(more, max(0, settings.ask_at_most - len(offers))))
