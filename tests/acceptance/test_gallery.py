"""Every screen is shown, neither browser nor axe complains, and in red nothing shines but red. The pictures stay with the tests' output."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import sync_playwright

from edge_app.emergency_room.console import signing_in as console_door
from edge_app.kiosk import signing_in as kiosk_door
from edge_app.screens.gate import Access
from edge_app.screens.languages import Theme
from tests.acceptance.gallery import take
from tests.chromium import CHROMIUM, IN_CHROMIUM
from tests.edge_app.kiosk.served import ARGUMENTS

pytestmark = IN_CHROMIUM

DOORS: Mapping[str, Mapping[str, Access]] = {"kiosk": kiosk_door.ACCESS, "console": console_door.ACCESS}
# What leads to no page of its own: what is done by a touch, what a page fetches, what is saved as a file.
NO_PAGES = {
    "kiosk": {
        *("screens.asset", "prefer", "events", "status", "pixels", "heat_map", "small_picture"),
        *("film_frames", "film_outlines", "film_frame"),
        *("handover", "touched", "sign_in", "override"),
        *("lock", "upload", "pre_ktas", "said", "cancel", "send_unread", "enter", "pick", "read_anew", "send_edited", "enter_field"),
        *(
            "angles",
            "adjust_points",
            "enter_patient_touch",
            "enter_start",
            "merge_cases",
            "unmerge",
            "new_casualty",
            "read",
            "read_by",
            "remark",
        ),
    },
    "console": {
        *("screens.asset", "prefer", "events", "status", "region", "preview", "pixels", "original", "touched", "watch", "desk", "as_csv"),
        *("opened", "answered", "remark", "read", "diagnosis", "duty", "setting", "standing", "enter", "leave", "own_password"),
        *("add_person", "change_person", "angles", "adjust_points"),
    },
}


def shines(file: Path) -> float:
    """How much of the picture shines in another colour than red, in per mille."""
    red, green, blue = np.moveaxis(np.asarray(Image.open(file).convert("RGB"), dtype=np.int16), -1, 0)
    return float((np.maximum(green, blue) > 0.45 * red + 6).mean() * 1000)


@pytest.mark.timeout(600)
def test_every_screen_has_its_picture(tmp_path: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        taken = list(take(browser, tmp_path, lambda stand, number: [stand.looks[number % len(stand.looks)]]))
        browser.close()
    assert {str(one.file.relative_to(tmp_path)): one.wrong for one in taken if one.wrong} == {}
    assert {one.file.name: shines(one.file) for one in taken if one.theme is Theme.RED and shines(one.file) > 0} == {}
    for screen, access in DOORS.items():
        shown = {one.endpoint for one in taken if one.stand.screen == screen}
        assert access.keys() - NO_PAGES[screen] - shown == set()


def test_what_shines_is_found(tmp_path: Path) -> None:
    picture = np.zeros((100, 100, 3), dtype=np.uint8)
    picture[..., 0] = 200
    Image.fromarray(picture).save(tmp_path / "red.png")
    picture[:10, 0] = 200
    Image.fromarray(picture).save(tmp_path / "white.png")
    assert shines(tmp_path / "red.png") == 0
    assert shines(tmp_path / "white.png") == pytest.approx(1)
