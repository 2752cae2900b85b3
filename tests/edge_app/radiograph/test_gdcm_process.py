"""The process that decodes with gdcm may die; the box does not, and the next picture is read."""

import os
import signal
import threading
from pathlib import Path

import numpy as np
import psutil
import pytest
from pydicom.uid import JPEGExtended12Bit, JPEGLosslessSV1

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph import gdcm_process
from edge_app.radiograph.gdcm_process import GdcmProcess
from edge_app.radiograph.reader import read_picture_bytes
from tests.edge_app.radiograph import twelve_bit_jpeg
from tests.edge_app.radiograph.dicoms import blocks, compressed, data_set, encapsulated, phantom

STREAM = twelve_bit_jpeg.encode(blocks()[::8, ::8])


def workers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if any("gdcm_worker" in part for part in child.cmdline())]


def test_a_killed_process_is_started_anew_and_the_picture_read(tmp_path: Path) -> None:
    data = compressed(data_set(phantom(), 12), JPEGLosslessSV1, tmp_path)
    assert np.array_equal(read_picture_bytes(data).pixels, phantom())
    for worker in workers():
        worker.kill()
        worker.wait()
    assert np.array_equal(read_picture_bytes(data).pixels, phantom())
    assert len(workers()) >= 1


def test_a_stream_that_kills_the_decoder_is_refused_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    killer = tmp_path / "worker.py"
    killer.write_text("import os, sys\nsys.stdin.buffer.read(1)\nos.abort()\n")
    dying, whole = GdcmProcess(), gdcm_process._WORKER
    monkeypatch.setattr(gdcm_process, "_WORKER", killer)
    with pytest.raises(UnreadablePictureError) as caught:
        dying.decode(STREAM, 72, 88, 1, 12, lossless=False)
    assert caught.value.reason is Refusal.MALFORMED
    monkeypatch.setattr(gdcm_process, "_WORKER", whole)
    pixels = dying.decode(STREAM, 72, 88, 1, 12, lossless=False)
    assert np.array_equal(np.frombuffer(pixels, "<u2").reshape(72, 88), blocks())
    dying.close()


def test_a_decoder_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = GdcmProcess()
    monkeypatch.setattr(gdcm_process, "_TIMEOUT_S", 0.3)
    process = hanging._running()
    os.kill(process.pid, signal.SIGSTOP)
    monkeypatch.setattr(gdcm_process, "_ATTEMPTS", 1)
    with pytest.raises(UnreadablePictureError) as caught:
        hanging.decode(STREAM, 72, 88, 1, 12, lossless=False)
    assert caught.value.reason is Refusal.MALFORMED
    assert process.returncode is not None


def test_threads_get_their_own_pictures() -> None:
    pictures = [np.roll(blocks(), 8 * shift, axis=1) for shift in range(6)]
    files = [encapsulated(data_set(pixels, 12), JPEGExtended12Bit, twelve_bit_jpeg.encode(pixels[::8, ::8])) for pixels in pictures]
    read: dict[int, bool] = {}

    def read_one(index: int) -> None:
        read[index] = np.array_equal(read_picture_bytes(files[index]).pixels, pictures[index])

    threads = [threading.Thread(target=read_one, args=(index,)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read == dict.fromkeys(range(6), True)


def test_closing_leaves_no_process() -> None:
    process = GdcmProcess()
    before = len(workers())
    process.decode(STREAM, 72, 88, 1, 12, lossless=False)
    assert len(workers()) == before + 1
    process.close()
    assert len(workers()) == before
