"""The preview of an edit is what the box then reads: the same steps in a real Chromium and on the box, held against each other."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, expect

from edge_app.casebook import Casebook
from edge_app.casebook.radiographs import radiographs_of
from edge_app.casebook.renditions import rendition_of
from edge_app.radiograph.edits import edited
from tests.chromium import IN_CHROMIUM
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.served import Kiosk, a_page, browser, kiosk, settings

__all__ = ["browser", "kiosk", "settings"]
pytestmark = IN_CHROMIUM

# Beside the picture the canvas is black.
CANVAS = """() => { const canvas = document.querySelector("[data-editor] canvas"), { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  return { width, height, grey: Array.from({ length: width * height }, (_, i) => data[4 * i]) }; }"""


def preview(page: Page) -> NDArray[np.uint8]:
    seen = page.evaluate(CANVAS)
    return np.array(seen["grey"], dtype=np.uint8).reshape(seen["height"], seen["width"])


def fitted(picture: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    """In the middle of a canvas of that size, as large as it may be."""
    factor = min(rows / picture.shape[0], columns / picture.shape[1])
    size = (round(picture.shape[1] * factor), round(picture.shape[0] * factor))
    out = np.zeros((rows, columns), dtype=np.uint8)
    top, left = (rows - size[1]) // 2, (columns - size[0]) // 2
    out[top : top + size[1], left : left + size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return out


@pytest.mark.parametrize("whole", [True, False])
def test_what_is_seen_is_what_is_read(browser: Browser, kiosk: Kiosk, casebook: Casebook, seed: Seeder, *, whole: bool) -> None:
    radiograph = seed.radiograph()
    seed.assessed(radiograph)
    seed.rendition(radiograph, 600, 480)
    with a_page(browser, kiosk) as (page, complaints):
        page.goto(f"{kiosk.url}/radiographs/{radiograph.id}/edit")
        expect(page.locator("[data-editor]")).to_have_attribute("data-editor-state", "shown")
        read = page.locator("[data-edit-read]")
        expect(read).to_be_disabled()
        for name, touches in (("quarter_turns", 1), ("tilt_degrees", 8), ("brightness", -2), ("contrast", 2), ("sharpness", 2)):
            for _ in range(abs(touches)):
                page.click(f'[data-edit="{name}"] [data-edit-{"up" if touches > 0 else "down"}]')
        page.click("[data-edit-flipping]")
        if not whole:
            page.click("[data-edit-cropping]")
            box = page.locator("[data-editor] canvas").bounding_box()
            assert box is not None
            # The upper left corner of the picture, which is as high as its canvas.
            left, top = box["x"] + (box["width"] - box["height"] * 480 / 600) / 2, box["y"]
            page.mouse.move(left + 2, top + 2)
            page.mouse.down()
            page.mouse.move(left + 100, top + 160)
            page.mouse.up()
            page.click("[data-edit-cropping]")
        page.wait_for_timeout(100)
        seen = preview(page)
        read.click()
        page.wait_for_url(f"**/cases/{radiograph.case_id}/radiographs/*")
    assert not complaints
    asked = radiographs_of(casebook.database, radiograph.case_id)[-1].edits
    assert (asked.crop.x > 0.1 and asked.crop.y > 0.1) is not whole
    rendition = rendition_of(casebook, radiograph.id)
    assert rendition is not None
    wanted = fitted(edited(rendition, asked).as_uint8(), *seen.shape)
    difference = np.abs(wanted.astype(int) - seen.astype(int))
    assert np.median(difference) <= 2
    assert np.mean(difference) < 5, "edges are drawn a little softer or harder; nothing is anywhere else"
    unedited = fitted(rendition.as_uint8(), *seen.shape)
    assert np.mean(np.abs(unedited.astype(int) - seen.astype(int))) > 25
