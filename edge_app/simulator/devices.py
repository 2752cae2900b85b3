"""What lies on a patient in an ambulance: electrodes and their leads. Results are extra attenuation (nat)."""

import numpy as np

from edge_app.simulator.grid import Field, Grid, arc_lengths, as_field, curve
from edge_app.simulator.habitus import Exposure

_STUD_NAT = 0.9
_GEL_NAT = 0.05
_WIRE_PER_CM = 1.6
_WIRE_HALF_CM = 0.055


def build_devices(exposure: Exposure, grid: Grid, rng: np.random.Generator) -> Field:
    """Monitoring electrodes with leads on about half of the pictures taken with a mobile unit; (rows, columns) float32."""
    total = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    if exposure.view != "AP" or rng.random() < 0.5:
        return total
    wires = np.zeros((grid.rows + 2 * grid.margin, grid.columns + 2 * grid.margin), dtype=np.float32)
    gather = rng.uniform(-6, 6)
    for x, y in ((-10.5, 3.5), (10.5, 3.5), (10.5, 21.0)):
        x, y = x + rng.normal(0, 1.2), y + rng.normal(0, 1.2)
        pad = grid.ellipsoid(x, y, (1.6, 1.6), 1.0)
        stud = grid.ellipsoid(x, y, (0.42, 0.42), 1.0)
        total += np.float32(_GEL_NAT) * (pad > 0) + np.float32(_STUD_NAT) * stud
        sway = rng.normal(0, 1.5, 3)
        knots = np.array([[x, y], [0.75 * x + sway[0], y + 5], [0.4 * x + 0.6 * gather + sway[1], 25 + sway[2]], [gather, 45.0]])
        path = curve(np.column_stack([knots, np.full(4, 8.0)]), 3000)
        wires += grid.splat(path, arc_lengths(path))
    return as_field(total + np.float32(_WIRE_PER_CM) * grid.tube(wires, (_WIRE_HALF_CM, _WIRE_HALF_CM)))
