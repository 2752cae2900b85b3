"""What protocols that tell a finding on the lungs alone share: what is missing without them, and how much of the map lies in them."""

import dataclasses
from collections.abc import Iterable

from edge_app.reading.activation import View, energy_within
from edge_app.reading.anatomy import LEFT_LUNG, RIGHT_LUNG, Anatomy, Drawn
from edge_app.reading.finding import ANATOMY, Gap, Measurement, Missing
from edge_app.reading.protocols.findings import map_of
from edge_app.reading.protocols.method import Assessment
from edge_app.reading.seen import Seen

MAP_WITHIN_LUNGS = "map_within_lungs"
"""How much of the network's map lies in the lungs before what lies outside is left out (``activation.energy_within``)."""
SHARE = "1"
LUNGS = frozenset({RIGHT_LUNG, LEFT_LUNG})
"""The outlines that are shown."""


def lung_gaps(anatomy: Anatomy) -> tuple[Missing, ...]:
    """What of the lungs was not found; such a protocol asks for nothing else."""
    return tuple(gap for gap in anatomy.missing if gap.part in {ANATOMY, *LUNGS})


def unlocated(assessment: Assessment, gaps: tuple[Missing, ...], *needing: str) -> Assessment:
    """The assessment of a picture whose lungs were not found: no finding has a place, and what needs them is missing."""
    missing = tuple(Missing(part, Gap.NEEDS_ANOTHER, "needs both lungs, which were not found") for part in needing)
    findings = tuple(dataclasses.replace(finding, box=None) for finding in assessment.findings)
    return dataclasses.replace(assessment, findings=findings, missing=(*gaps, *missing), unlocated=True)


def map_within_lungs(seen: Seen, name: str, view: View, lungs: Iterable[Drawn | None]) -> Measurement | Missing:
    """How much of a finding's map lies in the view's area, as far to be trusted as the outlines of the ``lungs`` that it follows from."""
    activation = map_of(seen, name)
    share = None if activation is None else energy_within(activation, view)
    if share is None:
        return Missing(MAP_WITHIN_LUNGS, Gap.NOT_MEASURABLE, "there is no map, or it is as sure everywhere")
    drawn = [lung for lung in lungs if lung is not None]
    return Measurement(share, SHARE, min(lung.trust for lung in drawn), all(lung.structure.validated for lung in drawn))
