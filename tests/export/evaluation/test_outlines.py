"""Outlines judged on squares of which the overlap is known."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from export.datasets.labelled import LUNG_FIELDS, WHOLE_LUNGS, Labelled
from export.datasets.outlines import STRUCTURES
from export.evaluation.answers import FORMS, Answers, Form
from export.evaluation.outlines import judge_outlines, outlined_itself
from export.tasks.outlining import Outlining
from export.workplace import Workplace
from tests.export.evaluation.made_up import picture, workplace

SIDE, STEP = 64, 2
TASK = Outlining(shown=STRUCTURES[:4])


def square(left: int, top: int, side: int = 24) -> NDArray[np.uint8]:
    mask = np.zeros((SIDE, SIDE), dtype=np.uint8)
    mask[top : top + side, left : left + side] = 255
    return mask


def outlined(folder: Path, number: int, **masks: NDArray[np.uint8]) -> Labelled:
    """A grey picture with outlines beside it."""
    files = {}
    folder.mkdir(parents=True, exist_ok=True)
    for name, mask in {"": np.full((SIDE, SIDE), 128, dtype=np.uint8), **masks}.items():
        files[name] = folder / f"{number}{name}.png"
        assert cv2.imwrite(str(files[name]), mask)
    return replace(picture(number), path=files.pop(""), masks=files)


def maps_of(masks: list[dict[str, NDArray[np.uint8]]]) -> NDArray[np.float16]:
    """Sure logits of those masks, half as fine as the canvas."""
    maps = np.full((len(masks), len(STRUCTURES), SIDE // STEP, SIDE // STEP), -8.0, dtype=np.float16)
    for at, own in enumerate(masks):
        for name, mask in own.items():
            maps[at, STRUCTURES.index(name)][mask[::STEP, ::STEP] > 0] = 8.0
    return maps


def answered(pictures: tuple[Labelled, ...], maps: NDArray[np.float16], **others: NDArray[np.float16]) -> Answers:
    share = np.clip((maps > 0).mean((2, 3), dtype=np.float64), 1e-3, 1 - 1e-3)
    own: dict[Form, NDArray[np.float16]] = {form: others.get(form, maps) for form in FORMS}
    return Answers(pictures, dict.fromkeys(FORMS, np.log(share / (1 - share))), own)


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    return workplace(tmp_path / "runs", TASK, side=SIDE)


def test_dice_and_distance_of_squares(place: Workplace, tmp_path: Path) -> None:
    pictures = tuple(outlined(tmp_path, at, heart=square(20, 20)) for at in range(4))
    given = maps_of([{"heart": square(20, 20)}, {"heart": square(20, 20)}, {"heart": square(32, 20)}, {}])
    figures = judge_outlines(place, TASK.structures, answered(pictures, given))
    heart, detail = figures.structures[2], figures.structure_details[2]
    assert heart.pictures == 4
    assert detail.dice_by_picture == pytest.approx((1.0, 1.0, 0.5, 0.0), abs=0.03)
    assert heart.dice == pytest.approx(2.5 / 4, abs=0.03)
    assert heart.dice_ci95 is None
    # Shifted by 12 of 24: half of each side edge lies in the other, so that the mean is well below the shift.
    assert heart.surface_distance is not None
    assert 0.0 < heart.surface_distance < 12 / SIDE / 2
    assert detail.not_found == 1
    assert [(worst.picture, worst.answer.split(",")[0]) for worst in figures.worst[:2]] == [
        ("here/3.png", "Dice 0.000"),
        ("here/2.png", f"Dice {detail.dice_by_picture[2]:.3f}"),
    ]
    assert figures.worst[0].answer.endswith("not outlined")


def test_the_card_has_the_figures_of_each_kind_of_picture(place: Workplace, tmp_path: Path) -> None:
    drawn = [outlined(tmp_path, at, heart=square(20, 20)) for at in range(6)]
    pictures = tuple(replace(own, kind="chest_child") if at < 2 else own for at, own in enumerate(drawn))
    given = maps_of([{"heart": square(32, 20) if at < 2 else square(20, 20)} for at in range(6)])
    heart = judge_outlines(place, TASK.structures, answered(pictures, given)).structures[2]
    child, adult = heart.on("chest_child"), heart.on("chest_adult")
    assert (child.pictures, adult.pictures) == (2, 4)
    assert (child.dice, adult.dice) == (pytest.approx(0.5, abs=0.03), pytest.approx(1.0, abs=0.03))
    assert (heart.on("chest_newborn").pictures, heart.on("chest_newborn").dice) == (0, None)


def test_sureness_is_calibrated_by_other_patients(place: Workplace, tmp_path: Path) -> None:
    pictures = tuple(outlined(tmp_path, at, heart=square(20, 20)) for at in range(10))
    # Every other heart is outlined a quarter off, and all as if it were beyond doubt.
    given = maps_of([{"heart": square(20 + 6 * (at % 2), 20)} for at in range(10)])
    figures = judge_outlines(place, TASK.structures, answered(pictures, given))
    heart, detail = figures.structures[2], figures.structure_details[2]
    assert heart.temperature > 1.5
    assert detail.expected_dice.value == pytest.approx(heart.dice, abs=0.06)
    assert figures.structures[0].temperature == 1.0, "nobody outlined a lung"


def test_a_structure_counts_only_where_somebody_outlined_it(place: Workplace, tmp_path: Path) -> None:
    both = square(4, 20) | square(36, 20)
    pictures = (
        outlined(tmp_path, 0, **{LUNG_FIELDS: both}),
        outlined(tmp_path, 1, **{WHOLE_LUNGS: both}),
        replace(picture(2), path=tmp_path / "0.png"),
    )
    given = [{"right_lung": square(4, 20), "left_lung": square(36, 20)}] * 3
    figures = judge_outlines(place, TASK.structures, answered(pictures, maps_of(given)))
    assert [own.pictures for own in figures.structures] == [1, 1, 0, 0, 1, 1]
    assert [own.dice for own in figures.structures[:4]] == [pytest.approx(1.0, abs=0.03), pytest.approx(1.0, abs=0.03), None, None]
    assert figures.validation_pictures == {"here": 2}


def test_only_the_largest_part_is_held_against_the_expert(place: Workplace, tmp_path: Path) -> None:
    pictures = (outlined(tmp_path, 0, heart=square(20, 20)),)
    given = maps_of([{"heart": square(20, 20) | square(0, 0, 8)}])
    figures = judge_outlines(place, TASK.structures, answered(pictures, given))
    assert figures.structures[2].dice == pytest.approx(1.0, abs=0.03)


def test_int8_outlines_are_held_against_fp32s(place: Workplace, tmp_path: Path) -> None:
    pictures = tuple(outlined(tmp_path, at, heart=square(20, 20)) for at in range(6))
    right, half = maps_of([{"heart": square(20, 20)}] * 6), maps_of([{"heart": square(32, 20)}] * 6)
    figures = judge_outlines(place, TASK.structures, answered(pictures, right, onnxruntime=half))
    same, worse = figures.fidelity
    assert same.dice_to_fp32 == (1.0, 1.0)
    assert same.cost_ci95 == (0.0, 0.0)
    assert worse.dice_to_fp32 is not None
    assert worse.dice_to_fp32[1] == pytest.approx(0.5, abs=0.03)
    assert worse.cost_ci95 is not None
    assert worse.cost_ci95[0] == pytest.approx(0.5, abs=0.05)
    assert figures.passes(place.recipe.cost) == [f"onnxruntime loses {worse.score_fp32 - worse.score_int8:.4f} of Dice, above 0.003"]  # type: ignore[operator]


def test_a_structure_that_one_form_alone_finds_is_a_flip(place: Workplace, tmp_path: Path) -> None:
    pictures = (outlined(tmp_path, 0, heart=square(20, 20)),)
    figures = judge_outlines(place, TASK.structures, answered(pictures, maps_of([{"heart": square(20, 20)}]), openvino=maps_of([{}])))
    assert [own.flips_at_threshold for own in figures.fidelity] == [1, 0]
    assert figures.decisions == len(STRUCTURES)


def test_sure_pixels_that_are_right_are_reliable(place: Workplace, tmp_path: Path) -> None:
    pictures = (outlined(tmp_path, 0, heart=square(20, 20)),)
    figures = judge_outlines(place, TASK.structures, answered(pictures, maps_of([{"heart": square(20, 20)}])))
    bins = figures.structure_details[2].pixels
    assert sum(own.count for own in bins) == SIDE * SIDE
    assert bins[0].share < 0.01
    assert bins[-1].share > 0.99
    assert figures.structure_details[2].expected_dice.value == pytest.approx(1.0, abs=0.03)


def test_a_structure_outlined_on_enough_patients_has_an_interval(place: Workplace, tmp_path: Path) -> None:
    pictures = tuple(outlined(tmp_path, at, heart=square(20, 20)) for at in range(6))
    given = maps_of([{"heart": square(20 + 2 * at, 20)} for at in range(6)])
    heart = judge_outlines(place, TASK.structures, answered(pictures, given)).structures[2]
    assert heart.dice is not None
    assert heart.dice_ci95 is not None
    assert heart.dice_ci95[0] < heart.dice < heart.dice_ci95[1]


@pytest.mark.parametrize(
    ("masks", "names"),
    [
        ({LUNG_FIELDS}, {"right_lung", "left_lung"}),
        ({WHOLE_LUNGS}, {"right_lung_whole", "left_lung_whole"}),
        ({"heart", "right_lung_whole", "left_lung_whole"}, {"heart", "right_lung_whole", "left_lung_whole"}),
        (set(), set()),
    ],
)
def test_which_structures_an_outline_is_of(masks: set[str], names: set[str]) -> None:
    own = replace(picture(0), masks={name: Path("m.png") for name in masks})
    assert {name for name in STRUCTURES if outlined_itself(own, name)} == names
