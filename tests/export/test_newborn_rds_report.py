"""What a network of the newborns' road is worth, and where it looks."""

import numpy as np
import pytest

from export.evaluation.bootstrap import Draws
from export.evaluation.figures import Estimate
from export.newborn_rds import Looking, rds_page, worth
from export.recipes.neonatal_rds import RECIPE, STRIP, TEACHERS


def test_a_grade_is_right_where_every_step_up_to_it_is() -> None:
    truth = np.array([[0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]], dtype=np.float32)
    logits = np.array([[-1, -1, -1, -1], [1, 1, -1, -1], [1, 1, 1, -1], [1, -1, 1, 1]], dtype=np.float32)
    own = worth("one", logits, truth, Draws.of([f"p:{at}" for at in range(4)], 1))
    assert own.accuracy.value == pytest.approx(1.0)
    assert own.grades.value == pytest.approx(0.5), "a grade is reached only over those below it"
    assert own.auroc.value == pytest.approx(1.0)
    assert own.pictures == 4


def test_the_page_says_whose_newborns_they_are_and_what_was_published() -> None:
    truth = np.array([[0, 0, 0, 0], [1, 1, 0, 0]] * 4, dtype=np.float32)
    own = worth(TEACHERS[2].name, truth * 2 - 1, truth, Draws.of([f"p:{at}" for at in range(8)], 1))
    lookings = [Looking(name, 4, Estimate(value=share), 0.1) for name, share in ((STRIP.name, 0.4), (RECIPE.name, 0.8))]
    drawn = rds_page([own], lookings, real=False, missed=3, sheet=True).markdown()
    assert "Newborns that a program drew" in drawn
    assert "of 3 both lungs were not found" in drawn
    assert "85.2 %" in drawn
    assert f"| {STRIP.name} | 4 | 0.400 | 0.10 |" in drawn
    assert "A hospital's own newborns" in rds_page([own], [], real=True, missed=0, sheet=False).markdown()
