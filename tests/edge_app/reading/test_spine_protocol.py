"""The spine protocol through the box's own reader: measured whole or in part, with implants painted over, refused with its reason."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.commands.read import as_contract, as_text
from edge_app.errors import Refusal
from edge_app.reading.anatomy import FEMORAL_HEADS, SACRUM, VERTEBRAE
from edge_app.reading.engine import Engine, Outputs
from edge_app.reading.finding import Gap, Landmark, Outline, Protocol, Reading
from edge_app.reading.protocols.method import Assessment
from edge_app.reading.protocols.spine import IMPLANT, IMPLANTS_MODEL, SPINE_MODEL, is_lumbar_spine
from edge_app.reading.reader import Reader
from edge_app.reading.spine import STRUCTURES
from edge_app.reading.spinopelvic import (
    ANGLES,
    HIPS,
    LANDMARKS,
    LUMBAR_LORDOSIS,
    PELVIC_INCIDENCE,
    PELVIC_TILT,
    SACRAL_SLOPE,
)
from tests.edge_app.reading.bundles import change_card, fixed_network, label, write_bundle, write_gate
from tests.edge_app.reading.spines import seen_of
from tests.edge_app.reading.test_spine import whole

SIDE = 256
SPINE = whole(40)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def engine(models: Path, tmp_path: Path) -> Iterator[Engine]:
    models.mkdir(exist_ok=True)
    write_gate(models, "spine_lateral")
    with Engine(models, tmp_path / "cache", threads=1) as engine:
        yield engine


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    assert cv2.imwrite(str(path), np.rint(SPINE.picture * 255).astype(np.uint8))
    return path


def write_spine(models: Path, without: set[str] | None = None, **changes: object) -> None:
    """Outlines the phantom's structures, whatever it is shown, but for some."""
    told = seen_of(SPINE.masks, SIDE, without or set()).map
    assert told is not None
    structures = [{"name": name, "pictures": 0} for name in STRUCTURES]
    folder = write_bundle(models, SPINE_MODEL, [], fixed_network([0.0] * len(STRUCTURES), told[0], SIDE), structures=structures, side=SIDE)
    angles = [{"name": name, "pictures": 0, "mae": 1.0, "factor": 2.0} for name in ANGLES]
    change_card(folder, angles=angles, **changes)


def write_implants(models: Path, logit: float) -> None:
    """Says with that logit that there are implants, in the upper left quarter, and paints that black."""
    side = 64
    told = np.zeros((3, side, side), dtype=np.float32)
    told[1, : side // 2, : side // 2] = 0.5
    told[2] = 0.6
    told[2, : side // 2, : side // 2] = 0.0
    folder = write_bundle(models, IMPLANTS_MODEL, [label(IMPLANT)], fixed_network([logit], told))
    change_card(folder, repairs=True)


def read(engine: Engine, picture: Path, folder: Path) -> Reading:
    return Reader(engine).read(picture, Protocol.SPINE, folder, folder)


def test_every_angle_is_measured_with_its_margin_its_points_and_its_lines(
    engine: Engine, models: Path, picture: Path, tmp_path: Path
) -> None:
    write_spine(models)
    reading = read(engine, picture, tmp_path / "out")
    assert reading.assessed
    assert tuple(reading.measurements) == ANGLES
    for name, value in SPINE.angles.items():
        own = reading.measurements[name]
        assert own.value == pytest.approx(value, abs=1.0)
        assert own.margin is not None
        assert own.margin > 0
        assert not own.validated
        assert own.lines
    assert set(reading.landmarks) == set(LANDMARKS)
    assert {outline.name for outline in reading.outlines} == set(STRUCTURES)
    assert set(reading.masks) == set(STRUCTURES)
    assert [gap.part for gap in reading.missing] == [IMPLANT]
    assert reading.missing[0].reason is Gap.NO_MODEL
    told = as_contract("f", reading)
    json.dumps(told)
    assert told["measurements"][PELVIC_TILT]["unit"] == "deg"
    assert set(told["landmarks"]) == set(LANDMARKS)
    assert "±" in as_text("f", reading)


@pytest.mark.parametrize(
    ("without", "left", "reason"),
    [
        ({FEMORAL_HEADS}, {SACRAL_SLOPE, LUMBAR_LORDOSIS}, FEMORAL_HEADS),
        ({"L1"}, {PELVIC_TILT, SACRAL_SLOPE, PELVIC_INCIDENCE}, "L1"),
    ],
)
def test_what_cannot_be_measured_is_missing_with_its_reason(
    engine: Engine, models: Path, picture: Path, tmp_path: Path, without: set[str], left: set[str], reason: str
) -> None:
    write_spine(models, without)
    reading = read(engine, picture, tmp_path / "out")
    assert set(reading.measurements) == left
    assert reason in {gap.part for gap in reading.missing}


@pytest.mark.parametrize("without", [{SACRUM}, set(STRUCTURES), set(STRUCTURES) - {FEMORAL_HEADS}])
def test_where_nothing_can_be_measured_the_picture_is_refused(
    engine: Engine, models: Path, picture: Path, tmp_path: Path, without: set[str]
) -> None:
    write_spine(models, without)
    reading = read(engine, picture, tmp_path / "out")
    assert reading.refusal is not None
    assert reading.refusal.reason is Refusal.UNLIKE_TRAINING
    assert SACRUM in reading.refusal.detail
    assert not reading.measurements


def test_implants_are_painted_over_for_the_measurement_and_shown_beside_it(
    engine: Engine, models: Path, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_spine(models)
    write_implants(models, 3.0)
    shown: list[NDArray[np.float32]] = []
    infer = engine.infer

    def watched(model: str, batch: NDArray[np.float32]) -> object:
        if model == SPINE_MODEL:
            shown.append(batch)
        return infer(model, batch)

    monkeypatch.setattr(engine, "infer", watched)
    reading = read(engine, picture, tmp_path / "out")
    assert set(reading.measurements) == set(ANGLES)
    assert IMPLANT not in {gap.part for gap in reading.missing}
    assert set(reading.repaired) == {IMPLANT}
    came, batch = shown
    assert float(came[0, 0, 8 : SIDE // 2 - 16].max() * 0.25 + 0.5) > 0.3, "the picture itself is looked at as well"
    rows, columns = SPINE.picture.shape
    inner = batch[0, 0, :, (SIDE - round(SIDE * columns / rows)) // 2 :] * 0.25 + 0.5
    assert float(inner[8 : SIDE // 2 - 16, 4:40].max()) < 0.1, "what was covered is painted"
    assert float(batch[0, 0, SIDE // 2 + 16 :].max() * 0.25 + 0.5) > 0.3, "the rest is as it came"


@pytest.mark.parametrize("hidden", [0, 1])
def test_the_outlines_that_are_surer_are_measured(
    engine: Engine, models: Path, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hidden: int
) -> None:
    """What hides L1 on the picture itself, or on the painted one, costs nothing."""
    write_spine(models)
    write_implants(models, 3.0)
    infer, looks = engine.infer, list[str]()

    def hiding(model: str, batch: NDArray[np.float32]) -> Outputs:
        outputs = infer(model, batch)
        if model == SPINE_MODEL:
            looks.append(model)
            assert outputs.map is not None
            if len(looks) - 1 == hidden:
                outputs.map[0, 0] = -9.0
        return outputs

    monkeypatch.setattr(engine, "infer", hiding)
    assert set(read(engine, picture, tmp_path / "out").measurements) == set(ANGLES)
    assert len(looks) == 2


def test_where_no_implant_is_called_the_picture_itself_is_measured(engine: Engine, models: Path, picture: Path, tmp_path: Path) -> None:
    write_spine(models)
    write_implants(models, -3.0)
    reading = read(engine, picture, tmp_path / "out")
    assert reading.repaired == {}
    assert IMPLANT not in {gap.part for gap in reading.missing}


def test_real_patients_behind_an_angle_validate_it(engine: Engine, models: Path, picture: Path, tmp_path: Path) -> None:
    write_spine(models)
    angles = [{"name": name, "pictures": 40 if name in (PELVIC_TILT, SACRAL_SLOPE) else 3, "mae": 1.0, "factor": 2.0} for name in ANGLES]
    change_card(models / SPINE_MODEL, angles=angles)
    measured = read(engine, picture, tmp_path / "out").measurements
    assert {name for name, own in measured.items() if own.validated} == {PELVIC_TILT, SACRAL_SLOPE}


def test_a_chest_is_refused_and_a_spine_asked_for_as_a_chest_too(engine: Engine, models: Path, picture: Path, tmp_path: Path) -> None:
    write_spine(models)
    reading = Reader(engine).read(picture, Protocol.CHEST)
    assert reading.refusal is not None
    write_gate(models, "chest_adult")
    with Engine(models, tmp_path / "cache2", threads=1) as other:
        refused = Reader(other).read(picture, Protocol.SPINE)
    assert refused.refusal is not None
    assert refused.refusal.reason is Refusal.WRONG_BODY_PART


def test_hips_are_circles_with_a_radius(engine: Engine, models: Path, picture: Path, tmp_path: Path) -> None:
    write_spine(models)
    landmarks = read(engine, picture, tmp_path / "out").landmarks
    assert all(landmarks[name].radius is not None for name in HIPS)
    assert all(landmarks[name].radius is None for name in LANDMARKS if name not in HIPS)


def test_a_spine_that_the_gate_does_not_know_is_measured_where_its_outlines_can_be_nothing_else(
    models: Path, picture: Path, tmp_path: Path
) -> None:
    write_gate(models, "limb", 0.0)
    write_spine(models)
    with Engine(models, tmp_path / "cache", threads=1) as unsure:
        reading = read(unsure, picture, tmp_path / "out")
        assert reading.assessed
        assert reading.unfamiliar
        assert tuple(reading.measurements) == ANGLES
        assert "measured by its outlines alone" in as_text("f", reading)
        unasked = Reader(unsure).read(picture)
        assert unasked.refusal is not None, "nobody said that it is a spine"


@pytest.mark.parametrize("without", [{"L3"}, {SACRUM}, set(STRUCTURES)])
def test_what_the_gate_does_not_know_is_refused_by_the_gates_word_where_part_of_the_column_is_missing(
    models: Path, picture: Path, tmp_path: Path, without: set[str]
) -> None:
    write_gate(models, "limb", 0.0)
    write_spine(models, without)
    with Engine(models, tmp_path / "cache", threads=1) as unsure:
        reading = read(unsure, picture, tmp_path / "out")
    assert reading.refusal is not None
    assert reading.refusal.reason is Refusal.UNLIKE_TRAINING
    assert "unlike every kind" in reading.refusal.detail


PLATES = {"L1_front": (40.0, 0.0), "L1_back": (0.0, 0.0), "S1_front": (40.0, 250.0), "S1_back": (0.0, 250.0)}


def column(sizes: list[float], steps: list[float]) -> Assessment:
    """Squares under one another, over a sacrum."""
    tops = np.concatenate([[0.0], np.cumsum(steps)])
    squares = [((0.0, top), (size, top), (size, top + size), (0.0, top + size)) for size, top in zip((*sizes, 40.0), tops, strict=True)]
    told = [Outline(name, (square,), 0.9, None, validated=False) for name, square in zip((*VERTEBRAE, SACRUM), squares, strict=True)]
    landmarks = {name: Landmark(x, y, 1.0, None) for name, (x, y) in PLATES.items()}
    return Assessment((), (), outlines=tuple(told), landmarks=landmarks)


def test_five_vertebrae_alike_over_a_sacrum_vouch_for_a_picture() -> None:
    assert is_lumbar_spine(column([40.0] * 5, [50.0] * 5))
    assert is_lumbar_spine(column([36.0, 38.0, 40.0, 42.0, 44.0], [46.0, 48.0, 52.0, 54.0, 50.0]))


UNLIKE = {
    "one far too small": column([40.0, 40.0, 15.0, 40.0, 40.0], [50.0] * 5),
    "a gap between two": column([40.0] * 5, [50.0, 50.0, 140.0, 50.0, 50.0]),
    "islands": column([15.0] * 5, [50.0] * 5),
    "no end plate": replace(column([40.0] * 5, [50.0] * 5), landmarks={}),
}


@pytest.mark.parametrize("why", UNLIKE)
def test_no_column_that_is_unlike_a_spine_vouches_for_a_picture(why: str) -> None:
    assert not is_lumbar_spine(UNLIKE[why])
