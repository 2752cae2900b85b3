"""Pictures that a program draws once and keeps: whichever are not there yet are drawn by as many processes as asked for."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from edge_app.progress import followed


def told_of(picture: Path) -> Path:
    """The file that says what is on a drawn picture. It is written last: without it there is no picture."""
    return picture.with_suffix(".json")


def draw_once(draw: Callable[..., None], wanted: Sequence[tuple[Path, tuple[Any, ...]]], source: str, *, workers: int = 2) -> None:
    """Call ``draw(picture, *arguments)``, a module's own function, for each picture that is not there yet; it writes ``told_of`` last.

    ``source`` is what the pictures are called where it is said how far this is.
    """
    missing = [(picture, *arguments) for picture, arguments in wanted if not told_of(picture).is_file()]
    if not missing:
        return
    for folder in {picture.parent for picture, *_ in missing}:
        folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(workers) as makers:
        done = makers.map(draw, *zip(*missing, strict=True), chunksize=8)
        for _ in followed(done, f"{source}: pictures drawn", len(missing)):
            pass
