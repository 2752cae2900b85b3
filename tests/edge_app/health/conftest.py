"""What the tests of this room share: boxes that never ran, that ran, and that run."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge_app.casebook import Casebook
from edge_app.casebook.events import EventKind, record
from edge_app.casebook.radiographs import Door, StoredRadiograph, add_radiograph
from edge_app.clock import boot_id, now
from edge_app.config import Broker, Dicom, Settings, Web
from edge_app.radiograph.picture import Facts
from edge_app.services import SERVICES
from edge_app.stage import free_port

Beat = Callable[..., None]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a box that has never run, on ports that nobody listens on."""
    return Settings(
        var=tmp_path / "var",
        dicom=Dicom(port=free_port(21100)),
        kiosk=Web(port=free_port(21300)),
        broker=Broker(port=free_port(21500)),
    )


@pytest.fixture
def casebook(settings: Settings) -> Iterator[Casebook]:
    """The casebook of a box that has run, with three events in its chain."""
    casebook = Casebook(settings.casebook_folder)
    for word in ("one", "two", "three"):
        record(casebook.database, EventKind.NO_ROOM_FOUND, now(), None, None, {"word": word})
    yield casebook
    casebook.database.close()


@pytest.fixture
def radiograph(casebook: Casebook) -> StoredRadiograph:
    """A picture that came in through a door and is stored."""
    content = b"a picture, as far as the store is concerned"
    digest = casebook.pictures.keep(content)
    return add_radiograph(casebook.database, facts=Facts(), sha256=digest, size_bytes=len(content), door=Door.UPLOAD)[0]


@pytest.fixture
def beat(settings: Settings) -> Beat:
    """Write the heartbeat of a service (all of them without a name) as its process would have."""

    def beat(*names: str, age_s: float = 0.0, pid: int | None = None) -> None:
        settings.heartbeat_folder.mkdir(parents=True, exist_ok=True)
        for name in names or [service.name for service in SERVICES]:
            values = {"pid": pid or os.getpid(), "mono_s": time.monotonic() - age_s, "boot": boot_id()}
            (settings.heartbeat_folder / f"{name}.json").write_text(json.dumps(values))

    return beat


@contextmanager
def as_nobody() -> Iterator[None]:
    """Run as an ordinary account for a while where we are root; root may write anywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.setegid(65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
