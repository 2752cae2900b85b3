"""Figures as people read them."""

from edge_app.reading.card import Interval
from export.evaluation.figures import Estimate

NOTHING = "–"


def number(value: float | None, digits: int = 3) -> str:
    """A figure, or a dash where there is none."""
    # Adding nothing turns what rounds to minus zero into zero.
    return NOTHING if value is None else f"{round(value, digits) + 0.0:.{digits}f}"


def interval(value: Interval | None, digits: int = 3) -> str:
    """Both ends of an interval, or a dash."""
    return NOTHING if value is None else f"{number(value[0], digits)} to {number(value[1], digits)}"


def estimate(value: Estimate | None, digits: int = 3) -> str:
    """A figure with its interval in brackets."""
    if value is None or value.value is None:
        return NOTHING
    return f"{number(value.value, digits)} ({interval(value.ci95, digits)})" if value.ci95 else number(value.value, digits)


def yes(value: bool) -> str:
    """Yes or no."""
    return "yes" if value else "no"
