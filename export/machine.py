"""Where training runs: processor or GPU, alone or one of several under ``torchrun``; and in which precision."""

import ctypes
import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
import torch.distributed as dist
from torch import Tensor, nn

Precision = Literal["auto", "fp32", "bf16"]
PRECISIONS: tuple[Precision, ...] = ("auto", "fp32", "bf16")
THREADS = 2
# A processor multiplies bfloat16 faster than single precision only where it has units for it; elsewhere it is several times slower.
_BF16_UNITS = ("amx_bf16", "avx512_bf16")
# As <malloc.h> numbers them.
_MMAP_MAX, _TRIM_THRESHOLD, _TOP_PAD = -4, -1, -2


def _processor_has_bf16() -> bool:
    flags = Path("/proc/cpuinfo")
    return flags.is_file() and any(unit in flags.read_text(encoding="ascii", errors="ignore") for unit in _BF16_UNITS)


def keep_memory() -> None:
    """Have the C library keep what is freed, as glibc can be told.

    Every step wants the same large pieces again, and where memory is handed out slowly a fresh page costs more than what is computed on it.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    library = ctypes.CDLL(None)
    for option, value in ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, 2**31 - 1), (_TOP_PAD, 256 * 2**20)):
        library.mallopt(option, value)


@dataclass(frozen=True)
class Machine:
    """One process of a training run. ``rank`` 0 of ``world`` writes the files."""

    device: torch.device
    bf16: bool
    rank: int = 0
    world: int = 1

    @classmethod
    def here(cls, precision: Precision = "auto") -> "Machine":
        """This process's share of the machine; joins the others where ``torchrun`` started it."""
        rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        cuda = torch.cuda.is_available()
        if cuda:
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        else:
            keep_memory()
            torch.set_num_threads(max(1, THREADS // world))
        if world > 1 and not dist.is_initialized():
            dist.init_process_group("nccl" if cuda else "gloo")
        able = torch.cuda.is_bf16_supported() if cuda else _processor_has_bf16()
        return cls(torch.device("cuda" if cuda else "cpu"), precision == "bf16" or (precision == "auto" and able), rank, world)

    def placed(self, model: nn.Module) -> nn.Module:
        """The network on this device, its weights in the layout that convolutions are fastest in."""
        model.to(self.device)
        for parameter in model.parameters():
            if parameter.dim() == 4:
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
        return model

    def sent(self, batch: Tensor) -> Tensor:
        """A batch on this device, pictures in the same layout."""
        moved = batch.to(self.device, non_blocking=True)
        return moved.contiguous(memory_format=torch.channels_last) if moved.dim() == 4 else moved

    def autocast(self) -> torch.autocast:
        """Within it, what can be computed in bfloat16 is, where that pays here."""
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bf16)

    def mean_gradients(self, model: nn.Module) -> None:
        """Give every process the mean of all processes' gradients."""
        for parameter in model.parameters() if self.world > 1 else ():
            if parameter.grad is not None:
                dist.all_reduce(parameter.grad)
                parameter.grad /= self.world

    def agree(self, model: nn.Module) -> None:
        """Give every process the first one's running means, so that all score and continue alike."""
        for buffer in model.buffers() if self.world > 1 else ():
            dist.broadcast(buffer, 0)

    def wait(self) -> None:
        """Wait for the other processes."""
        if self.world > 1:
            dist.barrier()
