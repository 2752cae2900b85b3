"""What a trained teacher says of pictures that nobody outlined, kept where it is sure: to be learnt beside what people drew."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from edge_app.progress import followed
from edge_app.reading.alignment import largest_part
from edge_app.reading.anatomy import expected_dice
from edge_app.reading.card import sha256_of
from export.datasets.canvases import canvases
from export.datasets.kept import kept_array
from export.datasets.labelled import Labelled, listed
from export.datasets.outlines import UNKNOWN, Chart, chart_of
from export.tasks.running import outputs_on
from export.workplace import Workplace

SURE = 0.85
"""A pixel is taught as inside from this probability, as outside below its complement, and not at all between."""
LEAST_TRUST: Mapping[str, float] = {"heart": 0.82, "airways": 0.77}
"""Of a structure with a lower expected Dice nothing is taught on that picture; 0.9 for those not named. Of heart and airways the teacher is
never as sure as of lungs: these let the surer half through."""
_LUNGS_TRUST = 0.9
_ENLARGED = 2

Bytes = NDArray[np.uint8]


def _probabilities(teacher: nn.Module, place: Workplace, pictures: Bytes, chart: Chart) -> NDArray[np.float32]:
    """(n, structures, side / 2, side / 2), the mean over the picture and its mirror image."""
    own = np.concatenate([maps for _, maps in outputs_on(teacher, place.recipe, pictures)])
    mirrored = np.concatenate([maps for _, maps in outputs_on(teacher, place.recipe, np.ascontiguousarray(pictures[:, :, ::-1]))])
    back = mirrored[:, list(chart.mirrored), :, ::-1]
    return np.asarray((torch.sigmoid(torch.from_numpy(own)) + torch.sigmoid(torch.from_numpy(back.copy()))).numpy() / 2.0, dtype=np.float32)


def sure_outlines(probabilities: NDArray[np.float32], structures: Sequence[str]) -> Bytes:
    """(structures, rows, columns) → 0, 1 and ``UNKNOWN`` of each: what surely is each structure's largest part, and what is none of it."""
    targets = np.full(probabilities.shape, UNKNOWN, dtype=np.uint8)
    for name, target, own in zip(structures, targets, probabilities, strict=True):
        mask = largest_part(own >= 0.5)
        if expected_dice(own, mask) >= LEAST_TRUST.get(name, _LUNGS_TRUST):
            target[own <= 1.0 - SURE] = 0
            target[mask & (own >= SURE)] = 1
    return targets


def distilled_outlines(place: Workplace, pictures: Sequence[Labelled], side: int, chart: Chart) -> Bytes:
    """(pictures, structures, side, side) uint8 as the teacher outlines them; made once for a teacher, then opened as a memory map.

    Raises:
        NotTrainedError: the teacher was not trained.
    """
    if not place.teachers or not pictures:
        return np.full((len(pictures), len(chart.structures), side, side), UNKNOWN, dtype=np.uint8)
    teachers = place.taught_by()
    hashes = " ".join(sha256_of(weights) for weights in place.teachers)
    listing = listed(pictures)
    facts = f"{side} {SURE} {_LUNGS_TRUST} {sorted(LEAST_TRUST.items())} {hashes}\n{listing}"

    def made() -> Bytes:
        shown = canvases(pictures, side, place.cache)
        array = np.empty((len(pictures), len(chart.structures), side, side), dtype=np.uint8)
        for start in followed(range(0, len(pictures), 64), f"{place.name}: blocks of 64 pictures outlined by the teacher"):
            told = np.mean([_probabilities(teacher, place, np.asarray(shown[start : start + 64]), chart) for teacher in teachers], axis=0)
            for row, own in enumerate(told, start):
                array[row] = sure_outlines(own, chart.structures).repeat(_ENLARGED, 1).repeat(_ENLARGED, 2)
        return array

    return kept_array(f"distilled-{side}", facts, place.cache, made)


def distil(place: Workplace) -> None:
    """Let the teachers outline every picture of the recipe that nobody outlined, at every size it is learnt at.

    What teachers say of labels is asked while their pupil trains, of each picture as the pupil sees it: there is nothing to make before.
    """
    if not place.recipe.task.structures:
        return
    chart = chart_of([own.name for own in place.recipe.task.structures])
    for side in sorted({stage.side for stage in place.recipe.stages}):
        distilled_outlines(place, [picture for picture in place.taught if not picture.masks], side, chart)
