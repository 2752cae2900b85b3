"""What the figures were measured on."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

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
