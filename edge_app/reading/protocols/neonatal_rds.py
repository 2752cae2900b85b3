"""The newborn's protocol: respiratory distress syndrome and its grade, told on the lungs alone.

Grades I to IV as Couchard et al. 1974 tell them. The network says of each grade whether it is at least that one, so that a picture between
two is no more than half wrong. Its pictures were drawn: nothing it says is validated until a hospital's own have been learnt from.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from edge_app.errors import NoModelError
from edge_app.radiograph.picture import Picture
from edge_app.reading.activation import Area
from edge_app.reading.anatomy import Anatomy, lungs_alone, outlines, write_masks
from edge_app.reading.calibration import probabilities
from edge_app.reading.finding import ANATOMY, Gap, Measurement, Missing
from edge_app.reading.newborn_lungs import THORAX_SIDE, FoundLungs, found_turned, from_near, thorax_alone, thorax_of
from edge_app.reading.protocols.chest import ANATOMY_MODEL
from edge_app.reading.protocols.findings import assess_findings, heat, view_of, written
from edge_app.reading.protocols.method import Assessment, Folders, Look, attempt
from edge_app.reading.protocols.on_lungs import LUNGS, MAP_WITHIN_LUNGS, lung_gaps, map_within_lungs, unlocated
from edge_app.reading.seen import Seen
from edge_app.reading.turning import anatomy_back, seen_back

NEWBORN_ANATOMY_MODEL = "newborn_anatomy"
RDS_MODEL = "neonatal_rds"
NEWBORN_KINDS = frozenset({"chest_newborn"})
NO_NEWBORN_FROM_YEARS = 1.0
"""Whose file states this age or more is no newborn, whatever the picture looks like."""
MAY_BE = frozenset({"chest_child"})
"""What the gate, which has not seen a newborn either, may take one for: a person may ask for this protocol then."""
RDS = "RDS"
RDS_GRADE = "rds_grade"
GRADE = "grade I–IV"
_LIKELY = 0.5
EVERYWHERE = f"{RDS}_everywhere"
"""The heat map of all that the network was shown, before what lies outside the lungs is left out."""
AT_LEAST = (RDS, "RDS_2", "RDS_3", "RDS_4")
"""The model's labels: at least grade I, II, III and IV."""


@dataclass(frozen=True, eq=False)
class _Looked:
    """What the model saw of a newborn's thorax and where its lungs lie, both on the picture that came."""

    seen: Seen
    anatomy: Anatomy
    lungs: Area


def assess_newborn(look: Look, picture: Picture, folders: Folders) -> Assessment:
    """The finding with its grade, its place only in the lungs, and the outlines of the lungs.

    Where both lungs are not found it is neither called present nor absent: the model knows thoraces that are cut out, and nothing else.

    Raises:
        ModelError, EngineDiedError: the finding failed.
    """
    found = attempt(ANATOMY, lambda: _found(look, picture))
    looked = None if isinstance(found, Missing) else _looked(look, found)
    if looked is None:
        gaps = (found,) if isinstance(found, Missing) else lung_gaps(found.anatomy)
        return unlocated(assess_findings(look(RDS_MODEL), (RDS,), picture, None, sure=False), gaps, RDS_GRADE, MAP_WITHIN_LUNGS)
    assessment = assess_findings(looked.seen, (RDS,), picture, folders.maps, looked.lungs)
    view, lungs = view_of(looked.seen, picture, looked.lungs), map(looked.anatomy.get, sorted(LUNGS))
    share, grade = map_within_lungs(looked.seen, RDS, view, lungs), _grade(looked.seen, assessment)
    measured = {name: own for name, own in ((RDS_GRADE, grade), (MAP_WITHIN_LUNGS, share)) if isinstance(own, Measurement)}
    return dataclasses.replace(
        assessment,
        measurements=measured,
        maps={**assessment.maps, **_everywhere(looked, picture, assessment, folders)},
        masks={} if folders.masks is None else write_masks(looked.anatomy, folders.masks, picture.rows, picture.columns),
        outlines=tuple(outline for outline in outlines(looked.anatomy) if outline.name in LUNGS),
        missing=(*lung_gaps(looked.anatomy), *(own for own in (grade, share) if isinstance(own, Missing))),
    )


def _found(look: Look, picture: Picture) -> FoundLungs:
    """The lungs; as the newborns' own network outlines them from afar where the one for chests that lie upright is not on this box."""
    found = found_turned(lambda shown: look(NEWBORN_ANATOMY_MODEL, of=shown), picture)
    try:
        return from_near(lambda shown: look(ANATOMY_MODEL, of=shown), found)
    except NoModelError:
        return found


def _everywhere(looked: _Looked, picture: Picture, assessment: Assessment, folders: Folders) -> dict[str, Path]:
    found = None if folders.maps is None else heat(looked.seen, view_of(looked.seen, picture, None), RDS)
    return {} if found is None or folders.maps is None else written(found, EVERYWHERE, assessment.findings[0].probability, folders.maps)


def _looked(look: Look, found: FoundLungs) -> _Looked | None:
    """Nothing where a lung was not found."""
    anatomy = anatomy_back(found.anatomy, found.quarters)
    lungs = lungs_alone(anatomy)
    if lungs is None:
        return None
    shown, part = thorax_alone(found.upright, thorax_of(found.anatomy), THORAX_SIDE)
    seen = dataclasses.replace(look(RDS_MODEL, of=shown), part=part)
    return _Looked(seen_back(seen, found.upright, found.quarters), anatomy, lungs)


def _grade(seen: Seen, assessment: Assessment) -> Measurement | Missing:
    """The highest grade up to which every one is as likely as not; grade I where the finding is called, and none where it is not.

    From the thresholds on, which find nine in ten, a picture would be graded too high. Its pedigree is that of the label that carries it.
    """
    given = probabilities(seen.card, seen.logits)
    reached = 0
    for name in AT_LEAST:
        label = next((own for own in seen.card.labels if own.name == name), None)
        if label is None:
            return Missing(RDS_GRADE, Gap.NO_MODEL, f"{seen.card.name}: no output for {name}")
        if name != RDS and given[name] < _LIKELY:
            break
        reached += 1
    if not assessment.findings[0].called:
        return Missing(RDS_GRADE, Gap.NOT_MEASURABLE, "respiratory distress syndrome is not called, so there is nothing to grade")
    return Measurement(float(reached), GRADE, None, seen.card.label(AT_LEAST[reached - 1]).validated)
