"""``./edge rules``: the table by which urgency is judged, as it is in force."""

import argparse
from pathlib import Path

from edge_app.config import load_settings
from edge_app.triage import InForce, read_table
from edge_app.triage.printing import as_markdown, as_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--settings", type=Path, metavar="FILE", help="settings file (TOML)")
    parser.add_argument("--markdown", action="store_true", help="a table in Markdown, with the sentences and the sources")
    parser.epilog = "Exit status: 0, or 2 where the settings or the site's rules are wrong; the message names file, line and key."


def run(args: argparse.Namespace) -> int:
    """Print the table. ConfigError where the site's own file is broken: then what it meant to be in force is not."""
    in_force = InForce(read_table(load_settings(args.settings).triage.rules), None)
    print(as_markdown(in_force) if args.markdown else as_text(in_force))
    return 0
