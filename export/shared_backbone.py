"""``python -m export shared-backbone``: would the findings' features grade the lungs as well as the severity's own network does?

One network less would be faster. A ridge regression from the features that the findings' network has of each zone is fitted and judged on
the very patients that ``chest_severity``'s figures come from, fold by fold. The findings' network has seen pictures of some of them, with
no grade of theirs but an auxiliary label; so this flatters what it is to show.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from torch import Tensor
from torch.nn import functional

from edge_app.reading.card import load_card
from edge_app.reading.protocols.chest import SEVERITY_MODEL
from edge_app.reading.severity import BRIXIA, GEOGRAPHIC_EXTENT, OPACITY
from export.architectures.located import LocatedNetwork
from export.architectures.zoned import COLUMNS, ROWS
from export.command_line import parser_of
from export.datasets.canvases import part_canvases
from export.datasets.labelled import label_matrix
from export.datasets.lung_boxes import lung_boxes
from export.datasets.page import Image, Page, Paragraph, Table
from export.plots import Bar, draw_bars
from export.recipes import chest_findings, chest_severity
from export.tasks.running import normalised
from export.workplace import Workplace

NAME = "shared_backbone"
GRADES = (BRIXIA, GEOGRAPHIC_EXTENT, OPACITY)
PENALTIES = tuple(np.logspace(0, 6, 13))

Float64 = NDArray[np.float64]


@torch.no_grad()
def zone_features(network: LocatedNetwork, findings: Workplace, canvases: NDArray[np.uint8]) -> Float64:
    """(pictures, features): of the six zones the mean of both levels that the network has, as one row."""
    grey = np.asarray(canvases, dtype=np.float32) / np.float32(255.0)

    def zoned(level: Tensor) -> Tensor:
        return functional.adaptive_avg_pool2d(level, (ROWS, COLUMNS)).flatten(1)

    levels = network.eval().backbone(normalised(grey, findings.recipe))
    return np.asarray(torch.cat([zoned(level) for level in levels], 1).numpy(), dtype=np.float64)


def errors(features: Float64, shares: Float64, fitted: NDArray[np.bool_], maximum: float) -> list[float]:
    """The absolute errors in points of those not ``fitted`` whose share of the maximum is known, by a ridge regression on the others."""
    known = np.isfinite(shares)
    centre, spread = features[fitted & known].mean(0), features[fitted & known].std(0) + 1e-6
    scaled = (features - centre) / spread
    model = RidgeCV(alphas=PENALTIES).fit(scaled[fitted & known], shares[fitted & known])
    held = known & ~fitted
    return [float(own) for own in np.abs(np.clip(model.predict(scaled[held]), 0.0, 1.0) - shares[held]) * maximum]


def _beside(errors: Sequence[float], mae: float | None) -> list[Bar]:
    """The mean of these errors, and where it is known that of the model that ships."""
    own = Bar("from the findings' features", float(np.mean(errors)))
    return [own] if mae is None else [own, Bar("the model that ships", mae, marked=True)]


def main(arguments: list[str]) -> int:
    """Parse the command line, fit, judge and report; 1 where the findings' network was not trained here."""
    parser = parser_of(
        "shared-backbone", __doc__, runs="the findings' weights and the report", models="the models to look through and to compare with"
    )
    given = parser.parse_args(arguments)
    findings = Workplace(chest_findings.RECIPE, given.runs, given.data, given.seed, models=given.models)
    if not findings.weights.is_file():
        print(f"{findings.weights} is not there: python -m export {findings.recipe.name} train", flush=True)
        return 1
    network = findings.trained()
    assert isinstance(network, LocatedNetwork)  # noqa: S101  (its recipe says so)
    severity = Workplace(chest_severity.RECIPE, given.runs, given.data, given.seed, models=given.models)
    card = load_card(given.models / SEVERITY_MODEL)
    found: dict[str, list[float]] = {name: [] for name in GRADES}
    for fold in severity.folds:
        pictures = (*fold.split.training, *fold.split.validation)
        boxes = lung_boxes(pictures, fold.finished, fold.cache)
        lungs = [at for at, box in enumerate(boxes) if box is not None]
        own = [pictures[at] for at in lungs]
        side = findings.recipe.input.height
        shown = part_canvases(own, [boxes[at] for at in lungs], side, fold.cache)
        features = zone_features(network, findings, shown)
        shares = label_matrix(own, GRADES).astype(np.float64)
        judged = {picture.path for picture in fold.examined if picture.source in severity.figures_from}
        fitted = np.array([picture.path not in judged for picture in own], dtype=np.bool_)
        for at, name in enumerate(GRADES):
            found[name] += errors(features, shares[:, at], fitted, card.grade(name).maximum)
    rows = tuple(
        (name, str(len(own)), f"{np.mean(own):.2f}", "–" if card.grade(name).mae is None else f"{card.grade(name).mae:.2f}")
        for name, own in found.items()
    )
    page = Page(
        "Grading from the findings' features",
        [
            Paragraph("Mean absolute error in points on patients that neither regression was fitted on."),
            Table(("grade", "pictures", "from the findings' features", f"{card.name} {card.version}"), rows),
            Image(f"{NAME}.png", "errors of both, grade by grade; red is the model that ships"),
        ],
    )
    draw_bars(
        given.runs / f"{NAME}.png", [(name, _beside(found[name], card.grade(name).mae)) for name in found], "mean absolute error, points"
    )
    target = page.write(given.runs, NAME)
    print(f"{', '.join(f'{name} {error}' for name, _, error, _ in rows)}: {target}", flush=True)
    return 0
