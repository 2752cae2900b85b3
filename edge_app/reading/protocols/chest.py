"""The chest protocol: the 14 findings of NIH ChestX-ray14 on a frontal radiograph, its anatomy with measurements, and the severity."""

import dataclasses
import logging
from pathlib import Path

from edge_app.errors import ModelError
from edge_app.radiograph.picture import Picture
from edge_app.reading.activation import Heat, Hull, View, heat_of, log_odds
from edge_app.reading.anatomy import Anatomy, draw, outlines, thorax_hull, write_masks
from edge_app.reading.calibration import probabilities
from edge_app.reading.card import SIDES, UNLIKE, UNLIKE_FROM
from edge_app.reading.chest_measurements import measure
from edge_app.reading.finding import ANATOMY, SEVERITY, Box, Decision, Finding, Gap, Missing, Severity, is_called
from edge_app.reading.protocols.method import Assessment, Folders, Look, attempt, decide
from edge_app.reading.regions import Region, regions_of
from edge_app.reading.seen import Seen
from edge_app.reading.severity import grade_severity

CHEST_MODEL = "chest_findings"
ANATOMY_MODEL = "chest_anatomy"
SEVERITY_MODEL = "chest_severity"
CHEST_KINDS = frozenset({"chest_adult", "chest_child"})
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
    """Present findings before uncertain ones, those before what is merely not ruled out, and that before absent ones.

    Among those of one word validated ones first, then by the margin over the threshold.

    The margin is a difference of log odds, because a rare finding's threshold of 0.05 and a common one's of 0.5 are then measured
    with one rule.
    """

    def order(finding: Finding) -> tuple[int, bool, bool, float]:
        word = _ORDER.index(finding.decision)
        return word, not finding.called, not finding.validated, log_odds(finding.threshold) - log_odds(finding.probability)

    return tuple(finding.name for finding in sorted(findings, key=order)[:_TOP])


def assess_chest(look: Look, picture: Picture, folders: Folders) -> Assessment:
    """The findings, and beside them what could be outlined, measured and graded.

    Raises:
        ModelError, EngineDiedError: the findings failed. Where the rest does, the findings stand and the assessment says what is missing.
    """
    anatomy = attempt(ANATOMY, lambda: draw(look(ANATOMY_MODEL)))
    lungs = None if isinstance(anatomy, Missing) else anatomy.lungs
    hull = None if isinstance(anatomy, Missing) else thorax_hull(anatomy)
    assessment = assess_findings(look(CHEST_MODEL, lungs), picture, folders.maps, hull)
    if isinstance(anatomy, Missing):
        no_severity = Missing(SEVERITY, Gap.NEEDS_ANOTHER, f"needs the {ANATOMY}, which is missing")
        return dataclasses.replace(assessment, missing=(anatomy, no_severity))
    measured = measure(anatomy, picture)
    severity = _grade(look, anatomy)
    return dataclasses.replace(
        assessment,
        measurements=measured.measurements,
        masks={} if folders.masks is None else write_masks(anatomy, folders.masks, picture.rows, picture.columns),
        outlines=outlines(anatomy),
        severity=None if isinstance(severity, Missing) else severity,
        missing=(*anatomy.missing, *measured.missing, *((severity,) if isinstance(severity, Missing) else ())),
    )


def _grade(look: Look, anatomy: Anatomy) -> Severity | Missing:
    lungs = anatomy.lungs
    if lungs is None:
        return Missing(SEVERITY, Gap.NEEDS_ANOTHER, "needs both whole lungs, which were not found")
    return attempt(SEVERITY, lambda: grade_severity(look(SEVERITY_MODEL, lungs)))


def assess_findings(seen: Seen, picture: Picture, maps_folder: Path | None, hull: Hull | None = None) -> Assessment:
    """The 14 findings, their boxes where called, the top three, and heat maps of those and of all present ones, within the ``hull``.

    Of a picture that the model finds unlike those it learnt from every finding is uncertain.

    Raises:
        ModelError: the model's card lacks one of the 14.
    """
    given = probabilities(seen.card, seen.logits)
    missing = [name for name in CHEST_FINDINGS if name not in given]
    if missing:
        raise ModelError(f"{seen.card.name}: no output for {', '.join(missing)}")
    unfamiliar = given.get(UNLIKE, 0.0) >= UNLIKE_FROM
    view = view_of(seen, picture, hull)
    findings = tuple(_finding(seen, view, name, given[name], unfamiliar=unfamiliar) for name in CHEST_FINDINGS)
    top3 = top_three(findings)
    shown = tuple(finding for finding in findings if finding.decision is Decision.PRESENT or finding.name in top3)
    maps = {} if maps_folder is None else _write_maps(seen, view, shown, maps_folder)
    return Assessment(findings, top3, maps=maps, unfamiliar=unfamiliar)


def _write_maps(seen: Seen, view: View, shown: tuple[Finding, ...], folder: Path) -> dict[str, Path]:
    maps: dict[str, Path] = {}
    for finding in shown:
        found = heat(seen, view, finding.name)
        if found is None:
            continue
        file = folder / f"heatmap_{finding.name}.png"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            found.write(file, finding.probability)
        except OSError as error:
            # The findings stand without their heat map; a full disk must not cost the reading.
            _log.warning("heat map of %s not written: %s", finding.name, error.strerror)
        else:
            maps[finding.name] = file
    return maps


def view_of(seen: Seen, picture: Picture, hull: Hull | None) -> View:
    """What the model was shown of the picture, as far as something can be found within the ``hull``."""
    return View(seen.card.input, seen.placement, picture.rows, picture.columns, seen.part, hull)


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


def heat(seen: Seen, view: View, name: str) -> Heat | None:
    """Where the network saw something of a finding; None where its map points nowhere or there is none."""
    if seen.map is None:
        return None
    return heat_of(seen.map[0, _place_of(seen, name)], view)


def _finding(seen: Seen, view: View, name: str, probability: float, *, unfamiliar: bool) -> Finding:
    label = seen.card.label(name)
    # The band is checked in any case.
    decision = decide(label, probability)
    if unfamiliar:
        decision = Decision.UNCERTAIN
    # Where a finding that is only not excluded would lie is no place to look at.
    box = box_of(seen, view, name) if is_called(decision, probability, label.threshold) else None
    return Finding(name, probability, decision, label.threshold, label.positives, label.validated, box)


def _place_of(seen: Seen, name: str) -> int:
    return [label.name for label in seen.card.labels].index(name)
