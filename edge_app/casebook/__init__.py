"""The casebook: cases, radiographs, readings, offers, receipts and events in one SQLite file, the only state services share."""

from pathlib import Path

from edge_app.casebook.migrations import MIGRATIONS
from edge_app.database import Database
from edge_app.files import PictureStore


class Casebook:
    """The box's memory: ``database`` holds the rows, ``pictures`` the files they name."""

    def __init__(self, folder: Path) -> None:
        """Open the casebook in ``folder``, creating it where it is missing. CasebookError where it cannot be opened."""
        self.folder = folder
        self.database = Database(folder / "casebook.sqlite3", MIGRATIONS)
        self.pictures = PictureStore(folder / "pictures")
        self.maps = folder / "maps"
        self.maps.mkdir(parents=True, exist_ok=True)
