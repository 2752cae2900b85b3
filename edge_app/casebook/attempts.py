"""How often something about a radiograph was begun: what takes its service down each time is recognised after the restart, and left."""

from enum import StrEnum

from edge_app.database import Database

STARTS_BEFORE_SET_ASIDE = 3


class Attempt(StrEnum):
    """What is begun, by the table that counts it."""

    READING = "reading_attempts"
    RENDITION = "rendition_attempts"
    ORIGINAL = "originals"


def begin(database: Database, of: Attempt, radiograph_id: str) -> int:
    """Note durably that it starts, and return how often it has now been started."""
    with database.writing() as tables:
        table = tables.table(of)
        table.insert({"radiograph_id": radiograph_id, "started": 0}, ignore=True)
        started = int(table.get(radiograph_id)["started"]) + 1
        table.update(radiograph_id, {"started": started})
    return started


def set_aside(database: Database, of: Attempt, radiograph_id: str) -> None:
    """It cannot be done, and is not tried again."""
    with database.writing() as tables:
        tables.table(of).upsert({"radiograph_id": radiograph_id, "started": STARTS_BEFORE_SET_ASIDE}, pk="radiograph_id")
