"""Readings of swallows, with a film of few frames that can be told apart by how grey they are."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.casebook.films import add_film, strip_of
from edge_app.casebook.radiographs import StoredRadiograph
from edge_app.casebook.readings import StoredReading, add_reading
from edge_app.casebook.renditions import add_rendition
from edge_app.radiograph.picture import Facts, Picture, VoiFunction, Window
from edge_app.radiograph.video_source import Flaw
from edge_app.reading.finding import (
    Decision,
    Film,
    Finding,
    Gap,
    GateVerdict,
    KeyFrame,
    Measurement,
    Missing,
    Protocol,
    Reading,
    Timing,
    Urgency,
)
from edge_app.reading.protocols.swallow import AFTERWARDS, BETWEEN, OUTLINES, PERCENT, RESIDUE, SECONDS
from edge_app.reading.swallow import ASPIRATION, PENETRATION
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.figured import ellipse

SIDE, FRAMES = 480, 24
"""Pixels of the original, twice those of the film, and how many frames there are."""
STEP_S, PAUSE_S, PAUSE_AT = 0.05, 0.45, 12
"""The frames lie evenly but for one that comes late."""
TIMES = tuple(round(STEP_S * number + (PAUSE_S if number >= PAUSE_AT else 0.0), 2) for number in range(FRAMES))
PASSAGE = {
    "oral_onset": 2, "head_past_ramus": 5, "hyoid_onset": 6, "larynx_closed": 8, "ues_opened": 9,
    "hyoid_highest": 11, "tail_past_ues": 15, "ues_closed": 16, "larynx_opened": 18,
}  # fmt: skip
ASPIRATED, PENETRATED, AFTER = 14, 10, 17
EVENTS = tuple(KeyFrame(name, number) for name, number in PASSAGE.items())
KEYS = (
    *(key for key in EVENTS if key.number < PENETRATED),
    KeyFrame(PENETRATION, PENETRATED),
    KeyFrame("hyoid_highest", 11),
    KeyFrame(ASPIRATION, ASPIRATED),
    *(key for key in EVENTS if key.number in (15, 16)),
    KeyFrame(AFTERWARDS, AFTER),
    KeyFrame("larynx_opened", 18),
)
CUT_SHORT: dict[str, Any] = {
    "flaws": (Flaw.TRUNCATED, Flaw.VARIABLE_RATE),
    "frames_told": 40,
}
"""Of a film that breaks off."""


def greys(number: int) -> int:
    """How grey a frame is where nothing lies."""
    return 40 + 8 * number


def frame_at(number: int, side: int) -> NDArray[np.uint8]:
    """(side, side) uint8: a spine, and the bolus on its way down."""
    scale = side / SIDE
    frame = np.full((side, side), greys(number), dtype=np.uint8)
    cv2.rectangle(frame, (round(330 * scale), round(90 * scale)), (round(385 * scale), round(440 * scale)), 235, -1)
    for polygon in outlines_at(number)["bolus"]:
        cv2.fillPoly(frame, [np.rint(np.array(polygon) * scale).astype(np.int32)], 12)
    return frame


def outlines_at(number: int) -> dict[str, list[list[list[float]]]]:
    """As the reading service writes them."""
    down = 90 + 14 * number
    drawn = {
        "cervical_spine": ellipse(357, 265, 28, 175),
        "mandible": ellipse(130, 160, 80, 34),
        "hyoid": ellipse(215, 265 - 4 * min(number, 11), 18, 9),
        "airway": ellipse(230, 350, 20, 70),
        "bolus": ellipse(268, down, 20, 34),
    }
    return {name: [[[x, y] for x, y in polygon]] for name, polygon in drawn.items()}


def write_outlines(seed: Seeder, radiograph: StoredRadiograph) -> Path:
    folder = seed.casebook.maps / radiograph.id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / OUTLINES).write_text(json.dumps({"frames": [outlines_at(number) for number in range(FRAMES)]}), encoding="utf-8")
    return folder / OUTLINES


def swallow_film(outlines: Path | None, **changes: Any) -> Film:
    fields: dict[str, Any] = {"times_s": TIMES, "passages": (PASSAGE,), "key_frames": KEYS, "still": ASPIRATED, "outlines": outlines}
    return Film(**{**fields, **changes})


def swallow_findings(aspiration: float = 0.72, penetration: float = 0.88) -> tuple[Finding, ...]:
    """Of a model that learnt from drawn swallows alone: never present, never absent."""
    return tuple(
        Finding(name, probability, Decision.UNCERTAIN, 0.5, 0, False, None, True)
        for name, probability in ((ASPIRATION, aspiration), (PENETRATION, penetration))
    )


MEASURED = {
    **dict(zip(BETWEEN, (Measurement(value, SECONDS, margin=0.113) for value in (0.15, 0.95, 0.05, 0.95, 0.8)), strict=True)),
    **dict(zip(RESIDUE, (Measurement(value, PERCENT, margin=7.2) for value in (31.4, 8.0)), strict=True)),
}


def untimed() -> dict[str, Any]:
    """What a reading of a video says that does not tell when its frames were taken."""
    left = {name: MEASURED[name] for name in RESIDUE}
    return {"measurements": left, "missing": tuple(Missing(name, Gap.NOT_MEASURABLE, "no frame rate") for name in BETWEEN)}


def swallow_read(seed: Seeder, radiograph: StoredRadiograph, film: Film, **changes: Any) -> StoredReading:
    fields: dict[str, Any] = {
        "protocol": Protocol.SWALLOW,
        "refusal": None,
        "gate": GateVerdict("videofluoroscopy", 0.97),
        "findings": swallow_findings(),
        "urgency": Urgency.URGENT,
        "top3": (PENETRATION, ASPIRATION),
        "timing": Timing(400, 15, 2300, 2800),
        "models": {"radiograph_gate": "aa" * 32, "swallow_bolus": "5a" * 32},
        "engine": "openvino",
        "rows": SIDE,
        "columns": SIDE,
        "measurements": MEASURED,
        "film": film,
    }
    return add_reading(seed.database, radiograph.id, Reading(**{**fields, **changes}))


def draw_film(seed: Seeder, radiograph: StoredRadiograph, frames: int = FRAMES) -> None:
    """Its frames, half as large as they came, and the one that stands for all."""
    add_film(seed.casebook, radiograph.id, strip_of(frame_at(number, SIDE // 2) for number in range(frames)))
    window = Window(127.5, 255, VoiFunction.LINEAR_EXACT)
    pixels = frame_at(ASPIRATED, SIDE).astype(np.uint16)
    add_rendition(seed.casebook, radiograph.id, Picture(pixels, window, SIDE, SIDE, None, Facts(), ()))


def filmed(seed: Seeder, of_film: dict[str, Any] | None = None, **changes: Any) -> StoredReading:
    """A swallow that was read and can be played."""
    seed.link()
    radiograph = seed.radiograph()
    film = swallow_film(**{"outlines": write_outlines(seed, radiograph), **(of_film or {})})
    stored = swallow_read(seed, radiograph, film, **changes)
    draw_film(seed, radiograph)
    return stored
