"""`./edge read FILE…`: read pictures without any service running."""

import argparse
import json
import logging
from pathlib import Path
from typing import Any

from edge_app.commands.standard_output import results_only
from edge_app.errors import Refusal
from edge_app.reading.engine import Engine
from edge_app.reading.finding import Box, Film, Finding, FlawSeen, Measurement, NotAssessed, Protocol, Reading, Score, Severity, Timing
from edge_app.reading.models import cache_folder, models_folder
from edge_app.reading.reader import Reader

AUTO = "auto"
NOTICE = "Research prototype, not a medical device"
NOT_VALIDATED = "not validated, research use"
# The part on which alone a protocol tells its findings.
_LOOKED_AT = {Protocol.NASAL_BONE: "NOSE"}
_log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `./edge read` takes."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a radiograph or a video: DICOM, PNG, JPEG, AVI, MP4 or Matroska")
    parser.add_argument("--protocol", choices=[*Protocol, AUTO], default=AUTO, help="how to read it (default: by the kind of picture)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, in input order")
    parser.add_argument("--masks-dir", type=Path, metavar="DIR", help="write masks and heat maps there, one numbered folder a file")


def run(args: argparse.Namespace) -> int:
    """Read every file and print what was found; 0 when every file was handled, refusals included."""
    protocol = None if args.protocol == AUTO else Protocol(args.protocol)
    with results_only() as results, Engine(models_folder(), cache_folder()) as engine:
        reader = Reader(engine)
        reader.warm()
        for number, file in enumerate(args.files, start=1):
            masks_dir = None if args.masks_dir is None else args.masks_dir / f"{number:04d}"
            reading = _read_one(reader, Path(file), protocol, masks_dir)
            if args.json:
                results.write(json.dumps(as_contract(file, reading), allow_nan=False) + "\n")
            else:
                results.write(as_text(file, reading) + "\n")
            results.flush()
    return 0


def _read_one(reader: Reader, file: Path, protocol: Protocol | None, masks_dir: Path | None) -> Reading:
    try:
        return reader.read(file, protocol, masks_dir, masks_dir)
    except Exception as error:  # noqa: BLE001 - the edge of this process: one file must not take the others with it, and its failure must be told
        _log.exception("a file could not be read")
        refusal = NotAssessed(Refusal.MALFORMED, f"the reading broke off: {type(error).__name__}")
        return Reading(protocol or Protocol.CHEST, refusal, None, (), None, (), Timing(), {}, "")


def _box(box: Box | None) -> list[float] | None:
    return None if box is None else [round(value, 1) for value in (box.x, box.y, box.width, box.height)]


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.name,
        "probability": finding.probability,
        "decision": finding.decision,
        "box": _box(finding.box),
        "validated": finding.validated,
        "simulated": finding.simulated,
    }


def _flaw(seen: FlawSeen) -> dict[str, Any]:
    return {"name": seen.flaw, "probability": seen.probability, "validated": seen.validated}


def _measurement(measurement: Measurement) -> dict[str, Any]:
    return {
        "value": measurement.value,
        "unit": measurement.unit,
        "trust": measurement.trust,
        "margin": measurement.margin,
        "validated": measurement.validated,
    }


def _film(film: Film) -> dict[str, Any]:
    """Events in seconds from the first frame, a list entry a passage; None where the video does not say when its frames were taken."""
    return {
        "frames": len(film.times_s),
        "events": [{name: film.second(number) for name, number in events.items()} for events in film.passages],
        "key_frames": [{"name": key.name, "frame": key.number} for key in film.key_frames],
        "still": film.still,
        "flaws": list(film.flaws),
        "outlines": None if film.outlines is None else str(film.outlines),
    }


def _severity(severity: Severity) -> dict[str, Any]:
    scores = (severity.geographic_extent, severity.opacity, severity.brixia, *severity.zones)
    return {
        "geographic_extent_0_8": severity.geographic_extent.value,
        "opacity_0_6": severity.opacity.value,
        "brixia_0_18": severity.brixia.value,
        "brixia_zones": [zone.value for zone in severity.zones],
        "validated": all(score.validated for score in scores),
    }


def as_contract(file: str, reading: Reading) -> dict[str, Any]:
    """A reading as the JSON object that `./edge read --json` promises; ``file`` as it was given."""
    maps = {f"heatmap_{name}": path for name, path in reading.maps.items()}
    written = {**reading.masks, **maps, **{f"repaired_{name}": path for name, path in reading.repaired.items()}}
    return {
        "file": file,
        "protocol": reading.protocol,
        "assessed": reading.assessed,
        "reason": None if reading.refusal is None else f"{reading.refusal.reason}: {reading.refusal.detail}",
        "gate": {
            "kind": None if reading.gate is None else reading.gate.kind,
            "probability": None if reading.gate is None else reading.gate.probability,
            "flaws": [] if reading.gate is None else [_flaw(flaw) for flaw in reading.gate.flaws],
        },
        "findings": [_finding(finding) for finding in reading.findings],
        "measurements": {name: _measurement(measurement) for name, measurement in reading.measurements.items()},
        "urgency": reading.urgency,
        "top3": list(reading.top3),
        "unfamiliar": reading.unfamiliar,
        "unlocated": reading.unlocated,
        "severity": None if reading.severity is None else _severity(reading.severity),
        "missing": [{"part": gap.part, "reason": gap.reason, "detail": gap.detail} for gap in reading.missing],
        "film": None if reading.film is None else _film(reading.film),
        "masks": {name: str(path) for name, path in written.items()} or None,
        "part": reading.part,
        "landmarks": {name: [mark.x, mark.y] for name, mark in reading.landmarks.items()} or None,
        "regions": {name: _box(box) for name, box in reading.regions.items()} or None,
        "timing_ms": {
            "decode": round(reading.timing.decode_ms, 2),
            "gate": round(reading.timing.gate_ms, 2),
            "infer": round(reading.timing.infer_ms, 2),
            "total": round(reading.timing.total_ms, 2),
        },
        "models": dict(reading.models),
    }


def as_text(file: str, reading: Reading) -> str:
    """A reading for people, a few lines long."""
    lines = [NOTICE, f"{file}: {reading.protocol} protocol"]
    if reading.gate is not None:
        lines.append(f"  the gate sees {reading.gate.kind} ({reading.gate.probability:.0%})")
        lines += [f"  FLAW {seen.flaw} ({seen.probability:.0%}), {_pedigree(seen.validated)}" for seen in reading.gate.flaws]
    if reading.refusal is not None:
        lines.append(f"  NOT ASSESSED ({reading.refusal.reason}): {reading.refusal.detail}")
    else:
        lines.append(f"  imaging urgency: {reading.urgency}")
        if reading.unfamiliar:
            measured = reading.measurements and not reading.findings
            called = "measured by its outlines alone" if measured else "no finding is called present or absent"
            lines.append(f"  UNLIKE the pictures that the model learnt from: {called}")
        if reading.unlocated:
            lines.append(f"  {_LOOKED_AT.get(reading.protocol, 'LUNGS')} NOT FOUND: no finding is called present or absent")
        lines.append(f"  highest over their thresholds: {', '.join(reading.top3)}")
        width = max((len(finding.name) for finding in reading.findings), default=0)
        for finding in sorted(reading.findings, key=lambda one: -one.probability):
            pedigree = f"validated on {finding.positives} positive pictures" if finding.validated else NOT_VALIDATED
            pedigree += ", learnt from simulated pictures alone" if finding.simulated else ""
            lines.append(f"  {finding.name:<{width}}  {finding.probability:6.1%}  {finding.decision:<9}  {pedigree}")
        lines += _beyond_findings(reading)
        lines += [] if reading.film is None else _film_in_words(reading.film)
    if reading.engine:
        lines.append(f"  {reading.engine}")
    lines.append(f"  {reading.timing.total_ms:.0f} ms")
    return "\n".join(lines)


def _beyond_findings(reading: Reading) -> list[str]:
    """What was outlined, measured and graded, and what of it is missing, one line each."""
    lines = [f"  {one.name}: outlined, expected Dice {one.trust:.2f}, {_pedigree(one.validated)}" for one in reading.outlines]
    for name, measurement in reading.measurements.items():
        trust = "" if measurement.trust is None else f", trust {measurement.trust:.2f}"
        trust += "" if measurement.margin is None else f", ± {measurement.margin:.2g} on nine in ten pictures"
        lines.append(f"  {name}: {measurement.value:.3g} ({measurement.unit}){trust}, {_pedigree(measurement.validated)}")
    if reading.severity is not None:
        severity = reading.severity
        zones = " ".join(f"{letter} {zone.value:.1f}" for letter, zone in zip("ABCDEF", severity.zones, strict=True))
        lines += [
            _score_in_words("geographic extent", severity.geographic_extent),
            _score_in_words("opacity", severity.opacity),
            _score_in_words(f"Brixia ({zones})", severity.brixia),
        ]
    return lines + [f"  MISSING {gap.part} ({gap.reason}): {gap.detail}" for gap in reading.missing]


def _film_in_words(film: Film) -> list[str]:
    """How much of a video was followed, when each passage's events were seen, and which frames show most."""
    told = "" if film.frames_told in (None, len(film.times_s)) else f" of {film.frames_told}"
    lines = [f"  {len(film.times_s)}{told} frames followed, {len(film.passages)} swallowed"]
    for number, events in enumerate(film.passages, start=1):
        seen = ((name, film.second(at), at) for name, at in sorted(events.items(), key=lambda event: event[1]))
        lines.append(
            f"  swallow {number}: " + ", ".join(f"{name} frame {at}" if s is None else f"{name} {s:.2f} s" for name, s, at in seen)
        )
    lines.append("  key frames: " + (", ".join(f"{key.name} {key.number}" for key in film.key_frames) or "none"))
    return lines + [f"  VIDEO {flaw}" for flaw in film.flaws]


def _score_in_words(name: str, score: Score) -> str:
    error = "" if score.mae is None else f", off by {score.mae:.1f} on average"
    return f"  {name}: {score.value:.1f} of {score.maximum:g}{error}, {_pedigree(score.validated)}"


def _pedigree(validated: bool) -> str:
    return "validated" if validated else NOT_VALIDATED
