"""``python -m export gan [train|draw|check|all]``: learn to draw chests with given findings, draw some, see that none is a patient's."""

import argparse

from export.command_line import parser_of
from export.gan.copies import COUNT, check_copies
from export.gan.draw import gan_chests
from export.gan.place import GanPlace
from export.gan.sheet import findings_rows, write_sheet
from export.gan.train import train
from export.gan.weights import Drawer
from export.machine import PRECISIONS, Machine

STEPS = ("train", "draw", "check")
DRAWN = 3000
_FEW = 20


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(
        "gan", __doc__, runs="checkpoints, caches, drawn pictures and the report", models="the models that tell where the lungs lie"
    )
    parser.add_argument("step", nargs="?", choices=(*STEPS, "all"), default="all")
    parser.add_argument("--count", type=int, default=None, help=f"how many pictures to draw; {DRAWN} unless told")
    parser.add_argument("--budget", choices=("full", "small"), default="full", help="small: the whole road in seconds, for trying it out")
    parser.add_argument("--precision", choices=PRECISIONS, default="auto", help="of training; auto: bf16 where it pays")
    return parser


def main(arguments: list[str]) -> int:
    """Parse the command line and take the steps; 1 where nothing is trained to draw with, or where patients are copied."""
    given = _parser().parse_args(arguments)
    small = given.budget == "small"
    place = GanPlace.of(given.runs, given.data, given.seed, given.models, small=small)
    steps: tuple[str, ...] = STEPS if given.step == "all" else (given.step,)
    if "train" in steps:
        train(place, Machine.here(given.precision))
    elif not place.weights.is_file():
        print(f"{place.weights} is not there: python -m export gan train", flush=True)
        return 1
    if "draw" in steps:
        chests = gan_chests(place.findings.drawn, place.weights, given.count or (_FEW if small else DRAWN), given.seed)
        write_sheet(place.folder / "sheet.png", findings_rows(Drawer.load(place.weights), given.seed))
        print(f"{len(chests)} chests drawn: {chests[0].path.parent}; {place.folder / 'sheet.png'}", flush=True)
    if "check" in steps:
        checked = check_copies(place, _FEW if small else COUNT)
        for own in checked.nearness:
            print(f"by {own.measure}: {own.nearer:.1%} nearer than 1 % of unseen patients, {own.leading:.1%} leading more", flush=True)
        print(f"{'copies patients' if checked.copies else 'no sign of copying'}: {place.folder / 'copies.html'}", flush=True)
        return 1 if checked.copies else 0
    return 0
