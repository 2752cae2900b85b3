"""Noses and limbs: where a bone is broken, told on the nose alone or all over a limb, and every mix-up refused with its reason."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.commands.read import as_contract, as_text
from edge_app.errors import Refusal
from edge_app.reading.card import SIDES, load_card
from edge_app.reading.engine import Engine
from edge_app.reading.finding import Box, Decision, Gap, Protocol, Reading, Urgency
from edge_app.reading.nose import NOSE, nose_square, square_around
from edge_app.reading.protocols.limb_fracture import FRACTURE, LIMB_MODEL, PARTS
from edge_app.reading.protocols.nasal_bone import NASAL_FRACTURE, NASAL_MODEL, NOSE_MODEL
from edge_app.reading.reader import Reader
from edge_app.triage import Need, Vitals, judge_reading, read_table
from tests.edge_app.reading.bundles import CELLS, SIDE, change_card, fixed_network, judged_on, label, write_bundle, write_gate

ROWS, COLUMNS = 640, 640
_FAR = -6.0


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A slope of grey, of the size of a small radiograph."""
    path = tmp_path / "picture.png"
    cv2.imwrite(str(path), np.tile(np.linspace(20, 200, COLUMNS, dtype=np.uint8), (ROWS, 1)))
    return path


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def engine(models: Path, tmp_path: Path) -> Iterator[Engine]:
    models.mkdir(exist_ok=True)
    with Engine(models, tmp_path / "cache", threads=1) as engine:
        yield engine


def _logit(share: float) -> float:
    return float(np.log(share / (1.0 - share)))


def reaching(labels: int, boxes: Mapping[tuple[int, int], tuple[Box, float]]) -> NDArray[np.float32]:
    """(5 × labels, cells, cells): the first label is seen in those cells (row, column), with that box (shares of a side) and that logit."""
    drawn = np.full((labels * (1 + SIDES), CELLS, CELLS), _FAR, dtype=np.float32)
    for (row, column), (box, logit) in boxes.items():
        drawn[0, row, column] = logit
        x, y = (column + 0.5) / CELLS, (row + 0.5) / CELLS
        for side, share in enumerate((x - box.x, y - box.y, box.x + box.width - x, box.y + box.height - y)):
            drawn[labels + side, row, column] = _logit(share)
    return drawn


def nose_map(box: Box | None, side: int = SIDE) -> NDArray[np.float32]:
    """(1, side / 2, side / 2) logits: an ellipse in that box (shares of a side), or nothing."""
    at = (np.arange(side // 2) + 0.5) / (side // 2)
    x, y = np.meshgrid(at, at)
    if box is None:
        return np.full((1, side // 2, side // 2), -9.0, dtype=np.float32)
    across, down = (x - box.x - box.width / 2) / (box.width / 2), (y - box.y - box.height / 2) / (box.height / 2)
    return np.clip(20.0 * (1.0 - np.hypot(across, down)), -9.0, 9.0).astype(np.float32)[None]


def write_finder(models: Path, box: Box | None) -> None:
    """Outlines the nose in that box (shares of a side), or none anywhere."""
    write_bundle(models, NOSE_MODEL, [], fixed_network([0.0], nose_map(box)), structures=[{"name": NOSE, "pictures": 20, "dice": 0.9}])


def write_nasal(models: Path, logit: float = 2.0, at: tuple[int, int] = (20, 30), *, simulated: bool = True) -> None:
    """Says that with that logit the bone is broken around ``at`` (row, column of 64), and repairs it to a bright square there."""
    told = np.zeros((3, SIDE, SIDE), dtype=np.float32)
    rows, columns = slice(at[0], at[0] + 6), slice(at[1], at[1] + 8)
    told[0] = -3.0
    told[0, rows, columns] = 5.0
    told[1, rows, columns] = 0.2
    told[2] = 0.25
    told[2, rows, columns] = 1.0
    folder = write_bundle(models, NASAL_MODEL, [label(NASAL_FRACTURE, positives=0)], fixed_network([logit], told), sees="nose")
    source = {"name": "noses broken by a program", "licence": "ours", "pictures": 9, "simulated": simulated}
    change_card(folder, repairs=True, trained_on=[source])


def write_limb(models: Path, logit: float = 2.0, second: float = 3.0) -> None:
    """Sees a fracture in two places, the surer one in the lower right."""
    places = {(6, 6): (Box(0.7, 0.75, 0.2, 0.1), 4.0), (1, 2): (Box(0.25, 0.1, 0.1, 0.2), second)}
    names = (FRACTURE, *PARTS)
    labels = [judged_on(label(name), "limb") for name in names]
    folder = write_bundle(models, LIMB_MODEL, labels, fixed_network([logit, 3.0, -3.0, -3.0, -3.0], reaching(len(names), places)))
    change_card(folder, reach=True)


def needs(reading: Reading) -> set[Need]:
    judgement = judge_reading(reading, None, Vitals(), read_table())
    assert judgement is not None
    return set(judgement.needs)


NOSE_BOX = Box(0.5, 0.3, 0.25, 0.4)


def read_nose(engine: Engine, picture: Path, folder: Path) -> Reading:
    return Reader(engine).read(picture, Protocol.NASAL_BONE, folder, folder)


def test_a_nose_is_found_its_fracture_boxed_and_repaired_beside_it(engine: Engine, models: Path, picture: Path, tmp_path: Path) -> None:
    write_gate(models, "skull_lateral")
    write_finder(models, NOSE_BOX)
    write_nasal(models)
    reading = read_nose(engine, picture, tmp_path / "out")
    assert reading.assessed
    nose = reading.regions[NOSE]
    assert (nose.x, nose.y, nose.width, nose.height) == pytest.approx((320, 192, 160, 256), abs=8)
    (finding,) = reading.findings
    assert finding.decision is not Decision.ABSENT
    assert (finding.simulated, finding.validated) == (True, False)
    square = nose_square(nose, ROWS, COLUMNS)
    assert finding.box is not None
    where = square.x + 30 / 64 * square.width, square.y + 20 / 64 * square.height
    assert (finding.box.x, finding.box.y) == pytest.approx(where, abs=8)
    assert (finding.box.width, finding.box.height) == pytest.approx((8 / 64 * square.width, 6 / 64 * square.height), rel=0.4)
    repaired = cv2.imread(str(reading.repaired[NASAL_FRACTURE]), cv2.IMREAD_GRAYSCALE)
    assert repaired is not None
    assert repaired.shape == (SIDE, SIDE)
    assert (repaired[22, 33], repaired[5, 5]) == (255, 64)
    heat = cv2.imread(str(reading.maps[NASAL_FRACTURE]), cv2.IMREAD_GRAYSCALE)
    assert heat is not None
    assert heat.shape == (ROWS, COLUMNS), "the map lies on the picture, what is repaired beside it"
    told = as_contract("f", reading)
    assert told["regions"] == {NOSE: pytest.approx([nose.x, nose.y, nose.width, nose.height], abs=0.06)}
    assert set(told["masks"]) == {f"heatmap_{NASAL_FRACTURE}", f"repaired_{NASAL_FRACTURE}"}
    json.dumps(told)
    assert needs(reading) == {Need.EAR_NOSE_THROAT}


def test_a_square_at_the_edge_is_what_lies_on_the_picture() -> None:
    around = square_around(Box(10, 20, 40, 80))
    assert (around.x, around.y, around.width, around.height) == pytest.approx((-14, 16, 88, 88))
    square = nose_square(Box(10, 20, 40, 80), 90, 200)
    assert (square.x, square.y, square.width, square.height) == pytest.approx((0, 16, 74, 74))


def test_where_no_nose_is_found_nothing_is_called(engine: Engine, models: Path, picture: Path, tmp_path: Path) -> None:
    write_gate(models, "skull_lateral")
    write_nasal(models, logit=6.0)
    reading = read_nose(engine, picture, tmp_path / "out")
    assert (reading.findings[0].decision, reading.findings[0].box) == (Decision.UNCERTAIN, None)
    assert [(gap.part, gap.reason) for gap in reading.missing] == [(NOSE, Gap.NO_MODEL)]
    assert reading.unlocated
    assert "NOSE NOT FOUND" in as_text("f", reading)
    assert (reading.regions, dict(reading.repaired), dict(reading.maps)) == ({}, {}, {})


@pytest.mark.parametrize(("simulated", "said"), [(True, Decision.UNCERTAIN), (False, Decision.ABSENT)])
def test_a_bone_that_looks_whole_has_no_box_and_is_ruled_out_by_no_model_of_drawn_fractures(
    engine: Engine, models: Path, picture: Path, tmp_path: Path, simulated: bool, said: Decision
) -> None:
    write_gate(models, "skull_lateral")
    write_finder(models, NOSE_BOX)
    write_nasal(models, logit=-5.0, simulated=simulated)
    reading = read_nose(engine, picture, tmp_path / "out")
    assert (reading.findings[0].decision, reading.findings[0].box, reading.findings[0].called) == (said, None, False)
    assert reading.urgency is Urgency.NONE
    assert needs(reading) == set()


def test_a_full_disk_costs_the_repaired_picture_and_nothing_else(engine: Engine, models: Path, picture: Path, tmp_path: Path) -> None:
    write_gate(models, "skull_lateral")
    write_finder(models, NOSE_BOX)
    write_nasal(models)
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder belongs")
    reading = read_nose(engine, picture, blocked)
    assert reading.findings[0].box is not None
    assert (dict(reading.repaired), dict(reading.maps)) == ({}, {})


def test_every_place_of_a_limbs_fracture_is_told_the_surest_first(engine: Engine, models: Path, picture: Path, tmp_path: Path) -> None:
    write_gate(models, "limb")
    write_limb(models)
    reading = Reader(engine).read(picture, None, tmp_path, tmp_path)
    assert reading.protocol is Protocol.LIMB_FRACTURE
    (finding,) = reading.findings
    assert (finding.name, finding.decision) == (FRACTURE, Decision.PRESENT)
    assert list(reading.regions) == [FRACTURE, f"{FRACTURE}_2"]
    assert reading.regions[FRACTURE] == finding.box
    first, second = reading.regions.values()
    assert (first.x, first.y, first.width, first.height) == pytest.approx((448, 480, 128, 64), abs=2)
    assert (second.x, second.y, second.width, second.height) == pytest.approx((160, 64, 64, 128), abs=2)
    assert reading.part == "hand"
    assert as_contract("f", reading)["part"] == "hand"
    assert needs(reading) == {Need.ORTHOPAEDICS}


def test_a_place_that_is_far_less_sure_than_the_surest_is_not_told(engine: Engine, models: Path, picture: Path, tmp_path: Path) -> None:
    write_gate(models, "limb")
    write_limb(models, second=1.0)
    reading = Reader(engine).read(picture, None, tmp_path, tmp_path)
    assert list(reading.regions) == [FRACTURE]


def test_a_limb_that_is_whole_has_no_places(engine: Engine, models: Path, picture: Path, tmp_path: Path) -> None:
    write_gate(models, "limb")
    write_limb(models, logit=-6.0)
    reading = Reader(engine).read(picture, Protocol.LIMB_FRACTURE, tmp_path, tmp_path)
    assert (reading.findings[0].decision, dict(reading.regions)) == (Decision.ABSENT, {})
    assert reading.part == "hand"


@pytest.mark.parametrize(
    ("kind", "protocol"),
    [
        ("skull_lateral", Protocol.LIMB_FRACTURE),
        ("limb", Protocol.NASAL_BONE),
        ("chest_adult", Protocol.NASAL_BONE),
        ("chest_adult", Protocol.LIMB_FRACTURE),
        ("spine_lateral", Protocol.LIMB_FRACTURE),
        ("limb", Protocol.CHEST),
        ("skull_lateral", Protocol.TUBERCULOSIS),
    ],
)
def test_every_mix_up_is_refused_with_its_reason(engine: Engine, models: Path, picture: Path, kind: str, protocol: Protocol) -> None:
    write_gate(models, kind)
    write_finder(models, NOSE_BOX)
    write_nasal(models)
    write_limb(models)
    reading = Reader(engine).read(picture, protocol)
    assert reading.refusal is not None
    assert reading.refusal.reason is Refusal.WRONG_BODY_PART
    assert kind in reading.refusal.detail
    assert reading.findings == ()


def test_cards_say_how_many_channels_a_map_has(models: Path) -> None:
    write_nasal(models)
    write_limb(models)
    assert load_card(models / NASAL_MODEL).channels == 3
    assert load_card(models / LIMB_MODEL).channels == 5 * (1 + SIDES)
