"""What every way of opening a video gives: what the file promises, then its frames, then what was wrong with them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import UnreadablePictureError
from edge_app.radiograph.picture import Assumption, Facts


class Flaw(StrEnum):
    """What is wrong with a video that is read nevertheless. Shown beside it, never silent.

    TRUNCATED: it ends before it should, or its container does; or its rest cannot be decoded.
    FRAMES_MISSING: frames within it cannot be decoded, or were never recorded.
    FRAMES_LEFT_OUT: it has more frames than were asked for.
    VARIABLE_RATE: its frames are not equally far apart in time.
    RATE_ASSUMED: it does not say when its frames were taken, or says what cannot be.
    COLOURFUL: its colour is more than an encoding of grey, so it may not be a radiograph; its brightness was taken.
    """

    TRUNCATED = "truncated"
    FRAMES_MISSING = "frames_missing"
    FRAMES_LEFT_OUT = "frames_left_out"
    VARIABLE_RATE = "variable_rate"
    RATE_ASSUMED = "rate_assumed"
    COLOURFUL = "colourful"


@dataclass(frozen=True)
class Told:
    """What is known before the first frame.

    Attributes:
        rows, columns: size of the original in pixels.
        step_s: time from one frame to the next, nominal.
        frames_told: how many frames the file promises, None where it does not say or only estimates.
        spacing_mm: (row, column) spacing of the original pixels in millimetres, or None.
        pixel_aspect: height of a pixel over its width.
        facts, assumptions: as of a picture.
    """

    rows: int
    columns: int
    step_s: float
    frames_told: int | None = None
    spacing_mm: tuple[float, float] | None = None
    pixel_aspect: float = 1.0
    facts: Facts = field(default_factory=Facts)
    assumptions: tuple[Assumption, ...] = ()


@dataclass(frozen=True, eq=False)
class Decoded:
    """A frame: ``pixels`` (rows, columns) uint8 as displayed, shrunk; ``time_s`` by the file's own clock, from any zero."""

    time_s: float
    pixels: NDArray[np.uint8]


class VideoSource(Protocol):
    """A video being decoded.

    Attributes:
        told: what the file says.
        flaws: what is wrong with it; complete once all frames are through.
        problem: why the first frame that could not be decoded could not.
    """

    told: Told
    flaws: set[Flaw]
    problem: UnreadablePictureError | None

    def frames(self) -> Iterator[Decoded]:
        """The frames in the order in which they are shown. Raises nothing for what the file holds."""
        ...
