"""A part of a picture as it would be without what was found on it, written beside the heat maps."""

import logging
from pathlib import Path

import cv2
import numpy as np

from edge_app.files import write_durably
from edge_app.reading.alignment import within
from edge_app.reading.seen import Seen

_FASTEST_COMPRESSION = [cv2.IMWRITE_PNG_COMPRESSION, 1]
_log = logging.getLogger(__name__)


def write_repaired(seen: Seen, name: str, folder: Path) -> dict[str, Path]:
    """Write what the model repaired of the part it was shown, as fine as it saw it; its file by the finding's name.

    Nothing where the model repairs nothing, or where it could not be written, which is logged.
    """
    if seen.map is None or not seen.card.repairs:
        return {}
    grey = within(seen.map[0, -1], seen.placement)
    file = folder / f"repaired_{name}.png"
    eight_bit = np.rint(np.clip(grey, 0.0, 1.0) * 255.0).astype(np.uint8)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        encoded, png = cv2.imencode(".png", eight_bit, _FASTEST_COMPRESSION)
        if not encoded:
            raise OSError(f"cannot encode {file.name}")
        write_durably(file, png.tobytes())
    except OSError as error:
        # The finding stands without it; a full disk must not cost the reading.
        _log.warning("what is repaired of %s not written: %s", name, error.strerror)
        return {}
    return {name: file}
