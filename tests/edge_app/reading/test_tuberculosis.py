"""Tuberculosis on an adult's chest: told on the lungs or not at all, by the site's threshold, and never of a child."""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from pydicom import dcmread

from edge_app.commands.read import as_text
from edge_app.errors import ModelError, Refusal
from edge_app.reading.activation import View, energy_within
from edge_app.reading.anatomy import draw, lungs_alone
from edge_app.reading.canvas import place
from edge_app.reading.card import CARD, UNLIKE, Input, Label
from edge_app.reading.engine import Engine
from edge_app.reading.finding import Decision, Flaw, Gap, Protocol, Reading, Urgency
from edge_app.reading.protocols.method import decide
from edge_app.reading.protocols.on_lungs import MAP_WITHIN_LUNGS
from edge_app.reading.protocols.tuberculosis import TUBERCULOSIS, site_thresholds
from edge_app.reading.reader import Reader
from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.dicom import write_dx
from edge_app.triage import Need, Vitals, judge_reading, read_table
from tests.edge_app.reading.bundles import CELLS, change_card, fixed_network, label, write_bundle, write_gate, write_tuberculosis
from tests.edge_app.reading.chests import chest_shapes, nothing, seen_chest, write_anatomy

ROWS, COLUMNS = 400, 300


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated chest that states no age."""
    path = tmp_path_factory.mktemp("pictures") / "chest.png"
    cv2.imwrite(str(path), simulated_chest(3, ROWS, COLUMNS).pixels)
    return path


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    write_gate(folder)
    write_anatomy(folder, chest_shapes(ROWS, COLUMNS), ROWS, COLUMNS)
    write_tuberculosis(folder)
    return folder


@pytest.fixture
def engine(models: Path, tmp_path: Path) -> Iterator[Engine]:
    with Engine(models, tmp_path / "cache", threads=1) as engine:
        yield engine


def read(engine: Engine, picture: Path, folder: Path | None = None, threshold: float | None = None) -> Reading:
    reader = Reader(engine, thresholds=site_thresholds(threshold))
    return reader.read(picture, Protocol.TUBERCULOSIS, folder, folder)


def refused(reading: Reading) -> tuple[Refusal, str]:
    assert reading.refusal is not None
    assert (reading.findings, reading.urgency, reading.maps) == ((), None, {})
    return reading.refusal.reason, reading.refusal.detail


def test_one_finding_told_on_the_lungs_with_map_box_and_outlines(engine: Engine, picture: Path, tmp_path: Path) -> None:
    reading = read(engine, picture, tmp_path / "written")
    (finding,) = reading.findings
    assert (finding.name, finding.decision, finding.positives, finding.validated) == (TUBERCULOSIS, Decision.PRESENT, 50, True)
    assert finding.probability == pytest.approx(0.8808, abs=1e-3)
    assert (reading.protocol, reading.top3, reading.urgency) == (Protocol.TUBERCULOSIS, (TUBERCULOSIS,), Urgency.URGENT)
    assert set(reading.models) == {"radiograph_gate", "chest_anatomy", "tuberculosis"}
    assert {outline.name for outline in reading.outlines} == {"right_lung", "left_lung"}
    assert (reading.missing, reading.unlocated, reading.severity) == ((), False, None)
    assert finding.box is not None
    assert 0.1 * COLUMNS < finding.box.x + finding.box.width / 2 < 0.45 * COLUMNS, "the warm cell lies in the right lung"
    share = reading.measurements[MAP_WITHIN_LUNGS]
    assert (share.unit, share.validated) == ("1", True)
    assert 0.5 < share.value <= 1.0
    heat = cv2.imread(str(reading.maps[TUBERCULOSIS]), cv2.IMREAD_UNCHANGED)
    assert heat is not None
    assert heat.shape == (ROWS, COLUMNS)
    assert heat.max() == pytest.approx(255 * finding.probability, abs=2)
    assert {"right_lung", "left_lung"} <= set(reading.masks)
    judged = judge_reading(reading, 40.0, Vitals(), read_table())
    assert judged is not None
    assert judged.needs == {Need.NEGATIVE_PRESSURE}


def test_what_the_network_sees_beside_the_lungs_is_on_no_map_and_in_the_share(
    engine: Engine, models: Path, picture: Path, tmp_path: Path
) -> None:
    # Surest of the corner over the shoulder, and less of a place in the left lung.
    activation = np.full((CELLS, CELLS), -5.0, dtype=np.float32)
    activation[0, 0], activation[3, 5] = 6.0, 1.0
    write_tuberculosis(models, 2.0, activation)
    reading = read(engine, picture, tmp_path)
    heat = cv2.imread(str(reading.maps[TUBERCULOSIS]), cv2.IMREAD_UNCHANGED)
    assert heat is not None
    _y, x = np.unravel_index(int(heat.argmax()), heat.shape)
    assert x > COLUMNS / 2
    # The corner of the box around the lungs, well off the right lung's own edge.
    assert heat[int(0.14 * ROWS) : int(0.2 * ROWS), int(0.08 * COLUMNS) : int(0.13 * COLUMNS)].max() == 0
    assert reading.measurements[MAP_WITHIN_LUNGS].value < 0.7
    box = reading.findings[0].box
    assert box is not None
    assert box.x > COLUMNS / 2


def test_the_area_is_both_lungs_and_nothing_between_them() -> None:
    area = lungs_alone(draw(seen_chest(chest_shapes(ROWS, COLUMNS), ROWS, COLUMNS)))
    assert area is not None

    def inside(x: float, y: float) -> bool:
        return any(cv2.pointPolygonTest(outline.astype(np.float32), (x * COLUMNS, y * ROWS), measureDist=False) >= 0 for outline in area)

    assert all(inside(x, y) for x in (0.27, 0.73) for y in (0.2, 0.5, 0.8))
    assert not any(inside(0.5, y) for y in (0.05, 0.25, 0.5, 0.78, 0.95))
    assert not any(inside(x, 0.5) for x in (0.03, 0.97))
    one_lung = chest_shapes(ROWS, COLUMNS, left_lung=nothing, left_lung_whole=nothing)
    assert lungs_alone(draw(seen_chest(one_lung, ROWS, COLUMNS))) is None


def test_a_flat_map_has_no_energy_to_share() -> None:
    view = View(
        Input(height=64, width=64, mean=0.5, std=0.25), place(64, 64, 64, 64), 64, 64, None, (np.array([[0, 0], [32, 0], [32, 63.0]]),)
    )
    assert energy_within(np.full((8, 8), 3.0, dtype=np.float32), view) is None
    warm = np.full((8, 8), -9.0, dtype=np.float32)
    warm[1, 2] = 4.0
    assert energy_within(warm, view) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("logit", [-6.0, 6.0])
@pytest.mark.parametrize("lost", ["anatomy", "lung"])
def test_without_both_lungs_it_is_uncertain_at_most_and_says_so(
    engine: Engine, models: Path, picture: Path, tmp_path: Path, logit: float, lost: str
) -> None:
    write_tuberculosis(models, logit)
    if lost == "anatomy":
        (models / "chest_anatomy" / CARD).unlink()
    else:
        write_anatomy(models, chest_shapes(ROWS, COLUMNS, left_lung=nothing, left_lung_whole=nothing), ROWS, COLUMNS)
    reading = read(engine, picture, tmp_path / "written")
    (finding,) = reading.findings
    assert (finding.decision, finding.box, reading.unlocated) == (Decision.UNCERTAIN, None, True)
    assert "LUNGS NOT FOUND" in as_text("f", reading)
    assert (reading.maps, reading.measurements) == ({}, {})
    gaps = {gap.part: gap.reason for gap in reading.missing}
    assert gaps[MAP_WITHIN_LUNGS] is Gap.NEEDS_ANOTHER
    assert gaps.items() >= ({"anatomy": Gap.NO_MODEL} if lost == "anatomy" else {"left_lung": Gap.NOT_FOUND}).items()


def test_a_picture_unlike_those_learnt_from_is_uncertain(engine: Engine, models: Path, picture: Path) -> None:
    activation = np.zeros((1, CELLS, CELLS), dtype=np.float32)
    folder = write_bundle(models, "tuberculosis", [label(TUBERCULOSIS)], fixed_network([5.0, 3.0], activation), sees="lungs")
    change_card(folder, unlike={"name": UNLIKE})
    reading = read(engine, picture)
    assert (reading.unfamiliar, reading.findings[0].decision) == (True, Decision.UNCERTAIN)


@pytest.mark.parametrize(("kind", "logit"), [("chest_child", 6.0), ("chest_newborn", 2.4)])
def test_whom_the_gate_takes_for_a_child_is_refused_and_why(engine: Engine, models: Path, picture: Path, kind: str, logit: float) -> None:
    write_gate(models, kind, logit)
    reason, detail = refused(read(engine, picture))
    assert reason is Refusal.CHILD
    assert "never validated on children" in detail


@pytest.mark.parametrize(("age", "read_by_it"), [("014Y", False), ("015Y", True), ("009M", False)])
def test_whom_the_file_calls_a_child_is_refused(engine: Engine, tmp_path: Path, age: str, read_by_it: bool) -> None:
    path = write_dx(tmp_path / "chest.dcm", simulated_chest(3, ROWS, COLUMNS))
    written = dcmread(path)
    written.PatientAge = age
    written.save_as(path)
    reading = read(engine, path)
    assert reading.assessed is read_by_it
    if not read_by_it:
        assert refused(reading)[0] is Refusal.CHILD


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("chest_lateral", Refusal.WRONG_VIEW), ("limb", Refusal.WRONG_BODY_PART), ("chest_newborn", Refusal.NEWBORN)],
)
def test_what_the_chest_protocol_does_not_read_this_one_does_not_either(
    engine: Engine, models: Path, picture: Path, kind: str, reason: Refusal
) -> None:
    write_gate(models, kind)
    assert refused(read(engine, picture))[0] is reason


@pytest.mark.parametrize("flaw", [Flaw.TURNED_LEFT, Flaw.UPSIDE_DOWN, Flaw.INVERTED])
def test_a_chest_that_deceives_is_refused(engine: Engine, models: Path, picture: Path, flaw: Flaw) -> None:
    write_gate(models, flaws={flaw: 3.0})
    assert refused(read(engine, picture))[0] is Refusal.POORLY_TAKEN


def test_without_its_model_nothing_is_assessed(picture: Path, tmp_path: Path) -> None:
    write_gate(tmp_path / "few")
    with Engine(tmp_path / "few", tmp_path / "cache", threads=1) as engine:
        reading = read(engine, picture)
    assert refused(reading)[0] is Refusal.NO_MODEL
    assert reading.protocol is Protocol.TUBERCULOSIS


def test_a_sites_threshold_counts_and_stands_in_the_reading(engine: Engine, models: Path, picture: Path) -> None:
    write_tuberculosis(models, 0.0)
    by_card, stricter, wider = (read(engine, picture, threshold=own).findings[0] for own in (None, 0.7, 0.3))
    assert (by_card.threshold, stricter.threshold, wider.threshold) == (0.5, 0.7, 0.3)
    assert [finding.called for finding in (by_card, stricter, wider)] == [True, False, True]
    # Not called, and yet nothing says that it is not there.
    assert [finding.decision for finding in (by_card, stricter, wider)] == [Decision.UNCERTAIN] * 3


def told(threshold: float | None, probability: float, **changes: object) -> tuple[Decision, bool]:
    own = Label.model_validate(label(TUBERCULOSIS, **changes)).on("chest_adult")
    if threshold is not None:
        own = own.called_from(threshold)
    return decide(own, probability), probability >= own.threshold


def test_a_sites_threshold_moves_who_is_called_and_proves_nothing_further() -> None:
    """The card calls absent below 0.4, present from 0.6, and calls from 0.5."""
    present, uncertain, absent = Decision.PRESENT, Decision.UNCERTAIN, Decision.ABSENT
    assert [told(0.55, p) for p in (0.39, 0.45, 0.56, 0.6)] == [(absent, False), (uncertain, False), (uncertain, True), (present, True)]
    # Below the card's band: whoever is called there is not said to have it, and whoever is not is absent as before.
    assert [told(0.2, p) for p in (0.19, 0.2, 0.45, 0.6)] == [(absent, False), (uncertain, True), (uncertain, True), (present, True)]
    # Above it: whom the site does not call is not called present, and not absent either.
    assert [told(0.8, p) for p in (0.39, 0.45, 0.7, 0.8)] == [(absent, False), (uncertain, False), (uncertain, False), (present, True)]


def test_no_threshold_of_a_site_makes_a_model_validated() -> None:
    for threshold in (None, 0.01, 0.5, 0.99):
        assert told(threshold, 1.0, positives=3)[0] is Decision.UNCERTAIN
    own = Label.model_validate(label(TUBERCULOSIS, sensitivity=0.9, specificity=0.8)).called_from(0.3)
    assert (own.sensitivity, own.specificity) == (None, None), "those were the figures at another threshold"


def test_a_card_without_the_finding_is_an_error_of_the_model(engine: Engine, models: Path, picture: Path) -> None:
    folder = write_tuberculosis(models)
    card = json.loads((folder / CARD).read_text())
    change_card(folder, labels=[{**card["labels"][0], "name": "Mass"}])
    assert refused(read(engine, picture))[0] is Refusal.MODEL_FAILED
    with pytest.raises(ModelError):
        decide(Label.model_validate(label(TUBERCULOSIS, uncertain_from=0.6)), 0.5)


def test_where_a_network_has_learnt_places_the_box_lies_there_and_the_share_is_of_what_the_number_rests_on(
    engine: Engine, models: Path, picture: Path, tmp_path: Path
) -> None:
    before = read(engine, picture)
    evidence, places = (np.full((CELLS, CELLS), -5.0, dtype=np.float32) for _ in range(2))
    evidence[3, 2] = 5.0
    places[3, CELLS - 2] = 5.0
    folder = write_bundle(models, "tuberculosis", [label(TUBERCULOSIS)], fixed_network([2.0], np.stack([evidence, places])), sees="lungs")
    change_card(folder, places=True)
    with Engine(models, tmp_path / "placed", threads=1) as other:
        reading = read(other, picture, tmp_path / "written")
    (finding,), (first,) = reading.findings, before.findings
    assert finding.probability == pytest.approx(first.probability)
    assert finding.box is not None
    assert first.box is not None
    assert finding.box.x > 0.5 * COLUMNS > first.box.x + first.box.width / 2
    heat = cv2.imread(str(reading.maps[TUBERCULOSIS]), cv2.IMREAD_UNCHANGED)
    assert heat is not None
    assert np.unravel_index(int(heat.argmax()), heat.shape)[1] > 0.5 * COLUMNS
    assert reading.measurements[MAP_WITHIN_LUNGS].value == pytest.approx(before.measurements[MAP_WITHIN_LUNGS].value)
