"""The pictures of an epoch, drawn by source and augmented, the same for the same seed and epoch."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from export.augment import augmented
from export.datasets.labelled import Labelled
from export.recipe import Recipe, Stage


@dataclass(frozen=True)
class Batch:
    """Pictures (n, 1, side, side) float32, normalised; targets (n, targets) float32 in 0…1, NaN where unknown."""

    pictures: NDArray[np.float32]
    targets: NDArray[np.float32]


def drawn(pictures: Sequence[Labelled], shares: Mapping[str, float], count: int, random: np.random.Generator) -> NDArray[np.int64]:
    """(≈ count,) indices, each source by its share, within a source everything once before anything twice."""
    sources = {
        source: np.array([index for index, picture in enumerate(pictures) if picture.source == source], dtype=np.int64) for source in shares
    }
    present = {source: own for source, own in sources.items() if len(own)}
    total = sum(shares[source] for source in present)
    chosen: list[NDArray[np.int64]] = []
    for source, own in present.items():
        wanted = max(1, round(count * shares[source] / total))
        rounds = -(-wanted // len(own))
        chosen.append(np.concatenate([random.permutation(own) for _ in range(rounds)])[:wanted])
    return np.asarray(random.permutation(np.concatenate(chosen)), dtype=np.int64)


def _mixed(batch: Batch, sources: Sequence[str], mix: float, random: np.random.Generator) -> Batch:
    """Mix each picture with another of its own source, so that the unknown labels stay the same ones."""
    pictures, targets = batch.pictures.copy(), batch.targets.copy()
    for source in sorted(set(sources)):
        own = np.array([index for index, name in enumerate(sources) if name == source])
        partner = random.permutation(own)
        weight = random.beta(mix, mix, len(own)).astype(np.float32)
        weight = np.maximum(weight, 1.0 - weight)
        pictures[own] = weight[:, None, None, None] * batch.pictures[own] + (1.0 - weight)[:, None, None, None] * batch.pictures[partner]
        both = weight[:, None] * batch.targets[own] + (1.0 - weight)[:, None] * batch.targets[partner]
        targets[own] = np.where(np.isnan(both), batch.targets[own], both)
    return Batch(pictures, targets)


def ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same batches in the same order, the next one being made in a thread while this one is learnt from."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="batches") as maker:
        coming = maker.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = maker.submit(next, batches, None)
            yield batch


def epoch_of(
    recipe: Recipe,
    stage: Stage,
    pictures: Sequence[Labelled],
    canvases: NDArray[np.uint8],
    targets: NDArray[np.float32],
    random: np.random.Generator,
) -> Iterator[Batch]:
    """The batches of one epoch; a last incomplete batch is left out unless it is the only one."""
    chosen = drawn(pictures, recipe.shares, stage.pictures, random)
    for start in range(0, max(len(chosen) - stage.batch + 1, 1), stage.batch):
        indices = chosen[start : start + stage.batch]
        grey = np.stack(
            [augmented(canvases[index], recipe.augmentation_of.get(pictures[index].kind, recipe.augmentation), random) for index in indices]
        )
        batch = Batch(((grey - recipe.mean) / recipe.std)[:, None], targets[indices])
        yield _mixed(batch, [pictures[index].source for index in indices], recipe.mix, random) if recipe.mix else batch
