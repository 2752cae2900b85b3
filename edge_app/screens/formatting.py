"""Numbers and times as the screens write them."""

import math
import time

from flask import Flask

from edge_app.screens.languages import word


def elapsed(seconds: float) -> str:
    """A duration as m:ss, h:mm:ss from an hour on."""
    whole = max(0, math.floor(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes_left = divmod(minutes, 60)
    return f"{hours}:{minutes_left:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def clock(unix_ms: int) -> str:
    """The box's local time of day, hh:mm:ss."""
    return time.strftime("%H:%M:%S", time.localtime(unix_ms / 1000))


def day_and_clock(unix_ms: int) -> str:
    """The box's local date and time of day, as in 2026-03-09 07:05:00."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(unix_ms / 1000))


def minutes(seconds: float) -> int:
    """Whole minutes, rounded up, at least one: an estimate never promises too early an arrival."""
    return max(1, math.ceil(seconds / 60))


def percent(probability: float) -> int:
    """Whole per cent. What is not certain never reads 0 or 100."""
    return min(99, max(1, math.floor(probability * 100 + 0.5)))


def degrees(value: float) -> str:
    """An angle in whole degrees; one that rounds to nothing has no sign."""
    return f"{round(value)}°".replace("-", "−")


def most_off(margin: float, decimals: int = 0, unit: str = "°") -> str:
    """How far off a measurement may be, in whole degrees or as its unit deserves, never less than it is."""
    step = 10.0**-decimals
    # What is written exactly is not rounded up for being a binary fraction.
    return f"± {max(1, math.ceil(round(margin / step, 6))) * step:.{decimals}f}{unit}"


def finding_word(name: str) -> str:
    """A finding's name as radiologists write it."""
    return word("finding", name)


def structure_word(name: str) -> str:
    """A structure's name, short enough to stand on the picture."""
    return word("structure", name)


def urgency_look(code: str) -> str:
    """The icon and the colour in which an urgency's code is drawn: what was measured only looks as nothing urgent does."""
    return "none" if code == "measured" else code


def add_filters(app: Flask) -> None:
    """``elapsed``, ``clock``, ``day_and_clock``, ``minutes``, ``finding_word``, ``structure_word`` and ``urgency_look`` for templates."""
    for function in (elapsed, clock, day_and_clock, minutes, finding_word, structure_word, urgency_look):
        app.add_template_filter(function, function.__name__)
