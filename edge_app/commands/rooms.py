"""``./edge rooms``: the directory of emergency rooms, and what the status board says of them."""

import argparse
from pathlib import Path

from edge_app.casebook.offers import Reason, ReasonKind
from edge_app.clock import now
from edge_app.config import load_settings
from edge_app.dispatch.choosing import ask_router, ranked_rooms
from edge_app.dispatch.emergency_rooms import import_directory
from edge_app.dispatch.position import Place, PositionSource
from edge_app.dispatch.roads import Roads
from edge_app.dispatch.status_board import import_board

_SAID = (ReasonKind.FREE_BEDS, ReasonKind.NOTICE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--settings", type=Path, help="settings file (TOML)")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    importing = actions.add_parser("import", help="check a directory file and put it in use")
    importing.add_argument("file", type=Path, help="CSV with the columns of the public emergency-institution data")
    telling = actions.add_parser("status", help="take in what the status board says: free beds, abilities, notices")
    telling.add_argument("files", type=Path, nargs="+", help="responses of the open emergency-room service, XML or JSON")
    actions.add_parser("list", help="the directory in the order in which it is asked from the position in the settings")


def run(args: argparse.Namespace) -> int:
    """Import, take in the board, or list. DirectoryError names the file and what is wrong in it."""
    settings = load_settings(args.settings)
    if args.action == "import":
        taken, left_out = import_directory(args.file, settings.directory_file)
        print(f"{taken} emergency rooms in use, {left_out} rows without an hpid or a running emergency room left out")
        return 0
    at = now()
    if args.action == "status":
        known = import_board(args.files, settings.board_file, at.unix_ms)
        print(f"the board says something of {known} emergency rooms")
        return 0
    place = Place(settings.position.latitude, settings.position.longitude, PositionSource.SETTINGS)
    roads = Roads(settings.dispatch.osrm)
    ask_router(roads, settings, place)
    for number, choice in enumerate(ranked_rooms(None, settings, place, frozenset(), at, roads), start=1):
        minutes = round(choice.eta_s / 60)
        source = "(by road)" if any(reason.kind is ReasonKind.TRAVEL_ROAD for reason in choice.reasons) else "(estimate)"
        told = ", ".join(_words(reason, at.unix_ms) for reason in choice.reasons if reason.kind in _SAID)
        line = f"{number:3}  {choice.room.hpid:10}  {minutes:3} min {source:10}  {choice.distance_km:5.1f} km  {choice.room.name}"
        print(f"{line}  {told}".rstrip())
    return 0


def _words(reason: Reason, at_ms: int) -> str:
    if reason.kind is ReasonKind.NOTICE:
        return f"“{reason.value}”" + (f" ({reason.about})" if reason.about else "")
    age = "" if reason.at_ms is None else f", {max(0, at_ms - reason.at_ms) // 60_000} min ago"
    return f"{reason.value} free emergency beds{age}"
