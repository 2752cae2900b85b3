"""What does not move in a neck of nobody, as matter: soft parts, spine, skull, teeth, what was put in or on it; and the jaw by itself."""

import numpy as np

from edge_app.simulator.grid import Field, Grid, Points, as_field
from export.simulate.lumbar_pose import above, direction
from export.simulate.plate import Matter, line, ring
from export.simulate.swallow_neck import Neck

_SKIN = (
    *((10.9, -16.0), (11.4, -12.0), (12.0, -10.8), (13.3, -9.2), (11.7, -8.4), (12.0, -7.3), (11.5, -6.4), (11.9, -5.4), (11.3, -4.4)),
    *((11.7, -2.7), (11.2, -1.1), (9.2, -0.2), (6.8, 0.5), (5.7, 1.6), (5.6, 3.0), (5.2, 6.0), (5.3, 9.0), (6.8, 13.0), (9.0, 20.0)),
    *((-9.0, 20.0), (-7.2, 9.0), (-6.2, 2.0), (-6.5, -3.0), (-8.2, -8.0), (-9.5, -12.0), (-9.0, -18.0)),
)
# Molars to incisors: where each stands, and how wide it is; crown and root of one a centimetre wide.
_TEETH = (4.9, 5.95, 6.9, 7.65, 8.3, 8.95, 9.5, 9.95)
_TEETH_WIDE = (1.05, 1.05, 0.8, 0.7, 0.7, 0.7, 0.5, 0.5)
_CROWN = np.array([(-0.8, 0.1), (-1.0, -0.35), (-0.8, -0.75), (0.0, -0.68), (0.8, -0.75), (1.0, -0.35), (0.8, 0.1)])
_ROOT = np.array([(-0.8, 0.0), (-0.6, 0.8), (-0.35, 1.3), (0.0, 0.7), (0.35, 1.3), (0.6, 0.8), (0.8, 0.0)])

_RIM_CM, _JAW_RIM_CM = 0.09, 0.11
"""Half the thickness of the cortex of vertebrae and jaw, which lies inside their outlines."""


def _shrunk(outline: Points, by_cm: float) -> Points:
    """A closed outline (n, 2) moved inwards by so much."""
    along = np.roll(outline, -1, axis=0) - np.roll(outline, 1, axis=0)
    inwards = np.column_stack([-along[:, 1], along[:, 0]]) / np.maximum(np.linalg.norm(along, axis=1), 1e-9)[:, None]
    area = float((outline[:, 0] * np.roll(outline[:, 1], -1) - np.roll(outline[:, 0], -1) * outline[:, 1]).sum())
    return np.asarray(outline + np.sign(area) * by_cm * inwards)


class Still:
    """Lays what does not move; ``matter`` and ``jaw`` are on a plate larger than the picture."""

    def __init__(self, grid: Grid, neck: Neck, random: np.random.Generator) -> None:
        self.matter, self.jaw = Matter(grid), Matter(grid)
        self._neck, self._random = neck, random
        self._strength = random.uniform(0.85, 1.5)
        self._soft_parts()
        self._spine()
        self._skull()
        self._mandible()
        self._put_in()

    def _soft_parts(self) -> None:
        random, grid = self._random, self.matter.grid
        skin = np.array(_SKIN)
        skin[13:19, 0] += random.uniform(-0.3, 1.2)
        skin[9:13, 1] += random.uniform(-0.1, 0.8)
        skin[20:24, 0] -= random.uniform(-0.3, 2.0)
        outline = ring(self._neck.followed(skin), 240)
        self.matter.water += grid.inflated(outline, random.uniform(1.8, 3.2), random.uniform(9.5, 12.5))
        top = random.uniform(4.0, 8.0)
        shoulder = np.array([(-16.0, top), (-5.0, top - 1.0), (3.0, top + 2.0), (8.0, top + 5.0), (9.0, 24.0), (-16.0, 24.0)])
        self.matter.water += grid.inflated(self._neck.followed(shoulder), 4.0, random.uniform(8.0, 22.0))
        self.matter.water += grid.ellipsoid(*self._at(4.5, -6.0), (6.5, 5.5), random.uniform(1.0, 3.0))
        # Muscle and fat.
        self.matter.water += grid.texture(random, 1.2) * np.float32(random.uniform(0.1, 0.35)) * (self.matter.water > 3)

    def _at(self, x: float, y: float) -> tuple[float, float]:
        moved = self._neck.followed(np.array([[x, y]]))[0]
        return float(moved[0]), float(moved[1])

    def _followed(self, *knots: tuple[float, ...], count: int = 60) -> Points:
        return self._neck.followed(line(*knots, count=count)[:, :2])

    def _spine(self) -> None:
        random, matter, neck, bone = self._random, self.matter, self._neck, self._strength
        bodies = [_shrunk(outline, _RIM_CM) for outline in (*neck.bodies, *neck.below)]
        matter.plates(bodies, random.uniform(1.3, 2.0), rim=random.uniform(0.9, 1.4), rim_cm=_RIM_CM, share=bone)
        for at in range(len(neck.middles)):
            number, middle = at + 2, neck.middles[at]
            forwards, up = direction(neck.dips[at]), above(neck.dips[at])
            half = neck.depth / 2

            def local(x: float, y: float, middle: Points = middle, forwards: Points = forwards, up: Points = up) -> Points:
                return np.asarray(middle + x * forwards + y * up)

            pillar = ring(
                np.array([local(-half - 0.1, 0.75), local(-half - 1.0, 0.35), local(-half - 1.25, -0.85), local(-half - 0.2, -0.3)]), 50
            )
            matter.plates([pillar + random.normal(0, 0.05, 2)], 1.9, rim=0.7, rim_cm=0.08, share=0.75 * bone)
            long = {2: 2.9, 3: 2.3, 4: 2.3, 5: 2.5, 6: 3.0, 7: 3.9}.get(number, 4.2) * random.uniform(0.9, 1.1)
            back = [local(-half - 1.7, 0.1), local(-half - 1.7 - 0.5 * long, -0.35), local(-half - 1.2 - long, -0.75)]
            under = [local(-half - 1.1 - long, -1.2), local(-half - 1.7 - 0.4 * long, -0.95), local(-half - 1.7, -0.55)]
            matter.plates([ring(np.array([*back, *under]), 60)], 0.8, rim=0.7, rim_cm=0.07, share=0.8 * bone)
            lamina = np.array([local(-half - 1.1, -0.1), local(-half - 1.75, -0.3)])
            matter.bones([lamina], (0.22, 0.3), 0.09, share=0.7 * bone)
        # The atlas: its front arch before the dens, its back arch behind.
        middle, forwards, up = neck.middles[0], direction(neck.dips[0]), above(neck.dips[0])
        front = middle + (neck.depth / 2 + 0.02) * forwards + 1.55 * up
        arch = np.array([front - 0.28 * up, front + 0.28 * up])
        matter.bones([arch], (0.26, 0.3), 0.1, share=1.1 * bone)
        behind = [middle + x * forwards + y * up for x, y in ((-0.7, 1.5), (-1.8, 1.55), (-3.0, 1.5), (-3.5, 1.3))]
        matter.bones([line(*map(tuple, behind), count=40)], (0.28, 0.32), 0.1, share=0.9 * bone)
        mass = middle + 1.5 * up - 0.3 * forwards
        matter.dense += np.float32(0.12 * bone) * matter.grid.ellipsoid(float(mass[0]), float(mass[1]), (1.0, 0.7), 1.8)

    def _skull(self) -> None:
        random, matter, bone = self._random, self.matter, self._strength
        followed = self._followed
        palate = [followed((10.0, -7.7), (8.6, -7.85), (6.6, -8.0), (4.7, -7.95))]
        matter.bones(palate, (0.17, 0.17), 0.1, share=1.6 * bone)
        matter.bones([followed((10.5, -8.2), (10.2, -7.4), (9.9, -6.6))], (0.4, 0.4), 0.1, share=0.8 * bone)
        base = followed((4.2, -11.2), (2.8, -11.0), (1.2, -9.6), (-0.6, -8.6), (-2.6, -8.9), (-5.0, -8.8), (-8.2, -10.6))
        matter.bones([base], (0.45, 0.45), 0.16, share=1.1 * bone)
        matter.bones([followed((1.2, -10.2), (-0.4, -9.6), (-1.8, -8.2), (-2.4, -7.6))], (0.6, 0.7), 0.1, share=0.7 * bone)
        petrous = matter.grid.ellipsoid(*self._at(-0.8, -10.6), (2.4, 1.3), 5.0, -0.4)
        matter.dense += np.float32(0.14 * bone) * petrous
        matter.dense += np.float32(0.07 * bone) * matter.grid.ellipsoid(*self._at(-4.0, -13.5), (6.5, 5.0), 8.0)
        plates = [followed((4.3, -11.0), (4.2, -9.6), (4.4, -8.2)), followed((4.9, -10.8), (4.9, -9.2), (4.7, -8.0))]
        matter.bones(plates, (0.14, 0.14), 0.06, share=0.9 * bone)
        nasal = matter.grid.ellipsoid(*self._at(7.6, -9.6), (2.6, 1.1), random.uniform(1.0, 3.0))
        sinus = matter.grid.ellipsoid(*self._at(7.4, -9.9), (1.8, 1.4), random.uniform(1.0, 4.0))
        matter.gas(nasal + sinus)
        if random.random() < 0.85:
            self._teeth(matter, upper=True)

    def _teeth(self, matter: Matter, *, upper: bool) -> None:
        """Crowns and roots of both sides of one row, some missing, some filled; or a denture without roots."""
        random, neck, up = self._random, self._neck, -1.0 if upper else 1.0
        denture, row = random.random() < 0.12, Matter(matter.grid)
        crowns: list[Points] = []
        roots: list[Points] = []
        fillings: list[Points] = []
        for side in (-0.5, 0.5):
            for x, wide in zip(_TEETH, _TEETH_WIDE, strict=True):
                if random.random() < 0.12 and not denture:
                    continue
                crest = float(np.interp(x, [4.6, 10.0], [-6.8, -6.4] if upper else [-5.35, -4.75]))
                lean = 0.25 * (x > 9.0)
                local = _CROWN * (wide * 0.47, up) + (lean * up, 0.0)
                root = _ROOT * (wide * 0.42, up * random.uniform(0.85, 1.1))
                at = np.array([4.0 + (x - 4.0) * neck.chin, crest]) + side * neck.apart * (0.0 if upper else 1.0)
                crowns.append(neck.followed(ring(local + at, 40)))
                if not denture:
                    roots.append(neck.followed(ring(root + at, 40)))
                if random.random() < (0.18 if x < 7.5 else 0.03):
                    top = local[:, 1].min() if not upper else local[:, 1].max()
                    low = random.uniform(0.25, 0.6) * up
                    filling = np.array([(-0.3, top), (0.3, top), (0.25, top + low), (-0.25, top + low)]) * (wide, 1.0) + at
                    fillings.append(neck.followed(filling))
        # Each side's row takes its own share, so that where they lie over one another they show through.
        for group, strength in ((crowns, 0.38), (roots, 0.16), (fillings, random.uniform(1.5, 4.0))):
            for outline in group:
                row.dense += np.float32(strength) * matter.grid.polygon(outline)
        matter.dense += np.float32(self._strength) * matter.grid.blurred(row.dense, 0.05)

    def _mandible(self) -> None:
        random, jaw, bone = self._random, self.jaw, self._strength
        for outline in self._neck.jaw():
            thick, rim = random.uniform(2.2, 3.2), random.uniform(0.8, 1.3)
            jaw.plates([_shrunk(outline, _JAW_RIM_CM)], thick, rim=rim, rim_cm=_JAW_RIM_CM, share=0.9 * bone)
        chin = self._neck.followed(np.array([[4.0 + 5.9 * self._neck.chin, -2.6]]))[0]
        jaw.dense += np.float32(0.22 * bone) * jaw.grid.ellipsoid(chin[0], chin[1], (0.75, 1.6), 2.6, -0.25)
        if random.random() < 0.85:
            self._teeth(jaw, upper=False)

    def _put_in(self) -> None:
        """A plate on the spine, a coin or a ruler on the skin, now and then."""
        random, matter, neck = self._random, self.matter, self._neck
        if random.random() < 0.08:
            first = int(random.integers(2, 4))
            rows = range(first, first + int(random.integers(2, 4)))
            fronts = [neck.middles[at] + (neck.depth / 2 + 0.12) * direction(neck.dips[at]) for at in rows]
            matter.dense += np.float32(3.0) * matter.tube([np.array(fronts)], 0.11)
            screws = [np.array([front, front - 1.3 * direction(neck.dips[at])]) for at, front in zip(rows, fronts, strict=True)]
            matter.dense += np.float32(2.5) * matter.tube(screws, 0.12)
        if random.random() < 0.12:
            at = self._at(*((12.6, -0.6) if random.random() < 0.5 else (-6.0, random.uniform(-2.0, 3.0))))
            matter.dense += np.float32(1.6) * (matter.grid.ellipsoid(*at, (1.2, 1.2), 1.0) > 0.02)
        if random.random() < 0.06:
            x = random.uniform(7.5, 9.0)
            ticks = [
                np.array([self._at(x, y), self._at(x + (0.7 if number % 5 == 0 else 0.4), y)])
                for number, y in enumerate(np.arange(1.0, 9.0))
            ]
            matter.dense += np.float32(3.0) * matter.tube([*ticks, np.array([self._at(x, 1.0), self._at(x, 8.0)])], 0.05)

    def sampled(self) -> tuple[Field, Field, Field]:
        """Water (cm), what attenuates beyond it, and the jaw (nat); each (rows, columns) float32 of the larger plate."""
        return (
            as_field(np.maximum(self.matter.water, 0)),
            as_field(np.maximum(self.matter.dense, 0)),
            as_field(np.maximum(self.jaw.dense, 0)),
        )
