"""The limb protocol: whether a bone of an arm, a leg, a hip or a shoulder is broken, and where, the surest place first."""

import dataclasses

from edge_app.radiograph.picture import Picture
from edge_app.reading.calibration import probabilities
from edge_app.reading.finding import Box
from edge_app.reading.protocols.findings import assess_findings, regions, view_of
from edge_app.reading.protocols.method import Assessment, Folders, Look
from edge_app.reading.regions import Region
from edge_app.reading.seen import Seen

LIMB_MODEL = "limb_fracture"
LIMB_KINDS = frozenset({"limb"})
FRACTURE = "Fracture"
PARTS = ("hand", "leg", "hip", "shoulder")
"""What of a limb a picture shows, as FracAtlas sorts it: a hand with its wrist and forearm, a leg from knee to foot, and so on."""

FURTHER = 0.9
"""A further place is told from so much of the surest one's probability; what is less sure was hardly ever in what people outlined."""


def assess_limb(look: Look, picture: Picture, folders: Folders) -> Assessment:
    """The finding with the surest place as its box, and every place in the regions, the surest first.

    Raises:
        ModelError, EngineDiedError: the finding failed.
    """
    seen = look(LIMB_MODEL)
    assessment = dataclasses.replace(assess_findings(seen, (FRACTURE,), picture, folders.maps), part=_part(seen))
    if not assessment.findings[0].called:
        return assessment
    return dataclasses.replace(assessment, regions=numbered([own.box for own in places(seen, picture)]))


def places(seen: Seen, picture: Picture) -> list[Region]:
    """Where it is broken, were it broken, the surest place first."""
    found = regions(seen, view_of(seen, picture, None), FRACTURE)
    return [own for own in found if own.score >= FURTHER * found[0].score]


def _part(seen: Seen) -> str | None:
    """The part that the model is surest of; None where it reaches no threshold, or the model tells none."""
    given = probabilities(seen.card, seen.logits)
    reached = {label.name: given[label.name] for label in seen.card.labels if label.name in PARTS and given[label.name] >= label.threshold}
    return max(reached, key=reached.__getitem__) if reached else None


def numbered(boxes: list[Box]) -> dict[str, Box]:
    """The places of fractures by name: the first by the finding's own, the others with a number from 2 on."""
    return {FRACTURE if at == 1 else f"{FRACTURE}_{at}": box for at, box in enumerate(boxes, start=1)}
