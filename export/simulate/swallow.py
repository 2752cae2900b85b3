"""Single frames of lateral videofluoroscopy of nobody, with and without a bolus of barium."""

import numpy as np

from edge_app.simulator.grid import Field, as_field
from export.simulate.swallow_phantom import SwallowStudy

_DRY = 0.2


def swallow_frame(random: np.random.Generator) -> Field:
    """One frame, 0…1 float32, longest side 224…384, facing either way, dense either white or black, mostly while something is swallowed."""
    study = SwallowStudy(random, contrast=bool(random.random() >= _DRY))
    frame = study.frames([int(random.integers(study.count))])[0]
    return as_field(frame.picture.astype(np.float32) / np.float32(255))
