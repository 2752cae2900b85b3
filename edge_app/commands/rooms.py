"""``./edge rooms``: the directory of emergency rooms."""

import argparse
from pathlib import Path

from edge_app.config import load_settings
from edge_app.dispatch.emergency_rooms import import_directory, rank, read_directory
from edge_app.dispatch.position import Place, PositionSource


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--settings", type=Path, help="settings file (TOML)")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    importing = actions.add_parser("import", help="check a directory file and put it in use")
    importing.add_argument("file", type=Path, help="CSV with the columns of the public emergency-institution data")
    actions.add_parser("list", help="the directory by estimated travel time from the position in the settings")


def run(args: argparse.Namespace) -> int:
    """Import or list. DirectoryError names file, line and column."""
    settings = load_settings(args.settings)
    if args.action == "import":
        taken, left_out = import_directory(args.file, settings.directory_file)
        print(f"{taken} emergency rooms in use, {left_out} rows without an hpid or a running emergency room left out")
        return 0
    place = Place(settings.position.latitude, settings.position.longitude, PositionSource.SETTINGS)
    for number, choice in enumerate(rank(read_directory(settings.directory_file), place, settings.dispatch), start=1):
        minutes = round(choice.eta_s / 60)
        print(f"{number:3}  {choice.room.hpid:10}  {minutes:3} min (estimate)  {choice.distance_km:5.1f} km  {choice.room.name}")
    return 0
