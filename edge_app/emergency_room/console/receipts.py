"""What is proven of our own answer's way to the unit, and of what has arrived here."""

from dataclasses import dataclass
from enum import StrEnum

from edge_app.database import Database
from edge_app.link.messages import Kind
from edge_app.screens.parts import Mark


class Step(StrEnum):
    """The steps of an answer, lowest first."""

    QUEUED = "queued"
    AT_BROKER = "at_broker"
    AT_UNIT = "at_unit"


@dataclass(frozen=True)
class StepView:
    """One step. ``at_ms`` is None where it is not proven."""

    code: Step
    mark: Mark
    at_ms: int | None


@dataclass(frozen=True)
class AnswerReceipt:
    """The newest answer's way. ``stuck`` is the outbox's word where it can never be sent."""

    steps: tuple[StepView, ...]
    stuck: str | None

    @property
    def highest(self) -> Step:
        """The highest proven step."""
        return [step.code for step in self.steps if step.at_ms is not None][-1]


@dataclass(frozen=True)
class Arrivals:
    """What has arrived of a request: rung 1 always, rung 3 where ``picture_ms`` is set."""

    decision_bytes: int
    picture_bytes: int | None
    picture_ms: int | None
    picture_revision: int | None
    columns: int
    rows: int


def answer_receipt(database: Database, offer_id: str) -> AnswerReceipt | None:
    """The way of our newest answer to a request; None where there is no answer."""
    row = database.row(
        """SELECT queued_ms, at_broker_ms, received_ms, quarantined FROM outbox
           WHERE offer_id = :id AND kind = :kind ORDER BY rowid DESC LIMIT 1""",
        {"id": offer_id, "kind": str(Kind.ANSWER)},
    )
    if row is None:
        return None
    times: tuple[int | None, ...] = (row["queued_ms"], row["at_broker_ms"], row["received_ms"])
    highest = max(index for index, at_ms in enumerate(times) if at_ms is not None)
    steps = []
    for index, (step, at_ms) in enumerate(zip(Step, times, strict=True)):
        proven, unproven = (Mark.NOW, Mark.AHEAD) if index >= highest else (Mark.DONE, Mark.UNPROVEN)
        steps.append(StepView(step, unproven if at_ms is None else proven, at_ms))
    return AnswerReceipt(tuple(steps), row["quarantined"])


def arrivals(database: Database, offer_id: str) -> Arrivals:
    """What has arrived of a request. KeyError where there is none."""
    row = database.row(
        """SELECT length(r.decision) AS decision_bytes, length(p.content) AS picture_bytes, p.received_ms AS picture_ms,
                  p.revision AS picture_revision, p.columns, p.rows
           FROM requests r LEFT JOIN previews p ON p.offer_id = r.offer_id WHERE r.offer_id = :id""",
        {"id": offer_id},
    )
    if row is None:
        raise KeyError(offer_id)
    return Arrivals(
        row["decision_bytes"], row["picture_bytes"], row["picture_ms"], row["picture_revision"], row["columns"] or 0, row["rows"] or 0
    )
