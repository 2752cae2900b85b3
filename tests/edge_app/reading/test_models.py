"""Where models and compiled networks are looked for."""

from pathlib import Path

import pytest

import edge_app
from edge_app.reading.models import cache_folder, models_folder


def test_beside_the_package_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = Path(edge_app.__file__).resolve().parent.parent
    monkeypatch.delenv("EDGE_MODELS", raising=False)
    monkeypatch.delenv("EDGE_CACHE", raising=False)
    assert models_folder() == root / "models_int8"
    assert cache_folder().is_relative_to(root / "var")
    monkeypatch.setenv("EDGE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("EDGE_CACHE", str(tmp_path / "cache"))
    assert (models_folder(), cache_folder()) == (tmp_path / "models", tmp_path / "cache")
