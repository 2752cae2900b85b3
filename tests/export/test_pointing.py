"""Where the finished network points is held against where the disease was drawn."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from edge_app.reading.finding import Box
from edge_app.reading.protocols.tuberculosis import TUBERCULOSIS
from export import pointing as module
from export.datasets.labelled import Labelled
from export.pointing import pointing, pointing_blocks
from export.simulate.drawing import DrawnBox

ROWS = COLUMNS = 100


@dataclass(frozen=True)
class _View:
    area: tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], ...] | None
    rows: int = 2 * ROWS


@dataclass(frozen=True)
class _Sight:
    """A picture twice as large as it was drawn, whose lungs are its left half."""

    at: tuple[float, float] | None
    shown: Box | None
    view: _View = _View((np.array([(0, 0), (99, 0), (99, 199), (0, 199)], dtype=np.float64),))

    def peak(self, _finding: str) -> tuple[float, float] | None:
        return self.at

    def box(self, _finding: str) -> Box | None:
        return self.shown


def test_a_peak_counts_where_the_disease_lies_in_whatever_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    region = np.zeros((ROWS, COLUMNS), np.uint8)
    region[10:30, 10:30] = 1
    sights = {
        "inside": _Sight((40.0, 40.0), Box(20, 20, 40, 40)),
        "beside": _Sight((120.0, 40.0), Box(120, 20, 40, 40)),
        "nowhere": _Sight(None, None),
        "edge": _Sight((199.9, 199.9), None),
    }
    monkeypatch.setattr(module, "load_card", lambda folder: None)
    monkeypatch.setattr(module, "OpenVinoRunner", lambda *_args, **_named: None)
    monkeypatch.setattr(module.Sight, "of", lambda path, *_: sights[path.stem])
    monkeypatch.setattr(module, "drawn_regions", lambda path: ((TUBERCULOSIS,), region))
    monkeypatch.setattr(module, "drawn_boxes", lambda path: (DrawnBox(TUBERCULOSIS, Box(20, 20, 40, 40)),))
    drawn = [Labelled(tmp_path / f"{name}.jpg", f"p:{name}", "drawn", "chest_adult", {TUBERCULOSIS: 1.0}) for name in sights]
    found = pointing("here", drawn, tmp_path, 1)
    assert found.pictures == 4
    assert found.inside.value == pytest.approx(0.25)
    assert found.overlap.value == pytest.approx(0.25)
    assert found.chance == pytest.approx(400 / (50 * 100), rel=0.03)
    text = str(pointing_blocks([found]))
    assert "0.25" in text
    assert pointing_blocks([]) == []
