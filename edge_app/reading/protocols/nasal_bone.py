"""The nasal bone protocol: the nose is found on a lateral skull, and whether its bone is broken is told on the square around it.

Where it is broken is shown by the nose as it would be without: where a network may change it to make it so is the suspected region. That
picture is shown beside the one that came, never in its place.
"""

import dataclasses

from edge_app.radiograph.picture import Picture
from edge_app.reading.finding import Gap, Missing
from edge_app.reading.nose import NOSE, found_nose, nose_part
from edge_app.reading.protocols.findings import assess_findings
from edge_app.reading.protocols.method import Assessment, Folders, Look, attempt
from edge_app.reading.repaired import write_repaired

NOSE_MODEL = "nose_finder"
NASAL_MODEL = "nasal_bone"
NASAL_KINDS = frozenset({"skull_lateral"})
NASAL_FRACTURE = "Nasal_Fracture"


def assess_nose(look: Look, picture: Picture, folders: Folders) -> Assessment:
    """The finding with the suspected region, the box around the nose, and the nose as it would be without.

    Where no nose is found the finding is neither called present nor absent: the model knows noses that are cut out, and nothing else.

    Raises:
        ModelError, EngineDiedError: the finding failed.
    """
    nose = attempt(NOSE, lambda: found_nose(look(NOSE_MODEL), picture))
    if nose is None or isinstance(nose, Missing):
        gap = nose or Missing(NOSE, Gap.NOT_FOUND, "no nose was found")
        unsure = assess_findings(look(NASAL_MODEL), (NASAL_FRACTURE,), picture, None, sure=False)
        findings = tuple(dataclasses.replace(finding, box=None) for finding in unsure.findings)
        return dataclasses.replace(unsure, findings=findings, missing=(gap,), unlocated=True)
    seen = look(NASAL_MODEL, nose_part(picture, nose.box))
    assessment = assess_findings(seen, (NASAL_FRACTURE,), picture, folders.maps)
    repaired = {} if folders.maps is None else write_repaired(seen, NASAL_FRACTURE, folders.maps)
    return dataclasses.replace(assessment, regions={NOSE: nose.box}, repaired=repaired)
