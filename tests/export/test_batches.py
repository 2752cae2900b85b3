"""Batches made ahead of time are the same ones, in order, whoever makes them, and a fault in making them is not swallowed."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from torch import Tensor, nn

from export.batches import Epoch, drawn
from export.datasets.labelled import Labelled
from export.recipe import Stage
from export.recipes.chest_findings import START as RECIPE


class Numbers:
    """A lesson whose pictures are their own number, and whose targets what was drawn for them."""

    pictures: tuple[Labelled, ...] = ()

    def __init__(self, broken: int = -1) -> None:
        self._broken = broken

    def prepare(self, stage: Stage) -> None:
        raise AssertionError

    def example(self, index: int, random: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        if index == self._broken:
            raise OSError("no such picture")
        return np.full((2, 2), index, dtype=np.float32), np.array([random.random()], dtype=np.float32)

    def loss(self, model: nn.Module, pictures: Tensor, targets: Tensor) -> Tensor:
        raise AssertionError

    def scores(self, model: nn.Module) -> Mapping[str, float]:
        raise AssertionError


def epoch(pictures: int, batch: int = 4) -> Epoch:
    return Epoch(np.arange(pictures), batch, (1, 2))


@pytest.mark.parametrize(("pictures", "batches"), [(3, 1), (4, 1), (11, 2), (40, 10)])
def test_batches_come_in_order_and_a_last_incomplete_one_only_where_it_is_the_only_one(pictures: int, batches: int) -> None:
    numbers = [batch.pictures[:, 0, 0].tolist() for batch in epoch(pictures).ahead(Numbers())]
    assert len(numbers) == epoch(pictures).batches == batches
    assert [number for own in numbers for number in own] == list(range(min(pictures, 4 * batches)))


def test_an_epoch_gone_on_with_is_the_same_epoch() -> None:
    whole = [batch.targets for batch in epoch(20).ahead(Numbers())]
    rest = [batch.targets for batch in epoch(20).ahead(Numbers(), first=3)]
    assert [own.tolist() for own in whole[3:]] == [own.tolist() for own in rest]


def test_processes_share_a_batch_without_overlap_and_draw_as_one_would() -> None:
    (whole,) = epoch(4).ahead(Numbers())
    shares = [next(epoch(4).ahead(Numbers(), rank=rank, world=2)) for rank in range(2)]
    assert shares[0].pictures[:, 0, 0].tolist() == [0.0, 2.0]
    assert shares[1].pictures[:, 0, 0].tolist() == [1.0, 3.0]
    assert shares[1].targets.tolist() == whole.targets[1::2].tolist()


def test_a_fault_in_the_making_arrives() -> None:
    with pytest.raises(OSError, match="no such picture"):
        list(epoch(20).ahead(Numbers(broken=9)))


def test_an_epoch_draws_each_source_by_its_share() -> None:
    pictures = [Labelled(Path(f"{index}.png"), f"x:{index}", "many" if index < 90 else "few", "chest_adult") for index in range(100)]
    recipe = replace(RECIPE, shares={"many": 1.0, "few": 1.0, "absent": 5.0})
    chosen = drawn(pictures, recipe, 60, np.random.default_rng(1))
    assert (chosen >= 90).sum() == 30
    assert sorted(chosen[chosen >= 90]) == sorted(list(range(90, 100)) * 3)
    assert len(set(chosen[chosen < 90])) == 30


def test_what_is_emphasised_is_drawn_more_often_than_others_of_its_source() -> None:
    outlined = {"heart": Path("heart.png")}
    pictures = [
        Labelled(Path(f"{index}.png"), f"x:{index}", "one", "chest_adult", masks=outlined if index < 2 else {}) for index in range(6)
    ]
    chosen = drawn(pictures, replace(RECIPE, shares={"one": 1.0}, emphasis={"heart": 3}), 10, np.random.default_rng(1))
    assert np.bincount(chosen).tolist() == [3, 3, 1, 1, 1, 1]
