"""Figures as people read them."""

from edge_app.reading.card import Interval
from export.evaluation.figures import Estimate

NOTHING = "–"


def number(value: float | None, digits: int = 3) -> str:
    """A figure, or a dash where there is none."""
    return NOTHING if value is None else f"{value:.{digits}f}"


def interval(value: Interval | None, digits: int = 3) -> str:
    """Both ends of an interval, or a dash."""
    return NOTHING if value is None else f"{value[0]:.{digits}f} to {value[1]:.{digits}f}"


def estimate(value: Estimate | None, digits: int = 3) -> str:
    """A figure with its interval in brackets."""
    if value is None or value.value is None:
        return NOTHING
    return f"{number(value.value, digits)} ({interval(value.ci95, digits)})" if value.ci95 else number(value.value, digits)


def yes(value: bool) -> str:
    """Yes or no."""
    return "yes" if value else "no"
