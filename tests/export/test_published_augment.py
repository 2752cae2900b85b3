"""The published steps do what they are named after, each by chance, and none changes the size of a picture."""

import numpy as np
import pytest

from export.published_augment import PublishedAugmentation, erased, flipped, published, rand_augmented

PICTURE = (np.arange(64 * 64, dtype=np.int64) * 7919 % 251).astype(np.uint8).reshape(64, 64)


def test_without_any_step_a_picture_stays_as_it_is() -> None:
    made = published(PICTURE, PublishedAugmentation(), np.random.default_rng(1))
    assert np.allclose(made, PICTURE / 255.0, atol=1e-6)


def test_one_picture_in_two_is_flipped_along_one_axis_or_both() -> None:
    ways = {"none": PICTURE, "across": PICTURE[:, ::-1], "down": PICTURE[::-1], "both": PICTURE[::-1, ::-1]}
    counts = dict.fromkeys(ways, 0)
    for seed in range(600):
        made = flipped(PICTURE, np.random.default_rng(seed))
        counts[next(name for name, own in ways.items() if np.array_equal(own, made))] += 1
    assert 250 < counts["none"] < 350
    assert all(65 < counts[name] < 135 for name in ("across", "down", "both"))


def test_one_picture_in_two_loses_a_rectangle_of_the_published_size() -> None:
    grey = np.full((100, 100), 2.0, dtype=np.float32)
    shares = []
    for seed in range(400):
        gone = erased(grey, np.random.default_rng(seed)) != 2.0
        if gone.any():
            rows, columns = np.flatnonzero(gone.any(1)), np.flatnonzero(gone.any(0))
            assert gone[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
            assert 0.25 < len(rows) / len(columns) < 4.0
        shares.append(gone.mean())
    drawn = [share for share in shares if share]
    assert 160 < len(drawn) < 240
    assert 0.015 < min(drawn) < 0.05
    assert 0.3 < max(drawn) < 0.42
    assert (grey == 2.0).all()


def test_policies_keep_the_size_and_follow_the_seed() -> None:
    made = [rand_augmented(PICTURE, np.random.default_rng(seed)) for seed in range(60)]
    assert all(own.shape == PICTURE.shape and own.dtype == np.uint8 for own in made)
    assert np.array_equal(made[3], rand_augmented(PICTURE, np.random.default_rng(3)))
    assert sum(not np.array_equal(own, PICTURE) for own in made) > 50


@pytest.mark.parametrize("step", ["erase", "augment", "flip"])
def test_each_step_is_taken_where_it_is_asked_for(step: str) -> None:
    how = PublishedAugmentation(**{step: True})
    plain = PICTURE.astype(np.float32) / np.float32(255.0)
    assert any(not np.allclose(published(PICTURE, how, np.random.default_rng(seed)), plain) for seed in range(10))
