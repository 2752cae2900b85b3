"""How unlike its training pictures a picture looks to a network: what it says of such a one is not to be trusted, however sure it sounds.

The distance of the picture's pooled features to the nearest source's mean, measured by the features' own spread within sources (Lee et al.
2018). It is computed within the network that ships, whose last number is its logarithm.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from edge_app.reading.card import UNLIKE, Output
from export.architectures.located import LevelsNetwork
from export.datasets.canvases import part_canvases
from export.datasets.labelled import Labelled
from export.datasets.lung_boxes import lung_boxes
from export.datasets.split import in_mixed_order
from export.evaluation.answers import SHIPPED, Answers
from export.evaluation.figures import Likeness, LikenessOf
from export.evaluation.scaling import cross_fits
from export.simulate.chests import simulated_chests
from export.tasks.running import BATCH, normalised
from export.workplace import Workplace

MOST_OF_A_SOURCE = 600
SIMULATED = 150
"""At most so many, and no more than INT8 is calibrated with. The box's own simulated chests count as known, so that its demonstration
and its tests show what they are made to show."""
FAMILIAR = 0.99
"""Of the pictures that a network is judged on, such a share is taken for like those it learnt from."""

_BEYOND_ALL = 100.0
"""A logarithm that no distance has."""

Float64 = NDArray[np.float64]


def _reference(place: Workplace) -> list[Labelled]:
    """Real training pictures, of each source at most ``MOST_OF_A_SOURCE``, and simulated chests."""
    by_source: dict[str, list[Labelled]] = defaultdict(list)
    for picture in in_mixed_order([own for own in place.taught if not own.simulated], place.seed):
        by_source[picture.source].append(picture)
    most = [own for pictures in by_source.values() for own in pictures[:MOST_OF_A_SOURCE]]
    return [*most, *simulated_chests(place.drawn, place.seed, min(SIMULATED, place.recipe.calibration_pictures))]


@torch.no_grad()
def _features(place: Workplace, network: LevelsNetwork, canvases: NDArray[np.uint8]) -> torch.Tensor:
    rows = []
    for start in range(0, len(canvases), BATCH):
        grey = np.asarray(canvases[start : start + BATCH], dtype=np.float32) / np.float32(255.0)
        rows.append(network.backbone(normalised(grey, place.recipe))[1].mean((2, 3)))
    return torch.cat(rows)


def settle(place: Workplace, network: nn.Module) -> None:
    """Tell a trained network what its training pictures look like to it."""
    assert isinstance(network, LevelsNetwork)  # noqa: S101  (its task says so)
    pictures = _reference(place)
    side = place.recipe.input.height
    shown = part_canvases(pictures, lung_boxes(pictures, place.finished, place.cache), side, place.cache)
    sources = sorted({picture.source for picture in pictures})
    network.settle(_features(place, network.eval(), shown), torch.tensor([sources.index(picture.source) for picture in pictures]))


def _edge(distances: Float64) -> float:
    return float(np.quantile(distances, FAMILIAR)) if distances.size else _BEYOND_ALL


def judge_likeness(place: Workplace, answers: Answers) -> Likeness:
    """Where a picture is called unlike, and how often that befalls real pictures of patients that were not learnt from.

    The edge that ships rests on all pictures the figures come from; of these it is judged by edges that other patients set.
    """
    distances = answers.logits[SHIPPED][:, -1]
    real = np.array([not picture.simulated for picture in answers.pictures], dtype=np.bool_)
    figured = real & np.array([picture.source in place.figures_from for picture in answers.pictures], dtype=np.bool_)
    edge = _edge(distances[figured])
    called = distances > edge
    rows = np.flatnonzero(figured)
    for fitted, held in cross_fits([answers.pictures[row].patient for row in rows]):
        called[rows[held]] = distances[rows[held]] > _edge(distances[rows[fitted]])
    spread = float(distances[figured].std()) if figured.any() else 1.0
    temperature = max(spread, 1e-3)
    return Likeness(
        output=Output(name=UNLIKE, temperature=temperature, bias=-edge / temperature),
        by_source=_by_source(answers.pictures, real, called),
    )


def _by_source(pictures: Sequence[Labelled], real: NDArray[np.bool_], called: NDArray[np.bool_]) -> tuple[LikenessOf, ...]:
    sources = np.array([picture.source for picture in pictures])
    names = sorted({picture.source for picture in pictures})
    return tuple(
        LikenessOf(source=name, pictures=int(own.sum()), unlike=int(called[own].sum()), simulated=bool((~real[own]).all()))
        for name in names
        if (own := sources == name).any()
    )
