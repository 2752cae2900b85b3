"""Every picture is judged by a network that never saw its patient, in all three forms, from the box's own input to the report."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.reading.card import Card
from export.datasets.labelled import Labelled
from export.evaluation import asking
from export.evaluation.answers import FORMS, SHIPPED
from export.evaluation.asking import answers_on
from export.evaluation.evaluate import evaluate
from export.evaluation.figures import Figures
from export.runners import Runners
from export.tasks.grading import Grading
from export.tasks.labelling import Labelling
from export.tasks.outlining import Outlining
from export.workplace import Workplace
from tests.export.evaluation.made_up import picture, workplace

Batch = NDArray[np.float32]


@dataclass
class Scripted:
    """Answers each output with the mean of what it is shown and what it has been told to add."""

    card: Card
    adds: float
    precision: str = "INT8"

    def run(self, batch: Batch) -> tuple[Batch, Batch | None]:
        logits = np.full((1, len(self.card.outputs)), batch.mean() + self.adds, dtype=np.float32)
        return logits, None if self.card.map is None else np.broadcast_to(logits[:, :, None, None], (*logits.shape, 8, 8)) * 1e6


def number_of(own: Labelled) -> int:
    return int(own.path.stem.removeprefix("p"))


@dataclass(frozen=True)
class Shown(Labelling):
    """Shows each picture as its own number, and of every fifth nothing."""

    def shown_to(self, place: Workplace, picture: Labelled) -> Batch | None:  # type: ignore[override]
        number = number_of(picture)
        return None if number % 5 == 4 else np.full((1, 1, 8, 8), number, dtype=np.float32)


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The FP32 files of the networks started, in order; INT8 adds 0.25 or 0.5, a fold 1000 times its number."""
    started: list[Path] = []

    def start(card: Card, fp32: Path, openvino: Path, onnx: Path) -> Runners:
        started.append(fp32)
        fold = fp32.parent.name
        base = 1000.0 * int(fold.removeprefix("fold-")) if fold.startswith("fold-") else 0.0
        return Runners(Scripted(card, base), Scripted(card, base + 0.25), Scripted(card, base + 0.5))

    monkeypatch.setattr(asking, "start_runners", start)
    return started


def test_all_forms_answer_what_the_box_would_be_shown(tmp_path: Path) -> None:
    pictures = tuple(picture(at, {"a": float(at % 2)}, patient=f"p{at}") for at in range(40))
    place = workplace(tmp_path, Shown(("a", "b")), pictures)
    given = answers_on(place)
    asked = [own for own in place.examined if number_of(own) % 5 != 4]
    assert given.pictures == tuple(asked)
    assert given.left_out == len(place.examined) - len(asked)
    for form, adds in zip(FORMS, (0.0, 0.25, 0.5), strict=True):
        wanted = np.array([[number_of(own) + adds] * 2 for own in asked])
        assert np.array_equal(given.logits[form], wanted)
    assert not given.maps


def test_each_fold_is_judged_by_the_network_that_never_saw_it(
    tmp_path: Path, scripted: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("export.workplace.seen_elsewhere", lambda candidates, known, folder: np.zeros(len(candidates), dtype=bool))
    # Two pictures a patient, and a source that is never trained on, which is examined in every fold.
    pictures = tuple(picture(at, {"a": float(at % 2)}, patient=f"p{at // 2}", source="here" if at < 30 else "strange") for at in range(40))
    place = workplace(tmp_path, Shown(("a", "b")), pictures, folds=3)
    given = answers_on(place)
    assert [file.parent.name for file in scripted] == ["fold-1", "fold-2", "fold-3"]
    names = [own.path.name for own in given.pictures]
    assert len(names) == len(set(names)) == 32
    assert given.left_out == 8
    for own, logit in zip(given.pictures, given.logits["fp32"][:, 0], strict=True):
        if own.source == "here":
            fold = place.folds[int(logit) // 1000 - 1]
            assert own.patient not in {taught.patient for taught in fold.taught}


def test_maps_of_structures_are_kept_small_and_finite(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class ShownOutlines(Outlining):
        def shown_to(self, place: Workplace, picture: Labelled) -> Batch:
            return np.full((1, 1, 8, 8), 1.0, dtype=np.float32)

    pictures = tuple(picture(at, patient=f"p{at}") for at in range(12))
    given = answers_on(workplace(tmp_path, ShownOutlines(shown=("heart",)), pictures))
    for form in FORMS:
        assert given.maps[form].dtype == np.float16
        assert given.maps[form].shape == (len(given.pictures), 6, 8, 8)
        assert np.isfinite(given.maps[form]).all()


def test_where_nothing_can_be_shown_there_are_no_answers_and_no_pass(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Blind(Grading):
        def shown_to(self, place: Workplace, picture: Labelled) -> None:
            return None

    pictures = tuple(picture(at, patient=f"p{at}") for at in range(12))
    place = workplace(tmp_path, Blind(), pictures, folds=2)
    evaluate(place)
    figures = Figures.model_validate_json(place.figures.read_text())
    assert figures.left_out == 12
    assert len(figures.passes(place.recipe.cost)) == 2
    assert "was judged on no picture" in (place.folder / "report.md").read_text()


def test_figures_and_report_are_written(tmp_path: Path) -> None:
    pictures = tuple(picture(at, {"a": float(at % 2), "b": float(at % 3 == 0)}, patient=f"p{at}") for at in range(60))
    place = workplace(tmp_path, Shown(("a", "b")), pictures)
    evaluate(place)
    figures = Figures.model_validate_json(place.figures.read_text())
    assert figures == place.recipe.task.judged(place, answers_on(place))
    assert [own.runtime for own in figures.fidelity] == [SHIPPED, "onnxruntime"]
    assert figures.training_pictures == {"here": len(place.taught)}
    assert {path.name for path in place.folder.iterdir()} == {
        "figures.json",
        "report.md",
        "report.html",
        "reliability.png",
        "probabilities.png",
        "roc.png",
    }
