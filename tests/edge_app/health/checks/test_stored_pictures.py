"""Pictures that are not in the store any more."""

from edge_app.casebook import Casebook
from edge_app.casebook.radiographs import StoredRadiograph
from edge_app.config import Settings
from edge_app.health.check import State
from edge_app.health.checks.stored_pictures import look


def test_pictures_that_are_there_are_ok(settings: Settings, radiograph: StoredRadiograph) -> None:
    check = look(settings)
    assert check.state is State.OK
    assert check.word == "1 there"


def test_a_picture_that_is_gone_fails(settings: Settings, casebook: Casebook, radiograph: StoredRadiograph) -> None:
    casebook.pictures.path_of(radiograph.sha256).unlink()
    assert look(settings).state is State.FAILED


def test_a_picture_that_was_cut_short_fails(settings: Settings, casebook: Casebook, radiograph: StoredRadiograph) -> None:
    path = casebook.pictures.path_of(radiograph.sha256)
    path.write_bytes(path.read_bytes()[:-1])
    assert look(settings).state is State.FAILED
