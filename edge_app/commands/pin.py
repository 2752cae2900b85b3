"""``./edge pin``: the PIN without which the kiosk stays locked."""

import argparse
from pathlib import Path

from edge_app.casebook import Casebook
from edge_app.commands.asking import asked_secret
from edge_app.commands.owner import become_owner
from edge_app.config import load_settings
from edge_app.security.pin import LONGEST_PIN, SHORTEST_PIN, remove_pin, set_pin


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--settings", type=Path, metavar="FILE", help="settings file (TOML)")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("set", help=f"ask for a PIN of {SHORTEST_PIN} to {LONGEST_PIN} digits and put it in force; the kiosk locks at once")
    actions.add_parser("remove", help="let the kiosk be used without one")


def run(args: argparse.Namespace) -> int:
    """Set or remove it. PinError where it is none."""
    settings = load_settings(args.settings)
    become_owner(settings.var)
    database = Casebook(settings.casebook_folder).database
    try:
        if args.action == "set":
            set_pin(database, asked_secret("PIN"))
            print("the PIN is in force; the kiosk is locked")
        else:
            remove_pin(database)
            print("the kiosk asks for no PIN")
    finally:
        database.close()
    return 0
