"""``python -m export boxes``: where the findings' maps point and which boxes they give, held against known boxes.

The boxes that radiologists drew were never learnt from. They are asked of every boxed picture whether or not the finding would be called
there, since where it points is one question and whether another. Average precision asks both at once, of those boxes and of the findings
drawn on patients that nothing was learnt from.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge_app.progress import followed
from edge_app.reading.activation import Area, Heat, View
from edge_app.reading.alignment import looked_at
from edge_app.reading.anatomy import Anatomy, thorax_hull
from edge_app.reading.calibration import probabilities
from edge_app.reading.card import OPENVINO_MODEL, Card, load_card
from edge_app.reading.finding import Box
from edge_app.reading.protocols.chest import CHEST_MODEL
from edge_app.reading.protocols.findings import box_of, heat, regions, view_of
from edge_app.reading.runtimes import OpenVinoRunner, Runner
from edge_app.reading.seen import Seen
from export.command_line import parser_of
from export.datasets.boxes import Box as DrawnBox
from export.datasets.boxes import boxes_table
from export.datasets.canvases import opened
from export.datasets.labelled import Labelled
from export.datasets.lung_boxes import anatomy_of
from export.datasets.page import Block, Heading, Image, Page, Paragraph, Table
from export.datasets.split import in_mixed_order
from export.evaluation.detection import Detected, Marked, average_precisions, overlap
from export.plots import Bar, draw_bars
from export.recipes.chest_findings import RECIPE
from export.simulate.drawing import drawn_boxes
from export.simulate.lesion_chests import SOURCE as DRAWN
from export.workplace import Workplace

NAME = "boxes"
OVERLAPS = (0.25, 0.4, 0.5)
PRECISE = (0.4, 0.5)
DRAWN_TRIED = 400
NAMES = {"Infiltrate": "Infiltration"}
"""What the table of boxes calls otherwise than the labels."""


@dataclass(frozen=True, eq=False)
class Sight:
    """What the findings' network makes of one picture."""

    seen: Seen
    view: View

    @classmethod
    def of(cls, path: Path, card: Card, runner: Runner, models: Path, area: Callable[[Anatomy], Area | None] = thorax_hull) -> "Sight":
        """Show it the picture just as the box does, which looks for findings in that ``area``."""
        picture = opened(path)
        anatomy = anatomy_of(picture, models)
        batch, placement, part = looked_at(picture, anatomy.lungs, card.input)
        seen = Seen(card, *runner.run(batch), placement, part)
        return cls(seen, view_of(seen, picture, area(anatomy)))

    def heat(self, finding: str) -> Heat | None:
        """Where it saw something of a finding."""
        return heat(self.seen, self.view, finding)

    def peak(self, finding: str) -> tuple[float, float] | None:
        """Where it saw most of it, x and y in original pixels; None where its map points nowhere."""
        found = self.heat(finding)
        if found is None:
            return None
        row, column = np.unravel_index(int(found.values.argmax()), found.values.shape)
        part, placement = found.view.part, found.view.placement
        start = (0.0, 0.0) if part is None else (part.x, part.y)
        return start[0] + (float(column) + 0.5) / placement.factor_x, start[1] + (float(row) + 0.5) / placement.factor_y

    def box(self, finding: str) -> Box | None:
        """The box that the finding would have on the screen."""
        return box_of(self.seen, self.view, finding)

    def probabilities(self) -> dict[str, float]:
        """Of every finding."""
        given = probabilities(self.seen.card, self.seen.logits)
        return {label.name: given[label.name] for label in self.seen.card.labels}

    def detected(self, path: Path) -> list[Detected]:
        """All boxes of all findings; of a network that tells no regions, each finding's one box of its heat."""
        found = []
        for name, probability in self.probabilities().items():
            if self.seen.card.reach:
                own = regions(self.seen, self.view, name)
                found += [Detected(path, name, region.box, probability * region.score) for region in own]
            else:
                found += self._heated(path, name, probability)
        return found

    def heated(self, path: Path) -> list[Detected]:
        """Each finding's one box of its heat."""
        return [own for name, probability in self.probabilities().items() for own in self._heated(path, name, probability)]

    def _heated(self, path: Path, name: str, probability: float) -> list[Detected]:
        seen = self.heat(name)
        box = None if seen is None else seen.box()
        return [] if box is None else [Detected(path, name, box, probability)]


@dataclass(frozen=True)
class Pointed:
    """One known box: how much the box that is shown overlaps it and how much that of the heat, and whether the heat's peak lies inside."""

    marked: Marked
    overlap: float
    heat_overlap: float
    inside: bool
    unseen: bool
    """Whether the patient is none of those that labels were learnt from."""


def marked_box(box: DrawnBox) -> Marked:
    """A radiologist's box under the label's name."""
    return Marked(box.picture, NAMES.get(box.label, box.label), Box(box.x, box.y, box.w, box.h))


def pointed(marked: Marked, sight: Sight, *, unseen: bool) -> Pointed:
    """Hold what is seen of a finding against its known box."""
    box, found, peak = marked.box, sight.heat(marked.finding), sight.peak(marked.finding)
    shown_overlap = overlap(box, sight.box(marked.finding))
    if found is None or peak is None:
        return Pointed(marked, shown_overlap, 0.0, inside=False, unseen=unseen)
    x, y = peak
    inside = box.x <= x <= box.x + box.width and box.y <= y <= box.y + box.height
    return Pointed(marked, shown_overlap, overlap(box, found.box()), inside, unseen)


def _pointing(found: Sequence[Pointed]) -> Table:
    rows = []
    for name, own in (("all", list(found)), ("of patients not learnt from", [one for one in found if one.unseen])):
        hits = [str(sum(one.overlap >= least for one in own)) for least in OVERLAPS]
        by_heat = [str(sum(one.heat_overlap >= least for one in own)) for least in OVERLAPS]
        mean = f"{np.mean([one.overlap for one in own]):.3f}" if own else "–"
        heated = f"{np.mean([one.heat_overlap for one in own]):.3f}" if own else "–"
        rows.append((name, str(len(own)), str(sum(one.inside for one in own)), *hits, mean, *by_heat, heated))
    of_box = tuple(f"overlap ≥ {least:g}" for least in OVERLAPS)
    of_heat = tuple(f"heat's box ≥ {least:g}" for least in OVERLAPS)
    return Table(("boxes", "number", "peak inside", *of_box, "mean overlap", *of_heat, "mean of the heat's"), tuple(rows))


def precision_table(named: Sequence[tuple[str, Sequence[Marked], Sequence[Detected]]]) -> Table:
    """Average precision by finding and their mean, of each set of known boxes against each set of found ones."""
    given = [[average_precisions(marked, detected, least) for least in PRECISE] for _, marked, detected in named]
    findings = sorted({name for own in given for each in own for name in each})
    numbers = [{name: sum(own.finding == name for own in marked) for name in findings} for _, marked, _ in named]

    def cells(name: str) -> list[str]:
        return [
            cell
            for own, number in zip(given, numbers, strict=True)
            for cell in (str(number[name]), *(f"{each[name]:.3f}" if name in each else "–" for each in own))
        ]

    means = [
        cell
        for own, number in zip(given, numbers, strict=True)
        for cell in (str(sum(number.values())), *(f"{np.mean(list(each.values())):.3f}" if each else "–" for each in own))
    ]
    columns = [cell for name, _, _ in named for cell in (name, *(f"AP at {least:g}" for least in PRECISE))]
    return Table(("", *columns), (("mean", *means), *((name, *cells(name)) for name in findings)))


def boxes_page(found: Sequence[Pointed], precision: Table) -> Page:
    """How often the maps point to the boxes, of all and of patients that no label was learnt from, and the average precisions."""
    single = tuple(
        (one.marked.picture.name, one.marked.finding, f"{one.overlap:.2f}", f"{one.heat_overlap:.2f}", "yes" if one.inside else "no")
        for one in found
    )
    blocks: list[Block] = [
        Paragraph("Boxes that radiologists drew, none of them learnt from; overlap is intersection over union."),
        _pointing(found),
        Image(f"{NAME}.png", "mean overlap of what is found with what radiologists drew, by finding, with how many boxes there are"),
        Heading("Average precision"),
        Paragraph(
            "Boxes ranked by probability. On drawn pictures everything that was laid is known; of radiologists' boxes only what they "
            "marked is, so that other findings on the same pictures count for nothing and pictures without a box of a finding count "
            "against it only where its label is negative. All drawn pictures are of patients that nothing was learnt from."
        ),
        precision,
        Heading("Box by box"),
        Table(("picture", "finding", "overlap", "heat's overlap", "peak inside"), single),
    ]
    return Page("Where the findings' maps point", blocks)


def draw_overlaps(found: Sequence[Pointed], file: Path) -> None:
    """How far the boxes overlap with the radiologists' by finding: the mean, and how many there are."""
    names = sorted({one.marked.finding for one in found})
    by_name = {name: [one for one in found if one.marked.finding == name] for name in names}
    of_box = [Bar(f"{name} ({len(own)})", float(np.mean([one.overlap for one in own]))) for name, own in by_name.items()]
    of_heat = [Bar(f"{name} ({len(own)})", float(np.mean([one.heat_overlap for one in own]))) for name, own in by_name.items()]
    draw_bars(file, [("boxes", of_box), ("boxes of the heat", of_heat)], "mean overlap", (0.0, 1.0))


def _on_drawn(
    pictures: Sequence[Labelled], card: Card, runner: Runner, models: Path
) -> tuple[list[Marked], list[Detected], list[Detected]]:
    marked, detected, heated = [], [], []
    for picture in followed(pictures, "drawn pictures looked at"):
        sight = Sight.of(picture.path, card, runner, models)
        marked += [Marked(picture.path, own.finding, own.box) for own in drawn_boxes(picture.path)]
        # Of a finding that cannot be told from what was laid, nothing found is right or wrong.
        detected += [own for own in sight.detected(picture.path) if own.finding in picture.labels]
        heated += [own for own in sight.heated(picture.path) if own.finding in picture.labels]
    return marked, detected, heated


def main(arguments: list[str]) -> int:
    """Parse the command line, hold the maps against the boxes and report; 1 where there are none."""
    parser = parser_of("boxes", __doc__, runs="drawn pictures and the report", models="the models to try")
    given = parser.parse_args(arguments)
    boxes = [marked_box(box) for box in boxes_table(given.data / "nih" / "boxes.csv", given.data / "nih" / "images")]
    if not boxes:
        print(f"no boxes under {given.data / 'nih'}", flush=True)
        return 1
    card = load_card(given.models / CHEST_MODEL)
    runner = OpenVinoRunner(given.models / CHEST_MODEL / OPENVINO_MODEL, card, cache=None, threads=None)
    held_back = Workplace(RECIPE, given.runs, given.data, given.seed, models=given.models).split.validation
    unseen = {picture.path for picture in held_back}
    marked_on = {box.picture for box in boxes}
    real = {path: Sight.of(path, card, runner, given.models) for path in followed(sorted(marked_on), "pictures with boxes looked at")}
    found = [pointed(box, real[box.picture], unseen=box.picture in unseen) for box in boxes]
    pairs = {(box.picture, box.finding) for box in boxes}
    negatives = [picture for picture in held_back if picture.source == "nih" and picture.path not in marked_on]
    clear = {picture.path: {name for name, value in picture.labels.items() if value < 0.5} for picture in negatives}
    others = {path: Sight.of(path, card, runner, given.models) for path in followed(clear, "pictures without boxes looked at")}

    def counted(own: Detected) -> bool:
        return (own.picture, own.finding) in pairs or own.finding in clear.get(own.picture, ())

    drawn = in_mixed_order([picture for picture in held_back if picture.source == DRAWN], given.seed)[:DRAWN_TRIED]
    laid, laid_detected, laid_heated = _on_drawn(drawn, card, runner, given.models)
    sights = [*real.items(), *others.items()]
    precision = precision_table(
        [
            ("drawn", laid, laid_detected),
            ("drawn, by heat", laid, laid_heated),
            ("radiologists'", boxes, [own for path, sight in sights for own in sight.detected(path) if counted(own)]),
            ("radiologists', by heat", boxes, [own for path, sight in sights for own in sight.heated(path) if counted(own)]),
        ]
    )
    page = boxes_page(found, precision)
    draw_overlaps(found, given.runs / f"{NAME}.png")
    target = page.write(given.runs, NAME)
    print(f"{sum(one.inside for one in found)} of {len(found)} peaks inside: {target}", flush=True)
    return 0
