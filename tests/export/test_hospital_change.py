"""Made-up hospitals keep the patients, are the same for the same seed, and figures are counted as they are named."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.reading.protocols.tuberculosis import TUBERCULOSIS
from edge_app.simulator.chest import simulated_chest
from export.__main__ import main
from export.datasets.labelled import Labelled
from export.evaluation.metrics import auroc_of
from export.hospital_change import by_greys_alone, change_page, changed, changes, draw, told


@pytest.fixture(scope="module")
def chests() -> NDArray[np.uint8]:
    own = [simulated_chest(seed, 96, 96).pixels.astype(np.float32) for seed in (1, 2)]
    return np.stack([np.rint(pixels / pixels.max() * 255.0).astype(np.uint8) for pixels in own])


def test_every_change_is_the_same_for_the_same_seed_and_changes_something(chests: NDArray[np.uint8]) -> None:
    known = changes({"elsewhere": np.ascontiguousarray(255 - chests // 2)})
    assert "as elsewhere shows chests" in known
    for name, change in known.items():
        made = changed(chests, change, 3)
        assert made.shape == chests.shape
        assert np.array_equal(made, changed(chests, change, 3))
        assert np.array_equal(made, chests) == (name == "as they came")


def _picture(number: int, label: float | None) -> Labelled:
    labels = {} if label is None else {TUBERCULOSIS: label}
    return Labelled(Path(f"{number}.png"), f"p:{number}", "tuberculosis", "chest_adult", labels)


def test_figures_are_of_what_is_known() -> None:
    pictures = [_picture(at, label) for at, label in enumerate((1.0, 1.0, 0.0, 0.0, 0.0, None))]
    logits = np.array([2.0, -1.0, -2.0, 1.0, -3.0, 9.0], dtype=np.float32)
    own = told("here", pictures, logits, 0.0, 1)
    assert (own.pictures, own.positives) == (5, 2)
    assert own.auroc.value == pytest.approx(5 / 6)
    assert (own.sensitivity, own.specificity) == pytest.approx((0.5, 2 / 3))


def test_what_the_greys_alone_tell_is_told_on_other_patients() -> None:
    random = np.random.default_rng(1)
    truth = np.tile(np.array([0.0, 1.0], dtype=np.float32), 40)
    canvases = random.integers(0, 100, (80, 8, 8)).astype(np.uint8)
    patients = [f"p:{at}" for at in range(80)]
    assert abs(auroc_of(by_greys_alone(canvases, truth, patients), truth) - 0.5) < 0.2
    brighter = canvases + (60 * truth).astype(np.uint8)[:, None, None]
    assert auroc_of(by_greys_alone(brighter, truth, patients), truth) > 0.95


def test_the_page_tells_what_there_is_none_of(tmp_path: Path) -> None:
    own = told("clear only", [_picture(at, 0.0) for at in range(4)], np.array([-1.0, -1.0, 1.0, -1.0], dtype=np.float32), 0.0, 1)
    sick = told("both", [_picture(at, float(at % 2)) for at in range(4)], np.array([-1.0, 1.0, -1.0, 1.0], dtype=np.float32), 0.0, 1)
    text = change_page([own, sick], []).markdown()
    assert "Where the map points" not in text
    assert "| clear only | 4 | 0 | – | – | 75.0 % |" in text
    draw([own, sick], tmp_path / "change.png")
    assert (tmp_path / "change.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_not_trained_is_not_judged(made_up_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hospital-change", "--data", str(made_up_data), "--runs", str(tmp_path)]) == 1
    assert "nothing is trained" in capsys.readouterr().out
