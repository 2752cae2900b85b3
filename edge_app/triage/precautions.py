"""What is spread through the air: whoever is near the patient protects themselves before anything is proven.

WHO consolidated guidelines on tuberculosis, module 1: infection prevention and control (2022): respiratory hygiene, a surgical mask on
whoever may have it; particulate respirators (N95, FFP2) for those who care for them; ventilation, opened windows above all; separation in a
room for airborne infection. Korea's guidelines for national tuberculosis control (KDCA) ask the same: a surgical mask on the patient, N95
or its like, such as KF94, for those who accompany them, and a negative-pressure room. What is called uncertain counts as what is present:
a mask that was not needed costs nothing.
"""

from collections.abc import Iterable
from typing import Protocol

AIRBORNE = frozenset({"Tuberculosis"})
"""The findings that may be spread through the air."""


class Told(Protocol):
    """A finding of a reading or of a message."""

    @property
    def name(self) -> str:
        """Which finding."""
        ...

    @property
    def called(self) -> bool:
        """See ``Finding.called``."""
        ...


def is_airborne(findings: Iterable[Told]) -> bool:
    """Whether one of them is present, or uncertain from its threshold on, and spreads through the air."""
    return any(finding.called and finding.name in AIRBORNE for finding in findings)
