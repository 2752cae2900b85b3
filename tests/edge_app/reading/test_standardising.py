"""Whatever a machine made of a chest, it looks the same afterwards; borders stay, and nothing that is no picture is made one."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.radiograph.picture import Facts, Picture, Window
from edge_app.reading.canvas import network_input
from edge_app.reading.card import Input
from edge_app.reading.standardising import bands_of, standardised
from edge_app.simulator.chest import simulated_chest

Grey = NDArray[np.float32]


@pytest.fixture(scope="module")
def chest() -> Grey:
    pixels = simulated_chest(seed=3, rows=192, columns=192).pixels.astype(np.float32)

    return np.asarray(0.05 + 0.9 * pixels / pixels.max(), dtype=np.float32)


def test_bands_and_what_is_left_make_the_picture_again(chest: Grey) -> None:
    bands, rest = bands_of(chest)
    assert np.allclose(np.sum(bands, axis=0) + rest, chest, atol=1e-5)


@pytest.mark.parametrize("change", [lambda x: 0.4 * x + 0.3, lambda x: x**0.7, lambda x: 0.6 * x + 0.05])
def test_a_pale_and_a_hard_picture_of_a_chest_come_out_alike(chest: Grey, change: object) -> None:
    other = np.asarray(change(chest), dtype=np.float32)  # type: ignore[operator]
    before, after = np.abs(other - chest).mean(), np.abs(standardised(other) - standardised(chest)).mean()
    assert after < 0.4 * before


def test_every_band_has_the_same_energy_afterwards(chest: Grey) -> None:
    def energies(grey: Grey) -> NDArray[np.float64]:
        return np.array([np.sqrt(np.mean(np.square(band))) for band in bands_of(grey)[0]])

    bands, rest = bands_of(chest)
    sharpened = np.asarray(np.clip(rest + sum(band * gain for band, gain in zip(bands, (2.5, 2.0, 1.5, 1.0, 0.8), strict=True)), 0.05, 1))
    assert np.abs(np.log(energies(sharpened) / energies(chest))).max() > 0.5
    assert np.abs(np.log(energies(standardised(sharpened.astype(np.float32))) / energies(standardised(chest)))).max() < 0.15


def test_the_border_stays_black_and_has_no_say(chest: Grey) -> None:
    part = chest[:, 30:-30]
    framed = np.zeros_like(chest)
    framed[:, 30:-30] = part
    made = standardised(framed)
    assert not made[:, :30].any()
    assert not made[:, -30:].any()
    assert np.abs(made[:, 30:-30] - standardised(np.ascontiguousarray(part))).mean() < 0.03


@pytest.mark.parametrize("shade", [0.0, 0.5, 1.0])
def test_a_picture_of_one_grey_stays_of_one_grey(shade: float) -> None:
    made = standardised(np.full((64, 64), shade, dtype=np.float32))
    assert np.isfinite(made).all()
    assert np.ptp(made) < 1e-3


def test_a_network_gets_it_where_its_card_says_so(chest: Grey) -> None:
    picture = Picture(np.rint(chest * 255).astype(np.uint16), Window(128.0, 256.0), *chest.shape, None, Facts())
    plain, own = (network_input(picture, Input(height=64, width=64, mean=0.0, std=1.0, standardised=told))[0] for told in (False, True))
    assert np.allclose(own[0, 0], standardised(plain[0, 0]))
