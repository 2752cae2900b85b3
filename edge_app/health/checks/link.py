"""Fault: the box's own end of the link is down, whatever the broker says to others."""

from edge_app.config import Settings
from edge_app.errors import Who
from edge_app.health.casebook_view import open_view
from edge_app.health.check import Check, failed, ok, warning
from edge_app.health.checks.services import is_alive
from edge_app.link.state import LinkWord, read_link_state
from edge_app.services import service_named

NAME = "link"
# The uplink notes its state every few seconds, and between two attempts to connect at the latest after 15 s.
STALE_AFTER_S = 30.0
_REMEDIES = {
    LinkWord.UNREACHABLE: "Start the broker and see that its address in the settings is right.",
    LinkWord.REFUSED: "The broker is there but refuses this box: see the broker's log and its configuration.",
    LinkWord.LOST: "The connection broke and is being tried again; if it stays, see the broker's log and the network.",
    LinkWord.TAKEN_OVER: "Another machine connects with this box's identity, a copy of its disk perhaps: switch one of them off.",
    LinkWord.NAMESAKE: "Another box has this one's unit id: give each its own under [unit] in its settings, and restart the uplink.",
    LinkWord.STORAGE_FAILED: "The casebook could not be written: follow Durable folders and Free disk first.",
    LinkWord.STOPPED: "Start the uplink: systemctl start edge-uplink",
    LinkWord.CONNECTED: "Restart the uplink: systemctl restart edge-uplink",
}


def look(settings: Settings) -> Check:
    """What the uplink last noted, and whether it still lives to note anything."""
    view = open_view(settings, NAME)
    if isinstance(view, Check):
        return view
    try:
        state = read_link_state(view)
    finally:
        view.close()
    if state is None or not is_alive(settings, service_named("uplink")):
        return warning(
            NAME, "the uplink does not run, so nothing reaches a hospital", "Start the box; until then phone the hospital.", Who.CREW
        )
    if state.alive_age_s is None or state.alive_age_s > STALE_AFTER_S:
        return failed(NAME, "the uplink lives but has not noted its state for long", _REMEDIES[LinkWord.STORAGE_FAILED])
    if not state.connected:
        return failed(NAME, f"not connected: {state.word.replace('_', ' ')}; hospitals must be phoned", _REMEDIES[state.word])
    if state.word is LinkWord.NAMESAKE:
        return failed(NAME, "another box is on the link under this unit's id; answers may be told to both", _REMEDIES[state.word])
    return ok(NAME, f"connected, MQTT {state.protocol}")
