"""One lateral videofluoroscopy of nobody, frame by frame, and everything that is true of it: outlines, regions, moments and residue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.swallow import (
    ASPIRATION,
    BOLUS,
    HYOID_HIGHEST,
    HYOID_ONSET,
    LARYNX_CLOSED,
    LARYNX_OPENED,
    PENETRATION,
    PYRIFORM_SINUSES,
    REGIONS,
    STRUCTURES,
    SUBGLOTTIS,
    VALLECULAE,
    VESTIBULE,
)
from edge_app.simulator.grid import Field, as_field
from export.simulate.plate import eight_bit
from export.simulate.swallow_course import CONSISTENCIES, Course, course
from export.simulate.swallow_fluoroscope import fluoroscope
from export.simulate.swallow_scene import Moment, Scene
from export.simulate.swallow_view import Mask

RATES = (15.0, 25.0, 30.0)
_OFTEN = (0.45, 0.2, 0.22, 0.13)
"""How often each of ``CONSISTENCIES`` is given."""
_PAS = (0.42, 0.1, 0.1, 0.05, 0.08, 0.07, 0.08, 0.1)
_DRY_EVENTS = (HYOID_ONSET, HYOID_HIGHEST, LARYNX_CLOSED, LARYNX_OPENED)
_WARM_UP = 2
"""Frames taken before one that is asked for alone, so that it has something to lag behind."""
_SMEARED = 0.5
"""A pulse of more than this share of a frame's time is taken at two moments, so much of the pulse apart; masks are of the first."""
_LATER = 0.3


@dataclass(frozen=True, eq=False)
class Swallow:
    """One swallow: its moments in seconds by name, and, where barium was swallowed, how much, how thick, and what became of it.

    ``residue`` is the share of each region of ``CAN_KEEP`` that stays full; ``rest_s`` is when everything lies again as it did.
    """

    events: Mapping[str, float]
    rest_s: float
    pas: int | None
    consistency: str | None
    volume_cm3: float | None
    residue: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame: what is shown (rows, columns) uint8, and masks and regions by name, (rows, columns) uint8, 255 inside."""

    picture: NDArray[np.uint8]
    masks: Mapping[str, Mask]
    regions: Mapping[str, Mask]

    def entered(self, name: str) -> bool:
        """Whether barium is seen in the vestibule (``PENETRATION``) or below the folds (``ASPIRATION``)."""
        region = self.regions[{PENETRATION: VESTIBULE, ASPIRATION: SUBGLOTTIS}[name]]
        return bool((self.masks[BOLUS] & region).any())


@dataclass(frozen=True, eq=False)
class SwallowPhantom:
    """A sequence.

    Attributes:
        frames: (n, rows, columns) uint8 as they are shown.
        frames_per_s: nominal.
        times_s: (n,) from the first frame.
        masks: (n, rows, columns) uint8, 255 inside, of every one of ``STRUCTURES``, cut where the shutters are.
        regions: the same of every one of ``REGIONS``, not cut.
        swallows: in order; none where nobody swallows.
        entered: seconds of the first frame with barium in the vestibule and below the folds, by ``PENETRATION`` and ``ASPIRATION``;
            a name that is not there never happens.
        bones_white: the polarity.
        per_cm: pixels.
    """

    frames: NDArray[np.uint8]
    frames_per_s: float
    times_s: NDArray[np.float64]
    masks: Mapping[str, NDArray[np.uint8]]
    regions: Mapping[str, NDArray[np.uint8]]
    swallows: tuple[Swallow, ...]
    entered: Mapping[str, float]
    bones_white: bool
    per_cm: float


class SwallowStudy:
    """A patient, what is swallowed and the fluoroscope; draws whichever of the sequence's frames are asked for."""

    def __init__(
        self,
        random: np.random.Generator,
        *,
        contrast: bool = True,
        swallows: int | None = None,
        pas: int | None = None,
        consistency: str | None = None,
        rows: int | None = None,
        frames_per_s: float | None = None,
    ) -> None:
        """Drawn at random but for what is given; a given ``pas`` is the last swallow's, and with ``rows`` the picture is square."""
        self._contrast = contrast
        self.frames_per_s = frames_per_s or float(random.choice(RATES))
        count = int(random.choice([1, 1, 1, 2])) if swallows is None else swallows
        self.courses, end_s = _courses(random, count, consistency or str(random.choice(CONSISTENCIES, p=_OFTEN)), pas)
        self.count = int(np.ceil((end_s + random.uniform(0.3, 0.8)) * self.frames_per_s))
        intensifier = bool(random.random() < 0.5)
        self._scene = Scene(random, self.courses, end_s, rows, contrast=contrast, intensifier=intensifier)
        self._fluoroscope = fluoroscope(self._scene.lens, random, intensifier=intensifier)
        self._mirrored = bool(random.random() < 0.5)
        self._seed, self._number = int(random.integers(2**31)), int(random.integers(0, 900))
        first = self._scene.moment(0.0)
        self._levels = self._fluoroscope.levels(self._reached(first), first.water)

    @property
    def bones_white(self) -> bool:
        """The polarity."""
        return self._fluoroscope.bones_white

    @property
    def per_cm(self) -> float:
        """Pixels."""
        return self._scene.lens.per_cm

    @property
    def swallows(self) -> tuple[Swallow, ...]:
        """In order; of saliva only what shows without barium is told."""
        if self._contrast:
            return tuple(
                Swallow(
                    own.events,
                    own.rest_s,
                    own.pas,
                    own.consistency,
                    own.volume_cm3,
                    MappingProxyType({VALLECULAE: own.kept[0], PYRIFORM_SINUSES: own.kept[1]}),
                )
                for own in self.courses
            )
        return tuple(
            Swallow(MappingProxyType({name: own.events[name] for name in _DRY_EVENTS}), own.rest_s, None, None, None, MappingProxyType({}))
            for own in self.courses
        )

    def at(self, second: float) -> int:
        """The number of the frame nearest to a moment."""
        return int(np.clip(round(second * self.frames_per_s), 0, self.count - 1))

    def frames(self, numbers: Sequence[int]) -> list[Frame]:
        """Those of its frames, given in rising order."""
        found: list[Frame] = []
        before: Field | None = None
        last = -2
        for number in numbers:
            if number != last + 1:
                before = None
                warm_up = _WARM_UP if self._fluoroscope.lag else 0
                for earlier in range(max(0, number - warm_up, last + 1), number):
                    before = self._taken(earlier, self._moment(earlier), before)
            moment = self._moment(number)
            before, last = self._taken(number, moment, before), number
            shown = eight_bit(self._fluoroscope.shown(before, self._levels, self._number + number, mirrored=self._mirrored))
            open_ = np.where(self._fluoroscope.window > 0.5, 255, 0).astype(np.uint8)
            masks = {name: self._turned(moment.masks[name] & open_) for name in STRUCTURES}
            found.append(Frame(shown, masks, {name: self._turned(moment.regions[name]) for name in REGIONS}))
        return found

    def _turned(self, mask: Mask) -> Mask:
        return np.ascontiguousarray(mask[:, ::-1]) if self._mirrored else mask

    def _moment(self, number: int) -> Moment:
        return self._scene.moment(number / self.frames_per_s)

    def _reached(self, moment: Moment) -> Field:
        return self._fluoroscope.reached(moment.nats, moment.water)

    def _taken(self, number: int, moment: Moment, before: Field | None) -> Field:
        """A frame with its noise, the same whenever it is drawn but for what it lags behind."""
        reached = self._reached(moment)
        if self._fluoroscope.pulse > _SMEARED:
            later = self._scene.moment((number + _LATER * self._fluoroscope.pulse) / self.frames_per_s)
            reached = as_field((reached + self._reached(later)) / 2)
        return self._fluoroscope.exposed(reached, before, np.random.default_rng([self._seed, number]))


def _courses(random: np.random.Generator, count: int, consistency: str, pas: int | None) -> tuple[tuple[Course, ...], float]:
    """The swallows, and when all that happens is over."""
    start = random.uniform(0.4, 1.2)
    if count == 0:
        return (), start + random.uniform(0.6, 1.5)
    courses: list[Course] = []
    for at in range(count):
        # What went the wrong way once would still lie there: only the last one goes wrong.
        own = (pas or int(random.choice(len(_PAS), p=_PAS)) + 1) if at == count - 1 else 1
        courses.append(course(random, start, consistency, own, random.uniform(4.0, 15.0)))
        start = courses[-1].rest_s + random.uniform(0.4, 0.9)
    misway = courses[-1].misway
    return tuple(courses), max(courses[-1].rest_s, 0.0 if misway is None else misway.over_s)


def swallow_phantom(
    random: np.random.Generator,
    *,
    contrast: bool = True,
    swallows: int | None = None,
    pas: int | None = None,
    consistency: str | None = None,
    rows: int | None = None,
    frames_per_s: float | None = None,
) -> SwallowPhantom:
    """A whole sequence, drawn at random but for what is given (as ``SwallowStudy`` takes it)."""
    study = SwallowStudy(
        random, contrast=contrast, swallows=swallows, pas=pas, consistency=consistency, rows=rows, frames_per_s=frames_per_s
    )
    frames = study.frames(range(study.count))
    times = np.arange(study.count) / study.frames_per_s
    entered = {}
    for name in (PENETRATION, ASPIRATION):
        first = next((at for at, frame in enumerate(frames) if frame.entered(name)), None)
        if first is not None:
            entered[name] = float(times[first])
    return SwallowPhantom(
        frames=np.stack([frame.picture for frame in frames]),
        frames_per_s=study.frames_per_s,
        times_s=times,
        masks={name: np.stack([frame.masks[name] for frame in frames]) for name in STRUCTURES},
        regions={name: np.stack([frame.regions[name] for frame in frames]) for name in REGIONS},
        swallows=study.swallows,
        entered=entered,
        bones_white=study.bones_white,
        per_cm=study.per_cm,
    )
