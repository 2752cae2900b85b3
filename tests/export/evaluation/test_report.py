"""What people are given to read: every task's report, the sources left out, and the page over all models."""

from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from export.atomic import write_text
from export.evaluation.figures import Figures
from export.evaluation.grades import judge_grades
from export.evaluation.labels import judge_labels
from export.evaluation.overview import write_overview
from export.evaluation.plots import learnt
from export.evaluation.report import NOT_A_DEVICE, write_report
from export.tasks.grading import MAXIMA, Grading
from export.tasks.labelling import Labelling
from export.tasks.sorting import Sorting
from export.workplace import METRICS, Workplace
from tests.export.evaluation.made_up import answers, picture, workplace
from tests.export.evaluation.test_outlines import TASK, answered, maps_of, outlined, square

Judged = tuple[Workplace, Figures]


def labelled(tmp_path: Path) -> Judged:
    task, random = Labelling(("Effusion", "Mass")), np.random.default_rng(1)
    truth = random.integers(0, 2, (60, 2)).astype(float)
    pictures = tuple(
        replace(picture(at, {"Effusion": row[0], "Mass": row[1]}), sex="MF"[at % 2], source=("here", "there|<b>")[at % 2])
        for at, row in enumerate(truth)
    )
    place = workplace(tmp_path, task, pictures)
    return place, judge_labels(place, task.labels, answers(pictures, random.normal(size=(60, 2)) + truth))


def sorted_kinds(tmp_path: Path) -> Judged:
    kinds = ("chest_adult", "chest_child", "limb")
    task, random = Sorting(kinds, frozenset()), np.random.default_rng(2)
    pictures = tuple(picture(at, {kind: float(kind == kinds[at % 3]) for kind in kinds}, kind=kinds[at % 3]) for at in range(60))
    place = workplace(tmp_path, task, pictures)
    return place, judge_labels(place, task.labels, answers(pictures, random.normal(size=(60, len(task.labels)))))


def graded(tmp_path: Path) -> Judged:
    task, random = Grading(), np.random.default_rng(3)
    pictures = tuple(picture(at, {name: float(random.uniform()) for name in MAXIMA}) for at in range(30))
    place = workplace(tmp_path, task, pictures)
    return place, judge_grades(place, task.grades, answers(pictures, random.normal(size=(30, len(MAXIMA)))))


def drawn(tmp_path: Path) -> Judged:
    pictures = tuple(outlined(tmp_path, at, heart=square(20, 20)) for at in range(3))
    place = workplace(tmp_path / "runs", TASK, pictures)
    return place, TASK.judged(place, answered(pictures, maps_of([{"heart": square(20 + at, 20)} for at in range(3)])))


ROADS: dict[str, tuple[Callable[[Path], Judged], tuple[str, ...]]] = {
    "labelling": (labelled, ("reliability", "roc", "probabilities")),
    "sorting": (sorted_kinds, ("reliability", "roc", "probabilities", "confusion")),
    "grading": (graded, ("scores", "bias", "confusion")),
    "outlining": (drawn, ("dice", "pixels")),
}


class Sources(HTMLParser):
    """What a page would load from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [str(value) for name, value in attrs if name in {"src", "href", "srcset", "data", "action"}]


@pytest.mark.parametrize("task", ROADS)
def test_every_task_has_its_report_in_both_forms(task: str, tmp_path: Path) -> None:
    judge, plots = ROADS[task]
    place, figures = judge(tmp_path)
    write_report(place, figures)
    markdown, html = ((place.folder / f"report.{ending}").read_text() for ending in ("md", "html"))
    assert NOT_A_DEVICE in markdown
    assert NOT_A_DEVICE in html
    for output in place.recipe.outputs:
        assert f"| {output.name} |" in markdown
    loaded = Sources()
    loaded.feed(html)
    assert set(loaded.found) == {f"{plot}.png" for plot in plots}
    for name in loaded.found:
        assert (place.folder / name).read_bytes().startswith(b"\x89PNG")
    assert all(own.picture.replace("|", "\\|").replace("<", "&lt;") in markdown for own in figures.worst)
    assert figures.worst
    assert "INT8 against FP32" in markdown


def test_what_was_learnt_epoch_by_epoch_is_drawn_where_it_was_told(tmp_path: Path) -> None:
    place, figures = labelled(tmp_path)
    assert learnt(place.folder / METRICS) == []
    write_text(place.folder / METRICS, "epoch,side,loss,mean_auroc\n1,192,0.9,0.6\n2,192,0.8,0.7\n3,320,0.7,nan\n")
    loss, area = learnt(place.folder / METRICS)
    assert (loss.name, loss.by_epoch, loss.grew_after) == ("loss", (0.9, 0.8, 0.7), (2,))
    assert area.name == "mean_auroc"
    write_report(place, figures)
    assert (place.folder / "learning.png").read_bytes().startswith(b"\x89PNG")
    assert "learning.png" in (place.folder / "report.html").read_text()


def test_scores_count_everybody_with_and_without_it(tmp_path: Path) -> None:
    _place, figures = labelled(tmp_path)
    for detail, label in zip(figures.label_details, figures.labels, strict=True):
        assert [sum(side) for side in zip(*detail.scores, strict=True)] == [label.negatives, label.positives]


def test_names_cannot_break_the_page(tmp_path: Path) -> None:
    place, figures = labelled(tmp_path)
    write_report(place, figures)
    assert "<b>" not in (place.folder / "report.html").read_text().split("</style>")[1]


def test_pictures_left_out_and_folds_are_spoken_of(tmp_path: Path) -> None:
    place, figures = graded(tmp_path)
    place = replace(place, recipe=replace(place.recipe, figure_folds=5))
    write_report(place, figures.model_copy(update={"left_out": 7}))
    text = (place.folder / "report.md").read_text()
    assert "7 more pictures could not be judged" in text
    assert "5 models, each judged on the patients that it has not seen" in text


def test_a_source_left_out_stands_beside_the_run_that_learnt_from_it(tmp_path: Path) -> None:
    place, figures = labelled(tmp_path)
    write_report(place, figures)
    assert "left out" not in (place.folder / "report.md").read_text()
    without = figures.model_copy(
        update={
            "by_source": tuple(
                part.model_copy(
                    update={
                        "pictures": 29,
                        "positives": 11,
                        "called": 17,
                        "score": part.score.model_copy(update={"value": 0.123, "ci95": None}),
                    }
                )
                for part in figures.by_source
            )
        }
    )
    write_text(place.runs / "made_up-without-here" / "figures.json", without.model_dump_json())
    write_report(place, figures)
    table = (place.folder / "report.md").read_text().split("A source left out of training")[1].split("##")[0]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| here")]
    shown = {part.output: part for part in figures.by_source if part.group == "here"}
    assert [tuple(row[1:6]) for row in rows] == [(name, "11", "29", "0.123", "17 of 29") for name in ("Effusion", "Mass")]
    assert all(f"{shown[row[1]].score.value:.3f}" in row[6] for row in rows)
    assert all(row[7].startswith(f"{shown[row[1]].called} of {shown[row[1]].pictures}") for row in rows)
    assert "there" not in table


def test_the_page_over_all_models(tmp_path: Path) -> None:
    runs = tmp_path / "all"
    for task, (judge, _) in ROADS.items():
        _, figures = judge(tmp_path / task)
        write_text(runs / task / "figures.json", figures.model_dump_json())
    write_text(runs / "labelling-without-here" / "figures.json", "not read")
    page = write_overview(runs)
    text = page.with_suffix(".md").read_text()
    assert NOT_A_DEVICE in text
    assert NOT_A_DEVICE in page.read_text()
    assert all(f"[{task}](<{task}/report.md>)" in text for task in ROADS)
    for row in ("| labelling | Effusion | AUROC |", "| outlining | heart | Dice |", "| grading | brixia_0_18 | mean error, of 18 points |"):
        assert row in text
    assert text.count("| onnxruntime |") == len(ROADS)


def test_the_page_over_no_model_says_so(tmp_path: Path) -> None:
    assert "No model has been evaluated yet" in write_overview(tmp_path).read_text()
