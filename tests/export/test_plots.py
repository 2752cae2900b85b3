from pathlib import Path

from matplotlib.image import imread

from export.plots import Bar, Told, draw_bars, draw_grid, draw_histograms


def size(file: Path) -> tuple[int, int]:
    rows, columns = imread(file).shape[:2]
    return rows, columns


def test_every_panel_of_bars_has_room_for_its_own(tmp_path: Path) -> None:
    few, many = [Bar("one", 0.5)], [Bar(f"label {number}", number / 40, 0.02, marked=number > 30) for number in range(40)]
    draw_bars(tmp_path / "few.png", [("few", few)], "AUROC", (0.0, 1.0))
    draw_bars(tmp_path / "many.png", [("few", few), ("many", many)], "AUROC")
    assert size(tmp_path / "many.png")[0] > 5 * size(tmp_path / "few.png")[0]
    assert size(tmp_path / "many.png")[1] == size(tmp_path / "few.png")[1]


def test_histograms_are_drawn_of_anything_that_has_numbers(tmp_path: Path) -> None:
    told = [Told("by pixels", [0.1, 0.2, 0.4], [0.3, 0.3]), Told("all the same", [1.0, 1.0], [1.0]), Told("nothing", [], [])]
    draw_histograms(tmp_path / "two.png", told, ("drawn", "unseen"), "distance")
    draw_histograms(tmp_path / "one.png", told[:1], ("drawn", "unseen"), "distance")
    assert size(tmp_path / "two.png")[1] > 1.5 * size(tmp_path / "one.png")[1]


def test_a_grid_grows_downwards_after_five(tmp_path: Path) -> None:
    for count in (5, 6):
        draw_grid(tmp_path / f"{count}.png", range(count), lambda axes, number: axes.set(title=str(number)))
    five, six = size(tmp_path / "5.png"), size(tmp_path / "6.png")
    assert (six[0], six[1]) == (2 * five[0], five[1])
