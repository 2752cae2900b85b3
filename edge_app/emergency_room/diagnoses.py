"""The final diagnosis, told to the unit that brought the patient, against what its box had reported."""

from edge_app.clock import now
from edge_app.database import Database
from edge_app.emergency_room.requests import Request, RequestState, get_request
from edge_app.errors import IllegalTransitionError
from edge_app.link.messages import StandDownReason
from edge_app.link.outbox import put
from edge_app.link.remarks import DiagnosisBody, Judged, Verdict


def is_ours(request: Request) -> bool:
    """Whether the patient came here as far as is known: the lease is ours, or it was until the crew closed the case."""
    ended = request.state is RequestState.STOOD_DOWN and request.down_reason is StandDownReason.CANCELLED
    return request.state is RequestState.GRANTED or (ended and request.answer is not None)


def diagnosis_of(database: Database, offer_id: str) -> DiagnosisBody | None:
    """What was said last that it was; None where nothing was."""
    row = database.row("SELECT body FROM diagnoses WHERE offer_id = :id", {"id": offer_id})
    return None if row is None else DiagnosisBody.model_validate_json(row["body"])


def tell_diagnosis(
    database: Database, me: str, offer_id: str, verdicts: dict[str, Verdict], text: str | None, who: str | None = None
) -> None:
    """Say what it was, for each of the box's top findings by name; it is in the outbox when this returns.

    Raises:
        KeyError: no such request. IllegalTransitionError: the patient did not come here. ValueError: it says nothing, too much, or judges
            what the box had not reported.
    """
    with database.writing() as tables:
        request = get_request(database, offer_id)
        if not is_ours(request):
            raise IllegalTransitionError(f"a diagnosis of a request that is {request.state}")
        if not set(verdicts) <= set(request.decision.top3):
            raise ValueError("a finding that was not reported")
        before = diagnosis_of(database, offer_id)
        at_ms = now().unix_ms if before is None else max(now().unix_ms, before.at_ms + 1)
        judged = tuple(Judged(name=name, verdict=verdicts[name]) for name in request.decision.top3 if name in verdicts)
        body = DiagnosisBody(offer_id=offer_id, findings=judged, text=text, who=who, at_ms=at_ms)
        tables.table("diagnoses").upsert({"offer_id": offer_id, "body": body.model_dump_json()}, pk="offer_id")
        put(database, me, request.unit, offer_id, body)
