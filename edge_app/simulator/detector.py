"""From path lengths to detector values: Beer–Lambert, scatter, quanta, blur, logarithm, and the tone a chest is presented in."""

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.simulator.grid import Field, Grid
from edge_app.simulator.habitus import Exposure

BITS = 14
_LEAD_NAT = 2.2
_LEAK = 0.004


def expose(attenuation: Field, water: Field, exposure: Exposure, grid: Grid, rng: np.random.Generator) -> Field:
    """Attenuation (nat) → logarithm of what the detector took in, higher is denser; (rows, columns) float32."""
    opened = _collimator(exposure, grid)
    primary = np.exp(-attenuation) * opened
    scattered = grid.blurred(primary * (1 - np.exp(-water * np.float32(0.12))), 3.2) * np.float32(exposure.scatter)
    reached = primary + scattered * (np.float32(0.15) + np.float32(0.85) * opened)
    quanta = np.float32(exposure.photons_per_cm2 / grid.per_cm**2)
    reached += np.sqrt(np.maximum(reached, 0) / quanta) * rng.standard_normal(reached.shape, dtype=np.float32)
    reached = grid.blurred(reached, exposure.blur_cm)
    return -np.log(np.maximum(reached, np.float32(2e-4)))


def present(density: Field, lungs: NDArray[np.bool_], exposure: Exposure, grid: Grid) -> NDArray[np.uint16]:
    """Density → detector values for presentation, uint16 of ``BITS`` bits, higher is whiter."""
    wide = grid.blurred(np.clip(density, 0.6, 4.5), 3.0)
    fine = grid.blurred(density, 0.12)
    middling = grid.blurred(density, 0.9)
    even = density - np.float32(0.25) * wide + np.float32(0.3) * (density - middling) + np.float32(0.35) * (density - fine)
    middle = even[int(0.15 * grid.rows) : int(0.95 * grid.rows) : 4, int(0.15 * grid.columns) : int(0.85 * grid.columns) : 4]
    seen = even[lungs] if lungs.any() else middle
    dark = float(np.percentile(seen[:: max(1, seen.size // 20000)], 20))
    white = float(np.percentile(middle, 97))
    tone = (even - np.float32(dark)) / np.float32(max(white - dark, 0.2) * exposure.latitude)
    value = 1 / (1 + np.exp(np.clip(-3.1 * (tone - np.float32(0.34 - 0.3 * exposure.brightness)), -20, 20)))
    value = (value - np.float32(0.025)) / np.float32(0.94)
    if not exposure.border_white:
        value = np.where(_collimator(exposure, grid) > 0.5, value, 0)
    return np.asarray(np.rint(np.clip(value, 0, 1) * np.float32(2**BITS - 1)), dtype=np.uint16)


def _collimator(exposure: Exposure, grid: Grid) -> Field:
    top, right, bottom, left = (edge * grid.per_cm for edge in exposure.collimation_cm)
    rows, columns = np.arange(grid.rows, dtype=np.float32)[:, None], np.arange(grid.columns, dtype=np.float32)[None, :]
    penumbra = 0.06 * grid.per_cm
    inside = np.ones((grid.rows, grid.columns), dtype=np.float32)
    for edge, distance in (
        (top, rows - top),
        (left, columns - left),
        (bottom, grid.rows - bottom - rows),
        (right, grid.columns - right - columns),
    ):
        if edge > 0:
            inside = inside * np.clip(distance / penumbra + 0.5, 0, 1)
    return np.maximum(inside, np.float32(_LEAK)).astype(np.float32)


def lead_letter(exposure: Exposure, grid: Grid) -> Field:
    """Attenuation (nat) of the side marker laid on the detector."""
    canvas = np.zeros((grid.rows, grid.columns), dtype=np.uint8)
    size = 1.5 * grid.per_cm
    scale, thickness = size / 22, max(1, round(size / 9))
    edge = max(exposure.collimation_cm) * grid.per_cm + 1.2 * grid.per_cm
    column = grid.columns - edge - size * 0.8 if exposure.marker == "L" else edge
    cv2.putText(canvas, exposure.marker, (int(column), int(edge + size)), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, thickness, cv2.LINE_AA)
    return canvas.astype(np.float32) * np.float32(_LEAD_NAT / 255)
