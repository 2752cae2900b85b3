"""Proving a loaded network before it may read: shapes, finite numbers, golden pictures, and speed where there is a choice."""

import statistics
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.radiograph.picture import Facts, Picture, VoiFunction, Window
from edge_app.reading.calibration import probabilities
from edge_app.reading.canvas import network_input
from edge_app.reading.card import GOLDEN, Card, Golden
from edge_app.reading.runtimes import Runner, RuntimeUnfitError

_SPEED_ROUNDS = 5


def golden_picture(file: Path) -> Picture:
    """An 8-bit grey PNG as a picture whose window shows 0 as black and 255 as white.

    Raises:
        RuntimeUnfitError: it is missing or not 8-bit grey.
    """
    pixels = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.ndim != 2 or pixels.dtype != np.uint8:
        raise RuntimeUnfitError(f"golden picture {file.name} is missing or not 8-bit grey")
    window = Window(127.5, 255.0, VoiFunction.LINEAR_EXACT)
    return Picture(pixels.astype(np.uint16), window, pixels.shape[0], pixels.shape[1], None, Facts())


def checked_run(runner: Runner, card: Card, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Run and hold the answer against the card: logits (1, outputs), map (1, channels, rows, columns), all finite.

    Raises:
        RuntimeUnfitError: a shape is not what the card says, or a number is not finite.
    """
    logits, activation = runner.run(batch)
    outputs = len(card.outputs)
    if logits.shape != (1, outputs):
        raise RuntimeUnfitError(f"logits of shape {logits.shape} for {outputs} outputs")
    if not np.isfinite(logits).all():
        raise RuntimeUnfitError("a logit is not a finite number")
    if activation is not None:
        if activation.ndim != 4 or activation.shape[:2] != (1, card.channels) or 0 in activation.shape:
            raise RuntimeUnfitError(f"map of shape {activation.shape} for {card.channels} channels")
        if not np.isfinite(activation).all():
            raise RuntimeUnfitError("the map holds a number that is not finite")
    return logits, activation


def empty_batch(card: Card) -> NDArray[np.float32]:
    """(1, channels, height, width) float32 of a picture that is black all over."""
    shape = (1, card.input.channels, card.input.height, card.input.width)
    return np.full(shape, -card.input.mean / card.input.std, dtype=np.float32)


def prove(runner: Runner, card: Card, folder: Path) -> int:
    """Run a black picture and every golden picture of the card; how many golden pictures were answered rightly.

    Raises:
        RuntimeUnfitError: an answer is malformed, not finite or further from a golden value than its tolerance.
    """
    checked_run(runner, card, empty_batch(card))
    for golden in card.golden:
        _hold_golden(runner, card, golden, folder)
    return len(card.golden)


def _hold_golden(runner: Runner, card: Card, golden: Golden, folder: Path) -> None:
    batch, _ = network_input(golden_picture(folder / GOLDEN / golden.picture), card.input)
    given = probabilities(card, checked_run(runner, card, batch)[0])
    for name, wanted in golden.probabilities.items():
        if name not in given:
            raise RuntimeUnfitError(f"golden picture {golden.picture} names {name}, which the card has not")
        if not abs(given[name] - wanted) <= golden.tolerance:
            raise RuntimeUnfitError(f"golden picture {golden.picture}: {name} is {given[name]:.3f}, should be {wanted:.3f}")


def median_ms(runner: Runner, card: Card) -> float:
    """Median time of a run in milliseconds, after one run to warm up."""
    batch = empty_batch(card)
    runner.run(batch)
    times = []
    for _ in range(_SPEED_ROUNDS):
        started = time.perf_counter()
        runner.run(batch)
        times.append((time.perf_counter() - started) * 1000.0)
    return statistics.median(times)
