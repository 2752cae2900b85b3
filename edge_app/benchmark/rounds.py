"""Interleaved rounds: everything compared runs in every round, so that a busy or throttled machine slows all of it alike."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Spread:
    """Median and quartiles of a number of measurements."""

    median: float
    quarter: float
    three_quarters: float


def spread(values: tuple[float, ...]) -> Spread:
    """Median and quartiles; ValueError where there is nothing."""
    if not values:
        raise ValueError("no measurements")
    quarter, median, three_quarters = np.percentile(values, [25, 50, 75])
    return Spread(round(float(median), 3), round(float(quarter), 3), round(float(three_quarters), 3))


def ratio(of: tuple[float, ...], to: tuple[float, ...]) -> Spread:
    """How many times longer ``of`` took than ``to``, round by round."""
    return spread(tuple(a / b for a, b in zip(of, to, strict=True)))


def interleaved(tasks: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, tuple[float, ...]]:
    """Milliseconds of each task in each round, after one run each to warm up; every round begins with another task."""
    names = list(tasks)
    for name in names:
        tasks[name]()
    times: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        shift = turn % len(names) if names else 0
        for name in names[shift:] + names[:shift]:
            started = time.perf_counter()
            tasks[name]()
            times[name].append((time.perf_counter() - started) * 1000.0)
    return {name: tuple(values) for name, values in times.items()}
