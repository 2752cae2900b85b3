"""The pictures of an epoch, drawn by source and augmented, the same for the same seed, epoch and place in it."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from export.datasets.labelled import Labelled
from export.recipe import Recipe
from export.tasks.task import Lesson

MAKERS = 2
AHEAD = 2
"""How many batches are made while one is learnt from."""


@dataclass(frozen=True)
class Batch:
    """Pictures (n, side, side) float32 in 0…1; targets (n, …) float32, NaN where unknown."""

    pictures: NDArray[np.float32]
    targets: NDArray[np.float32]


def drawn(pictures: Sequence[Labelled], recipe: Recipe, count: int, random: np.random.Generator) -> NDArray[np.int64]:
    """(≈ count,) indices, each source by its share, within a source everything as often as the recipe says before anything more often."""
    shares, sources = recipe.shares, {source: list[int]() for source in recipe.shares}
    for index, picture in enumerate(pictures):
        if picture.source in sources:
            sources[picture.source] += [index] * recipe.times(picture)
    present = {source: np.array(own, dtype=np.int64) for source, own in sources.items() if own}
    total = sum(shares[source] for source in present)
    chosen: list[NDArray[np.int64]] = []
    for source, own in present.items():
        wanted = max(1, round(count * shares[source] / total))
        rounds = -(-wanted // len(own))
        chosen.append(np.concatenate([random.permutation(own) for _ in range(rounds)])[:wanted])
    return np.asarray(random.permutation(np.concatenate(chosen)), dtype=np.int64)


@dataclass(frozen=True)
class Epoch:
    """One epoch's pictures in order. A last incomplete batch is left out unless it is the only one."""

    order: NDArray[np.int64]
    batch: int
    seed: tuple[int, ...]

    @property
    def batches(self) -> int:
        """How many there are."""
        return max(len(self.order) // self.batch, 1)

    def made(self, lesson: Lesson, number: int, rank: int = 0, world: int = 1) -> Batch:
        """The batch of that number, or one process's share of it. Every picture has random numbers of its own."""
        places = range(number * self.batch, min((number + 1) * self.batch, len(self.order)))[rank::world]
        examples = [lesson.example(int(self.order[at]), np.random.default_rng([*self.seed, at])) for at in places]
        return Batch(np.stack([picture for picture, _ in examples]), np.stack([target for _, target in examples]))

    def ahead(self, lesson: Lesson, first: int = 0, rank: int = 0, world: int = 1) -> Iterator[Batch]:
        """The batches from ``first`` on in order, the next ones being made in threads while one is learnt from."""
        with ThreadPoolExecutor(max_workers=MAKERS, thread_name_prefix="batches") as makers:
            coming: list[Future[Batch]] = []
            for number in range(first, self.batches):
                coming.append(makers.submit(self.made, lesson, number, rank, world))
                if len(coming) > AHEAD:
                    yield coming.pop(0).result()
            for future in coming:
                yield future.result()
