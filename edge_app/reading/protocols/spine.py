"""The spine protocol: pelvic tilt, sacral slope, lumbar lordosis and pelvic incidence on a lateral picture, with the points they rest on.

Where implants are seen they are painted over as well, for the network to outline what lies beneath; it is measured on the outlines that are
expected to lie better. The painted picture is shown beside the one that came, never in its place.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from edge_app.errors import Refusal
from edge_app.radiograph.picture import Picture, VoiFunction, Window
from edge_app.reading.alignment import within
from edge_app.reading.anatomy import SACRUM, VERTEBRAE, outlines, write_masks
from edge_app.reading.calibration import probabilities
from edge_app.reading.card import Card
from edge_app.reading.finding import Landmark, Measurement, Missing
from edge_app.reading.protocols.method import Assessment, Folders, Look, RefusedError, attempt
from edge_app.reading.repaired import write_repaired
from edge_app.reading.seen import Seen
from edge_app.reading.spine import marked, outlined, surer
from edge_app.reading.spinopelvic import ANGLES, PLATE_OF_L1, PLATE_OF_S1, RESTS_ON, angles, disagreement, measured, uncertainty

SPINE_MODEL = "spine_anatomy"
IMPLANTS_MODEL = "spine_implants"
SPINE_KINDS = frozenset({"spine_lateral"})
IMPLANT = "Implant"
_WHITE = 65535.0
_ALIKE, _STEPS, _NEXT = 1.6, 2.0, 2.0
"""By how much the sides of five vertebrae of one spine differ at most, and the steps between them; how long a step is, in their sides."""
_CHANGED = 0.02
"""Of 0…1: what is painted over by less is left as it came."""


@dataclass(frozen=True, eq=False)
class Restored:
    """The picture with its implants painted over, and what the model saw that found them."""

    picture: Picture
    seen: Seen


def assess_spine(look: Look, picture: Picture, folders: Folders) -> Assessment:
    """Every angle whose points were found, the points, the outlines, and why others are missing.

    Raises:
        ModelError, EngineDiedError: the outlines failed.
        RefusedError: nothing could be measured.
    """
    without = attempt(IMPLANT, lambda: restored(look(IMPLANTS_MODEL), picture))
    seen = look(SPINE_MODEL)
    anatomy = outlined(seen)
    if isinstance(without, Restored):
        anatomy = surer(anatomy, outlined(look(SPINE_MODEL, of=without.picture)))
    found = marked(anatomy)
    measurements = _measurements(seen.card, found.landmarks)
    if not measurements:
        why = "; ".join(f"{gap.part}: {gap.reason}" for gap in found.missing)
        raise RefusedError(Refusal.UNLIKE_TRAINING, f"nothing to measure: {why}")
    missing = list(found.missing) + ([without] if isinstance(without, Missing) else [])
    gap = disagreement(angles({name: mark.at for name, mark in found.landmarks.items()}))
    return Assessment(
        findings=(),
        top3=(),
        measurements=measurements,
        masks={} if folders.masks is None else write_masks(anatomy, folders.masks, picture.rows, picture.columns),
        outlines=outlines(anatomy),
        landmarks=found.landmarks,
        missing=(*missing, *((gap,) if gap is not None else ())),
        repaired=write_repaired(without.seen, IMPLANT, folders.maps) if isinstance(without, Restored) and folders.maps is not None else {},
    )


def is_lumbar_spine(assessment: Assessment) -> bool:
    """Whether it is a lateral lumbar spine by what was outlined alone, and measured on it.

    Then five vertebrae stand over a sacrum, each about as large and about as far from the next as the others are, and both end plates
    were found.
    """
    by_name = {outline.name: outline for outline in assessment.outlines}
    if not {*VERTEBRAE, SACRUM} <= by_name.keys() or not {*PLATE_OF_L1, *PLATE_OF_S1} <= assessment.landmarks.keys():
        return False
    whole = [max((np.array(polygon, dtype=np.float32) for polygon in by_name[name].polygons), key=cv2.contourArea) for name in VERTEBRAE]
    middles = np.array([polygon.mean(0) for polygon in whole], dtype=np.float64)
    sides = np.sqrt([cv2.contourArea(polygon) for polygon in whole])
    steps = np.linalg.norm(np.diff(middles, axis=0), axis=1)
    # A vertebra is about as high as it is deep, and the next one begins a disc further down.
    apart = steps / np.minimum(sides[:-1], sides[1:])
    return bool(sides.max() <= _ALIKE * sides.min() and steps.max() <= _STEPS * steps.min() and apart.max() <= _NEXT)


def _measurements(card: Card, landmarks: Mapping[str, Landmark]) -> dict[str, Measurement]:
    """The angles with the margins that their own points and the card give them."""
    told = {angle.name: angle for angle in card.angles}
    margins: dict[str, float | None] = {}
    for name in ANGLES:
        own = told.get(name)
        if own is not None and own.factor is not None and all(point in landmarks for point in RESTS_ON[name]):
            margins[name] = own.factor * uncertainty(name, landmarks)
    points = {name: mark.at for name, mark in landmarks.items()}
    found = measured(points, margins, validated=False)
    return {name: dataclasses.replace(one, validated=name in told and told[name].validated) for name, one in found.items()}


def restored(seen: Seen, picture: Picture) -> Restored | None:
    """The picture without what the model that saw it called implants; None where it called none."""
    if seen.map is None or not seen.card.repairs or probabilities(seen.card, seen.logits)[IMPLANT] < seen.card.label(IMPLANT).threshold:
        return None
    changed, painted = (within(seen.map[0, channel], seen.placement) for channel in (-2, -1))
    size = picture.pixels.shape[::-1]
    where = cv2.resize((changed >= _CHANGED).astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    grey = cv2.resize(np.asarray(painted), size, interpolation=cv2.INTER_CUBIC)
    mixed = picture.windowed() * (1.0 - where) + np.clip(grey, 0.0, 1.0) * where
    pixels = np.asarray(np.rint(np.clip(mixed, 0.0, 1.0) * _WHITE), dtype=np.uint16)
    shown = Window(_WHITE / 2, _WHITE, VoiFunction.LINEAR_EXACT)
    return Restored(dataclasses.replace(picture, pixels=pixels, window=shown), seen)
