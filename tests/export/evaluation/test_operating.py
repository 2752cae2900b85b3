"""What a label is worth at other thresholds, and where a label that screens is called."""

from pathlib import Path

import numpy as np
import pytest

from edge_app.reading.card import Label, OperatingPoint
from export.evaluation.bootstrap import Draws
from export.evaluation.figures import Estimate, Part
from export.evaluation.labels import judge_labels
from export.evaluation.left_out import never_learnt_from, told_elsewhere
from export.evaluation.operating import MOST_POINTS, operating_points
from export.evaluation.report import report_page
from export.evaluation.scaling import sigmoid
from export.evaluation.thresholds import SCREENING_SENSITIVITY
from export.tasks.labelling import Labelling, undecided
from tests.export.evaluation.made_up import answers, picture, workplace

RANDOM = np.random.default_rng(11)
TRUTH = np.where(np.arange(400) < 60, 1.0, 0.0)
SCORE = sigmoid(RANDOM.normal(size=400) + 2.0 * TRUTH)
DRAWS = Draws.of([str(at) for at in range(400)], 3)


def test_every_point_says_what_would_be_called_from_there() -> None:
    truth = np.where(np.arange(400) % 7 == 0, np.nan, TRUTH)
    points = operating_points(SCORE, truth, 0.4321, DRAWS)
    assert 10 < len(points) <= MOST_POINTS
    assert [point.threshold for point in points] == sorted({point.threshold for point in points})
    for point in points:
        assert point.sensitivity == pytest.approx((SCORE[truth == 1] >= point.threshold).mean(), abs=1e-4)
        assert point.specificity == pytest.approx((SCORE[truth == 0] < point.threshold).mean(), abs=1e-4)
        for value, interval in ((point.sensitivity, point.sensitivity_ci95), (point.specificity, point.specificity_ci95)):
            assert interval is not None
            assert interval[0] - 1e-4 <= value <= interval[1] + 1e-4
    assert 0.4321 in {point.threshold for point in points}
    first, last = points[0], points[-1]
    assert (first.threshold, first.sensitivity, first.specificity) == (0.0, 1.0, 0.0)
    assert (last.threshold, last.sensitivity, last.specificity) == (1.0, 0.0, 1.0)
    # Between two neighbours nobody is left out of sight: neither share leaps.
    assert max(np.diff([point.specificity for point in points])) < 0.08


def test_without_one_of_the_classes_there_are_none() -> None:
    assert operating_points(SCORE, np.ones(400), 0.5, DRAWS) == operating_points(SCORE, np.zeros(400), 0.5, DRAWS) == ()


@pytest.mark.parametrize("screens", [False, True])
def test_a_task_that_screens_has_its_threshold_and_its_points_on_the_card(tmp_path: Path, screens: bool) -> None:
    task = Labelling(("Tuberculosis",), screens=screens)
    pictures = tuple(picture(at, {"Tuberculosis": float(so)}) for at, so in enumerate(TRUTH))
    logits = np.log(SCORE / (1 - SCORE))[:, None]
    place = workplace(tmp_path, task)
    figures = task.judged(place, answers(pictures, logits))
    (label,) = figures.labels
    adults = label.on("chest_adult")
    assert label.specificity is not None
    written = report_page(place, figures, []).markdown()
    assert ("Operating points: Tuberculosis" in written) is screens
    if not screens:
        assert label.specificity == pytest.approx(0.90, abs=0.01)
        assert label.operating_points == adults.operating_points == ()
        return
    assert label.sensitivity == pytest.approx(SCREENING_SENSITIVITY, abs=0.5 / 60)
    assert adults.operating_points
    assert label.validated
    (at,) = (point for point in label.operating_points if point.threshold == label.threshold)
    assert at.specificity == pytest.approx(label.specificity, abs=1e-4)
    assert Label.model_validate_json(label.model_dump_json()) == label


def test_a_label_says_what_a_network_that_never_saw_a_hospital_makes_of_it(tmp_path: Path) -> None:
    part = Part(
        by="source",
        group="elsewhere",
        output="Tuberculosis",
        pictures=138,
        patients=138,
        score=Estimate(value=0.81, ci95=(0.74, 0.88)),
        positives=58,
        mean_probability=0.4,
        called=70,
    )
    task = Labelling(("Tuberculosis",))
    pictures = tuple(picture(at, {"Tuberculosis": float(so)}) for at, so in enumerate(TRUTH[:100]))
    whole = judge_labels(workplace(tmp_path, task), task.labels, answers(pictures, RANDOM.normal(size=(100, 1))))
    one_answer = part.model_copy(update={"output": "Mass", "score": Estimate()})
    runs = {"elsewhere": whole.model_copy(update={"by_source": (part, one_answer)})}
    told, mass = told_elsewhere((*whole.labels, undecided("Mass")), runs, {"elsewhere": "Another hospital"})
    (figures,) = told.elsewhere
    assert (figures.source, figures.positives, figures.negatives, figures.auroc) == ("Another hospital", 58, 80, 0.81)
    assert mass.elsewhere == ()
    # On a kind of picture they are what they are: of that other hospital.
    assert told.on("chest_child").elsewhere == told.elsewhere


def test_a_collection_that_is_only_judged_on_is_another_hospital_and_one_that_a_program_drew_is_not(tmp_path: Path) -> None:
    pictures = (picture(0), picture(1, source="there"), picture(2, source="drawn", simulated=True))
    place = workplace(tmp_path, Labelling(("Tuberculosis",)), pictures)
    own = tuple(picture(at, {"Tuberculosis": float(so)}) for at, so in enumerate(TRUTH[:100]))
    task = Labelling(("Tuberculosis",))
    figures = judge_labels(workplace(tmp_path / "other", task), task.labels, answers(own, RANDOM.normal(size=(100, 1))))
    assert never_learnt_from(place, figures) == {"there": figures}


def test_a_card_from_before_there_were_points_is_read() -> None:
    written = '{"name": "Mass", "threshold": 0.5, "uncertain_from": 0.4, "uncertain_to": 0.6, "positives": 3, "negatives": 4}'
    old = Label.model_validate_json(written)
    assert (old.operating_points, old.elsewhere) == ((), ())
    assert OperatingPoint(threshold=0.5, sensitivity=0.9, specificity=0.7).sensitivity_ci95 is None
