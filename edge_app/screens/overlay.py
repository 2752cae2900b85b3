"""What is drawn over a picture as vectors: outlines of structures and the lines of measurements, in pixels of the original."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from edge_app.reading.anatomy import LEFT_LUNG, RIGHT_LUNG
from edge_app.reading.finding import Line, Measurement, Point, Reading
from edge_app.reading.spinopelvic import LUMBAR_LORDOSIS, PELVIC_TILT, SACRAL_SLOPE
from edge_app.screens.formatting import degrees

SURE_TRUST = 0.8
"""Below this expected Dice an outline is drawn as not proven, however well its model was validated."""

# The letters by which a drawn line is named in words: (a + b) ÷ c is the cardiothoracic ratio. Angles go by those that surgeons use.
_OF_CHEST = {"heart_right": "a", "heart_left": "b", "thorax": "c", "deviation": "d"}
_TAGS = {**_OF_CHEST, "S1_plate": "SS", "L1_plate": "LL", "to_hips": "PT"}
# On which of a measurement's lines its value stands, and how it is written there.
_CAPTIONS: Mapping[str, tuple[str, Callable[[float], str]]] = {
    "cardiothoracic_ratio": ("thorax", "CTR {:.2f}".format),
    SACRAL_SLOPE: ("S1_plate", degrees),
    LUMBAR_LORDOSIS: ("L1_plate", degrees),
    PELVIC_TILT: ("to_hips", degrees),
}
# Drawn thin, since nothing is measured along it; the axis of the thorax nearly covers the midline and is left to that.
_GUIDES = frozenset({"midline", "trachea", "hip_axis"})
_NOT_DRAWN = frozenset({"axis"})
# How far down its outline a structure's name stands, so that neighbours do not write over one another.
_NAME_AT = {"heart": 0.65, "airways": 0.15, "bolus": 0.7, "airway": 0.6}
_ANY_NAME_AT = 0.3
_SIDES = {RIGHT_LUNG: "R", LEFT_LUNG: "L"}
# How far within the picture's border a side's letter stands, as a share of its width.
_SIDE_AT = 0.04


@dataclass(frozen=True)
class OutlineView:
    """A structure's edge as an SVG path, and where its name goes."""

    name: str
    path: str
    x: float
    y: float
    proven: bool


@dataclass(frozen=True)
class LineView:
    """A line of a measurement; ``tag`` is the letter it goes by, ``caption`` a value written on it. ``by_hand``: a person has placed it."""

    start: Point
    end: Point
    tag: str | None
    caption: str | None
    guide: bool
    proven: bool
    by_hand: bool = False

    @property
    def middle(self) -> Point:
        """Where its letter and its caption go."""
        return (self.start[0] + self.end[0]) / 2, (self.start[1] + self.end[1]) / 2


@dataclass(frozen=True)
class SideView:
    """The letter of a side of the patient, at the border of the picture where that lung was outlined."""

    letter: str
    x: float
    y: float
    proven: bool


def proven(validated: bool, trust: float | None) -> bool:
    """Whether something is drawn filled: validated, and as sure of itself on this picture as it should be."""
    return validated and trust is not None and trust >= SURE_TRUST


def outline_views(reading: Reading) -> tuple[OutlineView, ...]:
    """The outlines of a reading that have an edge to draw."""
    views = []
    for outline in reading.outlines:
        if outline.polygons:
            x, y = _name_at(max(outline.polygons, key=len), _NAME_AT.get(outline.name, _ANY_NAME_AT))
            path = "".join(_path(polygon) for polygon in outline.polygons)
            views.append(OutlineView(outline.name, path, x, y, proven(outline.validated, outline.trust)))
    return tuple(views)


def side_views(reading: Reading) -> tuple[SideView, ...]:
    """The patient's right and left on the picture; nothing unless both lungs were outlined, each on a side of its own."""
    lungs = {outline.name: outline for outline in reading.outlines if outline.name in _SIDES and outline.polygons}
    if len(lungs) < len(_SIDES) or not reading.columns:
        return ()
    middles = {name: _name_at(max(lung.polygons, key=len), 0.5) for name, lung in lungs.items()}
    middle = sum(x for x, _ in middles.values()) / len(middles)
    places = {x < middle: name for name, (x, _) in middles.items()}
    if len(places) < len(_SIDES):
        return ()
    return tuple(
        SideView(
            _SIDES[name],
            (_SIDE_AT if leftwards else 1 - _SIDE_AT) * reading.columns,
            middles[name][1],
            proven(lungs[name].validated, lungs[name].trust),
        )
        for leftwards, name in sorted(places.items(), reverse=True)
    )


def line_views(reading: Reading, *, by_hand: bool = False) -> tuple[LineView, ...]:
    """The lines of a reading's measurements, each once although it may serve several of them; ``by_hand`` where a person placed them."""
    drawn: dict[Line, LineView] = {}
    for name, measurement in reading.measurements.items():
        for line in measurement.lines:
            known = drawn.get(line)
            if line.name not in _NOT_DRAWN and (known is None or known.caption is None):
                drawn[line] = _line(name, measurement, line, by_hand=by_hand)
    return tuple(drawn.values())


def _line(name: str, measurement: Measurement, line: Line, *, by_hand: bool) -> LineView:
    on, written = _CAPTIONS.get(name, (None, str))
    caption = written(measurement.value) if on == line.name else None
    # What rests on points and not on an outline is as sure as its margin says.
    sure = measurement.validated if measurement.margin is not None else proven(measurement.validated, measurement.trust)
    return LineView(line.start, line.end, _TAGS.get(line.name), caption, line.name in _GUIDES, by_hand or sure, by_hand)


def _path(polygon: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in polygon) + "Z"


def _name_at(polygon: Sequence[Point], down: float) -> Point:
    xs, ys = zip(*polygon, strict=True)
    return (min(xs) + max(xs)) / 2, min(ys) + down * (max(ys) - min(ys))
