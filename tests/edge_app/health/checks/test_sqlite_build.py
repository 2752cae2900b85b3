"""The SQLite build."""

import sqlite3

import pytest

from edge_app.config import Settings
from edge_app.health.check import State
from edge_app.health.checks.sqlite_build import judge, look


def test_the_build_the_casebook_uses_has_the_fix(settings: Settings) -> None:
    assert look(settings).state is State.OK


@pytest.mark.parametrize(
    ("version", "state"),
    [
        ((3, 40, 1), State.FAILED),
        ((3, 51, 2), State.FAILED),
        ((3, 51, 3), State.OK),
        ((3, 53, 0), State.OK),
        ((4, 0, 0), State.OK),
    ],
)
def test_versions_before_the_fix_fail(version: tuple[int, ...], state: State) -> None:
    assert judge(version).state is state


def test_a_build_without_the_fix_is_told_by_its_number() -> None:
    if sqlite3.sqlite_version_info >= (3, 51, 3):
        pytest.skip("this machine's own SQLite has the fix")
    check = judge(sqlite3.sqlite_version_info)
    assert check.state is State.FAILED
    assert sqlite3.sqlite_version in check.word
