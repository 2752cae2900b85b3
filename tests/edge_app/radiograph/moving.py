"""Made-up videos of a swallow's look: a bright bolus that goes down past two dark airways."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

COUNT, ROWS, COLUMNS = 12, 48, 64


def moving(count: int = COUNT, rows: int = ROWS, columns: int = COLUMNS) -> NDArray[np.uint8]:
    """(count, rows, columns) uint8 within 16…235, which is what limited-range video coding keeps."""
    y, x = np.mgrid[0:rows, 0:columns]
    still = 120 - 60 * (abs(x - columns * 0.7) < columns * 0.08)
    frames = [still + 100 * np.exp(-(((x - columns * 0.35) / 8) ** 2) - ((y - rows * index / count) / 6) ** 2) for index in range(count)]
    return np.clip(np.stack(frames), 16, 235).astype(np.uint8)


def kept(path: Path, data: bytes) -> Path:
    """The bytes as a file."""
    path.write_bytes(data)
    return path
