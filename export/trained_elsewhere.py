"""A network that was trained elsewhere, whatever it came as, is quantised, judged and packaged as the box's own findings are."""

import argparse
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import nn

from edge_app.reading.alignment import shown
from export.command_line import RUNS, parser_of
from export.datasets.canvases import opened
from export.datasets.labelled import Labelled
from export.datasets.lung_boxes import lung_box_of
from export.evaluation.answers import Answers
from export.evaluation.evaluate import evaluate
from export.evaluation.figures import Figures
from export.package import CostlyError, package
from export.quantise import quantise_exported
from export.recipe import Limits, Recipe, Stage
from export.recipes.chest_findings import RECIPE
from export.tasks.labelling import Labelling
from export.tasks.task import Sees
from export.workplace import NoPicturesError, Workplace


class DoesNotFitError(Exception):
    """What is to be brought in is not of the form that is taken; the message says what does not fit."""


@dataclass(frozen=True)
class TrainedElsewhere(Labelling):
    """Labels told by a network that is only quantised and judged here; there is nothing to learn. ``looks``: see ``Task.sees``."""

    looks: Sees = "picture"

    @property
    def sees(self) -> Sees:
        """See ``Task.sees``."""
        return self.looks

    def network(self, width: int) -> nn.Module:
        """See ``Task.network``: of a network that came as a graph there is no code."""
        raise NotImplementedError("a network that was trained elsewhere is not trained here")

    def shipped(self, model: nn.Module) -> nn.Module:
        """See ``Task.shipped``."""
        return model

    def shown_to(self, place: Workplace, picture: Labelled) -> NDArray[np.float32]:
        """See ``Task.shown_to``."""
        lungs = lung_box_of(picture.path, place.finished) if self.looks == "lungs" else None
        return shown(opened(picture.path), lungs, place.recipe.input)[0]

    def judged(self, place: Workplace, answers: Answers) -> Figures:
        """See ``Task.judged``. What is calibrated on was not trained on; what was trained on is not known here."""
        return super().judged(place, answers).model_copy(update={"training_pictures": {}})


def recipe_of(
    task: TrainedElsewhere,
    *,
    name: str,
    version: str,
    title: str,
    side: int,
    mean: float,
    std: float,
    limits: str,
    mapped: bool = True,
) -> Recipe:
    """How such a network is quantised and judged: on the pictures that the box's own findings are judged on, none of them drawn."""
    return replace(
        RECIPE,
        name=name,
        version=version,
        title=title,
        task=task,
        drawn=0,
        stages=(Stage(side, 1, 1),),
        mean=mean,
        std=std,
        cost=Limits(),
        limits=limits,
        mapped=mapped,
    )


def parser_for(command: str, doc: str | None) -> argparse.ArgumentParser:
    """The parser of a command that brings a network in: a run of its own, and no finished model put in place unless told where."""
    models = "where the finished model goes; beside the run where not said"
    parser = parser_of(command, doc, runs="what is made on the way", models=models)
    parser.set_defaults(runs=RUNS / "imported", models=None)
    return parser


def place_of(recipe: Recipe, given: argparse.Namespace) -> Workplace:
    """The folder that the arguments say; made where it is not there."""
    place = Workplace(recipe, given.runs, given.data, given.seed, models=given.models or given.runs / "models_int8")
    place.folder.mkdir(parents=True, exist_ok=True)
    return place


def refused(error: Exception) -> int:
    """Say in one line why nothing came of it; the exit status."""
    print(f"cannot be imported: {error}", flush=True)
    return 1


def finish(place: Workplace) -> int:
    """Quantise, judge and package the network that lies in FP32 in its place; the exit status."""
    try:
        quantise_exported(place)
        evaluate(place)
        package(place)
    except (NoPicturesError, CostlyError) as error:
        return refused(error)
    return 0
