"""From a network's grades to how bad the lungs look."""

from edge_app.errors import ModelError
from edge_app.reading.calibration import probabilities
from edge_app.reading.card import Grade
from edge_app.reading.finding import Score, Severity
from edge_app.reading.seen import Seen

GEOGRAPHIC_EXTENT = "geographic_extent_0_8"
OPACITY = "opacity_0_6"
BRIXIA = "brixia_0_18"
BRIXIA_MAXIMUM = 18.0
ZONES = ("zone_a", "zone_b", "zone_c", "zone_d", "zone_e", "zone_f")


def grade_severity(seen: Seen) -> Severity:
    """The scores of one picture, each with its error on other patients.

    The Brixia total is the card's own grade where it has one; else the sum of the zones, whose error as a sum nobody has measured.

    Raises:
        ModelError: the card lacks a score.
    """
    given = probabilities(seen.card, seen.logits)
    grades = {grade.name: grade for grade in seen.card.grades}
    absent = [name for name in (GEOGRAPHIC_EXTENT, OPACITY, *ZONES) if name not in grades]
    if absent:
        raise ModelError(f"{seen.card.name}: no grade {', '.join(absent)}")

    def score(name: str) -> Score:
        return _score(grades[name], given[name])

    a, b, c, d, e, f = (score(name) for name in ZONES)
    total = sum(zone.value for zone in (a, b, c, d, e, f))
    brixia = score(BRIXIA) if BRIXIA in grades else Score(total, BRIXIA_MAXIMUM, None, None, validated=False)
    return Severity(score(GEOGRAPHIC_EXTENT), score(OPACITY), brixia, (a, b, c, d, e, f))


def _score(grade: Grade, share: float) -> Score:
    return Score(share * grade.maximum, grade.maximum, grade.mae, grade.readers_mae, grade.validated)
