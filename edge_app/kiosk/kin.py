"""The other cases of the same patient, which never disappear behind the one that is looked at."""

from dataclasses import dataclass

from edge_app.casebook.cases import Case, CaseState, cases_of_patient
from edge_app.casebook.offers import OfferState, offers_of
from edge_app.database import Database


@dataclass(frozen=True)
class KinView:
    """Another case of the same patient: how many hospitals are still asked for it, and which has it."""

    id: str
    number: int
    state: CaseState
    asked: int
    winner: str | None
    winner_en: str | None


def kin_views(database: Database, case: Case) -> tuple[KinView, ...]:
    """The other cases of that case's patient, those first that a hospital has."""
    views = []
    for other in cases_of_patient(database, case.id):
        if other.id == case.id:
            continue
        offers = offers_of(database, other.id)
        winner = next((offer for offer in offers if offer.id == other.holder_offer_id and offer.state is OfferState.ACCEPTED), None)
        views.append(
            KinView(
                other.id,
                other.number,
                other.state,
                sum(offer.state is OfferState.ASKED for offer in offers),
                None if winner is None else winner.name,
                None if winner is None else winner.name_en,
            )
        )
    return tuple(sorted(views, key=lambda view: (view.winner is None, view.asked == 0, view.number)))
