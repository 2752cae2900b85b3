"""Maps and boxes held against known boxes, with the shipped models on a simulated chest whose lesion is known."""

from pathlib import Path

import pytest

from edge_app.reading.card import OPENVINO_MODEL, load_card
from edge_app.reading.finding import Box
from edge_app.reading.runtimes import OpenVinoRunner
from edge_app.simulator.chest import Lesion, LesionKind, simulated_chest
from export.__main__ import main
from export.atomic import write_png
from export.evaluation.detection import Detected, Marked
from export.located_boxes import Pointed, Sight, boxes_page, draw_overlaps, pointed, precision_table
from export.workplace import MODELS

SIZE = 512
ONE, OTHER = Path("p.png"), Path("q.png")
BOX = Box(10, 10, 20, 20)


@pytest.fixture(scope="module")
def sight(tmp_path_factory: pytest.TempPathFactory) -> Sight:
    """A chest with a gross effusion of the right lung, on the left of the picture."""
    file = tmp_path_factory.mktemp("chest") / "chest.png"
    chest = simulated_chest(31, SIZE, SIZE, (Lesion(LesionKind.EFFUSION, "right", 1.0),))
    write_png(file, (chest.pixels >> (chest.bits - 8)).astype("uint8"))
    card = load_card(MODELS / "chest_findings")
    return Sight.of(file, card, OpenVinoRunner(MODELS / "chest_findings" / OPENVINO_MODEL, card, cache=None, threads=1), MODELS)


def test_the_map_of_a_gross_effusion_points_to_its_side(sight: Sight) -> None:
    sides = (Box(0, 0, SIZE / 2, SIZE), Box(SIZE / 2, 0, SIZE / 2, SIZE))
    here, there = (pointed(Marked(ONE, "Effusion", side), sight, unseen=True) for side in sides)
    assert (here.inside, there.inside) == (True, False)
    assert here.overlap > there.overlap
    assert here.heat_overlap > there.heat_overlap


def test_every_finding_may_have_boxes_and_the_heat_gives_at_most_one(sight: Sight) -> None:
    for found in (sight.detected(ONE), sight.heated(ONE)):
        assert any(own.finding == "Effusion" and own.box.x + own.box.width / 2 < SIZE / 2 for own in found)
        assert all(0.0 <= own.score <= 1.0 for own in found)
    names = [own.finding for own in sight.heated(ONE)]
    assert len(set(names)) == len(names)


def test_the_page_counts_all_and_unseen_ones(tmp_path: Path) -> None:
    marked = Marked(ONE, "Mass", BOX)
    found = [Pointed(marked, 0.45, 0.3, inside=True, unseen=False), Pointed(marked, 0.1, 0.0, inside=False, unseen=True)]
    text = boxes_page(found, precision_table([])).markdown()
    assert "| all | 2 | 1 | 1 | 1 | 0 | 0.275 | 1 | 0 | 0 | 0.150 |" in text
    assert "| of patients not learnt from | 1 | 0 | 0 | 0 | 0 | 0.100 | 0 | 0 | 0 | 0.000 |" in text
    draw_overlaps(found, tmp_path / "boxes.png")
    assert (tmp_path / "boxes.png").read_bytes().startswith(b"\x89PNG")


def test_precision_stands_by_finding_below_its_mean() -> None:
    marked = [Marked(ONE, "Mass", BOX), Marked(OTHER, "Nodule", BOX)]
    table = precision_table([("drawn", marked, [Detected(ONE, "Mass", BOX, 0.9)])])
    assert table.columns == ("", "drawn", "AP at 0.4", "AP at 0.5")
    assert table.rows == (("mean", "2", "0.500", "0.500"), ("Mass", "1", "1.000", "1.000"), ("Nodule", "1", "0.000", "0.000"))


def test_without_boxes_it_says_so(tmp_path: Path) -> None:
    assert main(["boxes", "--data", str(tmp_path), "--runs", str(tmp_path)]) == 1
