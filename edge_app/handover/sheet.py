"""What stands on the handover page, in the words of one language; ``page.py`` lays it out."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Weight(StrEnum):
    """How a line is written."""

    PLAIN = "plain"
    STRONG = "strong"


@dataclass(frozen=True)
class Marked:
    """A rectangle on the picture, in pixels of the original, with the number of its finding."""

    number: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, eq=False)
class SheetPicture:
    """The picture: grey (rows, columns) uint8 as on the screen, the original's size in pixels, and how high a pixel is over its width."""

    grey: NDArray[np.uint8]
    rows: int
    columns: int
    pixel_aspect: float
    marked: tuple[Marked, ...]


@dataclass(frozen=True)
class FoundLine:
    """A finding: its number as on the picture, its name, probability and word, and how far to trust it."""

    number: int
    name: str
    percent: int
    word: str
    trust: str
    strong: bool


@dataclass(frozen=True)
class Fact:
    """A line with its label."""

    label: str
    text: str


@dataclass(frozen=True)
class Badge:
    """What the box or the crew says in a word. ``of_crew`` is drawn outlined, the box's own filled, so that they never look alike."""

    label: str
    word: str
    of_crew: bool
    colour: str | None = None


@dataclass(frozen=True)
class Answered:
    """Which hospital has the patient; ``code`` is read back at its door."""

    headline: str
    hospital: str
    code_label: str
    code: str
    more: str


@dataclass(frozen=True)
class TimelineLine:
    """A moment: its time and what happened."""

    at: str
    words: str


@dataclass(frozen=True, eq=False)
class Sheet:
    """One page.

    ``found_more`` is what stands below the findings where there is more than those. ``shortened`` is the word where a text had to be
    shortened, ``left_out`` that for moments, with a place for n.
    """

    title: str
    patient: str
    made: str
    notice: str
    footer: str
    badges: tuple[Badge, ...]
    picture: SheetPicture | None
    no_picture: str
    found_title: str
    found_sentence: str
    found: tuple[FoundLine, ...]
    vitals_title: str
    vitals: tuple[Fact, ...]
    no_vitals: str
    atmist_title: str
    atmist: tuple[Fact, ...]
    answered_title: str
    answered: tuple[Answered, ...]
    not_answered: str
    timeline_title: str
    timeline: tuple[TimelineLine, ...]
    shortened: str
    left_out: str
    found_more: str = ""
