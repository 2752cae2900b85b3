"""How far the angles of a spine are off, measured as the box measures them on the outlines of the network that ships."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.canvas import place as placed
from edge_app.reading.card import Angle, Structure
from edge_app.reading.finding import Landmark, Point
from edge_app.reading.seen import Seen
from edge_app.reading.spine import marked, outlined
from edge_app.reading.spinopelvic import ANGLES, angles, uncertainty
from export.datasets import own_spines
from export.datasets.canvases import opened
from export.datasets.labelled import Labelled
from export.datasets.registry import find
from export.evaluation.answers import SHIPPED, Answers
from export.evaluation.bootstrap import Draws
from export.evaluation.figures import AngleDetail
from export.evaluation.parts import NINE_IN_TEN, estimated_mean, how_far_off, patients_of
from export.evaluation.scaling import cross_fits
from export.runners import draft_card
from export.simulate.lumbar_spines import OPERATED, SOURCE, landmarks_on
from export.workplace import Workplace

Float64 = NDArray[np.float64]
_DRAWN = frozenset({SOURCE, OPERATED})


@dataclass(frozen=True, eq=False)
class Measured:
    """(pictures, angles) degrees that each angle is off and that its landmarks say it may be, NaN where it was not measured.

    ``asked`` says where its truth is known.
    """

    off: Float64
    spread: Float64
    asked: NDArray[np.bool_]


def true_landmarks(place: Workplace, pictures: Sequence[Labelled]) -> list[Mapping[str, Point]]:
    """The landmarks that a person or a program placed on each picture, in its own pixels; none where nobody did."""
    own = {
        path: points
        for found in find(place.data)
        if found.of.name == own_spines.SOURCE
        for path, points in own_spines.landmarks_in(found.folder).items()
    }
    return [landmarks_on(picture.path) if picture.source in _DRAWN else own.get(picture.path, {}) for picture in pictures]


def measured(found: Sequence[Mapping[str, Landmark]], truth: Sequence[Mapping[str, Point]]) -> Measured:
    """The landmarks found on each picture held against the true ones."""
    off, spread = np.full((2, len(found), len(ANGLES)), np.nan)
    asked = np.zeros((len(found), len(ANGLES)), dtype=np.bool_)
    for row, (own, points) in enumerate(zip(found, truth, strict=True)):
        told, true = angles({name: mark.at for name, mark in own.items()}), angles(points)
        for column, name in enumerate(ANGLES):
            asked[row, column] = name in true
            if name in told and name in true:
                off[row, column], spread[row, column] = told[name] - true[name], uncertainty(name, own)
    return Measured(off, spread, asked)


def _found(place: Workplace, structures: Sequence[Structure], answers: Answers, rows: NDArray[np.intp]) -> list[Mapping[str, Landmark]]:
    card = draft_card(place.recipe).model_copy(update={"labels": (), "structures": tuple(structures)})
    side, found = card.input.height, list[Mapping[str, Landmark]]()
    for row in rows:
        size = opened(answers.pictures[row].path)
        maps = answers.maps[SHIPPED][row][None].astype(np.float32)
        seen = Seen(card, answers.logits[SHIPPED][row][None].astype(np.float32), maps, placed(size.rows, size.columns, side, side))
        found.append(marked(outlined(seen)).landmarks)
    return found


def factor_of(off: Float64, spread: Float64) -> float | None:
    """How many of its own standard deviations nine in ten angles are off by at most (split conformal); None where too few were measured."""
    ratios = np.sort((np.abs(off) / np.maximum(spread, 1e-6))[np.isfinite(off)])
    rank = int(np.ceil(NINE_IN_TEN * (len(ratios) + 1)))
    return float(ratios[rank - 1]) if 0 < rank <= len(ratios) else None


def _within(off: Float64, spread: Float64, patients: Sequence[str]) -> Float64:
    """(pictures,) 1 where an angle lies within the margin that other patients set, 0 where not, NaN where it was not measured."""
    held = np.full(len(off), np.nan)
    for fitted, others in cross_fits(list(patients)):
        factor = factor_of(off[fitted], spread[fitted])
        if factor is not None:
            held[others] = np.where(np.isfinite(off[others]), np.abs(off[others]) <= factor * spread[others], np.nan)
    return held


def judge_angles(place: Workplace, structures: Sequence[Structure], answers: Answers) -> tuple[tuple[Angle, ...], tuple[AngleDetail, ...]]:
    """Every angle on the patients whose landmarks are known; on the phantoms of ``Workplace.figures_from`` where there are none."""
    truth = true_landmarks(place, answers.pictures)
    known = [at for at, points in enumerate(truth) if points]
    patients_alone = [at for at in known if not answers.pictures[at].simulated]
    drawn = [at for at in known if answers.pictures[at].source in place.figures_from]
    rows = np.array(patients_alone or drawn, dtype=np.intp)
    own = measured(_found(place, structures, answers, rows), [truth[at] for at in rows])
    patients = patients_of(answers.pictures, rows)
    draws = Draws.of(patients, place.seed)
    real = np.array([not answers.pictures[at].simulated for at in rows], dtype=np.bool_)
    carded, details = [], []
    for column, name in enumerate(ANGLES):
        off, spread, asked = own.off[:, column], own.spread[:, column], own.asked[:, column]
        far, told = how_far_off(name, off, asked, draws), np.isfinite(off)
        carded.append(
            Angle(
                name=name,
                pictures=int((told & real).sum()),
                mae=far.error.value,
                mae_ci95=far.error.ci95,
                factor=factor_of(off, spread),
            )
        )
        details.append(AngleDetail(**dict(far), within=estimated_mean(_within(off, spread, patients), draws)))
    return tuple(carded), tuple(details)
