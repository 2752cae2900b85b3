"""One picture in five renderings, and the network's input that is made of them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.radiograph.picture import Facts, Picture, Window
from edge_app.reading.canvas import network_input
from edge_app.reading.card import Input
from edge_app.reading.renderings import RENDERINGS, renderings

Grey = NDArray[np.float32]
SIDE = 128


@pytest.fixture
def grey() -> Grey:
    """A soft slope with a sharp edge and something faint in its dark half."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    made = 0.2 + 0.2 * y + 0.4 * (x > 0.5)
    made[40:60, 20:40] += 0.02
    return np.asarray(made, dtype=np.float32)


def named(grey: Grey) -> dict[str, Grey]:
    return dict(zip(RENDERINGS, renderings(grey), strict=True))


def faint(shown: Grey) -> float:
    """How far the faint thing stands out from what lies around it."""
    return float(shown[45:55, 25:35].mean() - shown[45:55, 8:16].mean())


def step(shown: Grey) -> float:
    """How high the edge is where it is sharpest."""
    return float(np.abs(np.diff(shown[80:100], axis=1)).max())


def test_there_is_one_channel_a_rendering_and_the_picture_is_the_first(grey: Grey) -> None:
    shown = renderings(grey)
    assert shown.shape == (len(RENDERINGS), SIDE, SIDE)
    assert shown.dtype == np.float32
    assert np.array_equal(shown[0], grey)
    assert shown.min() >= 0.0
    assert shown.max() <= 1.0


def test_what_is_sharpened_has_sharper_edges_and_is_elsewhere_as_it_was(grey: Grey) -> None:
    shown = named(grey)
    assert step(shown["sharpened"]) > 1.3 * step(grey)
    assert abs(shown["sharpened"][10:30, 80:120] - grey[10:30, 80:120]).max() < 0.005
    assert step(shown["evened_sharpened"]) > 1.1 * step(shown["evened"])


def test_what_is_evened_out_shows_what_is_faint_and_twice_more_so(grey: Grey) -> None:
    shown = named(grey)
    assert faint(shown["evened"]) > 1.3 * faint(grey)
    assert faint(shown["evened_twice"]) > faint(shown["evened"])


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_an_even_picture_stays_even_and_finite(value: float) -> None:
    shown = renderings(np.full((SIDE, SIDE), value, dtype=np.float32))
    assert np.isfinite(shown).all()
    assert np.ptp(shown, axis=(1, 2)).max() < 0.02


def test_a_picture_is_not_changed_by_being_rendered(grey: Grey) -> None:
    before = grey.copy()
    renderings(grey)
    assert np.array_equal(grey, before)


def test_a_network_that_sees_renderings_is_shown_them_normalised(grey: Grey) -> None:
    picture = Picture(np.rint(grey * 255).astype(np.uint16), Window(127.5, 255.0), SIDE, SIDE, None, Facts(), ())
    wanted = Input(height=64, width=96, channels=5, mean=0.5, std=0.25, sees="renderings")
    shown, placement = network_input(picture, wanted)
    plain, same = network_input(picture, Input(height=64, width=96, mean=0.5, std=0.25))
    assert shown.shape == (1, 5, 64, 96)
    assert shown.dtype == np.float32
    assert plain.shape == (1, 1, 64, 96)
    assert placement == same
    assert np.allclose(shown[0, 0], plain[0, 0])
    assert np.allclose(shown[0] * 0.25 + 0.5, renderings(plain[0, 0] * 0.25 + 0.5), atol=2 / 255)
