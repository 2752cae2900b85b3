"""How fluid the large viewer is: ``python -m tests.edge_app.screens.frames``, frames a second while a picture of 2048 × 2048 is dragged.

A picture of 16 bits in a Chromium without a GPU, on the kiosk's page, at its size. Sixty a second is all that a screen shows. Beside the
frames stands the processor time that one of them took, which tells how many a machine with nothing else to do would have made.
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright

from edge_app.casebook import Casebook
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.figured import COMPLETE
from tests.edge_app.kiosk.served import ARGUMENTS, CHROMIUM, Kiosk, a_page, settings_on_a_free_port, settled

SECONDS = 2.0
SETTLING_MS = 700
SWITCHES = ("compare", "heat")
# One event a frame, as a finger gives; the frames that the browser makes of them are counted.
DRIVER = (Path(__file__).parent / "frames.js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Motion:
    """What is done to the picture: a gesture, after these buttons were touched."""

    name: str
    gesture: str
    buttons: tuple[str, ...]


MOTIONS = (
    Motion("window", "drag", ("window",)),
    Motion("window, outlines and heat", "drag", ("window", "heat")),
    Motion("pan", "drag", ("in", "in", "in", "in", "move")),
    Motion("pan, turned", "drag", ("turn", "in", "in", "in", "in", "move")),
    Motion("pan, side by side", "drag", ("compare", "in", "in", "in", "in", "move")),
    Motion("zoom", "wheel", ()),
)


@dataclass(frozen=True)
class Fluency:
    """Frames a second, the longest time between two, and the processor time of all of Chromium for one."""

    rate: float
    longest_ms: float
    processor_ms: float


def processor_s() -> float:
    """The processor time so far of this process's Chromium, all its processes together."""
    ours = [process for process in psutil.Process().children(recursive=True) if "chrom" in process.name()]
    return sum(process.cpu_times().user + process.cpu_times().system for process in ours)


def measure(page: Page, motion: Motion, seconds: float) -> Fluency:
    """Do the motion for that long, from the picture as it came."""
    page.click("[data-viewer-action=reset]")
    for button in motion.buttons:
        page.click(f"[data-viewer-action={button}]")
    page.wait_for_timeout(SETTLING_MS)
    before_s = processor_s()
    rate, longest_ms = page.evaluate(DRIVER, [motion.gesture, seconds])
    spent_s = processor_s() - before_s
    for button in SWITCHES:
        if button in motion.buttons:
            page.click(f"[data-viewer-action={button}]")
    return Fluency(rate, longest_ms, 1000 * spent_s / (rate * seconds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=2048, help="rows and columns of the picture")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long each motion lasts")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        settings = settings_on_a_free_port(Path(place))
        casebook = Casebook(settings.casebook_folder)
        seed = Seeder(casebook)
        for _picture in range(2):
            radiograph = seed.radiograph(study="1.9.6")
            seed.assessed(radiograph, **COMPLETE)
            seed.rendition(radiograph, arguments.side, arguments.side)
        kiosk = Kiosk(settings, casebook)
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        with a_page(browser, kiosk) as (page, _complaints):
            page.goto(f"{kiosk.url}/cases/{radiograph.case_id}/radiographs/{radiograph.id}/view")
            settled(page)
            for motion in MOTIONS:
                seen = measure(page, motion, arguments.seconds)
                numbers = f"{seen.rate:5.1f} frames/s, longest {seen.longest_ms:4.0f} ms, processor {seen.processor_ms:5.1f} ms a frame"
                print(f"{motion.name:<26}{numbers}", flush=True)  # noqa: T201  the result
        browser.close()
        kiosk.stop()
        casebook.database.close()


if __name__ == "__main__":
    main()
