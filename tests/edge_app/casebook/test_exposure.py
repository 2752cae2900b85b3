"""When the picture was taken, as far as a sender's clock is to be believed."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from edge_app.casebook.exposure import exposure_age_s, seconds_from_exposure_to_reception
from edge_app.clock import Stamp
from edge_app.database import Database
from tests.edge_app.casebook.builders import stored

RECEIVED = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("taken_at", "seconds"),
    [
        ("2026-03-01T11:59:30+00:00", 30.0),
        ("2026-03-01T20:59:30+09:00", 30.0),
        ("2026-03-01T11:00:00+00:00", 3600.0),
        ("2026-03-01T10:59:59+00:00", None),
        ("2026-03-01T12:00:01+00:00", None),
        ("1999-01-01T00:00:00+00:00", None),
        ("not a time", None),
        (None, None),
    ],
)
def test_only_the_hour_before_reception_is_believed(database: Database, taken_at: str | None, seconds: float | None) -> None:
    received = Stamp(int(RECEIVED.timestamp() * 1000), 50_000, "boot", stored(database).received.source, None)
    radiograph = replace(stored(database), taken_at=taken_at, received=received)
    assert seconds_from_exposure_to_reception(radiograph) == seconds
    later = replace(received, mono_ms=57_500, unix_ms=1)
    assert exposure_age_s(radiograph, later) == 7.5 + (seconds or 0.0)


def test_a_time_without_an_offset_is_local_time(database: Database) -> None:
    radiograph = stored(database)
    local = datetime.fromtimestamp(radiograph.received.unix_ms // 1000 - 60, tz=UTC).astimezone().replace(tzinfo=None)
    found = seconds_from_exposure_to_reception(replace(radiograph, taken_at=local.isoformat()))
    assert found is not None
    assert 60.0 <= found < 61.0
