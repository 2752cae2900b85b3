"""Fourteen findings, each with its pedigree."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.errors import EngineDiedError, ModelError, NoModelError
from edge_app.radiograph.picture import Facts, Picture, Window
from edge_app.reading.canvas import place
from edge_app.reading.card import SIDES, UNLIKE, Card, Label, Output, load_card
from edge_app.reading.finding import Box, Decision, Finding, Gap
from edge_app.reading.protocols.chest import (
    ANATOMY_MODEL,
    CHEST_FINDINGS,
    CHEST_MODEL,
    SEVERITY_MODEL,
    assess_chest,
)
from edge_app.reading.protocols.findings import assess_findings, top_three
from edge_app.reading.protocols.method import Assessment, Folders, Look, decide
from edge_app.reading.seen import Seen
from tests.edge_app.reading.bundles import SIDE, label, write_chest
from tests.edge_app.reading.chests import Shape, chest_shapes, ellipse, nothing, seen_chest, write_severity

ROWS, COLUMNS = 600, 480
PICTURE = Picture(np.zeros((ROWS, COLUMNS), dtype=np.uint16), Window(128, 256), ROWS, COLUMNS, None, Facts())


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Card:
    return load_card(write_chest(tmp_path_factory.mktemp("models"), {}))


def seen(card: Card, activation: NDArray[np.float32] | None = None, **logits: float) -> Seen:
    values = np.array([[logits.get(name, -4.0) for name in CHEST_FINDINGS]], dtype=np.float32)
    return Seen(card, values, activation, place(ROWS, COLUMNS, SIDE, SIDE))


def hot_spot() -> NDArray[np.float32]:
    activation = np.full((1, 14, 8, 8), -5.0, dtype=np.float32)
    activation[:, :, 3, 4] = 5.0
    return activation


def by_name(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


def test_all_fourteen_with_decision_and_pedigree(card: Card) -> None:
    assessment = assess_findings(seen(card, hot_spot(), Effusion=2.0, Edema=0.0), CHEST_FINDINGS, PICTURE, None)
    assert tuple(finding.name for finding in assessment.findings) == CHEST_FINDINGS
    found = by_name(assessment.findings)
    assert found["Effusion"].probability == pytest.approx(0.8808, abs=1e-4)
    assert [found[name].decision for name in ("Effusion", "Edema", "Mass")] == [Decision.PRESENT, Decision.UNCERTAIN, Decision.ABSENT]
    assert (found["Effusion"].threshold, found["Effusion"].positives, found["Effusion"].validated) == (0.5, 50, True)
    assert found["Effusion"].box is not None
    assert found["Edema"].box is not None
    assert found["Mass"].box is None
    assert assessment.maps == {}


def test_of_a_picture_unlike_the_training_pictures_every_finding_is_uncertain(card: Card) -> None:
    telling = card.model_copy(update={"unlike": Output(name=UNLIKE)})
    for distance, unfamiliar in ((-0.1, False), (0.1, True)):
        given = seen(telling, hot_spot(), Effusion=2.0)
        given = dataclasses.replace(given, logits=np.append(given.logits, [[distance]], axis=1).astype(np.float32))
        assessment = assess_findings(given, CHEST_FINDINGS, PICTURE, None)
        assert assessment.unfamiliar is unfamiliar
        decisions = {finding.decision for finding in assessment.findings}
        assert (decisions == {Decision.UNCERTAIN}) is unfamiliar
        # What is suspected all the same keeps its place and counts for the urgency.
        effusion = by_name(assessment.findings)["Effusion"]
        assert effusion.called
        assert effusion.box is not None
        assert assessment.top3[0] == "Effusion"


def test_a_network_that_tells_how_far_findings_reach_gives_their_boxes(card: Card) -> None:
    reach = np.full((1, SIDES * 14, 8, 8), -2.0, dtype=np.float32)
    told = np.concatenate([hot_spot(), reach], axis=1)
    box = by_name(
        assess_findings(seen(card.model_copy(update={"reach": True}), told, Effusion=2.0), CHEST_FINDINGS, PICTURE, None).findings
    )["Effusion"].box
    assert box is not None
    placement, share = place(ROWS, COLUMNS, SIDE, SIDE), 1 / (1 + np.exp(2.0))
    expected = placement.box_to_original(Box(SIDE * (4.5 / 8 - share), SIDE * (3.5 / 8 - share), SIDE * 2 * share, SIDE * 2 * share))
    assert dataclasses.astuple(box) == pytest.approx(dataclasses.astuple(expected), abs=0.1)


def test_a_finding_without_enough_positives_is_not_validated(tmp_path: Path) -> None:
    few = load_card(write_chest(tmp_path, {}, positives=3))
    finding = assess_findings(seen(few), CHEST_FINDINGS, PICTURE, None).findings[0]
    assert (finding.positives, finding.validated) == (3, False)


def test_a_finding_that_is_not_validated_is_uncertain_at_most(tmp_path: Path) -> None:
    few = load_card(write_chest(tmp_path, {}, positives=3))
    found = by_name(assess_findings(seen(few, Effusion=9.0), CHEST_FINDINGS, PICTURE, None).findings)
    assert [found[name].decision for name in ("Effusion", "Mass")] == [Decision.UNCERTAIN, Decision.ABSENT]


def test_a_finding_that_is_only_not_excluded_lies_nowhere(card: Card) -> None:
    # Uncertain from 0.4, called from 0.5.
    found = by_name(assess_findings(seen(card, hot_spot(), Effusion=-0.2, Edema=0.2), CHEST_FINDINGS, PICTURE, None).findings)
    assert [found[name].decision for name in ("Effusion", "Edema")] == [Decision.UNCERTAIN, Decision.UNCERTAIN]
    assert [found[name].called for name in ("Effusion", "Edema")] == [False, True]
    assert found["Effusion"].box is None
    assert found["Edema"].box is not None


def test_without_a_map_there_are_findings_and_no_boxes(card: Card, tmp_path: Path) -> None:
    assessment = assess_findings(seen(card, None, Effusion=2.0), CHEST_FINDINGS, PICTURE, tmp_path)
    assert by_name(assessment.findings)["Effusion"].decision is Decision.PRESENT
    assert by_name(assessment.findings)["Effusion"].box is None
    assert assessment.maps == {}


def test_heat_maps_of_all_present_findings_and_the_top_three(card: Card, tmp_path: Path) -> None:
    present = {"Effusion": 3.0, "Edema": 2.5, "Mass": 2.0, "Nodule": 1.5}
    assessment = assess_findings(seen(card, hot_spot(), **present), CHEST_FINDINGS, PICTURE, tmp_path / "new")
    assert set(assessment.maps) == set(present)
    assert all(file.is_file() and file.parent == tmp_path / "new" for file in assessment.maps.values())
    nothing_present = assess_findings(seen(card, hot_spot(), Effusion=-1.0), CHEST_FINDINGS, PICTURE, tmp_path)
    assert set(nothing_present.maps) == set(nothing_present.top3)


def test_a_folder_that_cannot_be_written_costs_the_heat_maps_only(card: Card, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assessment = assess_findings(seen(card, hot_spot(), Effusion=3.0), CHEST_FINDINGS, PICTURE, tmp_path / "file")
    assert by_name(assessment.findings)["Effusion"].decision is Decision.PRESENT
    assert assessment.maps == {}


def test_a_model_that_lacks_a_finding_is_an_error(card: Card) -> None:
    fewer = card.model_copy(update={"labels": card.labels[:-1]})
    given = dataclasses.replace(seen(fewer), logits=np.zeros((1, 13), dtype=np.float32))
    with pytest.raises(ModelError, match="no output for Pneumothorax"):
        assess_findings(given, CHEST_FINDINGS, PICTURE, None)


def looks(card: Card, folder: Path, *failing: str, without: frozenset[str] = frozenset(), shapes: dict[str, Shape] | None = None) -> Look:
    """What a box of those models would see: findings, a drawn chest, grades; ``failing`` models die, those ``without`` are not there."""

    def look(model: str, around: Box | None = None) -> Seen:
        if model in without:
            raise NoModelError(f"{model} is not on this box")
        if model in failing:
            raise EngineDiedError(f"{model} died")
        if model == CHEST_MODEL:
            # Where the lungs lie is offered; whether the model sees but them is its card's affair.
            assert (around is None) is (ANATOMY_MODEL in (*failing, *without) or shapes is not None)
            return seen(card, Effusion=3.0)
        if model == ANATOMY_MODEL:
            assert around is None
            return seen_chest(shapes or chest_shapes(ROWS, COLUMNS), ROWS, COLUMNS)
        # The severity is shown the lungs, not the picture.
        assert around is not None
        assert (around.x, around.x + around.width) == pytest.approx((29, 451), abs=4)
        grades = load_card(write_severity(folder))
        return Seen(grades, np.zeros((1, 9), dtype=np.float32), None, place(ROWS, COLUMNS, SIDE, SIDE))

    return look


def gaps(assessment: Assessment) -> list[tuple[str, Gap]]:
    return [(gap.part, gap.reason) for gap in assessment.missing]


def test_a_whole_assessment_lacks_nothing(card: Card, tmp_path: Path) -> None:
    assessment = assess_chest(looks(card, tmp_path), PICTURE, Folders(tmp_path / "maps", tmp_path / "masks"))
    assert assessment.missing == ()
    assert len(assessment.findings) == 14
    assert [outline.name for outline in assessment.outlines] == ["right_lung", "left_lung", "heart", "airways"]
    assert assessment.measurements["cardiothoracic_ratio"].value == pytest.approx(0.5, abs=0.02)
    assert assessment.severity is not None
    assert assessment.severity.brixia.value == pytest.approx(9.0)
    assert {"left_lung", "right_lung", "heart", "airways"} <= set(assessment.masks)
    assert all(file.is_file() for file in assessment.masks.values())


def test_masks_and_maps_are_each_written_only_where_a_folder_is_given(card: Card, tmp_path: Path) -> None:
    assert assess_chest(looks(card, tmp_path), PICTURE, Folders(maps=tmp_path / "maps")).masks == {}
    assert assess_chest(looks(card, tmp_path), PICTURE, Folders(masks=tmp_path / "masks")).maps == {}


@pytest.mark.parametrize(("how", "reason"), [("failing", Gap.MODEL_FAILED), ("without", Gap.NO_MODEL)])
def test_the_findings_stand_without_the_anatomy(card: Card, tmp_path: Path, how: str, reason: Gap) -> None:
    look = looks(card, tmp_path, ANATOMY_MODEL) if how == "failing" else looks(card, tmp_path, without=frozenset({ANATOMY_MODEL}))
    assessment = assess_chest(look, PICTURE, Folders(masks=tmp_path / "masks"))
    assert by_name(assessment.findings)["Effusion"].decision is Decision.PRESENT
    assert gaps(assessment) == [("anatomy", reason), ("severity", Gap.NEEDS_ANOTHER)]
    assert (assessment.outlines, assessment.measurements, assessment.masks, assessment.severity) == ((), {}, {}, None)


@pytest.mark.parametrize(("how", "reason"), [("failing", Gap.MODEL_FAILED), ("without", Gap.NO_MODEL)])
def test_findings_and_anatomy_stand_without_the_severity(card: Card, tmp_path: Path, how: str, reason: Gap) -> None:
    look = looks(card, tmp_path, SEVERITY_MODEL) if how == "failing" else looks(card, tmp_path, without=frozenset({SEVERITY_MODEL}))
    assessment = assess_chest(look, PICTURE, Folders())
    assert gaps(assessment) == [("severity", reason)]
    assert assessment.severity is None
    assert len(assessment.outlines) == 4


def test_where_no_lungs_can_be_outlined_the_findings_stand_and_the_rest_is_named(card: Card, tmp_path: Path) -> None:
    look = looks(card, tmp_path, shapes={"heart": ellipse(240, 400, 100, 100)})
    assessment = assess_chest(look, PICTURE, Folders(masks=tmp_path / "masks"))
    assert by_name(assessment.findings)["Effusion"].decision is Decision.PRESENT
    assert gaps(assessment) == [("anatomy", Gap.NOT_FOUND), ("severity", Gap.NEEDS_ANOTHER)]
    assert assessment.missing[0].detail == "no lungs could be outlined"
    assert (assessment.outlines, assessment.measurements, assessment.masks, assessment.severity) == ((), {}, {}, None)


def test_one_lung_is_not_graded_as_if_it_were_both(card: Card, tmp_path: Path) -> None:
    shapes = chest_shapes(ROWS, COLUMNS, left_lung=nothing, left_lung_whole=nothing)
    assessment = assess_chest(looks(card, tmp_path, shapes=shapes), PICTURE, Folders())
    assert assessment.severity is None
    assert ("left_lung", Gap.NOT_FOUND) in gaps(assessment)
    assert ("severity", Gap.NEEDS_ANOTHER) in gaps(assessment)
    assert ("cardiothoracic_ratio", Gap.NEEDS_ANOTHER) in gaps(assessment)


def test_nothing_is_assessed_where_the_findings_fail(card: Card, tmp_path: Path) -> None:
    with pytest.raises(EngineDiedError):
        assess_chest(looks(card, tmp_path, CHEST_MODEL), PICTURE, Folders())


def test_top_three_goes_by_the_margin_over_each_threshold() -> None:
    def finding(name: str, probability: float, threshold: float) -> Finding:
        return Finding(name, probability, Decision.UNCERTAIN, threshold, 0, False)

    findings = (
        finding("common", 0.60, 0.5),
        finding("rare", 0.10, 0.02),
        finding("rarer", 0.02, 0.01),
        finding("below", 0.70, 0.9),
        finding("certain", 1.0, 0.9),
    )
    assert top_three(findings) == ("certain", "rare", "rarer")


def test_top_three_puts_the_surer_word_and_the_validated_finding_first() -> None:
    findings = (
        Finding("absent", 0.4, Decision.ABSENT, 0.1, 50, True),
        Finding("unproven", 0.9, Decision.UNCERTAIN, 0.1, 3, False),
        Finding("uncertain", 0.2, Decision.UNCERTAIN, 0.2, 50, True),
        Finding("present", 0.3, Decision.PRESENT, 0.29, 50, True),
    )
    assert top_three(findings) == ("present", "uncertain", "unproven")


def test_what_a_screen_names_uncertain_stands_before_what_is_merely_not_ruled_out() -> None:
    findings = (
        Finding("validated and below", 0.1, Decision.UNCERTAIN, 0.2, 50, True),
        Finding("also below", 0.15, Decision.UNCERTAIN, 0.2, 50, True),
        Finding("absent", 0.01, Decision.ABSENT, 0.2, 50, True),
        Finding("called", 0.3, Decision.UNCERTAIN, 0.2, 3, False),
    )
    assert top_three(findings) == ("called", "also below", "validated and below")


@pytest.mark.parametrize(
    ("probability", "decision"),
    [(0.399, Decision.ABSENT), (0.4, Decision.UNCERTAIN), (0.5, Decision.UNCERTAIN), (0.599, Decision.UNCERTAIN), (0.6, Decision.PRESENT)],
)
def test_decisions_at_the_edges_of_the_band(probability: float, decision: Decision) -> None:
    assert decide(Label(**label("one")), probability) is decision


def test_a_band_that_does_not_hold_its_threshold_is_an_error() -> None:
    with pytest.raises(ModelError, match="does not hold the threshold"):
        decide(Label(**label("one", uncertain_to=0.45)), 0.1)
