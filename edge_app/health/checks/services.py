"""Fault: a service gives no sign of life."""

import psutil

from edge_app.config import Settings
from edge_app.health.check import Check, failed, ok, warning
from edge_app.health.heartbeat import heartbeat_of
from edge_app.services import SERVICES, Service

NAME = "services"


def look(settings: Settings) -> Check:
    """Each service's last heartbeat against its watchdog."""
    silent = [service for service in SERVICES if not is_alive(settings, service)]
    if not silent:
        return ok(NAME, f"all {len(SERVICES)} alive")
    if len(silent) == len(SERVICES):
        return warning(NAME, "the box is not running", "Start it: systemctl start edge.target, or ./edge run --settings FILE")
    names = ", ".join(service.name for service in silent)
    return failed(NAME, f"no sign of life from {names}; the others run", f"Read journalctl -u edge-{silent[0].name}, then restart it.")


def is_alive(settings: Settings, service: Service) -> bool:
    """Whether the service has beaten within its watchdog's time and its process is still there."""
    heart = heartbeat_of(settings.heartbeat_folder, service.name)
    if heart.pid is None or heart.age_s is None or not 0 <= heart.age_s <= service.watchdog_s:
        return False
    return bool(psutil.pid_exists(heart.pid))
