"""A made-up hospital's videos of swallowing in the layout of ``own_swallows``: phantoms, of which the table does not say that they are."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np

from edge_app.reading.swallow import BOLUS, MANDIBLE, SPINE
from edge_app.simulator.video import write_cine, write_video
from export.datasets.own_swallows import COCO, TABLE
from export.simulate.swallow_phantom import SwallowPhantom, swallow_phantom

SIDE = 96
OUTLINED = (SPINE, MANDIBLE, BOLUS)


def phantom(at: int, pas: int) -> SwallowPhantom:
    return swallow_phantom(np.random.default_rng(700 + at), swallows=1, pas=pas, rows=SIDE, frames_per_s=15.0)


def make_hospital(folder: Path, count: int = 4) -> Path:
    """Videos in turn as DICOM and AVI, three outlined frames each in masks, and one more of the first in COCO; the folder."""
    (folder / "masks").mkdir(parents=True)
    rows = []
    for at in range(count):
        made, name = phantom(at, 8 if at % 2 else 1), f"{at}.{'avi' if at % 2 else 'dcm'}"
        if at % 2:
            write_video(folder / name, made.frames, fps=15.0)
        else:
            write_cine(folder / name, made.frames)
        own = made.swallows[0]
        rows.append(
            {"video": name, "patient": f"p{at}", "pas": own.pas, **{event: f"{second:.3f}" for event, second in own.events.items()}}
        )
        for number in np.linspace(0, len(made.frames) - 1, 3).astype(int):
            files = {}
            for structure in OUTLINED:
                if made.masks[structure][number].any():
                    files[f"mask_{structure}"] = f"masks/{at}_{number}_{structure}.png"
                    assert cv2.imwrite(str(folder / files[f"mask_{structure}"]), made.masks[structure][number])
            rows.append({"video": name, "patient": f"p{at}", "frame": number, **files})
    columns = list(
        dict.fromkeys(["video", "patient", "frame", *(f"mask_{name}" for name in OUTLINED), *(key for row in rows for key in row)])
    )
    with (folder / TABLE).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    coco = {
        "images": [{"id": 1, "video": "0.dcm", "frame": 5, "height": SIDE, "width": SIDE}],
        "categories": [{"id": 1, "name": BOLUS}, {"id": 2, "name": SPINE}],
        "annotations": [
            {"image_id": 1, "category_id": 1, "segmentation": [[10.0, 10.0, 20.0, 10.0, 20.0, 30.0, 10.0, 30.0]]},
            {"image_id": 1, "category_id": 1, "segmentation": [[40.0, 40.0, 50.0, 40.0, 50.0, 50.0, 40.0, 50.0]]},
        ],
    }
    (folder / COCO).write_text(json.dumps(coco))
    return folder
