"""Fault: a decoder is missing, or no longer gives the right samples, for a transfer syntax the box promises."""

import os
import subprocess
import sys

from edge_app.config import REPOSITORY, Settings
from edge_app.health.check import Check, failed, ok

NAME = "decoders"
WITHIN_S = 60.0
REMEDY = "Install the pinned requirements again: delete /opt/edge/.venv and run systemd/install; until then such pictures are kept unread."


def look(_settings: Settings) -> Check:
    """Decode one known picture in each compressed transfer syntax, in a process that may crash."""
    command = [sys.executable, "-P", "-m", "edge_app.health.decoding_trial"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH", ""))))}
    try:
        trial = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=WITHIN_S, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        return failed(NAME, f"no answer within {WITHIN_S:.0f} s", REMEDY)
    return judge(trial.stdout, trial.returncode, trial.stderr)


def judge(said: str, code: int, complaint: str = "") -> Check:
    """The outcome for what the trial said, its exit status and its last complaint."""
    results = [line.partition(" ") for line in said.splitlines()]
    faults = [f"{uid}: {word}" for uid, _, word in results if word != "ok"]
    if code != 0:
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        last = complaint.strip().splitlines()[-1:] or [""]
        faults.append(f"the trial ended {how} after {len(results)} syntaxes {last[0]}".strip())
    if faults:
        return failed(NAME, "; ".join(faults)[:300], REMEDY)
    if not results:
        return failed(NAME, "the trial tried nothing", REMEDY)
    return ok(NAME, f"{len(results)} compressed transfer syntaxes decode rightly")
