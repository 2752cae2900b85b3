"""The way to a hospital and back, through the real services and a thin link."""

import dataclasses

import pytest

from edge_app.benchmark import link
from edge_app.benchmark.link import Judged, Link, LinkSpeed, Target, Took, judged, measure_links
from edge_app.benchmark.thin_link import CLEAN, Line

LOSSY = "16 kbit/s, 300 ms, 30 % loss"


def speed(name: str, *, decidable: Took, kiosk: Took | None = None) -> LinkSpeed:
    some = Took(0.1, 0.2, 3, 0)
    return LinkSpeed(name, 3, decidable, None, some, kiosk or some, 1.0, 100_000, 2_000, 0, 0, 0)


@pytest.mark.processes
@pytest.mark.timeout(300)
def test_a_case_goes_there_and_its_answer_back_on_each_link() -> None:
    thin = Link("thin", Line(64_000, 0.1, 0.1), pictures=1)
    clean, other = measure_links((Link("clean", CLEAN), thin), rounds=2, side=256)
    for each in (clean, other):
        assert (each.rounds, each.decidable.of, each.decidable.missed) == (2, 6, 0)
        assert (each.answer.missed, each.kiosk.missed, each.lost, each.shown_twice) == (0, 0, 0, 0)
        for took in (each.decidable, each.answer, each.kiosk, each.picture):
            assert took is not None
            assert took.median_s is not None
            assert took.worst_s is not None
            assert 0 <= took.median_s <= took.worst_s
        # Three requests and three pictures up; at the least their receipts and an answer down.
        assert each.up_bytes > 6_000
        assert each.down_bytes > 1_000
    assert clean.times_clean == 1.0
    assert other.times_clean is not None
    assert clean.picture is not None
    assert other.picture is not None
    assert (clean.picture.of, other.picture.of) == (2, 1)


def test_a_target_is_met_by_the_worst_and_by_all() -> None:
    speeds = [
        speed("clean", decidable=Took(0.2, 1.0, 15, 0), kiosk=Took(0.1, 0.31, 5, 0)),
        speed(LOSSY, decidable=Took(1.0, 2.0, 9, 1)),
    ]
    assert judged(speeds) == (
        Judged(Target("clean", "decidable", 1.0), 1.0, met=True),
        Judged(Target(LOSSY, "decidable", 5.0), 2.0, met=False),
        Judged(Target("clean", "kiosk", 0.3), 0.31, met=False),
    )
    none = [dataclasses.replace(speeds[0], decidable=Took(None, None, 15, 15))]
    assert judged(none)[0] == Judged(Target("clean", "decidable", 1.0), None, met=False)


def test_every_target_is_of_a_link_that_is_measured() -> None:
    assert {target.link for target in link.TARGETS} <= {each.name for each in link.LINKS}
    assert {target.what for target in link.TARGETS} <= {field.name for field in dataclasses.fields(LinkSpeed)}
