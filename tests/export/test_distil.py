import numpy as np

from export.datasets.outlines import STRUCTURES, UNKNOWN
from export.distil import sure_outlines

RIGHT, HEART = STRUCTURES.index("right_lung"), STRUCTURES.index("heart")


def _said(inside: float, outside: float, structure: int = RIGHT) -> np.ndarray:
    probabilities = np.full((len(STRUCTURES), 40, 40), 0.01, dtype=np.float32)
    probabilities[structure] = outside
    probabilities[structure, 10:30, 10:30] = inside
    return probabilities


def test_what_the_teacher_is_sure_of_is_taught() -> None:
    targets = sure_outlines(_said(0.97, 0.02), STRUCTURES)[RIGHT]
    assert (targets[10:30, 10:30] == 1).all()
    assert (targets[:10] == 0).all()


def test_an_edge_it_wavers_at_is_left_unknown() -> None:
    said = _said(0.97, 0.01)
    said[RIGHT, 10:30, 30:32] = 0.6
    targets = sure_outlines(said, STRUCTURES)[RIGHT]
    assert (targets[10:30, 30:32] == UNKNOWN).all()
    assert (targets[10:30, 10:30] == 1).all()


def test_of_a_structure_it_is_unsure_of_nothing_is_taught() -> None:
    assert (sure_outlines(_said(0.8, 0.05), STRUCTURES)[RIGHT] == UNKNOWN).all()
    assert (sure_outlines(_said(0.01, 0.01), STRUCTURES)[RIGHT] == UNKNOWN).all()


def test_a_second_part_is_neither_taught_nor_denied() -> None:
    said = _said(0.97, 0.01)
    said[RIGHT, 34:37, 34:37] = 0.97
    assert (sure_outlines(said, STRUCTURES)[RIGHT][34:37, 34:37] == UNKNOWN).all()


def test_of_the_heart_less_is_asked_than_of_the_lungs() -> None:
    assert (sure_outlines(_said(0.9, 0.05, HEART), STRUCTURES)[HEART] == 1).any()
    assert (sure_outlines(_said(0.9, 0.05, RIGHT), STRUCTURES)[RIGHT] == UNKNOWN).all()
