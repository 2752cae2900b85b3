"""Tubes are lifted off a real picture with nothing of what lies behind them, and laid over another."""

import cv2
import numpy as np
import pytest

from export.simulate.real_devices import device_of, with_devices

SIDE = 96


def with_tube() -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.uint8]], np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    ramp = np.repeat(np.linspace(40, 160, SIDE)[None], SIDE, axis=0).astype(np.uint8)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.line(mask, (20, 10), (60, 80), 1, 3)
    return np.where(mask > 0, ramp + np.uint8(60), ramp).astype(np.uint8), mask > 0


def test_a_device_is_what_it_adds() -> None:
    picture, mask = with_tube()
    device = device_of(picture, mask)
    assert device is not None
    assert device.shape[0] < SIDE
    assert device.max() * 255 == pytest.approx(60, abs=6)
    assert np.count_nonzero(device > 0.1) == pytest.approx(np.count_nonzero(mask), rel=0.2)


def test_a_speck_is_no_device() -> None:
    picture, mask = with_tube()
    few = np.zeros_like(mask)
    few[10, 20:25] = True
    assert device_of(picture, few) is None


def test_devices_are_laid_anywhere_and_leave_the_rest_as_it_was() -> None:
    picture, mask = with_tube()
    device = device_of(picture, mask)
    assert device is not None
    grey = np.full((SIDE, SIDE), 0.4, np.float32)
    places = set()
    for seed in range(6):
        made = with_devices(grey, [device], np.random.default_rng(seed))
        assert made.shape == grey.shape
        assert 0.0 <= made.min() <= made.max() <= 1.0
        changed = np.abs(made - grey) > 0.02
        assert 0 < changed.mean() < 0.5
        places.add(int(np.argwhere(changed).mean(0)[0]))
    assert len(places) > 2
    assert np.array_equal(grey, np.full((SIDE, SIDE), 0.4, np.float32))
