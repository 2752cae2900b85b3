"""The table of the published steps: pictures are laid out with their outlines, and each step is judged; what is missed is worth nothing."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_app.radiograph.picture import Picture
from edge_app.reading.canvas import place
from edge_app.reading.seen import Seen
from export.__main__ import main
from export.datasets.labelled import LUNG_FIELDS, WHOLE_LUNGS, Labelled
from export.newborn_lungs import ANYHOW, ASKEW, HOW_FAR, SIDE, STEPS, judged, laid_out, lungs_page, outlined_lungs, overlap
from tests.edge_app.reading.chests import CANVAS, STRUCTURES, anatomy_card
from tests.edge_app.reading.newborns import newborn, region

BRIGHT = 220


@pytest.fixture
def picture(tmp_path: Path) -> Labelled:
    """Lungs that are bright, and nothing else is."""
    upright = newborn(rows=320, columns=300, size=0.9)
    lungs = region(upright, "right_lung") | region(upright, "left_lung")
    cv2.imwrite(str(tmp_path / "a.png"), np.where(lungs, BRIGHT, 40).astype(np.uint8))
    cv2.imwrite(str(tmp_path / "a_lungs.png"), lungs.astype(np.uint8) * 255)
    return Labelled(tmp_path / "a.png", "p:1", "here", "chest_adult", masks={LUNG_FIELDS: tmp_path / "a_lungs.png"})


def _bright(shown: Picture) -> Seen:
    """A network that outlines what is bright, the picture's left half as the right lung."""
    placement, cells = place(shown.rows, shown.columns, CANVAS, CANVAS), CANVAS // 2
    grey = cv2.resize(shown.windowed(), (placement.width // 2, placement.height // 2), interpolation=cv2.INTER_AREA)
    drawn = np.full((len(STRUCTURES), cells, cells), -8.0, dtype=np.float32)
    inside, middle = grey > 0.5, int(np.nonzero(grey > 0.5)[1].mean()) if (grey > 0.5).any() else 0
    top, left = placement.offset_y // 2, placement.offset_x // 2
    for name, own in (("right", inside & (np.arange(grey.shape[1]) < middle)), ("left", inside & (np.arange(grey.shape[1]) >= middle))):
        for channel in (STRUCTURES.index(f"{name}_lung"), STRUCTURES.index(f"{name}_lung_whole")):
            drawn[channel, top : top + grey.shape[0], left : left + grey.shape[1]] = np.where(own, 8.0, -8.0)
    return Seen(anatomy_card(), np.zeros((1, len(STRUCTURES)), np.float32), drawn[None], placement)


@pytest.mark.parametrize("degrees", [ASKEW, ANYHOW])
def test_the_outline_is_laid_out_with_its_picture(picture: Labelled, degrees: float) -> None:
    sizes = []
    for seed in range(6):
        laid = laid_out(picture, degrees, np.random.default_rng(seed))
        assert laid is not None
        assert laid.picture.pixels.shape == laid.lungs.shape == (SIDE, SIDE)
        assert overlap(laid.picture.windowed() > 0.5, laid.lungs) > 0.9
        assert laid.structures == ("right_lung", "left_lung")
        sizes.append(laid.lungs.mean())
    assert max(sizes) > 2 * min(sizes)


def test_whole_lungs_are_held_against_whole_lungs(picture: Labelled) -> None:
    (file,) = picture.masks.values()
    told = outlined_lungs(Labelled(picture.path, "p:1", "here", "chest_adult", masks={WHOLE_LUNGS: file}))
    assert told is not None
    assert told[1] == ("right_lung_whole", "left_lung_whole")
    assert outlined_lungs(Labelled(picture.path, "p:1", "here", "chest_adult")) is None


def test_every_step_is_judged_however_the_picture_lies(picture: Labelled, tmp_path: Path) -> None:
    rows = judged([picture] * 5, _bright, _bright, 1, tmp_path / "sheet.png")
    assert [(row.lying, row.step) for row in rows] == [(lying, step) for lying in HOW_FAR for step in STEPS]
    assert all(row.pictures == 5 for row in rows)
    askew = [row.overlap.value for row in rows[: len(STEPS)]]
    assert all(value is not None and value > 0.7 for value in askew)
    assert (tmp_path / "sheet.png").is_file()
    text = lungs_page(rows, sheet=True).markdown()
    assert "| askew by up to 45° | the network alone | 5 |" in text
    assert "0.913" in text


def test_what_is_not_found_is_worth_nothing() -> None:
    lungs = np.zeros((4, 4), dtype=np.bool_)
    lungs[1:3] = True
    assert overlap(np.zeros((4, 4), dtype=np.bool_), lungs) == 0.0
    assert overlap(lungs, lungs) == 1.0


def test_without_the_model_nothing_is_judged(made_up_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["newborn-lungs", "--data", str(made_up_data), "--runs", str(tmp_path), "--models", str(tmp_path / "none")]
    assert main(given) == 1
    assert "there is no such model" in capsys.readouterr().out
