"""When the frames of a DICOM video were taken, by everything that may tell it."""

import numpy as np
import pytest

from edge_app.radiograph.byte_source import ByteSource
from edge_app.radiograph.cine import frame_times
from edge_app.radiograph.data_set import read_data_set
from edge_app.radiograph.header import Header
from tests.edge_app.radiograph.dicoms import data_set, phantom, written

FRAME_TIME, FRAME_TIME_VECTOR = 0x00181063, 0x00181065
UNEVEN_MS = [0, 40, 20, 60, 40]


def header_of(**values: object) -> Header:
    return read_data_set(ByteSource.of(written(data_set(phantom(8), 8, **values)))).header


@pytest.mark.parametrize(
    ("values", "fps"),
    [
        ({"FrameIncrementPointer": FRAME_TIME, "FrameTime": "40"}, 25),
        ({"FrameTime": "66.666667"}, 15),
        ({"CineRate": 30}, 30),
        ({"RecommendedDisplayFrameRate": 10}, 10),
        ({"EffectiveDuration": "0.5"}, 10),
        ({"FrameTime": "0", "CineRate": 12}, 12),
        ({"FrameTime": "1", "CineRate": 12}, 12),
        ({"FrameTime": "40", "CineRate": 12}, 25),
        ({"FrameIncrementPointer": FRAME_TIME, "FrameTime": "40", "FrameTimeVector": UNEVEN_MS}, 25),
        ({"FrameIncrementPointer": FRAME_TIME_VECTOR, "FrameTimeVector": [0, 40], "CineRate": 20}, 20),
        ({"FrameTimeVector": [0, 40, -40, 40, 40], "CineRate": 20}, 20),
    ],
)
def test_the_rate_comes_from_what_tells_a_possible_one(values: dict[str, object], fps: float) -> None:
    times = frame_times(header_of(**values), 5)
    assert not times.assumed
    assert np.allclose(times.times_s, np.arange(5) / fps)
    assert times.step_s == pytest.approx(1 / fps)


@pytest.mark.parametrize("first", [UNEVEN_MS, UNEVEN_MS[1:]], ids=["with the first", "without it"])
@pytest.mark.parametrize("pointer", [{"FrameIncrementPointer": FRAME_TIME_VECTOR, "FrameTime": "10"}, {}, {"CineRate": 30}])
def test_a_vector_gives_every_frame_its_time(first: list[int], pointer: dict[str, object]) -> None:
    times = frame_times(header_of(FrameTimeVector=first, **pointer), 5)
    assert not times.assumed
    assert np.allclose(times.times_s, [0, 0.04, 0.06, 0.12, 0.16])


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"FrameTime": "0"},
        {"FrameTime": "-40"},
        {"CineRate": 1000},
        {"CineRate": 0, "RecommendedDisplayFrameRate": 0},
        {"FrameTimeVector": [0] * 5},
        {"FrameTimeVector": [0, 1, 1, 1, 1]},
        {"EffectiveDuration": "0"},
    ],
)
def test_where_nothing_tells_it_is_assumed(values: dict[str, object]) -> None:
    times = frame_times(header_of(**values), 5)
    assert times.assumed
    assert np.allclose(times.times_s, np.arange(5) / 30)
