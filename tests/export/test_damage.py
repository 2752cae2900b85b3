"""What is done to pictures that a generator is to make whole."""

import torch

from export.damage import damaged


def test_each_picture_is_damaged_in_small_places_and_stays_a_picture() -> None:
    torch.manual_seed(3)
    rows, columns = torch.meshgrid(torch.linspace(0.1, 0.9, 96), torch.linspace(0.1, 0.9, 128), indexing="ij")
    grey = (0.5 * rows + 0.5 * columns + 0.1 * torch.sin(40.0 * columns)).clamp(0.0, 1.0).expand(24, 1, 96, 128).contiguous()
    out = damaged(grey)
    assert out.shape == grey.shape
    assert out.min() >= 0.0
    assert out.max() <= 1.0
    moved = (out - grey).abs() > 0.01
    shares = moved.float().mean((1, 2, 3))
    assert (shares > 0.0).float().mean() > 0.9
    assert shares.max() < 0.25
    apart = {tuple(one.flatten().nonzero().flatten().tolist()[:3]) for one in moved}
    assert len(apart) > 20, "no two in the same place"


def test_the_same_random_numbers_damage_alike() -> None:
    grey = torch.rand(4, 1, 64, 64, generator=torch.Generator().manual_seed(1))
    torch.manual_seed(5)
    first = damaged(grey)
    torch.manual_seed(5)
    assert torch.equal(damaged(grey), first)
    assert not torch.equal(damaged(grey), first)
