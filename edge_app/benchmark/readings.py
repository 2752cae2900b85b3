"""The way of one picture on this box, stage by stage, for the same simulated radiograph in every transfer syntax."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydicom.uid import UID

from edge_app.benchmark.rounds import Spread, interleaved, spread
from edge_app.reading.finding import Protocol, Reading
from edge_app.reading.reader import Reader
from edge_app.simulator.chest import SimulatedChest
from edge_app.simulator.dicom import SYNTAXES, write_dx


@dataclass(frozen=True)
class ReadingSpeed:
    """Milliseconds of each stage. A stage that was not reached is None, and ``reason`` then says why the picture was refused."""

    transfer_syntax: str
    size_bytes: int
    assessed: bool
    reason: str | None
    decode: Spread
    gate: Spread | None
    infer: Spread | None
    total: Spread
    engine: str


def measure_readings(reader: Reader, picture: SimulatedChest, folder: Path, *, rounds: int) -> tuple[ReadingSpeed, ...]:
    """Write the picture in every transfer syntax into ``folder`` and read all of them by the chest protocol in every round."""
    files = {syntax: write_dx(folder / f"{index}.dcm", picture, transfer_syntax=syntax) for index, syntax in enumerate(SYNTAXES)}
    readings: dict[UID, list[Reading]] = {syntax: [] for syntax in files}

    def read(syntax: UID) -> Callable[[], None]:
        return lambda: readings[syntax].append(reader.read(files[syntax], Protocol.CHEST))

    interleaved({syntax: read(syntax) for syntax in files}, rounds)
    # The first of each is the warming up.
    return tuple(_speed(syntax, files[syntax], readings[syntax][1:]) for syntax in files)


def _speed(syntax: UID, file: Path, readings: list[Reading]) -> ReadingSpeed:
    last = readings[-1]
    passed_gate = all(reading.gate is not None for reading in readings)
    assessed = all(reading.assessed for reading in readings)
    refused = next((reading.refusal for reading in readings if reading.refusal is not None), None)
    return ReadingSpeed(
        transfer_syntax=syntax.name,
        size_bytes=file.stat().st_size,
        assessed=assessed,
        reason=None if refused is None else f"{refused.reason}: {refused.detail}",
        decode=spread(tuple(reading.timing.decode_ms for reading in readings)),
        gate=spread(tuple(reading.timing.gate_ms for reading in readings)) if passed_gate else None,
        infer=spread(tuple(reading.timing.infer_ms for reading in readings)) if assessed else None,
        total=spread(tuple(reading.timing.total_ms for reading in readings)),
        engine=last.engine,
    )
