"""What a report on noses says of poses, of what a generator changes and of a classifier's map; and of a model that is not there."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from edge_app.radiograph.picture import Facts, Picture, VoiFunction, Window
from edge_app.reading.canvas import place
from edge_app.reading.card import Card, Input, Label
from edge_app.reading.finding import Box
from edge_app.reading.protocols.nasal_bone import NASAL_FRACTURE
from edge_app.reading.seen import Seen
from export.evaluation.bootstrap import Draws
from export.evaluation.figures import Estimate
from export.noses import CHANGED, BrokenNose, FoundNoses, Teller, located_by_all, main, noses_page, tiles

SIDE = 64
PART = Box(100.0, 50.0, 128.0, 128.0)


def _card() -> Card:
    label = Label(name=NASAL_FRACTURE, threshold=0.5, uncertain_from=0.5, uncertain_to=0.5)
    return Card(
        name="nasal_bone", version="1", title="small", input=Input(height=SIDE, width=SIDE, mean=0.5, std=0.25, sees="nose"), repairs=True,
        labels=(label,), trained_on=(), validated_on=(), fidelity=(), golden=(), limits="for tests", files={},
    )  # fmt: skip


def _square(at: tuple[int, int], side: int) -> NDArray[np.bool_]:
    mask = np.zeros((SIDE, SIDE), dtype=np.bool_)
    mask[at[0] : at[0] + side, at[1] : at[1] + side] = True
    return mask


def _nose(outline: NDArray[np.bool_], changed: NDArray[np.bool_], looked_for: NDArray[np.bool_]) -> BrokenNose:
    """Broken where it is outlined; the generator changes another place and was let change a third."""
    told = np.zeros((1, 3, SIDE, SIDE), dtype=np.float32)
    told[0, 0], told[0, 1], told[0, 2] = np.where(looked_for, 5.0, -5.0), 3 * CHANGED * changed, 0.5
    picture = Picture(np.full((300, 300), 20_000, np.uint16), Window(32768, 65535, VoiFunction.LINEAR_EXACT), 300, 300, None, Facts())
    seen = Seen(_card(), np.array([[2.0]], dtype=np.float32), told, place(128, 128, SIDE, SIDE), PART)
    rows, columns = np.nonzero(outline)
    box = Box(PART.x + 2 * columns.min(), PART.y + 2 * rows.min(), 2.0 * np.ptp(columns) + 2, 2.0 * np.ptp(rows) + 2)
    batch = np.where(outline, 1.0, -1.0).astype(np.float32)[None, None]
    return BrokenNose(picture, seen, outline, box, batch)


class _Bright(nn.Module):
    """Goes by what is bright."""

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        return torch.relu(picture).mean((2, 3)), nn.functional.avg_pool2d(picture, 16)


def test_what_is_changed_and_what_lights_up_are_held_against_the_outline() -> None:
    broken, elsewhere = _square((20, 24), 10), _square((44, 44), 10)
    noses = [_nose(broken, broken, elsewhere) for _ in range(6)]
    changed, looked_for, lit, salient = located_by_all(noses, _Bright(), Draws.of([f"p:{at}" for at in range(6)], 1))
    assert (changed.pictures, changed.inside.value, changed.outlines.value) == (6, 1.0, 1.0)
    assert changed.overlap.value == pytest.approx(1.0)
    assert (looked_for.inside.value, looked_for.overlap.value, looked_for.outlines.value) == (0.0, 0.0, 0.0)
    assert lit.outlines.value is not None
    assert lit.outlines.value < 0.6, "a map of sixteenths is coarse"
    assert salient.inside.value == 1.0
    assert salient.outlines.value is not None
    assert salient.outlines.value > 0.6


def test_a_map_that_is_flat_points_nowhere() -> None:
    broken, nothing = _square((20, 24), 10), np.zeros((SIDE, SIDE), dtype=np.bool_)
    changed, looked_for = located_by_all([_nose(broken, nothing, nothing)] * 6, None, Draws.of([f"p:{at}" for at in range(6)], 1))
    assert (changed.inside.value, changed.overlap.value, looked_for.inside.value, looked_for.outlines.value) == (0.0, 0.0, 0.0, 0.0)


def test_the_three_pictures_stand_side_by_side() -> None:
    drawn = tiles(_nose(_square((20, 24), 10), _square((20, 24), 10), _square((20, 24), 10)))
    nose, suspected, repaired = np.hsplit(drawn, 3)
    assert np.ptp(nose) == 0
    assert np.ptp(suspected[..., 2].astype(int) - suspected[..., 0]) > 50
    assert abs(int(repaired.mean()) - 128) <= 2


def test_the_page_says_whose_noses_they_are() -> None:
    finder = [FoundNoses("as it came", 36, Estimate(value=0.9, ci95=(0.88, 0.92)), 0.8, 33)]
    classifier = Teller("by a small network", 40, 20, Estimate(value=0.98, ci95=(0.96, 1.0)))
    drawn = noses_page(finder, "There is no model that tells them yet.", [classifier], [], real=False, sheet=False).markdown()
    assert "| as it came | 36 | 0.900 (0.880 to 0.920) | 0.80 | 33 |" in drawn
    assert "Fractures that a program drew" in drawn
    assert "| by a small network | 20 of 40 | 0.980 (0.960 to 1.000) |" in drawn
    assert "A hospital's own noses" in noses_page(finder, "", [], [], real=True, sheet=False).markdown()


def test_without_the_model_nothing_is_judged(made_up_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = ["--data", str(made_up_data), "--runs", str(tmp_path), "--models", str(tmp_path / "models")]
    assert main(folders) == 1
    assert "python -m export nose_finder all" in capsys.readouterr().out
