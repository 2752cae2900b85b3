"""``python -m export noses``: how well noses are found and their fractures told and located, on people that were not learnt from.

The finder is asked of real skulls, as they came and posed otherwise. Fractures are a program's, or a hospital's own where there are some;
where one is, is told by what the generator changes and, to be held against it, by the classifier's own map. All as on the box, by the INT8
models that ship.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from edge_app.progress import followed
from edge_app.radiograph.picture import Picture
from edge_app.reading.activation import BOX_FRACTION, Heat, heat_of
from edge_app.reading.alignment import looked_at, within
from edge_app.reading.card import OPENVINO_MODEL, Card, load_card
from edge_app.reading.finding import Box
from edge_app.reading.nose import NOSE, found_nose, nose_part, square_around
from edge_app.reading.protocols.findings import heat, view_of
from edge_app.reading.protocols.nasal_bone import NASAL_FRACTURE, NASAL_MODEL, NOSE_MODEL
from edge_app.reading.runtimes import OpenVinoRunner
from edge_app.reading.seen import Seen
from export.atomic import write_png, write_text
from export.command_line import parser_of
from export.datasets.canvases import opened, part_canvases
from export.datasets.labelled import Labelled
from export.datasets.lung_boxes import looking
from export.datasets.nose_parts import nose_on, noses_of
from export.datasets.page import Block, Heading, Image, Page, Paragraph, Table
from export.evaluation.bootstrap import Draws, Rows
from export.evaluation.detection import overlap
from export.evaluation.figures import Estimate, plain
from export.evaluation.metrics import auroc_of
from export.evaluation.parts import estimated, estimated_mean
from export.evaluation.words import estimate
from export.plots import Bar, draw_bars
from export.posed import POSES
from export.recipes import nasal_bone, nose_finder
from export.saliency import saliency_of, with_gradient
from export.tasks.boxing import boxes_in
from export.tasks.running import logits_on
from export.workplace import Workplace

NAME = "noses"
WANTED = 0.85
CHANGED = 0.02
"""Of the whole range of greys: a change that is drawn in full colour on the sheet."""
_SHEET, _TILE = 8, 224


@dataclass(frozen=True)
class FoundNoses:
    """How well noses are found on skulls posed in one way; ``reached`` counts those that overlap by ``WANTED`` or more."""

    pose: str
    pictures: int
    overlap: Estimate
    least: float
    reached: int


@dataclass(frozen=True)
class Located:
    """How well broken noses' fractures are located by one means.

    ``inside``: how often the peak lies in the outline; ``overlap`` of the box that is shown with one around the outline, ``outlines`` of
    what is marked with the outline itself.
    """

    by: str
    pictures: int
    inside: Estimate
    overlap: Estimate
    outlines: Estimate


def found_noses(place: Workplace) -> list[FoundNoses]:
    """The finder on the skulls of the people kept apart, posed in every way."""
    boxes = {path: own[0][1] for path, own in boxes_in(place.data, (NOSE,)).items()}
    skulls = [picture for picture in place.examined if picture.path in boxes]
    look = looking(place.finished_noses / NOSE_MODEL)
    draws, found = Draws.of([skull.patient for skull in skulls], place.seed), []
    for name, pose in POSES.items():
        overlaps = []
        for at, skull in enumerate(followed(skulls, f"skulls {name}")):
            picture, box = pose(opened(skull.path), boxes[skull.path], np.random.default_rng([place.seed, at]))
            region = found_nose(look(picture), picture)
            overlaps.append(0.0 if region is None else overlap(box, region.box))
        values = np.array(overlaps, dtype=np.float64)
        found.append(FoundNoses(name, len(skulls), estimated_mean(values, draws), float(values.min()), int((values >= WANTED).sum())))
    return found


@dataclass(frozen=True, eq=False)
class BrokenNose:
    """A broken nose as the box shows it to the model.

    ``outline`` (placement.height, placement.width) of the model's canvas says where it is broken, ``box`` lies around that, in original
    pixels; ``batch`` is what the model was shown.
    """

    picture: Picture
    seen: Seen
    outline: NDArray[np.bool_]
    box: Box
    batch: NDArray[np.float32]

    def changed(self) -> Heat | None:
        """Where the generator changes it."""
        assert self.seen.map is not None  # noqa: S101  (its card says so)
        return heat_of(self.seen.map[0, -2], view_of(self.seen, self.picture, None), averaged=True)

    def looked_for(self) -> Heat | None:
        """Where the generator is let change it, learnt from the classifier's saliency: what the box shows."""
        return heat(self.seen, view_of(self.seen, self.picture, None), NASAL_FRACTURE)

    def lit(self, classifier: nn.Module) -> Heat | None:
        """Where the trained classifier's own map lights up."""
        with torch.no_grad():
            _, activation = classifier(torch.from_numpy(self.batch))
        return heat_of(activation[0, 0].numpy(), view_of(self.seen, self.picture, None), averaged=True)

    def gone_by(self, classifier: nn.Module) -> Heat | None:
        """What of it decides what the trained classifier says."""
        saliency = saliency_of(classifier, torch.from_numpy(self.batch))
        return heat_of(saliency[0, 0].numpy(), view_of(self.seen, self.picture, None), averaged=True)


def broken_nose(picture: Labelled, card: Card, runner: OpenVinoRunner, models: Path) -> BrokenNose | None:
    """None where no nose was found, or nobody outlined the fracture."""
    file = picture.masks.get(NASAL_FRACTURE)
    mask = None if file is None else cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    if mask is None or not mask.any():
        return None
    whole = opened(picture.path)
    nose = nose_on(whole, models)
    if nose is None:
        return None
    batch, placement, part = looked_at(whole, nose_part(whole, nose), card.input)
    assert part is not None  # noqa: S101  (a nose is a part)
    scale_x, scale_y = whole.columns / mask.shape[1], whole.rows / mask.shape[0]
    rows = slice(round(part.y / scale_y), round((part.y + part.height) / scale_y))
    columns = slice(round(part.x / scale_x), round((part.x + part.width) / scale_x))
    size = placement.width, placement.height
    outline = cv2.resize((mask[rows, columns] > 127).astype(np.float32), size, interpolation=cv2.INTER_LINEAR) >= 0.5
    x, y, width, height = cv2.boundingRect((mask > 127).astype(np.uint8))
    box = Box(x * scale_x, y * scale_y, width * scale_x, height * scale_y)
    return BrokenNose(whole, Seen(card, *runner.run(batch), placement, part), np.asarray(outline), box, batch)


@dataclass(frozen=True)
class Teller:
    """One classifier of broken noses, in FP32 as it was trained."""

    name: str
    pictures: int
    broken: int
    auroc: Estimate


def tellers(place: Workplace) -> list[Teller]:
    """The published classifier and the small one, as far as they are trained, on the noses that the box finds on the same pictures."""
    trained = [
        own for own in (replace(place, recipe=recipe) for recipe in (nasal_bone.PUBLISHED, nasal_bone.CLASSIFIER)) if own.weights.is_file()
    ]
    if not trained:
        return []
    pictures = [picture for picture in place.examined if picture.source in place.figures_from and NASAL_FRACTURE in picture.labels]
    noses = noses_of(pictures, place.finished_noses)
    there = [(picture, square_around(nose)) for picture, nose in zip(pictures, noses, strict=True) if nose is not None]
    truth = np.array([picture.labels[NASAL_FRACTURE] for picture, _ in there], dtype=np.float64)
    draws, found = Draws.of([picture.patient for picture, _ in there], place.seed), []
    for own in trained:
        shown = part_canvases([picture for picture, _ in there], [part for _, part in there], own.recipe.input.height, place.cache)
        given = logits_on(own.trained(), own.recipe, shown, 1)[:, 0].astype(np.float64)

        def area(rows: Rows, given: NDArray[np.float64] = given) -> float:
            return auroc_of(given[rows], truth[rows])

        found.append(Teller(own.recipe.title, len(there), int((truth >= 0.5).sum()), estimated(area, len(there), draws)))
    return found


def located(by: str, noses: Sequence[BrokenNose], heats: Sequence[Heat | None], draws: Draws) -> Located:
    """How well the ``heats`` point at the noses' fractures, and what of each is at least half as warm as its peak outlines them."""
    inside, overlaps, outlines = [], [], []
    for nose, found in zip(noses, heats, strict=True):
        peak = None if found is None else np.unravel_index(int(found.values.argmax()), found.values.shape)
        marked = np.zeros_like(nose.outline) if found is None else found.values >= BOX_FRACTION
        inside.append(float(peak is not None and bool(nose.outline[peak])))
        overlaps.append(overlap(nose.box, None if found is None else found.box()))
        outlines.append(float((nose.outline & marked).sum() / max(1, (nose.outline | marked).sum())))

    def mean(values: list[float]) -> Estimate:
        return estimated_mean(np.array(values, dtype=np.float64), draws)

    return Located(by, len(noses), mean(inside), mean(overlaps), mean(outlines))


def located_by_all(noses: Sequence[BrokenNose], classifier: nn.Module | None, draws: Draws) -> list[Located]:
    """By what the generator changes, by where it is let; by the map and the saliency of the trained ``classifier`` where it is at hand."""
    heats = {
        "what the generator changes": [nose.changed() for nose in noses],
        "where it may, learnt from the saliency": [nose.looked_for() for nose in noses],
    }
    if classifier is not None:
        with_gradient(classifier.eval())
        heats["the classifier's map"] = [nose.lit(classifier) for nose in noses]
        heats["the classifier's saliency"] = [nose.gone_by(classifier) for nose in noses]
    return [located(by, noses, own, draws) for by, own in heats.items()]


def tiles(nose: BrokenNose) -> NDArray[np.uint8]:
    """The nose, what is changed on it with the outline of what is broken, and the nose repaired."""
    assert nose.seen.map is not None  # noqa: S101  (its card says so)
    part = nose.seen.part
    assert part is not None  # noqa: S101  (a nose is a part)
    scale = nose.picture.columns / nose.picture.pixels.shape[1]
    cut = np.s_[round(part.y / scale) : round((part.y + part.height) / scale), round(part.x / scale) : round((part.x + part.width) / scale)]
    size = nose.outline.shape[::-1]
    grey = cv2.resize(nose.picture.windowed()[cut], size, interpolation=cv2.INTER_AREA)
    repaired = within(nose.seen.map[0, -1], nose.seen.placement)
    changed = np.clip(within(nose.seen.map[0, -2], nose.seen.placement) / CHANGED, 0.0, 1.0)[..., None]
    shown = np.repeat(grey[..., None], 3, axis=2) * (1 - changed) + np.array([0.13, 0.55, 1.0]) * changed
    drawn = [np.repeat(grey[..., None], 3, axis=2), shown, np.repeat(repaired[..., None], 3, axis=2)]
    eight_bit = [np.ascontiguousarray(np.rint(np.clip(own, 0.0, 1.0) * 255.0).astype(np.uint8)) for own in drawn]
    edges = cv2.findContours(nose.outline.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    cv2.drawContours(eight_bit[1], edges, -1, (0, 220, 255), 1)
    return np.hstack([np.asarray(cv2.resize(own, (_TILE, _TILE), interpolation=cv2.INTER_AREA)) for own in eight_bit])


def noses_page(
    finder: Sequence[FoundNoses], told: str, classifiers: Sequence[Teller], fractures: Sequence[Located], *, real: bool, sheet: bool
) -> Page:
    """The tables, and the pictures where there are some."""
    poses = tuple((own.pose, str(own.pictures), estimate(own.overlap), f"{own.least:.2f}", str(own.reached)) for own in finder)
    blocks: list[Block] = [
        Paragraph("Real lateral skulls of people that were not learnt from; overlap is intersection over union with the marked nose."),
        Table(("the skull", "pictures", "mean overlap", "least", f"{WANTED:g} or more"), poses),
        Image(f"{NAME}.png", "mean overlap by pose"),
        Heading("Fractures"),
        Paragraph(("A hospital's own noses. " if real else "Fractures that a program drew on those skulls. ") + told),
    ]
    if classifiers:
        areas = tuple((own.name, f"{own.broken} of {own.pictures}", estimate(own.auroc)) for own in classifiers)
        blocks.append(Table(("told in FP32 by", "broken", "AUROC"), areas))
    if fractures:
        rows = tuple(
            (own.by, str(own.pictures), *(estimate(value) for value in (own.inside, own.overlap, own.outlines))) for own in fractures
        )
        blocks.append(Table(("located by", "pictures", "peak in the outline", "overlap of boxes", "overlap of outlines"), rows))
    if sheet:
        blocks.append(
            Image(f"{NAME}_sheet.png", "the nose, what the generator changes with what is broken outlined, and the nose repaired")
        )
    return Page("Noses and their fractures", blocks)


def main(arguments: list[str]) -> int:
    """Judge the finished models."""
    parser = parser_of("noses", __doc__, runs="caches and the report", models="the finished models to judge")
    given = parser.parse_args(arguments)
    if not (given.models / NOSE_MODEL).is_dir():
        print(f"there is no such model: python -m export {NOSE_MODEL} all", flush=True)
        return 1
    place = Workplace(nose_finder.RECIPE, given.runs, given.data, given.seed, models=given.models)
    finder = found_noses(place)
    own = replace(place, recipe=nasal_bone.RECIPE)
    told, fractures, real, sheet = "There is no model that tells them yet.", list[Located](), False, given.runs / f"{NAME}_sheet.png"
    if (given.models / NASAL_MODEL).is_dir():
        card = load_card(given.models / NASAL_MODEL)
        runner = OpenVinoRunner(given.models / NASAL_MODEL / OPENVINO_MODEL, card, cache=None, threads=None)
        examined = [picture for picture in own.examined if picture.source in own.figures_from]
        asked = [picture for picture in examined if picture.labels.get(NASAL_FRACTURE, 0.0) >= 0.5]
        found = [(picture, broken_nose(picture, card, runner, given.models)) for picture in followed(asked, "broken noses looked at")]
        noses = [(picture, nose) for picture, nose in found if nose is not None]
        trained = replace(own, recipe=nasal_bone.CLASSIFIER)
        classifier = trained.recipe.task.shipped(trained.trained()) if trained.weights.is_file() else None
        fractures = located_by_all([nose for _, nose in noses], classifier, Draws.of([picture.patient for picture, _ in noses], given.seed))
        label, real = card.label(NASAL_FRACTURE), not any(picture.simulated for picture in examined)
        area = "–" if label.auroc is None else f"{label.auroc:.3f}"
        told = f"Told apart from whole ones at an AUROC of {area}; {len(asked)} are broken, in {len(asked) - len(noses)} no nose was found."
        if noses:
            write_png(sheet, np.vstack([tiles(nose) for _, nose in noses[:_SHEET]]))
    draw_bars(given.runs / f"{NAME}.png", [("noses", [Bar(one.pose, one.overlap.value or 0.0) for one in finder])], "overlap", (0.0, 1.0))
    classifiers = tellers(own)
    target = noses_page(finder, told, classifiers, fractures, real=real, sheet=bool(fractures)).write(given.runs, NAME)
    written: dict[str, Sequence[object]] = {"finder": finder, "classifiers": classifiers, "fractures": fractures}
    write_text(given.runs / f"{NAME}.json", json.dumps({name: [plain(one) for one in rows] for name, rows in written.items()}))
    print(
        f"{sum(one.pictures for one in finder)} skulls and {sum(one.pictures for one in fractures[:1])} broken noses: {target}", flush=True
    )
    return 0
