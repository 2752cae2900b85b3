"""Who is in which group."""

from dataclasses import replace

import numpy as np
import pytest

from export.evaluation.bootstrap import Draws
from export.evaluation.parts import age_band, estimated_mean, groups, how_many_patients
from tests.export.evaluation.made_up import picture


@pytest.mark.parametrize(
    ("years", "kind", "band"),
    [
        (0.0, "chest_adult", "child"),
        (17.9, "chest_adult", "child"),
        (18.0, "chest_adult", "18–39"),
        (39.9, "chest_adult", "18–39"),
        (79.0, "chest_adult", "60–79"),
        (95.0, "chest_adult", "80 and over"),
        (None, "chest_child", "child"),
        (None, "chest_newborn", "child"),
        (None, "chest_adult", None),
    ],
)
def test_age_bands(years: float | None, kind: str, band: str | None) -> None:
    assert age_band(replace(picture(0), age_years=years, kind=kind)) == band


def test_every_picture_is_in_the_groups_that_are_known_of_it_and_in_no_other() -> None:
    pictures = [replace(picture(0), sex="M", view="AP"), replace(picture(1), sex="F"), replace(picture(2), source="there")]
    found = {(group.by, group.name): group.rows.tolist() for group in groups(pictures, ("source", "sex", "age", "view"), 1)}
    assert found == {
        ("source", "here"): [0, 1],
        ("source", "there"): [2],
        ("sex", "F"): [1],
        ("sex", "M"): [0],
        ("view", "AP"): [0],
    }


def test_patients_are_counted_once() -> None:
    pictures = [replace(picture(at), patient="one" if at < 3 else "two") for at in range(5)]
    assert how_many_patients(pictures, np.array([0, 1, 2])) == 1
    assert how_many_patients(pictures, np.array([True, False, False, True, True])) == 2


def test_a_mean_of_nothing_is_no_figure() -> None:
    estimate = estimated_mean(np.full(3, np.nan), Draws.of(["a", "b", "c"], 1))
    assert (estimate.value, estimate.ci95) == (None, None)
