"""Renditions: each readable picture once more in the one form that screens and links use.

Only the reading service decodes what came from outside. It leaves a rendition behind, so that a picture that brings a decoder
down cannot bring down the kiosk or the dispatch as well.
"""

import cv2
import numpy as np

from edge_app.casebook import Casebook
from edge_app.casebook.attempts import STARTS_BEFORE_SET_ASIDE
from edge_app.casebook.radiographs import StoredRadiograph, get_radiograph
from edge_app.database import Database
from edge_app.errors import CasebookError
from edge_app.radiograph.picture import Assumption, Facts, Picture, VoiFunction, Window

LONGEST_SIDE = 2048
_SEPARATOR = ","


def add_rendition(casebook: Casebook, radiograph_id: str, picture: Picture) -> None:
    """Keep a decoded picture, 16-bit greyscale PNG of at most 2048 pixels, beside its radiograph."""
    pixels = picture.shrunk(LONGEST_SIDE)
    # The lightest compression: the picture should be on the screen soon, and the disk is large.
    encoded, content = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not encoded:
        raise CasebookError("a rendition could not be encoded")
    digest = casebook.pictures.keep(content.tobytes())
    spacing = picture.spacing_mm
    with casebook.database.writing() as tables:
        tables.table("renditions").upsert(
            {
                "radiograph_id": radiograph_id,
                "sha256": digest,
                "rows": picture.rows,
                "columns": picture.columns,
                "window_center": float(picture.window.center),
                "window_width": float(picture.window.width),
                "window_function": str(picture.window.function),
                "row_spacing_mm": None if spacing is None else spacing[0],
                "column_spacing_mm": None if spacing is None else spacing[1],
                "assumptions": _SEPARATOR.join(picture.assumptions),
            },
            pk="radiograph_id",
        )


def next_to_render(database: Database) -> StoredRadiograph | None:
    """A radiograph that was read and has no rendition, unless it was begun too often or cannot have one; the oldest first."""
    row = database.row(
        """SELECT r.id FROM radiographs r LEFT JOIN renditions p ON p.radiograph_id = r.id
           LEFT JOIN rendition_attempts a ON a.radiograph_id = r.id
           WHERE p.radiograph_id IS NULL AND coalesce(a.started, 0) < :starts
           AND EXISTS (SELECT 1 FROM readings d WHERE d.radiograph_id = r.id) ORDER BY r.rowid LIMIT 1""",
        {"starts": STARTS_BEFORE_SET_ASIDE},
    )
    return None if row is None else get_radiograph(database, row["id"])


def rendition_of(casebook: Casebook, radiograph_id: str) -> Picture | None:
    """The rendition of a radiograph, or None where there is none: not decoded yet, or not decodable."""
    row = casebook.database.row("SELECT * FROM renditions WHERE radiograph_id = :id", {"id": radiograph_id})
    if row is None:
        return None
    try:
        content = casebook.pictures.path_of(row["sha256"]).read_bytes()
    except OSError as error:
        raise CasebookError("a rendition's file is missing") from error
    pixels = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.ndim != 2 or pixels.dtype != np.uint16:
        raise CasebookError("a rendition's file is damaged")
    spacing = None if row["row_spacing_mm"] is None else (row["row_spacing_mm"], row["column_spacing_mm"])
    window = Window(row["window_center"], row["window_width"], VoiFunction(row["window_function"]))
    assumptions = tuple(Assumption(word) for word in row["assumptions"].split(_SEPARATOR) if word)
    return Picture(np.asarray(pixels, dtype=np.uint16), window, row["rows"], row["columns"], spacing, Facts(), assumptions)
