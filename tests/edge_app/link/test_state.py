"""How long the link has been as it is, whatever the wall clock does meanwhile."""

from pathlib import Path

import pytest

from edge_app.database import Database, Migration
from edge_app.link.state import LinkWord, read_link_state, write_link_state
from edge_app.link.tables import TABLES
from tests.edge_app.clocks import DAY_S, Clock


@pytest.fixture
def link(tmp_path: Path) -> Database:
    return Database(tmp_path / "link.sqlite3", [Migration(1, "link", TABLES)])


def note(link: Database, word: LinkWord = LinkWord.LOST) -> None:
    write_link_state(link, connected=word is LinkWord.CONNECTED, word=word, protocol="5")


def ages(link: Database) -> tuple[int, int | None]:
    """Since when it is so and the last sign of life, in whole seconds."""
    state = read_link_state(link)
    assert state is not None
    return round(state.changed_age_s), None if state.alive_age_s is None else round(state.alive_age_s)


def test_a_state_is_as_old_as_its_change(link: Database, clock: Clock) -> None:
    note(link)
    clock.wait(30)
    note(link)
    clock.wait(7)
    assert ages(link) == (37, 7)
    note(link, LinkWord.UNREACHABLE)
    assert ages(link) == (0, 0)


@pytest.mark.parametrize("jump_s", [DAY_S, -DAY_S, 400 * DAY_S])
def test_a_clock_that_jumps_makes_it_neither_older_nor_younger(link: Database, clock: Clock, jump_s: float) -> None:
    note(link)
    clock.wait(30)
    clock.jump(jump_s)
    clock.wait(7)
    # Seen before its service has said anything further, and after.
    assert ages(link) == (37, 37)
    note(link)
    assert ages(link) == (37, 0)
    clock.jump(-jump_s)
    note(link)
    clock.wait(3)
    assert ages(link) == (40, 3)


def test_after_a_new_start_of_the_machine_only_the_wall_clock_is_left(link: Database, clock: Clock) -> None:
    note(link)
    clock.wait(30)
    link.tables.conn.execute("UPDATE link_state SET boot = 'another', alive_mono_ms = alive_mono_ms + 1000000000")
    assert ages(link) == (30, None)
