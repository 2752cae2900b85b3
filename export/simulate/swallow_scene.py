"""What lies before the beam of a fluoroscope at any moment of a sequence of nobody, and the exact outlines of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from edge_app.reading.swallow import (
    AIRWAY,
    BOLUS,
    HYOID,
    MANDIBLE,
    ORAL_CAVITY,
    ORAL_ONSET,
    PHARYNX,
    PYRIFORM_SINUSES,
    SPINE,
    SUBGLOTTIS,
    UES,
    VALLECULAE,
    VESTIBULE,
)
from edge_app.simulator.grid import Field, Grid, Points, as_field
from export.simulate.swallow_bolus import Contrast, barium, contrast_of, lumen_width, seen
from export.simulate.swallow_bones import Still
from export.simulate.swallow_course import SOLID, Course, ramp
from export.simulate.swallow_neck import GULLET, RAMUS, SPHINCTER, Neck, Parts, Posture, neck
from export.simulate.swallow_view import Lens, Mask, View

_AROUND_CM = 1.6
"""So much more than the picture shows is laid out, for the patient moves."""
_THROAT_DEEP, _LARYNX_DEEP, _WINDPIPE_DEEP = 2.4, 1.5, 1.6


@dataclass(frozen=True, eq=False)
class Moment:
    """Water (cm) that the beam meets and what attenuates beyond it (nat), (rows, columns) float32; masks and regions by name, uint8."""

    nats: Field
    water: Field
    masks: Mapping[str, Mask]
    regions: Mapping[str, Mask]


@dataclass(frozen=True)
class _Motion:
    """How a patient nods (radians: forwards all the time, to and fro, times a second, phase), sways and once moves in the chair (cm)."""

    nod: tuple[float, float, float, float]
    sway: tuple[float, float, float]
    moved: tuple[float, float, float]
    chews_per_s: float

    def view(self, lens: Lens, t: float, jolt: float) -> View:
        """The neck as it lies then; ``jolt`` is how much a cough shakes it."""
        still, far, pace, phase = self.nod
        nod = still + far * np.sin(2 * np.pi * pace * t + phase) + 0.05 * jolt
        sway = self.sway[0] * np.sin(2 * np.pi * self.sway[1] * t + self.sway[2])
        there = ramp(t, self.moved[2], self.moved[2] + 1.0)
        return View(lens, float(nod), (float(sway + self.moved[0] * there + 0.12 * jolt), float(0.4 * sway + self.moved[1] * there)))


def _motion(random: np.random.Generator, end_s: float, *, chews: bool) -> _Motion:
    moved = random.normal(0.0, 0.35, 2) * (random.random() < 0.3)
    return _Motion(
        nod=(random.normal(0.02, 0.07), random.uniform(0.0, 0.03), random.uniform(0.15, 0.6), random.uniform(0.0, 6.0)),
        sway=(random.uniform(0.0, 0.12), random.uniform(0.1, 0.5), random.uniform(0.0, 6.0)),
        moved=(float(moved[0]), float(moved[1]), random.uniform(0.0, max(end_s, 0.5))),
        chews_per_s=random.uniform(1.0, 1.6) if chews else 0.0,
    )


def _lens(random: np.random.Generator, own: Neck, rows: int | None, *, intensifier: bool) -> Lens:
    high = rows or int(random.integers(224, 289))
    wide = high if rows else int(high * random.choice([1.0, 1.0, 4 / 3, 0.85]))
    per_cm = min(high, wide) / random.uniform(16.0, 20.5)
    middle = own.followed(np.array([[random.uniform(2.4, 4.0), random.uniform(-2.2, 0.0)]]))[0]
    bulge = random.uniform(0.01, 0.07) if intensifier else 0.0
    return Lens(high, wide, per_cm, wide / 2 - middle[0] * per_cm, high / 2 - middle[1] * per_cm, random.normal(0.0, 0.06), bulge)


class Scene:
    """A patient and what is swallowed."""

    def __init__(
        self, random: np.random.Generator, courses: Sequence[Course], end_s: float, rows: int | None, *, contrast: bool, intensifier: bool
    ) -> None:
        """Drawn at random but for what is given."""
        self._courses = tuple(courses)
        self._neck: Neck = neck(random)
        self.lens = _lens(random, self._neck, rows, intensifier=intensifier)
        self._grid, self._water, self._dense, self._jaw = self._laid_out(random)
        self._contrasts: tuple[Contrast, ...] = tuple(contrast_of(own.consistency, random) for own in courses) if contrast else ()
        chews = any(own.consistency == SOLID for own in courses) and random.random() < 0.8
        self._motion = _motion(random, end_s, chews=chews)
        self._tube = bool(random.random() < 0.12)
        self._calcified = random.uniform(0.0, 0.35, 4) * (random.random() < 0.7)

    def _laid_out(self, random: np.random.Generator) -> tuple[Grid, Field, Field, Field]:
        """What does not move on a plate larger than the picture."""
        per_cm = self.lens.per_cm
        (left, right), (top, bottom) = self._reach(0), self._reach(1)
        grid = Grid(int((bottom - top) * per_cm), int((right - left) * per_cm), per_cm, -top * per_cm, -left * per_cm, 0.0, 0.0)
        still = Still(grid, self._neck, random)
        return grid, *still.sampled()

    def _reach(self, axis: int) -> tuple[float, float]:
        """From where to where the plate goes, cm."""
        seen_cm = self.lens.cm[axis]
        return float(seen_cm.min()) - _AROUND_CM, float(seen_cm.max()) + _AROUND_CM

    def posture(self, t: float) -> Posture:
        """How far the parts have moved in the swallow that goes on; before the first, solid food is chewed."""
        now = next((own for own in self._courses if t <= own.rest_s), None)
        posture = Posture() if now is None else now.posture(t)
        if not self._motion.chews_per_s:
            return posture
        start = self._courses[0].events[ORAL_ONSET]
        opened = 0.035 * (1 - np.cos(2 * np.pi * self._motion.chews_per_s * t)) * (1 - ramp(t, start - 0.4, start))
        return replace(posture, jaw_rad=float(opened))

    def moment(self, t: float) -> Moment:
        """What lies before the beam then."""
        view = self._motion.view(self.lens, t, sum(own.jolt(t) for own in self._courses))
        posture = self.posture(t)
        parts = self._neck.at(posture)
        regions = _regions(view, parts)
        laid = np.zeros((view.rows, view.columns), dtype=np.float32)
        if self._contrasts:
            laid = barium(view, parts, self._courses, self._contrasts, t, regions, posture.larynx)
        now = next((own for own in self._courses if own.events[ORAL_ONSET] <= t <= own.rest_s), None)
        air = _air(view, parts, posture, lumen_width(parts.way, now, t, posture.larynx))
        airway = regions[VESTIBULE] | regions[SUBGLOTTIS]
        if posture.closure < 0.5:
            airway |= view.mask([parts.glottis])
        masks = {
            SPINE: view.mask(list(self._neck.bodies)),
            MANDIBLE: view.mask(list(parts.mandible)),
            HYOID: view.mask([parts.hyoid]),
            AIRWAY: airway,
            BOLUS: seen(laid),
        }
        water, bones = self._shifted(view, posture.jaw_rad)
        return Moment(bones + self._cartilage(view, parts) + laid, np.maximum(water - air, np.float32(0.02)), masks, regions)

    def _shifted(self, view: View, jaw_rad: float) -> tuple[Field, Field]:
        """Water (cm) and bone (nat) of what does not move by itself, as the patient lies, with the jaw opened."""
        x, y = view.sources
        water, dense = self._taken(self._water, x, y), self._taken(self._dense, x, y)
        if jaw_rad:
            hinge = self._neck.hinge()
            dx, dy = x - np.float32(hinge[0]), y - np.float32(hinge[1])
            cos, sin = np.float32(np.cos(jaw_rad)), np.float32(np.sin(jaw_rad))
            x, y = np.float32(hinge[0]) + dx * cos + dy * sin, np.float32(hinge[1]) - dx * sin + dy * cos
        return water, dense + self._taken(self._jaw, x, y)

    def _taken(self, field: Field, x: Field, y: Field) -> Field:
        per_cm = np.float32(self._grid.per_cm)
        columns, rows = x * per_cm + np.float32(self._grid.midline_column), y * per_cm + np.float32(self._grid.apex_row)
        return as_field(cv2.remap(field, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))

    def _cartilage(self, view: View, parts: Parts) -> Field:
        """Hyoid, what is calcified of the larynx, and a feeding tube, in nat."""
        total = cv2.GaussianBlur(view.cover([parts.hyoid]), (0, 0), 0.06 * view.per_cm) * np.float32(0.5)
        for strength, path in zip(self._calcified, parts.cartilage, strict=True):
            if strength > 0.05:
                total += cv2.GaussianBlur(view.lines([path], 0.2), (0, 0), 0.08 * view.per_cm) * np.float32(strength)
        if self._tube:
            way = parts.way
            throat = (way.roof + 0.18 * way.inwards)[way.at > RAMUS]
            nose = self._neck.followed(np.array([(12.5, -9.2), (9.0, -9.0), (5.0, -8.9), (2.6, -8.6), (1.6, -7.2), (1.45, -5.5)]))
            total += cv2.GaussianBlur(view.lines([np.vstack([nose, throat])], 0.22), (0, 0), 0.05 * view.per_cm) * np.float32(0.7)
        return as_field(total)


def _regions(view: View, parts: Parts) -> dict[str, Mask]:
    """By name; mouth, throat and sphincter as wide as they can get."""
    way = parts.way
    vestibule, windpipe = view.mask([parts.vestibule]), view.mask([parts.windpipe])
    outside = cv2.bitwise_not(vestibule | windpipe)
    return {
        ORAL_CAVITY: view.mask([way.strip(way.widest, 0.0, RAMUS)]),
        PHARYNX: view.mask([way.strip(way.widest, RAMUS, SPHINCTER)]) & outside,
        UES: view.mask([way.strip(way.widest, SPHINCTER, GULLET)]) & outside,
        VALLECULAE: view.mask([parts.vallecula]) & outside,
        PYRIFORM_SINUSES: view.mask([parts.sinus]) & outside,
        VESTIBULE: vestibule,
        SUBGLOTTIS: windpipe,
    }


def _air(view: View, parts: Parts, posture: Posture, lumen: Points) -> Field:
    """Air (cm) from nose to windpipe."""
    throat = view.cover([parts.nose, parts.way.strip(np.maximum(lumen, 0.01), 4.2, SPHINCTER), parts.pocket])
    leaf = 1 - view.cover([parts.epiglottis])
    air = np.float32(_THROAT_DEEP) * throat * leaf * (1 - view.cover([parts.velum]))
    air = np.maximum(air, np.float32(_LARYNX_DEEP * (1 - posture.closure)) * view.cover([parts.vestibule]) * leaf)
    if posture.closure < 0.5:
        air = np.maximum(air, np.float32(0.4 * _LARYNX_DEEP) * view.cover([parts.glottis]))
    air = np.maximum(air, np.float32(_WINDPIPE_DEEP) * view.cover([parts.windpipe]))
    return as_field(cv2.GaussianBlur(air, (0, 0), 0.12 * view.per_cm))
