"""Showing every form of a network the pictures it is judged on, just as the box would."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge_app.progress import followed
from edge_app.reading.card import Card
from edge_app.reading.runtimes import Runner
from export.datasets.labelled import Labelled
from export.evaluation.answers import FORMS, INT8, Answers, Form
from export.runners import draft_card, start_runners
from export.workplace import Workplace

_LARGEST = float(np.finfo(np.float16).max)


def _asked(runner: Runner, card: Card, batch: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float16] | None]:
    """One picture's logits (outputs,) and, (channels, rows, columns), the maps of the card's structures or the picture repaired."""
    logits, given = runner.run(batch)
    row = np.asarray(logits, dtype=np.float64).reshape(-1)
    if given is None or not (card.structures or card.repairs):
        return row, None
    own = given[0, -1:] if card.repairs else given[0, len(card.labels) : len(card.labels) + len(card.structures)]
    return row, np.clip(own, -_LARGEST, _LARGEST).astype(np.float16)


def _apart(one: NDArray[np.float16] | None, other: NDArray[np.float16] | None) -> float:
    """By how much a pixel of one picture differs from the other's, on average."""
    assert one is not None  # noqa: S101  (a card that repairs has a map)
    assert other is not None  # noqa: S101
    return float(np.abs(one.astype(np.float64) - other).mean())


def _answered(place: Workplace, pictures: Sequence[Labelled]) -> Answers:
    """What the three forms of one network say, picture by picture, so that no more than the answers is ever held."""
    card = draft_card(place.recipe)
    runners = start_runners(card, place.fp32, place.openvino, place.onnx)
    by_form: dict[Form, Runner] = {"fp32": runners.fp32, "openvino": runners.openvino, "onnxruntime": runners.onnxruntime}
    shown: list[Labelled] = []
    logits: dict[Form, list[NDArray[np.float64]]] = {form: [] for form in FORMS}
    maps: dict[Form, list[NDArray[np.float16]]] = {form: [] for form in FORMS if card.structures}
    apart: dict[Form, list[float]] = {form: [] for form in INT8 if card.repairs}
    for picture in followed(pictures, f"{place.name}: pictures shown to all three forms"):
        batch = place.recipe.task.shown_to(place, picture)
        if batch is not None:
            shown.append(picture)
            given = {form: _asked(runner, card, batch) for form, runner in by_form.items()}
            for form, (row, own) in given.items():
                logits[form].append(row)
                if form in maps and own is not None:
                    maps[form].append(own)
                if form in apart:
                    apart[form].append(_apart(own, given["fp32"][1]))
    return Answers(
        pictures=tuple(shown),
        logits={form: np.array(own, dtype=np.float64).reshape(len(shown), len(card.outputs)) for form, own in logits.items()},
        # Each list goes as soon as it is stacked, so that no form's maps are held twice for long.
        maps={form: np.stack(maps.pop(form)) for form in tuple(maps) if maps[form]},
        left_out=len(pictures) - len(shown),
        repaired={form: np.array(own, dtype=np.float64) for form, own in apart.items()},
    )


def answers_on(place: Workplace) -> Answers:
    """What is said of every picture examined; where the figures come from folds, by the network that never saw the patient."""
    parts: list[Answers] = []
    seen: set[str] = set()
    for own in place.folds or (place,):
        # A source that is never trained on is examined in every fold, and judged in the first.
        pictures = [picture for picture in own.examined if str(picture.path) not in seen]
        seen |= {str(picture.path) for picture in pictures}
        parts.append(_answered(own, pictures))
    return Answers.joined(parts)
