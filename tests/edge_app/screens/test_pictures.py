import numpy as np

from edge_app.radiograph.picture import Assumption, Facts, Picture, Window
from edge_app.screens.pictures import PictureCache, pixels_response


def _picture(rows: int = 3, columns: int = 2, first: int = 0) -> Picture:
    pixels = (np.arange(rows * columns, dtype=np.uint16) + first).reshape(rows, columns)
    return Picture(pixels, Window(2050.5, 4000.0), rows, columns, (0.2, 0.1), Facts())


def test_pixels_are_little_endian_and_row_by_row() -> None:
    answer = pixels_response(_picture(first=0x0102))
    assert answer.get_data()[:4] == b"\x02\x01\x03\x01"
    assert answer.headers["X-Rows"] == "3"
    assert answer.headers["X-Columns"] == "2"
    assert answer.headers["X-Window"] == "2050.500 4000.000 LINEAR"
    assert answer.headers["X-Range"] == "258 263"
    assert answer.headers["X-Scale"] == "1.000000"
    assert answer.headers["X-Spacing"] == "0.200000 0.100000"
    assert answer.headers["X-Spacing-Of"] == "calibrated"
    assert answer.headers["X-Shrunk"] == "1.000000"
    assert "no-store" in answer.headers["Cache-Control"]


def test_what_was_measured_at_the_detector_says_so() -> None:
    picture = Picture(np.zeros((3, 2), dtype=np.uint16), Window(7, 2), 3, 2, (0.2, 0.2), Facts(), (Assumption.SPACING_AT_DETECTOR,))
    assert pixels_response(picture).headers["X-Spacing-Of"] == "detector"


def test_a_large_picture_is_shrunk_and_says_by_how_much() -> None:
    pixels = np.full((4096, 1024), 7, dtype=np.uint16)
    answer = pixels_response(Picture(pixels, Window(7, 2), 8192, 2048, None, Facts()))
    assert (answer.headers["X-Rows"], answer.headers["X-Columns"]) == ("2048", "512")
    assert answer.headers["X-Scale"] == "4.000000"
    assert len(answer.get_data()) == 2048 * 512 * 2
    assert answer.headers["X-Shrunk"] == "4.000000"
    assert not {"X-Spacing", "X-Spacing-Of"} & set(answer.headers.keys())


def test_the_cache_opens_once_and_keeps_few() -> None:
    opened: list[str] = []

    def read(identifier: str) -> Picture | None:
        opened.append(identifier)
        return None if identifier == "none" else _picture()

    cache = PictureCache(read, kept=2)
    first = cache.get("a")
    assert cache.get("a") is first
    assert cache.get("none") is None
    assert cache.get("none") is None
    cache.get("b")
    cache.get("c")
    cache.get("a")
    assert opened == ["a", "none", "none", "b", "c", "a"]
