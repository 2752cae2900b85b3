"""The command line: ``./edge demo | test | read | bench | doctor | run | er | rooms | screening | rules | pin | accounts``."""

import argparse
import importlib
import os
import sys

from edge_app import __version__
from edge_app.errors import ConfigError, EdgeError
from edge_app.processes import die_with_parent
from edge_app.supervisor import PARENT

COMMANDS = {
    "demo": "start everything on this machine and take one radiograph from exposure to a hospital's answer",
    "read": "read pictures without any service running",
    "bench": "the speed of this box, stage by stage, beside the same networks in FP32",
    "doctor": "every health check, one line each",
    "run": "run the box: all services, or one",
    "er": "run one emergency room",
    "rooms": "the directory of emergency rooms and the status board: import, status, list",
    "screening": "what the threshold for tuberculosis means for a thousand people",
    "rules": "the rules by which urgency is judged",
    "pin": "the kiosk's PIN: set, remove",
    "accounts": "who may sign in at an emergency room's console: add, reset, list",
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 something needs a person, 2 wrong usage."""
    given = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(
        prog="edge", description="Ambulance and field-clinic X-ray appliance. Research prototype, not a medical device.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=__version__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    # Only the chosen command is imported: reading a file should not wait for a web server to load.
    chosen = next((word for word in given if not word.startswith("-")), None)
    for name, title in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=title, description=title, allow_abbrev=False)
        if name == chosen:
            module = importlib.import_module(f"edge_app.commands.{name}")
            module.add_arguments(subparser)
            subparser.set_defaults(run=module.run)
    parsed = parser.parse_args(given)
    parent = os.environ.get(PARENT)
    if parent is not None:
        die_with_parent(int(parent))
    try:
        status: int = parsed.run(parsed)
    except ConfigError as error:
        print(f"edge: {error}", file=sys.stderr)
        return 2
    except EdgeError as error:
        print(f"edge: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader of our output went away; nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
