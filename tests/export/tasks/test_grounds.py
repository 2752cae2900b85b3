"""What is drawn anew is another thing every time, is where it is said to be, and leaves the border of its picture alone."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.reading.finding import Box
from export.datasets.labelled import NO_FINDING, Labelled
from export.recipes.chest_findings import RECIPE
from export.simulate.chests import simulated_chests
from export.simulate.lesion_chests import SOURCE
from export.simulate.tuberculous_chests import DRAWING, TUBERCULOSIS
from export.tasks.grounds import Grounds
from export.workplace import Workplace

SIDE = 128


def _drawn_on(chest: Labelled) -> Labelled:
    return replace(chest, path=chest.path.with_name(f"drawn-{chest.path.name}"), source=SOURCE, drawn_on=chest.path)


@pytest.fixture(scope="module")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> Grounds:
    folder = tmp_path_factory.mktemp("grounds")
    first, second = simulated_chests(folder, 3, 2)
    place = Workplace(RECIPE.small(), folder / "runs", folder, 1)
    own = Grounds([_drawn_on(first), second, _drawn_on(second)], place)
    own.prepare(SIDE)
    return own


def test_only_what_was_drawn_on_a_chest_is_drawn_anew(grounds: Grounds) -> None:
    assert [number in grounds for number in range(3)] == [True, False, True]


def test_every_time_something_else_is_drawn_and_it_lies_where_the_picture_changed(grounds: Grounds) -> None:
    plain = np.asarray(grounds._canvases[0], dtype=np.int16)
    seen: set[tuple[str, ...]] = set()
    for seed in range(40):
        grey, labels, regions = grounds.drawn(0, np.random.default_rng(seed))
        assert grey.shape == (SIDE, SIDE)
        assert grey.dtype == np.uint8
        present = {name for name, value in labels.items() if value == 1.0}
        assert {name for name, _ in regions} == present
        assert labels.keys() <= NO_FINDING.keys()
        seen.add(tuple(sorted(present)))
        for name, region in regions:
            assert region.shape == (SIDE, SIDE)
            assert set(np.unique(region)) <= {0.0, 1.0}
            if name in {"Effusion", "Mass", "Pneumonia"} and len(regions) == 1 and region.sum() > 100:
                changed = np.abs(grey.astype(np.int16) - plain)
                assert changed[region == 1.0].mean() > changed[region == 0.0].mean()
    assert len(seen) > 10
    again, once = (grounds.drawn(2, np.random.default_rng(7))[0] for _ in range(2))
    assert (again == once).all()


def test_tuberculosis_is_drawn_anew_where_that_is_asked_for(tmp_path: Path) -> None:
    chest = replace(_drawn_on(simulated_chests(tmp_path, 3, 1)[0]), source=DRAWING.source)
    own = Grounds([chest], Workplace(RECIPE.small(), tmp_path / "runs", tmp_path, 1), DRAWING)
    own.prepare(SIDE)
    seen = set()
    for seed in range(12):
        _, labels, regions = own.drawn(0, np.random.default_rng(seed))
        assert [name for name, region in regions if region.any()] == ([TUBERCULOSIS] if labels.get(TUBERCULOSIS) == 1.0 else [])
        seen.add(labels.get(TUBERCULOSIS))
    assert {0.0, 1.0} <= seen


def test_the_border_of_a_picture_stays_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A heart or diaphragm that moves must not take the black beside the picture along: a bent border would tell the finding."""

    def boxes(pictures: Sequence[Labelled], models: Path, folder: Path) -> list[Box | None]:
        return [Box(0.0, 60.0, 320.0, 160.0) for _ in pictures]

    def fields(pictures: Sequence[Labelled], boxes: Sequence[Box], names: Sequence[str], side: int, *_: Path) -> NDArray[np.uint8]:
        masks = np.zeros((len(pictures), len(names), side, side), dtype=np.uint8)
        middle, third = side // 2, side // 3
        masks[:, 0, third : middle + third // 2, side // 8 : middle - 8] = 1
        masks[:, 1, third : middle + third // 2, middle + 8 : -side // 8] = 1
        masks[:, 2, middle : middle + third // 2, middle - 8 : middle + 16] = 1
        return masks

    monkeypatch.setattr("export.tasks.grounds.lung_boxes", boxes)
    monkeypatch.setattr("export.tasks.grounds.outlined", fields)
    own = Grounds([_drawn_on(simulated_chests(tmp_path, 5, 1)[0])], Workplace(RECIPE.small(), tmp_path / "runs", tmp_path, 1))
    own.prepare(SIDE)
    plain = np.asarray(own._canvases[0])
    empty = np.flatnonzero(plain.max(1) == 0)
    assert empty.size > SIDE // 4
    moved = 0
    for seed in range(60):
        grey, labels, _ = own.drawn(0, np.random.default_rng(seed))
        assert (grey[empty] == 0).all()
        full = np.flatnonzero(plain.max(1) > 12)
        assert (grey[full[0]] == plain[full[0]]).all()
        assert (grey[full[-1]] == plain[full[-1]]).all()
        # Nothing dark has come in from outside where the picture itself is bright.
        rows = slice(full[0] + 1, full[-1])
        assert grey[rows].min() > 0 or plain[rows].min() == 0
        moved += labels.get("Emphysema", 0.0) == 1.0 or labels.get("Cardiomegaly", 0.0) == 1.0
    assert moved > 3
