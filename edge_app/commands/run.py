"""``./edge run``: the box, all services or one of them."""

import argparse
import logging
import threading
from pathlib import Path

from edge_app.config import load_settings
from edge_app.processes import stop_on_signals
from edge_app.services import SERVICES, run_service
from edge_app.supervisor import Supervisor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "service", nargs="?", choices=[service.name for service in SERVICES], help="one service only; without it all of them"
    )
    parser.add_argument("--settings", type=Path, help="settings file (TOML)")


def start_logging() -> None:
    """Log to standard error, one line an event, no patient data."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # Each association is a dozen lines there, some with identifiers from the data set.
    logging.getLogger("pynetdicom").setLevel(logging.ERROR)
    logging.getLogger("pydicom").setLevel(logging.ERROR)


def run(args: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT."""
    start_logging()
    settings = load_settings(args.settings)
    stopping = threading.Event()
    stop_on_signals(stopping)
    if args.service is not None:
        run_service(args.service, settings, stopping)
    else:
        Supervisor(SERVICES, settings, args.settings).run(stopping)
    return 0
