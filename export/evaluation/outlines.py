"""How well structures are outlined, on the masks that the box would make, where an expert outlined the very structure.

The probability of each pixel is calibrated on FP32, structure by structure; each picture is judged with what fits those of other patients.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.alignment import LEAST_LUNG_SHARE, Mask, largest_part, within
from edge_app.reading.anatomy import LEAST_SHARE, expected_dice, structure_probabilities
from edge_app.reading.canvas import place as placed
from edge_app.reading.card import Structure, StructureFigures
from edge_app.reading.seen import Seen
from export.datasets.canvases import opened
from export.datasets.labelled import LUNG_FIELDS, WHOLE_LUNGS, Labelled
from export.datasets.outlines import UNKNOWN, Bytes, chart_of, on_map, outlines
from export.evaluation.answers import FORMS, INT8, SHIPPED, Answers, Form
from export.evaluation.bootstrap import Draws, Rows
from export.evaluation.fidelity import fidelities
from export.evaluation.figures import Bin, Figures, Part, StructureDetail, Worst
from export.evaluation.metrics import mean_of_columns
from export.evaluation.overlap import dice, surface_distance
from export.evaluation.parts import By, estimated_mean, groups, how_many_patients, patients_of
from export.evaluation.scaling import cross_fits, fit_many, sigmoid
from export.evaluation.worst import beside_usual, named, worst_of
from export.runners import draft_card
from export.workplace import Workplace

Float64 = NDArray[np.float64]

PIXEL_BINS = 10
PIXELS_FITTED = 2000
"""Of each picture, drawn at random, that a structure is calibrated on."""
_FIELDS = frozenset({"right_lung", "left_lung"})
_WHOLE = frozenset({"right_lung_whole", "left_lung_whole"})


def outlined_itself(picture: Labelled, name: str) -> bool:
    """Whether somebody drew that structure on the picture, so that its outline is not what was made of another's."""
    own = picture.masks.keys()
    if name in _FIELDS:
        return LUNG_FIELDS in own
    return name in own or (name in _WHOLE and WHOLE_LUNGS in own)


class _Pixels:
    """Reliability of single pixels, counted up picture by picture: (structures, bins)."""

    def __init__(self, structures: int) -> None:
        self._count, self._probability, self._there = np.zeros((3, structures, PIXEL_BINS))

    def add(self, structure: int, probability: NDArray[np.float32], truth: Mask) -> None:
        """Known pixels of one picture, (pixels,) each."""
        at = np.minimum((probability * PIXEL_BINS).astype(np.intp), PIXEL_BINS - 1)
        self._count[structure] += np.bincount(at, minlength=PIXEL_BINS)
        self._probability[structure] += np.bincount(at, weights=probability, minlength=PIXEL_BINS)
        self._there[structure] += np.bincount(at, weights=truth, minlength=PIXEL_BINS)

    def bins(self, structure: int) -> tuple[Bin, ...]:
        """Those that hold pixels."""
        rows = zip(self._count[structure], self._probability[structure], self._there[structure], strict=True)
        return tuple(
            Bin(probability=round(total / count, 5), share=round(there / count, 5), count=int(count))
            for count, total, there in rows
            if count
        )


@dataclass(frozen=True, eq=False)
class Compared:
    """Masks held against the experts', (pictures, structures), NaN where there is no expert's outline of its own.

    Attributes:
        dice: of each form.
        distance: of the shipped form's outline, as a share of the picture's longer side; NaN too where it is empty.
        expected: Dice that the box expects of the shipped form's mask, by its probabilities.
        to_fp32: Dice of each INT8 form's mask with that of FP32, on all pictures.
        found: where each form outlines anything that the box would show.
        pixels: reliability of the shipped form's pixels.
    """

    dice: dict[Form, Float64]
    distance: Float64
    expected: Float64
    to_fp32: dict[Form, Float64]
    found: dict[Form, NDArray[np.bool_]]
    pixels: _Pixels


def calibrated_structures(
    place: Workplace, structures: Sequence[Structure], answers: Answers, rows: Rows, truths: Iterable[Bytes]
) -> tuple[Structure, ...]:
    """Each structure with the temperature and bias that fit the pixels of those pictures on which somebody outlined it.

    ``truths`` are the experts' outlines of the same pictures, (structures, side, side) each, in the same order.
    """
    random = np.random.default_rng(place.seed)
    logits: list[list[NDArray[np.float64]]] = [[] for _ in structures]
    inside: list[list[NDArray[np.bool_]]] = [[] for _ in structures]
    for at, outlined in zip(rows, truths, strict=True):
        picture, shares, maps = answers.pictures[at], on_map(np.asarray(outlined)), answers.maps["fp32"][at]
        for column, own in enumerate(structures):
            share = shares[column].ravel()
            known = np.flatnonzero(np.isfinite(share))
            if outlined_itself(picture, own.name) and (share[known] >= 0.5).any():
                chosen = random.choice(known, min(PIXELS_FITTED, known.size), replace=False)
                logits[column].append(maps[column].ravel()[chosen].astype(np.float64))
                inside[column].append(share[chosen] >= 0.5)
    fitted = []
    for own, given, there in zip(structures, logits, inside, strict=True):
        scaling = fit_many(np.concatenate([np.empty(0), *given]), np.concatenate([np.empty(0, dtype=np.bool_), *there]))
        fitted.append(own.model_copy(update={"temperature": scaling.temperature, "bias": scaling.bias}))
    return tuple(fitted)


def _of_other_patients(
    place: Workplace, structures: Sequence[Structure], answers: Answers, rows: Rows, truths: Bytes
) -> tuple[tuple[Structure, ...], ...]:
    """For each picture the structures as those of other patients calibrate them, so that no calibration is flattered."""
    found = [tuple(structures)] * len(rows)
    for fitted, held in cross_fits([answers.pictures[at].patient for at in rows]):
        own = calibrated_structures(place, structures, answers, rows[fitted], (truths[number] for number in fitted))
        for number in held:
            found[number] = own
    return tuple(found)


def compared(place: Workplace, structures: Sequence[Structure], answers: Answers, rows: Rows) -> Compared:
    """Make the masks of those pictures as the box does and hold them against the experts', on the pixels that are known."""
    blank = draft_card(place.recipe).model_copy(update={"labels": ()})
    side, shape = blank.input.height, (len(rows), len(structures))
    pictures = [answers.pictures[at] for at in rows]
    chart = chart_of([own.name for own in structures])
    truths = outlines(pictures, side, place.cache, chart)
    calibrated = _of_other_patients(place, structures, answers, rows, truths)
    overlap: dict[Form, Float64] = {form: np.full(shape, np.nan) for form in FORMS}
    to_fp32: dict[Form, Float64] = {form: np.full(shape, np.nan) for form in INT8}
    found = {form: np.zeros(shape, dtype=np.bool_) for form in FORMS}
    (distance, expected), pixels = np.full((2, *shape), np.nan), _Pixels(len(structures))
    for number, (at, picture) in enumerate(zip(rows, pictures, strict=True)):
        size = opened(picture.path)
        placement = placed(size.rows, size.columns, side, side)
        truth = within(np.asarray(truths[number]), placement)
        card = blank.model_copy(update={"structures": calibrated[number]})
        masks: dict[Form, list[Mask]] = {}
        for form in FORMS:
            maps = answers.maps[form][at][None].astype(np.float32)
            seen = structure_probabilities(Seen(card, answers.logits[form][at][None].astype(np.float32), maps, placement))
            whole = [np.asarray(seen[own.name] >= 0.5) for own in structures]
            masks[form] = whole if chart.scattered else [largest_part(own) for own in whole]
            for column, own in enumerate(structures):
                drawn = truth[column]
                known, there, mask = drawn != UNKNOWN, drawn == 1, masks[form][column]
                found[form][number, column] = mask.mean() >= LEAST_SHARE.get(own.name, LEAST_LUNG_SHARE)
                if not outlined_itself(picture, own.name) or not there.any():
                    continue
                overlap[form][number, column] = dice(mask & known, there)
                if form == SHIPPED:
                    expected[number, column] = expected_dice(seen[own.name], mask)
                    longer = max(placement.width, placement.height)
                    distance[number, column] = surface_distance(mask & known, there) / longer
                    if picture.source in place.figures_from:
                        pixels.add(column, seen[own.name][known], there[known])
        for form in INT8:
            to_fp32[form][number] = [dice(one, other) for one, other in zip(masks[form], masks["fp32"], strict=True)]
    return Compared(overlap, distance, expected, to_fp32, found, pixels)


def _parts(
    by: Sequence[By], pictures: Sequence[Labelled], structures: Sequence[Structure], overlap: Float64, seed: int
) -> tuple[Part, ...]:
    found: list[Part] = []
    for group in groups(pictures, by, seed):
        for column, own in enumerate(structures):
            values = overlap[group.rows, column]
            known = np.isfinite(values)
            if known.any():
                found.append(
                    Part(
                        by=group.by,
                        group=group.name,
                        output=own.name,
                        pictures=int(known.sum()),
                        patients=how_many_patients(pictures, group.rows[known]),
                        score=estimated_mean(values, group.draws),
                    )
                )
    return tuple(found)


def _worst(pictures: Sequence[Labelled], structures: Sequence[Structure], own: Compared) -> tuple[Worst, ...]:
    """The pictures outlined worst, measured by how much Dice each structure lacks as a rule."""
    found = []
    for row, column in worst_of(beside_usual(1.0 - own.dice[SHIPPED])):
        apart = own.distance[row, column]
        where = f"{apart:.2%} of the longer side apart" if np.isfinite(apart) else "not outlined"
        said = f"Dice {own.dice[SHIPPED][row, column]:.3f}, {where}"
        found.append(Worst(picture=named(pictures[row]), output=structures[column].name, truth="outlined by an expert", answer=said))
    return tuple(found)


def _figures(values: Float64, distance: Float64, draws: Draws, real: NDArray[np.bool_]) -> StructureFigures:
    """What the card states of (pictures,) Dice and distances; only pictures that are ``real`` count."""
    mean, apart = estimated_mean(values, draws), estimated_mean(distance, draws)
    return StructureFigures(
        pictures=int((np.isfinite(values) & real).sum()), dice=mean.value, dice_ci95=mean.ci95, surface_distance=apart.value
    )


def judge_outlines(place: Workplace, structures: tuple[Structure, ...], answers: Answers) -> Figures:
    """Dice and surface distance of every structure on the outlined pictures of ``Workplace.figures_from``; by source on all of them."""
    outlined = np.array([at for at, picture in enumerate(answers.pictures) if picture.masks], dtype=np.intp)
    pictures = [answers.pictures[at] for at in outlined]
    own = compared(place, structures, answers, outlined)
    figured = np.array([picture.source in place.figures_from for picture in pictures], dtype=np.bool_)
    judged = [picture for picture in pictures if picture.source in place.figures_from]
    real = np.array([not picture.simulated for picture in judged], dtype=np.bool_)
    draws = Draws.of(patients_of(pictures, figured), place.seed)
    overlap = {form: values[figured] for form, values in own.dice.items()}
    distance = own.distance[figured]
    truths = outlines(pictures, place.recipe.input.height, place.cache, chart_of([own.name for own in structures]))
    carded, details = [], []
    for column, structure in enumerate(calibrated_structures(place, structures, answers, outlined, truths)):
        values = overlap[SHIPPED][:, column]
        known = np.isfinite(values)
        mean, apart = estimated_mean(values, draws), estimated_mean(distance[:, column], draws)
        by_kind = {
            group.name: _figures(values[group.rows], distance[group.rows, column], group.draws, real[group.rows])
            for group in groups(judged, ("kind",), place.seed)
            if known[group.rows].any()
        }
        carded.append(structure.model_copy(update={**dict(_figures(values, distance[:, column], draws, real)), "by_kind": by_kind}))
        details.append(
            StructureDetail(
                name=structure.name,
                pictures=int(known.sum()),
                patients=how_many_patients(judged, known),
                dice=mean,
                surface_distance=apart,
                expected_dice=estimated_mean(own.expected[figured][:, column], draws),
                not_found=int((known & ~np.isfinite(distance[:, column])).sum()),
                pixels=own.pixels.bins(column),
                dice_by_picture=tuple(round(float(value), 4) for value in values[known]),
            )
        )
    shares = {form: sigmoid(answers.logits[form][outlined[figured]][:, -len(structures) :]) for form in FORMS}
    found = {form: values[figured] for form, values in own.found.items()}
    agreeing = {form: values[figured] for form, values in own.to_fp32.items()}
    return Figures(
        structures=tuple(carded),
        fidelity=fidelities(
            shares, found, "mean Dice", lambda form, rows: mean_of_columns(overlap[form][rows]), draws,
            dice_to_fp32={form: (float(values.mean()), float(values.min())) for form, values in agreeing.items() if values.size},
        ),
        decisions=found[SHIPPED].size,
        structure_details=tuple(details),
        by_source=_parts(("source",), pictures, structures, own.dice[SHIPPED], place.seed),
        subgroups=_parts(("sex", "age", "view"), judged, structures, overlap[SHIPPED], place.seed),
        worst=_worst(judged, structures, Compared(overlap, distance, own.expected[figured], agreeing, found, own.pixels)),
        left_out=answers.left_out,
        validation_pictures=dict(Counter(picture.source for picture in judged)),
        training_pictures=dict(Counter(picture.source for picture in place.taught)),
    )  # fmt: skip
