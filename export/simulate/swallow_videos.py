"""Lateral videofluoroscopies of nobody: some frames of each as files with their outlines, and whole sequences to measure."""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from edge_app.reading.swallow import ASPIRATION, HEAD_PAST_RAMUS, ORAL_ONSET, OUTLINED, PENETRATION, TAIL_PAST_UES
from export.atomic import replacing, write_png, write_text
from export.datasets.labelled import Labelled
from export.simulate.once import draw_once, told_of
from export.simulate.swallow_phantom import Frame, SwallowPhantom, SwallowStudy, swallow_phantom

SOURCE, DRY = "swallow_phantoms", "dry_phantoms"
FRAMES = 6
"""Of every sequence as files."""
_DRY_EVERY, _STILL_EVERY = 5, 10
"""One of so many sequences is without barium, and of those every other one without a swallow too."""
_QUALITY = (80, 96)


def _picture(sequence: Path, at: int) -> Path:
    return sequence.with_name(f"{sequence.name}-{at}.jpg")


def _mask(picture: Path, name: str) -> Path:
    return picture.with_name(f"{picture.stem}.{name}.png")


def _seconds(study: SwallowStudy, random: np.random.Generator) -> list[float]:
    """``FRAMES`` moments: one before the bolus moves, most of them while it is in the throat or has gone the wrong way, one after."""
    end = (study.count - 1) / study.frames_per_s
    if not study.courses:
        return sorted(random.uniform(0.0, end, FRAMES))
    own = study.courses[-1]
    first, past, gone = own.events[ORAL_ONSET], own.events[HEAD_PAST_RAMUS], own.events[TAIL_PAST_UES]
    chosen = [random.uniform(0.0, first), random.uniform(first, past), random.uniform(own.rest_s, max(end, own.rest_s))]
    chosen += list(random.uniform(past, gone, FRAMES - len(chosen)))
    if own.misway is not None:
        chosen[-1] = random.uniform(own.misway.start_s, own.misway.over_s)
    return sorted(chosen)


def _numbers(study: SwallowStudy, random: np.random.Generator) -> list[int]:
    """``FRAMES`` frames, no two the same."""
    chosen = {study.at(second) for second in _seconds(study, random)}
    others = [number for number in random.permutation(study.count) if number not in chosen]
    return sorted([*chosen, *(int(number) for number in others[: FRAMES - len(chosen)])])


def _write(picture: Path, frame: Frame, quality: int) -> None:
    encoded = cv2.imencode(".jpg", frame.picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
    with replacing(picture) as temporary:
        temporary.write_bytes(encoded)
    for name, mask in (*frame.masks.items(), *frame.regions.items()):
        write_png(_mask(picture, name), mask)


def _swallowed(number: int) -> tuple[bool, int | None]:
    """Whether that sequence has barium, and how many swallows where that is not left to chance."""
    if number % _DRY_EVERY:
        return True, None
    return False, 0 if number % _STILL_EVERY else None


def _draw(sequence: Path, number: int, seed: tuple[int, ...]) -> None:
    """Write the frames of a sequence with their outlines, and last what is true of each."""
    random = np.random.default_rng(seed)
    contrast, swallows = _swallowed(number)
    study = SwallowStudy(random, contrast=contrast, swallows=swallows)
    numbers, quality = _numbers(study, random), int(random.integers(*_QUALITY))
    told = []
    for at, frame in enumerate(study.frames(numbers)):
        _write(_picture(sequence, at), frame, quality)
        told.append({name: float(frame.entered(name)) for name in (PENETRATION, ASPIRATION)})
    write_text(told_of(sequence), json.dumps(told))


def swallow_videos(folder: Path, seed: int, count: int, *, workers: int = 2) -> list[Labelled]:
    """``FRAMES`` frames of each of ``count`` sequences, each of its own patient, some without barium; drawn once and kept in ``folder``.

    Labelled by whether barium is seen in the larynx or below it on that frame.
    """
    wanted = [(folder / SOURCE / f"{seed}-{number}", (number, (seed, 3, number))) for number in range(count)]
    draw_once(_draw, wanted, SOURCE, workers=workers)
    return [
        Labelled(
            _picture(sequence, at),
            f"{SOURCE}:{seed}-{number}",
            SOURCE if number % _DRY_EVERY else DRY,
            "videofluoroscopy",
            labels={name: float(value) for name, value in labels.items()},
            simulated=True,
            masks={name: _mask(_picture(sequence, at), name) for name in OUTLINED},
        )
        for sequence, (number, _) in wanted
        for at, labels in enumerate(json.loads(told_of(sequence).read_text(encoding="utf-8")))
    ]


def whole_swallows(seed: int, count: int, *, contrast: bool = True, rows: int | None = None) -> Iterator[SwallowPhantom]:
    """``count`` whole sequences to measure, one after the other, the numbers of the scale in turn.

    Other patients than those of ``swallow_videos``; nothing is written.
    """
    for number in range(count):
        random = np.random.default_rng((seed, 4, number))
        yield swallow_phantom(random, contrast=contrast, pas=number % 8 + 1, rows=rows)
