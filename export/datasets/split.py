"""Training and validation, split so that no patient lies on both sides."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from export.datasets.labelled import Labelled


@dataclass(frozen=True)
class Split:
    """Pictures to train on and pictures of other patients to validate on."""

    training: tuple[Labelled, ...]
    validation: tuple[Labelled, ...]


def _order(patient: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}:{patient}".encode()).hexdigest()


def _strata(picture: Labelled) -> list[str]:
    return [f"source {picture.source}"] + [f"{picture.source} {name}" for name, value in picture.labels.items() if value >= 0.5]


def split_by_patient(pictures: Sequence[Labelled], validation_fraction: float, seed: int) -> Split:
    """Move whole patients to validation until it holds its fraction of every source and every positive label, the rarest first.

    The order of patients comes from a hash, so that the same pictures and seed always give the same split.
    """
    by_patient: dict[str, list[Labelled]] = defaultdict(list)
    totals: Counter[str] = Counter()
    for picture in pictures:
        by_patient[picture.patient].append(picture)
        totals.update(_strata(picture))
    content = {patient: Counter(stratum for picture in own for stratum in _strata(picture)) for patient, own in by_patient.items()}
    patients = sorted(by_patient, key=lambda patient: _order(patient, seed))
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
        tuple(picture for picture in pictures if not side[picture.patient]),
        tuple(picture for picture in pictures if side[picture.patient]),
    )
