"""A fluoroscope: little dose, scatter and glare, shutters, an intensifier or a flat panel, lag, and how its picture is shown."""

from dataclasses import dataclass

import cv2
import numpy as np

from edge_app.simulator.grid import Field, as_field
from export.simulate.plate import scribble
from export.simulate.swallow_view import Lens

_LABELS = ("SWALLOW", "L", "LAT", "VFSS", "76 kV", "15 P/s", "10 mL")


@dataclass(frozen=True, eq=False)
class Fluoroscope:
    """How every frame of a sequence is taken.

    Attributes:
        window: 0…1 (rows, columns), where the shutters are open.
        bright: 0…1 (rows, columns), how evenly the intensifier shines.
        water_per_cm: attenuation of water.
        scatter: scattered against primary radiation behind thick parts.
        glare: share of all light that spreads over the whole picture.
        quanta: of the open beam a pixel and frame.
        blur: pixels, of focus and detector.
        lag: share of the last frame that stays in the next.
        pulse: share of a frame's time that the beam is on.
        steep: of the tone curve at its middle.
        dark, white: percentiles of what the first frame shows that become black and white.
        bones_white: the polarity.
        shut: 0…1, how the shutters are shown.
        labels: what is burnt in, and where (shares of width and height); a frame number is written after the first.
    """

    window: Field
    bright: Field
    water_per_cm: float
    scatter: float
    glare: float
    quanta: float
    blur: float
    lag: float
    pulse: float
    steep: float
    dark: float
    white: float
    bones_white: bool
    shut: float
    labels: tuple[tuple[str, float, float], ...]

    def reached(self, nats: Field, water: Field) -> Field:
        """What reaches the detector without noise, of the open beam, through water (cm) and what attenuates beyond it (nat)."""
        primary = np.exp(-nats - np.float32(self.water_per_cm) * water) * self.window
        shrunk = (max(2, nats.shape[1] // 8), max(2, nats.shape[0] // 8))
        thick = cv2.resize(primary * (1 - np.exp(np.float32(-0.12) * water)), shrunk, interpolation=cv2.INTER_AREA)
        spread = cv2.GaussianBlur(thick, (0, 0), max(shrunk) / 8, borderType=cv2.BORDER_REPLICATE)
        wide = cv2.resize(spread, (nats.shape[1], nats.shape[0]), interpolation=cv2.INTER_LINEAR)
        total = primary + np.float32(self.scatter) * wide * self.window
        return as_field((total + np.float32(self.glare * float(total.mean()))) * self.bright)

    def exposed(self, reached: Field, before: Field | None, random: np.random.Generator) -> Field:
        """The same with the noise of its quanta, blurred, and with what is left of the frame before."""
        noise = np.sqrt(np.maximum(reached, np.float32(1e-6)) / np.float32(self.quanta)) * random.standard_normal(
            reached.shape, dtype=np.float32
        )
        now = cv2.GaussianBlur(reached + noise, (0, 0), self.blur, borderType=cv2.BORDER_REPLICATE)
        return as_field(now if before is None else np.float32(1 - self.lag) * now + np.float32(self.lag) * before)

    def levels(self, reached: Field, water: Field) -> tuple[float, float]:
        """The densities that become black and white, from a frame without noise."""
        density = -np.log(np.maximum(reached, np.float32(1e-4)))
        inside = density[(self.window > 0.5) & (water > 2.0)]
        low, high = np.percentile(inside if inside.size > 50 else density, (self.dark, self.white))
        return float(low), float(max(high, low + 0.4))

    def shown(self, exposed: Field, levels: tuple[float, float], number: int, *, mirrored: bool) -> Field:
        """A frame as it is shown, 0…1, with its number burnt in."""
        density = -np.log(np.maximum(exposed, np.float32(1e-4)))
        tone = (density - np.float32(levels[0])) / np.float32(levels[1] - levels[0]) - np.float32(0.5)
        value = 1 / (1 + np.exp(np.clip(np.float32(-2 * self.steep) * tone, -20, 20)))
        low = 1 / (1 + np.exp(self.steep))
        value = np.clip((value - low) / (1 - 2 * low), 0, 1)
        if not self.bones_white:
            value = 1 - value
        picture = as_field(value * self.window + np.float32(self.shut) * (1 - self.window))
        if mirrored:
            picture = np.ascontiguousarray(picture[:, ::-1])
        for at, (text, x, y) in enumerate(self.labels):
            scribble(picture, f"{number:04d}" if at == 1 else text, (x, y), 0.035, 0.95 if self.shut < 0.5 else 0.05)
        return picture


def _window(lens: Lens, random: np.random.Generator, *, round_: bool) -> Field:
    y, x = np.mgrid[0 : lens.rows, 0 : lens.columns].astype(np.float32)
    dx, dy = x - (lens.columns - 1) / 2, y - (lens.rows - 1) / 2
    window = np.ones((lens.rows, lens.columns), dtype=np.float32)
    if round_:
        radius = random.uniform(0.98, 1.12) * min(lens.rows, lens.columns) / 2
        window = np.clip(radius - np.hypot(dx, dy) + 0.5, 0, 1).astype(np.float32)
    if random.random() < (0.3 if round_ else 0.6):
        turned = random.normal(0.0, 0.03)
        for away, side in ((x, lens.columns), (lens.columns - 1 - x, lens.columns), (y, lens.rows), (lens.rows - 1 - y, lens.rows)):
            if random.random() < 0.5:
                closed = random.uniform(0.0, 0.1) * side
                tilted = away - closed + turned * (dy if side == lens.columns else dx)
                window = window * np.clip(tilted / random.uniform(1.0, 3.0) + 0.5, 0, 1)
    return as_field(window)


def fluoroscope(lens: Lens, random: np.random.Generator, *, intensifier: bool) -> Fluoroscope:
    """Drawn at random."""
    y, x = np.mgrid[-1 : 1 : lens.rows * 1j, -1 : 1 : lens.columns * 1j].astype(np.float32)
    fall = random.uniform(0.1, 0.45) if intensifier else 0.0
    photons_per_cm2 = float(np.exp(random.uniform(np.log(6e4), np.log(2e6))))
    labels = [
        (str(random.choice(_LABELS)), float(random.choice([0.02, 0.72])), float(random.choice([0.06, 0.13, 0.9, 0.97])))
        for _ in range(int(random.choice([0, 0, 0, 1, 2, 3])))
    ]
    return Fluoroscope(
        window=_window(lens, random, round_=intensifier and random.random() < 0.8),
        bright=as_field(1 - np.float32(fall) * np.clip((x * x + y * y) / 2, 0, 1)),
        water_per_cm=random.uniform(0.17, 0.22),
        scatter=random.uniform(0.3, 1.4),
        glare=random.uniform(0.02, 0.15) if intensifier else random.uniform(0.0, 0.03),
        quanta=photons_per_cm2 / lens.per_cm**2,
        blur=random.uniform(0.5, 1.0) * (1.3 if intensifier else 1.0),
        lag=random.uniform(0.0, 0.6) if random.random() < 0.7 else 0.0,
        pulse=float(random.choice([0.1, 0.2, 0.3, 1.0])),
        steep=random.uniform(0.8, 2.0),
        dark=random.uniform(0.5, 8.0),
        white=random.uniform(94.0, 99.5),
        bones_white=bool(random.random() < 0.5),
        shut=0.0 if random.random() < 0.85 else 1.0,
        labels=tuple(labels),
    )
