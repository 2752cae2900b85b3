"""What is proven of our own answer's way to the unit, and of what has arrived here."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from edge_app.clock import Stamp
from edge_app.database import Database
from edge_app.emergency_room.originals import Original, original_arriving, originals_of
from edge_app.emergency_room.requests import Request, RequestState
from edge_app.link.messages import Kind
from edge_app.screens.arriving import ArrivingView, arriving_view
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
class PictureHere:
    """A small picture that has arrived. ``box`` is what it shows, in thousandths of the whole; ``edited``: by the crew."""

    size: int
    at_ms: int
    revision: int
    columns: int
    rows: int
    edited: int
    box: tuple[int, int, int, int] = (0, 0, 1000, 1000)


@dataclass(frozen=True)
class Shown:
    """The picture to look at, the revision it came with, and the small picture in whose pixels findings are drawn on it."""

    name: Literal["original", "preview", "region"]
    revision: int
    drawn_in: PictureHere
    sha256: str | None = None


@dataclass(frozen=True)
class Arrivals:
    """What has arrived of a request: rung 1 always; of its picture the region, the whole, small, and what there is of the original."""

    decision_bytes: int
    region: PictureHere | None
    preview: PictureHere | None
    original: Original | None

    @property
    def shown(self) -> Shown | None:
        """The best picture that is here. The original waits for the preview, in whose pixels findings are drawn."""
        if self.preview is not None:
            if self.original is not None and self.original.whole:
                return Shown("original", self.original.revision, self.preview, self.original.sha256)
            return Shown("preview", self.preview.revision, self.preview)
        return None if self.region is None else Shown("region", self.region.revision, self.region)


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
    row = database.row("SELECT length(decision) AS size FROM requests WHERE offer_id = :id", {"id": offer_id})
    if row is None:
        raise KeyError(offer_id)
    key = {"id": offer_id}
    preview = database.row(
        "SELECT length(content) AS size, received_ms AS at_ms, revision, columns, rows, edited FROM previews WHERE offer_id = :id", key
    )
    region = database.row(
        "SELECT length(content) AS size, received_ms AS at_ms, revision, columns, rows, edited, box FROM regions WHERE offer_id = :id", key
    )
    shown = 0 if preview is None else preview["revision"]
    return Arrivals(
        row["size"],
        None if region is None else PictureHere(**{**region, "box": tuple(json.loads(region["box"]))}),
        None if preview is None else PictureHere(**preview),
        # A newer picture than the original's is shown small until its own original comes.
        next((one for one in reversed(originals_of(database, offer_id)) if one.revision and one.revision >= shown), None),
    )


def original_coming(database: Database, request: Request, original: Original | None, at: Stamp, *, link_up: bool) -> ArrivingView | None:
    """How far the original of a request is; None where none is coming: it is sent to who has the case."""
    if original is None or request.state is not RequestState.GRANTED:
        return None
    arriving = original_arriving(database, request.offer_id, original, at, link_up=link_up)
    return None if arriving is None else arriving_view(arriving)


def originals_coming(database: Database, at: Stamp, *, link_up: bool) -> list[ArrivingView]:
    """How far those are that may be on the page."""
    rows = database.rows(
        """SELECT o.offer_id, o.sha256 FROM originals o JOIN requests r ON r.offer_id = o.offer_id
           WHERE o.whole_ms IS NULL AND r.state = :granted ORDER BY o.rowid DESC LIMIT 20""",
        {"granted": str(RequestState.GRANTED)},
    )
    coming = []
    for row in rows:
        for original in originals_of(database, row["offer_id"]):
            arriving = original_arriving(database, row["offer_id"], original, at, link_up=link_up)
            if arriving is not None and original.sha256 == row["sha256"]:
                coming.append(arriving_view(arriving))
    return coming
