"""The decoders: all there, one taken away, one that lies, one that crashes."""

import shutil
from pathlib import Path

import pytest

from edge_app.config import Settings
from edge_app.health import decoding_trial
from edge_app.health.check import State
from edge_app.health.checks.decoders import judge, look
from edge_app.health.decoding_trial import SAMPLES, fault_of, promised


def test_every_promised_syntax_decodes(settings: Settings) -> None:
    check = look(settings)
    assert check.state is State.OK
    assert check.word.startswith(f"{len(promised())} ")


@pytest.mark.parametrize("package", ["jpeg_ls", "openjpeg", "rle"])
def test_a_decoder_that_is_not_installed_fails(settings: Settings, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"{package}.py").write_text("raise ImportError('taken away')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    check = look(settings)
    assert check.state is State.FAILED
    assert "taken away" in check.word


def test_a_decoder_that_takes_its_process_down_fails(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jpeg_ls.py").write_text("import os\ndef decode_pixel_data(data): os.abort()\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    check = look(settings)
    assert check.state is State.FAILED
    assert "signal 6" in check.word


@pytest.mark.parametrize("uid", promised())
def test_a_sample_that_comes_out_otherwise_is_a_fault(uid: str, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = decoding_trial.drawn
    assert fault_of(uid) is None
    monkeypatch.setattr(decoding_trial, "drawn", lambda uid: drawn(uid) + decoding_trial.TOLERANCE.get(uid, 0) * 2 + 1)
    assert fault_of(uid) is not None


@pytest.mark.parametrize("uid", promised())
def test_a_sample_cut_short_or_missing_is_a_fault(uid: str, tmp_path: Path) -> None:
    shutil.copy(SAMPLES / uid, tmp_path / uid)
    whole = (tmp_path / uid).read_bytes()
    (tmp_path / uid).write_bytes(whole[: len(whole) // 3])
    assert fault_of(uid, tmp_path) is not None
    (tmp_path / uid).unlink()
    assert fault_of(uid, tmp_path) is not None


def test_a_trial_that_said_nothing_has_shown_nothing() -> None:
    assert judge("", 0).state is State.FAILED
