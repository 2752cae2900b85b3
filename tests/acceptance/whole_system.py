"""The whole system as real processes, driven from outside: DICOM in, HTTP accept out."""

import http.client
import os
import shutil
import signal
import subprocess
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.uid import JPEG2000, JPEG2000Lossless, JPEGBaseline8Bit, JPEGLosslessSV1, JPEGLSLossless, RLELossless

from edge_app.casebook import Casebook
from edge_app.commands.demo import send
from edge_app.stage import Room, Stage, get_json

# The words of dcmtk's storescu for the statuses of C-STORE.
STORESCU_WORDS = {"Success": 0x0000, "OutOfResources": 0xA700, "DataSetDoesNotMatchSOPClass": 0xA900, "CannotUnderstand": 0xC000}
# What storescu must be told to propose before it sends a picture as it is.
STORESCU_PROPOSALS = {
    JPEGLosslessSV1: ["-xs"],
    JPEGLSLossless: ["-xt"],
    JPEG2000Lossless: ["-xv"],
    JPEG2000: ["-xw"],
    JPEGBaseline8Bit: ["-xy"],
    RLELossless: ["-xr"],
}


def store(stage: Stage, path: Path) -> int:
    """Send a file to the DICOM door with dcmtk's storescu where it is installed, else with pynetdicom; the status."""
    door = stage.settings.dicom
    program = shutil.which("storescu")
    if program is None:
        return send(path, "127.0.0.1", door.port, door.ae_title)
    proposed = STORESCU_PROPOSALS.get(dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID, [])
    command = [program, "-v", *proposed, "-aec", door.ae_title, "127.0.0.1", str(door.port), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    words = done.stdout + done.stderr
    for word, status in STORESCU_WORDS.items():
        if word in words:
            return status
    raise AssertionError(f"storescu said neither success nor a status: {words[-500:]}")


def requests_at(room: Room) -> list[dict[str, Any]]:
    """What the console of a room shows; nothing while it does not answer."""
    try:
        found: list[dict[str, Any]] = get_json(f"{room.address}status.json")["requests"]
    except (OSError, ValueError):
        return []
    return found


def post(address: str, path: str, **fields: str) -> int:
    """Post a form as one of the screens does; the HTTP status, without following it on. OSError where no answer comes."""
    screen = urllib.parse.urlsplit(address)
    headers = {"Origin": address.rstrip("/"), "Content-Type": "application/x-www-form-urlencoded"}
    connection = http.client.HTTPConnection(screen.netloc, timeout=10)
    try:
        connection.request("POST", f"/{path}", urllib.parse.urlencode(fields), headers)
        return connection.getresponse().status
    except http.client.HTTPException as error:
        raise ConnectionError(f"no answer: {type(error).__name__}") from error
    finally:
        connection.close()


def answer(room: Room, offer_id: str, **fields: str) -> int:
    """Answer as the console's form does; the HTTP status."""
    return post(room.address, f"requests/{offer_id}/answer", **fields)


def crew_says(stage: Stage, path: str, **fields: str) -> int:
    """Post what the crew touches on the kiosk; the HTTP status."""
    return post(stage.kiosk_address, path, **fields)


def open_request(room: Room, offer_id: str) -> None:
    """Open a request as a person's touch does."""
    assert post(room.address, f"requests/{offer_id}/opened") == 204


def kill(pid: int) -> None:
    """kill -9."""
    os.kill(pid, signal.SIGKILL)


def kill_service(stage: Stage, name: str) -> int:
    """kill -9 one service of the box; returns the process that was killed."""
    pid = stage.supervisor.pids()[name]
    kill(pid)
    return pid


def eventually(condition: Callable[[], Any], what: str, timeout_s: float = 60.0) -> Any:
    """Wait until ``condition()`` is true and return what it gave; fails by name when time is over."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {timeout_s:.0f} s")


def casebook_of(stage: Stage) -> Casebook:
    """The box's casebook, opened beside its services."""
    return Casebook(stage.settings.casebook_folder)
