"""The process that decodes video may die, stall or be held within its limits; what came before is kept and nothing is left running."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph import limits, video_process
from edge_app.radiograph.video import frames_of, open_video, read_video
from edge_app.radiograph.video_source import Flaw
from edge_app.simulator.video import write_video
from tests.edge_app.radiograph import avc_mp4
from tests.edge_app.radiograph.moving import kept, moving

# More than fits into the pipe, so that the process is still at it after the first frames.
MANY = moving(60, 256, 256)


def workers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if any("video_worker" in part for part in child.cmdline())]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_video(tmp_path / "swallow.avi", MANY)


def test_a_killed_process_leaves_the_frames_before(path: Path) -> None:
    with open_video(path) as stream:
        numbers = []
        for frame in stream:
            numbers.append(frame.number)
            if frame.number == 3:
                workers()[0].kill()
        assert numbers == list(range(len(numbers)))
        assert 4 <= len(numbers) < len(MANY)
        assert stream.flaws == {Flaw.TRUNCATED}
    assert workers() == []


def test_a_process_that_stalls_is_given_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_process, "_FRAME_TIMEOUT_S", 0.3)
    with open_video(path) as stream:
        for frame in stream:
            if frame.number == 3:
                os.kill(workers()[0].pid, signal.SIGSTOP)
        assert 4 <= frame.number < len(MANY)
        assert stream.flaws == {Flaw.TRUNCATED}
        assert workers() == []


def test_a_file_that_kills_the_decoder_at_once_is_refused(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_process, "_WORKER", kept(tmp_path / "worker.py", b"import os\nos.abort()\n"))
    with pytest.raises(UnreadablePictureError) as caught:
        read_video(path)
    assert caught.value.reason is Refusal.MALFORMED
    assert workers() == []


def test_frames_that_do_not_fit_into_the_memory_granted_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_process, "_MEMORY_BYTES", 1 << 16)
    with pytest.raises(UnreadablePictureError) as caught:
        read_video(path)
    assert caught.value.reason is Refusal.MALFORMED


@pytest.mark.parametrize("held_by", ["the process", "who asks"])
def test_frames_above_the_limit_are_refused(held_by: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_process if held_by == "the process" else limits, "MAX_FRAME_PIXELS", 1000)
    if held_by == "the process":
        monkeypatch.setattr(limits, "MAX_FRAME_PIXELS", 1000)
    with pytest.raises(UnreadablePictureError) as caught:
        read_video(path)
    assert caught.value.reason is Refusal.TOO_LARGE
    assert workers() == []


def test_who_has_seen_enough_leaves_no_process_and_no_file(path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with open_video(path) as stream:
        next(iter(stream))
    frames = frames_of(path)
    next(frames)
    frames.close()
    read_video(path, most_frames=2)
    assert workers() == []
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_the_process_prints_nothing_and_writes_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    broken = bytearray(avc_mp4.mp4(moving(), [40] * 12))
    broken[len(broken) // 2 : len(broken) // 2 + 400] = b"\xa5" * 400
    with suppress(UnreadablePictureError):
        read_video(kept(tmp_path / "swallow.mp4", bytes(broken)))
    assert capfd.readouterr() == ("", "")
    assert [path.name for path in tmp_path.iterdir()] == ["swallow.mp4"]
