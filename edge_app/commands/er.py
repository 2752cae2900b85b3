"""``./edge er``: one emergency room, its link and its console, until told to stop."""

import argparse
import sys
import threading
from pathlib import Path

import sdnotify

from edge_app.commands.run import start_logging
from edge_app.config import load_room_settings
from edge_app.emergency_room import service
from edge_app.processes import stop_on_signals

NOTICE = "Research prototype, not a medical device"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--settings", type=Path, required=True, help="the emergency room's settings file (TOML)")


def run(args: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT. Where something dies the command fails, so that its supervisor starts it anew."""
    start_logging()
    settings = load_room_settings(args.settings)
    stopping = threading.Event()
    stop_on_signals(stopping)
    sys.stdout.write(f"{NOTICE}\n{settings.name}: http://{settings.console.host}:{settings.console.port}/\n")
    sys.stdout.flush()
    service.run(settings, stopping, sdnotify.SystemdNotifier().notify)
    return 0
