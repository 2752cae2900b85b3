"""FP32 and both INT8 forms on pictures of patients they never saw, through the box's own preprocessing and runtimes."""

from export.atomic import write_text
from export.evaluation.asking import answers_on
from export.evaluation.report import write_report
from export.workplace import Workplace


def evaluate(place: Workplace) -> None:
    """Let every form answer, judge the answers, and write the figures and the report into the run's folder."""
    answers = answers_on(place)
    figures = place.recipe.task.judged(place, answers)
    write_text(place.figures, figures.model_dump_json(indent=1))
    write_report(place, figures)
    print(f"{place.name}: judged on {sum(figures.validation_pictures.values())} pictures, {place.folder / 'report.html'}", flush=True)
