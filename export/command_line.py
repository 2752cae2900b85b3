"""What the commands of ``python -m export`` have in common on their command lines."""

import argparse
from pathlib import Path

from export.datasets.registry import data_folder
from export.workplace import MODELS

RUNS = Path(__file__).resolve().parent.parent / "runs"


def parser_of(
    command: str, doc: str | None, *, runs: str | None = None, models: str | None = None, seeded: bool = True
) -> argparse.ArgumentParser:
    """The parser of ``command`` with its module's ``doc``, the data folder, and the seed where it is ``seeded``.

    ``runs`` and ``models`` say what those folders are for, where the command has a use for them.
    """
    parser = argparse.ArgumentParser(prog=f"python -m export {command}".rstrip(), description=doc)
    parser.add_argument("--data", type=Path, default=data_folder(), help="folder of the public sets")
    if seeded:
        parser.add_argument("--seed", type=int, default=1, help="what everything that is drawn by chance follows from")
    if runs is not None:
        parser.add_argument("--runs", type=Path, default=RUNS, help=f"folder for {runs}")
    if models is not None:
        parser.add_argument("--models", type=Path, default=MODELS, help=models)
    return parser
