"""``python -m export ablation``: what drawn and made-up pictures, backbones and teachers buy, on the same real validation pictures.

Every arm is the findings' recipe on one small budget, changed in one thing, trained several times by chance. Judged is the network in FP32:
which pictures it has seen and who taught it is the question here, not how it is packed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.card import sha256_of
from export.atomic import write_text
from export.command_line import parser_of
from export.datasets.canvases import part_canvases
from export.datasets.kept import kept_floats
from export.datasets.labelled import Labelled, label_matrix, listed
from export.datasets.lung_boxes import lung_boxes
from export.datasets.page import Block, Heading, Image, Page, Paragraph, Table
from export.evaluation.metrics import auroc
from export.gan.draw import SOURCE as GAN_CHESTS
from export.gan.draw import gan_chests
from export.gan.place import NAME as CHEST_GAN
from export.machine import Machine
from export.plots import Bar, draw_bars
from export.recipe import Recipe, Stage
from export.recipes.chest_findings import START, TASK, gather
from export.simulate.lesion_chests import SOURCE as LESION_CHESTS
from export.tasks.locating import Locating
from export.tasks.running import logits_on
from export.train import train
from export.workplace import NotTrainedError, Workplace

NAME = "ablation"
LEAST_POSITIVES = 6
"""Of a label with fewer among the pictures judged on, an AUROC says nothing."""
BUDGET = (Stage(128, 4, 4000, 32),)
TRAININGS = 3
GAN_PICTURES = 3000
GAN_SHARE = 1200.0
FULL_SIZE, THUMBNAILS, CHILDREN = "nih", "nih64", "paediatric"
PNEUMONIA = "Pneumonia"
FIGURES = ("full size", "thumbnails", "both", "children")


@dataclass(frozen=True)
class Arm:
    """One thing changed. Its teachers are all trainings of another arm."""

    name: str
    table: str
    title: str
    recipe: Recipe
    taught_by: str | None = None

    def training(self, chance: int) -> Recipe:
        """The recipe of one of its trainings."""
        teachers = {} if self.taught_by is None else {_run(self.taught_by, other): TASK for other in range(TRAININGS)}
        return replace(self.recipe, name=_run(self.name, chance), chance=chance, teachers=teachers)


def _run(arm: str, chance: int) -> str:
    return f"{NAME}/{arm}-{chance + 1}"


def gather_with_gan(data: Path, folder: Path, drawn: int, seed: int) -> tuple[Labelled, ...]:
    """The recipe's pictures, and those that the trained generator draws."""
    weights = folder.parent / CHEST_GAN / "weights.pt"
    if not weights.is_file():
        raise NotTrainedError(f"{weights} is not there: python -m export gan train")
    return (*gather(data, folder, drawn, seed), *gan_chests(folder, weights, GAN_PICTURES, seed))


def _with_gan(recipe: Recipe) -> Recipe:
    return replace(recipe, gather=gather_with_gan, shares={**recipe.shares, GAN_CHESTS: GAN_SHARE})


def _without(*sources: str) -> Recipe:
    shares = {source: share for source, share in START.shares.items() if source not in sources}
    return replace(START, shares=shares, stages=BUDGET, drawn=0 if LESION_CHESTS in sources else START.drawn)


def arms() -> dict[str, Arm]:
    """Every arm by name, teachers before those they teach."""
    base = _without()

    def built(backbone: str, title: str) -> Arm:
        return Arm(backbone, "Backbones", title, replace(base, task=replace(TASK, backbone=backbone)))

    def taught(name: str, title: str, task: Locating, taught_by: str | None = "drawn") -> Arm:
        return Arm(name, "What is learnt beside the labels", title, replace(base, task=task), taught_by)

    answers = replace(TASK, response=0.5)
    own = (
        Arm("real", "Pictures", "real pictures only", _without(LESION_CHESTS)),
        Arm("drawn", "Pictures", "real pictures and drawn findings", base),
        Arm("once", "Pictures", "real pictures and findings drawn once and for all", replace(base, task=replace(TASK, anew=False))),
        Arm("told", "Pictures", "real pictures and drawn findings, all told", replace(base, task=replace(TASK, untold=frozenset()))),
        Arm("gan", "Pictures", "real pictures and the GAN's", _with_gan(_without(LESION_CHESTS))),
        Arm("both", "Pictures", "real pictures, drawn findings and the GAN's", _with_gan(base)),
        built("regnet_x", "RegNetX, 400 M"),
        built("mobilenet_v3", "MobileNetV3"),
        built("efficientnet_b0", "EfficientNet-B0"),
        built("densenet121", "DenseNet-121"),
        taught("outlined", "the anatomy's outlines", replace(TASK, outlined=True), None),
        taught("response", "the answers of three teachers", answers),
        taught("attention", "their answers and where they look", replace(answers, attention=1.0)),
        taught("everything", "all three", replace(answers, attention=1.0, outlined=True)),
    )
    return {arm.name: arm for arm in own}


def figures_of(pictures: Sequence[Labelled], truth: NDArray[np.float32], logits: NDArray[np.float32]) -> dict[str, float]:
    """Mean AUROC of NIH's pictures by size over the labels with at least ``LEAST_POSITIVES``, children's pneumonia's, and every label's.

    ``truth`` and ``logits`` are (pictures, 14). NaN where there is nothing to tell apart.
    """
    sources = np.array([picture.source for picture in pictures])

    def mean(*names: str) -> float:
        rows = np.isin(sources, names)
        areas = auroc(logits[rows], truth[rows])
        told = areas[((truth[rows] >= 0.5).sum(0) >= LEAST_POSITIVES) & np.isfinite(areas)]
        return float(told.mean()) if told.size else float("nan")

    children = sources == CHILDREN
    at = TASK.names.index(PNEUMONIA)
    american = np.isin(sources, (FULL_SIZE, THUMBNAILS))
    by_label = dict(zip(TASK.names, map(float, auroc(logits[american], truth[american])), strict=True))
    child = float(auroc(logits[children][:, [at]], truth[children][:, [at]])[0])
    own = (mean(FULL_SIZE), mean(THUMBNAILS), mean(FULL_SIZE, THUMBNAILS), child)
    return {**dict(zip(FIGURES, own, strict=True)), **by_label}


def _pictures(place: Workplace) -> tuple[Labelled, ...]:
    """What every arm is judged on: the real pictures of other patients, whatever else an arm has beside them."""
    return replace(place, recipe=arms()["real"].training(0)).examined


def _answers(place: Workplace, pictures: Sequence[Labelled]) -> NDArray[np.float32]:
    """(pictures, 14) logits of the trained network; asked once for its weights and those pictures."""
    listing = listed(pictures)

    def made() -> NDArray[np.float32]:
        network = place.trained()
        parts = lung_boxes(pictures, place.finished, place.cache)
        shown = part_canvases(pictures, parts, place.recipe.input.height, place.cache)
        return logits_on(network, place.recipe, shown, len(TASK.names))

    return kept_floats("logits", f"{sha256_of(place.weights)}\n{listing}", place.cache, made)


def with_teachers(names: Sequence[str]) -> list[str]:
    """The arms of those ``names``, each after the one that teaches it, and none twice."""
    return list(dict.fromkeys(own for name in names for own in (arms()[name].taught_by, name) if own is not None))


def trained(arm: Arm, place: Workplace) -> None:
    """Train what of an arm is not trained yet; ``place`` says where and on what."""
    for chance in range(TRAININGS):
        own = replace(place, recipe=arm.training(chance))
        if not own.weights.is_file():
            train(own, Machine.here())


def judged(arm: Arm, place: Workplace) -> tuple[list[dict[str, float]], dict[str, float]] | None:
    """The figures of each training, and of the mean of their logits; None where the arm was not trained."""
    places = [replace(place, recipe=arm.training(chance)) for chance in range(TRAININGS)]
    done = [own for own in places if own.weights.is_file()]
    if not done:
        return None
    pictures = _pictures(place)
    answers = [_answers(own, pictures) for own in done]
    truth = label_matrix(pictures, TASK.names)
    together = np.asarray(np.mean(answers, axis=0), dtype=np.float32)
    return [figures_of(pictures, truth, logits) for logits in answers], figures_of(pictures, truth, together)


def _spread(values: Sequence[float]) -> str:
    if len(values) < 2:
        return f"{values[0]:.3f}"
    return f"{np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}"


def ablation_page(found: Mapping[str, tuple[list[dict[str, float]], dict[str, float]]]) -> Page:
    """Every arm that was trained, mean ± standard deviation over its trainings, and what its trainings say together."""
    known = {name: arm for name, arm in arms().items() if name in found}
    blocks: list[Block] = [
        Paragraph(
            "Mean AUROC over the labels with at least "
            f"{LEAST_POSITIVES} positives among pictures of NIH ChestX-ray14 of other patients, and AUROC of children's pneumonia. "
            f"{sum(stage.epochs * stage.pictures for stage in BUDGET)} pictures shown to each network at {BUDGET[-1].side}²; "
            "mean ± standard deviation over trainings that differ in chance alone, the split being the same. Networks in FP32."
        )
    ]
    for table in dict.fromkeys(arm.table for arm in known.values()):
        rows = []
        for name, arm in known.items():
            if arm.table != table and name != "drawn":
                continue
            singles, together = found[name]
            rows.append(
                (
                    arm.title if arm.table == table else "half ResNet-18, labels only",
                    str(len(singles)),
                    *(_spread([single[figure] for single in singles]) for figure in FIGURES),
                    *(f"{together[figure]:.3f}" for figure in (FIGURES[0], FIGURES[2])),
                )
            )
        columns = ("", "trainings", *FIGURES, "together, full size", "together, both")
        blocks += [Heading(table), Table(columns, tuple(rows))]
    blocks.append(Image(f"{NAME}.png", f"{FIGURES[2]}: mean and standard deviation over trainings, children's pneumonia beside it"))
    labels = [(label, *(_spread([single[label] for single in singles]) for singles, _ in found.values())) for label in TASK.names]
    blocks += [Heading("By label, both sizes"), Table(("", *(known[name].title for name in found)), tuple(labels))]
    return Page("What each part buys", blocks)


def draw_arms(found: Mapping[str, tuple[list[dict[str, float]], dict[str, float]]], file: Path) -> None:
    """The arms beside each other, by the figure of both sizes and by children's pneumonia."""
    known = [arm for name, arm in arms().items() if name in found]

    def bar(arm: Arm, figure: str) -> Bar:
        values = [single[figure] for single in found[arm.name][0]]
        return Bar(arm.title, float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0)

    draw_bars(file, [(figure, [bar(arm, figure) for arm in known]) for figure in FIGURES[2:]], "AUROC", (0.5, 1.0))


def main(arguments: list[str]) -> int:
    """Train the arms that are asked for and not trained yet, judge all that are, and report."""
    parser = parser_of("ablation", __doc__, runs="checkpoints, caches and the report", models="the finished models to look through")
    known = arms()
    names = ", ".join(known)
    parser.add_argument("arms", nargs="*", metavar="ARM", help=f"train these and those that teach them, of {names}; none: only report")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.arms if name not in known]
    if unknown:
        parser.error(f"no arm is called {', '.join(unknown)}")
    place = Workplace(START, given.runs, given.data, given.seed, models=given.models)
    for name in with_teachers(given.arms):
        trained(known[name], place)
    found = {name: own for name, arm in known.items() if (own := judged(arm, place)) is not None}
    if not found:
        print(f"nothing is trained: python -m export ablation {next(iter(known))}", flush=True)
        return 1
    page = ablation_page(found)
    draw_arms(found, given.runs / f"{NAME}.png")
    target = page.write(given.runs, NAME)
    write_text(
        given.runs / NAME / "figures.json", json.dumps({name: {"trainings": own[0], "together": own[1]} for name, own in found.items()})
    )
    print(f"{len(found)} of {len(known)} arms judged: {target}", flush=True)
    return 0
