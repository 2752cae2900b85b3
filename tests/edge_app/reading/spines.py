"""Phantoms as a perfect network would outline them."""

from collections.abc import Collection, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.anatomy import Anatomy, told
from edge_app.reading.canvas import Placement, place
from edge_app.reading.card import Card, Input, Structure
from edge_app.reading.seen import Seen
from edge_app.reading.spine import STRUCTURES, outlined

LOGIT, SIDE = 12.0, 384


def spine_card(side: int) -> Card:
    """A card of the seven structures of a lateral spine."""
    return Card(
        name="spine_anatomy",
        version="1",
        title="small",
        input=Input(height=side, width=side, mean=0.5, std=0.25),
        structures=tuple(Structure(name=name, pictures=0) for name in STRUCTURES),
        trained_on=(),
        validated_on=(),
        fidelity=(),
        golden=(),
        limits="for tests",
        files={},
    )


def seen_of(masks: Mapping[str, NDArray[np.uint8]], side: int, without: Collection[str] = (), steep: float = 1.0) -> Seen:
    """The masks (rows, columns) as logits of a network of that side, at half its size: those ``without`` nowhere, edges as ``steep``."""
    rows, columns = next(iter(masks.values())).shape
    placement = place(rows, columns, side, side)
    maps = np.full((len(STRUCTURES), side // 2, side // 2), -LOGIT, dtype=np.float32)
    for at, name in enumerate(STRUCTURES):
        if name in without:
            continue
        canvas = np.zeros((side, side), dtype=np.float32)
        inner = cv2.resize(_blurred(masks[name], steep), (placement.width, placement.height), interpolation=cv2.INTER_AREA).astype(
            np.float32
        ) / np.float32(255)
        canvas[placement.offset_y : placement.offset_y + placement.height, placement.offset_x : placement.offset_x + placement.width] = (
            inner
        )
        share = canvas.reshape(side // 2, 2, side // 2, 2).mean((1, 3))
        maps[at] = np.where(share <= 0, -LOGIT, np.where(share >= 1, LOGIT, 2 * LOGIT * steep * (share - 0.5)))
    return Seen(spine_card(side), np.zeros((1, len(STRUCTURES)), dtype=np.float32), maps[None], placement)


def exactly(masks: Mapping[str, NDArray[np.uint8]]) -> Anatomy:
    """The masks themselves, each pixel's share for its probability."""
    rows, columns = next(iter(masks.values())).shape
    shares = {name: masks[name].astype(np.float32) / np.float32(255) for name in STRUCTURES}
    inside = {name: np.asarray(masks[name] >= 128) for name in STRUCTURES}
    return told(spine_card(SIDE).structures, shares, masks, inside, Placement(1.0, 1.0, 0, 0, columns, rows))


def _blurred(mask: NDArray[np.uint8], steep: float) -> NDArray[np.uint8]:
    return mask if steep == 1.0 else np.asarray(cv2.GaussianBlur(mask, (0, 0), 1.0 / steep), dtype=np.uint8)


def anatomy_of(masks: Mapping[str, NDArray[np.uint8]], side: int, without: Collection[str] = (), steep: float = 1.0) -> Anatomy:
    """What the box makes of them."""
    return outlined(seen_of(masks, side, without, steep))
