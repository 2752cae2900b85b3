"""Where this box keeps its models."""

import os
from pathlib import Path

import edge_app

MODELS_VARIABLE = "EDGE_MODELS"
_BESIDE_THE_PACKAGE = Path(edge_app.__file__).resolve().parent.parent / "models_int8"


def models_folder() -> Path:
    """The folder with one folder per model: the one ``EDGE_MODELS`` names, else ``models_int8`` beside the package."""
    named = os.environ.get(MODELS_VARIABLE)
    return Path(named) if named else _BESIDE_THE_PACKAGE
