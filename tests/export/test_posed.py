import cv2
import numpy as np
import pytest

from edge_app.radiograph.picture import Facts, Picture, VoiFunction, Window
from edge_app.reading.finding import Box
from export.posed import POSES

BOX = Box(120.0, 40.0, 60.0, 100.0)


def _picture(stored: int) -> Picture:
    """A bright ellipse in the box, of a picture of 300 × 240 of which only so many rows are stored."""
    pixels = np.zeros((300, 240), dtype=np.uint16)
    cv2.ellipse(pixels, (150, 90), (30, 50), 0, 0, 360, 60000, -1)
    kept = cv2.resize(pixels, (240 * stored // 300, stored), interpolation=cv2.INTER_AREA)
    return Picture(kept, Window(32768, 65535, VoiFunction.LINEAR_EXACT), 300, 240, None, Facts())


@pytest.mark.parametrize("stored", [300, 150])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("pose", list(POSES))
def test_the_box_goes_with_what_lies_in_it(pose: str, seed: int, stored: int) -> None:
    picture, box = POSES[pose](_picture(stored), BOX, np.random.default_rng(seed))
    rows, columns = np.nonzero(picture.pixels > 30000)
    scale_x, scale_y = picture.columns / picture.pixels.shape[1], picture.rows / picture.pixels.shape[0]
    found = columns.min() * scale_x, rows.min() * scale_y, (columns.max() + 1) * scale_x, (rows.max() + 1) * scale_y
    assert found == pytest.approx((box.x, box.y, box.x + box.width, box.y + box.height), abs=2.5 * scale_x)
    assert box.x >= -1
    assert box.x + box.width <= picture.columns + 1
