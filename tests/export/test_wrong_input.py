"""The matrix of protocols and pictures, with the shipped models on simulated pictures."""

from collections import Counter
from pathlib import Path

from edge_app.reading.engine import Engine
from edge_app.reading.finding import Protocol
from edge_app.reading.reader import Reader
from export.simulate.chests import simulated_chests
from export.simulate.no_radiographs import drawn_others
from export.workplace import MODELS
from export.wrong_input import READ, Cell, Ungated, draw_matrix, matrix, matrix_page, of_each_source, without_gate


def test_chests_are_read_and_other_pictures_are_refused_by_name(tmp_path: Path) -> None:
    pictures = [*simulated_chests(tmp_path, 4, 3), *drawn_others(tmp_path, 4, 6)]
    with Engine(MODELS, tmp_path / "cache") as engine:
        cells = {cell.source: cell for cell in matrix(Reader(engine), pictures)}
        ungated = {own.source: own for own in without_gate(engine, pictures)}
    assert (cells["simulated_chest"].meant, cells["drawn_other"].meant) == (True, False)
    assert cells["simulated_chest"].outcomes[READ] >= 2
    assert cells["drawn_other"].outcomes[READ] == 0
    assert cells["drawn_other"].pictures == 6
    assert (ungated["simulated_chest"].pictures, ungated["drawn_other"].pictures) == (3, 6)
    assert ungated["simulated_chest"].lungs >= 2
    assert ungated["drawn_other"].lungs < 6


def test_what_was_read_by_the_wrong_protocol_is_counted_and_drawn(tmp_path: Path) -> None:
    cells = [
        Cell(Protocol.CHEST, "here", "limb", Counter({READ: 2, "wrong_body_part": 5})),
        Cell(Protocol.CHEST, "here", "chest_adult", Counter({READ: 9})),
    ]
    text = matrix_page(cells, [Ungated("here", "limb", 7, lungs=2, present=1, unlike=6, brixia=5.0)]).markdown()
    assert "2 of 7 pictures were read by a protocol that is not for them" in text
    assert "wrong\\_body\\_part 5" in text or "wrong_body_part 5" in text
    assert "| here | limb | 7 | 2 | 1 | 6 | 2.5 |" in text
    draw_matrix(cells, tmp_path / "wrong-input.png")
    assert (tmp_path / "wrong-input.png").read_bytes().startswith(b"\x89PNG")


def test_so_many_of_each_source_and_kind_are_taken(tmp_path: Path) -> None:
    pictures = [*simulated_chests(tmp_path, 5, 3), *drawn_others(tmp_path, 5, 3)]
    assert [picture.source for picture in of_each_source(pictures, 2)] == ["simulated_chest"] * 2 + ["drawn_other"] * 2
