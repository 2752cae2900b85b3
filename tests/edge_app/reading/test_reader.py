"""From a file to a reading: whatever goes wrong is a refusal, and a refusal never looks like a result."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest

from edge_app.errors import Refusal
from edge_app.radiograph.edits import UNEDITED, Crop, Edits
from edge_app.radiograph.reader import read_picture
from edge_app.reading.card import OPENVINO_WEIGHTS, card_hash
from edge_app.reading.engine import Engine
from edge_app.reading.finding import Decision, Flaw, Gap, Protocol, Reading, Urgency
from edge_app.reading.protocols.chest import CHEST_FINDINGS
from edge_app.reading.reader import Reader
from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.dicom import write_dx
from tests.edge_app.reading.bundles import change_card, judged_on, label, network, write_bundle, write_chest, write_gate
from tests.edge_app.reading.chests import chest_shapes, write_anatomy, write_severity

REAL = Path(os.environ.get("RADIOGRAPH_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    write_gate(folder)
    write_chest(folder, {"Pneumothorax": 4.0, "Effusion": 0.0})
    return folder


@pytest.fixture
def engine(models: Path, tmp_path: Path) -> Iterator[Engine]:
    with Engine(models, tmp_path / "cache", threads=1) as engine:
        yield engine


@pytest.fixture
def reader(engine: Engine) -> Reader:
    return Reader(engine)


@pytest.fixture(scope="session")
def chest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated chest of 400 × 300 pixels as DICOM."""
    return write_dx(tmp_path_factory.mktemp("pictures") / "chest.dcm", simulated_chest(3, 400, 300))


@pytest.fixture(scope="session")
def ageless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same chest as a PNG, which states no age."""
    path = tmp_path_factory.mktemp("ageless") / "chest.png"
    cv2.imwrite(str(path), simulated_chest(3, 400, 300).pixels)
    return path


def refused(reading: Reading) -> Refusal:
    """The reason of a refused reading that carries nothing else."""
    assert reading.refusal is not None
    assert reading.refusal.detail
    assert (reading.findings, reading.urgency, reading.top3) == ((), None, ())
    assert (reading.outlines, reading.measurements, reading.severity, reading.missing) == ((), {}, None, ())
    assert reading.timing.total_ms > 0
    return reading.refusal.reason


@pytest.mark.parametrize("protocol", [Protocol.CHEST, None])
def test_a_chest_is_read(reader: Reader, models: Path, chest: Path, tmp_path: Path, protocol: Protocol | None) -> None:
    reading = reader.read(chest, protocol, tmp_path / "maps")
    assert reading.assessed
    assert reading.protocol is Protocol.CHEST
    assert reading.gate is not None
    assert reading.gate.kind == "chest_adult"
    assert tuple(finding.name for finding in reading.findings) == CHEST_FINDINGS
    decisions = {finding.name: finding.decision for finding in reading.findings}
    assert decisions["Pneumothorax"] is Decision.PRESENT
    assert reading.urgency is Urgency.IMMEDIATE
    assert reading.top3[0] == "Pneumothorax"
    assert reading.models == {name: card_hash(models / name) for name in ("radiograph_gate", "chest_findings")}
    assert [(gap.part, gap.reason) for gap in reading.missing] == [("anatomy", Gap.NO_MODEL), ("severity", Gap.NEEDS_ANOTHER)]
    assert "chest_findings: OpenVINO on the processor, FP32" in reading.engine
    timing = reading.timing
    assert min(timing.decode_ms, timing.gate_ms, timing.infer_ms) > 0
    assert timing.total_ms >= timing.decode_ms + timing.gate_ms + timing.infer_ms
    for finding in reading.findings:
        if finding.box is not None:
            assert 0 <= finding.box.x < finding.box.x + finding.box.width <= 300
            assert 0 <= finding.box.y < finding.box.y + finding.box.height <= 400
    heat = cv2.imread(str(reading.maps["Pneumothorax"]), cv2.IMREAD_UNCHANGED)
    assert heat is not None
    assert heat.shape == (400, 300)


def test_a_png_is_read(reader: Reader, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "chest.png"), simulated_chest(4, 256, 256).pixels)
    assert reader.read(tmp_path / "chest.png").assessed


@pytest.mark.parametrize(
    ("kind", "protocol", "reason", "named"),
    [
        ("limb", Protocol.CHEST, Refusal.WRONG_BODY_PART, Protocol.CHEST),
        ("limb", None, Refusal.NO_MODEL, Protocol.LIMB_FRACTURE),
        ("spine_lateral", None, Refusal.NO_MODEL, Protocol.SPINE),
        ("skull_lateral", None, Refusal.NO_MODEL, Protocol.NASAL_BONE),
        ("videofluoroscopy", None, Refusal.NO_MODEL, Protocol.SWALLOW),
        ("chest_lateral", None, Refusal.WRONG_VIEW, Protocol.CHEST),
        ("other", None, Refusal.WRONG_BODY_PART, Protocol.CHEST),
        ("chest_adult", Protocol.TUBERCULOSIS, Refusal.NO_MODEL, Protocol.TUBERCULOSIS),
        ("limb", Protocol.LIMB_FRACTURE, Refusal.NO_MODEL, Protocol.LIMB_FRACTURE),
    ],
)
def test_what_the_gate_does_not_let_in(
    reader: Reader, models: Path, chest: Path, kind: str, protocol: Protocol | None, reason: Refusal, named: Protocol
) -> None:
    write_gate(models, kind)
    reading = reader.read(chest, protocol)
    assert refused(reading) is reason
    assert reading.protocol is named
    assert reading.gate is not None
    assert reading.gate.kind == kind
    assert reading.refusal is not None
    assert kind in reading.refusal.detail


@pytest.mark.parametrize("protocol", [Protocol.CHEST, Protocol.TUBERCULOSIS, None])
def test_a_picture_unlike_any_kind(reader: Reader, models: Path, chest: Path, protocol: Protocol | None) -> None:
    write_gate(models, "chest_adult", 0.5)
    assert refused(reader.read(chest, protocol)) is Refusal.UNLIKE_TRAINING


@pytest.mark.parametrize("protocol", [Protocol.CHEST, None])
def test_a_child_is_read_as_a_chest_and_so_is_an_unsure_newborn(
    reader: Reader, models: Path, ageless: Path, protocol: Protocol | None
) -> None:
    write_gate(models, "chest_child")
    assert reader.read(ageless, protocol).assessed
    write_gate(models, "chest_newborn", 2.4)
    reading = reader.read(ageless, protocol)
    assert reading.assessed
    assert reading.gate is not None
    assert reading.gate.kind == "chest_newborn"
    assert reading.gate.probability < 0.6
    assert reading.protocol is Protocol.CHEST


@pytest.mark.parametrize(
    ("protocol", "named", "reason"),
    [(Protocol.CHEST, Protocol.CHEST, Refusal.NEWBORN), (None, Protocol.NEONATAL_RDS, Refusal.NO_MODEL)],
)
def test_a_sure_newborn_is_not_read_unless_an_age_says_it_is_none(
    reader: Reader, models: Path, chest: Path, ageless: Path, protocol: Protocol | None, named: Protocol, reason: Refusal
) -> None:
    write_gate(models, "chest_newborn")
    reading = reader.read(ageless, protocol)
    assert refused(reading) is reason
    assert reading.protocol is named
    assert reader.read(chest, protocol).assessed


def test_a_turned_chest_is_refused_and_a_cut_one_is_read(reader: Reader, models: Path, chest: Path) -> None:
    write_gate(models, flaws={Flaw.UPSIDE_DOWN: 2.0, Flaw.CUT_OFF: 3.0})
    reading = reader.read(chest)
    assert refused(reading) is Refusal.POORLY_TAKEN
    assert reading.gate is not None
    assert [seen.flaw for seen in reading.gate.flaws] == [Flaw.CUT_OFF, Flaw.UPSIDE_DOWN]
    write_gate(models, flaws={Flaw.CUT_OFF: 3.0})
    reading = reader.read(chest)
    assert reading.assessed
    assert reading.gate is not None
    assert [seen.flaw for seen in reading.gate.flaws] == [Flaw.CUT_OFF]


def test_an_edited_picture_is_read_in_its_own_pixels(reader: Reader, chest: Path) -> None:
    """Of a crop there are as many pixels as there would be of the whole."""
    edits = Edits(crop=Crop(0.0, 0.25, 1.0, 0.5), quarter_turns=1)
    reading = reader.read(chest, edits=edits)
    assert reading.assessed
    assert (reading.rows, reading.columns) == (300, 200)
    small, large = (read_picture(chest, longest_side=100, edits=one).pixels.shape for one in (UNEDITED, edits))
    assert (small, large) == ((100, 75), (150, 100))


def test_nothing_is_read_without_a_gate(chest: Path, tmp_path: Path) -> None:
    write_chest(tmp_path / "ungated", {})
    with Engine(tmp_path / "ungated", tmp_path / "cache") as engine:
        assert refused(Reader(engine).read(chest, Protocol.CHEST)) is Refusal.NO_MODEL


def test_a_gate_without_a_chest_model(chest: Path, tmp_path: Path) -> None:
    write_gate(tmp_path / "gate_only")
    with Engine(tmp_path / "gate_only", tmp_path / "cache") as engine:
        reading = Reader(engine).read(chest)
    assert refused(reading) is Refusal.NO_MODEL
    assert reading.gate is not None


def test_outlines_measurements_and_severity_beside_the_findings(reader: Reader, models: Path, chest: Path, tmp_path: Path) -> None:
    write_anatomy(models, chest_shapes(400, 300), 400, 300)
    write_severity(models, weight=1.0)
    reading = reader.read(chest, masks_dir=tmp_path / "masks")
    assert reading.missing == ()
    assert set(reading.models) == {"radiograph_gate", "chest_findings", "chest_anatomy", "chest_severity"}
    for outline in reading.outlines:
        for polygon in outline.polygons:
            assert all(0 <= x <= 300 and 0 <= y <= 400 for x, y in polygon)
    assert reading.measurements["cardiothoracic_ratio"].value == pytest.approx(0.5, abs=0.03)
    mask = cv2.imread(str(reading.masks["left_lung"]), cv2.IMREAD_UNCHANGED)
    assert mask is not None
    assert mask.shape == (400, 300)
    assert reading.severity is not None
    assert 0 < reading.severity.brixia.value < 18
    assert reading.timing.total_ms >= reading.timing.decode_ms + reading.timing.gate_ms + reading.timing.infer_ms


def validated(reading: Reading) -> dict[str, bool]:
    assert reading.severity is not None
    one = reading.findings[CHEST_FINDINGS.index("Pneumothorax")]
    measured = reading.measurements["cardiothoracic_ratio"]
    return {
        "finding": one.validated,
        "present": one.decision is Decision.PRESENT,
        "outlines": all(outline.validated for outline in reading.outlines),
        "measurement": measured.validated,
        "severity": reading.severity.brixia.validated,
    }


def test_what_was_judged_on_adults_alone_is_validated_on_no_child(reader: Reader, models: Path, ageless: Path) -> None:
    write_anatomy(models, chest_shapes(400, 300), 400, 300)
    write_severity(models, weight=1.0)
    assert set(validated(reader.read(ageless)).values()) == {True}
    write_gate(models, "chest_child")
    reading = reader.read(ageless)
    assert set(validated(reading).values()) == {False}
    assert {finding.positives for finding in reading.findings} == {0}
    assert {outline.dice for outline in reading.outlines} == {None}
    assert reading.severity is not None
    assert reading.severity.brixia.mae is None


def test_on_a_child_stand_the_figures_of_children(reader: Reader, models: Path, ageless: Path) -> None:
    few = judged_on(label("Pneumothorax", positives=30), "chest_child")
    labels = [few if name == "Pneumothorax" else label(name) for name in CHEST_FINDINGS]
    change_card(models / "chest_findings", labels=labels)
    write_gate(models, "chest_child")
    found = {finding.name: finding for finding in reader.read(ageless).findings}
    assert (found["Pneumothorax"].positives, found["Pneumothorax"].validated) == (30, True)
    assert (found["Effusion"].positives, found["Effusion"].validated) == (0, False)


def test_the_severity_sees_the_lungs_and_not_the_picture(reader: Reader, models: Path, tmp_path: Path) -> None:
    write_anatomy(models, chest_shapes(400, 300), 400, 300)
    write_severity(models, weight=1.0)
    scores = []
    for rows in (slice(150, 180), slice(5, 35)):  # one bright block, within the lungs' box and above it: the pictures' means are the same
        pixels = np.full((400, 300), 60, dtype=np.uint8)
        pixels[rows, 100:200] = 230
        cv2.imwrite(str(tmp_path / "block.png"), pixels)
        severity = reader.read(tmp_path / "block.png").severity
        assert severity is not None
        scores.append(severity.brixia.value)
    assert scores[0] > scores[1] + 0.1


@pytest.mark.parametrize("model", ["chest_anatomy", "chest_severity"])
def test_an_altered_model_that_can_be_done_without_costs_its_part_only(reader: Reader, models: Path, chest: Path, model: str) -> None:
    write_anatomy(models, chest_shapes(400, 300), 400, 300)
    write_severity(models)
    weights = models / model / OPENVINO_WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x55")
    reader.warm()
    reading = reader.read(chest)
    assert reading.assessed
    assert len(reading.findings) == 14
    assert reading.severity is None
    assert (reading.missing[0].part, reading.missing[0].reason) == (model.removeprefix("chest_"), Gap.MODEL_FAILED)
    assert model not in reading.models


@pytest.mark.parametrize("model", ["radiograph_gate", "chest_findings"])
def test_an_altered_model_is_a_refusal(reader: Reader, models: Path, chest: Path, model: str) -> None:
    weights = models / model / OPENVINO_WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x55")
    reader.warm()
    reading = reader.read(chest)
    assert refused(reading) is Refusal.MODEL_FAILED
    assert reading.refusal is not None
    assert model in reading.refusal.detail


def test_a_card_that_breaks_its_contract_is_a_refusal(reader: Reader, models: Path, chest: Path) -> None:
    change_card(models / "chest_findings", version=None)
    assert refused(reader.read(chest)) is Refusal.MODEL_FAILED


def test_a_model_that_lacks_a_finding_is_a_refusal(reader: Reader, models: Path, chest: Path) -> None:
    labels = [label(name) for name in CHEST_FINDINGS[:-1]]
    write_bundle(models, "chest_findings", labels, network([0.0] * 13, [-4.0] * 13))
    assert refused(reader.read(chest)) is Refusal.MODEL_FAILED


def test_not_a_number_is_a_refusal(reader: Reader, models: Path, chest: Path) -> None:
    labels = [label(name) for name in CHEST_FINDINGS]
    write_bundle(models, "chest_findings", labels, network([1.0] * 14, [-100.0] * 14, root=True))
    reading = reader.read(chest)
    assert refused(reading) is Refusal.MODEL_FAILED
    assert reading.refusal is not None
    assert "not a finite number" in reading.refusal.detail


def test_a_killed_inference_process_costs_no_reading(reader: Reader, engine: Engine, chest: Path) -> None:
    reader.warm()
    for _ in range(3):
        assert engine.pid is not None
        psutil.Process(engine.pid).kill()
        assert reader.read(chest).assessed


def test_files_that_are_no_picture(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "text.dcm").write_text(json.dumps({"not": "a picture"}), encoding="utf-8")
    (tmp_path / "empty.png").write_bytes(b"")
    assert refused(reader.read(tmp_path / "text.dcm")) is Refusal.NOT_A_PICTURE
    refused(reader.read(tmp_path / "empty.png"))
    assert refused(reader.read(tmp_path / "nowhere.dcm")) is Refusal.FILE_MISSING
    refused(reader.read(tmp_path))


def test_tiny_and_narrow_pictures_are_handled(reader: Reader, tmp_path: Path) -> None:
    for rows, columns in ((1, 1), (1, 500), (700, 2), (9, 9)):
        file = tmp_path / f"{rows}x{columns}.png"
        cv2.imwrite(str(file), np.random.default_rng(0).integers(0, 255, (rows, columns), dtype=np.uint8))
        reading = reader.read(file, Protocol.CHEST, tmp_path / "maps")
        assert reading.assessed != (reading.refusal is not None)


@pytest.mark.real_data
def test_real_files_that_are_no_radiograph_are_refused(reader: Reader) -> None:
    folder = REAL / "dicom"
    if not folder.is_dir():
        pytest.skip("real radiographs are not on this machine")
    for name in ("CT1_J2KI.dcm", "MR1_JPLL.dcm", "US1_J2KI.dcm"):
        assert refused(reader.read(folder / name)) is Refusal.WRONG_MODALITY
    refused(reader.read(folder / "malformed_no_transfer_syntax.dcm"))
    assert reader.read(folder / "chest_mono1_10bit.dcm").assessed
