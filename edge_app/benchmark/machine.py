"""What the figures were measured on."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import psutil

_CPU_INFO = Path("/proc/cpuinfo")
_INT8_INSTRUCTIONS = ("avx2", "avx_vnni", "avx512_vnni", "amx_int8", "asimddp", "i8mm")


@dataclass(frozen=True)
class Machine:
    """The processor by its own name, the cores this process may use, and which of the instructions that matter to INT8 it has."""

    processor: str
    cores: int
    int8_instructions: tuple[str, ...]
    system: str


def this_machine() -> Machine:
    """The machine this runs on."""
    fields: dict[str, str] = {}
    if _CPU_INFO.is_file():
        for line in _CPU_INFO.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            fields.setdefault(name.strip().lower(), value.strip())
    flags = set(fields.get("flags", fields.get("features", "")).split())
    return Machine(
        processor=fields.get("model name") or platform.processor() or platform.machine(),
        cores=len(os.sched_getaffinity(0)),
        int8_instructions=tuple(name for name in _INT8_INSTRUCTIONS if name in flags),
        system=f"{platform.system()} {platform.machine()}",
    )


class Others:
    """What other programs take of the processor from now on: a busy machine slows what waits by spinning many times more than the rest."""

    def __init__(self) -> None:
        self._whole, self._busy, self._own = _processor_seconds()

    def share(self) -> float:
        """Their share of the processor's time so far, 0…1. Of this program's own processes only those that have ended are known."""
        whole, busy, own = _processor_seconds()
        taken = (busy - self._busy) - (own - self._own)
        return round(min(max(taken / max(whole - self._whole, 1e-9), 0.0), 1.0), 3)


def _processor_seconds() -> tuple[float, float, float]:
    """All cores' seconds so far, those of them that were not idle, and those that were this program's."""
    cores, own = psutil.cpu_times(), os.times()
    # A guest's time is in the user's already.
    whole = sum(seconds for name, seconds in cores._asdict().items() if not name.startswith("guest"))
    return whole, whole - cores.idle - getattr(cores, "iowait", 0.0), own.user + own.system + own.children_user + own.children_system
