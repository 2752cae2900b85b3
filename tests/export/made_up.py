"""Tiny sets in the layout of the public ones. Positives carry a bright blob, so that there is something to learn."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch

from edge_app.reading.protocols.chest import CHEST_FINDINGS
from export.datasets.other_parts import MEDICAL_MNIST_KINDS
from export.recipes import chest_anatomy


def _picture(path: Path, seed: int, *, positive: bool = False, size: tuple[int, int] = (72, 60)) -> None:
    random = np.random.default_rng(seed)
    pixels = random.integers(40, 120, size).astype(np.uint8)
    if positive:
        cv2.circle(pixels, (size[1] // 3, size[0] // 2), 12, 230, -1)
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels)


def _mask(path: Path, *sides: str, size: tuple[int, int] = (72, 60)) -> str:
    """An oval on the picture's left, on its right, or both; the file's name."""
    mask = np.zeros(size, dtype=np.uint8)
    for side in sides:
        cv2.ellipse(mask, (size[1] // 4 if side == "left" else 3 * size[1] // 4, size[0] // 2), (9, 24), 0, 0, 360, 255, -1)
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), mask)
    return path.name


def _table(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _nih(folder: Path, patients: Sequence[int], seed: int) -> None:
    rows = []
    for number, patient in enumerate(patient for patient in patients for _ in range(2)):
        image = f"{patient:08d}_{number:03d}.png"
        values = {name: int((patient + column) % 3 == 0) for column, name in enumerate(CHEST_FINDINGS)}
        rows.append({"image": image, "patient": patient, "view": ("PA", "AP")[number % 2], **values})
        _picture(folder / "images" / image, seed + number, positive=bool(values["Pneumonia"]))
    _table(folder / "labels.csv", rows)


_SIDES = (("right", "left"), ("left", "right"))
"""The patient's right lung lies on the left of the picture."""


def make_sets(data: Path) -> Path:
    """Write every set of the shared layout into ``data``; the folder."""
    _nih(data / "nih", range(1, 11), 100)
    _nih(data / "nih64", range(6, 14), 200)
    rows: list[dict[str, object]] = []
    for number in range(12):
        cause = ("", "bacteria", "virus")[number % 3]
        rows.append({"image": f"p{number}.jpg", "patient": f"c{number // 2}", "pneumonia": int(bool(cause)), "cause": cause})
        _picture(data / "paediatric/images" / f"p{number}.jpg", 300 + number, positive=bool(cause))
    _table(data / "paediatric/labels.csv", rows)
    rows = []
    for number in range(8):
        mask = _mask(data / "tuberculosis/lung_masks" / f"s_{number}.png", "left", "right") if number != 7 else ""
        rows.append({"image": f"s_{number}.jpg", "site": "shenzhen", "tuberculosis": number % 2, "lung_mask": mask})
        _picture(data / "tuberculosis/images" / f"s_{number}.jpg", 400 + number, positive=bool(number % 2))
    _table(data / "tuberculosis/labels.csv", rows)
    kinds = ("COVID-19", "No Finding", "Lipoid", "", "SARS", "COVID-19")
    rows = []
    for number, finding in enumerate(kinds):
        graded = number in (0, 4)
        rows.append(
            {
                "image": f"v{number}.png",
                "patient": number,
                "view": "PA",
                "finding": finding,
                "sex": ("M", "F", "")[number % 3],
                "age": "" if number == 2 else 40 + number,
                "licence": "CC BY-NC-ND 4.0" if number == 5 else "CC BY 4.0",
                "geographic_extent_0_8": "4.5" if graded else "",
                "opacity_0_6": "3" if graded else "",
                "brixia_senior_a_to_f": "1 2 1 2 1 2" if graded else "",
                "brixia_senior_0_18": "9" if graded else "",
                "brixia_junior_a_to_f": "2 2 2 2 2 2" if graded else "",
                "brixia_junior_0_18": "12" if graded else "",
                "lung_mask": _mask(data / "covid/lung_masks" / f"v{number}.png", "left", "right") if number == 3 else "",
            }
        )
        _picture(data / "covid/images" / f"v{number}.png", 500 + number, positive=number == 0)
    _table(data / "covid/labels.csv", rows)
    # The patient's right lung lies on the left of the picture.
    sides = {"right_lung": ("left",), "left_lung": ("right",), "cardiomediastinum": ("right",), "airways": ("left",), "tubings": ("left",)}
    parts = [
        {"image": f"v{number}.png", "structure": name, "mask": _mask(data / "covid/part_masks" / f"v{number}_{name}.png", *side)}
        for number in (0, 1, 4)
        for name, side in sides.items()
    ]
    _table(data / "covid/parts.csv", parts)
    for number in range(8):
        _picture(data / "adult_normal/images" / f"{number:05d}.jpg", 600 + number)
        _picture(data / "cephalogram/images" / f"{number:03d}.jpg", 700 + number, size=(80, 90))
        _picture(data / "spine_lateral_unlabelled" / f"spine-{number}.jpg", 800 + number)
    rows = []
    for number in range(8):
        rows.append({"image": f"f{number}.jpg", "fracture": number % 2, "part": "hand", "hardware": 0, "view": "frontal"})
        _picture(data / "fracture/images" / f"f{number}.jpg", 900 + number, size=(60, 100))
    _table(data / "fracture/labels.csv", rows)
    for index, part in enumerate(MEDICAL_MNIST_KINDS):
        for number in range(4):
            _picture(data / "other/medmnist64" / part / f"{number:06d}.jpeg", 1000 + 10 * index + number, size=(64, 64))
    return data


def make_nursery(folder: Path) -> Path:
    """A hospital's newborns with their grades and outlines; the folder."""
    rows: list[dict[str, object]] = []
    for number in range(16):
        masks = {f"mask_{side}_lung": "masks/" + _mask(folder / "masks" / f"n{number}_{side}.png", where) for side, where in _SIDES}
        rows.append({"image": f"n{number}.png", "patient": number, "grade": number % 5, "age_days": 1, **masks})
        _picture(folder / f"n{number}.png", 950 + number, positive=bool(number % 5))
    _table(folder / "grades.csv", rows)
    return folder


def outline_lungs(runs: Path) -> None:
    """What outlines lungs as if it had been trained there, for what begins from it: that has a road of its own."""
    lungs = chest_anatomy.RECIPE.small()
    weights = runs / lungs.name / "weights.pt"
    weights.parent.mkdir()
    torch.save(lungs.task.network(lungs.width).state_dict(), weights)
    (weights.parent / "manifest.json").write_text(json.dumps({"pictures": []}))
