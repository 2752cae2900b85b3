"""What a network makes of a source that it was never shown, beside the one that was: runs named <recipe>-without-<source>."""

from collections.abc import Mapping
from pathlib import Path

from edge_app.reading.card import ElsewhereFigures, Label
from export.evaluation.figures import Figures, Part
from export.recipe import WITHOUT
from export.workplace import Workplace


def figures_in(file: Path) -> Figures:
    """The figures of a run as evaluation wrote them."""
    return Figures.model_validate_json(file.read_text(encoding="utf-8"))


def left_out_runs(runs: Path, recipe: str) -> dict[str, Figures]:
    """Figures by the source left out, of every such run of the recipe that was evaluated."""
    found = {}
    for file in sorted(runs.glob(f"{recipe}{WITHOUT}*/figures.json")):
        found[file.parent.name.removeprefix(f"{recipe}{WITHOUT}")] = figures_in(file)
    return found


def never_learnt_from(place: Workplace, figures: Figures) -> dict[str, Figures]:
    """Figures by each real source that this network, or a run of the same recipe that left it out, was judged on and never learnt from."""
    every = (*place.split.training, *place.split.validation)
    own = {picture.source for picture in every if picture.source not in place.recipe.shares and not picture.simulated}
    return {**dict.fromkeys(sorted(own), figures), **left_out_runs(place.runs, place.recipe.name)}


def pairs(whole: Figures, without: Figures, source: str) -> list[tuple[Part, Part | None]]:
    """(never shown it, shown it) of every output on that source; None where the whole run has no figure there."""
    shown = {part.output: part for part in whole.by_source if part.group == source}
    return [(part, shown.get(part.output)) for part in without.by_source if part.group == source]


def told_elsewhere(labels: tuple[Label, ...], runs: Mapping[str, Figures], names: Mapping[str, str]) -> tuple[Label, ...]:
    """The labels with what a network that never saw a source makes of them there, under the source's own name.

    Left out where a source has but one answer to a label, so that nothing can be said of how well it is told.
    """
    found: dict[str, list[ElsewhereFigures]] = {}
    for source, without in runs.items():
        for part in without.by_source:
            if part.group == source and part.positives is not None and part.score.value is not None:
                own = ElsewhereFigures(
                    source=names.get(source, source),
                    positives=part.positives,
                    negatives=part.pictures - part.positives,
                    auroc=part.score.value,
                    auroc_ci95=part.score.ci95,
                )
                found.setdefault(part.output, []).append(own)
    return tuple(label.model_copy(update={"elsewhere": tuple(found.get(label.name, ()))}) for label in labels)
