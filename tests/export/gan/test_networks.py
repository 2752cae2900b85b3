"""Both networks at every side: shapes, fading in, and what a condition changes."""

import pytest
import torch

from export.gan.blinding import blinded
from export.gan.networks import LATENT, Discriminator, Generator, doubled, minibatch_deviation, sides

WIDTH, LARGEST, CONDITIONS, LABELS, COUNT = 2, 32, 5, 3, 4


def _asked(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(COUNT, LATENT, generator=generator), torch.randn(COUNT, CONDITIONS, generator=generator)


def _networks() -> tuple[Generator, Discriminator]:
    torch.manual_seed(1)
    return Generator(WIDTH, LARGEST, CONDITIONS), Discriminator(WIDTH, LARGEST, CONDITIONS, LABELS)


@pytest.mark.parametrize("side", sides(LARGEST))
def test_every_side_is_drawn_and_judged(side: int) -> None:
    generator, discriminator = _networks()
    latent, condition = _asked()
    picture = generator(latent, condition, side, 0.5)
    score, named = discriminator(picture, condition, 0.5)
    assert picture.shape == (COUNT, 1, side, side)
    assert (score.shape, named.shape) == ((COUNT,), (COUNT, LABELS))


@torch.no_grad()
@pytest.mark.parametrize("side", sides(LARGEST)[1:])
def test_a_new_side_begins_as_the_one_before_it(side: int) -> None:
    generator, discriminator = _networks()
    latent, condition = _asked()
    before = generator(latent, condition, side // 2)
    begun = generator(latent, condition, side, 0.0)
    assert torch.allclose(begun, doubled(before), atol=1e-5)
    assert not torch.allclose(generator(latent, condition, side, 1.0), begun, atol=1e-2)
    # The mean of four equal pixels is the pixel that they were made of.
    assert torch.allclose(discriminator(begun, condition, 0.0)[0], discriminator(before, condition)[0], atol=1e-4)


@torch.no_grad()
def test_what_is_asked_for_changes_the_picture_and_the_verdict() -> None:
    generator, discriminator = _networks()
    latent, condition = _asked()
    picture = generator(latent, condition, LARGEST)
    assert not torch.allclose(generator(latent, -condition, LARGEST), picture, atol=1e-2)
    assert not torch.allclose(discriminator(picture, -condition)[0], discriminator(picture, condition)[0], atol=1e-3)


def test_the_deviation_tells_equal_pictures_from_different_ones() -> None:
    different = torch.randn(8, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    equal = different[:1].expand(8, -1, -1, -1)
    assert float(minibatch_deviation(different)[:, 3].min()) > 0.5
    assert float(minibatch_deviation(equal)[:, 3].max()) < 1e-3


def test_blinding_changes_pictures_by_chance_and_lets_gradients_through() -> None:
    pictures = torch.rand(4, 1, 32, 32, requires_grad=True)
    torch.manual_seed(3)
    first = blinded(pictures)
    torch.manual_seed(3)
    assert torch.equal(blinded(pictures), first)
    assert first.shape == pictures.shape
    assert not torch.allclose(blinded(pictures), first, atol=1e-2)
    (slope,) = torch.autograd.grad(first.sum(), pictures)
    assert 0.3 < float((slope != 0.0).float().mean()) <= 1.0
