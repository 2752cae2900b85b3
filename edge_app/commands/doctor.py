"""``./edge doctor``: every health check, one line each."""

import argparse
import json
import logging
from dataclasses import asdict
from pathlib import Path

from edge_app.commands.owner import become_owner
from edge_app.commands.standard_output import results_only
from edge_app.config import load_settings
from edge_app.health.check import Check, State
from edge_app.health.checks import CHECKS
from edge_app.health.examine import examine

NOTICE = "Research prototype, not a medical device"
_WORDS = {State.OK: "ok", State.WARNING: "warning", State.FAILED: "FAILED"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--settings", type=Path, metavar="FILE", help="settings file (TOML)")
    parser.add_argument("--json", action="store_true", help="one JSON object with every check")
    parser.epilog = (
        "Exit status: 0 when no check failed (warnings alone are 0), 1 when a failed check needs a person, 2 on wrong usage or settings. "
        f"{NOTICE}."
    )


def run(args: argparse.Namespace) -> int:
    """Check everything; 1 when something needs a person."""
    # The words of the checks are the result; what libraries and the engine log on the way would only hide them.
    logging.basicConfig(level=logging.ERROR)
    settings = load_settings(args.settings)
    become_owner(settings.var)
    titles = {fault.name: fault.title for fault in CHECKS}
    checks: list[Check] = []
    with results_only() as results:
        if not args.json:
            results.write(f"{NOTICE}.\n")
        for check in examine(settings):
            checks.append(check)
            if not args.json:
                results.write(as_line(check, titles[check.name]) + "\n")
        if args.json:
            results.write(json.dumps(as_object(checks, titles), ensure_ascii=False) + "\n")
    return int(needs_a_person(checks))


def needs_a_person(checks: list[Check]) -> bool:
    """Whether any check failed. No check at all has shown nothing."""
    return not checks or any(check.state is State.FAILED for check in checks)


def as_line(check: Check, title: str) -> str:
    """One check as one line."""
    advice = "" if check.who is None else f" – {check.who}: {check.remedy}"
    return f"{_WORDS[check.state]:<8} {title}: {check.word}{advice}"


def as_object(checks: list[Check], titles: dict[str, str]) -> dict[str, object]:
    """All checks as the object that ``--json`` prints."""
    return {
        "notice": NOTICE,
        "needs_a_person": needs_a_person(checks),
        "checks": [{"title": titles[check.name], **asdict(check)} for check in checks],
    }
