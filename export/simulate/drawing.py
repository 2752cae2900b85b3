"""Real clear chests with something laid into them, as files with labels and boxes; what is laid is a ``Drawing``'s affair."""

import json
from collections.abc import Callable, Sequence, Set
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.anatomy import HEART, LEFT_LUNG, RIGHT_LUNG, full_masks
from edge_app.reading.finding import Box
from edge_app.simulator.lesions.ground import Mask
from edge_app.simulator.lesions.lesion import box_around
from export.atomic import replacing, write_png, write_text
from export.datasets.canvases import UnreadableTrainingPictureError, opened
from export.datasets.labelled import Labelled
from export.datasets.lung_boxes import anatomy_of
from export.datasets.split import in_mixed_order
from export.simulate.lesioned import Grey, Lesioned
from export.simulate.once import draw_once, told_of

SIDE = 384
_QUALITY = (80, 95)


@dataclass(frozen=True)
class Drawing:
    """One way of laying something into clear chests.

    Attributes:
        source: what its pictures are called in ``Labelled.source`` and on the disk.
        lay: draws by chance what is laid into a chest (rows, columns) in 0…1 with its right lung, left lung and heart, and lays it;
            which findings that is. Raises ValueError where a lung field is empty.
        labels_of: the labels of a chest with those findings.
        seen: where each label that is there is seen, (rows, columns) bool.
    """

    source: str
    lay: Callable[[Grey, Mask, Mask, Mask, np.random.Generator], tuple[frozenset[str], Lesioned]]
    labels_of: Callable[[Set[str]], dict[str, float]]
    seen: Callable[[Lesioned], list[tuple[str, Mask]]]


@dataclass(frozen=True)
class DrawnBox:
    """Where a finding was laid, in pixels of the drawn picture."""

    finding: str
    box: Box


def _sized(picture: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    """In 0…1 with a longer side of ``side``; smaller ones are enlarged, so that tubes and edges are drawn equally fine on all."""
    factor = side / max(picture.shape)
    size = (max(1, round(picture.shape[1] * factor)), max(1, round(picture.shape[0] * factor)))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=how), dtype=np.float32) / np.float32(255.0)


def _draw(file: Path, drawing: Drawing, chest: Path, models: Path, seed: tuple[int, ...]) -> None:
    """Write the drawn picture and what is on it, the list last; a chest whose lungs are not found gets an empty list of nothing."""
    random = np.random.default_rng(seed)
    whole = opened(chest)
    masks = full_masks(anatomy_of(whole, models), whole.rows, whole.columns)
    told: dict[str, object] = {"lungs": False}
    if RIGHT_LUNG in masks and LEFT_LUNG in masks:
        grey = _sized(np.asarray(np.rint(whole.windowed(max(whole.rows, whole.columns)) * 255.0), dtype=np.uint8), SIDE)

        def mask(name: str) -> Mask:
            own = masks.get(name)
            if own is None:
                return np.zeros(grey.shape, dtype=np.bool_)
            return np.asarray(cv2.resize(own, grey.shape[::-1], interpolation=cv2.INTER_LINEAR) >= 128)

        findings, drawn = drawing.lay(grey, mask(RIGHT_LUNG), mask(LEFT_LUNG), mask(HEART), random)
        eight_bit = np.rint(drawn.picture * 255.0).astype(np.uint8)
        encoded = cv2.imencode(".jpg", eight_bit, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(*_QUALITY))])[1].tobytes()
        with replacing(file) as temporary:
            temporary.write_bytes(encoded)
        seen = drawing.seen(drawn)
        regions = np.zeros(drawn.picture.shape, dtype=np.uint8)
        for bit, (_, region) in enumerate(seen):
            regions |= region.astype(np.uint8) << bit
        write_png(_regions_file(file), regions)
        boxes = [(name, *astuple(box)) for name, region in seen if (box := box_around(region)) is not None]
        told = {"lungs": True, "findings": sorted(findings), "laid": [name for name, _ in seen], "boxes": boxes}
    write_text(told_of(file), json.dumps(told))


def _file(drawing: Drawing, folder: Path, seed: int, chest: Labelled, turn: int) -> tuple[Path, tuple[int, ...]]:
    name = crc32(f"{chest.source} {chest.path.name}".encode())
    return folder / drawing.source / f"{seed}-{name:08x}-{turn}.jpg", (seed, name, turn)


def drawn_chests(
    drawing: Drawing, chests: Sequence[Labelled], folder: Path, models: Path, seed: int, count: int, *, workers: int = 2
) -> list[Labelled]:
    """``count`` pictures drawn on the clear ``chests``, each as often as any other; with their patients, drawn once and kept in ``folder``.

    Of chests whose lungs are not found there are none.
    """
    ordered = in_mixed_order(chests, seed)
    turns = -(-count // max(len(ordered), 1))
    wanted = [(chest, *_file(drawing, folder, seed, chest, turn)) for turn in range(turns) for chest in ordered][:count]
    draw_once(_draw, [(file, (drawing, chest.path, models, own)) for chest, file, own in wanted], drawing.source, workers=workers)
    found = []
    for chest, file, _ in wanted:
        told = json.loads(told_of(file).read_text(encoding="utf-8"))
        if told["lungs"]:
            labels = drawing.labels_of(frozenset(told["findings"]))
            own = replace(
                chest, path=file, source=drawing.source, labels=labels, masks={}, simulated=True, follows=True, drawn_on=chest.path
            )
            found.append(own)
    return found


def _regions_file(picture: Path) -> Path:
    return picture.with_suffix(".regions.png")


def drawn_regions(picture: Path) -> tuple[tuple[str, ...], NDArray[np.uint8]]:
    """What was laid into a drawn picture, and (rows, columns) uint8 whose bit n says where the n-th of it is seen."""
    told = json.loads(told_of(picture).read_text(encoding="utf-8"))
    regions = cv2.imread(str(_regions_file(picture)), cv2.IMREAD_GRAYSCALE)
    if regions is None:
        raise UnreadableTrainingPictureError(f"{_regions_file(picture)}: cannot be read")
    return tuple(told["laid"]), np.asarray(regions, dtype=np.uint8)


def drawn_boxes(picture: Path) -> tuple[DrawnBox, ...]:
    """Where findings were laid into a drawn picture."""
    told = json.loads(told_of(picture).read_text(encoding="utf-8"))
    return tuple(DrawnBox(str(finding), Box(*numbers)) for finding, *numbers in told["boxes"])
