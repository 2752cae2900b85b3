"""Moments of swallows made by hand, and what a network that outlines without fault would say of drawn ones."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.swallow import ORAL_CAVITY, PHARYNX, REGIONS, UES
from edge_app.reading.swallowing import Moment, moment_of
from export.simulate.swallow_phantom import SwallowPhantom

AT_REST = Moment(
    barium=dict.fromkeys(REGIONS, 0.0),
    room=dict.fromkeys(REGIONS, 50.0),
    certain=dict.fromkeys(REGIONS, 0.0),
    short=None,
    hyoid=(5.0, 20.0),
    lumen=100.0,
    outlined=0.0,
)
COUNT, RATE = 60, 30.0
HEAD, OPENED, PASSED = 20, 28, 40
SHUT, SHUT_TO = 26, 38


def times(count: int = COUNT) -> NDArray[np.float64]:
    """Seconds at ``RATE``."""
    return np.arange(count) / RATE


def with_barium(moment: Moment, **barium: float) -> Moment:
    """The same with so many pixels of barium in some regions."""
    return replace(moment, barium={**moment.barium, **barium}, outlined=moment.outlined + sum(barium.values()))


def swallowing(number: int) -> Moment:
    """A frame of one swallow: the bolus in the mouth, on its way from frame 10, in the pharynx from ``HEAD``, through the sphincter."""
    moment = AT_REST
    if number <= HEAD:
        moment = with_barium(replace(moment, short=20.0 * min(1.0, (HEAD - number) / (HEAD - 10))), **{ORAL_CAVITY: 200.0})
    if HEAD <= number <= PASSED:
        moment = with_barium(moment, **{PHARYNX: 120.0})
    if OPENED <= number <= PASSED:
        moment = with_barium(moment, **{UES: 40.0})
    raised = float(np.clip((number - 22) / 8, 0.0, 1.0) - np.clip((number - 42) / 8, 0.0, 1.0))
    moment = replace(moment, hyoid=(5.0 + 8.0 * raised, 20.0 + 4.0 * raised))
    return replace(moment, lumen=4.0) if SHUT <= number <= SHUT_TO else moment


def one_swallow() -> list[Moment]:
    """``COUNT`` frames of it."""
    return [swallowing(number) for number in range(COUNT)]


def maps_of(made: SwallowPhantom, number: int, side: int = 128) -> dict[str, NDArray[np.float32]]:
    """What a network would say of a frame if it erred nowhere, on its coarser map."""
    every: Mapping[str, NDArray[np.uint8]] = {**made.masks, **made.regions}
    return {
        name: cv2.resize(own[number], (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255)
        for name, own in every.items()
    }


def moments_of(made: SwallowPhantom) -> Sequence[Moment]:
    """Every frame of a drawn sequence."""
    return [moment_of(maps_of(made, number), REGIONS) for number in range(len(made.frames))]
