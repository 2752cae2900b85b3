"""Grades judged against readers whose scores are known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.reading.card import Grade
from export.datasets.labelled import Labelled
from export.evaluation.figures import Figures
from export.evaluation.grades import correlation, judge_grades, points_of, weighted_kappa
from export.tasks.grading import MAXIMA, Grading
from tests.export.evaluation.made_up import answers, picture, workplace

Float64 = NDArray[np.float64]
NAMES = tuple(MAXIMA)
BRIXIA = NAMES.index("brixia_0_18")


def read(senior: int, junior: int, number: int) -> Labelled:
    """A picture whose six zones two readers gave the same score each."""
    labels: dict[str, float] = {"geographic_extent_0_8": senior / 3.0, "opacity_0_6": senior / 3.0}
    for name in (*(f"zone_{letter}" for letter in "abcdef"), "brixia_0_18"):
        labels |= {f"{name}_senior": senior / 3.0, f"{name}_junior": junior / 3.0, name: (senior + junior) / 6.0}
    return picture(number, labels, source="here")


def logits_of(shares: Float64) -> Float64:
    clipped = np.clip(shares, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)))


def judged(tmp_path: Path, pictures: tuple[Labelled, ...], shares: Float64, **others: Float64) -> Figures:
    """Every grade of a picture answered with one share of its maximum."""
    given = {name: np.repeat(logits_of(own)[:, None], len(NAMES), axis=1) for name, own in {"": shares, **others}.items()}
    task = Grading()
    return judge_grades(workplace(tmp_path, task), task.grades, answers(pictures, given.pop(""), **given))


@pytest.fixture
def pictures() -> tuple[Labelled, ...]:
    return tuple(read(at % 4, min(3, at % 4 + at % 2), at) for at in range(40))


@pytest.fixture
def means(pictures: tuple[Labelled, ...]) -> Float64:
    return np.array([own.labels["brixia_0_18"] for own in pictures])


def test_errors_are_in_points_beside_the_readers(tmp_path: Path, pictures: tuple[Labelled, ...], means: Float64) -> None:
    shares = np.clip(means + np.where(np.arange(40) % 4 < 2, 1, -1) / 18.0, 0.0, 1.0)
    figures = judged(tmp_path, pictures, shares)
    brixia, detail = figures.grades[BRIXIA], figures.grade_details[BRIXIA]
    assert brixia.pictures == 40
    assert brixia.validated
    assert brixia.mae == pytest.approx(np.abs(shares - means).mean() * 18.0, abs=1e-3)
    # A quarter of the pictures are one point a zone apart, six on the whole.
    assert brixia.readers_mae == pytest.approx(6.0 * 0.25)
    assert detail.correlation.value is not None
    assert detail.correlation.value > 0.95
    assert detail.bias.value == pytest.approx(((shares - means) * 18.0).mean(), abs=1e-3)
    assert figures.grades[0].readers_mae is None
    assert detail.constant_mae == pytest.approx(np.abs(means - np.median(means)).mean() * 18.0)


def test_the_card_has_the_figures_of_each_kind_of_picture(tmp_path: Path, pictures: tuple[Labelled, ...], means: Float64) -> None:
    children = tuple(replace(own, kind="chest_child") if at < 10 else own for at, own in enumerate(pictures))
    brixia = judged(tmp_path, children, np.where(np.arange(40) < 10, np.clip(means + 0.25, 0, 1), means)).grades[BRIXIA]
    assert {kind: figures.pictures for kind, figures in brixia.by_kind.items()} == {"chest_adult": 30, "chest_child": 10}
    assert (brixia.on("chest_adult").mae, brixia.on("chest_adult").validated) == (pytest.approx(0.0, abs=1e-3), True)
    child, newborn = brixia.on("chest_child"), brixia.on("chest_newborn")
    assert child.mae is not None
    assert child.mae > 2.0
    assert (child.validated, newborn.validated, newborn.mae, newborn.readers_mae) == (False, False, None, None)


def test_a_network_as_good_as_a_reader_lies_as_far_from_one_as_they_do(tmp_path: Path, pictures: tuple[Labelled, ...]) -> None:
    senior = np.array([own.labels["brixia_0_18_senior"] for own in pictures])
    detail = judged(tmp_path, pictures, senior).grade_details[BRIXIA]
    assert detail.readers_mae.value is not None
    # It is one of them: no way from itself, and all the way from the other.
    assert detail.reader_mae.value == pytest.approx(detail.readers_mae.value / 2.0, abs=1e-3)
    assert detail.mae.value == pytest.approx(detail.readers_mae.value / 2.0, abs=1e-3)


def test_differences_that_are_all_the_same_agree_within_nothing(tmp_path: Path) -> None:
    pictures = tuple(read(at % 3, at % 3, at) for at in range(30))
    shares = np.array([own.labels["brixia_0_18"] for own in pictures]) + 2.0 / 18.0
    detail = judged(tmp_path, pictures, shares).grade_details[BRIXIA]
    assert detail.bias.value == pytest.approx(2.0, abs=1e-3)
    assert detail.agreement == pytest.approx((2.0, 2.0), abs=1e-3)


def test_zone_scores_are_confused_openly(tmp_path: Path, pictures: tuple[Labelled, ...], means: Float64) -> None:
    figures = judged(tmp_path, pictures, means)
    (confusion,) = figures.confusions
    counts = np.array(confusion.counts)
    assert counts.sum() == 40 * 6
    assert (counts == np.diag(np.diag(counts))).all()
    assert confusion.kappa is not None
    assert confusion.kappa.value == 1.0
    assert confusion.readers_kappa is not None
    assert confusion.readers_kappa.value is not None
    assert 0.5 < confusion.readers_kappa.value < 1.0


def test_the_cost_of_int8_is_positive_where_its_error_is_greater(tmp_path: Path, pictures: tuple[Labelled, ...], means: Float64) -> None:
    figures = judged(tmp_path, pictures, means, openvino=np.clip(means - 0.1, 0, 1))
    worse, same = figures.fidelity
    assert worse.score == "mean absolute error"
    assert worse.cost_ci95 is not None
    assert worse.cost_ci95[0] > 0.0
    assert same.cost_ci95 == (0.0, 0.0)
    assert worse.flips_at_threshold > 0
    assert figures.decisions == 40 * len(NAMES)


def test_the_worst_graded_is_named(tmp_path: Path, pictures: tuple[Labelled, ...], means: Float64) -> None:
    shares = means.copy()
    shares[4] = 1.0
    worst = judged(tmp_path, pictures, shares).worst[0]
    assert (worst.picture, worst.truth.split()[0], worst.answer.split()[0]) == ("here/p4.png", "0.0", f"{MAXIMA[worst.output]:.1f}")


def test_no_picture_at_all_is_no_pass(tmp_path: Path) -> None:
    figures = judged(tmp_path, (), np.empty(0))
    assert figures.grades[BRIXIA].mae is None
    assert not figures.grades[BRIXIA].validated
    assert figures.passes(workplace(tmp_path, Grading()).recipe.cost) == [
        "openvino was judged on no picture",
        "onnxruntime was judged on no picture",
    ]


def test_grades_keep_what_they_are(tmp_path: Path, pictures: tuple[Labelled, ...], means: Float64) -> None:
    own = judged(tmp_path, pictures, means).grades
    assert all(isinstance(grade, Grade) for grade in own)
    assert [(grade.name, grade.maximum) for grade in own] == list(MAXIMA.items())


def test_small_measures() -> None:
    assert points_of(np.array([0.0, 0.49, 0.5, 1.0]), 3.0).tolist() == [0, 1, 2, 3]
    assert weighted_kappa(np.array([0, 1, 2, 3]), np.array([0, 1, 2, 3]), 3) == 1.0
    assert weighted_kappa(np.array([0, 3]), np.array([3, 0]), 3) == -1.0
    assert np.isnan(weighted_kappa(np.array([1, 1]), np.array([1, 1]), 3))
    assert correlation(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])) == pytest.approx(1.0)
    assert np.isnan(correlation(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 1.0])))
