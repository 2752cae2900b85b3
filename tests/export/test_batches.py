"""Batches made ahead of time are the same ones, in order, and a fault in making them is not swallowed."""

from collections.abc import Iterator

import numpy as np
import pytest

from export.batches import Batch, ahead


def batches(count: int) -> Iterator[Batch]:
    for number in range(count):
        yield Batch(np.full((1, 1, 2, 2), number, dtype=np.float32), np.zeros((1, 1), dtype=np.float32))


@pytest.mark.parametrize("count", [0, 1, 5])
def test_the_same_batches_in_the_same_order(count: int) -> None:
    assert [int(batch.pictures[0, 0, 0, 0]) for batch in ahead(batches(count))] == list(range(count))


def test_a_fault_in_the_making_arrives() -> None:
    def broken() -> Iterator[Batch]:
        yield from batches(2)
        raise OSError("no such picture")

    with pytest.raises(OSError, match="no such picture"):
        list(ahead(broken()))
