"""One labelled picture, whatever set it came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.protocols.chest import CHEST_FINDINGS

LUNG_FIELDS = "lung_fields"
"""The outline of both lungs as they are seen: the heart and what lies behind the diaphragm are left out (Shenzhen, Montgomery, JSRT)."""
WHOLE_LUNGS = "whole_lungs"
"""The outline of both lungs entire, also behind heart and diaphragm (V7)."""
NO_FINDING: Mapping[str, float] = dict.fromkeys(CHEST_FINDINGS, 0.0)


@dataclass(frozen=True)
class Labelled:
    """One picture with what is known of it.

    Attributes:
        path: an 8-bit grey JPEG or PNG, MONOCHROME2.
        patient: identifier with the set's family in front ("nih:47"); one patient never lies on both sides of a split.
        source: the set the picture came from.
        kind: what the picture shows, one of ``KINDS`` of the gate.
        labels: 0…1 by label name; a name that is not there is unknown.
        view: "PA", "AP", …, or None where unknown.
        licence: licence of this picture where it differs from its set's.
        simulated: whether a program drew it.
        masks: outlines by what they mean (``LUNG_FIELDS``, ``WHOLE_LUNGS`` or one structure's name): 8-bit grey files of the picture's
            size, 255 inside.
        sex: "M" or "F", or None where unknown.
        age_years: None where unknown.
        fills: whether the lungs fill it already, so that nothing is cut out of it.
        follows: whether it was drawn on a patient's picture and lies on whichever side of a split the patient does, with no say in it.
        drawn_on: the picture that it was drawn on, where it was drawn on one.
    """

    path: Path
    patient: str
    source: str
    kind: str
    labels: Mapping[str, float] = field(default_factory=dict)
    view: str | None = None
    licence: str | None = None
    simulated: bool = False
    masks: Mapping[str, Path] = field(default_factory=dict)
    sex: str | None = None
    age_years: float | None = None
    fills: bool = False
    follows: bool = False
    drawn_on: Path | None = None

    @property
    def as_listed(self) -> str:
        """Its path and size: what is kept of a picture goes by them. OSError where it is not there any more."""
        return f"{self.path} {self.path.stat().st_size}"


def listed(pictures: Sequence[Labelled], beside: Sequence[object] | None = None) -> str:
    """The pictures as listed, one a line, each with what is ``beside`` it."""
    if beside is None:
        return "\n".join(picture.as_listed for picture in pictures)
    return "\n".join(f"{picture.as_listed} {own}" for picture, own in zip(pictures, beside, strict=True))


def label_matrix(pictures: Sequence[Labelled], names: Sequence[str]) -> NDArray[np.float32]:
    """(pictures, names) float32 in 0…1, NaN where unknown."""
    return np.array([[picture.labels.get(name, np.nan) for name in names] for picture in pictures], dtype=np.float32).reshape(
        len(pictures), len(names)
    )


def is_clear(picture: Labelled) -> bool:
    """Whether nothing is known to be wrong with what a chest shows."""
    return not any(value for name, value in picture.labels.items() if name != "ap_view")


def relabelled(pictures: Sequence[Labelled], labels: Mapping[str, float]) -> tuple[Labelled, ...]:
    """The same pictures with these labels and no others."""
    return tuple(replace(picture, labels=labels) for picture in pictures)


def with_kind_labels(pictures: Sequence[Labelled], kinds: Sequence[str]) -> tuple[Labelled, ...]:
    """The same pictures labelled by what they show and by nothing else."""
    return tuple(replace(picture, labels=kind_labels(picture, kinds)) for picture in pictures)


def kind_labels(picture: Labelled, kinds: Sequence[str]) -> dict[str, float]:
    """1 for what the picture shows, 0 for every other kind."""
    return {kind: float(kind == picture.kind) for kind in kinds}
