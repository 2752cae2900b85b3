"""Maps held against boxes, with the shipped models on a simulated chest whose lesion is known."""

from pathlib import Path

import pytest

from edge_app.reading import finding
from edge_app.reading.card import OPENVINO_MODEL, load_card
from edge_app.reading.runtimes import OpenVinoRunner
from edge_app.simulator.chest import Lesion, LesionKind, simulated_chest
from export.__main__ import main
from export.datasets.boxes import Box
from export.located_boxes import Pointed, boxes_page, overlap, pointed
from export.simulate.chests import write_png
from export.workplace import MODELS

SIZE = 512


def test_overlap_is_intersection_over_union() -> None:
    drawn = Box(Path("p.png"), "Mass", 10, 10, 20, 20)
    assert overlap(drawn, finding.Box(10, 10, 20, 20)) == 1.0
    assert overlap(drawn, finding.Box(20, 10, 20, 20)) == pytest.approx(1 / 3)
    assert overlap(drawn, finding.Box(40, 40, 5, 5)) == 0.0
    assert overlap(drawn, None) == 0.0


def test_the_map_of_a_gross_consolidation_points_to_its_side(tmp_path: Path) -> None:
    lesion = Lesion(LesionKind.CONSOLIDATION, "right", 1.0)
    chest = simulated_chest(31, SIZE, SIZE, (lesion,))
    write_png(tmp_path / "chest.png", (chest.pixels >> (chest.bits - 8)).astype("uint8"))
    card = load_card(MODELS / "chest_findings")
    runner = OpenVinoRunner(MODELS / "chest_findings" / OPENVINO_MODEL, card, cache=None, threads=1)
    whole_side = Box(tmp_path / "chest.png", "Consolidation", 0, 0, SIZE / 2, SIZE)
    other_side = Box(tmp_path / "chest.png", "Consolidation", SIZE / 2, 0, SIZE / 2, SIZE)
    here, there = (pointed(box, card, runner, MODELS, unseen=True) for box in (whole_side, other_side))
    assert (here.inside, there.inside) == (True, False)
    assert here.overlap > there.overlap


def test_the_page_counts_all_and_unseen_ones() -> None:
    box = Box(Path("p.png"), "Mass", 10, 10, 20, 20)
    found = [Pointed(box, 0.45, inside=True, unseen=False), Pointed(box, 0.1, inside=False, unseen=True)]
    text = boxes_page(found).markdown()
    assert "| all | 2 | 1 | 1 | 1 | 0 | 0.275 |" in text
    assert "| of patients not learnt from | 1 | 0 | 0 | 0 | 0 | 0.100 |" in text


def test_without_boxes_it_says_so(tmp_path: Path) -> None:
    assert main(["boxes", "--data", str(tmp_path), "--runs", str(tmp_path)]) == 1
