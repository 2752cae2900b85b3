"""Keeps the process that decodes with gdcm: started when first needed, started anew when a stream has killed it."""

import atexit
import os
import struct
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph import gdcm_worker
from edge_app.radiograph.gdcm_worker import REPLY, REQUEST

_WORKER = Path(gdcm_worker.__file__)
_TIMEOUT_S = 15.0
_ATTEMPTS = 2


class GdcmProcess:
    """One decoding process of this process, for all its threads in turn."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        atexit.register(self.close)

    def decode(self, data: bytes, rows: int, columns: int, samples: int, precision: int, *, lossless: bool) -> bytes:
        """The samples of a JPEG codestream, one byte each up to 8 bits and two above, little endian, colour by pixel.

        Raises:
            UnreadablePictureError: MALFORMED where gdcm gives no pixels, dies or does not answer, twice.
        """
        request = REQUEST.pack(rows, columns, samples, precision, lossless, len(data)) + data
        with self._lock:
            for _ in range(_ATTEMPTS):
                pixels = self._exchange(request)
                if pixels is not None:
                    return pixels
        raise UnreadablePictureError(Refusal.MALFORMED, "the JPEG decoder died of these pixels")

    def close(self) -> None:
        """End the process, if there is one and it is this process's own."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        process.communicate()

    def _exchange(self, request: bytes) -> bytes | None:
        """One request and its reply; None where the process died or was too slow, and is gone now."""
        process = self._running()
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the decoding process has no pipes")
        clock = threading.Timer(_TIMEOUT_S, process.kill)
        clock.start()
        try:
            process.stdin.write(request)
            process.stdin.flush()
            head = process.stdout.read(REPLY.size)
            length = REPLY.unpack(head)[0]
            pixels = process.stdout.read(length)
        except (BrokenPipeError, struct.error):
            self.close()
            return None
        finally:
            clock.cancel()
        if len(pixels) != length:
            self.close()
            return None
        return pixels

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            command = [sys.executable, "-I", str(_WORKER)]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return self._process


@cache
def gdcm_process() -> GdcmProcess:
    """The decoding process of this process."""
    return GdcmProcess()


# A fork shares its parent's pipes and perhaps a held lock: it gets a decoding process of its own.
os.register_at_fork(after_in_child=gdcm_process.cache_clear)
