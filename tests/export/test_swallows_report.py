"""What the report on swallows says of a network that outlines exactly beside one that sees nothing; and of networks that are not there."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_app.radiograph.picture import Picture
from edge_app.reading.canvas import place
from edge_app.reading.seen import Seen
from edge_app.reading.swallow import BOLUS, OUTLINED
from export.datasets.canvases import opened
from export.datasets.labelled import Labelled
from export.recipes.swallow import RECIPE
from export.runners import draft_card
from export.simulate.swallow_videos import swallow_videos
from export.swallows import JUDGED, Looking, Pace, judged, main, swallows_page

SIDE = 256


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> list[Labelled]:
    return swallow_videos(tmp_path_factory.mktemp("drawn"), 5, 3, workers=2)


def outlining(frames: list[Labelled], *, blind: bool) -> Looking:
    card = draft_card(RECIPE)
    known = {opened(frame.path).pixels.tobytes(): frame for frame in frames}

    def look(picture: Picture) -> Seen:
        frame, where = known[picture.pixels.tobytes()], place(picture.rows, picture.columns, SIDE, SIDE)
        logits = np.full((len(OUTLINED), SIDE, SIDE), -8.0, dtype=np.float32)
        for at, name in enumerate(OUTLINED):
            mask = cv2.imread(str(frame.masks[name]), cv2.IMREAD_GRAYSCALE)
            assert mask is not None
            small = cv2.resize(mask.astype(np.float32) / 255.0, (where.width, where.height), interpolation=cv2.INTER_AREA)
            rows, columns = slice(where.offset_y, where.offset_y + where.height), slice(where.offset_x, where.offset_x + where.width)
            logits[at, rows, columns] = -8.0 if blind else 16.0 * (small - 0.5)
        return Seen(card, np.zeros((1, len(OUTLINED)), dtype=np.float32), logits[None], where)

    return look


def test_a_network_is_as_good_as_what_it_outlines(frames: list[Labelled]) -> None:
    rows = {
        row.network: row for row in judged({"exact": outlining(frames, blind=False), "blind": outlining(frames, blind=True)}, frames, 1)
    }
    for name in JUDGED:
        exact, blind = rows["exact"].dice[name].value, rows["blind"].dice[name].value
        assert exact is not None
        assert exact > 0.9
        assert blind == 0.0
    page = swallows_page(list(rows.values()), [Pace("AVI", 90, 41.3)]).markdown()
    assert "| published, on patients: renderings, cascade | – | 0.735 | – | – |" in page
    assert "| AVI | 90 | 41 |" in page
    assert f"| network | frames | {BOLUS} |" in page


def test_without_the_networks_nothing_is_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path), "--runs", str(tmp_path), "--models", str(tmp_path / "models")]) == 1
    assert "python -m export swallow_plain train" in capsys.readouterr().out
