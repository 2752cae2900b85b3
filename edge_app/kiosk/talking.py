"""With which hospital the crew talks, what was said, and what that hospital said it was in the end."""

from collections.abc import Sequence

from edge_app.casebook.hospital_words import diagnoses_of
from edge_app.casebook.offers import Offer
from edge_app.database import Database
from edge_app.kiosk.views import OfferView, TalkView
from edge_app.link.remarking import remarks_of

REMARKS_SHOWN, BESIDE_A_DIAGNOSIS = 5, 2


def talk_view(
    database: Database, case_id: str, winner: Offer | None, offers: Sequence[Offer], views: Sequence[OfferView]
) -> TalkView | None:
    """The talk with who has the case, else with who said something last of it; None where there is nobody to talk with."""
    diagnosed = {one.offer_id: one.body for one in diagnoses_of(database, case_id)}
    said = {offer.id: remarks_of(database, offer.id) for offer in offers}
    spoken = sorted((offer for offer in offers if said[offer.id]), key=lambda offer: said[offer.id][-1].said.unix_ms)
    told = [offer for offer in offers if offer.id in diagnosed]
    partner = next(iter([*([winner] if winner else []), *told, *reversed(spoken)]), None)
    if partner is None:
        return None
    remarks, diagnosis = said[partner.id], diagnosed.get(partner.id)
    most = REMARKS_SHOWN if diagnosis is None else BESIDE_A_DIAGNOSIS
    return TalkView(
        offer=next(view for view in views if view.id == partner.id),
        remarks=remarks[-most:],
        earlier=max(0, len(remarks) - most),
        unread=tuple(one for one in remarks if not one.mine and one.seen_ms is None),
        heard=sum(not one.mine for one in remarks),
        diagnosis=diagnosis,
    )
