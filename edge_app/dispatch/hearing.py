"""What a hospital says beside its answers, applied to the casebook inside the caller's transaction."""

from edge_app.casebook.events import EventKind, record
from edge_app.casebook.hospital_words import note_diagnosis
from edge_app.casebook.offers import get_offer
from edge_app.clock import now
from edge_app.database import Database
from edge_app.dispatch.offers import room_end
from edge_app.link.messages import Message
from edge_app.link.remarking import take_remark, take_seen
from edge_app.link.remarks import OF_HOSPITAL, DiagnosisBody, RemarkBody, SeenBody


def hear(database: Database, message: Message, body: RemarkBody | SeenBody | DiagnosisBody) -> str | None:
    """Apply a remark, a word that one was read, or a diagnosis; why it has no effect where it has none. KeyError: no such offer."""
    offer = get_offer(database, body.offer_id)
    if message.sender != room_end(offer.hpid):
        return "unknown_offer"
    if isinstance(body, RemarkBody):
        return take_remark(database, message, body, OF_HOSPITAL)
    if isinstance(body, SeenBody):
        return None if take_seen(database, body) else "unknown_remark"
    note_diagnosis(database, body)
    verdicts = {name.verdict: 0 for name in body.findings} | {"findings": len(body.findings)}
    for judged in body.findings:
        verdicts[judged.verdict] += 1
    record(database, EventKind.DIAGNOSIS_TOLD, now(), offer.case_id, offer.id, {str(key): count for key, count in verdicts.items()})
    return None
