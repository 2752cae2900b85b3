"""Grades become points, each with its error on other patients."""

from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import ModelError
from edge_app.reading.canvas import place
from edge_app.reading.card import Card, load_card
from edge_app.reading.finding import Score
from edge_app.reading.seen import Seen
from edge_app.reading.severity import grade_severity
from tests.edge_app.reading.bundles import SIDE, change_card
from tests.edge_app.reading.chests import GRADES, grade, write_severity


def seen(card: Card, *shares: float) -> Seen:
    logits = np.log(np.array([shares]) / (1 - np.array([shares]))).astype(np.float32)
    return Seen(card, logits, None, place(400, 300, SIDE, SIDE))


ZONE_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)


def test_each_score_is_a_share_of_its_maximum_with_its_error(tmp_path: Path) -> None:
    severity = grade_severity(seen(load_card(write_severity(tmp_path)), 0.25, 0.5, *ZONE_SHARES, 0.75))
    assert severity.geographic_extent == Score(severity.geographic_extent.value, 8.0, 0.9, 1.9, validated=True)
    assert severity.geographic_extent.value == pytest.approx(2.0)
    assert severity.opacity.value == pytest.approx(3.0)
    assert severity.brixia == Score(severity.brixia.value, 18.0, 0.9, 1.9, validated=True)
    assert severity.brixia.value == pytest.approx(13.5)
    assert [zone.value for zone in severity.zones] == pytest.approx([3 * share for share in ZONE_SHARES])


def test_without_a_grade_of_its_own_the_total_is_the_sum_of_the_zones_and_not_validated(tmp_path: Path) -> None:
    severity = grade_severity(seen(load_card(write_severity(tmp_path, total=False)), 0.25, 0.5, *ZONE_SHARES))
    assert severity.brixia == Score(severity.brixia.value, 18.0, None, None, validated=False)
    assert severity.brixia.value == pytest.approx(6.3)


def test_what_few_pictures_stand_behind_is_not_validated(tmp_path: Path) -> None:
    folder = write_severity(tmp_path)
    change_card(folder, grades=[grade(name, maximum, pictures=19 if name == "opacity_0_6" else 20) for name, maximum in GRADES])
    severity = grade_severity(seen(load_card(folder), *[0.5] * 9))
    assert (severity.opacity.validated, severity.geographic_extent.validated) == (False, True)


@pytest.mark.parametrize("lacking", ["geographic_extent_0_8", "opacity_0_6", "zone_c"])
def test_a_card_that_lacks_a_score_is_an_error(tmp_path: Path, lacking: str) -> None:
    folder = write_severity(tmp_path)
    change_card(folder, grades=[grade(name, maximum) for name, maximum in GRADES if name != lacking])
    with pytest.raises(ModelError, match=f"no grade {lacking}"):
        grade_severity(seen(load_card(folder), *[0.5] * 8))
