"""Arrays that are dear to make, made once."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from export.atomic import replacing


def kept_array(name: str, facts: str, folder: Path, make: Callable[[], NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """What ``make`` gives, kept in ``folder`` under a name with the hash of the ``facts`` it follows from, opened as a memory map."""
    kept = folder / f"{name}-{hashlib.sha256(facts.encode()).hexdigest()[:20]}.npy"
    if not kept.is_file():
        made = make()
        with replacing(kept) as temporary, temporary.open("wb") as file:
            np.save(file, made)
    return np.asarray(np.load(kept, mmap_mode="r"), dtype=np.uint8)


def kept_floats(name: str, facts: str, folder: Path, make: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
    """The same for (rows, columns) float32."""
    kept = kept_array(name, facts, folder, lambda: np.ascontiguousarray(make()).view(np.uint8))
    return np.ascontiguousarray(kept).view(np.float32)
