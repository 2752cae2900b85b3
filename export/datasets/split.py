"""Training and validation, split so that no patient lies on both sides."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from export.datasets.labelled import Labelled


@dataclass(frozen=True)
class Split:
    """Pictures to train on and pictures of other patients to validate on."""

    training: tuple[Labelled, ...]
    validation: tuple[Labelled, ...]


def _order(patient: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}:{patient}".encode()).hexdigest()


def in_mixed_order(pictures: Sequence[Labelled], seed: int) -> list[Labelled]:
    """The pictures in an order that has nothing to do with their names, the same for the same seed."""
    return sorted(pictures, key=lambda picture: _order(f"{picture.patient} {picture.path.name}", seed))


def _strata(picture: Labelled) -> list[str]:
    return [f"source {picture.source}"] + [f"{picture.source} {name}" for name, value in picture.labels.items() if value >= 0.5]


def _content(pictures: Sequence[Labelled]) -> dict[str, Counter[str]]:
    """How many pictures of each stratum a patient has."""
    content: dict[str, Counter[str]] = defaultdict(Counter)
    for picture in pictures:
        content[picture.patient].update(_strata(picture))
    return content


def split_by_patient(pictures: Sequence[Labelled], validation_fraction: float, seed: int) -> Split:
    """Move whole patients to validation until it holds its fraction of every source and every positive label, the rarest first.

    The order of patients comes from a hash, so that the same pictures and seed always give the same split. ``folds`` balances better, but
    trained weights name the split they came from: this one must give the same patients for ever.
    """
    own = [picture for picture in pictures if not picture.follows]
    totals: Counter[str] = Counter()
    for picture in own:
        totals.update(_strata(picture))
    content = _content(own)
    patients = sorted(content, key=lambda patient: _order(patient, seed))
    side: dict[str, bool] = {}
    held: Counter[str] = Counter()
    for stratum, total in sorted(totals.items(), key=lambda item: (item[1], item[0])):
        for patient in patients:
            if patient in side or not content[patient][stratum]:
                continue
            side[patient] = held[stratum] + content[patient][stratum] / 2 <= total * validation_fraction
            if side[patient]:
                held.update(content[patient])
    return Split(
        tuple(picture for picture in pictures if not side.get(picture.patient, False)),
        tuple(picture for picture in pictures if side.get(picture.patient, False)),
    )


def _fold_of_patients(content: Mapping[str, Counter[str]], count: int, seed: int) -> dict[str, int]:
    """Iterative stratification (Sechidis et al. 2011, algorithm 1), a patient with all pictures taking the place of one example."""
    waiting: dict[str, list[str]] = defaultdict(list)
    remaining: Counter[str] = Counter()
    # The patients with most pictures go first, while every fold still has room for them.
    for patient in sorted(content, key=lambda own: (-content[own].total(), _order(own, seed))):
        remaining.update(content[patient])
        for stratum in content[patient]:
            waiting[stratum].append(patient)
    desired = [{stratum: total / count for stratum, total in remaining.items()} for _ in range(count)]
    desired_pictures = [sum(own.values()) for own in desired]
    fold_of: dict[str, int] = {}
    while remaining := Counter({stratum: left for stratum, left in remaining.items() if left > 0}):
        rarest = min(remaining, key=lambda stratum: (remaining[stratum], stratum))
        for patient in waiting[rarest]:
            if patient in fold_of:
                continue
            tie = _order(patient, seed)
            fold = max(
                range(count),
                key=lambda own: (desired[own][rarest], desired_pictures[own], hashlib.sha256(f"{tie} {own}".encode()).digest()),
            )
            fold_of[patient] = fold
            for stratum, pictures in content[patient].items():
                desired[fold][stratum] -= pictures
                desired_pictures[fold] -= pictures
                remaining[stratum] -= pictures
    return fold_of


def folds(pictures: Sequence[Labelled], count: int, seed: int) -> tuple[Split, ...]:
    """``count`` splits; every picture is in the validation of exactly one, no patient on both sides of any.

    Sources and positive labels are spread as evenly as whole patients allow. The same pictures and seed give the same folds.

    Raises:
        ValueError: fewer than two folds, or more folds than patients.
    """
    content = _content(pictures)
    if not 2 <= count <= len(content):
        raise ValueError(f"{count} folds cannot be made of {len(content)} patients")
    fold_of = _fold_of_patients(content, count, seed)
    return tuple(
        Split(
            tuple(picture for picture in pictures if fold_of[picture.patient] != fold),
            tuple(picture for picture in pictures if fold_of[picture.patient] == fold),
        )
        for fold in range(count)
    )
