"""What is measured on the outlined chest, with the lines to draw.

All of it is left out, and said to be, where an outline it rests on is missing or cut off by the picture's edge.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.radiograph.picture import Assumption, Picture
from edge_app.reading.alignment import Mask
from edge_app.reading.anatomy import AIRWAYS, HEART, LEFT_LUNG, LEFT_LUNG_WHOLE, RIGHT_LUNG, RIGHT_LUNG_WHOLE, Anatomy, Drawn
from edge_app.reading.canvas import Placement
from edge_app.reading.finding import Gap, Line, Measurement, Missing, Point

CARDIOTHORACIC_RATIO = "cardiothoracic_ratio"
RIGHT_LUNG_AREA, LEFT_LUNG_AREA, LUNG_AREA_RATIO = "right_lung_area", "left_lung_area", "lung_area_ratio"
TRACHEAL_DEVIATION, TRACHEAL_DEVIATION_MM = "tracheal_deviation", "tracheal_deviation_mm"

RATIO = "1"
SQUARE_CM, SQUARE_CM_AT_DETECTOR = "cm²", "cm² at the detector"
SHARE_OF_PICTURE = "% of the picture"
SHARE_OF_THORAX = "% of the thoracic width, + to the patient's left"
MM, MM_AT_DETECTOR = "mm, + to the patient's left", "mm at the detector, + to the patient's left"

_LEAST_CONTACT = 0.02
_LEAST_ROWS = 8
_AXIS_ROUNDS = 4
_STEEPEST_AXIS = 0.4
_HEART_FROM = 0.4
_CARINA_CALIBRES = 1.8


@dataclass(frozen=True)
class Measured:
    """What could be measured, by name, and what could not, and why."""

    measurements: Mapping[str, Measurement] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()


class _NotMeasuredError(Exception):
    """One measurement cannot be taken."""

    def __init__(self, reason: Gap, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, eq=False)
class _Rows:
    """Where a mask begins and ends in each row that it has: ``row`` (n,) int, ``first`` and ``end`` (n,) float, the outer edges."""

    row: NDArray[np.int64]
    first: NDArray[np.float64]
    end: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Thorax:
    """The inner edge of the ribs, which is the outer border of the lungs, in each row that has both; the patient's right is on the left.

    ``slope`` and ``start`` give its middle in a row: the axis of the chest, fitted, so that a patient who lies askew is measured rightly.
    """

    edges: _Rows
    slope: float
    start: float
    trust: float
    validated: bool

    def middle(self, row: float) -> float:
        """The axis's column at a row, both counted to pixel centres' edges."""
        return self.start + self.slope * row

    @property
    def widest(self) -> int:
        """Which of its rows is the widest, the middle one of several."""
        width = self.edges.end - self.edges.first
        ties = np.flatnonzero(width == width.max())
        return int(ties[len(ties) // 2])

    @property
    def width(self) -> float:
        """The greatest internal diameter of the thorax."""
        return float(self.edges.end[self.widest] - self.edges.first[self.widest])


def measure(anatomy: Anatomy, picture: Picture) -> Measured:
    """Every measurement of the chest that its outlines allow; nothing at all where there are no outlines."""
    if not anatomy.drawn:
        return Measured()
    thorax = functools.cache(lambda: _thorax(anatomy))
    steps: Mapping[str, Callable[[], Measurement]] = {
        CARDIOTHORACIC_RATIO: lambda: _cardiothoracic_ratio(anatomy, thorax()),
        RIGHT_LUNG_AREA: lambda: _lung_area(anatomy, RIGHT_LUNG, picture),
        LEFT_LUNG_AREA: lambda: _lung_area(anatomy, LEFT_LUNG, picture),
        LUNG_AREA_RATIO: lambda: _lung_area_ratio(anatomy),
        TRACHEAL_DEVIATION: lambda: _tracheal_deviation(anatomy, thorax()),
    }
    taken: dict[str, Measurement] = {}
    missing: list[Missing] = []
    for name, step in steps.items():
        try:
            taken[name] = step()
        except _NotMeasuredError as error:
            missing.append(Missing(name, error.reason, str(error)))
    if TRACHEAL_DEVIATION in taken and picture.spacing_mm is not None:
        taken[TRACHEAL_DEVIATION_MM] = _in_millimetres(taken[TRACHEAL_DEVIATION], picture.spacing_mm[1], picture.assumptions)
    return Measured(taken, tuple(missing))


def _cardiothoracic_ratio(anatomy: Anatomy, thorax: _Thorax) -> Measurement:
    """Transverse diameter of the heart over the greatest internal diameter of the thorax, after Danzer 1919.

    The heart's is the sum of its greatest distances from the midline to the patient's right and left. Lines: ``midline``, ``heart_right``,
    ``heart_left``, ``thorax``. Above 0.5 it speaks of a large heart only on a posteroanterior picture of a standing adult.
    """
    heart = _found(anatomy, HEART)
    height, width = heart.mask.shape
    if heart.mask[-1].sum() > _LEAST_CONTACT * width or heart.mask[:, [0, -1]].sum() > _LEAST_CONTACT * height:
        raise _NotMeasuredError(Gap.CUT_OFF, "the heart is cut off by the picture's edge")
    edges = _rows(heart.mask)
    # The outline holds the mediastinum too. Great vessels or a wide upper mediastinum are not the heart's width: its lower part is.
    lower = edges.row >= edges.row[0] + _HEART_FROM * (edges.row[-1] - edges.row[0])
    row, first, end = edges.row[lower], edges.first[lower], edges.end[lower]
    right, left = int(np.argmin(first)), int(np.argmax(end))
    middle = thorax.middle(float(row[right] + row[left]) / 2.0)
    if not first[right] < middle < end[left]:
        raise _NotMeasuredError(Gap.NOT_MEASURABLE, "the heart lies wholly on one side of the midline")
    widest = thorax.widest
    lines = (
        _line("midline", (middle, thorax.edges.row[0]), (middle, thorax.edges.row[-1]), anatomy.placement),
        _line("heart_right", (first[right], row[right]), (middle, row[right]), anatomy.placement),
        _line("heart_left", (middle, row[left]), (end[left], row[left]), anatomy.placement),
        _line(
            "thorax",
            (thorax.edges.first[widest], thorax.edges.row[widest]),
            (thorax.edges.end[widest], thorax.edges.row[widest]),
            anatomy.placement,
        ),
    )
    ratio = float(end[left] - first[right]) / thorax.width
    return Measurement(ratio, RATIO, min(heart.trust, thorax.trust), heart.structure.validated and thorax.validated, lines)


def _lung_area(anatomy: Anatomy, name: str, picture: Picture) -> Measurement:
    """The area of one lung field: in cm² where the spacing is known, else as a share of the picture. The unit says which."""
    lung = _whole_in_picture(anatomy, name)
    share = float(lung.mask.mean())
    if picture.spacing_mm is None:
        return Measurement(100.0 * share, SHARE_OF_PICTURE, lung.trust, lung.structure.validated)
    row_mm, column_mm = picture.spacing_mm
    area = share * picture.rows * row_mm * picture.columns * column_mm / 100.0
    unit = SQUARE_CM_AT_DETECTOR if Assumption.SPACING_AT_DETECTOR in picture.assumptions else SQUARE_CM
    return Measurement(area, unit, lung.trust, lung.structure.validated)


def _lung_area_ratio(anatomy: Anatomy) -> Measurement:
    """The right lung field's area over the left one's."""
    right, left = _whole_in_picture(anatomy, RIGHT_LUNG), _whole_in_picture(anatomy, LEFT_LUNG)
    ratio = float(np.count_nonzero(right.mask)) / float(np.count_nonzero(left.mask))
    return Measurement(ratio, RATIO, min(right.trust, left.trust), right.structure.validated and left.structure.validated)


def _tracheal_deviation(anatomy: Anatomy, thorax: _Thorax) -> Measurement:
    """How far the trachea lies beside the axis of the thorax, from the lungs' apices to the carina: the median over its rows.

    Positive to the patient's left. Lines: ``axis`` of the thorax, ``trachea``, and ``deviation`` between them. The thorax, unlike what
    is in it, is not pushed by air or fluid; but a patient turned about the long axis shifts the trachea as well.
    """
    airways = _found(anatomy, AIRWAYS)
    edges = _trachea(_rows(airways.mask))
    inside = (edges.row >= thorax.edges.row[0]) & (edges.row <= thorax.edges.row[-1])
    if np.count_nonzero(inside) < _LEAST_ROWS:
        raise _NotMeasuredError(Gap.NOT_MEASURABLE, "too little of the trachea lies between the lungs")
    row, centre = edges.row[inside], (edges.first[inside] + edges.end[inside]) / 2.0
    beside = centre - (thorax.start + thorax.slope * row)
    shift = float(np.median(beside))
    at = int(np.argsort(beside)[len(beside) // 2])
    slope, start = _straight(row, centre)
    lines = (
        _line(
            "axis",
            (thorax.middle(thorax.edges.row[0]), thorax.edges.row[0]),
            (thorax.middle(thorax.edges.row[-1]), thorax.edges.row[-1]),
            anatomy.placement,
        ),
        _line("trachea", (start + slope * row[0], row[0]), (start + slope * row[-1], row[-1]), anatomy.placement),
        _line("deviation", (thorax.middle(row[at]), row[at]), (thorax.middle(row[at]) + shift, row[at]), anatomy.placement),
    )
    validated = airways.structure.validated and thorax.validated
    return Measurement(100.0 * shift / thorax.width, SHARE_OF_THORAX, min(airways.trust, thorax.trust), validated, lines)


def _in_millimetres(deviation: Measurement, column_mm: float, assumptions: tuple[Assumption, ...]) -> Measurement:
    (line,) = (line for line in deviation.lines if line.name == "deviation")
    value = (line.end[0] - line.start[0]) * column_mm
    unit = MM_AT_DETECTOR if Assumption.SPACING_AT_DETECTOR in assumptions else MM
    return Measurement(value, unit, deviation.trust, deviation.validated, deviation.lines)


def _found(anatomy: Anatomy, name: str) -> Drawn:
    drawn = anatomy.get(name)
    if drawn is None:
        raise _NotMeasuredError(Gap.NEEDS_ANOTHER, f"needs {name}, which is missing")
    return drawn


def _whole_in_picture(anatomy: Anatomy, name: str) -> Drawn:
    drawn = _found(anatomy, name)
    height, width = drawn.mask.shape
    sides = drawn.mask[:, [0, -1]].sum(axis=0).max() / height, drawn.mask[[0, -1]].sum(axis=1).max() / width
    if max(sides) > _LEAST_CONTACT:
        raise _NotMeasuredError(Gap.CUT_OFF, f"{name} is cut off by the picture's edge")
    return drawn


def _thorax(anatomy: Anatomy) -> _Thorax:
    # The whole lungs reach the ribs also where fluid or a large heart hides the field; the fields serve where those are missing.
    names = (RIGHT_LUNG_WHOLE, LEFT_LUNG_WHOLE)
    if any(anatomy.get(name) is None for name in names):
        names = (RIGHT_LUNG, LEFT_LUNG)
    right, left = (_found(anatomy, name) for name in names)
    height = right.mask.shape[0]
    if max(int(right.mask[:, 0].sum()), int(left.mask[:, -1].sum())) > _LEAST_CONTACT * height:
        raise _NotMeasuredError(Gap.CUT_OFF, "a lung is cut off by the picture's edge")
    right_rows, left_rows = _rows(right.mask), _rows(left.mask)
    row, in_right, in_left = np.intersect1d(right_rows.row, left_rows.row, return_indices=True)
    if len(row) < _LEAST_ROWS:
        raise _NotMeasuredError(Gap.NOT_MEASURABLE, "the lungs do not lie side by side")
    edges = _Rows(row, right_rows.first[in_right], left_rows.end[in_left])
    slope, start = _axis(edges)
    return _Thorax(edges, slope, start, min(right.trust, left.trust), right.structure.validated and left.structure.validated)


def _axis(edges: _Rows) -> tuple[float, float]:
    """Slope and start of the line through the middles of the thorax, measured across that line itself and not across the picture."""
    slope = start = 0.0
    for _ in range(_AXIS_ROUNDS):
        # A level is a line at right angles to the axis found so far: row + slope × column.
        right, left = edges.row + slope * edges.first, edges.row + slope * edges.end
        lowest, highest = max(right.min(), left.min()), min(right.max(), left.max())
        if highest - lowest < _LEAST_ROWS or abs(slope) > _STEEPEST_AXIS:
            raise _NotMeasuredError(Gap.NOT_MEASURABLE, "the lungs do not lie side by side")
        # Apices and recesses end at different heights right and left: the axis comes from the levels between.
        tenth = (highest - lowest) / 10.0
        levels = np.linspace(lowest + tenth, highest - tenth, len(edges.row))
        in_right, in_left = np.argsort(right), np.argsort(left)
        column = (np.interp(levels, right[in_right], edges.first[in_right]) + np.interp(levels, left[in_left], edges.end[in_left])) / 2.0
        slope, start = _straight(levels - slope * column, column)
    return slope, start


def _straight(along: NDArray[Any], across: NDArray[np.float64]) -> tuple[float, float]:
    """Slope and start of the line of least squares."""
    middle = along.mean()
    from_middle = along - middle
    slope = float(from_middle @ across / (from_middle @ from_middle))
    return slope, float(across.mean()) - slope * float(middle)


def _rows(mask: Mask) -> _Rows:
    row = np.flatnonzero(mask.any(axis=1))
    used = mask[row]
    first = np.argmax(used, axis=1)
    end = used.shape[1] - np.argmax(used[:, ::-1], axis=1)
    return _Rows(row, first.astype(np.float64), end.astype(np.float64))


def _trachea(airways: _Rows) -> _Rows:
    """The part of the airways above the carina: down to where they spread to nearly twice the calibre of the upper half."""
    spread = airways.end - airways.first
    calibre = float(np.median(spread[: max(1, len(spread) // 2)]))
    wide = np.flatnonzero(spread > _CARINA_CALIBRES * calibre)
    # A wide row near the top is the larynx or a speck, not the carina.
    wide = wide[wide > len(spread) // 4]
    end = int(wide[0]) if len(wide) else len(spread)
    return _Rows(airways.row[:end], airways.first[:end], airways.end[:end])


def _line(name: str, start: tuple[float, float], end: tuple[float, float], placement: Placement) -> Line:
    def original(point: tuple[float, float]) -> Point:
        # Columns are edges already; rows are counted by their middle.
        return float(point[0]) / placement.factor_x, (float(point[1]) + 0.5) / placement.factor_y

    return Line(name, original(start), original(end))
