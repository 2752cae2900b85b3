"""From a classifier's outputs to findings: what is decided, in which box, with which heat map; for every protocol that tells findings."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.radiograph.picture import Picture
from edge_app.reading.activation import Area, Heat, View, heat_of, log_odds
from edge_app.reading.calibration import probabilities
from edge_app.reading.card import SIDES, UNLIKE, UNLIKE_FROM
from edge_app.reading.finding import Box, Decision, Finding, is_called
from edge_app.reading.protocols.method import Assessment, decide
from edge_app.reading.regions import Region, regions_of
from edge_app.reading.seen import Seen

_TOP = 3
_ORDER = (Decision.PRESENT, Decision.UNCERTAIN, Decision.ABSENT)
_log = logging.getLogger(__name__)


def top_three(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """Present findings before uncertain ones, those before what is merely not ruled out, and that before absent ones.

    Among those of one word validated ones first, then by the margin over the threshold.

    The margin is a difference of log odds, because a rare finding's threshold of 0.05 and a common one's of 0.5 are then measured
    with one rule.
    """

    def order(finding: Finding) -> tuple[int, bool, bool, float]:
        word = _ORDER.index(finding.decision)
        return word, not finding.called, not finding.validated, log_odds(finding.threshold) - log_odds(finding.probability)

    return tuple(finding.name for finding in sorted(findings, key=order)[:_TOP])


def assess_findings(
    seen: Seen, names: Sequence[str], picture: Picture, maps_folder: Path | None, area: Area | None = None, *, sure: bool = True
) -> Assessment:
    """The named findings, their boxes where called, the top three, and heat maps of those and of all present ones, within the ``area``.

    Of a picture that the model finds unlike those it learnt from every finding is uncertain, and so it is where the protocol cannot be
    ``sure`` of what the model was shown.

    Raises:
        ModelError: the model's card lacks one of them.
    """
    given = probabilities(seen.card, seen.logits)
    missing = [name for name in names if name not in given]
    if missing:
        raise ModelError(f"{seen.card.name}: no output for {', '.join(missing)}")
    unfamiliar = given.get(UNLIKE, 0.0) >= UNLIKE_FROM
    view = view_of(seen, picture, area)
    findings = tuple(_finding(seen, view, name, given[name], sure=sure and not unfamiliar) for name in names)
    top3 = top_three(findings)
    shown = tuple(finding for finding in findings if finding.decision is Decision.PRESENT or finding.name in top3)
    maps = {} if maps_folder is None else _write_maps(seen, view, shown, maps_folder)
    return Assessment(findings, top3, maps=maps, unfamiliar=unfamiliar)


def _write_maps(seen: Seen, view: View, shown: tuple[Finding, ...], folder: Path) -> dict[str, Path]:
    maps: dict[str, Path] = {}
    for finding in shown:
        found = heat(seen, view, finding.name)
        if found is not None:
            maps |= written(found, finding.name, finding.probability, folder)
    return maps


def written(found: Heat, name: str, probability: float, folder: Path) -> dict[str, Path]:
    """Write a heat map into the folder; its file by its name, or nothing where that failed, which is logged."""
    file = folder / f"heatmap_{name}.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found.write(file, probability)
    except OSError as error:
        # The findings stand without their heat map; a full disk must not cost the reading.
        _log.warning("heat map of %s not written: %s", name, error.strerror)
        return {}
    return {name: file}


def view_of(seen: Seen, picture: Picture, area: Area | None) -> View:
    """What the model was shown of the picture, as far as something can be found within the ``area``."""
    return View(seen.card.input, seen.placement, picture.rows, picture.columns, seen.part, area)


def regions(seen: Seen, view: View, name: str) -> tuple[Region, ...]:
    """Where a finding is, were it there, the surest region first; none where the network does not tell how far findings reach."""
    if seen.map is None or not seen.card.reach:
        return ()
    index = _place_of(seen, name)
    first = len(seen.card.labels) + SIDES * index
    return regions_of(seen.map[0, index], seen.map[0, first : first + SIDES], view)


def box_of(seen: Seen, view: View, name: str) -> Box | None:
    """The box of a finding, were it there: of its surest region, or of its heat where the network knows no regions."""
    if seen.card.reach:
        return next((region.box for region in regions(seen, view, name)), None)
    found = heat(seen, view, name)
    return None if found is None else found.box()


def map_of(seen: Seen, name: str) -> NDArray[np.float32] | None:
    """(rows, columns) logits of a finding, cell by cell; None where the network gives no map.

    Where a finding's logit is the mean of its map the cells are calibrated as it is: a network that is sure of all it sees before that
    would point everywhere.
    """
    if seen.map is None:
        return None
    cells, label = seen.map[0, _place_of(seen, name)], seen.card.label(name)
    return cells if seen.card.reach else np.asarray(cells / np.float32(label.temperature) + np.float32(label.bias), dtype=np.float32)


def heat(seen: Seen, view: View, name: str) -> Heat | None:
    """Where the network saw something of a finding; None where its map points nowhere or there is none.

    Where drawn findings have taught it where one lies, there; where it repairs, where that is let; else where its number comes from.
    """
    if seen.card.repairs:
        # Where it is rather not let it is not let at all; by how much more so it is elsewhere tells the middle from the edge.
        return None if seen.map is None else heat_of(np.maximum(seen.map[0, _place_of(seen, name)], np.float32(0.0)), view, averaged=True)
    if seen.card.places:
        return None if seen.map is None else heat_of(seen.map[0, len(seen.card.labels) + _place_of(seen, name)], view)
    activation = map_of(seen, name)
    return None if activation is None else heat_of(activation, view, averaged=not seen.card.reach)


def _finding(seen: Seen, view: View, name: str, probability: float, *, sure: bool) -> Finding:
    label = seen.card.label(name)
    # The band is checked in any case.
    decision = decide(label, probability)
    # Who has seen but drawn disease rules out none.
    if not sure or seen.card.simulated:
        decision = Decision.UNCERTAIN
    # Where a finding that is only not excluded would lie is no place to look at.
    box = box_of(seen, view, name) if is_called(decision, probability, label.threshold) else None
    return Finding(name, probability, decision, label.threshold, label.positives, label.validated, box, seen.card.simulated)


def _place_of(seen: Seen, name: str) -> int:
    return [label.name for label in seen.card.labels].index(name)
