"""Values the shared pieces show, and how they follow from the casebook's facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge_app.casebook.offers import OfferState, Rung
from edge_app.clock import Stamp
from edge_app.reading.finding import Decision, Finding, Reading, Urgency
from edge_app.screens.formatting import elapsed, percent
from edge_app.screens.overlay import LineView, OutlineView, SideView

LADDER = tuple(Rung)
_ICONS = {Rung.QUEUED: "queued", Rung.AT_BROKER: "relay", Rung.AT_HOSPITAL: "hospital", Rung.OPENED: "eye", Rung.ANSWERED: "check"}


UNREAD, MEASURED = "unread", "measured"


def urgency_code(urgency: Urgency | None, *, looked: bool) -> str:
    """What a screen says of an imaging urgency; ``looked``: whether any finding was looked for, or anything graded.

    Of a picture on which something was measured and nothing looked for, it is not said that nothing urgent was found.
    """
    if urgency is None:
        return UNREAD
    return str(urgency) if looked or urgency is not Urgency.NONE else MEASURED


def looked_for(reading: Reading) -> bool:
    """Whether any finding was looked for in a reading, or anything graded."""
    return bool(reading.findings) or reading.severity is not None


def urgency_code_of(reading: Reading | None) -> str:
    """That of a reading as it was written; of none, that nothing was read."""
    return UNREAD if reading is None else urgency_code(reading.urgency, looked=looked_for(reading))


class Mark(StrEnum):
    """How a rung is drawn. UNPROVEN: a higher rung is proven, this one never was."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"
    UNPROVEN = "unproven"
    YES = "yes"
    NO = "no"
    STOOD = "stood"


_ANSWERS = {
    OfferState.ACCEPTED: (Mark.YES, "check"),
    OfferState.DECLINED: (Mark.NO, "cross"),
    OfferState.WITHDRAWN: (Mark.NO, "cross"),
    OfferState.STOOD_DOWN: (Mark.STOOD, "minus"),
    OfferState.EXPIRED: (Mark.STOOD, "hourglass"),
    OfferState.SKIPPED: (Mark.STOOD, "minus"),
}


@dataclass(frozen=True)
class RungView:
    """One node of the ladder. ``at`` is the time since exposure or reception, None where it is not proven."""

    code: Rung
    mark: Mark
    icon: str | None
    at: str | None
    highest: bool


def ladder_of(state: OfferState, proven: Mapping[Rung, Stamp], zero: Stamp, zero_before_s: float = 0.0) -> tuple[RungView, ...]:
    """The ladder of an offer: never a rung that is not proven, and an answer only where the offer's state is one.

    Times count from ``zero`` plus ``zero_before_s`` that had passed by then.
    """
    ended = _ANSWERS.get(state)
    counted = [rung for rung in LADDER if rung in proven and (rung is not Rung.ANSWERED or ended is not None)]
    highest = counted[-1] if counted else None
    views = []
    for rung in LADDER:
        at = elapsed(proven[rung].seconds_since(zero) + zero_before_s) if rung in counted else None
        if rung is Rung.ANSWERED and ended is not None:
            mark, icon = ended
            views.append(RungView(rung, mark, icon, at, highest=True))
        elif rung is highest:
            views.append(RungView(rung, Mark.NOW, _ICONS[rung], at, highest=True))
        elif rung in counted:
            views.append(RungView(rung, Mark.DONE, "check", at, highest=False))
        else:
            below = highest is not None and LADDER.index(rung) < LADDER.index(highest)
            views.append(RungView(rung, Mark.UNPROVEN if below else Mark.AHEAD, None, None, highest=False))
    return tuple(views)


@dataclass(frozen=True)
class FindingView:
    """A row of the top three. ``number`` is the one on the picture, ``word`` what is said of it (``decision_word``).

    ``simulated`` as in ``Finding``.
    """

    number: int
    name: str
    percent: int
    threshold_percent: int
    decision: str
    word: str
    validated: bool
    positives: int
    has_box: bool
    simulated: bool = False


def finding_views(reading: Reading) -> tuple[FindingView, ...]:
    """The rows of a reading's top three, in its order."""
    by_name = {finding.name: finding for finding in reading.findings}
    top = [by_name[name] for name in reading.top3 if name in by_name]
    return tuple(_finding_view(number, finding) for number, finding in enumerate(top, start=1))


def decision_word(decision: Decision, *, called: bool) -> str:
    """What is said of it: what is uncertain below its threshold is not excluded, and no more."""
    return "not_excluded" if decision is Decision.UNCERTAIN and not called else str(decision)


def _finding_view(number: int, finding: Finding) -> FindingView:
    return FindingView(
        number,
        finding.name,
        percent(finding.probability),
        percent(finding.threshold),
        str(finding.decision),
        decision_word(finding.decision, called=finding.called),
        finding.validated,
        finding.positives,
        finding.box is not None,
        finding.simulated,
    )


@dataclass(frozen=True)
class BoxView:
    """A numbered rectangle in pixels of the original."""

    number: int
    x: float
    y: float
    width: float
    height: float


def box_views(reading: Reading) -> tuple[BoxView, ...]:
    """Every place of a reading's top three, numbered as the rows are."""
    return tuple(
        BoxView(row.number, box.x, box.y, box.width, box.height) for row in finding_views(reading) for box in reading.places(row.name)
    )


@dataclass(frozen=True)
class PictureView:
    """What the viewer needs: 16-bit pixels, or else an 8-bit image of which one pixel is ``image_scale`` of those the drawings are in.

    ``lines_shown``: the lines are what the reading is about, so they are there from the start.
    """

    pixels_url: str | None = None
    boxes: tuple[BoxView, ...] = ()
    map_url: str | None = None
    image_url: str | None = None
    image_scale: float = 1.0
    outlines: tuple[OutlineView, ...] = ()
    lines: tuple[LineView, ...] = ()
    sides: tuple[SideView, ...] = ()
    lines_shown: bool = False
