"""Real chests with flaws drawn on them, as files: what the telling of flaws is judged on, since nobody labelled real ones."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import numpy as np

from edge_app.reading.canvas import letterbox
from edge_app.reading.finding import Flaw
from export.atomic import write_png
from export.datasets.canvases import opened
from export.datasets.labelled import Labelled
from export.datasets.outlines import lungs_on_canvas
from export.datasets.split import in_mixed_order
from export.simulate.flaws import flawed

SOURCE = "flawed_chest"
SIDE = 384


def flawed_chests(chests: Sequence[Labelled], folder: Path, seed: int, count: int) -> list[Labelled]:
    """Up to ``count`` of the ``chests``, each with none, one or two flaws, labelled with those that are known and with its patient."""
    found: list[Labelled] = []
    for chest in in_mixed_order(chests, seed)[:count]:
        name = f"{chest.source} {chest.path.name}"
        path = folder / SOURCE / f"{seed}-{crc32(name.encode()):08x}.png"
        random = np.random.default_rng([seed, crc32(name.encode())])
        grey = np.rint(letterbox(opened(chest.path).windowed(SIDE), SIDE, SIDE) * 255.0).astype(np.uint8)
        picture, flaws = flawed(grey, lungs_on_canvas(chest, SIDE), random)
        if not path.is_file():
            write_png(path, np.rint(picture * 255.0).astype(np.uint8))
        labels = {str(flaw): float(value) for flaw, value in zip(Flaw, flaws, strict=True) if np.isfinite(value)}
        found.append(replace(chest, path=path, source=SOURCE, labels=labels, masks={}, simulated=True))
    return found
