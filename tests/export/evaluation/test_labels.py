"""Labels judged on answers whose worth is known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.reading.card import Label
from export.datasets.labelled import Labelled
from export.evaluation.labels import judge_labels
from export.evaluation.metrics import calibration_error
from export.evaluation.unseen import unseen_labels, unseen_probabilities
from export.tasks.labelling import Labelling, undecided
from tests.export.evaluation.made_up import answers, picture, workplace

Float64 = NDArray[np.float64]

NAMES = ("Effusion", "Mass")


def told(count: int = 400, seed: int = 1) -> tuple[Float64, Float64]:
    random = np.random.default_rng(seed)
    truth = (random.uniform(size=(count, 2)) < 0.3).astype(float)
    return truth, random.normal(size=(count, 2)) + np.array([3.0, 0.0]) * truth


def pictures_of(truth: Float64) -> tuple[Labelled, ...]:
    return tuple(picture(at, dict(zip(NAMES, map(float, row), strict=True))) for at, row in enumerate(truth))


def test_a_label_told_well_is_validated_and_one_told_by_chance_is_not(tmp_path: Path) -> None:
    truth, logits = told()
    figures = judge_labels(workplace(tmp_path, Labelling(NAMES)), Labelling(NAMES).labels, answers(pictures_of(truth), logits))
    good, chance = figures.labels
    assert (good.positives, good.negatives) == (int(truth[:, 0].sum()), int((1 - truth[:, 0]).sum()))
    assert good.auroc == pytest.approx(0.983, abs=0.02)
    assert good.validated
    assert not chance.validated
    assert good.specificity == pytest.approx(0.90, abs=0.01)
    assert chance.specificity == pytest.approx(0.95, abs=0.01)
    detail = figures.label_details[0]
    assert detail.auprc.value is not None
    assert 0.9 < detail.auprc.value <= 1.0
    assert detail.sensitivity_at_90.ci95 is not None
    assert detail.calibration_error.value is not None
    assert detail.calibration_error.value < 0.1
    assert sum(own.count for own in detail.reliability) == 400


def test_the_card_has_the_figures_of_each_kind_of_picture(tmp_path: Path) -> None:
    truth, logits = told(400)
    logits[::4, 0] = np.random.default_rng(3).normal(size=100)  # on children the same label is told by chance
    pictures = tuple(replace(own, kind="chest_child") if at % 4 == 0 else own for at, own in enumerate(pictures_of(truth)))
    effusion = judge_labels(workplace(tmp_path, Labelling(NAMES)), Labelling(NAMES).labels, answers(pictures, logits)).labels[0]
    adults, children = effusion.on("chest_adult"), effusion.on("chest_child")
    assert (adults.positives, children.positives) == (int(truth[:, 0].sum() - truth[::4, 0].sum()), int(truth[::4, 0].sum()))
    assert children.positives >= 20
    assert (effusion.validated, adults.validated, children.validated) == (True, True, False)


def test_each_kind_with_enough_pictures_has_a_calibration_and_thresholds_of_its_own(tmp_path: Path) -> None:
    truth, logits = told(400)
    logits[::4, 0] += 4.0  # on children the network says more of everything
    pictures = tuple(replace(own, kind="chest_child") if at % 4 == 0 else own for at, own in enumerate(pictures_of(truth)))
    # Of the second label hardly any child is known to have it.
    labels = tuple(replace(own, labels={**own.labels, "Mass": 0.0}) if own.kind == "chest_child" else own for own in pictures)
    judged = judge_labels(workplace(tmp_path, Labelling(NAMES)), Labelling(NAMES).labels, answers(labels, logits))
    effusion, mass = judged.labels
    adults, children = effusion.on("chest_adult"), effusion.on("chest_child")
    assert adults.bias / adults.temperature > children.bias / children.temperature + 1.0
    for label in (adults, children):
        assert label.specificity == pytest.approx(0.90, abs=0.02)
        assert label.sensitivity is not None
        assert label.sensitivity > 0.85
    assert mass.on("chest_child").bias == mass.bias
    assert mass.on("chest_child").threshold == mass.threshold
    detail = judged.label_details[0]
    assert detail.calibration_error.value is not None
    assert detail.calibration_error.value < 0.06
    assert detail.not_missed.value is not None
    assert detail.not_missed.value >= 0.86
    assert detail.not_alarmed.value is not None
    assert detail.not_alarmed.value >= 0.92
    assert effusion.on("chest_newborn").positives == 0


def test_how_often_it_says_nothing_and_is_not_wrong_where_it_speaks(tmp_path: Path) -> None:
    truth, logits = told(1200)
    logits[:, 0] -= 1.8 * truth[:, 0]
    figures = judge_labels(workplace(tmp_path, Labelling(NAMES)), Labelling(NAMES).labels, answers(pictures_of(truth), logits))
    good, _ = figures.label_details
    assert good.not_missed.value == pytest.approx(0.90, abs=0.03)
    assert good.not_alarmed.value == pytest.approx(0.95, abs=0.02)
    assert good.undecided.value is not None
    assert 0.3 < good.undecided.value < 0.7
    assert good.not_missed.ci95 is not None


def test_int8_that_answers_alike_costs_nothing_and_one_that_is_worse_costs_something(tmp_path: Path) -> None:
    truth, logits = told()
    worse = logits + np.random.default_rng(2).normal(0.0, 2.0, logits.shape)
    given = answers(pictures_of(truth), logits, onnxruntime=worse)
    figures = judge_labels(workplace(tmp_path, Labelling(NAMES)), Labelling(NAMES).labels, given)
    same, other = figures.fidelity
    assert (same.mean_delta_p, same.flips_at_threshold, same.cost_ci95) == (0.0, 0, (0.0, 0.0))
    assert same.score == "mean AUROC"
    assert other.score_fp32 is not None
    assert other.score_int8 is not None
    assert other.score_int8 < other.score_fp32
    assert other.cost_ci95 is not None
    assert 0.0 < other.cost_ci95[0] < other.score_fp32 - other.score_int8 < other.cost_ci95[1]
    assert figures.decisions == 800
    breaches = figures.passes(workplace(tmp_path, Labelling(NAMES)).recipe.cost)
    assert len(breaches) == 2
    assert all(breach.startswith("onnxruntime") for breach in breaches)


def test_what_is_unknown_counts_neither_way(tmp_path: Path) -> None:
    truth, logits = told(100)
    pictures = tuple(replace(own, labels={"Effusion": own.labels["Effusion"]}) for own in pictures_of(truth))
    figures = judge_labels(workplace(tmp_path, Labelling(NAMES)), Labelling(NAMES).labels, answers(pictures, logits))
    unknown = figures.labels[1]
    assert (unknown.positives, unknown.negatives, unknown.auroc, unknown.threshold, unknown.temperature) == (0, 0, None, 0.5, 1.0)


def test_figures_are_of_the_named_sources_and_others_are_only_told_by_source(tmp_path: Path) -> None:
    truth, logits = told(120)
    pictures = tuple(replace(own, source="elsewhere") if at % 3 == 0 else own for at, own in enumerate(pictures_of(truth)))
    figures = judge_labels(workplace(tmp_path, Labelling(NAMES)), Labelling(NAMES).labels, answers(pictures, logits))
    assert figures.validation_pictures == {"here": 80}
    assert figures.labels[0].positives + figures.labels[0].negatives == 80
    assert {(part.group, part.output, part.pictures) for part in figures.by_source} == {
        *(("elsewhere", name, 40) for name in NAMES),
        *(("here", name, 80) for name in NAMES),
    }


def test_subgroups_are_by_sex_age_and_view_and_children_are_one(tmp_path: Path) -> None:
    truth, logits = told(90)
    girl, man = replace(picture(0), sex="F", age_years=9.0), replace(picture(0), sex="M", age_years=45.0, view="AP")
    known = (girl, man, picture(0))
    pictures = tuple(
        replace(known[at % 3], path=own.path, patient=own.patient, labels=own.labels) for at, own in enumerate(pictures_of(truth))
    )
    figures = judge_labels(workplace(tmp_path, Labelling(NAMES)), Labelling(NAMES).labels, answers(pictures, logits))
    found = {(part.by, part.group): part.pictures for part in figures.subgroups if part.output == "Effusion"}
    assert found == {("sex", "F"): 30, ("sex", "M"): 30, ("age", "child"): 30, ("age", "40–59"): 30, ("view", "AP"): 30}


def test_the_answers_furthest_on_the_wrong_side_are_named(tmp_path: Path) -> None:
    truth, logits = told(200)
    logits[17, 0] = 25.0 if truth[17, 0] < 0.5 else -25.0
    figures = judge_labels(workplace(tmp_path, Labelling(NAMES)), Labelling(NAMES).labels, answers(pictures_of(truth), logits))
    worst = figures.worst[0]
    assert (worst.picture, worst.output, worst.truth) == ("here/p17.png", "Effusion", "absent" if truth[17, 0] < 0.5 else "present")
    assert len(figures.worst) == 10
    assert worst.answer.endswith(f"called from {figures.labels[0].threshold:.3f}")


def test_calibration_is_judged_on_patients_it_was_not_fitted_on() -> None:
    random = np.random.default_rng(9)
    truth = (random.uniform(size=(60, 1)) < 0.5).astype(float)
    logits = random.normal(size=(60, 1)) * 5.0
    # Every patient is there twice: a fit on one picture must not serve the other.
    labels, kinds = (undecided("a"),), np.array(["chest_adult"] * 60)

    def told(patients: list[str]) -> Float64:
        return unseen_probabilities(labels, unseen_labels(labels, logits, truth, patients, kinds), logits, kinds)

    unseen, seen = told([str(at // 2) for at in range(60)]), told(["one"] * 60)
    assert unseen.shape == (60, 1)
    assert calibration_error(unseen[:, 0], truth[:, 0]) < calibration_error(seen[:, 0], truth[:, 0])


KINDS = ("chest_adult", "chest_child", "chest_newborn", "limb", "other")


def kinds(count: int = 200) -> tuple[tuple[Labelled, ...], Float64]:
    """Adults and children are mixed up with each other and with nothing else; newborns look like children."""
    random = np.random.default_rng(3)
    pictures, logits = [], random.normal(0.0, 0.3, (count, 6))
    for at in range(count):
        kind = KINDS[at % 5]
        pictures.append(picture(at, {**{name: float(name == kind) for name in KINDS}, "rotated": float(at % 2)}, kind=kind))
        if kind.startswith("chest"):
            logits[at, :2] += 4.0
        else:
            logits[at, KINDS.index(kind)] += 6.0
        logits[at, 5] += 4.0 * (at % 2)
    return tuple(pictures), logits


def gate_labels() -> tuple[Label, ...]:
    return (*(undecided(name, "kind") for name in KINDS), undecided("rotated"))


def test_the_gate_admits_by_the_sum_of_both_chests_with_one_threshold(tmp_path: Path) -> None:
    pictures, logits = kinds()
    figures = judge_labels(workplace(tmp_path, Labelling(KINDS)), gate_labels(), answers(pictures, logits))
    adult, child, newborn, limb, other, rotated = figures.labels
    assert adult.threshold == child.threshold >= 0.5
    assert adult.uncertain_from == adult.threshold == adult.uncertain_to
    assert (newborn.threshold, limb.threshold, other.threshold) == (0.5, 0.5, 0.5)
    # Neither chest alone is ever sure, and yet all are admitted.
    assert (adult.sensitivity, child.sensitivity, adult.specificity) == (1.0, 1.0, 1.0)
    assert (adult.temperature, adult.bias) == (1.0, 0.0)
    assert rotated.threshold != 0.5
    door = figures.admission
    assert door is not None
    assert door.labels == ("chest_adult", "chest_child")
    assert (door.pictures, door.others) == (80, 80)
    assert (door.admitted.value, door.refused.value) == (1.0, 1.0)


def test_newborns_do_not_move_the_gate(tmp_path: Path) -> None:
    pictures, logits = kinds()
    place = workplace(tmp_path, Labelling(KINDS))
    whole = judge_labels(place, gate_labels(), answers(pictures, logits))
    kept = np.array([own.kind != "chest_newborn" for own in pictures])
    without = judge_labels(place, gate_labels(), answers(tuple(own for own in pictures if own.kind != "chest_newborn"), logits[kept]))
    assert whole.labels[0].threshold == without.labels[0].threshold


def test_what_passes_the_gate_together_is_one_decision_and_kinds_are_confused_openly(tmp_path: Path) -> None:
    pictures, logits = kinds(50)
    figures = judge_labels(workplace(tmp_path, Labelling(KINDS)), gate_labels(), answers(pictures, logits))
    assert figures.decisions == 50 * 5
    (confusion,) = figures.confusions
    counts = np.array(confusion.counts)
    assert counts.sum(1).tolist() == [10] * 5
    assert counts[3:, 3:].tolist() == [[10, 0], [0, 10]]
    assert counts[:2, :2].sum() == 20


def test_a_chest_that_is_refused_is_among_the_worst_and_a_child_taken_for_an_adult_is_not(tmp_path: Path) -> None:
    pictures, logits = kinds(50)
    logits[0] = [-5.0, -5.0, -5.0, 9.0, -5.0, 0.0]
    logits[1] = [9.0, -5.0, -5.0, -5.0, -5.0, 4.0]
    worst = judge_labels(workplace(tmp_path, Labelling(KINDS)), gate_labels(), answers(pictures, logits)).worst
    refused = next(own for own in worst if own.picture == "here/p0.png")
    assert (refused.output, refused.truth) in {("chest_adult + chest_child", "present"), ("limb", "absent")}
    assert "here/p1.png" not in {own.picture for own in worst}


def test_a_flaw_is_called_where_it_hardly_ever_refuses_a_good_picture(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    truth = (random.uniform(size=(4000, 1)) < 0.2).astype(float)
    logits = random.normal(size=(4000, 1)) + 3.0 * truth
    pictures = tuple(picture(at, {"upside_down": float(row[0])}) for at, row in enumerate(truth))
    (label,) = judge_labels(workplace(tmp_path, Labelling(("upside_down",))), (undecided("upside_down"),), answers(pictures, logits)).labels
    assert label.specificity == pytest.approx(0.999, abs=0.0005)
    assert label.threshold == label.uncertain_from == label.uncertain_to >= 0.5


def test_on_what_a_program_drew_nothing_is_validated(tmp_path: Path) -> None:
    truth, logits = told()
    drawn = tuple(replace(own, simulated=True) for own in pictures_of(truth))
    label = judge_labels(workplace(tmp_path, Labelling(NAMES)), Labelling(NAMES).labels, answers(drawn, logits)).labels[0]
    assert label.auroc == pytest.approx(0.983, abs=0.02)
    assert label.positives == 0
    assert not label.validated
