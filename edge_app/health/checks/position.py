"""Fault: gpsd is configured but gives no position, so the nearest hospitals are chosen from the coordinates in the settings."""

import time
from collections.abc import Mapping
from typing import Any

from gpsdclient import GPSDClient

from edge_app.config import Settings
from edge_app.health.check import Check, failed, ok, warning

NAME = "position"
LISTEN_S = 4.0


def look(settings: Settings) -> Check:
    """Listen to gpsd for a few seconds."""
    where = settings.position
    if where.gpsd_port is None:
        return ok(NAME, "from the settings, no gpsd configured")
    deadline = time.monotonic() + LISTEN_S
    try:
        with GPSDClient(host=where.gpsd_host, port=where.gpsd_port, timeout=LISTEN_S) as client:
            for report in client.dict_stream(filter=["TPV", "SKY", "WATCH", "DEVICES"]):
                if is_fix(report):
                    return ok(NAME, "gpsd has a fix")
                if time.monotonic() > deadline:
                    break
    except TimeoutError:
        # Connected and then silent: gpsd says nothing while no receiver is attached.
        pass
    except (OSError, ValueError) as error:
        word = f"gpsd at {where.gpsd_host}:{where.gpsd_port} gives nothing: {error.__class__.__name__}"
        return failed(NAME, f"{word}; the settings' coordinates are used", "Start gpsd, or take gpsd_port out of the settings file.")
    remedy = "Give the receiver a clear sky and some minutes; see that it is attached (cgps shows what gpsd sees)."
    return warning(NAME, "gpsd has no fix; the settings' coordinates are used", remedy)


def is_fix(report: Mapping[str, Any]) -> bool:
    """Whether a report of gpsd carries a position; modes 2 and 3 are fixes."""
    return report.get("class") == "TPV" and report.get("mode", 0) >= 2 and "lat" in report and "lon" in report
