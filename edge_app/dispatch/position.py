"""Where the box is: gpsd's fix where there is one, else the coordinates in the settings."""

import logging
import math
import threading
import time
from dataclasses import dataclass
from enum import StrEnum

from gpsdclient import GPSDClient

from edge_app.config import Position

log = logging.getLogger(__name__)

FIX_AGES_AFTER_S = 30.0
RECONNECT_AFTER_S = 5.0
EARTH_RADIUS_KM = 6371.0088


class PositionSource(StrEnum):
    """Where a position comes from."""

    GPS = "gps"
    SETTINGS = "settings"


@dataclass(frozen=True)
class Place:
    """A position on WGS 84, in degrees."""

    latitude: float
    longitude: float
    source: PositionSource


@dataclass(frozen=True)
class Fix:
    """A position that gpsd gave ``age_s`` ago."""

    place: Place
    age_s: float


def great_circle_km(a_latitude: float, a_longitude: float, b_latitude: float, b_longitude: float) -> float:
    """Kilometres between two points on the sphere of mean radius, by the haversine formula. Degrees in."""
    a_phi, b_phi = math.radians(a_latitude), math.radians(b_latitude)
    half_phi = (b_phi - a_phi) / 2
    half_lambda = math.radians(b_longitude - a_longitude) / 2
    haversine = math.sin(half_phi) ** 2 + math.cos(a_phi) * math.cos(b_phi) * math.sin(half_lambda) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(haversine)))


def bearing_deg(a_latitude: float, a_longitude: float, b_latitude: float, b_longitude: float) -> float:
    """In which direction the great circle from a to b begins: 0 north, 90 east, below 360. Degrees in."""
    a_phi, b_phi, turned = math.radians(a_latitude), math.radians(b_latitude), math.radians(b_longitude - a_longitude)
    east = math.sin(turned) * math.cos(b_phi)
    north = math.cos(a_phi) * math.sin(b_phi) - math.sin(a_phi) * math.cos(b_phi) * math.cos(turned)
    return math.degrees(math.atan2(east, north)) % 360


def fix_of(report: object) -> tuple[float, float] | None:
    """Latitude and longitude of a report of gpsd, or None where it holds no fix."""
    if not isinstance(report, dict):
        return None
    # Mode 2 and 3 are fixes; below them latitude and longitude are stale or missing.
    mode, latitude, longitude = report.get("mode"), report.get("lat"), report.get("lon")
    if mode not in (2, 3) or not isinstance(latitude, float | int) or not isinstance(longitude, float | int):
        return None
    return (float(latitude), float(longitude)) if -90 <= latitude <= 90 and -180 <= longitude <= 180 else None


class Locator:
    """Follows gpsd in a thread of its own; asking it never waits."""

    def __init__(self, settings: Position, stopping: threading.Event) -> None:
        self._settings = settings
        self._stopping = stopping
        self._fix: tuple[float, float, float] | None = None
        if settings.gpsd_port is not None:
            threading.Thread(target=self._follow, args=(settings.gpsd_port,), name="gpsd", daemon=True).start()

    def place(self) -> Place:
        """The position now: a fix younger than 30 s, else the settings'."""
        fix = self.fix()
        if fix is not None:
            return fix.place
        return Place(self._settings.latitude, self._settings.longitude, PositionSource.SETTINGS)

    def fix(self) -> Fix | None:
        """A fix younger than 30 s, or None."""
        fix = self._fix
        if fix is None:
            return None
        age_s = time.monotonic() - fix[2]
        return Fix(Place(fix[0], fix[1], PositionSource.GPS), age_s) if age_s < FIX_AGES_AFTER_S else None

    def _follow(self, port: int) -> None:
        while not self._stopping.is_set():
            try:
                with GPSDClient(host=self._settings.gpsd_host, port=port, timeout=10) as client:
                    for report in client.dict_stream(filter=["TPV"]):
                        if self._stopping.is_set():
                            return
                        fix = fix_of(report)
                        if fix is not None:
                            self._fix = (*fix, time.monotonic())
            except (OSError, ValueError, TypeError) as error:
                log.info("gpsd is not there: %s", type(error).__name__)
            self._stopping.wait(RECONNECT_AFTER_S)
