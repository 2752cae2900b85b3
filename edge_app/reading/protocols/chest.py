"""The chest protocol: the 14 findings of NIH ChestX-ray14 on a frontal radiograph."""

import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.radiograph.picture import Picture
from edge_app.reading.activation import box_of, log_odds, on_picture, write_heat_map
from edge_app.reading.calibration import probabilities
from edge_app.reading.finding import Decision, Finding
from edge_app.reading.protocols.method import Assessment, Seen, decide

CHEST_MODEL = "chest_findings"
CHEST_KINDS = frozenset({"chest"})
CHEST_FINDINGS = (
    "Atelectasis",
    "Cardiomegaly",
    "Consolidation",
    "Edema",
    "Effusion",
    "Emphysema",
    "Fibrosis",
    "Hernia",
    "Infiltration",
    "Mass",
    "Nodule",
    "Pleural_Thickening",
    "Pneumonia",
    "Pneumothorax",
)
_TOP = 3
_ORDER = (Decision.PRESENT, Decision.UNCERTAIN, Decision.ABSENT)
_log = logging.getLogger(__name__)


def top_three(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """Present findings before uncertain before absent ones, validated ones first among those, then by the margin over the threshold.

    The margin is a difference of log odds, because a rare finding's threshold of 0.05 and a common one's of 0.5 are then measured
    with one rule.
    """

    def order(finding: Finding) -> tuple[int, bool, float]:
        return _ORDER.index(finding.decision), not finding.validated, log_odds(finding.threshold) - log_odds(finding.probability)

    return tuple(finding.name for finding in sorted(findings, key=order)[:_TOP])


def assess_chest(seen: Seen, picture: Picture, maps_folder: Path | None) -> Assessment:
    """The 14 findings, their boxes where present or uncertain, the top three, and heat maps of those and of all present ones.

    Raises:
        ModelError: the model's card lacks one of the 14.
    """
    given = probabilities(seen.card, seen.logits)
    missing = [name for name in CHEST_FINDINGS if name not in given]
    if missing:
        raise ModelError(f"{seen.card.name}: no output for {', '.join(missing)}")
    findings = tuple(_finding(seen, picture, name, given[name]) for name in CHEST_FINDINGS)
    top3 = top_three(findings)
    shown = tuple(finding for finding in findings if finding.decision is Decision.PRESENT or finding.name in top3)
    maps = {} if maps_folder is None else _write_maps(seen, picture, shown, maps_folder)
    return Assessment(findings, top3, maps=maps)


def _write_maps(seen: Seen, picture: Picture, shown: tuple[Finding, ...], folder: Path) -> dict[str, Path]:
    maps: dict[str, Path] = {}
    for finding in shown:
        heat = _heat(seen, finding.name)
        if heat is None:
            continue
        file = folder / f"heatmap_{finding.name}.png"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_heat_map(file, heat, finding.probability, picture.rows, picture.columns)
        except OSError as error:
            # The findings stand without their heat map; a full disk must not cost the reading.
            _log.warning("heat map of %s not written: %s", finding.name, error.strerror)
        else:
            maps[finding.name] = file
    return maps


def _heat(seen: Seen, name: str) -> NDArray[np.float32] | None:
    if seen.map is None:
        return None
    index = [label.name for label in seen.card.labels].index(name)
    return on_picture(seen.map[0, index], seen.card.input, seen.placement)


def _finding(seen: Seen, picture: Picture, name: str, probability: float) -> Finding:
    label = seen.card.label(name)
    decision = decide(label, probability)
    heat = None if decision is Decision.ABSENT else _heat(seen, name)
    box = None if heat is None else box_of(heat, seen.placement, picture.rows, picture.columns)
    return Finding(name, probability, decision, label.threshold, label.positives, label.validated, box)
