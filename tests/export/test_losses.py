"""How far an outline is from what it should be."""

import pytest
import torch

from export.losses import outlined

SURE = 12.0


def _square() -> torch.Tensor:
    wanted = torch.zeros(2, 1, 32, 32)
    wanted[:, :, 4:8, 4:8] = 1.0
    return wanted


def test_what_is_outlined_exactly_costs_nothing_and_what_is_missed_a_lot() -> None:
    wanted = _square()
    exact, nothing = outlined((2 * wanted - 1) * SURE, wanted), outlined(torch.full_like(wanted, -SURE), wanted)
    assert float(exact) == pytest.approx(0.0, abs=1e-3)
    assert float(nothing) > 0.9


def test_nothing_where_nothing_is_wanted_costs_nothing() -> None:
    wanted = torch.zeros(1, 1, 32, 32)
    assert float(outlined(torch.full_like(wanted, -SURE), wanted)) == pytest.approx(0.0, abs=1e-3)
    assert float(outlined(torch.full_like(wanted, SURE), wanted)) > 1.0


def test_what_is_wanted_can_count_more_often() -> None:
    wanted = _square()
    missed = torch.full_like(wanted, -SURE)
    share = float(wanted.mean())
    assert float(outlined(missed, wanted, counts=5.0) - outlined(missed, wanted)) == pytest.approx(4.0 * SURE * share, rel=0.01)
