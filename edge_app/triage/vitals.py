"""The patient's vital signs as the crew entered them."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from edge_app.clock import Stamp
from edge_app.triage.vocabulary import VITALS


@dataclass(frozen=True)
class Entered:
    """One value and when it was entered."""

    value: float
    at: Stamp


@dataclass(frozen=True)
class Vitals:
    """The vital signs of a case. None is "not known", never "normal".

    SpO₂ in per cent, breaths and beats a minute, systolic pressure in mmHg, temperature in °C, Glasgow coma scale 3–15.
    """

    spo2_percent: Entered | None = None
    respiratory_rate_per_min: Entered | None = None
    heart_rate_per_min: Entered | None = None
    systolic_mmhg: Entered | None = None
    temperature_celsius: Entered | None = None
    gcs: Entered | None = None

    def __post_init__(self) -> None:
        """Hold every value against its plausible range."""
        for name, entered in self.known():
            if not is_plausible(name, entered.value):
                raise ValueError(f"{name} is outside of what is plausible")

    def known(self) -> Iterator[tuple[str, Entered]]:
        """The names and values of those that were entered."""
        for each in fields(self):
            entered: Entered | None = getattr(self, each.name)
            if entered is not None:
                yield each.name, entered

    def value(self, name: str) -> float | None:
        """One value by its name; None where it is not known."""
        entered: Entered | None = getattr(self, name)
        return None if entered is None else entered.value


def is_plausible(name: str, value: float) -> bool:
    """Whether a value can be that of a patient. NaN cannot. KeyError for a name that is no vital sign."""
    vital = VITALS[name]
    return vital.least <= value <= vital.most
