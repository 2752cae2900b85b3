"""`./edge screening`: what the site's threshold for tuberculosis means for a thousand people, beside WHO's and two others."""

import argparse
import dataclasses
import json
from pathlib import Path

from edge_app.config import load_settings
from edge_app.reading.models import models_folder
from edge_app.screening import PEOPLE, Choice, Consequence, Range, Screening, screening_here

NOTICE = "Research prototype, not a medical device"
WORDS = {
    Choice.SITE: "this site",
    Choice.CARD: "the model's card",
    Choice.TARGET: "WHO's least, 90 % found",
    Choice.OPTIMAL: "WHO's wish, 95 % found",
    Choice.FEW_CALLED: "90 % of the others not called",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "--settings", type=Path, metavar="FILE", help="settings file (TOML); threshold and prevalence stand in [tuberculosis]"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.epilog = "Exit status: 0, 1 where there is no such model on this box, 2 where the settings are wrong."


def run(args: argparse.Namespace) -> int:
    """Print it. NoModelError where the model is not installed."""
    screening = screening_here(models_folder(), load_settings(args.settings).tuberculosis)
    print(json.dumps(dataclasses.asdict(screening), allow_nan=False) if args.json else as_text(screening))
    return 0


def _range(one: Range, of: float = 1.0) -> str:
    """A number with its interval, times ``of``."""
    value = f"{one.value * of:.1f}"
    return value if one.low is None or one.high is None else f"{value} ({one.low * of:.1f}-{one.high * of:.1f})"


def _lines(one: Consequence) -> list[str]:
    mark = ", in force" if one.in_force else ""
    return [
        f"  called from {one.threshold:.3f} ({WORDS[one.choice]}{mark})",
        f"    found {_range(one.found)}, missed {_range(one.missed)}",
        f"    called falsely {_range(one.called_falsely)}, sent on {_range(one.sent_on)}",
        f"    sensitivity {_range(one.sensitivity, 100)} %, specificity {_range(one.specificity, 100)} %",
    ]


def as_text(screening: Screening) -> str:
    """It for people, a few lines a threshold."""
    trust = "validated" if screening.validated else "NOT VALIDATED, research use, whatever the threshold"
    rests_on = f"on {screening.positives} adults with tuberculosis and {screening.negatives} without"
    lines = [
        NOTICE,
        f"{screening.model} {screening.version}, {trust}: {rests_on}",
        f"Of {PEOPLE} people screened, {screening.prevalence_per_1000:g} are assumed to have it. In brackets: 95 % intervals.",
    ]
    if not screening.consequences:
        lines.append(f"  called from {screening.threshold:.3f}; the card states no operating points, so nobody knows what that means")
    for one in screening.consequences:
        lines += _lines(one)
    return "\n".join(lines)
