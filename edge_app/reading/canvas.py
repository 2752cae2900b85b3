"""From a picture to a network's input and back: the one place where both geometries meet, in training and on the box."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.radiograph.picture import Picture
from edge_app.reading.card import Input
from edge_app.reading.finding import Box
from edge_app.reading.renderings import renderings
from edge_app.reading.standardising import standardised


@dataclass(frozen=True)
class Placement:
    """Where the picture lies on the canvas. Canvas coordinates = original coordinates × factor + offset."""

    factor_x: float
    factor_y: float
    offset_x: int
    offset_y: int
    width: int
    height: int

    def box_to_original(self, box: Box) -> Box:
        """A box on the canvas, in pixels of the original picture."""
        return Box(
            (box.x - self.offset_x) / self.factor_x,
            (box.y - self.offset_y) / self.factor_y,
            box.width / self.factor_x,
            box.height / self.factor_y,
        )


def place(rows: int, columns: int, height: int, width: int) -> Placement:
    """Letterbox a picture of ``rows`` × ``columns`` centred on a canvas of ``height`` × ``width``."""
    factor = min(height / rows, width / columns)
    inner_height, inner_width = max(1, round(rows * factor)), max(1, round(columns * factor))
    return Placement(
        inner_width / columns, inner_height / rows, (width - inner_width) // 2, (height - inner_height) // 2, inner_width, inner_height
    )


def letterbox(grey: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """(rows, columns) float32 in 0…1 → (height, width), aspect kept, borders 0; by area when shrinking, linear when enlarging."""
    placement = place(grey.shape[0], grey.shape[1], height, width)
    shrinking = placement.width < grey.shape[1]
    inner = cv2.resize(grey, (placement.width, placement.height), interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR)
    canvas = np.zeros((height, width), dtype=np.float32)
    canvas[placement.offset_y : placement.offset_y + placement.height, placement.offset_x : placement.offset_x + placement.width] = inner
    return canvas


def network_input(picture: Picture, wanted: Input) -> tuple[NDArray[np.float32], Placement]:
    """(1, channels, height, width) float32, normalised as the card says, and where the original lies on it."""
    grey = letterbox(picture.windowed(max(wanted.height, wanted.width)), wanted.height, wanted.width)
    placement = place(picture.rows, picture.columns, wanted.height, wanted.width)
    if wanted.standardised:
        grey = standardised(grey)
    channels = renderings(grey) if wanted.sees == "renderings" else grey[None]
    # In place: every frame of a video comes through here.
    channels -= wanted.mean
    channels /= wanted.std
    return channels[None].astype(np.float32, copy=False), placement
