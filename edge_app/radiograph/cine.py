"""When the frames of a DICOM video were taken, PS3.3 C.7.6.5 Cine Module and C.7.6.6 Multi-frame Module."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_app.radiograph.attributes import Keyword
from edge_app.radiograph.header import Header

# Fluoroscopy is pulsed at 1 to 60 frames a second; what says more than twice that is counting something else.
SLOWEST_FPS, FASTEST_FPS = 0.2, 120.0
ASSUMED_FPS = 30.0
_LONGEST_PAUSE_S = 600.0
_FRAME_TIME_VECTOR = 0x00181065
_RATES: tuple[Keyword, ...] = ("CineRate", "RecommendedDisplayFrameRate")


@dataclass(frozen=True, eq=False)
class FrameTimes:
    """``times_s`` (frames,) float64 from the first frame on, strictly increasing; ``step_s`` from one to the next, as a rule.

    ``assumed`` where the file says nothing usable.
    """

    times_s: NDArray[np.float64]
    step_s: float
    assumed: bool


def is_frame_rate(fps: float) -> bool:
    """Whether so many frames a second can be meant."""
    return SLOWEST_FPS <= fps <= FASTEST_FPS


def frame_times(header: Header, frames: int) -> FrameTimes:
    """The time of every frame.

    What Frame Increment Pointer (0028,0009) names goes first, then whatever else tells the time: Frame Time Vector (0018,1065),
    Frame Time (0018,1063), Cine Rate (0018,0040), Recommended Display Frame Rate (0008,2144), Effective Duration (0018,0072).
    Frame Delay (0018,1066) moves all frames alike, and Start Trim and Stop Trim are for showing: neither counts here.
    """
    by_vector = _FRAME_TIME_VECTOR in header.numbers("FrameIncrementPointer")
    vector = _from_vector(header, frames)
    fps = _rate(header, frames)
    if vector is not None and (by_vector or fps is None or header.number("FrameTime") is None):
        return FrameTimes(vector, float(np.median(np.diff(vector))), assumed=False)
    step_s = 1.0 / (ASSUMED_FPS if fps is None else fps)
    return FrameTimes(np.arange(frames, dtype=np.float64) * step_s, step_s, assumed=fps is None)


def _from_vector(header: Header, frames: int) -> NDArray[np.float64] | None:
    """Frame Time Vector holds the milliseconds from the frame before, 0 for the first (C.7.6.5.1.2); some writers leave the first out."""
    steps_s = np.array(header.numbers("FrameTimeVector"), dtype=np.float64) / 1000.0
    if frames < 2 or len(steps_s) not in {frames, frames - 1}:
        return None
    steps_s = steps_s[-(frames - 1) :]
    if not (steps_s.min() > 0 and steps_s.max() <= _LONGEST_PAUSE_S and is_frame_rate(1.0 / float(np.median(steps_s)))):
        return None
    return np.concatenate([np.zeros(1), np.cumsum(steps_s)])


def _rate(header: Header, frames: int) -> float | None:
    """Frames a second by the first attribute that tells a possible rate, or None."""
    frame_time_ms, duration_s = header.number("FrameTime"), header.number("EffectiveDuration")
    told = [1000.0 / frame_time_ms if frame_time_ms else None, *map(header.number, _RATES), frames / duration_s if duration_s else None]
    return next((fps for fps in told if fps is not None and is_frame_rate(fps)), None)
