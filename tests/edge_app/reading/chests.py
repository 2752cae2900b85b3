"""Chests of known geometry, as the anatomy network would draw them, and small anatomy and severity models."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.anatomy import AIRWAYS, HEART, LEFT_LUNG, LEFT_LUNG_WHOLE, RIGHT_LUNG, RIGHT_LUNG_WHOLE
from edge_app.reading.canvas import Placement, place
from edge_app.reading.card import Card, Input, Structure
from edge_app.reading.protocols.chest import ANATOMY_MODEL, SEVERITY_MODEL
from edge_app.reading.seen import Seen
from edge_app.reading.severity import BRIXIA, GEOGRAPHIC_EXTENT, OPACITY, ZONES
from tests.edge_app.reading.bundles import ADULT, fixed_network, judged_on, network, write_bundle

Numbers = NDArray[np.float64]
Shape = Callable[[Numbers, Numbers], Numbers]
"""x and y in pixels of the original → about how far inside the shape, in original pixels; below 0 outside."""

STRUCTURES = (RIGHT_LUNG, LEFT_LUNG, HEART, AIRWAYS, RIGHT_LUNG_WHOLE, LEFT_LUNG_WHOLE)
CANVAS = 256


def ellipse(x: float, y: float, half_width: float, half_height: float) -> Shape:
    return lambda at_x, at_y: (1 - np.hypot((at_x - x) / half_width, (at_y - y) / half_height)) * min(half_width, half_height)


def box(x: float, y: float, width: float, height: float) -> Shape:
    return lambda at_x, at_y: np.minimum.reduce([at_x - x, x + width - at_x, at_y - y, y + height - at_y])


def union(*shapes: Shape) -> Shape:
    return lambda at_x, at_y: np.maximum.reduce([shape(at_x, at_y) for shape in shapes])


def nothing(at_x: Numbers, _at_y: Numbers) -> Numbers:
    return np.full(at_x.shape, -1e3)


def structure(name: str, **changes: Any) -> dict[str, Any]:
    """One structure of a card, judged on adults."""
    shown = name not in (RIGHT_LUNG_WHOLE, LEFT_LUNG_WHOLE)
    fields = {"name": name, "pictures": 50, "dice": 0.95, "dice_ci95": (0.93, 0.97), "shown": shown}
    return judged_on(fields | changes, ADULT)


def anatomy_card(**changes: Mapping[str, Any]) -> Card:
    """A card of the six structures; ``changes`` by structure."""
    return Card(
        name=ANATOMY_MODEL,
        version="1",
        title="small",
        input=Input(height=CANVAS, width=CANVAS, mean=0.5, std=0.25),
        structures=tuple(Structure(**structure(name, **changes.get(name, {}))) for name in STRUCTURES),
        trained_on=(),
        validated_on=(),
        fidelity=(),
        golden=(),
        limits="for tests",
        files={},
    )


def drawn_map(
    shapes: Mapping[str, Shape], placement: Placement, cells: int, *, canvas: int = CANVAS, sharpness: float = 3.0
) -> NDArray[np.float32]:
    """(structures, cells, cells) float32 logits: zero on a shape's edge, ``sharpness`` a canvas pixel within."""
    centres = (np.arange(cells) + 0.5) * canvas / cells
    x, y = np.meshgrid((centres - placement.offset_x) / placement.factor_x, (centres - placement.offset_y) / placement.factor_y)
    inside = np.stack([shapes.get(name, nothing)(x, y) * placement.factor_x for name in STRUCTURES])
    return np.clip(sharpness * inside, -20.0, 20.0).astype(np.float32)


def seen_chest(shapes: Mapping[str, Shape], rows: int, columns: int, *, card: Card | None = None, sharpness: float = 3.0) -> Seen:
    """What an anatomy network of 256 × 256 would give of those shapes on a picture of that size."""
    placement = place(rows, columns, CANVAS, CANVAS)
    drawn = drawn_map(shapes, placement, CANVAS // 2, sharpness=sharpness)
    return Seen(card or anatomy_card(), np.zeros((1, len(STRUCTURES)), dtype=np.float32), drawn[None], placement)


def chest_shapes(rows: int, columns: int, **changes: Shape) -> dict[str, Shape]:
    """A chest in a picture of that size: thorax from 10 % to 90 % of its width, heart from 35 % to 75 %, trachea in the middle."""
    right = ellipse(0.27 * columns, 0.5 * rows, 0.17 * columns, 0.35 * rows)
    left = ellipse(0.73 * columns, 0.5 * rows, 0.17 * columns, 0.35 * rows)
    heart = union(
        ellipse(0.55 * columns, 0.65 * rows, 0.2 * columns, 0.15 * rows), box(0.45 * columns, 0.25 * rows, 0.1 * columns, 0.4 * rows)
    )
    trachea = union(
        box(0.48 * columns, 0.1 * rows, 0.04 * columns, 0.3 * rows), box(0.4 * columns, 0.36 * rows, 0.2 * columns, 0.04 * rows)
    )
    fields = {RIGHT_LUNG: right, LEFT_LUNG: left, HEART: heart, AIRWAYS: trachea, RIGHT_LUNG_WHOLE: right, LEFT_LUNG_WHOLE: left}
    return fields | changes


def write_anatomy(models: Path, shapes: Mapping[str, Shape], rows: int, columns: int, **changes: Any) -> Path:
    """An anatomy model that draws those shapes of a picture of that size, whatever it is shown."""
    side = 128
    drawn = drawn_map(shapes, place(rows, columns, side, side), side // 2, canvas=side)
    share = np.clip((drawn > 0).mean(axis=(1, 2)), 1e-6, 1 - 1e-6)
    structures = [structure(name, **changes) for name in STRUCTURES]
    logits = [float(value) for value in np.log(share / (1 - share))]
    return write_bundle(models, ANATOMY_MODEL, [], fixed_network(logits, drawn, side), structures=structures, side=side)


def grade(name: str, maximum: float, **changes: Any) -> dict[str, Any]:
    """One grade of a card, judged on adults."""
    fields = {"name": name, "maximum": maximum, "pictures": 50, "mae": 0.9, "mae_ci95": (0.8, 1.0), "readers_mae": 1.9}
    return judged_on(fields | changes, ADULT)


GRADES = ((GEOGRAPHIC_EXTENT, 8), (OPACITY, 6), *((zone, 3) for zone in ZONES), (BRIXIA, 18))


def write_severity(models: Path, *, weight: float = 0.0, bias: float = 0.0, total: bool = True) -> Path:
    """A severity model whose logits are weight × mean of its normalised input + bias; without its own ``total`` where asked."""
    grades = [grade(name, maximum) for name, maximum in GRADES if total or name != BRIXIA]
    return write_bundle(models, SEVERITY_MODEL, [], network([weight] * len(grades), [bias] * len(grades)), grades=grades, sees="lungs")
