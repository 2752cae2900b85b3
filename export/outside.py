"""What finished models that were trained elsewhere say of training pictures: the answers that a pupil learns beside the labels."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.progress import followed
from edge_app.reading.alignment import looked_at
from edge_app.reading.calibration import probabilities
from edge_app.reading.card import FP32_MODEL, load_card, sha256_of
from edge_app.reading.choice import Device
from edge_app.reading.runtimes import OnnxRunner
from export.datasets.canvases import opened
from export.datasets.kept import kept_floats
from export.datasets.labelled import Labelled, listed
from export.datasets.lung_boxes import lung_boxes
from export.workplace import Workplace


def outside_words(folders: Sequence[Path]) -> str:
    """What the card of a pupil of theirs has to say."""
    cards = [load_card(folder) for folder in folders]
    named = " and ".join(f"{card.name} {card.version}" for card in cards)
    return (
        f"Taught by {named}, trained elsewhere: which pictures that has seen is not known here, and figures may be of pictures that it has "
        "seen."
    )


def _answers(folder: Path, pictures: Sequence[Labelled], names: Sequence[str], place: Workplace) -> NDArray[np.float32]:
    card = load_card(folder)
    listing = listed(pictures)

    def made() -> NDArray[np.float32]:
        runner = OnnxRunner(folder / FP32_MODEL, card, device=Device.CPU, threads=None)
        told = np.full((len(pictures), len(names)), np.nan, dtype=np.float32)
        with_lungs = list(zip(pictures, lung_boxes(pictures, place.finished, place.cache), strict=True))
        for at, (picture, lungs) in enumerate(followed(with_lungs, f"{place.name}: pictures that {card.name} {card.version} has told of")):
            batch, _, _ = looked_at(opened(picture.path), lungs, card.input)
            own = probabilities(card, runner.run(batch)[0])
            told[at] = [own.get(name, np.nan) for name in names]
        return told

    facts = f"{sha256_of(folder / FP32_MODEL)} {card.labels} {tuple(names)}\n{len(pictures)}\n{listing}"
    return kept_floats("outside", facts, place.cache, made)


def outside_answers(folders: Sequence[Path], pictures: Sequence[Labelled], names: Sequence[str], place: Workplace) -> NDArray[np.float32]:
    """(pictures, names) in 0…1, the mean of what the models in those folders say of each picture, shown to them as the box would show it.

    NaN of a name that none of them has, and of whatever a program drew. Asked once, then kept.

    Raises:
        ModelError: a folder holds no finished model.
    """
    told = np.full((len(pictures), len(names)), np.nan, dtype=np.float32)
    real = [at for at, picture in enumerate(pictures) if not picture.simulated]
    if folders and real:
        answers = np.stack([_answers(folder, [pictures[at] for at in real], names, place) for folder in folders])
        known = ~np.isnan(answers)
        total = np.nan_to_num(answers).sum(0)
        told[real] = np.where(known.any(0), total / np.maximum(known.sum(0), 1), np.nan)
    return told
