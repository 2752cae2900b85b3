"""Pictures on which the reading service died again and again."""

from edge_app.casebook import Casebook
from edge_app.casebook.attempts import STARTS_BEFORE_SET_ASIDE, Attempt, begin
from edge_app.casebook.radiographs import StoredRadiograph
from edge_app.config import Settings
from edge_app.health.check import State
from edge_app.health.checks.set_aside import look


def test_a_picture_that_may_be_tried_again_is_not_set_aside(settings: Settings, casebook: Casebook, radiograph: StoredRadiograph) -> None:
    for _ in range(STARTS_BEFORE_SET_ASIDE):
        begin(casebook.database, Attempt.READING, radiograph.id)
    assert look(settings).state is State.OK


def test_a_picture_set_aside_is_told(settings: Settings, casebook: Casebook, radiograph: StoredRadiograph) -> None:
    for _ in range(STARTS_BEFORE_SET_ASIDE + 1):
        begin(casebook.database, Attempt.READING, radiograph.id)
    check = look(settings)
    assert check.state is State.WARNING
    assert "NOT assessed" in str(check.remedy)
