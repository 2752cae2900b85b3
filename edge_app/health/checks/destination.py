"""Fault: the one hospital that the site's policy asks is not in the directory, so nobody is asked until the crew picks another."""

from edge_app.config import Settings
from edge_app.dispatch.emergency_rooms import read_directory
from edge_app.dispatch.policy import Asks, policy_of
from edge_app.errors import DirectoryError
from edge_app.health.check import Check, failed, ok

NAME = "destination"
REMEDY = "Set destination in [dispatch] to an hpid of the directory (./edge rooms --settings FILE list), or import one that has it."


def look(settings: Settings) -> Check:
    """Look for it where dispatch does."""
    dispatch = settings.dispatch
    if policy_of(dispatch).asks is not Asks.DESTINATION:
        return ok(NAME, f"none set, the policy is {dispatch.policy}")
    try:
        rooms = read_directory(settings.directory_file)
    except DirectoryError as error:
        return failed(NAME, f"nobody can be asked: {error}", REMEDY)
    room = next((room for room in rooms if room.hpid == dispatch.destination), None)
    if room is None:
        return failed(NAME, f"nobody is asked: {dispatch.destination} is not in the directory", REMEDY)
    return ok(NAME, f"{room.hpid}, {room.name}")
