"""python -m export <recipe> [train|quantise|evaluate|package|all]: from data to a shipped INT8 model, every step resumable."""

import argparse
import os
import sys
from pathlib import Path

from export.recipe import Recipe
from export.recipes import chest_findings, radiograph_gate
from export.workplace import Workplace

ROOT = Path(__file__).resolve().parent.parent
RECIPES: dict[str, Recipe] = {module.RECIPE.name: module.RECIPE for module in (radiograph_gate, chest_findings)}
STEPS = ("train", "quantise", "evaluate", "package")


def data_folder() -> Path:
    """Where the radiographs are: ``RADIOGRAPH_DATA``, else ``shared/data`` beside the project."""
    named = os.environ.get("RADIOGRAPH_DATA")
    return Path(named) if named else ROOT.parent / "shared" / "data"


def take_step(step: str, place: Workplace, models: Path) -> None:
    """Take one step of the road."""
    match step:
        case "train":
            from export.train import train

            train(place)
        case "quantise":
            from export.quantise import quantise

            quantise(place)
        case "evaluate":
            from export.evaluate import evaluate

            evaluate(place)
        case "package":
            from export.package import package

            package(place, models)
        case _:
            raise ValueError(step)


def main(arguments: list[str]) -> int:
    """Parse the command line and take the steps; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m export", description=__doc__)
    parser.add_argument("recipe", choices=sorted(RECIPES))
    parser.add_argument("step", nargs="?", choices=(*STEPS, "all"), default="all")
    parser.add_argument("--data", type=Path, default=data_folder(), help="folder of the public sets")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs", help="folder for checkpoints, caches and reports")
    parser.add_argument(
        "--models", type=Path, default=None, help="where finished models go (models_int8, for a small budget beside the run)"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--budget", choices=("full", "small"), default="full", help="small: the whole road in seconds, for trying it out")
    parser.add_argument("--without", metavar="SOURCE", help="leave one source out of training and report on it as unseen; never packaged")
    given = parser.parse_args(arguments)
    recipe = RECIPES[given.recipe]
    if given.budget == "small":
        recipe = recipe.small()
    steps: tuple[str, ...] = STEPS if given.step == "all" else (given.step,)
    if given.without:
        recipe = recipe.without(given.without)
        steps = tuple(step for step in steps if step != "package")
    models = given.models or (ROOT / "models_int8" if given.budget == "full" else given.runs / "models_int8")
    place = Workplace(recipe, given.runs, given.data, given.seed)
    for step in steps:
        take_step(step, place, models)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
