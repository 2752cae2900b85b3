"""Respiratory distress of newborns: told on the lungs alone, however the child lies, never more than uncertain without real newborns."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread

from edge_app.errors import ModelError, NoModelError, Refusal
from edge_app.radiograph.picture import Picture
from edge_app.reading.anatomy import LEFT_LUNG, LEFT_LUNG_WHOLE, RIGHT_LUNG
from edge_app.reading.canvas import place
from edge_app.reading.card import Card, Input, Label
from edge_app.reading.engine import Engine
from edge_app.reading.finding import Box, Decision, Gap, Protocol, Urgency
from edge_app.reading.newborn_lungs import THORAX_SIDE
from edge_app.reading.protocols.chest import ANATOMY_MODEL
from edge_app.reading.protocols.method import Assessment, Folders
from edge_app.reading.protocols.neonatal_rds import AT_LEAST, GRADE, NEWBORN_ANATOMY_MODEL, RDS, RDS_GRADE, RDS_MODEL, assess_newborn
from edge_app.reading.protocols.on_lungs import MAP_WITHIN_LUNGS
from edge_app.reading.reader import Reader
from edge_app.reading.seen import Seen
from edge_app.reading.turning import turned
from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.dicom import write_dx
from edge_app.triage import Need, Vitals, judge_reading, read_table
from tests.edge_app.reading.bundles import change_card, fixed_network, judged_on, label, write_bundle, write_chest, write_gate
from tests.edge_app.reading.chests import chest_shapes, write_anatomy
from tests.edge_app.reading.newborns import newborn, reading_off, region

CELLS, SIDE = 10, 160
ROWS, COLUMNS = 400, 300


def rds_card(**changes: object) -> Card:
    """Nothing real stands behind its labels."""
    blank = {"threshold": 0.5, "uncertain_from": 0.4, "uncertain_to": 0.6, "positives": 0, "negatives": 90, "auroc": 0.9}
    labels = tuple(Label(name=name, **{**blank, **changes}) for name in AT_LEAST)
    wanted = Input(height=SIDE, width=SIDE, mean=0.5, std=0.25, sees="thorax")
    return Card(
        name=RDS_MODEL, version="1", title="small", input=wanted, labels=labels, trained_on=(), validated_on=(), fidelity=(), golden=(),
        limits="for tests", files={},
    )  # fmt: skip


class Looking:
    """Both networks: one reads outlines off, the other is as sure of each grade as it is told and sees it in one cell of its map."""

    def __init__(
        self, picture: Picture, logits: Sequence[float] = (2, 2, -2, -2), *, cell: tuple[int, int] = (4, 1), without: tuple[str, ...] = ()
    ) -> None:
        self._picture, self._logits, self._cell, self._outline = picture, logits, cell, reading_off(without=without)
        self.shown: list[Picture] = []
        self.asked: list[str] = []
        self.card = rds_card()

    def __call__(self, model: str, around: Box | None = None, *, of: Picture | None = None) -> Seen:
        picture = self._picture if of is None else of
        if model in (NEWBORN_ANATOMY_MODEL, ANATOMY_MODEL):
            self.asked.append(model)
            return self._outline(picture)
        assert model == RDS_MODEL
        self.shown.append(picture)
        drawn = np.full((len(AT_LEAST), CELLS, CELLS), -6.0, dtype=np.float32)
        drawn[(slice(None), *self._cell)] = 6.0
        logits = np.array([self._logits], dtype=np.float32)
        return Seen(self.card, logits, drawn[None], place(picture.rows, picture.columns, SIDE, SIDE))


def assessed(looking: Looking, picture: Picture, folder: Path | None = None) -> Assessment:
    return assess_newborn(looking, picture, Folders(folder, folder))


@pytest.mark.parametrize("quarters", range(4))
def test_it_is_told_on_the_thorax_alone_and_found_where_it_lies(quarters: int, tmp_path: Path) -> None:
    upright = newborn(size=0.7, at=(0.45, 0.55))
    picture = turned(upright, -quarters)
    looking = Looking(picture)
    assessment = assessed(looking, picture, tmp_path)
    (finding,) = assessment.findings
    assert (finding.name, finding.decision, finding.validated, finding.positives) == (RDS, Decision.UNCERTAIN, False, 0)
    assert finding.called
    assert not assessment.unlocated
    (shown,) = looking.shown
    assert shown.rows < max(upright.rows, upright.columns)
    assert np.array_equal(shown.pixels[:, shown.pixels.shape[1] // 2], np.zeros(shown.pixels.shape[0])), "without trachea and spine"
    right = region(picture, RIGHT_LUNG)
    rows, columns = np.nonzero(right)
    assert finding.box is not None
    x, y = finding.box.x + finding.box.width / 2, finding.box.y + finding.box.height / 2
    assert columns.min() < x < columns.max()
    assert rows.min() < y < rows.max()
    heat = cv2.imread(str(assessment.maps[RDS]), cv2.IMREAD_UNCHANGED)
    assert heat is not None
    assert heat.shape == (picture.rows, picture.columns)
    assert right[np.unravel_index(int(heat.argmax()), heat.shape)]
    assert {outline.name for outline in assessment.outlines} == {RIGHT_LUNG, LEFT_LUNG}
    mask = cv2.imread(str(assessment.masks[LEFT_LUNG]), cv2.IMREAD_UNCHANGED)
    assert mask is not None
    left = region(picture, LEFT_LUNG)
    assert ((mask > 0) & left).sum() / ((mask > 0) | left).sum() > 0.9


@pytest.mark.parametrize(
    ("logits", "grade"),
    [((2, -2, -2, -2), 1), ((2, 2, -2, -2), 2), ((2, 2, 2, -2), 3), ((2, 2, 2, 2), 4), ((2, -2, 2, 2), 1), ((-2, 2, 2, 2), None)],
)
def test_the_grade_is_the_highest_up_to_which_every_one_is_reached(logits: tuple[float, ...], grade: int | None) -> None:
    picture = newborn()
    assessment = assessed(Looking(picture, logits), picture)
    measured = assessment.measurements.get(RDS_GRADE)
    if grade is None:
        assert measured is None
        assert [(gap.part, gap.reason) for gap in assessment.missing] == [(RDS_GRADE, Gap.NOT_MEASURABLE)]
    else:
        assert measured is not None
        assert (measured.value, measured.unit, measured.validated) == (grade, GRADE, False)


@pytest.mark.parametrize(
    ("logits", "grade"), [((0.5, -1, -1, -1), 1.0), ((0.5, 0.1, -1, -1), 2.0), ((3, 3, 3, -0.1), 3.0), ((3, 3, 3, 0.1), 4.0)]
)
def test_a_grade_is_one_that_is_as_likely_as_not_however_low_its_threshold(logits: tuple[float, ...], grade: float) -> None:
    picture = newborn()
    looking = Looking(picture, logits)
    looking.card = rds_card(threshold=0.1, uncertain_from=0.1, uncertain_to=0.2)
    assert assessed(looking, picture).measurements[RDS_GRADE].value == grade


def test_how_much_of_the_map_lies_in_the_lungs_is_told() -> None:
    picture = newborn()
    within, beside = (assessed(Looking(picture, cell=cell), picture).measurements[MAP_WITHIN_LUNGS].value for cell in ((4, 1), (4, 5)))
    assert within > 0.7 > beside


def test_without_both_lungs_nothing_is_called_and_nothing_has_a_place(tmp_path: Path) -> None:
    picture = newborn()
    looking = Looking(picture, without=(LEFT_LUNG, LEFT_LUNG_WHOLE))
    assessment = assessed(looking, picture, tmp_path)
    (finding,) = assessment.findings
    assert (finding.decision, finding.box) == (Decision.UNCERTAIN, None)
    assert assessment.unlocated
    assert (assessment.maps, assessment.masks, assessment.outlines, assessment.measurements) == ({}, {}, (), {})
    assert {gap.part for gap in assessment.missing} == {LEFT_LUNG, RDS_GRADE, MAP_WITHIN_LUNGS}
    assert looking.shown == [picture]


def test_what_is_small_is_outlined_from_near_by_the_chests_network_where_that_is_there() -> None:
    picture = newborn(size=0.45, at=(0.45, 0.5))
    looking = Looking(picture)
    assert assessed(looking, picture).findings[0].box is not None
    assert looking.asked == [NEWBORN_ANATOMY_MODEL, ANATOMY_MODEL]

    def look(model: str, around: Box | None = None, *, of: Picture | None = None) -> Seen:
        if model == ANATOMY_MODEL:
            raise NoModelError("not on this box")
        return looking(model, around, of=of)

    assessment = assess_newborn(look, picture, Folders())
    assert assessment.findings[0].box is not None
    assert not assessment.unlocated


def test_without_the_outlining_model_the_assessment_says_so() -> None:
    picture = newborn()
    looking = Looking(picture)

    def look(model: str, around: Box | None = None, *, of: Picture | None = None) -> Seen:
        if model in (NEWBORN_ANATOMY_MODEL, ANATOMY_MODEL):
            raise NoModelError("not on this box")
        return looking(model, around, of=of)

    assessment = assess_newborn(look, picture, Folders())
    assert assessment.unlocated
    assert {(gap.part, gap.reason) for gap in assessment.missing} >= {("anatomy", Gap.NO_MODEL)}


def test_a_card_without_every_grade_gives_none() -> None:
    picture = newborn()
    looking = Looking(picture)
    looking.card = looking.card.model_copy(update={"labels": looking.card.labels[:2]})
    looking._logits = (2, 2)
    assert any(gap.part == RDS_GRADE and gap.reason is Gap.NO_MODEL for gap in assessed(looking, picture).missing)
    looking.card = looking.card.model_copy(update={"labels": (looking.card.labels[1],)})
    looking._logits = (2,)
    with pytest.raises(ModelError, match=RDS):
        assessed(looking, picture)


def _written(models: Path, logit: float = 3.0) -> None:
    write_gate(models, "chest_newborn", 6.0)
    anatomy = write_anatomy(models, chest_shapes(ROWS, COLUMNS), ROWS, COLUMNS)
    change_card(anatomy, name=NEWBORN_ANATOMY_MODEL)
    anatomy.rename(models / NEWBORN_ANATOMY_MODEL)
    labels = [judged_on(label(name, positives=0), "chest_newborn") for name in AT_LEAST]
    activation: NDArray[np.float32] = np.full((len(AT_LEAST), 4, 4), -5.0, dtype=np.float32)
    activation[:, 2, 0] = 5.0
    write_bundle(models, RDS_MODEL, labels, fixed_network([logit, logit, -logit, -logit], activation), sees="thorax")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    _written(folder)
    return folder


@pytest.fixture
def engine(models: Path, tmp_path: Path) -> Iterator[Engine]:
    with Engine(models, tmp_path / "cache", threads=1) as engine:
        yield engine


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "chest.png"
    cv2.imwrite(str(path), simulated_chest(3, ROWS, COLUMNS).pixels)
    return path


def aged(path: Path, age: str) -> Path:
    written = dcmread(write_dx(path, simulated_chest(3, ROWS, COLUMNS)))
    written.PatientAge = age
    written.save_as(path)
    return path


def test_the_box_reads_a_newborn_and_asks_for_what_it_needs(engine: Engine, picture: Path) -> None:
    reading = Reader(engine).read(picture)
    assert (reading.protocol, reading.refusal) == (Protocol.NEONATAL_RDS, None)
    assert [(finding.name, finding.decision) for finding in reading.findings] == [(RDS, Decision.UNCERTAIN)]
    assert reading.urgency is Urgency.URGENT
    assert reading.measurements[RDS_GRADE].value == 2.0
    assert set(reading.models) == {"radiograph_gate", NEWBORN_ANATOMY_MODEL, RDS_MODEL}
    judgement = judge_reading(reading, 0.01, Vitals(), read_table())
    assert judgement is not None
    assert judgement.needs == {Need.NEONATAL_ICU, Need.VENTILATOR, Need.SURFACTANT}


def test_the_stated_age_makes_a_newborn_of_any_frontal_chest(engine: Engine, models: Path, tmp_path: Path) -> None:
    write_gate(models, "chest_child", 6.0)
    with Engine(models, tmp_path / "other", threads=1) as other:
        reader = Reader(other)
        assert reader.read(aged(tmp_path / "days.dcm", "003D")).protocol is Protocol.NEONATAL_RDS
        older = reader.read(aged(tmp_path / "years.dcm", "004Y"), Protocol.NEONATAL_RDS)
    assert older.refusal is not None
    assert older.refusal.reason is Refusal.NO_NEWBORN
    assert (older.findings, older.measurements, older.urgency) == ((), {}, None)


def test_a_newborn_is_not_read_by_the_chest_protocol(engine: Engine, models: Path, picture: Path) -> None:
    write_chest(models, {})
    for protocol in (Protocol.CHEST, Protocol.TUBERCULOSIS):
        refused = Reader(engine).read(picture, protocol).refusal
        assert refused is not None
        assert refused.reason is Refusal.NEWBORN
        assert "newborns" in refused.detail


def test_without_its_model_nothing_is_said(engine: Engine, models: Path, picture: Path, tmp_path: Path) -> None:
    (models / RDS_MODEL).rename(tmp_path / "elsewhere")
    with Engine(models, tmp_path / "third", threads=1) as other:
        refused = Reader(other).read(picture).refusal
    assert refused is not None
    assert refused.reason is Refusal.NO_MODEL


def test_the_classifier_is_shown_no_more_than_it_takes() -> None:
    picture = newborn(size=0.9)
    looking = Looking(picture)
    assessed(looking, picture)
    assert max(looking.shown[0].pixels.shape) == THORAX_SIDE
