"""What a page shows of the offers: their ladders, and how far each last word to a hospital is proven."""

from collections import Counter
from collections.abc import Mapping, Sequence

from edge_app.casebook.cases import Case
from edge_app.casebook.crew_words import CrewWord, words_of
from edge_app.casebook.exposure import seconds_from_exposure_to_reception
from edge_app.casebook.offers import Offer, OfferState, Rung, proven_rungs
from edge_app.casebook.picture_receipts import OnItsWay, on_their_way
from edge_app.casebook.radiographs import StoredRadiograph, get_radiograph
from edge_app.casebook.readings import get_reading
from edge_app.clock import Stamp
from edge_app.database import Database
from edge_app.dispatch.offers import read_back_code
from edge_app.dispatch.pictures import PART_BYTES
from edge_app.kiosk.views import AnswerView, Evidence, OfferView, PictureOnItsWayView, Proof, ProofView
from edge_app.link.messages import Kind
from edge_app.screens.arriving import arriving_view
from edge_app.screens.formatting import minutes
from edge_app.screens.parts import LADDER, ladder_of


def asked_with(database: Database, offers: Sequence[Offer]) -> StoredRadiograph | None:
    """The picture the hospitals were first asked with, from whose exposure the times count; a later revision does not set them back."""
    if not offers:
        return None
    row = database.row(
        """SELECT d.radiograph_id FROM readings d JOIN radiographs r ON r.id = d.radiograph_id
           WHERE r.case_id = :id AND d.dispatched_ms IS NOT NULL ORDER BY d.dispatched_ms, d.rowid LIMIT 1""",
        {"id": offers[0].case_id},
    )
    return get_radiograph(database, row["radiograph_id"] if row else get_reading(database, offers[0].reading_id).radiograph_id)


def _climbed(proven: Mapping[Rung, Stamp]) -> Rung | None:
    """The highest proven rung below the answer."""
    return next((rung for rung in reversed(LADDER[:-1]) if rung in proven), None)


def _evidence(state: OfferState, highest: Rung | None) -> Evidence:
    return Evidence(state) if state is not OfferState.ASKED else Evidence(highest or Rung.QUEUED)


def _to_call(offers: Sequence[Offer], proven: Mapping[str, Mapping[Rung, Stamp]], calls: Mapping[str, int]) -> str | None:
    """The emergency room to telephone first: the one called least in vain, then the one furthest up its ladder, then the nearest."""
    asked = [offer for offer in offers if offer.state in (OfferState.ASKED, OfferState.EXPIRED)]
    if not asked:
        return None

    def standing(offer: Offer) -> tuple[int, int, int]:
        highest = _climbed(proven[offer.id])
        return (-calls.get(offer.id, 0), -1 if highest is None else LADDER.index(highest), -offer.rank)

    return max(asked, key=standing).id


def _picture_view(way: OnItsWay | None) -> PictureOnItsWayView | None:
    return None if way is None else PictureOnItsWayView(way.original, arriving_view(way.arriving))


def offer_views(database: Database, offers: Sequence[Offer], at: Stamp, *, link_up: bool) -> tuple[OfferView, ...]:
    """The rows of a case's offers. Times count from the exposure or reception of the picture they were first asked with."""
    zero = asked_with(database, offers)
    if zero is None:
        return ()
    before_s = seconds_from_exposure_to_reception(zero) or 0.0
    proven = {offer.id: proven_rungs(database, offer.id) for offer in offers}
    said = words_of(database, offers[0].case_id)
    calls = Counter(word.offer_id or "" for word in said if word.word is CrewWord.PHONE_NO_ANSWER)
    to_call = _to_call(offers, proven, calls)
    under_way = on_their_way(database, offers, at, PART_BYTES, link_up=link_up)
    views = []
    for offer in offers:
        highest = _climbed(proven[offer.id])
        evidence_age_s = None if highest is None else at.seconds_since(proven[offer.id][highest])
        views.append(
            OfferView(
                id=offer.id,
                rank=offer.rank,
                name=offer.name,
                name_en=offer.name_en,
                phone=offer.phone,
                state=offer.state,
                proven=tuple(rung for rung in LADDER if rung in proven[offer.id]),
                rungs=ladder_of(offer.state, proven[offer.id], zero.received, before_s),
                reasons=offer.reasons,
                eta_minutes=None if offer.eta_s is None else minutes(offer.eta_s),
                distance_km=offer.distance_km,
                evidence=_evidence(offer.state, highest),
                decline_reason=offer.answer.reason if offer.answer is not None and not offer.answer.accepted else None,
                decline_for_min=None if offer.answer is None else offer.answer.for_min,
                note=None if offer.answer is None else offer.answer.note,
                call_first=offer.id == to_call,
                calls=calls[offer.id],
                by_phone=offer.answer is not None and offer.answer.by_phone,
                reminded_ms=offer.reminded_ms if offer.state is OfferState.ASKED else None,
                picture=_picture_view(under_way.get(offer.id)),
                evidence_age_s=evidence_age_s,
            )
        )
    return tuple(views)


def _proof(database: Database, offer: Offer, kind: Kind) -> ProofView:
    """How far the last message of that kind to that hospital is proven to have come."""
    row = database.row(
        """SELECT queued_ms, at_broker_ms, received_ms FROM outbox WHERE offer_id = :id AND kind = :kind
           ORDER BY rowid DESC LIMIT 1""",
        {"id": offer.id, "kind": str(kind)},
    )
    proof, proven_ms = Proof.NOT_SENT, None
    if row is not None:
        for reached, column in ((Proof.AT_HOSPITAL, "received_ms"), (Proof.AT_BROKER, "at_broker_ms"), (Proof.QUEUED, "queued_ms")):
            if row[column] is not None:
                proof, proven_ms = reached, row[column]
                break
    yes_by_phone = offer.answer is not None and offer.answer.by_phone and offer.answer.accepted
    return ProofView(offer.name, offer.name_en, offer.state, proof, proven_ms, yes_by_phone, offer.phone)


def ended_views(database: Database, offers: Sequence[Offer]) -> tuple[ProofView, ...]:
    """Of a closed case, whether its hospitals know."""
    return tuple(_proof(database, offer, Kind.STAND_DOWN) for offer in offers)


def answer_view(database: Database, case: Case, winner: Offer, offers: Sequence[Offer], views: Sequence[OfferView]) -> AnswerView:
    """The acceptance that holds, whether its hospital knows that it does, and whether the others know that they stand down."""
    answer = winner.answer
    return AnswerView(
        offer=next(view for view in views if view.id == winner.id),
        who=None if answer is None else answer.who,
        note=None if answer is None else answer.note,
        conditions=() if answer is None else answer.conditions,
        wait_min=None if answer is None else answer.wait_min,
        accepted_ms=None if winner.answered is None else winner.answered.unix_ms,
        code=None if winner.token is None else read_back_code(case.id, winner.token),
        confirmation=_proof(database, winner, Kind.GRANTED),
        others=tuple(_proof(database, offer, Kind.STAND_DOWN) for offer in offers if offer.id != winner.id),
    )
