"""Outlining the structures of a chest: one logit a structure and pixel, each picture taught only by the outlines it has."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import cv2
import numpy as np
import torch
from monai.losses import MaskedDiceLoss
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from edge_app.reading.canvas import network_input
from edge_app.reading.card import Grade, Label, Structure
from export.architectures.attending import AttendingOutliner
from export.architectures.cascaded import CascadedOutliner
from export.architectures.outliner import Outliner
from export.augment import Augmentation, Lying, Move, Part, degraded, drawn_move, moved
from export.datasets.canvases import canvases, opened
from export.datasets.covid import DEVICES
from export.datasets.labelled import Labelled
from export.datasets.outlines import CHEST, SPINE, SWALLOW, UNKNOWN, Chart, mask_on_canvas, on_map, outlines
from export.distil import distilled_outlines
from export.evaluation.angles import judge_angles
from export.evaluation.answers import Answers
from export.evaluation.figures import Figures
from export.evaluation.outlines import judge_outlines
from export.evaluation.swallows import judge_swallows
from export.recipe import Stage
from export.simulate.real_devices import device_of, with_devices
from export.simulate.white_lungs import whitened
from export.tasks.running import outputs_on
from export.tasks.task import Grey, Sees
from export.workplace import Workplace

LUNGS = ("right_lung", "left_lung")
_AROUND = (0.03, 2.5)
"""How much of it is shown on each side of what is outlined, in that one's longer sides."""
_FINER = 3
"""What is shown from near is taken from canvases so many times as fine."""


@dataclass(frozen=True)
class Outlining:
    """``shown`` are told to people, the other structures of the ``chart`` only help what is measured and graded.

    Of the structures ``learnt_from_people_alone`` nothing is taught that only a teacher said. Where ``lying`` says how patients may lie,
    those on a side or upside down are to be outlined nowhere: they are turned and shown again, and nothing else says which side is which.
    ``turned`` is the probability that a picture is shown lying on a side or upside down, and outlined so.
    ``near`` is the probability that what lies around the first structure is shown alone, as large as it may be on a cut-out picture.
    ``clear`` structures, which stand first in the chart, are outlined first, and told to what outlines the others; ``rendered``: by a
    network that is shown the picture's renderings.
    ``attention`` is how many layers of a transformer the network has, which then never ships; ``response`` how much what the teachers say
    of each pixel counts against what is known of it.
    """

    shown: tuple[str, ...]
    dice_weight: float = 1.0
    learnt_from_people_alone: tuple[str, ...] = ()
    lying: Lying | None = None
    chart: Chart = CHEST
    turned: float = 0.0
    near: float = 0.0
    attention: int = 0
    response: float = 0.0
    clear: tuple[str, ...] = ()
    rendered: bool = False

    labels: tuple[Label, ...] = ()
    grades: tuple[Grade, ...] = ()
    reach: bool = False
    repairs: bool = False
    places: bool = False
    unlike: bool = False

    @property
    def structures(self) -> tuple[Structure, ...]:
        """See ``Task.structures``."""
        return tuple(Structure(name=name, pictures=0, shown=name in self.shown) for name in self.chart.structures)

    @property
    def sees(self) -> Sees:
        """See ``Task.sees``."""
        return "renderings" if self.rendered else "picture"

    @property
    def facts(self) -> tuple[object, ...]:
        """See ``Task.facts``."""
        facts: tuple[object, ...] = (self.chart.structures, self.dice_weight, self.learnt_from_people_alone)
        facts = facts if self.lying is None else (*facts, self.lying)
        own, steps = (self.attention, self.response, self.turned, self.near), (self.clear, self.rendered)
        facts = facts if not any(own) else (*facts, *own)
        return facts if not any(steps) else (*facts, *steps)

    def network(self, width: int) -> Outliner:
        """See ``Task.network``."""
        if self.attention:
            return AttendingOutliner(width, len(self.chart.structures), self.attention)
        if self.clear or self.rendered:
            return CascadedOutliner(width, len(self.chart.structures), clear=len(self.clear), rendered=self.rendered)
        return Outliner(width, len(self.chart.structures))

    def shipped(self, model: nn.Module) -> nn.Module:
        """See ``Task.shipped``."""
        return model

    def lesson(self, place: Workplace) -> "OutliningLesson":
        """See ``Task.lesson``."""
        return OutliningLesson(self, place)

    def shown_to(self, place: Workplace, picture: Labelled) -> NDArray[np.float32]:
        """See ``Task.shown_to``."""
        return network_input(opened(picture.path), place.recipe.input)[0]

    def judged(self, place: Workplace, answers: Answers) -> Figures:
        """See ``Task.judged``."""
        figures = judge_outlines(place, self.structures, answers)
        if self.chart is SWALLOW:
            told = judge_swallows(place, figures.structures)
            return figures.model_copy(update={field.name: getattr(told, field.name) for field in fields(told)})
        if self.chart is not SPINE:
            return figures
        angles, details = judge_angles(place, figures.structures, answers)
        return figures.model_copy(update={"angles": angles, "angle_details": details})


class OutliningLesson:
    """See ``Lesson``."""

    def __init__(self, task: Outlining, place: Workplace) -> None:
        self._place, self._recipe, self._cache, self._task = place, place.recipe, place.cache, task
        # Those that people outlined come first, then those that only the teacher outlines.
        self.pictures = tuple(sorted(place.taught, key=lambda picture: not picture.masks))
        self._by_people = sum(bool(picture.masks) for picture in self.pictures)
        self._validation = tuple(own for own in place.examined if own.masks)
        self._names = task.chart.structures
        self._teachers = place.taught_by() if task.response else ()
        self._lungs = [self._names.index(name) for name in LUNGS if name in self._names]
        self._dice = MaskedDiceLoss(reduction="none", smooth_nr=1.0, smooth_dr=1.0)

    def prepare(self, stage: Stage) -> None:
        """See ``Lesson.prepare``."""
        self._canvases = canvases(self.pictures, stage.side, self._cache)
        self._targets = outlines(self.pictures[: self._by_people], stage.side, self._cache, self._task.chart)
        self._distilled = distilled_outlines(self._place, self.pictures[self._by_people :], stage.side, self._task.chart)
        self._validation_canvases = canvases(self._validation, stage.side, self._cache)
        self._validation_targets = outlines(self._validation, stage.side, self._cache, self._task.chart)
        self._fine = canvases(self.pictures, _FINER * stage.side, self._cache) if self._task.near else self._canvases
        self._devices = self._real_devices(stage.side) if self._task.lying is not None else []

    def _real_devices(self, side: int) -> list[Grey]:
        """What people outlined of tubes, lines and leads on the pictures that are learnt from."""
        found = []
        for index, picture in enumerate(self.pictures[: self._by_people]):
            for name in DEVICES:
                if name in picture.masks and not picture.simulated:
                    own = device_of(np.asarray(self._canvases[index]), mask_on_canvas(picture.masks[name], side))
                    found += [] if own is None else [own]
        return found

    def _near(self, index: int, random: np.random.Generator) -> Part | None:
        """A part around the first structure, anywhere on a picture that shows none of it; none where the whole is to be shown."""
        if self._task.near == 0.0 or random.random() >= self._task.near:
            return None
        side = self._canvases.shape[1]
        known = index < self._by_people
        x, y, width, height = cv2.boundingRect((np.asarray(self._targets[index][0]) == 1).astype(np.uint8)) if known else (0, 0, 0, 0)
        if not width:
            middle_x, middle_y, wide, high = (side * float(random.uniform(0.25, most)) for most in (0.75, 0.75, 1.0, 1.0))
            return Part(middle_x, middle_y, wide, high)
        least, most = np.log(_AROUND)
        left, top, right, bottom = (float(each) for each in max(width, height) * np.exp(random.uniform(least, most, 4)))
        left, top, right, bottom = max(0.0, x - left), max(0.0, y - top), min(side, x + width + right), min(side, y + height + bottom)
        return Part((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)

    def _move(self, how: Augmentation, random: np.random.Generator, near: Part | None) -> tuple[Move, bool]:
        """How a picture lies, and whether that is so that it is to be outlined nowhere."""
        side, lying = self._canvases.shape[1], self._task.lying
        if lying is None:
            turned = self._task.turned > 0.0 and random.random() < self._task.turned
            return drawn_move(side, how, random, quarters=int(random.integers(1, 4)) if turned else 0, near=near), False
        smaller = float(np.exp(random.uniform(np.log(lying.least), 0.0)))
        quarters = int(random.integers(1, 4)) if random.random() < lying.turned else 0
        return drawn_move(side, how, random, smaller=smaller, quarters=quarters), quarters != 0

    def example(self, index: int, random: np.random.Generator) -> tuple[Grey, NDArray[np.float32]]:
        """See ``Lesson.example``; the target is (structures, side / 2, side / 2), the share of each pixel of the map."""
        how = self._recipe.augmentation_for(self.pictures[index])
        near = self._near(index, random)
        move, lies_wrongly = self._move(how, random, near)
        targets = np.asarray(self._targets[index]) if index < self._by_people else self._told(index - self._by_people)
        # A structure of which nothing is known on the picture is not known to be absent beside it.
        outlined = [move.of(own, cv2.INTER_NEAREST, border=UNKNOWN if (own == UNKNOWN).all() else 0) for own in targets]
        if move.mirrored:
            outlined = [outlined[place] for place in self._task.chart.mirrored]
        canvas = self._canvases[index] if near is None else near.alone(self._fine[index], _FINER)
        grey = moved(canvas, move if near is None else move.on_finer(_FINER))
        for own in self._lungs:
            if random.random() < how.whiten:
                grey = whitened(grey, outlined[own] == 1, random)
        if self._devices and self._task.lying is not None and random.random() < self._task.lying.devices:
            grey = with_devices(grey, self._devices, random)
        told = np.stack(outlined)
        return degraded(grey, how, random), on_map(np.zeros_like(told) if lies_wrongly else told)

    def _told(self, index: int) -> NDArray[np.uint8]:
        """What the teacher says of a picture that nobody outlined, (structures, side, side)."""
        targets = np.array(self._distilled[index])
        targets[[self._names.index(name) for name in self._task.learnt_from_people_alone]] = UNKNOWN
        return targets

    def loss(self, model: nn.Module, pictures: Tensor, targets: Tensor) -> Tensor:
        """See ``Lesson.loss``: binary cross-entropy of the known pixels, and soft Dice of each structure on them."""
        assert isinstance(model, Outliner)  # noqa: S101  (its own network)
        logits = model.outlined(pictures).float()
        known = (~torch.isnan(targets)).float()
        share = targets.nan_to_num(0.0)
        entropy = functional.binary_cross_entropy_with_logits(logits, share, reduction="none")
        entropy = (entropy * known).sum((2, 3)) / known.sum((2, 3)).clamp(min=1.0)
        # Each structure of each picture with a mask of its own: to MONAI, a picture of one channel.
        rows, columns = logits.shape[2:]
        flat = [part.reshape(-1, 1, rows, columns) for part in (torch.sigmoid(logits), share, known)]
        dice = self._dice(*flat).reshape(known.shape[:2])
        asked = (known.sum((2, 3)) > 0).float()
        loss: Tensor = ((entropy + self._task.dice_weight * dice) * asked).sum() / asked.sum().clamp(min=1.0)
        if not self._teachers:
            return loss
        said = self._said(pictures)
        return (1.0 - self._task.response) * loss + self._task.response * functional.binary_cross_entropy_with_logits(logits, said)

    @torch.no_grad()
    def _said(self, pictures: Tensor) -> Tensor:
        """(n, structures, side / 2, side / 2) in 0…1: what the teachers say of the very pictures that the pupil sees."""
        told = []
        for teacher in self._teachers:
            assert isinstance(teacher, Outliner)  # noqa: S101  (of this very task)
            told.append(torch.sigmoid(teacher.to(pictures.device).outlined(pictures).float()))
        return torch.stack(told).mean(0)

    def scores(self, model: nn.Module) -> Mapping[str, float]:
        """See ``Lesson.scores``: the mean Dice over structures, then that of each, on the pixels that are known."""
        both, drawn = np.zeros((2, len(self._validation), len(self._names)))
        asked = np.zeros((len(self._validation), len(self._names)), dtype=bool)
        at = 0
        for _, maps in outputs_on(model, self._recipe, self._validation_canvases):
            for found in maps:
                target = on_map(np.asarray(self._validation_targets[at]))
                known = ~np.isnan(target)
                one, other = (found >= 0) & known, (target >= 0.5) & known
                both[at], drawn[at] = 2.0 * (one & other).sum((1, 2)), one.sum((1, 2)) + other.sum((1, 2))
                asked[at] = other.any((1, 2))
                at += 1
        dice = np.where(asked, both / np.maximum(drawn, 1.0), np.nan)
        means = {
            name: float(np.nanmean(own)) if np.isfinite(own).any() else float("nan") for name, own in zip(self._names, dice.T, strict=True)
        }
        known_means = [value for value in means.values() if np.isfinite(value)]
        return {"mean_dice": float(np.mean(known_means)) if known_means else float("nan"), **means}
