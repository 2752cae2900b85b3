from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.datasets.labelled import Labelled
from export.datasets.nih import nih, nih64
from export.datasets.paediatric import paediatric
from export.datasets.split import split_by_patient


@st.composite
def _pictures(draw: st.DrawFn) -> list[Labelled]:
    count = draw(st.integers(1, 60))
    return [
        Labelled(
            Path(f"{index}.png"),
            f"set:{draw(st.integers(0, 20))}",
            draw(st.sampled_from(["large", "small"])),
            "chest",
            {name: draw(st.sampled_from([0.0, 1.0])) for name in draw(st.sets(st.sampled_from(["Mass", "Edema", "Hernia"])))},
        )
        for index in range(count)
    ]


@given(_pictures(), st.integers(0, 5))
@settings(deadline=None, max_examples=100)
def test_no_patient_lies_on_both_sides_and_no_picture_is_lost(pictures: list[Labelled], seed: int) -> None:
    split = split_by_patient(pictures, 0.3, seed)
    assert not {own.patient for own in split.training} & {own.patient for own in split.validation}
    assert sorted(str(own.path) for own in (*split.training, *split.validation)) == sorted(str(own.path) for own in pictures)
    assert split == split_by_patient(pictures, 0.3, seed)


def test_a_patient_of_two_sets_lies_on_one_side(made_up_data: Path) -> None:
    pictures = [*nih(made_up_data), *nih64(made_up_data), *paediatric(made_up_data)]
    split = split_by_patient(pictures, 0.3, 1)
    assert {own.source for own in split.validation} == {"nih", "nih64", "paediatric"}
    assert not {own.patient for own in split.training} & {own.patient for own in split.validation}


def test_the_order_of_the_pictures_does_not_matter(made_up_data: Path) -> None:
    pictures = [*nih(made_up_data), *nih64(made_up_data)]
    assert set(map(str, split_by_patient(pictures, 0.3, 1).validation)) == set(
        map(str, split_by_patient(pictures[::-1], 0.3, 1).validation)
    )


def test_rare_positives_reach_both_sides() -> None:
    pictures = [Labelled(Path(f"{index}.png"), f"set:{index}", "set", "chest", {"Hernia": float(index < 10)}) for index in range(400)]
    split = split_by_patient(pictures, 0.3, 1)
    assert sum(own.labels["Hernia"] for own in split.validation) == pytest.approx(3, abs=1)
    assert len(split.validation) == pytest.approx(120, abs=2)
