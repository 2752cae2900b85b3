"""Fault: a router is set, but it gives no travel times by road, so that all of them are estimates."""

from edge_app.config import Settings
from edge_app.dispatch.emergency_rooms import read_directory
from edge_app.dispatch.position import Place, PositionSource
from edge_app.dispatch.roads import NEAREST, roads_from
from edge_app.errors import DirectoryError, RouterError
from edge_app.health.check import Check, failed, ok, warning

NAME = "router"
START = "Start it (osrm-routed) and see that osrm in [dispatch] names its host and port, or take osrm out of the settings."
MAP = "Give it a map of the region of the box and its hospitals (osrm-extract of an OpenStreetMap file, profile car)."


def look(settings: Settings) -> Check:
    """Ask it, as dispatch does, for the ways from the settings' coordinates to the nearest hospitals."""
    router, where = settings.dispatch.osrm, settings.position
    if router is None:
        return ok(NAME, "none set, travel times are estimates")
    try:
        rooms = read_directory(settings.directory_file)
    except DirectoryError as error:
        remedy = "Import the directory of your region: ./edge rooms --settings FILE import CSV"
        return warning(NAME, f"not tried, for no hospital is known: {error}", remedy)
    try:
        roads = roads_from(router, Place(where.latitude, where.longitude, PositionSource.SETTINGS), rooms)
    except RouterError as error:
        return failed(NAME, f"travel times are estimates, {router} gives none: {error}", START)
    asked = min(NEAREST, len(rooms))
    if not roads:
        return warning(NAME, f"travel times are estimates, {router} knows no road to any of {asked} hospitals", MAP)
    return ok(NAME, f"{router} knows the road to {len(roads)} of {asked} hospitals")
