"""`./edge er --settings FILE`: one emergency room, its link and its console, until told to stop."""

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

import sdnotify

from edge_app.config import load_room_settings
from edge_app.emergency_room import service
from edge_app.errors import EdgeError

NOTICE = "Research prototype, not a medical device"
_log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `./edge er` takes."""
    parser.add_argument("--settings", type=Path, required=True, metavar="FILE", help="the emergency room's settings (TOML)")


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; 0 when stopped so, 1 when something died and the supervisor should start it anew."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    try:
        settings = load_room_settings(args.settings)
        sys.stdout.write(f"{NOTICE}\n{settings.name}: http://{settings.console.host}:{settings.console.port}/\n")
        sys.stdout.flush()
        service.run(settings, stopping, sdnotify.SystemdNotifier().notify)
    except EdgeError as error:
        _log.error("%s", error)
        sys.stderr.write(f"{error}\n")
        return 1
    return 0
