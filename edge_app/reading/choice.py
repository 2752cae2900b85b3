"""Which runtime runs a model: tried in a fixed order, chosen by what works here, with the reason kept."""

from dataclasses import dataclass, field
from enum import StrEnum

DEATHS_ALLOWED = 2


class Runtime(StrEnum):
    """A library that runs networks."""

    OPENVINO = "openvino"
    ONNXRUNTIME = "onnxruntime"


class Device(StrEnum):
    """What the network runs on."""

    CPU = "cpu"
    CUDA = "cuda"


_RUNTIME_WORDS = {Runtime.OPENVINO: "OpenVINO", Runtime.ONNXRUNTIME: "ONNX Runtime"}
_DEVICE_WORDS = {Device.CPU: "processor", Device.CUDA: "graphics card"}


@dataclass(frozen=True)
class Candidate:
    """One way to run a model."""

    runtime: Runtime
    device: Device

    def __str__(self) -> str:
        return f"{_RUNTIME_WORDS[self.runtime]} on the {_DEVICE_WORDS[self.device]}"


CANDIDATES = (
    Candidate(Runtime.OPENVINO, Device.CPU),
    Candidate(Runtime.ONNXRUNTIME, Device.CUDA),
    Candidate(Runtime.ONNXRUNTIME, Device.CPU),
)


@dataclass(frozen=True)
class Choice:
    """What runs a model on this box, in which number format, and why; kept with every reading."""

    runtime: Runtime
    device: Device
    precision: str
    reason: str

    def __str__(self) -> str:
        return f"{Candidate(self.runtime, self.device)}, {self.precision}: {self.reason}"


@dataclass
class Ladder:
    """The candidates for one model, from the best down, and what has been held against each."""

    faults: dict[Candidate, str] = field(default_factory=dict)
    deaths: dict[Candidate, int] = field(default_factory=dict)

    def candidate(self) -> Candidate | None:
        """The best candidate with nothing against it, or None when all have failed."""
        return next((candidate for candidate in CANDIDATES if candidate not in self.faults), None)

    def failed(self, candidate: Candidate, detail: str) -> None:
        """It does not load, or gave a wrong answer: not tried again."""
        self.faults[candidate] = detail

    def died(self, candidate: Candidate, how: str) -> None:
        """Its process died or hung: tried once more, then no longer."""
        self.deaths[candidate] = self.deaths.get(candidate, 0) + 1
        if self.deaths[candidate] >= DEATHS_ALLOWED:
            self.faults[candidate] = f"{how}, {self.deaths[candidate]} times in a row"

    def worked(self, candidate: Candidate) -> None:
        """It answered; earlier deaths no longer count."""
        self.deaths.pop(candidate, None)

    @property
    def any_died(self) -> bool:
        """Whether a process was lost on the way."""
        return bool(self.deaths)

    def why(self, golden_held: int) -> str:
        """One sentence: what speaks for the candidate in use, and what was held against those before it."""
        proof = (
            f"it gives the card's {golden_held} golden answers"
            if golden_held
            else "it runs; the card has no golden pictures to hold it against"
        )
        return f"{proof}; {self.faults_in_words()}" if self.faults else proof

    def faults_in_words(self) -> str:
        """Every fault held against a candidate, in order."""
        return "; ".join(f"not {candidate} ({detail})" for candidate, detail in self.faults.items())
