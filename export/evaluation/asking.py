"""Showing every form of a network the pictures it is judged on, just as the box would."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge_app.progress import followed
from edge_app.reading.card import Card
from edge_app.reading.runtimes import Runner
from export.datasets.labelled import Labelled
from export.evaluation.answers import FORMS, Answers, Form
from export.runners import draft_card, start_runners
from export.workplace import Workplace

_LARGEST = float(np.finfo(np.float16).max)


def _asked(runner: Runner, card: Card, batch: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float16] | None]:
    """One picture's logits (outputs,), and where the card has structures their maps (structures, rows, columns)."""
    logits, given = runner.run(batch)
    row = np.asarray(logits, dtype=np.float64).reshape(-1)
    if not card.structures or given is None:
        return row, None
    own = given[0, len(card.labels) : len(card.labels) + len(card.structures)]
    return row, np.clip(own, -_LARGEST, _LARGEST).astype(np.float16)


def _answered(place: Workplace, pictures: Sequence[Labelled]) -> Answers:
    """What the three forms of one network say, picture by picture, so that no more than the answers is ever held."""
    card = draft_card(place.recipe)
    runners = start_runners(card, place.fp32, place.openvino, place.onnx)
    by_form: dict[Form, Runner] = {"fp32": runners.fp32, "openvino": runners.openvino, "onnxruntime": runners.onnxruntime}
    shown: list[Labelled] = []
    logits: dict[Form, list[NDArray[np.float64]]] = {form: [] for form in FORMS}
    maps: dict[Form, list[NDArray[np.float16]]] = {form: [] for form in FORMS if card.structures}
    for picture in followed(pictures, f"{place.name}: pictures shown to all three forms"):
        batch = place.recipe.task.shown_to(place, picture)
        if batch is not None:
            shown.append(picture)
            for form, runner in by_form.items():
                row, own = _asked(runner, card, batch)
                logits[form].append(row)
                if own is not None:
                    maps[form].append(own)
    return Answers(
        pictures=tuple(shown),
        logits={form: np.array(own, dtype=np.float64).reshape(len(shown), len(card.outputs)) for form, own in logits.items()},
        # Each list goes as soon as it is stacked, so that no form's maps are held twice for long.
        maps={form: np.stack(maps.pop(form)) for form in tuple(maps) if maps[form]},
        left_out=len(pictures) - len(shown),
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
