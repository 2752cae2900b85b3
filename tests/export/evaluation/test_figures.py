"""The gate before packaging."""

import pytest

from edge_app.reading.card import Fidelity, Grade, Label, Structure
from export.evaluation.figures import Figures
from export.recipe import Limits
from export.tasks.labelling import undecided

COST = Limits(mean_delta_p=0.02, flips=0.02, dice=0.003)


def figures(output: Label | Structure | Grade, **cost: object) -> Figures:
    own = {"runtime": "openvino", "cases": 100, "mean_delta_p": 0.01, "max_delta_p": 0.1, "flips_at_threshold": 1, **cost}
    return Figures(
        labels=(output,) if isinstance(output, Label) else (),
        structures=(output,) if isinstance(output, Structure) else (),
        grades=(output,) if isinstance(output, Grade) else (),
        fidelity=(Fidelity.model_validate(own),),
        decisions=100,
        by_source=(),
        subgroups=(),
        worst=(),
        left_out=0,
        validation_pictures={},
        training_pictures={},
    )


LABEL, STRUCTURE, GRADE = undecided("Mass"), Structure(name="heart", pictures=0), Grade(name="opacity", maximum=6.0, pictures=0)


@pytest.mark.parametrize("output", [LABEL, GRADE])
@pytest.mark.parametrize(
    ("cost", "word"),
    [
        ({}, None),
        ({"mean_delta_p": 0.021}, "on average"),
        ({"flips_at_threshold": 3}, "decides otherwise"),
        ({"flips_at_threshold": 2}, None),
        ({"cases": 0}, "no picture"),
    ],
)
def test_labels_and_grades_are_held_to_their_differences(output: Label | Grade, cost: dict[str, object], word: str | None) -> None:
    breaches = figures(output, **cost).passes(COST)
    assert len(breaches) == (word is not None)
    assert all(str(word) in breach for breach in breaches)


@pytest.mark.parametrize(
    ("fp32", "int8", "word"),
    [(0.95, 0.948, None), (0.95, 0.97, None), (0.95, 0.9469, "loses 0.0031 of Dice"), (None, None, "no expert's outline")],
)
def test_outlines_are_held_to_the_dice_they_lose_and_to_nothing_else(fp32: float | None, int8: float | None, word: str | None) -> None:
    breaches = figures(STRUCTURE, mean_delta_p=0.5, flips_at_threshold=50, score_fp32=fp32, score_int8=int8).passes(COST)
    assert len(breaches) == (word is not None)
    assert all(str(word) in breach for breach in breaches)


@pytest.mark.parametrize(("apart", "word"), [((0.01, 0.2), None), ((0.0101, 0.0102), "repairs otherwise"), (None, None)])
def test_a_repaired_picture_is_held_to_what_a_pixel_is_off_on_average(apart: tuple[float, float] | None, word: str | None) -> None:
    breaches = figures(LABEL, repaired_apart=apart).passes(COST)
    assert len(breaches) == (word is not None)
    assert all(str(word) in breach for breach in breaches)


def test_both_breaches_are_named() -> None:
    assert len(figures(LABEL, mean_delta_p=0.5, flips_at_threshold=50).passes(COST)) == 2


def test_figures_come_back_from_their_file_as_they_went() -> None:
    own = figures(LABEL)
    assert Figures.model_validate_json(own.model_dump_json()) == own
