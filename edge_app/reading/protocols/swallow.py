"""The swallow protocol: barium followed through mouth and throat on a lateral video, its times, what stays behind and what goes wrong.

On every frame one network outlines cervical spine and mandible, which are clear, and then, given those, the bolus and where it may lie.
Aspiration and penetration are told by barium below and above the vocal folds; no single frame decides.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError, Refusal
from edge_app.files import write_durably
from edge_app.radiograph.picture import Picture
from edge_app.radiograph.video import Video
from edge_app.radiograph.video_source import Flaw
from edge_app.reading.alignment import within
from edge_app.reading.canvas import Placement
from edge_app.reading.card import Card, Label
from edge_app.reading.finding import Decision, Film, Finding, Gap, KeyFrame, Measurement, Missing
from edge_app.reading.protocols.findings import top_three
from edge_app.reading.protocols.method import Assessment, Folders, Look, RefusedError, decide
from edge_app.reading.seen import Seen
from edge_app.reading.swallow import (
    ASPIRATION,
    BOLUS,
    CAN_KEEP,
    HEAD_PAST_RAMUS,
    HYOID_ONSET,
    LARYNX_CLOSED,
    LARYNX_OPENED,
    MANDIBLE,
    ORAL_ONSET,
    PENETRATION,
    PHARYNX,
    REGIONS,
    SPINE,
    STRUCTURES,
    SUBGLOTTIS,
    TAIL_PAST_UES,
    UES_CLOSED,
    UES_OPENED,
    VESTIBULE,
)
from edge_app.reading.swallowing import Moment, Passage, entered, moment_of, passages, residue

SWALLOW_MODEL = "swallow_bolus"
SWALLOW_KINDS = frozenset({"videofluoroscopy"})
OUTLINES = "outlines.json"
BELOW: Mapping[str, str] = {ASPIRATION: SUBGLOTTIS, PENETRATION: VESTIBULE}
"""Where barium is that each finding is told by."""
SECONDS, PERCENT = "s", "%"
"""UCUM's codes."""
BETWEEN: Mapping[str, tuple[str, str]] = {
    "oral_transit": (ORAL_ONSET, HEAD_PAST_RAMUS),
    "pharyngeal_transit": (HEAD_PAST_RAMUS, TAIL_PAST_UES),
    "pharyngeal_delay": (HEAD_PAST_RAMUS, HYOID_ONSET),
    "laryngeal_closure": (LARYNX_CLOSED, LARYNX_OPENED),
    "ues_opening": (UES_OPENED, UES_CLOSED),
}
"""The durations, each between two events."""
RESIDUE: Mapping[str, str] = {f"residue_{region}": region for region in CAN_KEEP}
"""What stays behind after the last passage, as a share of the region's room."""
MEASURED = (*BETWEEN, *RESIDUE)
_LEAST_SEEN = 0.5
"""Of the frames: where cervical spine and mandible are outlined on fewer, it is no lateral neck that the network knows."""
_LEAST_SHARE = 0.002
_LEAST_BARIUM = 6.0
"""Pixels of the map: a frame with less shows no bolus, and a video without a frame of more was taken without contrast."""
_CUT_SHORT = frozenset({Flaw.TRUNCATED, Flaw.FRAMES_MISSING, Flaw.FRAMES_LEFT_OUT})
_UNTIMED = frozenset({Flaw.RATE_ASSUMED})
_SURE = 0.5
_LITTLE = 10.0
"""Per cent of a region's room: who may be off by no more may say that nothing stays behind."""
_CHANCE = 0.5
"""The AUROC of a coin."""
LEAST_SURE = 1e-4
"""How surely barium is in a region is told no nearer to never and always than so."""
_FINER, _TOLERANCE = 2, 0.4
AFTERWARDS = "afterwards"
"""What the frame after the last passage is called, which shows what stayed behind."""
_log = logging.getLogger(__name__)

Polygons = list[list[list[float]]]


@dataclass(frozen=True, eq=False)
class Followed:
    """Every frame of a video in numbers, and what was outlined on it in original pixels."""

    moments: tuple[Moment, ...]
    outlines: tuple[Mapping[str, Polygons], ...]
    card: Card


def refuse_still(_look: Look, _picture: Picture, _folders: Folders) -> Assessment:
    """A swallow is followed on a video. RefusedError always."""
    raise RefusedError(Refusal.SINGLE_FRAME, "one frame shows no swallow")


def watch_swallow(look: Look, video: Video, folders: Folders) -> Assessment:
    """Aspiration and penetration, times and residue, with the frames that show them.

    A finding that the model is known to tell by chance is missing, and none.

    Raises:
        ModelError, EngineDiedError: the outlines failed, or the card tells nothing of a whole video.
        RefusedError: no lateral neck, or no barium on any frame.
    """
    followed = follow(look, video)
    moments, labels = followed.moments, [label for label in followed.card.watched if label.name in BELOW]
    if not labels:
        raise ModelError(f"{followed.card.name}: the card tells nothing of a whole video")
    if max(moment.outlined for moment in moments) < _LEAST_BARIUM:
        raise RefusedError(Refusal.NO_CONTRAST, f"no barium on any of {len(moments)} frames")
    seen = passages(moments, video.times_s)
    blind = [label for label in labels if _by_chance(label)]
    findings = tuple(_finding(followed.card, label, moments, whole=not video.flaws & _CUT_SHORT) for label in labels if label not in blind)
    measurements, missing = _measured(followed, seen, video)
    missing = (*(Missing(label.name, Gap.NOT_TRUSTED, f"AUROC {label.auroc:.2f}: told by chance") for label in blind), *missing)
    keys = _key_frames(followed, findings, seen)
    film = Film(
        times_s=tuple(round(float(at), 4) for at in video.times_s),
        passages=tuple(passage.events for passage in seen),
        key_frames=keys,
        still=_still(findings, keys, moments),
        outlines=None if folders.maps is None else _write_outlines(followed, folders.maps),
        flaws=tuple(sorted(video.flaws)),
        frames_told=video.frames_told,
    )
    return Assessment(findings, top_three(findings), measurements=measurements, missing=missing, film=film)


def is_swallow(assessment: Assessment) -> bool:
    """Whether it is a swallow by what was followed alone: barium went from the mouth into the throat, and out of it by the sphincter."""
    passed = () if assessment.film is None else assessment.film.passages
    return any({HEAD_PAST_RAMUS, UES_OPENED, TAIL_PAST_UES} <= events.keys() for events in passed)


def follow(look: Look, video: Video) -> Followed:
    """Every frame as the model sees it.

    Raises:
        ModelError, EngineDiedError: the outlines failed.
        RefusedError: cervical spine and mandible are not seen on enough of them.
    """
    moments, outlines, clear, card = [], [], 0, None
    for number in range(len(video.frames)):
        seen = look(SWALLOW_MODEL, of=video.still(number))
        maps, card = map_probabilities(seen), seen.card
        clear += all(float((maps[name] >= _SURE).mean()) >= _LEAST_SHARE for name in (SPINE, MANDIBLE))
        moments.append(moment_of(maps, REGIONS))
        outlines.append(_polygons(maps, seen))
    assert card is not None  # noqa: S101  (a video has frames)
    if clear < _LEAST_SEEN * len(moments):
        raise RefusedError(Refusal.UNLIKE_TRAINING, f"cervical spine and mandible on {clear} of {len(moments)} frames")
    return Followed(tuple(moments), tuple(outlines), card)


def map_probabilities(seen: Seen) -> dict[str, NDArray[np.float32]]:
    """Per structure (rows, columns) float32 probabilities in 0…1, as fine as the network gives them, where the frame lies on its map.

    Raises:
        ModelError: the model gives no map, or not what the protocol needs.
    """
    names = [structure.name for structure in seen.card.structures]
    if seen.map is None or not {SPINE, MANDIBLE, BOLUS} <= set(names):
        raise ModelError(f"{seen.card.name}: no map of spine, mandible and bolus")
    logits = within(seen.map[0, len(seen.card.labels) :], _on_map(seen))
    temperature, bias = (
        np.array([getattr(structure, what) for structure in seen.card.structures], dtype=np.float32)[:, None, None]
        for what in ("temperature", "bias")
    )
    # tanh, because exp overflows on a very sure logit.
    probability = np.float32(0.5) + np.float32(0.5) * np.tanh(np.float32(0.5) * (logits / temperature + bias))
    return {name: np.asarray(own, dtype=np.float32) for name, own in zip(names, probability, strict=True)}


def _on_map(seen: Seen) -> Placement:
    """Where the frame lies on the map, which is coarser than the canvas."""
    assert seen.map is not None  # noqa: S101  (asked before)
    own, coarser = seen.placement, seen.map.shape[-1] / seen.card.input.width
    left, top = round(own.offset_x * coarser), round(own.offset_y * coarser)
    right, bottom = round((own.offset_x + own.width) * coarser), round((own.offset_y + own.height) * coarser)
    return Placement(own.factor_x * coarser, own.factor_y * coarser, left, top, max(1, right - left), max(1, bottom - top))


def _polygons(maps: Mapping[str, NDArray[np.float32]], seen: Seen) -> dict[str, Polygons]:
    """Of what is drawn on the frame the edges, in original pixels."""
    where, found = _on_map(seen), {}
    for name in STRUCTURES:
        if name not in maps or not (maps[name] >= _SURE).any():
            continue
        # On a finer grid, so that the edge runs between the map's pixels.
        fine = cv2.resize(maps[name], None, fx=_FINER, fy=_FINER, interpolation=cv2.INTER_LINEAR)
        contours, _ = cv2.findContours((fine >= _SURE).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        simple = (cv2.approxPolyDP(contour, _TOLERANCE * _FINER, closed=True)[:, 0] for contour in contours)
        factor = _FINER * np.array([where.factor_x, where.factor_y])
        found[name] = [[[round(float(x), 1), round(float(y), 1)] for x, y in (edge + 0.5) / factor] for edge in simple if len(edge) > 2]
    return found


def _by_chance(label: Label) -> bool:
    """Whether what is known of a finding is that the model tells it no better than a coin would; then nothing is said of it."""
    return label.auroc_ci95 is not None and label.auroc_ci95[0] <= _CHANCE


def _finding(card: Card, label: Label, moments: Sequence[Moment], *, whole: bool) -> Finding:
    surely = float(np.clip(entered(moments, BELOW[label.name]).max(initial=0.0), LEAST_SURE, 1.0 - LEAST_SURE))
    logit = np.log(surely / (1.0 - surely)) / label.temperature + label.bias
    probability = float(1.0 / (1.0 + np.exp(-logit)))
    decision = decide(label, probability)
    # A video that is cut short shows nothing of what came after, and who has seen but drawn swallows rules out none.
    if card.simulated or (decision is Decision.ABSENT and not whole):
        decision = Decision.UNCERTAIN
    return Finding(label.name, probability, decision, label.threshold, label.positives, label.validated, None, card.simulated)


def values_of(moments: Sequence[Moment], seen: Sequence[Passage], times_s: NDArray[np.float64]) -> dict[str, float]:
    """Of the first passage, the bolus's own, every duration in seconds whose two ends were seen; and what stays behind the last one."""
    events, found = seen[0].events if seen else {}, dict[str, float]()
    for name, (start, end) in BETWEEN.items():
        if start in events and end in events:
            found[name] = float(times_s[events[end]] - times_s[events[start]])
    left = residue(moments, times_s, seen[-1].closed) if seen else {}
    return found | {name: 100.0 * left[region] for name, region in RESIDUE.items() if region in left}


def _measured(followed: Followed, seen: Sequence[Passage], video: Video) -> tuple[dict[str, Measurement], tuple[Missing, ...]]:
    told = {timed.name: timed for timed in followed.card.timed}
    values, untimed = values_of(followed.moments, seen, video.times_s), bool(video.flaws & _UNTIMED)
    events = seen[0].events if seen else {}
    measurements, gaps = {}, list[Missing]()
    for name in MEASURED:
        if untimed and name in BETWEEN:
            gaps.append(Missing(name, Gap.NOT_MEASURABLE, "the video does not say when its frames were taken"))
        elif name in values:
            own = told.get(name)
            unit, margin = SECONDS if name in BETWEEN else PERCENT, None if own is None else own.margin
            if name in RESIDUE and margin is not None and values[name] < margin and margin > _LITTLE:
                # That nothing stays behind would be a comfort, and a network that sees no thin barium says so of everybody.
                gaps.append(Missing(name, Gap.NOT_TRUSTED, f"{values[name]:.0f} %, which may be {margin:.0f} off"))
                continue
            measurements[name] = Measurement(values[name], unit, validated=own is not None and own.validated, margin=margin)
        else:
            unseen = [one for one in BETWEEN.get(name, (RESIDUE.get(name, name),)) if one not in events]
            gaps.append(Missing(name, Gap.NOT_FOUND, f"not seen: {', '.join(unseen)}"))
    return measurements, tuple(gaps)


def _key_frames(followed: Followed, findings: Sequence[Finding], seen: Sequence[Passage]) -> tuple[KeyFrame, ...]:
    """The first frame of each event of the first passage, where something is called the frame that shows it most surely, and the end."""
    keys = [KeyFrame(name, number) for name, number in (seen[0].events if seen else {}).items()]
    called = [finding.name for finding in findings if finding.called]
    keys += [KeyFrame(name, int(entered(followed.moments, BELOW[name]).argmax())) for name in called]
    if seen:
        keys.append(KeyFrame(AFTERWARDS, min(len(followed.moments) - 1, seen[-1].closed + 1)))
    return tuple(sorted(keys, key=lambda key: key.number))


def _still(findings: Sequence[Finding], keys: Sequence[KeyFrame], moments: Sequence[Moment]) -> int:
    """The frame of the gravest finding that is called, else that with the most barium in the throat."""
    called = [finding.name for finding in findings if finding.called]
    chosen = next((key.number for name in called for key in keys if key.name == name), None)
    return int(np.argmax([moment.barium[PHARYNX] for moment in moments])) if chosen is None else chosen


def _write_outlines(followed: Followed, folder: Path) -> Path | None:
    """Write what was outlined on every frame; None where that failed, which is logged."""
    file = folder / OUTLINES
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_durably(file, json.dumps({"frames": followed.outlines}, separators=(",", ":")).encode())
    except OSError as error:
        # What was found stands without it; a full disk must not cost the reading.
        _log.warning("outlines of a video not written: %s", error.strerror)
        return None
    return file
