"""What evaluation found out about a model, as it goes on to the card, to the gate before packaging and to the reports."""

from dataclasses import asdict
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from edge_app.reading.card import Angle, Fidelity, Grade, Interval, Label, Output, Structure, Timed
from export.recipe import Limits


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Estimate(_Strict):
    """A figure with its 95 % interval over patients; None where it cannot be computed, or too few patients' draws give it."""

    value: float | None = None
    ci95: Interval | None = None


def plain(own: Any) -> dict[str, object]:
    """The fields of a dataclass as JSON has them, estimates with their intervals."""
    return {name: value.model_dump() if isinstance(value, Estimate) else value for name, value in asdict(own).items()}


class Bin(_Strict):
    """Outputs of like probability: their mean, the share of them that was there, and how many they are."""

    probability: float
    share: float
    count: int


class LabelDetail(_Strict):
    """What the card has no room for of a label. The calibration error is of probabilities calibrated on other patients."""

    name: str
    pictures: int
    patients: int
    auroc: Estimate
    auprc: Estimate
    sensitivity_at_90: Estimate
    calibration_error: Estimate
    not_missed: Estimate = Estimate()
    """Share of those that have it that are not called absent, by edges that other patients set; so are the next two."""
    not_alarmed: Estimate = Estimate()
    """Share of those without it that are not called present."""
    undecided: Estimate = Estimate()
    """Share of all of which neither is said."""
    reliability: tuple[Bin, ...]
    roc: tuple[tuple[float, float], ...]
    """(1 − specificity, sensitivity)."""
    scores: tuple[tuple[int, int], ...] = ()
    """How many without it and with it were told which probability, in equal steps from 0 to 1."""


class TimedDetail(_Strict):
    """What the card has no room for of what is measured, in its own unit: of how many it was to be, and how far off it was at most."""

    name: str
    asked: int
    measured: int
    error: Estimate
    nine_in_ten: float | None
    worst: float | None
    bias: float | None


class AngleDetail(TimedDetail):
    """The same of an angle, in degrees.

    ``within``: the share that lies within its margin where that comes from other patients, nine in ten if margins are right.
    """

    within: Estimate


class WatchedDetail(_Strict):
    """On how many whole videos a finding was told, and on how many of them it is there."""

    name: str
    videos: int
    positives: int
    auroc: Estimate


class Admission(_Strict):
    """The door of the gate: the kinds that are admitted against every picture that must not pass."""

    labels: tuple[str, ...]
    threshold: float
    admitted: Estimate
    """Share of the pictures of those kinds."""
    refused: Estimate
    """Share of the others."""
    pictures: int
    others: int


class StructureDetail(_Strict):
    """What the card has no room for of a structure; distances are shares of a picture's longer side."""

    name: str
    pictures: int
    patients: int
    dice: Estimate
    surface_distance: Estimate
    expected_dice: Estimate
    """What the box expects of its own masks; above ``dice`` it trusts them too much."""
    not_found: int
    """Pictures on which an expert outlined it and the network nothing; their Dice is 0, they have no distance."""
    pixels: tuple[Bin, ...]
    """Reliability of single pixels."""
    dice_by_picture: tuple[float, ...]


class GradeDetail(_Strict):
    """What the card has no room for of a grade, in points."""

    name: str
    maximum: float
    pictures: int
    patients: int
    mae: Estimate
    constant_mae: float | None
    """Of the median given to every picture: what knowing nothing costs."""
    reader_mae: Estimate
    """Of the network to a single reader, the fair match of ``readers_mae``."""
    readers_mae: Estimate
    correlation: Estimate
    bias: Estimate
    """Mean of the network's score less the readers'."""
    agreement: Interval | None
    """Within which 95 % of those differences lie: bias ± 1.96 standard deviations (Bland and Altman 1986)."""
    points: tuple[tuple[float, float], ...]
    """(readers, network) by picture."""


class Confusion(_Strict):
    """How often what is so (rows) was called what (columns)."""

    title: str
    names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    kappa: Estimate | None = None
    """Quadratically weighted, where the names are points of a score."""
    readers_kappa: Estimate | None = None


class Part(_Strict):
    """One output judged on some of the pictures alone: of one source, sex, age band, view or kind."""

    by: Literal["source", "sex", "age", "view", "kind"]
    group: str
    output: str
    pictures: int
    patients: int
    score: Estimate
    """AUROC of a label, Dice of a structure, mean absolute error of a grade in points."""
    positives: int | None = None
    mean_probability: float | None = None
    called: int | None = None
    """Pictures at or above the label's threshold."""


class Worst(_Strict):
    """A picture that was answered badly: by the name of its source and file, what was so, and what was said."""

    picture: str
    output: str
    truth: str
    answer: str


class LikenessOf(_Strict):
    """Of so many pictures of one source, so many were called unlike those that were learnt from."""

    source: str
    pictures: int
    unlike: int
    simulated: bool


class Likeness(_Strict):
    """How the network's distance to its training pictures is told; ``output`` is at one half where a picture is called unlike them."""

    output: Output
    by_source: tuple[LikenessOf, ...]


class Figures(_Strict):
    """Everything that evaluation found; what is on no card is for the reports. ``left_out`` pictures are shown to no network."""

    labels: tuple[Label, ...] = ()
    structures: tuple[Structure, ...] = ()
    grades: tuple[Grade, ...] = ()
    fidelity: tuple[Fidelity, ...]
    decisions: int
    """Of one form over all pictures, as ``Fidelity.flips_at_threshold`` counts them."""
    label_details: tuple[LabelDetail, ...] = ()
    structure_details: tuple[StructureDetail, ...] = ()
    grade_details: tuple[GradeDetail, ...] = ()
    angles: tuple[Angle, ...] = ()
    angle_details: tuple[AngleDetail, ...] = ()
    watched: tuple[Label, ...] = ()
    watched_details: tuple[WatchedDetail, ...] = ()
    timed: tuple[Timed, ...] = ()
    timed_details: tuple[TimedDetail, ...] = ()
    admission: Admission | None = None
    likeness: Likeness | None = None
    confusions: tuple[Confusion, ...] = ()
    by_source: tuple[Part, ...]
    subgroups: tuple[Part, ...]
    worst: tuple[Worst, ...]
    left_out: int
    validation_pictures: dict[str, int]
    training_pictures: dict[str, int]

    def passes(self, cost: Limits) -> list[str]:
        """In words every way in which an INT8 form costs more than it may; empty where the gate is passed."""
        breaches: list[str] = []
        for own in self.fidelity:
            if not own.cases:
                breaches.append(f"{own.runtime} was judged on no picture")
                continue
            if self.labels or self.grades:
                if own.mean_delta_p > cost.mean_delta_p:
                    breaches.append(f"{own.runtime} differs from FP32 by {own.mean_delta_p:.4f} on average, above {cost.mean_delta_p}")
                flips = own.flips_at_threshold / max(self.decisions, 1)
                if flips > cost.flips:
                    breaches.append(f"{own.runtime} decides otherwise than FP32 in {flips:.2%} of decisions, above {cost.flips:.2%}")
            if own.repaired_apart is not None and own.repaired_apart[0] > cost.repaired:
                breaches.append(f"{own.runtime} repairs otherwise than FP32 by {own.repaired_apart[0]:.4f} a pixel, above {cost.repaired}")
            if self.structures:
                if own.score_fp32 is None or own.score_int8 is None:
                    breaches.append(f"{own.runtime} was held against no expert's outline")
                elif own.score_fp32 - own.score_int8 > cost.dice:
                    breaches.append(f"{own.runtime} loses {own.score_fp32 - own.score_int8:.4f} of Dice, above {cost.dice}")
        return breaches
