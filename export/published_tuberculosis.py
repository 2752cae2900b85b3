"""``python -m export published-tuberculosis``: the published recipe, row by row, on the Shenzhen set, each row trained several times.

ResNet-50 and EfficientNet-B0 with a feature-pyramid neck, AdamW at 1e-3 with a weight decay of 0.05, batches of 32, 10 epochs; first
without augmentation, then with Random Erasing, then with RandAugment as well, then with Random Flip as well. Nothing of it ships: it says
what that recipe is worth on patients kept apart. No weights that photographs taught these two are at hand, so each starts from the findings
of other chests instead, the same for every row. What is trained is not trained again, and a training that was stopped goes on.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from edge_app.reading.protocols.chest import CHEST_FINDINGS
from export.architectures.pyramid import EFFICIENTNET_B0, RESNET_50
from export.atomic import write_text
from export.augment import Augmentation
from export.command_line import parser_of
from export.datasets.adult_normal import adult_normal
from export.datasets.canvases import canvases
from export.datasets.catalogue import LICENCES
from export.datasets.covid import covid
from export.datasets.duplicates import without_duplicates
from export.datasets.labelled import Labelled, label_matrix
from export.datasets.nih import nih
from export.datasets.paediatric import paediatric
from export.datasets.page import Block, Heading, Image, Page, Paragraph, Table
from export.datasets.tuberculosis import tuberculosis
from export.evaluation.metrics import auroc_of
from export.machine import Machine
from export.plots import Bar, draw_bars
from export.published_augment import PublishedAugmentation
from export.recipe import Recipe, Stage
from export.tasks.published import Published
from export.tasks.running import logits_on
from export.train import train
from export.workplace import Workplace

NAME = "published_tuberculosis"
TUBERCULOSIS = "tuberculosis"
TRAININGS = 3
SIDE, EPOCHS, BATCH = 128, 10, 32
START_PICTURES, START_EPOCHS = 4000, 2
FIGURES = ("accuracy", "precision", "recall", "F1", "AUROC")
NETWORKS: Mapping[str, str] = {RESNET_50: "ResNet-50", EFFICIENTNET_B0: "EfficientNet-B0"}
ROWS: Mapping[str, tuple[str, PublishedAugmentation]] = {
    "none": ("no augmentation", PublishedAugmentation()),
    "erase": ("Random Erasing", PublishedAugmentation(erase=True)),
    "augment": ("and RandAugment", PublishedAugmentation(erase=True, augment=True)),
    "flip": ("and Random Flip", PublishedAugmentation(erase=True, augment=True, flip=True)),
}
PUBLISHED: Mapping[str, tuple[float, ...]] = {RESNET_50: (85.6, 90.0, 93.8, 96.3), EFFICIENTNET_B0: (85.9, 91.5, 94.0, 94.2)}
"""The published accuracy of each row in percent: hospitals mixed and split at random, 512²."""
_LIMITS = "Not shipped: it says what a published recipe is worth."


@dataclass(frozen=True)
class Row:
    """One row of the table of one network."""

    network: str
    name: str

    @property
    def key(self) -> str:
        """What it is called on the command line and in files."""
        return f"{self.network}-{self.name}"

    @property
    def title(self) -> str:
        """What it is called on the page."""
        return ROWS[self.name][0]


def rows_known() -> dict[str, Row]:
    """Every row of both networks by key, in the published order."""
    rows = [Row(network, name) for network in NETWORKS for name in ROWS]
    return {row.key: row for row in rows}


def gather_start(data: Path, _folder: Path, _drawn: int, _seed: int) -> tuple[Labelled, ...]:
    """Every other chest set; of the set that is judged on, nothing."""
    named = [*nih(data), *paediatric(data)]
    return (*named, *without_duplicates(adult_normal(data), named), *covid(data))


def gather(data: Path, _folder: Path, _drawn: int, _seed: int) -> tuple[Labelled, ...]:
    """The Shenzhen set."""
    return tuple(tuberculosis(data))


def start_of(network: str) -> Recipe:
    """The training that every row of that network starts from: the 14 findings, on the other sets."""
    return Recipe(
        name=f"{NAME}/{network}-start",
        version="1",
        title=f"Fourteen findings by {NETWORKS[network]}, to start from",
        ships=False,
        task=Published(CHEST_FINDINGS, backbone=network),
        gather=gather_start,
        shares={"nih": 2000, "paediatric": 900, "adult_normal": 800, "covid": 300},
        figures_from=("nih", "paediatric"),
        stages=(Stage(SIDE, START_EPOCHS, START_PICTURES, BATCH),),
        augmentation=Augmentation(erase=0.0),
        licences=LICENCES,
        limits=_LIMITS,
    )


def training_of(row: Row, chance: int, pictures: int) -> Recipe:
    """One training of one row; ``pictures`` are in an epoch, every training picture once."""
    return Recipe(
        name=f"{NAME}/{row.key}-{chance + 1}",
        version="1",
        title=f"Tuberculosis by {NETWORKS[row.network]}: {row.title}",
        ships=False,
        task=Published((TUBERCULOSIS,), backbone=row.network, augmentation=ROWS[row.name][1]),
        gather=gather,
        shares={"tuberculosis": 1.0},
        figures_from=("tuberculosis",),
        stages=(Stage(SIDE, EPOCHS, pictures, BATCH),),
        starts_from=f"{NAME}/{row.network}-start",
        learning_rate=1e-3,
        weight_decay=0.05,
        validation_fraction=0.3,
        licences=LICENCES,
        limits=_LIMITS,
        chance=chance,
    )


def _places(row: Row, place: Workplace) -> list[Workplace]:
    pictures = len(replace(place, recipe=training_of(row, 0, BATCH)).taught)
    return [replace(place, recipe=training_of(row, chance, pictures)) for chance in range(TRAININGS)]


def trained(row: Row, place: Workplace) -> None:
    """Train what of a row, and what it starts from, is not trained yet."""
    start = replace(place, recipe=start_of(row.network))
    for own in (start, *_places(row, place)):
        if not own.weights.is_file():
            train(own, Machine.here())


def figures_of(logits: NDArray[np.float32], truth: NDArray[np.float32]) -> dict[str, float]:
    """``FIGURES`` of (pictures,) logits against (pictures,) 0 or 1; called from a probability of one half."""
    told, so = logits >= 0.0, truth >= 0.5
    return {
        "accuracy": float(accuracy_score(so, told)),
        "precision": float(precision_score(so, told, zero_division=0.0)),
        "recall": float(recall_score(so, told)),
        "F1": float(f1_score(so, told)),
        "AUROC": auroc_of(logits, truth),
    }


def judged(row: Row, place: Workplace) -> list[dict[str, float]]:
    """The figures of each training there is, on the patients kept apart."""
    found = []
    for own in _places(row, place):
        if not own.weights.is_file():
            continue
        logits = logits_on(own.trained(), own.recipe, canvases(own.examined, SIDE, own.cache), 1)
        found.append(figures_of(logits[:, 0], label_matrix(own.examined, (TUBERCULOSIS,))[:, 0]))
    return found


def _spread(values: Sequence[float]) -> str:
    mean = f"{100 * np.mean(values):.1f}"
    return mean if len(values) < 2 else f"{mean} ± {100 * np.std(values, ddof=1):.1f}"


def published_page(found: Mapping[str, Sequence[Mapping[str, float]]], examined: Sequence[Labelled]) -> Page:
    """Both tables, each row beside what was published for it."""
    positives = sum(picture.labels[TUBERCULOSIS] >= 0.5 for picture in examined)
    blocks: list[Block] = [
        Paragraph(
            f"{len(examined)} pictures of other patients of one hospital (Shenzhen), {positives} with tuberculosis; {SIDE}², {EPOCHS} "
            "epochs; mean ± standard deviation in percent over trainings that differ in chance alone. Published: accuracy with hospitals "
            "mixed, split at random, 512², from weights learnt elsewhere. Networks in FP32; called from a probability of one half."
        )
    ]
    for network, title in NETWORKS.items():
        table = []
        for (name, (row, _)), published in zip(ROWS.items(), PUBLISHED[network], strict=True):
            own = found.get(Row(network, name).key)
            if own:
                spreads = [_spread([single[figure] for single in own]) for figure in FIGURES]
                table.append((row, str(len(own)), *spreads, f"{published:.1f}"))
        if table:
            blocks += [Heading(title), Table(("", "trainings", *FIGURES, "published accuracy"), tuple(table))]
    blocks.append(Image(f"{NAME}.png", "accuracy and AUROC: mean and standard deviation over trainings"))
    return Page("The published tuberculosis recipe, row by row", blocks)


def draw(found: Mapping[str, Sequence[Mapping[str, float]]], file: Path) -> None:
    """Accuracy and AUROC of every row that was trained."""
    known = {key: row for key, row in rows_known().items() if key in found}

    def bar(key: str, row: Row, figure: str) -> Bar:
        values = [100 * single[figure] for single in found[key]]
        spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
        return Bar(f"{NETWORKS[row.network]}: {row.title}", float(np.mean(values)), spread)

    panels = [(figure, [bar(key, row, figure) for key, row in known.items()]) for figure in ("accuracy", "AUROC")]
    draw_bars(file, panels, "percent", (50.0, 100.0))


def main(arguments: list[str]) -> int:
    """Train the rows that are asked for and not trained yet, judge all that are, and report."""
    parser = parser_of("published-tuberculosis", __doc__, runs="checkpoints, caches and the report")
    known = rows_known()
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"train these, of {', '.join(known)}, or all; none: only report")
    given = parser.parse_args(arguments)
    asked = list(known) if given.rows == ["all"] else given.rows
    unknown = [name for name in asked if name not in known]
    if unknown:
        parser.error(f"no row is called {', '.join(unknown)}")
    place = Workplace(start_of(RESNET_50), given.runs, given.data, given.seed)
    for name in asked:
        trained(known[name], place)
    found = {key: own for key, row in known.items() if (own := judged(row, place))}
    if not found:
        print("nothing is trained: python -m export published-tuberculosis all", flush=True)
        return 1
    examined = replace(place, recipe=training_of(known[next(iter(found))], 0, BATCH)).examined
    page = published_page(found, examined)
    draw(found, given.runs / f"{NAME}.png")
    target = page.write(given.runs, NAME)
    write_text(given.runs / NAME / "figures.json", json.dumps(found))
    print(f"{len(found)} of {len(known)} rows judged: {target}", flush=True)
    return 0
