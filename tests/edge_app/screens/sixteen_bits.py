"""A picture of 3000 × 3000 with all values that sixteen bits have, and what the viewer must make of it."""

from dataclasses import replace

import numpy as np
from playwright.sync_api import Page

from edge_app.simulator.chest import SimulatedChest, simulated_chest

SIDE = 3000
NEAR = 2.5
PLACES = (0.2, 0.35, 0.5, 0.62, 0.8)
# The grey at shares of the picture's width, half-way down, and what the page says of its window.
LOOK = """(root, places) => {
    const canvas = root.querySelector("canvas"), { width, height } = canvas, side = Math.min(width, height);
    const data = canvas.getContext("2d").getImageData(0, Math.round(height / 2), width, 1).data;
    const greys = places.map((place) => data[4 * Math.round((width - side) / 2 + place * side)]);
    const [ww, wl] = root.querySelector("[data-viewer-numbers]").textContent.match(/-?\\d+/g).map(Number);
    return { greys, ww, wl };
}"""


def ramp() -> SimulatedChest:
    """From black at the left edge to white at the right; not a chest at all."""
    row = np.linspace(0, 2**16 - 1, SIDE).astype(np.uint16)
    return replace(simulated_chest(4, 64, 64), pixels=np.broadcast_to(row, (SIDE, SIDE)).copy(), bits=16, masks={}, boxes={})


def window_of_true_greys(page: Page) -> tuple[int, int]:
    """Width and centre of the window that the page says it shows; the greys are those that this window gives."""
    seen = page.locator("[data-viewing]").first.evaluate(LOOK, list(PLACES))
    width, centre = seen["ww"], seen["wl"]
    for place, grey in zip(PLACES, seen["greys"], strict=True):
        wanted = min(1.0, max(0.0, (place * (2**16 - 1) - (centre - width / 2)) / width)) * 255
        assert abs(grey - wanted) <= NEAR, f"at {place:.0%} of the width the grey is {grey}, not {wanted:.1f}"
    return width, centre


def drag_the_window(page: Page, x: float, y: float) -> None:
    """With the right button, which sets the window on every screen, from the middle of the picture."""
    box = page.locator("[data-viewing] canvas").first.bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down(button="right")
    page.mouse.move(middle[0] + x, middle[1] + y, steps=4)
    page.mouse.up(button="right")
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(drawn))))")
