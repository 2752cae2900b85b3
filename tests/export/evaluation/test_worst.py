"""The pictures that people should look at first."""

import numpy as np

from export.evaluation.worst import beside_usual, worst_of


def test_the_worst_come_first_each_once_by_its_worst_output() -> None:
    loss = np.array([[0.1, 0.2], [np.nan, 3.0], [2.0, 1.0], [0.0, -1.0], [np.nan, np.nan]])
    assert list(worst_of(loss)) == [(1, 1), (2, 0), (0, 1)]


def test_at_most_ten() -> None:
    assert len(list(worst_of(np.ones((40, 3))))) == 10
    assert not list(worst_of(np.empty((0, 3))))


def test_an_output_that_is_always_bad_does_not_hide_what_is_unusual() -> None:
    loss = np.array([[0.5, 0.02], [0.5, 0.02], [0.5, 0.02], [0.5, 0.3]])
    assert next(worst_of(loss)) == (0, 0)
    assert next(worst_of(beside_usual(loss))) == (3, 1)


def test_an_output_without_any_loss_stays_so() -> None:
    assert beside_usual(np.array([[0.0, np.nan]])).tolist()[0][0] == 0.0
