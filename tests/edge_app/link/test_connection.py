"""Which protocol an end speaks with its broker."""

import pytest

from edge_app.config import Broker
from edge_app.link.connection import V5, V311, Dialect, HandshakeFailedError

SILENCE = HandshakeFailedError("no answer", refused=False)
REFUSAL = HandshakeFailedError("unsupported protocol version", refused=True)


def spoken(dialect: Dialect, *failures: HandshakeFailedError) -> list[int]:
    """The protocol before each failure, and after the last."""
    versions = [dialect.version]
    for failure in failures:
        dialect.failed(failure)
        versions.append(dialect.version)
    return versions


def test_the_demo_s_broker_is_spoken_to_in_what_it_is_known_to_speak() -> None:
    assert (Dialect(Broker(kind="embedded")).version, Dialect(Broker(kind="external")).version) == (V311, V5)


@pytest.mark.parametrize("failure", [SILENCE, REFUSAL])
def test_until_one_has_worked_the_two_take_turns(failure: HandshakeFailedError) -> None:
    assert spoken(Dialect(Broker(kind="external")), *[failure] * 3) == [V5, V311, V5, V311]


def test_a_thin_link_s_silence_does_not_change_what_has_worked() -> None:
    dialect = Dialect(Broker(kind="external"))
    dialect.worked()
    assert spoken(dialect, *[SILENCE] * 6) == [V5, V5, V5, V311, V5, V5, V311]


def test_a_broker_exchanged_for_an_older_one_is_met_in_its_protocol_and_kept_to() -> None:
    dialect = Dialect(Broker(kind="external"))
    dialect.worked()
    assert spoken(dialect, REFUSAL) == [V5, V311]
    dialect.worked()
    assert spoken(dialect, SILENCE, SILENCE) == [V311, V311, V311]
