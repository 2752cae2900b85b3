"""What the tests of the units share: a copy installed under a folder of its own."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from edge_app.config import REPOSITORY

SYSTEMD = REPOSITORY / "systemd"


def script(name: str, root: Path) -> subprocess.CompletedProcess[str]:
    """Run install or uninstall on ``root``."""
    environment = {**os.environ, "DESTDIR": str(root)}
    return subprocess.run([str(SYSTEMD / name)], env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of an installed copy, with the units that every system has beside ours. Not to be changed."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    root = tmp_path_factory.mktemp("root")
    done = script("install", root)
    assert (done.returncode, done.stderr) == (0, "")
    shutil.copytree("/usr/lib/systemd/system", root / "usr/lib/systemd/system", symlinks=True)
    return root
