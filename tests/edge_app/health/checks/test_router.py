"""OSRM, as a scripted peer that speaks its protocol."""

from collections.abc import Iterator

import pytest

from edge_app.config import Dispatch, Settings
from edge_app.dispatch.emergency_rooms import SHIPPED, read_directory
from edge_app.health.check import State
from edge_app.health.checks.router import look
from edge_app.stage import free_port
from tests.edge_app.dispatch.router import Router, patiently, running, says, table

COUNT = len(read_directory(SHIPPED))


@pytest.fixture
def router(monkeypatch: pytest.MonkeyPatch) -> Iterator[Router]:
    patiently(monkeypatch)
    with running() as started:
        yield started


def at(settings: Settings, base: str | None) -> Settings:
    return settings.model_copy(update={"dispatch": Dispatch(osrm=base)})


def test_none_set_is_ok_and_says_that_times_are_estimates(settings: Settings) -> None:
    check = look(at(settings, None))
    assert check.state is State.OK
    assert "estimates" in check.word


def test_one_that_answers_is_ok_and_counted(settings: Settings, router: Router) -> None:
    check = look(at(settings, router.base))
    assert check.state is State.OK
    assert check.word == f"{router.base} knows the road to {COUNT} of {COUNT} hospitals"
    assert len(router.asked) == 1


def test_one_that_knows_no_road_is_a_warning(settings: Settings, router: Router) -> None:
    router.answer = lambda handler, points: says(table(points, dict.fromkeys(points[1:])))(handler, points)
    check = look(at(settings, router.base))
    assert check.state is State.WARNING
    assert f"knows no road to any of {COUNT} hospitals" in check.word


def test_one_that_refuses_fails_with_its_word(settings: Settings, router: Router) -> None:
    router.answer = says({"code": "TooBig", "message": "Too many table coordinates"}, 400)
    check = look(at(settings, router.base))
    assert check.state is State.FAILED
    assert "TooBig" in check.word


def test_nobody_there_fails(settings: Settings) -> None:
    check = look(at(settings, f"http://127.0.0.1:{free_port(22900)}"))
    assert check.state is State.FAILED
    assert "ConnectionRefusedError" in check.word


def test_without_a_directory_it_was_not_tried(settings: Settings, router: Router) -> None:
    settings.directory_file.parent.mkdir(parents=True)
    settings.directory_file.write_text("nothing,of,this\n")
    check = look(at(settings, router.base))
    assert check.state is State.WARNING
    assert router.asked == []
