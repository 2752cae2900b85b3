import numpy as np

from export.simulate.white_lungs import whitened


def _chest() -> tuple[np.ndarray, np.ndarray]:
    picture = np.full((96, 96), 0.7, dtype=np.float32)
    lung = np.zeros((96, 96), dtype=np.bool_)
    lung[20:80, 15:45] = True
    picture[lung] = 0.15
    return picture, lung


def test_a_cloud_lies_on_the_lung_and_nowhere_else() -> None:
    picture, lung = _chest()
    made = [whitened(picture, lung, np.random.default_rng(seed)) for seed in range(30)]
    for own in made:
        assert own.dtype == np.float32
        assert own.min() >= 0.0
        assert own.max() <= 1.0
        assert np.abs(own - picture)[:, 60:].max() < 0.01
    whiter = [float((own - picture)[lung].mean()) for own in made]
    assert max(whiter) > 0.3, "some lungs go white"
    assert min(whiter) < 0.1, "and some hardly change"


def test_no_lung_no_cloud() -> None:
    picture, lung = _chest()
    assert whitened(picture, np.zeros_like(lung), np.random.default_rng(1)) is picture
