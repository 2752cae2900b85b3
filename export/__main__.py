"""python -m export <recipe> [train|distil|quantise|evaluate|package|all|road]: from data to a shipped INT8 model, every step resumable.

``unpack`` takes the trained network from the model that ships instead, for what builds on it; ``road`` goes all the way, with whatever the
recipe builds on and is not trained yet before it.

Beside the recipes: ``data`` reports on the pictures there are, ``lesions`` draws a sheet of the findings that are simulated, ``newborns``
one of newborns and ``broken-noses`` one of nasal fractures, ``gan`` learns to draw whole chests, ``evaluate`` judges every model that has
been trained, ``ablation`` says what each part of the findings' training buys, ``published-tuberculosis`` trains a published recipe row by
row, ``hospital-change`` makes up hospitals that the tuberculosis network has not learnt from, ``newborn-lungs`` says what each step of
finding a newborn's lungs is worth and ``newborn-rds`` what its classifiers are, ``noses`` and ``limbs`` how well fractures are told and
located, ``spines`` what taking implants out of a spine is worth, ``swallows`` what renderings and a cascade are to a bolus, ``boxes``
holds the findings' maps against radiologists' boxes, ``wrong-input`` tries the box on pictures that its protocols are not for, and
``import-torchxrayvision WEIGHTS`` and ``import-onnx MODEL CARD`` take in a network that was trained elsewhere.
"""

import argparse
import sys
from collections.abc import Collection, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from edge_app.errors import ModelError
from export.command_line import parser_of
from export.machine import PRECISIONS, Machine, Precision
from export.recipe import Recipe
from export.workplace import MODELS, Workplace

RESPONSE = 0.5
"""How much a teacher's word counts against the labels in a recipe that had none."""
STEPS = ("distil", "train", "quantise", "evaluate", "package")
UNPACK = "unpack"
"""In the place of training, from the model that ships."""
ROAD = "road"
"""All steps, after those of the recipes that this one builds on."""
COMMANDS = {
    "ablation": "export.ablation",
    "boxes": "export.located_boxes",
    "broken-noses": "export.nose_sheet",
    "data": "export.data_report",
    "gan": "export.gan.command",
    "hospital-change": "export.hospital_change",
    "import-onnx": "export.imported_onnx",
    "import-torchxrayvision": "export.imported",
    "lesions": "export.lesion_sheet",
    "limbs": "export.limbs",
    "newborn-lungs": "export.newborn_lungs",
    "newborn-rds": "export.newborn_rds",
    "newborns": "export.newborn_sheet",
    "noses": "export.noses",
    "published-tuberculosis": "export.published_tuberculosis",
    "shared-backbone": "export.shared_backbone",
    "spines": "export.spines",
    "swallows": "export.swallows",
    "wrong-input": "export.wrong_input",
}
"""What there is beside the recipes: each module's ``main`` takes the rest of the command line. Loaded only where asked for."""


def recipes() -> dict[str, Recipe]:
    """Every recipe by name, in the order in which they build on one another."""
    from export.recipes import (
        chest_anatomy,
        chest_findings,
        chest_severity,
        limb_fracture,
        nasal_bone,
        neonatal_rds,
        newborn_anatomy,
        nose_finder,
        radiograph_gate,
        spine,
        swallow,
        tuberculosis,
    )

    anatomy = (chest_anatomy.TEACHER, chest_anatomy.SECOND, chest_anatomy.RECIPE)
    severity = (chest_severity.FEATURES, chest_severity.OPACITIES, chest_severity.RECIPE)
    findings = (chest_findings.START, chest_findings.REAL, chest_findings.SECOND, chest_findings.RECIPE)
    chests = (tuberculosis.PROBED, tuberculosis.SECOND, tuberculosis.THIRD, tuberculosis.RECIPE)
    teachers = (own for both in zip(neonatal_rds.TEACHERS_FIRST, neonatal_rds.TEACHERS, strict=True) for own in both)
    strip = (neonatal_rds.STRIP_FIRST, neonatal_rds.STRIP)
    newborns = (newborn_anatomy.RECIPE, *teachers, *strip, neonatal_rds.FIRST, neonatal_rds.RECIPE)
    noses = (nose_finder.RECIPE, nasal_bone.PUBLISHED, nasal_bone.CLASSIFIER, nasal_bone.RECIPE)
    limbs = (limb_fracture.RECIPE, limb_fracture.CLASSIFIER, limb_fracture.REPAIRER)
    spines = (spine.IMPLANTS_START, spine.IMPLANTS, spine.PLAIN, spine.TEACHER, spine.RECIPE)
    swallows = (swallow.PLAIN, swallow.RENDERED, swallow.CASCADED, swallow.RECIPE)
    chests_first = (radiograph_gate.START, radiograph_gate.RECIPE, *findings, *anatomy, *severity, *chests)
    own = (*chests_first, *newborns, *noses, *limbs, *spines, *swallows)
    return {recipe.name: recipe for recipe in own}


def take_step(step: str, place: Workplace, precision: Precision) -> None:
    """Take one step of the road; where the figures come from models of their own, those take it first."""
    match step:
        case "distil":
            from export.distil import distil

            distil(place)
        case "train":
            from export.probe import probe
            from export.repair import repair
            from export.tasks.probing import Probing
            from export.tasks.repairing import Repairing
            from export.train import train

            machine, task = Machine.here(precision), place.recipe.task
            learn = probe if isinstance(task, Probing) else repair if isinstance(task, Repairing) else train
            for own in (*place.folds, place):
                learn(own, machine)
        case "quantise":
            from export.quantise import quantise

            for own in (*place.folds, place):
                quantise(own)
        case "evaluate":
            from export.evaluation.evaluate import evaluate

            evaluate(place)
        case "package":
            from export.package import package

            package(place)
        case "unpack":
            from export.unpack import unpack

            unpack(place)
        case _:
            raise ValueError(step)


def _evaluate_all(places: list[Workplace]) -> None:
    from export.evaluation.evaluate import evaluate
    from export.evaluation.overview import write_overview

    ready = [place for place in places if place.openvino.is_file() and place.onnx.is_file()]
    for place in ready:
        evaluate(place)
    print(f"{len(ready)} of {len(places)} models judged; {write_overview(places[0].runs)}")


def _parser() -> argparse.ArgumentParser:
    parser = parser_of("", __doc__, runs="checkpoints, caches and reports")
    parser.add_argument("recipe", choices=[*recipes(), "evaluate"])
    parser.add_argument("step", nargs="?", choices=(*STEPS, UNPACK, "all", ROAD), default="all")
    parser.add_argument(
        "--models", type=Path, default=None, help="where finished models go (models_int8, for a small budget beside the run)"
    )
    parser.add_argument("--budget", choices=("full", "small"), default="full", help="small: the whole road in seconds, for trying it out")
    parser.add_argument("--precision", choices=PRECISIONS, default="auto", help="of training; auto: bf16 where it pays")
    parser.add_argument("--without", metavar="SOURCE", help="leave one source out of training and report on it as unseen; never packaged")
    parser.add_argument(
        "--taught-by", metavar="FOLDER", type=Path, action="append", default=[],
        help="a finished model that was brought in, to teach this recipe; may be given more than once",
    )  # fmt: skip
    return parser


def _taught_by(recipe: Recipe, folders: list[Path]) -> Recipe:
    """The recipe with finished models as teachers beside its own.

    Raises:
        ValueError: its network has no use for what they say.
        ModelError: a folder holds no finished model.
    """
    from export.outside import outside_words
    from export.tasks.locating import Locating

    if not isinstance(recipe.task, Locating):
        raise ValueError(f"{recipe.name} tells no findings that another model could teach")
    task = replace(recipe.task, response=recipe.task.response or RESPONSE)
    return replace(recipe, task=task, outside=tuple(folders), limits=f"{recipe.limits} {outside_words(folders)}")


def built_on(recipe: Recipe, known: Mapping[str, Recipe], there: Collection[str] = ()) -> list[Recipe]:
    """The recipes whose trained networks a recipe needs, and those that these need, in the order in which they are trained.

    Of those that are ``there`` already nothing further is needed.
    """
    wanted, waiting = set[str](), [recipe]
    while waiting:
        own = waiting.pop()
        if own.name not in there:
            needed = {*own.teachers, *(() if own.starts_from is None else (own.starts_from,))} - wanted
            wanted |= needed
            waiting += [known[name] for name in needed]
    return [own for name, own in known.items() if name in wanted]


def _lay_road(place: Workplace, known: Mapping[str, Recipe], precision: Precision) -> None:
    """Train what a recipe builds on and is not trained here; what ships and lies finished gives its network back instead."""
    others = {name: replace(place, recipe=own) for name, own in known.items() if name != place.recipe.name}
    trained = {name for name, own in others.items() if own.weights.is_file()}
    finished = {name for name, own in others.items() if own.recipe.ships and (place.models / name).is_dir()}
    for recipe in built_on(place.recipe, known, trained | finished):
        if recipe.name not in trained:
            for step in (UNPACK,) if recipe.name in finished else STEPS[:2]:
                take_step(step, others[recipe.name], precision)


def main(arguments: list[str]) -> int:
    """Parse the command line and take the steps; the exit status."""
    if arguments and arguments[0] in COMMANDS:
        command = import_module(COMMANDS[arguments[0]])
        return int(command.main(arguments[1:]))
    parser = _parser()
    given = parser.parse_args(arguments)
    known = recipes()
    if given.budget == "small":
        known = {name: recipe.small() for name, recipe in known.items()}
    models = given.models or (MODELS if given.budget == "full" else given.runs / "models_int8")
    places = {name: Workplace(recipe, given.runs, given.data, given.seed, models=models) for name, recipe in known.items()}
    if given.recipe == "evaluate":
        _evaluate_all(list(places.values()))
        return 0
    place = places[given.recipe]
    whole_road = STEPS if place.recipe.ships else STEPS[:2]
    steps: tuple[str, ...] = whole_road if given.step in ("all", ROAD) else (given.step,)
    if given.taught_by:
        try:
            place = replace(place, recipe=_taught_by(place.recipe, given.taught_by))
        except (ValueError, ModelError) as error:
            parser.error(f"--taught-by: {error}")
    if given.without:
        place = replace(place, recipe=place.recipe.without(given.without))
        steps = tuple(step for step in steps if step != "package")
    if given.step == ROAD:
        if given.without:
            parser.error(f"{ROAD} goes with every source: train what the recipe builds on --without {given.without} first")
        _lay_road(place, known, given.precision)
    for step in steps:
        take_step(step, place, given.precision)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
