"""The box's own end of the link."""

import pytest

from edge_app.casebook import Casebook
from edge_app.config import Settings
from edge_app.health.check import State
from edge_app.health.checks.link import STALE_AFTER_S, look
from edge_app.link.state import LinkWord, write_link_state
from tests.edge_app.health.conftest import Beat


def test_connected_and_alive_is_ok(settings: Settings, casebook: Casebook, beat: Beat) -> None:
    beat("uplink")
    write_link_state(casebook.database, connected=True, word=LinkWord.CONNECTED, protocol="5")
    check = look(settings)
    assert check.state is State.OK
    assert check.word == "connected, MQTT 5"


@pytest.mark.parametrize("word", [word for word in LinkWord if word is not LinkWord.CONNECTED])
def test_down_while_the_uplink_lives_fails_with_its_word(settings: Settings, casebook: Casebook, beat: Beat, word: LinkWord) -> None:
    beat("uplink")
    write_link_state(casebook.database, connected=False, word=word, protocol="5")
    check = look(settings)
    assert check.state is State.FAILED
    assert word.replace("_", " ") in check.word


def test_connected_by_its_last_word_but_no_longer_alive_is_not_ok(settings: Settings, casebook: Casebook, beat: Beat) -> None:
    write_link_state(casebook.database, connected=True, word=LinkWord.CONNECTED, protocol="5")
    assert look(settings).state is State.WARNING
    beat("uplink", age_s=3600)
    assert look(settings).state is State.WARNING


def test_a_state_that_was_noted_long_ago_fails(settings: Settings, casebook: Casebook, beat: Beat) -> None:
    beat("uplink")
    write_link_state(casebook.database, connected=True, word=LinkWord.CONNECTED, protocol="5")
    casebook.database.tables.conn.execute(
        "UPDATE link_state SET alive_mono_ms = alive_mono_ms - :ms", {"ms": int(STALE_AFTER_S * 1000) + 1000}
    )
    assert look(settings).state is State.FAILED


def test_a_link_that_never_was_is_not_ok(settings: Settings, casebook: Casebook) -> None:
    assert look(settings).state is State.WARNING
