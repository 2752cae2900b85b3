"""The tuberculosis protocol: one finding on an adult's frontal chest, told on the lungs, with a map that points nowhere else.

It is for screening and triage, as WHO recommends computer-aided detection from the age of 15 on (consolidated guidelines on tuberculosis,
module 2: screening, 2021); what it calls is confirmed by sputum, never by the picture.
"""

import dataclasses
from collections.abc import Mapping

from edge_app.radiograph.picture import Picture
from edge_app.reading.anatomy import (
    LEFT_LUNG_WHOLE,
    RIGHT_LUNG_WHOLE,
    draw,
    lungs_alone,
    outlines,
    write_masks,
)
from edge_app.reading.finding import ANATOMY, Measurement, Missing
from edge_app.reading.protocols.chest import ANATOMY_MODEL
from edge_app.reading.protocols.findings import assess_findings, view_of
from edge_app.reading.protocols.method import Assessment, Folders, Look, attempt
from edge_app.reading.protocols.on_lungs import LUNGS, MAP_WITHIN_LUNGS, lung_gaps, map_within_lungs, unlocated

TUBERCULOSIS_MODEL = "tuberculosis"
TUBERCULOSIS = "Tuberculosis"
TUBERCULOSIS_KINDS = frozenset({"chest_adult"})
ADULTS_FROM_YEARS = 15.0
"""WHO recommends computer-aided detection from this age on; nothing here was validated on anybody younger."""


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
        return unlocated(assessment, (anatomy,) if isinstance(anatomy, Missing) else lung_gaps(anatomy), MAP_WITHIN_LUNGS)
    share = map_within_lungs(seen, TUBERCULOSIS, view_of(seen, picture, area), map(anatomy.get, (RIGHT_LUNG_WHOLE, LEFT_LUNG_WHOLE)))
    return dataclasses.replace(
        assessment,
        measurements={MAP_WITHIN_LUNGS: share} if isinstance(share, Measurement) else {},
        masks={} if folders.masks is None else write_masks(anatomy, folders.masks, picture.rows, picture.columns),
        outlines=tuple(outline for outline in outlines(anatomy) if outline.name in LUNGS),
        missing=(*lung_gaps(anatomy), *((share,) if isinstance(share, Missing) else ())),
    )
