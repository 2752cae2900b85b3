"""What every protocol has in common: which kinds it reads, with which models, and what it makes of their outputs."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from edge_app.errors import EngineDiedError, ModelError, NoModelError, Refusal
from edge_app.radiograph.picture import Picture
from edge_app.radiograph.video import Video
from edge_app.reading.card import Label
from edge_app.reading.finding import Box, Decision, Film, Finding, Gap, Landmark, Measurement, Missing, NotAssessed, Outline, Severity
from edge_app.reading.seen import Seen

_Result = TypeVar("_Result")
_log = logging.getLogger(__name__)


class RefusedError(Exception):
    """Carries a refusal out of the stages of one reading, a protocol's own too."""

    def __init__(self, reason: Refusal, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.refusal = NotAssessed(reason, detail)


class Look(Protocol):
    """Shows the picture being read to a model of this box."""

    def __call__(self, model: str, around: Box | None = None, *, of: Picture | None = None) -> Seen:
        """What the model gives of it. NoModelError where it is not on this box; ModelError, EngineDiedError where it fails.

        A model whose card says that it sees a part, lungs or a nose, is shown what lies in the box ``around`` it (original pixels), and
        the whole picture where it was not found. ``of``: what the protocol has made of the picture, in place of it.
        """
        ...


@dataclass(frozen=True)
class Folders:
    """Where a protocol writes heat maps and masks; None where they are not wanted, for each takes time that the picture waits for."""

    maps: Path | None = None
    masks: Path | None = None


@dataclass(frozen=True)
class Assessment:
    """What a protocol says; ``maps``, ``masks`` and ``repaired`` name the files it wrote, ``missing`` what it could not tell."""

    findings: tuple[Finding, ...]
    top3: tuple[str, ...]
    measurements: Mapping[str, Measurement] = field(default_factory=dict)
    maps: Mapping[str, Path] = field(default_factory=dict)
    masks: Mapping[str, Path] = field(default_factory=dict)
    regions: Mapping[str, Box] = field(default_factory=dict)
    repaired: Mapping[str, Path] = field(default_factory=dict)
    landmarks: Mapping[str, Landmark] = field(default_factory=dict)
    film: Film | None = None
    part: str | None = None
    outlines: tuple[Outline, ...] = ()
    severity: Severity | None = None
    missing: tuple[Missing, ...] = ()
    unfamiliar: bool = False
    """Whether the picture is unlike those that its models learnt from, so that no finding is called present or absent."""
    unlocated: bool = False
    """Whether the part on which alone the protocol tells its findings was not found; then none is called present or absent."""


@dataclass(frozen=True)
class Method:
    """A protocol: the gate's kinds it reads, its models, and the step from a picture to an assessment.

    Without one of ``requires`` nothing is assessed; without one of ``uses`` the assessment says what is missing. ``from_years``: younger
    patients are refused, and so is whoever the gate does not take for one of ``kinds``, however close to them; their model knows none.
    ``below_years``: it is not offered for patients of that age and older. ``may_be``: the kinds beside its own for which a person may ask
    for it, because the gate may be wrong; the gate still decides. ``turns``: it finds out by itself how a picture lies, so that one on
    its side or upside down is no reason to refuse it. ``watch`` is the step from a video, where it reads those. ``recognises`` says of what
    it found whether that can be nothing but its kind: a picture like none that the gate knows is then read all the same, where a person
    asks for this protocol by name, as an unfamiliar one.
    """

    kinds: frozenset[str]
    requires: tuple[str, ...]
    assess: Callable[[Look, Picture, Folders], Assessment]
    watch: Callable[[Look, Video, Folders], Assessment] | None = None
    uses: tuple[str, ...] = ()
    from_years: float | None = None
    below_years: float | None = None
    may_be: frozenset[str] = frozenset()
    turns: bool = False
    recognises: Callable[[Assessment], bool] | None = None

    @property
    def models(self) -> tuple[str, ...]:
        """Every model it can make use of."""
        return (*self.requires, *self.uses)


def attempt(part: str, step: Callable[[], _Result]) -> _Result | Missing:
    """The result of a step that an assessment can do without, or that this part is missing and why."""
    try:
        return step()
    except NoModelError as error:
        return Missing(part, Gap.NO_MODEL, str(error))
    except (ModelError, EngineDiedError) as error:
        _log.error("%s missing: %s", part, error)
        return Missing(part, Gap.MODEL_FAILED, str(error))


def decide(label: Label, probability: float) -> Decision:
    """Present from the upper edge of the label's uncertain band, absent below its lower edge, uncertain between.

    A finding whose model was validated on too few positive pictures is uncertain at most: nothing stands behind a stronger word.

    Raises:
        ModelError: the card's band does not hold its threshold, so that no decision can be trusted.
    """
    if not label.uncertain_from <= label.threshold <= label.uncertain_to:
        raise ModelError(f"{label.name}: the uncertain band does not hold the threshold")
    if probability >= label.uncertain_to:
        return Decision.PRESENT if label.validated else Decision.UNCERTAIN
    return Decision.ABSENT if probability < label.uncertain_from else Decision.UNCERTAIN
