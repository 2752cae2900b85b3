"""Where a model that screens was validated, straight from its card: hospitals, figures, another hospital's, and whose threshold counts."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from edge_app.errors import ModelError
from edge_app.reading.card import CARD, Card, card_hash, load_card
from edge_app.reading.finding import Finding, Reading
from edge_app.reading.models import models_folder
from edge_app.reading.protocols.tuberculosis import TUBERCULOSIS, TUBERCULOSIS_MODEL
from edge_app.screening import adults
from edge_app.screens.formatting import percent


@dataclass(frozen=True)
class Worth:
    """An AUROC with its 95 % interval as they are written, and on how many patients with it and without."""

    auroc: str
    interval: str | None
    positives: int
    negatives: int


@dataclass(frozen=True)
class ElsewhereView:
    """What a network that never saw a hospital makes of its pictures."""

    source: str
    worth: Worth


@dataclass(frozen=True)
class PedigreeView:
    """``validated_on`` are the sets the figures are of; ``worth`` is None where there are none of adults.

    ``threshold_percent`` is that of the reading, ``of_site`` whether it is the site's own and not the card's ``card_percent``.
    """

    validated: bool
    validated_on: tuple[str, ...]
    worth: Worth | None
    elsewhere: tuple[ElsewhereView, ...]
    threshold_percent: int
    card_percent: int
    of_site: bool


@lru_cache(maxsize=4)
def _card(folder: Path, written_ns: int) -> tuple[Card, str]:
    """The card of a model and its hash, once for each that was installed."""
    return load_card(folder, verify=False), card_hash(folder)


def card_here() -> tuple[Card, str] | None:
    """The card of the tuberculosis model on this box with its hash; None where there is none, or it is broken."""
    folder = models_folder() / TUBERCULOSIS_MODEL
    try:
        return _card(folder, (folder / CARD).stat().st_mtime_ns)
    except (OSError, ModelError):
        return None


def _worth(auroc: float | None, interval: tuple[float, float] | None, positives: int, negatives: int) -> Worth | None:
    if auroc is None:
        return None
    return Worth(f"{auroc:.2f}", None if interval is None else f"{interval[0]:.2f}–{interval[1]:.2f}", positives, negatives)


def _short(source: str) -> str:
    """A set's name without who gives it out, which stands in the licences."""
    return source.split(",")[0]


def pedigree_view(reading: Reading) -> PedigreeView | None:
    """The pedigree of a reading for tuberculosis; None of any other, and where the card it was read by is no longer on this box."""
    finding = next((one for one in reading.findings if one.name == TUBERCULOSIS), None)
    here = None if finding is None else card_here()
    if finding is None or here is None or reading.models.get(TUBERCULOSIS_MODEL) != here[1]:
        return None
    return _pedigree(here[0], finding)


def _pedigree(card: Card, finding: Finding) -> PedigreeView | None:
    try:
        label = adults(card)
    except ModelError:
        return None
    told = ((own.source, _worth(own.auroc, own.auroc_ci95, own.positives, own.negatives)) for own in label.elsewhere)
    return PedigreeView(
        validated=label.validated,
        validated_on=tuple(_short(source.name) for source in card.validated_on if not source.simulated),
        worth=_worth(label.auroc, label.auroc_ci95, label.positives, label.negatives),
        elsewhere=tuple(ElsewhereView(_short(source), worth) for source, worth in told if worth is not None),
        threshold_percent=percent(finding.threshold),
        card_percent=percent(label.threshold),
        of_site=finding.threshold != label.threshold,
    )
