"""Every long-running service of the box, in one table: what it does, how often it may restart, when it counts as hung."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from edge_app.casebook import Casebook
from edge_app.config import Settings
from edge_app.errors import ServiceError
from edge_app.health.heartbeat import Heart

Beat = Callable[[], None]
Serve = Callable[[Casebook, Settings, threading.Event, Beat], None]


@dataclass(frozen=True)
class Service:
    """One process. ``restarts`` within ``within_s`` are immediate; beyond them it is started only every ``pause_s``.

    ``watchdog_s``: without a heartbeat for so long it is killed and started anew. ``start_s``: how long it may take to its first.
    """

    name: str
    title: str
    serve: Serve
    watchdog_s: float = 15.0
    start_s: float = 30.0
    restarts: int = 5
    within_s: float = 60.0
    pause_s: float = 20.0


def _dicom(casebook: Casebook, settings: Settings, stopping: threading.Event, beat: Beat) -> None:
    from edge_app.intake.dicom_listener import serve

    serve(casebook, settings.dicom, stopping, beat)


def _drop(casebook: Casebook, settings: Settings, stopping: threading.Event, beat: Beat) -> None:
    from edge_app.intake.drop_folder import serve

    serve(casebook, settings.incoming_folder, stopping, beat)


def _reading(casebook: Casebook, settings: Settings, stopping: threading.Event, beat: Beat) -> None:
    from edge_app.reading.service import serve

    serve(casebook, settings, stopping, beat)


def _dispatch(casebook: Casebook, settings: Settings, stopping: threading.Event, beat: Beat) -> None:
    from edge_app.dispatch.service import serve

    serve(casebook, settings, stopping, beat)


def _uplink(casebook: Casebook, settings: Settings, stopping: threading.Event, beat: Beat) -> None:
    from edge_app.dispatch.uplink import serve

    serve(casebook, settings, stopping, beat)


def _kiosk(casebook: Casebook, settings: Settings, stopping: threading.Event, beat: Beat) -> None:
    from edge_app.kiosk.service import serve

    serve(casebook, settings, stopping, beat)


# Imports stand inside: each process loads what it needs and no more, and starts the sooner.
SERVICES = (
    Service("dicom", "DICOM door", _dicom),
    Service("drop", "Drop folder", _drop),
    # A cold start compiles the models; a large picture on a slow disk takes its time.
    Service("reading", "Reading", _reading, watchdog_s=60.0, start_s=180.0),
    Service("dispatch", "Dispatch", _dispatch),
    Service("uplink", "Uplink", _uplink),
    Service("kiosk", "Kiosk", _kiosk),
)


def service_named(name: str) -> Service:
    """The service of that name. ServiceError where there is none."""
    for service in SERVICES:
        if service.name == name:
            return service
    raise ServiceError(f"no service is called {name}; there are {', '.join(service.name for service in SERVICES)}")


def run_service(name: str, settings: Settings, stopping: threading.Event) -> None:
    """Run one service in this process until told to stop."""
    service = service_named(name)
    heart = Heart(settings.heartbeat_folder, name)
    try:
        service.serve(Casebook(settings.casebook_folder), settings, stopping, heart.beat)
    finally:
        heart.close()
