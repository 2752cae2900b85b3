import numpy as np

from export.augment import Augmentation, augmented
from export.simulate.no_radiographs import DRAWINGS

EVERYTHING = Augmentation(mirror=1.0, coarse=1.0, border=1.0, blur=1.0, noise=1.0, jpeg=1.0, erase=1.0)


def test_every_change_keeps_size_type_and_range() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (96, 96)).astype(np.uint8)
    for seed in range(20):
        changed = augmented(picture, EVERYTHING, np.random.default_rng(seed))
        assert changed.shape == (96, 96)
        assert changed.dtype == np.float32
        assert changed.min() >= 0.0
        assert changed.max() <= 1.0


def test_the_same_seed_changes_the_same_way() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (64, 64)).astype(np.uint8)
    first, again, other = (augmented(picture, EVERYTHING, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert (first == again).all()
    assert (first != other).any()


def test_augmentation_leaves_the_original_alone() -> None:
    picture = np.full((64, 64), 100, dtype=np.uint8)
    augmented(picture, EVERYTHING, np.random.default_rng(1))
    assert (picture == 100).all()


def test_every_drawing_keeps_its_size_and_range() -> None:
    for draw in DRAWINGS:
        drawn = draw(170, 210, np.random.default_rng(3))
        assert drawn.shape == (170, 210)
        assert drawn.min() >= 0.0
        assert drawn.max() <= 1.0
