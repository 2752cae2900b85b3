"""The tuberculosis protocol: one finding on an adult's frontal chest, told on the lungs, with a map that points nowhere else.

It is for screening and triage, as WHO recommends computer-aided detection from the age of 15 on (consolidated guidelines on tuberculosis,
module 2: screening, 2021); what it calls is confirmed by sputum, never by the picture.
"""

import dataclasses
from collections.abc import Mapping

from edge_app.radiograph.picture import Picture
from edge_app.reading.activation import Area, energy_within
from edge_app.reading.anatomy import (
    LEFT_LUNG,
    LEFT_LUNG_WHOLE,
    RIGHT_LUNG,
    RIGHT_LUNG_WHOLE,
    Anatomy,
    draw,
    lungs_alone,
    outlines,
    write_masks,
)
from edge_app.reading.finding import ANATOMY, Gap, Measurement, Missing
from edge_app.reading.protocols.chest import ANATOMY_MODEL
from edge_app.reading.protocols.findings import assess_findings, map_of, view_of
from edge_app.reading.protocols.method import Assessment, Folders, Look, attempt
from edge_app.reading.seen import Seen

TUBERCULOSIS_MODEL = "tuberculosis"
TUBERCULOSIS = "Tuberculosis"
TUBERCULOSIS_KINDS = frozenset({"chest_adult"})
ADULTS_FROM_YEARS = 15.0
"""WHO recommends computer-aided detection from this age on; nothing here was validated on anybody younger."""

MAP_WITHIN_LUNGS = "map_within_lungs"
"""How much of the network's map lies in the lungs before what lies outside is left out (``activation.energy_within``)."""
SHARE = "1"
_LUNGS = frozenset({RIGHT_LUNG, LEFT_LUNG})


def site_thresholds(threshold: float | None) -> Mapping[str, Mapping[str, float]]:
    """A site's own threshold as a reader takes it, by model and label; none where the site leaves it to the card."""
    return {} if threshold is None else {TUBERCULOSIS_MODEL: {TUBERCULOSIS: threshold}}


def assess_tuberculosis(look: Look, picture: Picture, folders: Folders) -> Assessment:
    """The finding, with its place only in the lungs, and the outlines of the lungs.

    Where both lungs are not found it is neither called present nor absent: nobody knows what the network looked at.

    Raises:
        ModelError, EngineDiedError: the finding failed.
    """
    anatomy = attempt(ANATOMY, lambda: draw(look(ANATOMY_MODEL)))
    if isinstance(anatomy, Missing):
        lungs, area = None, None
    else:
        lungs, area = anatomy.lungs, lungs_alone(anatomy)
    seen = look(TUBERCULOSIS_MODEL, lungs)
    # A place that may lie outside the lungs is none: without them there is neither map nor box.
    assessment = assess_findings(seen, (TUBERCULOSIS,), picture, None if area is None else folders.maps, area, sure=area is not None)
    if isinstance(anatomy, Missing) or area is None:
        findings = tuple(dataclasses.replace(finding, box=None) for finding in assessment.findings)
        gaps = (anatomy,) if isinstance(anatomy, Missing) else _gaps(anatomy)
        no_share = Missing(MAP_WITHIN_LUNGS, Gap.NEEDS_ANOTHER, "needs both lungs, which were not found")
        return dataclasses.replace(assessment, findings=findings, missing=(*gaps, no_share), unlocated=True)
    share = _share(seen, picture, anatomy, area)
    return dataclasses.replace(
        assessment,
        measurements={MAP_WITHIN_LUNGS: share} if isinstance(share, Measurement) else {},
        masks={} if folders.masks is None else write_masks(anatomy, folders.masks, picture.rows, picture.columns),
        outlines=tuple(outline for outline in outlines(anatomy) if outline.name in _LUNGS),
        missing=(*_gaps(anatomy), *((share,) if isinstance(share, Missing) else ())),
    )


def _gaps(anatomy: Anatomy) -> tuple[Missing, ...]:
    """What of the lungs was not found; this protocol asks for nothing else."""
    return tuple(gap for gap in anatomy.missing if gap.part in {ANATOMY, *_LUNGS})


def _share(seen: Seen, picture: Picture, anatomy: Anatomy, area: Area) -> Measurement | Missing:
    activation = map_of(seen, TUBERCULOSIS)
    share = None if activation is None else energy_within(activation, view_of(seen, picture, area))
    if share is None:
        return Missing(MAP_WITHIN_LUNGS, Gap.NOT_MEASURABLE, "there is no map, or it is as sure everywhere")
    lungs = [drawn for drawn in map(anatomy.get, (RIGHT_LUNG_WHOLE, LEFT_LUNG_WHOLE)) if drawn is not None]
    return Measurement(share, SHARE, min(lung.trust for lung in lungs), all(lung.structure.validated for lung in lungs))
