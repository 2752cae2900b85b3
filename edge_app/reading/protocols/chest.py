"""The chest protocol: the 14 findings of NIH ChestX-ray14 on a frontal radiograph, its anatomy with measurements, and the severity."""

import dataclasses

from edge_app.radiograph.picture import Picture
from edge_app.reading.anatomy import Anatomy, draw, outlines, thorax_hull, write_masks
from edge_app.reading.chest_measurements import measure
from edge_app.reading.finding import ANATOMY, SEVERITY, Gap, Missing, Severity
from edge_app.reading.protocols.findings import assess_findings
from edge_app.reading.protocols.method import Assessment, Folders, Look, attempt
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


def assess_chest(look: Look, picture: Picture, folders: Folders) -> Assessment:
    """The findings, and beside them what could be outlined, measured and graded.

    Raises:
        ModelError, EngineDiedError: the findings failed. Where the rest does, the findings stand and the assessment says what is missing.
    """
    anatomy = attempt(ANATOMY, lambda: draw(look(ANATOMY_MODEL)))
    lungs = None if isinstance(anatomy, Missing) else anatomy.lungs
    area = None if isinstance(anatomy, Missing) else thorax_hull(anatomy)
    assessment = assess_findings(look(CHEST_MODEL, lungs), CHEST_FINDINGS, picture, folders.maps, area)
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
