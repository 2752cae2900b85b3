from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.datasets.labelled import Labelled
from export.datasets.nih import nih, nih64
from export.datasets.paediatric import paediatric
from export.datasets.split import folds, split_by_patient


@st.composite
def _pictures(draw: st.DrawFn) -> list[Labelled]:
    count = draw(st.integers(1, 60))
    return [
        Labelled(
            Path(f"{index}.png"),
            f"set:{draw(st.integers(0, 20))}",
            draw(st.sampled_from(["large", "small"])),
            "chest_adult",
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
    pictures = [Labelled(Path(f"{index}.png"), f"set:{index}", "set", "chest_adult", {"Hernia": float(index < 10)}) for index in range(400)]
    split = split_by_patient(pictures, 0.3, 1)
    assert sum(own.labels["Hernia"] for own in split.validation) == pytest.approx(3, abs=1)
    assert len(split.validation) == pytest.approx(120, abs=2)


@given(_pictures(), st.integers(2, 5), st.integers(0, 5))
@settings(deadline=None, max_examples=150)
def test_folds_keep_patients_apart_lose_nothing_and_are_the_same_again(pictures: list[Labelled], count: int, seed: int) -> None:
    patients = {own.patient for own in pictures}
    if len(patients) < count:
        with pytest.raises(ValueError, match="folds"):
            folds(pictures, count, seed)
        return
    made = folds(pictures, count, seed)
    assert len(made) == count
    for split in made:
        assert not {own.patient for own in split.training} & {own.patient for own in split.validation}
        assert len(split.training) + len(split.validation) == len(pictures)
    assert sorted(str(own.path) for split in made for own in split.validation) == sorted(str(own.path) for own in pictures)
    assert made == folds(pictures, count, seed)
    again = folds(pictures[::-1], count, seed)
    assert [{own.path for own in split.validation} for split in made] == [{own.path for own in split.validation} for split in again]


@given(st.integers(2, 5), st.integers(0, 5), st.integers(1, 4), st.lists(st.integers(0, 7), min_size=40, max_size=120))
@settings(deadline=None, max_examples=60)
def test_each_fold_holds_near_its_share_of_every_label_and_of_all(count: int, seed: int, most: int, findings: list[int]) -> None:
    names = ("Mass", "Edema", "Hernia")
    pictures = [
        Labelled(
            Path(f"{patient}-{number}.png"),
            f"set:{patient}",
            "set",
            "chest_adult",
            {name: float(own >> bit & 1) for bit, name in enumerate(names)},
        )
        for patient, own in enumerate(findings)
        for number in range(1 + patient % most)
    ]
    made = folds(pictures, count, seed)
    # Whole patients cannot be cut: a fold may be out by about one for each of the three labels and once more for the rest.
    slack = most * (len(names) + 1)
    for split in made:
        assert abs(len(split.validation) - len(pictures) / count) <= slack
        for name in names:
            share = sum(own.labels[name] for own in pictures) / count
            assert abs(sum(own.labels[name] for own in split.validation) - share) <= slack


def test_the_rarest_label_reaches_every_fold() -> None:
    pictures = [Labelled(Path(f"{index}.png"), f"set:{index}", "set", "chest_adult", {"Hernia": float(index < 10)}) for index in range(400)]
    made = folds(pictures, 5, 1)
    assert [sum(own.labels["Hernia"] for own in split.validation) for split in made] == [2.0] * 5
    assert [len(split.validation) for split in made] == [80] * 5


def test_the_split_that_trained_weights_name_stays_as_it_is(made_up_data: Path) -> None:
    pictures = [*nih(made_up_data), *nih64(made_up_data), *paediatric(made_up_data)]
    validation = sorted({own.patient for own in split_by_patient(pictures, 0.3, 1).validation})
    assert validation == ["nih:11", "nih:13", "nih:2", "nih:4", "nih:9", "paediatric:c2"]
