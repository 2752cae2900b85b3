"""What the large viewer shows: one picture, and beside it where there is one another picture of the same patient."""

from dataclasses import dataclass
from enum import StrEnum

from edge_app.screens.parts import FindingView, PictureView


class Which(StrEnum):
    """Which of the patient's pictures it is. OTHER: which of both came first is not known."""

    NOW = "now"
    EARLIER = "earlier"
    OTHER = "other"


class When(StrEnum):
    """What the time beside a picture is."""

    TAKEN = "taken"
    RECEIVED = "received"


@dataclass(frozen=True)
class Pane:
    """One picture of the viewer. ``id`` is unique on the page. ``findings`` are named in its text, ``note`` is the key of a word about it.

    ``read``: the box has assessed it; None where that is not known here.
    """

    id: str
    picture: PictureView
    which: Which
    when: When
    at_ms: int | None
    read: bool | None
    findings: tuple[FindingView, ...] = ()
    note: str | None = None
