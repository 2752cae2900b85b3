"""What a network makes of a source that it was never shown, beside the one that was: runs named <recipe>-without-<source>."""

from pathlib import Path

from export.evaluation.figures import Figures, Part
from export.recipe import WITHOUT


def figures_in(file: Path) -> Figures:
    """The figures of a run as evaluation wrote them."""
    return Figures.model_validate_json(file.read_text(encoding="utf-8"))


def left_out_runs(runs: Path, recipe: str) -> dict[str, Figures]:
    """Figures by the source left out, of every such run of the recipe that was evaluated."""
    found = {}
    for file in sorted(runs.glob(f"{recipe}{WITHOUT}*/figures.json")):
        found[file.parent.name.removeprefix(f"{recipe}{WITHOUT}")] = figures_in(file)
    return found


def pairs(whole: Figures, without: Figures, source: str) -> list[tuple[Part, Part | None]]:
    """(never shown it, shown it) of every output on that source; None where the whole run has no figure there."""
    shown = {part.output: part for part in whole.by_source if part.group == source}
    return [(part, shown.get(part.output)) for part in without.by_source if part.group == source]
