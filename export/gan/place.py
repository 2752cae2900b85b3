"""Where the drawing network keeps its files, and how long it learns."""

from dataclasses import dataclass, replace
from pathlib import Path

from export.recipes.chest_findings import RECIPE
from export.workplace import Workplace

NAME = "chest_gan"


@dataclass(frozen=True)
class Stage:
    """Learning at one side: how many pictures it fades in over, and how many it then stays for."""

    side: int
    fading: int
    staying: int
    batch: int

    @property
    def steps(self) -> int:
        """How many batches that is."""
        return max(1, -(-(self.fading + self.staying) // self.batch))

    def alpha(self, step: int) -> float:
        """How far the stage has faded in at its ``step``, in 0…1."""
        return min(1.0, (step + 1) * self.batch / self.fading) if self.fading else 1.0


@dataclass(frozen=True)
class Budget:
    """How large the networks are and how long they learn.

    Attributes:
        width: channels at the largest side; see ``networks.channels``.
        average_pictures: after so many pictures half of the averaged generator is new.
        children: at most so many pictures of children, who would otherwise be half of all.
    """

    width: int
    stages: tuple[Stage, ...]
    average_pictures: int
    children: int

    @property
    def largest(self) -> int:
        """The side of what is drawn in the end."""
        return self.stages[-1].side

    @property
    def steps(self) -> int:
        """How many batches there are in all."""
        return sum(stage.steps for stage in self.stages)

    def at(self, step: int) -> tuple[Stage, int]:
        """The stage that a step belongs to, and its number within that stage."""
        for stage in self.stages:
            if step < stage.steps:
                return stage, step
            step -= stage.steps
        raise ValueError(step)


FULL = Budget(
    width=16,
    stages=(
        Stage(4, 0, 3_200, 16),
        Stage(8, 2_000, 6_000, 16),
        Stage(16, 6_000, 10_000, 16),
        Stage(32, 8_000, 18_000, 16),
        Stage(64, 8_000, 24_000, 16),
        Stage(128, 6_000, 14_000, 16),
    ),
    average_pictures=1_000,
    children=800,
)
SMALL = Budget(
    width=2,
    stages=(Stage(4, 0, 16, 8), Stage(8, 16, 8, 8), Stage(16, 16, 16, 8), Stage(32, 16, 16, 8)),
    average_pictures=16,
    children=8,
)
"""The same road in seconds. What comes out is of no use."""


@dataclass(frozen=True)
class GanPlace:
    """The folder of the run (``runs/chest_gan``) and everything named in it; its patients are those of the findings' recipe."""

    findings: Workplace
    budget: Budget

    @classmethod
    def of(cls, runs: Path, data: Path, seed: int, models: Path, *, small: bool = False) -> "GanPlace":
        """The place among the ``runs``. Pictures that the findings' recipe draws have no say in its split, and are not drawn for this."""
        recipe = replace(RECIPE.small() if small else RECIPE, drawn=0)
        return cls(Workplace(recipe, runs, data, seed, models=models), SMALL if small else FULL)

    @property
    def seed(self) -> int:
        """What everything that is drawn by chance follows from."""
        return self.findings.seed

    @property
    def folder(self) -> Path:
        """Where this run's files are."""
        return self.findings.runs / NAME

    @property
    def checkpoint(self) -> Path:
        """Learning's state."""
        return self.folder / "checkpoint.pt"

    @property
    def weights(self) -> Path:
        """The averaged generator after the last step; there only once learning is complete."""
        return self.folder / "weights.pt"
