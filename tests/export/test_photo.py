"""Photographs of films and burned-in letters."""

import numpy as np

from export.augment import Augmentation, augmented
from export.photo import lettered, photographed


def test_a_photograph_keeps_the_whole_picture() -> None:
    picture = np.full((96, 96), 0.5, dtype=np.float32)
    picture[40:56, 40:56] = 1.0
    for seed in range(20):
        taken = photographed(picture, np.random.default_rng(seed))
        assert taken.shape == picture.shape
        assert taken.dtype == np.float32
        assert 0.0 <= taken.min() <= taken.max() <= 1.0
        assert taken[43:53, 43:53].mean() > taken[10:30, 10:30].mean() - 0.3


def test_letters_change_little_and_leave_the_picture_given_as_it_was() -> None:
    picture = np.full((224, 224), 0.5, dtype=np.float32)
    changed = [float((lettered(picture, np.random.default_rng(seed)) != 0.5).mean()) for seed in range(20)]
    assert 0.0 < float(np.median(changed)) < 0.1
    assert (picture == 0.5).all()


def test_neither_is_done_unless_it_is_asked_for() -> None:
    grey = np.random.default_rng(0).integers(0, 255, (64, 64)).astype(np.uint8)
    plain, asked = Augmentation(), Augmentation(text=1.0, photo=1.0)
    assert (augmented(grey, plain, np.random.default_rng(1)) != augmented(grey, asked, np.random.default_rng(1))).any()
