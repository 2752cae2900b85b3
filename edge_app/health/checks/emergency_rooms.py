"""Fault: the directory of emergency rooms cannot be read, is too short, or is only the one that ships."""

from edge_app.config import Settings
from edge_app.dispatch.emergency_rooms import SHIPPED, read_directory
from edge_app.dispatch.policy import asks_at_once
from edge_app.errors import DirectoryError
from edge_app.health.check import Check, failed, ok, warning

NAME = "emergency_rooms"
REMEDY = "Import the directory of your region: ./edge rooms --settings FILE import CSV"


def look(settings: Settings) -> Check:
    """Read the directory in use as dispatch does."""
    imported = settings.directory_file.is_file()
    try:
        count = len(read_directory(settings.directory_file))
    except DirectoryError as error:
        return failed(NAME, f"no hospital can be asked: {error}", REMEDY)
    asked = asks_at_once(settings.dispatch)
    if count < asked:
        return warning(NAME, f"{count} rooms, {asked} are to be asked", REMEDY)
    if not imported:
        return warning(NAME, f"{count} rooms of the sample that ships ({SHIPPED.name}), none imported", REMEDY)
    return ok(NAME, f"{count} rooms")
