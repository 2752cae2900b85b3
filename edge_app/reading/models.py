"""Where this box keeps its models, and what it has compiled from them."""

import os
from pathlib import Path

import edge_app
from edge_app.reading.card import CARD

MODELS_VARIABLE = "EDGE_MODELS"
CACHE_VARIABLE = "EDGE_CACHE"
_ROOT = Path(edge_app.__file__).resolve().parent.parent


def models_folder() -> Path:
    """The folder with one folder per model: the one ``EDGE_MODELS`` names, else ``models_int8`` beside the package."""
    named = os.environ.get(MODELS_VARIABLE)
    return Path(named) if named else _ROOT / "models_int8"


def has_model(name: str) -> bool:
    """Whether a model of that name is on this box; whether it works is for the engine to find out."""
    return (models_folder() / name / CARD).is_file()


def cache_folder() -> Path:
    """The folder for compiled networks, which may be deleted at any time: the one ``EDGE_CACHE`` names, else ``var/compiled``."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named) if named else _ROOT / "var" / "compiled"
