"""Whole videos judged by a network that outlines exactly, by one that sees nothing, and by figures made up."""

from collections.abc import Iterator

import numpy as np
import pytest

from edge_app.radiograph.picture import Picture
from edge_app.reading.canvas import place
from edge_app.reading.protocols.swallow import BELOW, BETWEEN, MEASURED
from edge_app.reading.seen import Seen
from edge_app.reading.swallow import ASPIRATION, OUTLINED, PENETRATION
from export.evaluation.swallows import Followed, Look, Watched, drawn, followed, judged
from export.recipes.swallow import RECIPE
from export.runners import draft_card
from export.simulate.swallow_phantom import SwallowPhantom, swallow_phantom

SIDE = 128


@pytest.fixture(scope="module")
def phantoms() -> list[SwallowPhantom]:
    """One that goes well and one whose barium goes below the folds."""
    return [swallow_phantom(np.random.default_rng(31 + pas), swallows=1, pas=pas, rows=SIDE, frames_per_s=15.0) for pas in (1, 8)]


def exact(phantoms: list[SwallowPhantom]) -> Look:
    """Knows every frame by its pixels and outlines it exactly."""
    card = draft_card(RECIPE)
    card = card.model_copy(update={"input": card.input.model_copy(update={"height": SIDE, "width": SIDE})})
    known = {frame.tobytes(): (own, at) for own in phantoms for at, frame in enumerate(own.frames)}

    def look(picture: Picture) -> Seen:
        own, at = known[picture.pixels.astype(np.uint8).tobytes()]
        masks = {**own.masks, **own.regions}
        shares = np.stack([masks[name][at].reshape(SIDE // 2, 2, SIDE // 2, 2).mean((1, 3)) / 255.0 for name in OUTLINED])
        logits = (16.0 * (shares - 0.5)).astype(np.float32)
        return Seen(card, np.zeros((1, len(OUTLINED)), dtype=np.float32), logits[None], place(SIDE, SIDE, SIDE, SIDE))

    return look


def blind(phantoms: list[SwallowPhantom]) -> Look:
    seeing = exact(phantoms)

    def look(picture: Picture) -> Seen:
        seen = seeing(picture)
        assert seen.map is not None
        return Seen(seen.card, seen.logits, np.full_like(seen.map, -8.0), seen.placement)

    return look


def _videos(phantoms: list[SwallowPhantom]) -> Iterator[Watched]:
    return (drawn(own, number) for number, own in enumerate(phantoms))


def test_who_outlines_exactly_times_exactly_and_tells_who_aspirates(phantoms: list[SwallowPhantom]) -> None:
    found = followed(exact(phantoms), _videos(phantoms))
    assert found.labels[:, list(BELOW).index(ASPIRATION)].tolist() == [0.0, 1.0]
    surely = found.surely[:, list(BELOW).index(ASPIRATION)]
    assert surely[0] < 0.5 < surely[1]
    times = found.off[:, : len(BETWEEN)]
    assert np.isfinite(times).mean() > 0.8
    assert np.nanmedian(np.abs(times)) < 0.12
    assert not found.real.any()


def test_who_sees_nothing_measures_nothing_and_is_sure_of_nothing(phantoms: list[SwallowPhantom]) -> None:
    found = followed(blind(phantoms), _videos(phantoms))
    assert not found.surely.any()
    assert np.isnan(found.off).all()
    assert found.known.any()


def _made_up(real: bool, count: int = 40) -> Followed:
    random = np.random.default_rng(3)
    truth = np.stack([np.arange(count) % 2 == 0, np.arange(count) % 4 == 0], axis=1).astype(np.float64)
    surely = np.clip(0.2 + 0.5 * truth + random.normal(0, 0.1, truth.shape), 0, 1)
    off = np.tile(np.linspace(-0.2, 0.2, count)[:, None], (1, len(MEASURED)))
    off[0] = np.nan
    return Followed(surely, truth, off, np.ones(off.shape, dtype=np.bool_), tuple(map(str, range(count))), np.full(count, real))


def test_on_phantoms_nothing_is_validated_and_every_figure_has_its_interval() -> None:
    told = judged(_made_up(real=False), 1)
    assert [label.name for label in told.watched] == list(BELOW) == [ASPIRATION, PENETRATION]
    for label, detail in zip(told.watched, told.watched_details, strict=True):
        assert label.positives == 0
        assert not label.validated
        assert label.auroc is not None
        assert label.auroc > 0.9
        assert label.auroc_ci95 is not None
        assert label.uncertain_from <= label.threshold <= label.uncertain_to
        assert (detail.videos, detail.positives) == (40, (20 if label.name == ASPIRATION else 10))
    for timed, own in zip(told.timed, told.timed_details, strict=True):
        assert (timed.videos, timed.validated) == (0, False)
        assert timed.mae == pytest.approx(0.1, abs=0.02)
        assert timed.margin == own.nine_in_ten == pytest.approx(0.18, abs=0.02)
        assert (own.asked, own.measured) == (40, 39)


def test_what_people_said_of_enough_patients_is() -> None:
    told = judged(_made_up(real=True), 1)
    assert [label.positives for label in told.watched] == [20, 10]
    assert all(timed.videos == 39 for timed in told.timed)
    assert all(timed.validated for timed in told.timed)
