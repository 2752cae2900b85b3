"""The broker that a demonstration starts is its own, or none."""

from pathlib import Path

import pytest

from edge_app.errors import ServiceError
from edge_app.link.brokers import start_broker
from tests.edge_app.link.peers import Kind, RealBroker


@pytest.mark.parametrize("kind", ["external", "embedded"])
def test_a_port_with_a_broker_of_somebody_else_is_no_broker(either_broker: RealBroker, tmp_path: Path, kind: Kind) -> None:
    with pytest.raises(ServiceError, match=f"does not listen on port {either_broker.port}"):
        start_broker(tmp_path / "second", either_broker.port, kind)
