"""What a threshold means for a thousand people who are screened: how many are found, missed, called falsely and sent on.

Shares come from the operating points on the model's card, and how many have it is an assumption of the site. Nothing here decides: a
threshold that a site chooses makes no model better, and none validated.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from edge_app.config import Tuberculosis
from edge_app.errors import ModelError, NoModelError
from edge_app.reading.card import CARD, Card, Label, OperatingPoint, load_card
from edge_app.reading.protocols.tuberculosis import TUBERCULOSIS, TUBERCULOSIS_KINDS, TUBERCULOSIS_MODEL

PEOPLE = 1000
TARGET_SENSITIVITY = 0.90
"""WHO's least for a triage test, beside a specificity of 70 % (target product profiles, WHO/HTM/TB/2014.18)."""
OPTIMAL_SENSITIVITY = 0.95
"""What WHO would rather have, beside a specificity of 80 %."""
FEW_CALLED_SPECIFICITY = 0.90
"""Where few are called falsely: the specificity at which the box calls its other findings."""


class Choice(StrEnum):
    """Whose threshold it is. SITE is the one in force where the site has set one, CARD where it has not."""

    SITE = "site"
    CARD = "card"
    TARGET = "target"
    OPTIMAL = "optimal"
    FEW_CALLED = "few_called"


@dataclass(frozen=True)
class Range:
    """A number of people out of a thousand, with its 95 % interval; the ends are None where the card states none."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Consequence:
    """What happens to a thousand people at one threshold. ``sent_on`` are found and called falsely together; they need a sputum test."""

    choice: Choice
    in_force: bool
    threshold: float
    sensitivity: Range
    specificity: Range
    found: Range
    missed: Range
    called_falsely: Range
    sent_on: Range


@dataclass(frozen=True)
class Screening:
    """Everything a site needs to choose its threshold by, of the model on this box.

    ``consequences`` is empty where its card states no operating points. ``positives`` and ``negatives`` are the validation pictures of
    adults that they rest on.
    """

    model: str
    version: str
    validated: bool
    positives: int
    negatives: int
    prevalence_per_1000: float
    threshold: float
    of_site: bool
    consequences: tuple[Consequence, ...]


def _between(points: tuple[OperatingPoint, ...], threshold: float) -> tuple[OperatingPoint, OperatingPoint]:
    """The nearest points at or below and at or above a threshold."""
    below = [point for point in points if point.threshold <= threshold]
    above = [point for point in points if point.threshold >= threshold]
    return (below[-1] if below else points[0]), (above[0] if above else points[-1])


def _share(value: float, interval: tuple[float, float] | None) -> Range:
    return Range(value) if interval is None else Range(value, *interval)


def _of(people: float, share: Range) -> Range:
    return Range(people * share.value, *(None if end is None else people * end for end in (share.low, share.high)))


def _rest(people: float, share: Range) -> Range:
    low, high = share.low, share.high
    return Range(people * (1 - share.value), None if high is None else people * (1 - high), None if low is None else people * (1 - low))


def _sum(one: Range, other: Range) -> Range:
    """Both ends together: wider than it need be, for the two shares are of different people."""
    low = None if one.low is None or other.low is None else one.low + other.low
    high = None if one.high is None or other.high is None else one.high + other.high
    return Range(one.value + other.value, low, high)


def consequence(
    points: tuple[OperatingPoint, ...], choice: Choice, threshold: float, prevalence_per_1000: float, *, in_force: bool
) -> Consequence:
    """What a threshold means. Between two points of the card it is told as the worse of both: never better than what was measured."""
    below, above = _between(points, threshold)
    sensitivity = _share(above.sensitivity, above.sensitivity_ci95)
    specificity = _share(below.specificity, below.specificity_ci95)
    found, falsely = _of(prevalence_per_1000, sensitivity), _rest(PEOPLE - prevalence_per_1000, specificity)
    return Consequence(
        choice=choice,
        in_force=in_force,
        threshold=threshold,
        sensitivity=sensitivity,
        specificity=specificity,
        found=found,
        missed=_rest(prevalence_per_1000, sensitivity),
        called_falsely=falsely,
        sent_on=_sum(found, falsely),
    )


def _sensitive(points: Iterable[OperatingPoint], share: float) -> float:
    """The highest threshold that still finds that share."""
    return max(point.threshold for point in points if point.sensitivity >= share)


def _specific(points: Iterable[OperatingPoint], share: float) -> float:
    """The lowest threshold at which so many of those without it are not called."""
    return min(point.threshold for point in points if point.specificity >= share)


def adults(card: Card) -> Label:
    """The label as it counts on the kind of picture that the protocol reads. ModelError where the card has none of that name."""
    (kind,) = TUBERCULOSIS_KINDS
    try:
        return card.on(kind).label(TUBERCULOSIS)
    except KeyError:
        raise ModelError(f"{card.name}: no label {TUBERCULOSIS}") from None


def screening_of(card: Card, site: Tuberculosis) -> Screening:
    """The site's threshold, or the card's, beside WHO's and two others, at the prevalence that the site assumes."""
    label = adults(card)
    points, of_site = label.operating_points, site.threshold is not None
    threshold = label.threshold if site.threshold is None else site.threshold
    told = []
    if points:
        chosen = [
            (Choice.SITE if of_site else Choice.CARD, threshold),
            (Choice.TARGET, _sensitive(points, TARGET_SENSITIVITY)),
            (Choice.OPTIMAL, _sensitive(points, OPTIMAL_SENSITIVITY)),
            (Choice.FEW_CALLED, _specific(points, FEW_CALLED_SPECIFICITY)),
        ]
        told = [
            consequence(points, choice, value, site.prevalence_per_1000, in_force=place == 0)
            for place, (choice, value) in enumerate(chosen)
        ]
    return Screening(
        model=card.name,
        version=card.version,
        validated=label.validated,
        positives=label.positives,
        negatives=label.negatives,
        prevalence_per_1000=site.prevalence_per_1000,
        threshold=threshold,
        of_site=of_site,
        consequences=tuple(told),
    )


def installed_card(models: Path) -> Card | None:
    """The card of the tuberculosis model on this box; None where there is none. ModelError where it is broken."""
    folder = models / TUBERCULOSIS_MODEL
    return load_card(folder, verify=False) if (folder / CARD).is_file() else None


def screening_here(models: Path, site: Tuberculosis) -> Screening:
    """Likewise, of the model that is installed. NoModelError where none is; ModelError where it is broken."""
    card = installed_card(models)
    if card is None:
        raise NoModelError(f"no model for the {TUBERCULOSIS_MODEL} protocol on this box")
    return screening_of(card, site)
