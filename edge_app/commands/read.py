"""`./edge read FILE…`: read pictures without any service running."""

import argparse
import json
import logging
from pathlib import Path
from typing import Any

from edge_app.commands.standard_output import results_only
from edge_app.errors import Refusal
from edge_app.reading.engine import Engine
from edge_app.reading.finding import Box, Finding, NotAssessed, Protocol, Reading, Timing
from edge_app.reading.models import cache_folder, models_folder
from edge_app.reading.reader import Reader

AUTO = "auto"
NOTICE = "Research prototype, not a medical device"
_log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `./edge read` takes."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a radiograph: DICOM, PNG or JPEG")
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
        return reader.read(file, protocol, masks_dir)
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
    }


def as_contract(file: str, reading: Reading) -> dict[str, Any]:
    """A reading as the JSON object that `./edge read --json` promises; ``file`` as it was given."""
    written = {**reading.masks, **{f"heatmap_{name}": path for name, path in reading.maps.items()}}
    return {
        "file": file,
        "protocol": reading.protocol,
        "assessed": reading.assessed,
        "reason": None if reading.refusal is None else f"{reading.refusal.reason}: {reading.refusal.detail}",
        "gate": {
            "kind": None if reading.gate is None else reading.gate.kind,
            "probability": None if reading.gate is None else reading.gate.probability,
        },
        "findings": [_finding(finding) for finding in reading.findings],
        "measurements": {name: {"value": measure.value, "unit": measure.unit} for name, measure in reading.measurements.items()},
        "urgency": reading.urgency,
        "top3": list(reading.top3),
        "severity": None,
        "masks": {name: str(path) for name, path in written.items()} or None,
        "regions": None,
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
    if reading.refusal is not None:
        lines.append(f"  NOT ASSESSED ({reading.refusal.reason}): {reading.refusal.detail}")
    else:
        lines.append(f"  imaging urgency: {reading.urgency}")
        lines.append(f"  highest over their thresholds: {', '.join(reading.top3)}")
        width = max((len(finding.name) for finding in reading.findings), default=0)
        for finding in sorted(reading.findings, key=lambda one: -one.probability):
            pedigree = f"validated on {finding.positives} positive pictures" if finding.validated else "not validated, research use"
            lines.append(f"  {finding.name:<{width}}  {finding.probability:6.1%}  {finding.decision:<9}  {pedigree}")
    if reading.engine:
        lines.append(f"  {reading.engine}")
    lines.append(f"  {reading.timing.total_ms:.0f} ms")
    return "\n".join(lines)
