"""Fault: a port the box listens on is held by something else, cannot be had, or is not listened on although its service lives."""

import errno
import os
import socket

import psutil

from edge_app.config import Settings
from edge_app.health.check import Check, failed, ok
from edge_app.health.checks.services import is_alive
from edge_app.health.heartbeat import heartbeat_of
from edge_app.services import service_named

NAME = "ports"
REMEDY = "End what holds the port or choose another in the settings file, then restart the box."


def look(settings: Settings) -> Check:
    """Try each port as its service would."""
    doors = (("dicom", settings.dicom.host, settings.dicom.port), ("kiosk", settings.kiosk.host, settings.kiosk.port))
    seen, faults = [], []
    for service, host, port in doors:
        fault = _fault(settings, service, host, port)
        if fault is None:
            seen.append(f"{service} {port}")
        else:
            faults.append(f"{service} {host}:{port}: {fault}")
    return failed(NAME, "; ".join(faults), REMEDY) if faults else ok(NAME, ", ".join(seen) + " free or our own")


def _fault(settings: Settings, service: str, host: str, port: int) -> str | None:
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, kind, protocol) as door:
            # As the services do; without it a connection that just ended would look like a holder.
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return _foreign_holder(settings, service, port)
        return error.strerror or type(error).__name__
    return "its service lives but does not listen" if is_alive(settings, service_named(service)) else None


def _foreign_holder(settings: Settings, service: str, port: int) -> str | None:
    """Who holds the port, or None where it is our own service."""
    ours = heartbeat_of(settings.heartbeat_folder, service)
    alive = is_alive(settings, service_named(service))
    holders = {link.pid for link in psutil.net_connections("tcp") if link.status == psutil.CONN_LISTEN and link.laddr[1] == port}
    if alive and ours.pid in holders:
        return None
    others = sorted(pid for pid in holders if pid is not None)
    if others:
        return f"held by process {others[0]} ({psutil.Process(others[0]).name()})"
    # The kernel names the holder only to its own account and to root.
    return None if alive and os.geteuid() != 0 else "held by a process of another account"
