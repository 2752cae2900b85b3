"""Films: a video's frames, small, one by one for a screen."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.casebook import Casebook
from edge_app.casebook.films import Strip, add_film, film_bytes, frame_of, strip_of
from edge_app.errors import CasebookError
from tests.edge_app.casebook.builders import stored

COUNT, ROWS, COLUMNS = 5, 48, 64


def shown(number: int) -> NDArray[np.uint8]:
    """A frame with a bright band that goes down; smooth, so that JPEG keeps it."""
    y = np.arange(ROWS)[:, None]
    band = 60 + 160 * np.exp(-(((y - 8 * number) / 8.0) ** 2))
    return np.broadcast_to(band, (ROWS, COLUMNS)).astype(np.uint8)


@pytest.fixture
def strip() -> Strip:
    return strip_of(shown(number) for number in range(COUNT))


@pytest.fixture
def kept(casebook: Casebook, strip: Strip) -> str:
    """The radiograph of which there is a film."""
    radiograph = stored(casebook.database)
    add_film(casebook, radiograph.id, strip)
    return radiograph.id


def file_of(casebook: Casebook) -> Path:
    row = casebook.database.row("SELECT sha256 FROM films")
    assert row is not None
    return casebook.pictures.path_of(row["sha256"])


def test_every_frame_comes_back_as_it_was(casebook: Casebook, kept: str) -> None:
    for number in range(COUNT):
        frame = frame_of(casebook, kept, number)
        assert frame is not None
        assert frame.shape == (ROWS, COLUMNS)
        assert abs(frame.astype(int) - shown(number)).max() < 12
        assert abs(frame.astype(int) - shown((number + 2) % COUNT)).max() > 60, "no other frame"


@pytest.mark.parametrize("number", [-1, COUNT, 10**9])
def test_there_is_no_frame_before_the_first_and_after_the_last(casebook: Casebook, kept: str, number: int) -> None:
    assert frame_of(casebook, kept, number) is None


def test_of_a_picture_there_is_no_film(casebook: Casebook) -> None:
    radiograph = stored(casebook.database)
    assert film_bytes(casebook, radiograph.id) is None
    assert frame_of(casebook, radiograph.id, 0) is None


def test_a_screen_finds_every_frame_by_the_files_head(casebook: Casebook, kept: str, strip: Strip) -> None:
    content = film_bytes(casebook, kept)
    assert content is not None
    head, _, rest = content.partition(b"\n")
    told = json.loads(head)
    assert (told["rows"], told["columns"]) == (strip.rows, strip.columns) == (ROWS, COLUMNS)
    assert told["sizes"] == [len(frame) for frame in strip.frames]
    assert rest == b"".join(strip.frames)


def test_a_film_of_nothing_is_none(casebook: Casebook) -> None:
    with pytest.raises(ValueError, match="no frames"):
        strip_of([])
    assert casebook.database.row("SELECT * FROM films") is None


def test_a_film_made_again_takes_the_place_of_the_first(casebook: Casebook, kept: str) -> None:
    add_film(casebook, kept, strip_of([shown(4), shown(3)]))
    frame = frame_of(casebook, kept, 0)
    assert frame is not None
    assert abs(frame.astype(int) - shown(4)).max() < 12
    assert frame_of(casebook, kept, 2) is None
    row = casebook.database.row("SELECT count(*) AS n, max(frames) AS frames FROM films")
    assert row is not None
    assert (row["n"], row["frames"]) == (1, 2)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-1],
        lambda content: content[:20],
        lambda content: b"",
        lambda content: b"{}\n" + content.partition(b"\n")[2],
        lambda content: b"[1, 2]\n" + content.partition(b"\n")[2],
        lambda content: content.partition(b"\n")[0] + b"\n" + bytes(len(content.partition(b"\n")[2])),
        lambda content: content.replace(b'"sizes":[', b'"sizes":[0,'),
    ],
    ids=["a byte short", "no head", "empty", "no sizes", "another head", "no pictures", "an empty frame"],
)
def test_a_damaged_film_is_an_error_and_no_frame(casebook: Casebook, kept: str, damage: object) -> None:
    file = file_of(casebook)
    assert callable(damage)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(CasebookError, match="damaged"):
        frame_of(casebook, kept, 0)


def test_a_film_that_is_gone_is_an_error(casebook: Casebook, kept: str) -> None:
    file_of(casebook).unlink()
    for ask in (lambda: film_bytes(casebook, kept), lambda: frame_of(casebook, kept, 0)):
        with pytest.raises(CasebookError, match="missing"):
            ask()
