"""A finished model as the box takes it: one folder, checked by the box's own code, then put in place at once."""

import math
import shutil
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.calibration import probabilities
from edge_app.reading.canvas import network_input
from edge_app.reading.card import (
    CARD,
    FP32_MODEL,
    GOLDEN,
    ONNX_MODEL,
    OPENVINO_MODEL,
    OPENVINO_WEIGHTS,
    Card,
    Golden,
    Grade,
    Label,
    Source,
    Structure,
    load_card,
    sha256_of,
)
from edge_app.reading.probe import golden_picture, prove
from export.atomic import write_png, write_text
from export.evaluation.figures import Figures
from export.evaluation.left_out import never_learnt_from, told_elsewhere
from export.recipe import Recipe
from export.runners import Runners, draft_card, start_runners
from export.simulate.chests import eight_bit
from export.simulate.no_radiographs import page, shapes
from export.workplace import Workplace

GOLDEN_SEEDS = (71, 72, 73)
GOLDEN_SIZE = (384, 320)
SMALLEST_TOLERANCE = 0.02


class CostlyError(Exception):
    """INT8 costs more than the recipe allows; the model is not packaged."""


def _golden_pictures(recipe: Recipe) -> dict[str, NDArray[np.uint8]]:
    """The recipe's own, or simulated chests, and where kinds are told apart drawn pictures that are none: (rows, columns) uint8 by name."""
    if recipe.golden is not None:
        return dict(recipe.golden())
    pictures = {f"simulated_chest_{seed}.png": eight_bit(seed, *GOLDEN_SIZE) for seed in GOLDEN_SEEDS}
    if any(label.group is not None for label in recipe.task.labels):
        for draw in (page, shapes):
            drawn = draw(*GOLDEN_SIZE, np.random.default_rng(GOLDEN_SEEDS[0]))
            pictures[f"drawn_{draw.__name__}.png"] = np.rint(drawn * 255.0).astype(np.uint8)
    return pictures


def _golden(card: Card, runners: Runners, folder: Path, name: str) -> Golden:
    """What the OpenVINO model answers; the tolerance covers the other forms of the network, so that all are held to one value."""
    batch, _ = network_input(golden_picture(folder / GOLDEN / name), card.input)
    wanted = probabilities(card, runners.openvino.run(batch)[0])
    others = [probabilities(card, runner.run(batch)[0]) for runner in (runners.fp32, runners.onnxruntime)]
    furthest = max(abs(other[label] - value) for other in others for label, value in wanted.items())
    tolerance = max(SMALLEST_TOLERANCE, math.ceil(furthest * 1.25 * 100.0) / 100.0)
    return Golden(picture=name, probabilities={label: round(value, 5) for label, value in wanted.items()}, tolerance=tolerance)


def _sources(place: Workplace, counts: dict[str, int]) -> tuple[Source, ...]:
    licences = place.recipe.licences
    simulated = {picture.source for picture in (*place.split.training, *place.split.validation) if picture.simulated}
    return tuple(
        Source(name=licences[source][0], licence=licences[source][1], pictures=count, simulated=source in simulated)
        for source, count in sorted(counts.items())
    )


def _limits(limits: str, figures: Figures) -> str:
    """The recipe's words as they hold of these figures, and what evaluation adds to them."""
    outputs: tuple[Label | Structure | Grade, ...] = (*figures.labels, *figures.structures, *figures.grades)
    weak = [output.name for output in outputs if not output.validated]
    added = [f"Not shown to be better than chance, or too few pictures to say: {', '.join(weak)}."] if weak else []
    return " ".join([limits, *added])


def _card(place: Workplace, figures: Figures) -> Card:
    names = {source: name for source, (name, _licence) in place.recipe.licences.items()}
    return draft_card(place.recipe).model_copy(
        update={
            "labels": told_elsewhere(figures.labels, never_learnt_from(place, figures), names),
            "structures": figures.structures,
            "grades": figures.grades,
            "angles": figures.angles,
            "watched": figures.watched,
            "timed": figures.timed,
            "unlike": None if figures.likeness is None else figures.likeness.output,
            "trained_on": _sources(place, figures.training_pictures),
            "validated_on": _sources(place, figures.validation_pictures),
            "fidelity": figures.fidelity,
            "limits": _limits(place.limits, figures),
        }
    )


def check(folder: Path) -> int:
    """Load a model folder as the box does and let every form answer its golden pictures; how many there were."""
    card = load_card(folder)
    runners = start_runners(card, folder / FP32_MODEL, folder / OPENVINO_MODEL, folder / ONNX_MODEL)
    return min(prove(runner, card, folder) for runner in (runners.openvino, runners.onnxruntime, runners.fp32))


def package(place: Workplace) -> Path:
    """Put the model together beside its place, check it, and move it there; the folder.

    Raises:
        CostlyError: one of the INT8 forms costs more than the recipe allows.
    """
    figures = Figures.model_validate_json(place.figures.read_text(encoding="utf-8"))
    if breaches := figures.passes(place.recipe.cost):
        raise CostlyError(f"{place.recipe.name}: {'; '.join(breaches)}")
    card, models = _card(place, figures), place.models
    models.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=models, prefix=".") as temporary:
        folder = Path(temporary) / place.recipe.name
        folder.mkdir()
        made = {
            OPENVINO_MODEL: place.openvino,
            OPENVINO_WEIGHTS: place.openvino.with_suffix(".bin"),
            ONNX_MODEL: place.onnx,
            FP32_MODEL: place.fp32,
        }
        for name, file in made.items():
            shutil.copyfile(file, folder / name)
        runners = start_runners(card, folder / FP32_MODEL, folder / OPENVINO_MODEL, folder / ONNX_MODEL)
        pictures = _golden_pictures(place.recipe)
        for name, pixels in pictures.items():
            write_png(folder / GOLDEN / name, pixels)
        golden = tuple(_golden(card, runners, folder, name) for name in pictures)
        files = {name: sha256_of(folder / name) for name in (*made, *(f"{GOLDEN}/{name}" for name in pictures))}
        write_text(folder / CARD, card.model_copy(update={"golden": golden, "files": files}).model_dump_json(indent=1) + "\n")
        check(folder)
        target = models / place.recipe.name
        if target.exists():
            target.rename(Path(temporary) / "former")
        folder.rename(target)
    print(f"{place.recipe.name}: packaged in {models.name}/{place.recipe.name}", flush=True)
    return target
