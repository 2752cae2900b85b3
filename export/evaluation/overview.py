"""One page over every model that was evaluated: how good each is, what INT8 costs it, and where to read more."""

from collections.abc import Sequence
from pathlib import Path

from export.datasets.page import Block, Heading, Image, Link, Page, Paragraph, Table
from export.evaluation.figures import Figures
from export.evaluation.left_out import figures_in
from export.evaluation.report import NOT_A_DEVICE
from export.evaluation.words import NOTHING, estimate, interval, number, yes
from export.plots import Bar, draw_bars
from export.recipe import WITHOUT

NAME = "evaluation"


def evaluated(runs: Path) -> dict[str, Figures]:
    """The figures of every whole recipe under ``runs`` by its name; those with a source left out are in the recipe's own report."""
    found = {}
    for file in sorted(runs.glob("*/figures.json")):
        if WITHOUT not in file.parent.name:
            found[file.parent.name] = figures_in(file)
    return found


def _rows(name: str, figures: Figures) -> Sequence[tuple[str, ...]]:
    """One an output: model, output, what it is measured by, the figure, pictures, patients, and whether it counts as validated."""
    rows: list[tuple[str, ...]] = []
    for label, told in zip(figures.labels, figures.label_details, strict=True):
        seen = f"{label.positives} of {told.pictures}"
        rows.append((name, label.name, "AUROC", estimate(told.auroc), seen, str(told.patients), yes(label.validated)))
    for structure, drawn in zip(figures.structures, figures.structure_details, strict=True):
        rows.append(
            (name, structure.name, "Dice", estimate(drawn.dice), str(drawn.pictures), str(drawn.patients), yes(structure.validated))
        )
    for grade, scored in zip(figures.grades, figures.grade_details, strict=True):
        what = f"mean error, of {grade.maximum:g} points"
        rows.append((name, grade.name, what, estimate(scored.mae, 2), str(scored.pictures), str(scored.patients), yes(grade.validated)))
    return rows


def _costs(name: str, figures: Figures) -> Sequence[tuple[str, ...]]:
    return [
        (
            *(name, own.runtime, str(own.cases), f"{own.mean_delta_p:.4f}", f"{own.flips_at_threshold} of {figures.decisions}"),
            *(own.score or NOTHING, number(own.score_fp32, 4), number(own.score_int8, 4), interval(own.cost_ci95, 4)),
        )
        for own in figures.fidelity
    ]


def _areas(found: dict[str, Figures]) -> list[tuple[str, list[Bar]]]:
    """The AUROC of every label, a panel a model."""
    panels = []
    for name, figures in found.items():
        bars = [
            Bar(label.name, label.auroc, (label.auroc_ci95[1] - label.auroc_ci95[0]) / 2 if label.auroc_ci95 else 0.0, not label.validated)
            for label in figures.labels
            if label.auroc is not None
        ]
        panels += [(name, bars)] if bars else []
    return panels


def overview_page(found: dict[str, Figures]) -> Page:
    """The page over those figures, with a link to each model's own report."""
    outputs = tuple(row for name, figures in found.items() for row in _rows(name, figures))
    costs = tuple(row for name, figures in found.items() for row in _costs(name, figures))
    blocks: list[Block] = [Paragraph(NOT_A_DEVICE)]
    if not found:
        return Page("Models", [*blocks, Paragraph("No model has been evaluated yet.")])
    blocks += [
        Paragraph(
            "On pictures of other patients than those trained on, by the INT8 form that the box prefers; 95 % intervals are over patients."
        ),
        *(Link(f"{name}/report", name) for name in found),
        Heading("How good"),
        Table(("model", "output", "measured by", "figure", "pictures", "patients", "validated"), outputs),
        *([Image(f"{NAME}.png", "AUROC of every label and its 95 % interval; red is not validated")] if _areas(found) else []),
        Heading("What INT8 costs"),
        Table(("model", "runtime", "cases", "mean Δp", "decisions flipped", "score", "FP32", "INT8", "INT8 is worse by"), costs),
    ]
    return Page("Models", blocks)


def write_overview(runs: Path) -> Path:
    """Write ``evaluation.md`` and ``evaluation.html`` over every model evaluated under ``runs``; the latter's path."""
    found = evaluated(runs)
    page = overview_page(found)
    if panels := _areas(found):
        draw_bars(runs / f"{NAME}.png", panels, "AUROC", (0.5, 1.0))
    return page.write(runs, NAME)
