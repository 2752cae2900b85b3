"""Heartbeats, in the file and to systemd."""

import json
import os
import socket
from pathlib import Path

import pytest

from edge_app.health import heartbeat
from edge_app.health.heartbeat import Heart, heartbeat_of
from tests.edge_app.conftest import Mount


def test_a_beat_says_who_and_how_long_ago(tmp_path: Path) -> None:
    Heart(tmp_path / "run", "kiosk").beat()
    seen = heartbeat_of(tmp_path / "run", "kiosk")
    assert seen.pid == os.getpid()
    assert seen.age_s is not None
    assert seen.age_s >= 0


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"pid": "x"}', '{"pid": 1, "mono_s": 2}'])
def test_an_unreadable_beat_is_no_sign_of_life(tmp_path: Path, content: str) -> None:
    (tmp_path / "kiosk.json").write_text(content)
    assert heartbeat_of(tmp_path, "kiosk").age_s is None


def test_a_beat_from_before_this_boot_is_no_sign_of_life(tmp_path: Path) -> None:
    Heart(tmp_path, "kiosk").beat()
    file = tmp_path / "kiosk.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "boot": "another"}))
    assert heartbeat_of(tmp_path, "kiosk").age_s is None


def test_systemd_hears_ready_once_and_then_the_watchdog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_EVERY_S", 0.0)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        heart = Heart(tmp_path, "kiosk")
        for _ in range(3):
            heart.beat()
        assert [systemd.recv(64) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        heart.close()


def test_on_a_full_disk_it_still_beats(mount: Mount) -> None:
    folder = mount("size=64k")
    heart = Heart(folder, "kiosk")
    heart.beat()
    file = folder / "kiosk.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "mono_s": 0.0}))
    with pytest.raises(OSError, match="No space"):
        (folder / "filler").write_bytes(b"\0" * 131072)
    heart._next_s = 0.0
    heart.beat()
    assert json.loads(file.read_text())["mono_s"] > 0.0


def test_closing_without_systemd_is_harmless(tmp_path: Path) -> None:
    heart = Heart(tmp_path, "kiosk")
    heart.beat()
    heart.close()
    assert heartbeat_of(tmp_path, "kiosk").pid == os.getpid()
