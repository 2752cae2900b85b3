"""A map that lies outside the lungs costs what lies there, of labels that are there and of pictures whose lungs were found."""

import pytest
import torch

from export.tasks.distress import outside


def _maps(*cells: tuple[int, int]) -> torch.Tensor:
    """One picture a cell, (n, 1, 4, 4): surely there in that cell and nowhere else."""
    maps = torch.full((len(cells), 1, 4, 4), -20.0)
    for at, (row, column) in enumerate(cells):
        maps[at, 0, row, column] = 20.0
    return maps


LUNGS = torch.zeros(1, 1, 4, 4)
LUNGS[0, 0, :, :2] = 1.0


def test_it_is_the_share_that_lies_outside() -> None:
    told = torch.tensor([[1.0], [1.0]])
    lungs = LUNGS.expand(2, 1, 4, 4)
    assert float(outside(_maps((1, 0), (2, 1)), told, lungs)) == pytest.approx(0.0, abs=1e-6)
    assert float(outside(_maps((1, 3), (2, 2)), told, lungs)) == pytest.approx(1.0, abs=1e-6)
    assert float(outside(_maps((1, 0), (2, 2)), told, lungs)) == pytest.approx(0.5, abs=1e-6)


def test_what_is_not_there_or_not_known_costs_nothing_nor_do_lungs_that_were_not_found() -> None:
    maps, lungs = _maps((1, 3), (1, 3)), LUNGS.expand(2, 1, 4, 4)
    assert float(outside(maps, torch.tensor([[0.0], [float("nan")]]), lungs)) == 0.0
    assert float(outside(maps, torch.ones(2, 1), torch.zeros(2, 1, 4, 4))) == 0.0


def test_it_teaches_a_map_to_lie_within() -> None:
    maps = torch.zeros(1, 1, 4, 4, requires_grad=True)
    optimiser = torch.optim.SGD([maps], 20.0)
    with torch.no_grad():
        maps[0, 0, 0, 0], maps[0, 0, 3, 3] = 1.0, 1.5
    for _ in range(40):
        loss = outside(maps, torch.ones(1, 1), LUNGS)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < 0.2
