"""FP32 and both INT8 models on validation pictures, case by case, through the box's own preprocessing and runtimes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.card import Fidelity, Label, is_validated
from export.atomic import write_text
from export.calibrate import Scaling, Threshold, admission_threshold, finding_threshold, fit_scaling, sigmoid, softmax
from export.datasets.labelled import Labelled, label_matrix
from export.figures import Figures, SourceFigures
from export.metrics import auroc, auroc_interval, auroc_of
from export.recipe import Recipe
from export.report import write_report
from export.runners import draft_card, logits_of, start_runners
from export.workplace import Workplace

Float64 = NDArray[np.float64]

LARGEST_SOURCE = 400
"""Of a source with more validation pictures only so many are used, drawn by seed."""
ADMISSION = "chest"
"""The label of a softmax whose threshold must admit nothing else."""


@dataclass(frozen=True)
class Outcome:
    """Calibrated probabilities (pictures, labels) of each form of the network, and the truth, NaN where unknown."""

    pictures: tuple[Labelled, ...]
    truth: Float64
    fp32: Float64
    openvino: Float64
    onnxruntime: Float64


def examined(place: Workplace) -> tuple[Labelled, ...]:
    """The validation pictures to run, and every picture of a source that was never trained on."""
    recipe = place.recipe
    candidates = list(place.split.validation)
    candidates += [picture for picture in place.split.training if picture.source not in recipe.shares]
    random = np.random.default_rng([place.seed, 0xE7A])
    kept: list[Labelled] = []
    for source in sorted({picture.source for picture in candidates}):
        own = [picture for picture in candidates if picture.source == source]
        if len(own) > LARGEST_SOURCE:
            own = [own[index] for index in np.sort(random.choice(len(own), LARGEST_SOURCE, replace=False))]
        kept += own
    return tuple(kept)


def _probabilities(recipe: Recipe, logits: Float64, scalings: Sequence[Scaling]) -> Float64:
    scaled = logits / np.array([own.temperature for own in scalings]) + np.array([own.bias for own in scalings])
    return softmax(scaled) if recipe.activation == "softmax" else sigmoid(scaled)


def _scalings(recipe: Recipe, logits: Float64, truth: Float64) -> tuple[Scaling, ...]:
    if recipe.activation == "softmax":
        return (Scaling(),) * len(recipe.labels)
    return tuple(fit_scaling(logits[:, column], truth[:, column]) for column in range(len(recipe.labels)))


def _threshold(recipe: Recipe, name: str, probabilities: Float64, truth: Float64, interval: tuple[float, float] | None) -> Threshold:
    if recipe.activation == "sigmoid":
        return finding_threshold(probabilities, truth, telling=is_validated(int((truth >= 0.5).sum()), interval))
    return admission_threshold(probabilities, truth) if name == ADMISSION else Threshold(0.5, 0.5, 0.5)


def _share(part: NDArray[np.bool_]) -> float | None:
    return float(part.mean()) if part.size else None


def _label(
    recipe: Recipe, column: int, scaling: Scaling, probabilities: Float64, truth: Float64, patients: Sequence[str], seed: int
) -> Label:
    name, score, true = recipe.labels[column], probabilities[:, column], truth[:, column]
    interval = auroc_interval(score, true, patients, seed)
    threshold = _threshold(recipe, name, score, true, interval)
    area = auroc_of(score, true)
    positive = true >= 0.5
    return Label(
        name=name,
        threshold=threshold.value,
        uncertain_from=threshold.uncertain_from,
        uncertain_to=threshold.uncertain_to,
        temperature=scaling.temperature,
        bias=scaling.bias,
        positives=int(positive.sum()),
        negatives=int((~positive).sum()),
        auroc=area if np.isfinite(area) else None,
        auroc_ci95=interval,
        sensitivity=_share(score[positive] >= threshold.value),
        specificity=_share(score[~positive] < threshold.value),
    )


def _fidelity(runtime: Literal["openvino", "onnxruntime"], fp32: Float64, int8: Float64, truth: Float64, thresholds: Float64) -> Fidelity:
    difference = np.abs(int8 - fp32)

    def mean_auroc(scores: Float64) -> float | None:
        areas = auroc(scores, truth)
        return float(np.nanmean(areas)) if np.isfinite(areas).any() else None

    return Fidelity(
        runtime=runtime,
        cases=len(fp32),
        mean_delta_p=float(difference.mean()),
        max_delta_p=float(difference.max()),
        flips_at_threshold=int(((fp32 >= thresholds) != (int8 >= thresholds)).sum()),
        mean_auroc_fp32=mean_auroc(fp32),
        mean_auroc_int8=mean_auroc(int8),
    )


def _by_source(recipe: Recipe, outcome: Outcome, labels: Sequence[Label]) -> tuple[SourceFigures, ...]:
    sources = np.array([picture.source for picture in outcome.pictures])
    found: list[SourceFigures] = []
    for source in sorted(set(sources)):
        own = sources == source
        for column, label in enumerate(labels):
            truth, score = outcome.truth[own, column], outcome.openvino[own, column]
            known = ~np.isnan(truth)
            area = auroc_of(score, truth)
            found.append(
                SourceFigures(
                    source=str(source),
                    trained_on=str(source) in recipe.shares,
                    label=label.name,
                    positives=int((truth[known] >= 0.5).sum()),
                    negatives=int((truth[known] < 0.5).sum()),
                    auroc=area if np.isfinite(area) else None,
                    mean_probability=float(score.mean()),
                    called=int((score[known] >= label.threshold).sum()),
                )
            )
    return tuple(found)


def evaluate(place: Workplace) -> None:
    """Run all three forms, calibrate on FP32, set thresholds on the INT8 model that the box prefers, write figures and report."""
    recipe = place.recipe
    pictures = examined(place)
    card = draft_card(recipe)
    runners = start_runners(card, place.fp32, place.openvino, place.onnx)
    files = [picture.path for picture in pictures]
    raw = []
    for words, runner in (("FP32", runners.fp32), ("OpenVINO INT8", runners.openvino), ("ONNX Runtime INT8", runners.onnxruntime)):
        raw.append(logits_of(runner, card, files))
        print(f"{recipe.name}: {words} run on {len(files)} validation pictures", flush=True)
    truth = label_matrix(pictures, recipe.labels).astype(np.float64)
    figured = np.array([picture.source in recipe.figures_from for picture in pictures])
    patients = [picture.patient for picture in pictures if picture.source in recipe.figures_from]
    scalings = _scalings(recipe, raw[0][figured], truth[figured])
    fp32, openvino, onnxruntime = (_probabilities(recipe, logits, scalings) for logits in raw)
    outcome = Outcome(pictures, truth, fp32, openvino, onnxruntime)
    labels = tuple(
        _label(recipe, column, scalings[column], openvino[figured], truth[figured], patients, place.seed)
        for column in range(len(recipe.labels))
    )
    thresholds = np.array([label.threshold for label in labels])
    figures = Figures(
        labels=labels,
        fidelity=(
            _fidelity("openvino", fp32[figured], openvino[figured], truth[figured], thresholds),
            _fidelity("onnxruntime", fp32[figured], onnxruntime[figured], truth[figured], thresholds),
        ),
        by_source=_by_source(recipe, outcome, labels),
        validation_pictures=dict(Counter(picture.source for picture in pictures if picture.source in recipe.figures_from)),
        training_pictures=dict(Counter(picture.source for picture in place.split.training if picture.source in recipe.shares)),
    )
    write_report(place, figures, openvino[figured], truth[figured])
    write_text(place.figures, figures.model_dump_json(indent=1))
