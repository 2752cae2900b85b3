"""The hospital's own link to the relay, as the console shows it. What is not known to be alive is shown as lost."""

from dataclasses import dataclass
from enum import StrEnum

from edge_app.database import Database
from edge_app.link.state import LinkWord, read_link_state

SILENT_AFTER_S = 15.0


class LinkFault(StrEnum):
    """Why no request can arrive, beyond the link's own words."""

    NEVER_RAN = "never_ran"
    SILENT = "silent"


@dataclass(frozen=True)
class LinkView:
    """The link now. ``code`` is a LinkWord or a LinkFault; ``down_s`` is how long it has been down, None while it works or unknown."""

    works: bool
    code: str
    down_s: float | None


def link_view(database: Database) -> LinkView:
    """The link works only where its service says so and has said so lately."""
    state = read_link_state(database)
    if state is None:
        return LinkView(works=False, code=LinkFault.NEVER_RAN, down_s=None)
    if not state.connected:
        return LinkView(works=False, code=state.word, down_s=state.changed_age_s)
    if state.alive_age_s is None or state.alive_age_s > SILENT_AFTER_S:
        return LinkView(works=False, code=LinkFault.SILENT, down_s=state.alive_age_s)
    return LinkView(works=True, code=LinkWord.CONNECTED, down_s=None)
