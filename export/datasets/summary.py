"""What is in a set, counted."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from export.datasets.labelled import Labelled

AGE_EDGES = (1, 5, 18, 40, 60, 80)


@dataclass(frozen=True)
class LabelCount:
    """How often a label is known, and which way."""

    name: str
    positives: int
    negatives: int
    unknown: int
    patients_positive: int


@dataclass(frozen=True)
class Count:
    """How many pictures have a value."""

    value: str
    pictures: int


@dataclass(frozen=True)
class Summary:
    """The counts of a set. A picture is positive from 0.5 on."""

    pictures: int
    patients: int
    most_of_a_patient: int
    labels: tuple[LabelCount, ...]
    kinds: tuple[Count, ...]
    views: tuple[Count, ...]
    sexes: tuple[Count, ...]
    ages: tuple[Count, ...]
    masks: tuple[Count, ...]
    licences: tuple[Count, ...]


def _counts(values: Sequence[str | None]) -> tuple[Count, ...]:
    return tuple(Count(value or "unknown", number) for value, number in Counter(values).most_common())


def _age(years: float | None) -> str | None:
    if years is None:
        return None
    over = [edge for edge in AGE_EDGES if years >= edge]
    below = [edge for edge in AGE_EDGES if years < edge]
    if not over:
        return f"under {AGE_EDGES[0]}"
    return f"{over[-1]} to under {below[0]}" if below else f"{over[-1]} and older"


def _label(name: str, pictures: Sequence[Labelled]) -> LabelCount:
    known = [picture for picture in pictures if name in picture.labels]
    positive = [picture for picture in known if picture.labels[name] >= 0.5]
    return LabelCount(
        name, len(positive), len(known) - len(positive), len(pictures) - len(known), len({picture.patient for picture in positive})
    )


def summarise(pictures: Sequence[Labelled]) -> Summary:
    """Count what is known of the pictures."""
    patients = Counter(picture.patient for picture in pictures)
    names = dict.fromkeys(name for picture in pictures for name in picture.labels)
    ages = Counter(_age(picture.age_years) for picture in pictures)
    order = [_age(0), *(_age(edge) for edge in AGE_EDGES), None]
    return Summary(
        pictures=len(pictures),
        patients=len(patients),
        most_of_a_patient=max(patients.values(), default=0),
        labels=tuple(_label(name, pictures) for name in names),
        kinds=_counts([picture.kind for picture in pictures]),
        views=_counts([picture.view for picture in pictures]),
        sexes=_counts([picture.sex for picture in pictures]),
        ages=tuple(Count(age or "unknown", ages[age]) for age in order if ages[age]),
        masks=tuple(Count(name, number) for name, number in Counter(name for own in pictures for name in own.masks).most_common()),
        licences=_counts([picture.licence for picture in pictures if picture.licence]),
    )
