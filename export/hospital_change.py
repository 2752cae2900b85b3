"""``python -m export hospital-change``: what the tuberculosis network makes of hospitals whose tuberculosis it has not learnt from.

One real set has tuberculosis, so another hospital is made up in two ways, neither of which touches pictures kept apart for acceptance: the
same patients as if another maker's machine had shown them; and other patients of sources of which it has seen clear chests alone. Of
those that are clear none may be called, those that text says have what tuberculosis looks like should stand above them, and into clear
ones tuberculosis is drawn. Ranks within one source say more than whom one threshold calls there, for that a source's clear chests teach.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from edge_app.reading.protocols.tuberculosis import TUBERCULOSIS
from edge_app.reading.standardising import BORDER
from export.atomic import write_text
from export.augment import Augmentation, degraded
from export.command_line import parser_of
from export.datasets.canvases import part_canvases
from export.datasets.labelled import Labelled, is_clear, label_matrix
from export.datasets.lung_boxes import lung_boxes
from export.datasets.page import Block, Image, Page, Paragraph, Table
from export.evaluation.bootstrap import Draws, Rows
from export.evaluation.figures import Estimate, plain
from export.evaluation.metrics import auroc_of
from export.evaluation.parts import estimated, patients_of
from export.evaluation.scaling import cross_fits
from export.evaluation.words import NOTHING, estimate
from export.photo import photographed
from export.plots import Bar, draw_bars
from export.pointing import Pointing, pointing_blocks, pointings
from export.processing import Processing, processed, restyled
from export.recipes.tuberculosis import RECIPE
from export.simulate.tuberculous_chests import tuberculous_chests
from export.tasks.running import logits_on
from export.workplace import Workplace

NAME = "hospital_change"
REAL = "tuberculosis"
SENSITIVITY = 0.9
MOST_DRAWN = 200
_SMALL = 64

Grey = NDArray[np.float32]
Change = Callable[[Grey, np.random.Generator], Grey]


@dataclass(frozen=True)
class Told:
    """How well tuberculosis is told in one set of pictures; called from the threshold that finds 90 % in the set as it came."""

    name: str
    pictures: int
    positives: int
    auroc: Estimate
    sensitivity: float
    specificity: float


def _coarse(grey: Grey, _random: np.random.Generator) -> Grey:
    small = cv2.resize(grey, (_SMALL, _SMALL), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, grey.shape[::-1], interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def changes(styles: Mapping[str, NDArray[np.uint8]]) -> dict[str, Change]:
    """What may be different elsewhere, by name; ``styles`` are (pictures, side, side) of each source whose machines are imitated."""

    def like(pictures: NDArray[np.uint8]) -> Change:
        def change(grey: Grey, random: np.random.Generator) -> Grey:
            own = pictures[int(random.integers(len(pictures)))]
            return restyled(grey, np.asarray(own, dtype=np.float32) / np.float32(255.0))

        return change

    worn = Augmentation(gamma=2.0, coarse=0.3, border=0.3, blur=0.3, noise=0.5, jpeg=0.5, erase=0.0)
    return {
        "as they came": lambda grey, _random: grey,
        **{f"as {source} shows chests": like(pictures) for source, pictures in styles.items()},
        "by another maker's processing": lambda grey, random: processed(grey, Processing(), random),
        "worn: exposure, noise, JPEG, borders": lambda grey, random: degraded(grey, worn, random),
        f"shrunk to {_SMALL} pixels": _coarse,
        "photographed off a screen": photographed,
    }


def changed(canvases: NDArray[np.uint8], change: Change, seed: int) -> NDArray[np.uint8]:
    """(pictures, side, side) uint8, each changed by chance of its own."""
    made = np.empty(canvases.shape, dtype=np.uint8)
    for at, own in enumerate(canvases):
        grey = np.asarray(own, dtype=np.float32) / np.float32(255.0)
        made[at] = np.rint(np.clip(change(grey, np.random.default_rng([seed, at])), 0.0, 1.0) * 255.0)
    return made


def told(name: str, pictures: Sequence[Labelled], logits: NDArray[np.float32], threshold: float, seed: int) -> Told:
    """How well the (pictures,) logits tell it, called from ``threshold``; a share of nothing is NaN, and where nothing is called."""
    truth = label_matrix(pictures, (TUBERCULOSIS,))[:, 0].astype(np.float64)
    sick, clear = truth >= 0.5, truth < 0.5
    draws = Draws.of(patients_of(pictures, np.ones(len(pictures), dtype=np.bool_)), seed)

    def area(rows: Rows) -> float:
        return auroc_of(logits[rows], truth[rows])

    return Told(
        name=name,
        pictures=int((sick | clear).sum()),
        positives=int(sick.sum()),
        auroc=estimated(area, len(pictures), draws),
        sensitivity=_share(logits[sick] >= threshold, threshold),
        specificity=_share(logits[clear] < threshold, threshold),
    )


def _share(called: NDArray[np.bool_], threshold: float) -> float:
    return float(called.mean()) if called.size and np.isfinite(threshold) else float("nan")


class _Asked:
    """One trained network with what it is shown."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._network = place.recipe.task.shipped(place.trained())

    def shown(self, pictures: Sequence[Labelled]) -> NDArray[np.uint8]:
        """(pictures, side, side) as the network sees them."""
        parts = lung_boxes(pictures, self._place.finished, self._place.cache)
        return part_canvases(pictures, parts, self._place.recipe.input.height, self._place.cache)

    def logits(self, canvases: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(pictures,) logits."""
        return np.asarray(logits_on(self._network, self._place.recipe, canvases, 1)[:, 0])


def by_greys_alone(canvases: NDArray[np.uint8], truth: NDArray[np.float32], patients: Sequence[str]) -> NDArray[np.float32]:
    """(pictures,) logits told from the mean and the spread of the greys and nothing else, each by a fit on other patients.

    What that tells is no disease: it is how those with it were taken otherwise than those without.
    """
    shown = [own[own > BORDER * 255] if (own > BORDER * 255).any() else own for own in canvases]
    greys = np.array([(own.mean(), own.std()) for own in shown], dtype=np.float64)
    told = np.empty(len(truth), dtype=np.float32)
    for fitted, held in cross_fits(patients):
        model = make_pipeline(StandardScaler(), LogisticRegression()).fit(greys[fitted], truth[fitted] >= 0.5)
        told[held] = model.decision_function(greys[held])
    return told


def _as_it(picture: Labelled) -> Labelled:
    """A picture of which no label says whether it is tuberculosis, counted as it: it is what a screening test should send on."""
    return replace(picture, labels={TUBERCULOSIS: 1.0})


def judged(place: Workplace) -> list[Told]:
    """Every made-up hospital, as the network of ``place`` tells it."""
    asked = _Asked(place)
    by_source, unsure = dict[str, list[Labelled]](), dict[str, list[Labelled]]()
    for picture in place.examined:
        if picture.simulated:
            continue
        (by_source if TUBERCULOSIS in picture.labels else unsure).setdefault(picture.source, []).append(picture)
    real = by_source.pop(REAL)
    shown = asked.shown(real)
    truth = label_matrix(real, (TUBERCULOSIS,))[:, 0]
    threshold = float(np.quantile(asked.logits(shown)[truth >= 0.5], 1.0 - SENSITIVITY))
    greys = by_greys_alone(shown, truth, [picture.patient for picture in real])
    found = [told(f"{REAL}, by the mean and spread of the greys alone", real, greys, float("nan"), place.seed)]
    styles = {source: asked.shown(pictures) for source, pictures in by_source.items()}
    found += [
        told(f"{REAL}, {name}", real, asked.logits(changed(shown, change, place.seed)), threshold, place.seed)
        for name, change in changes(styles).items()
    ]
    for source, pictures in by_source.items():
        clear = [picture for picture in pictures if is_clear(picture)]
        drawn = tuberculous_chests(clear, place.drawn, place.finished, place.seed, min(MOST_DRAWN, len(clear)))
        known = [own for own in drawn if TUBERCULOSIS in own.labels]
        found.append(told(f"{source}, clear chests", clear, asked.logits(asked.shown(clear)), threshold, place.seed))
        like = [_as_it(own) for own in unsure.get(source, [])]
        if like:
            both = [*clear, *like]
            title = f"{source}, what looks like it against clear chests"
            found.append(told(title, both, asked.logits(asked.shown(both)), threshold, place.seed))
        found.append(told(f"{source}, drawn into clear chests", known, asked.logits(asked.shown(known)), threshold, place.seed))
    return found


def change_page(found: Sequence[Told], pointed: Sequence[Pointing]) -> Page:
    """A row for each made-up hospital, and where the map points."""
    blocks: list[Block] = [
        Paragraph(
            "The network in FP32 on patients it has not seen; of the other sources clear chests alone have taught it. AUROC with its "
            "95 % interval; sensitivity and specificity where 90 % are "
            "found among the real pictures as they came. A machine's style is imitated by the energies of its frequency bands, which is "
            "what pictures are brought to one measure of before they are read, so those rows say little more than that this works; tone "
            "curves, local equalisation and photographs it does not undo. What looks like tuberculosis is infiltration, consolidation, "
            "nodules, masses, fibrosis, pleural thickening and effusion as text was mined; drawn tuberculosis is a program's."
        )
    ]
    rows = tuple(
        (own.name, str(own.pictures), str(own.positives), estimate(own.auroc), _percent(own.sensitivity), _percent(own.specificity))
        for own in found
    )
    blocks.append(Table(("", "pictures", "positives", "AUROC", "sensitivity", "specificity"), rows))
    blocks.append(Image(f"{NAME}.png", "AUROC at each made-up hospital"))
    blocks += pointing_blocks(pointed)
    return Page("Tuberculosis at hospitals that were not learnt from", blocks)


def _percent(share: float) -> str:
    return NOTHING if np.isnan(share) else f"{100 * share:.1f} %"


def draw(found: Sequence[Told], file: Path) -> None:
    """The AUROC at each made-up hospital."""

    def bar(own: Told) -> Bar:
        value = own.auroc.value or 0.0
        low, high = own.auroc.ci95 or (value, value)
        return Bar(own.name, value, (high - low) / 2)

    draw_bars(file, [("tuberculosis", [bar(own) for own in found if own.auroc.value is not None])], "AUROC", (0.5, 1.0))


def main(arguments: list[str]) -> int:
    """Judge the trained network."""
    parser = parser_of("hospital-change", __doc__, runs="the trained network and the report", models="the finished models to look through")
    given = parser.parse_args(arguments)
    place = Workplace(RECIPE, given.runs, given.data, given.seed, models=given.models)
    if not place.weights.is_file():
        print(f"nothing is trained: python -m export {RECIPE.name} train", flush=True)
        return 1
    found = judged(place)
    finished = (place.finished / RECIPE.name).is_dir()
    pointed = pointings(place) if finished else []
    page = change_page(found, pointed)
    draw(found, given.runs / f"{NAME}.png")
    target = page.write(given.runs, NAME)
    written = {"hospitals": [plain(own) for own in found], "pointing": [plain(own) for own in pointed]}
    write_text(given.runs / f"{NAME}.json", json.dumps(written))
    print(f"{len(found)} made-up hospitals: {target}", flush=True)
    return 0
