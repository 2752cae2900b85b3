"""What surgeons leave in a lumbar spine: pedicle screws on rods, cages between bodies, plates, cement; as a plate sees metal."""

import numpy as np

from export.simulate.lumbar_film import Beam, lifted
from export.simulate.lumbar_pose import Body, Points, Stance, above, direction
from export.simulate.plate import Matter

METAL_PER_CM = (1.2, 3.2)
"""Of titanium and of steel, in an ambulance's beam."""


class Implants:
    """Lays implants on matter; nothing of the skeleton changes."""

    def __init__(self, matter: Matter, beam: Beam, stance: Stance, random: np.random.Generator) -> None:
        self._matter, self._beam, self._stance, self._random = matter, beam, stance, random
        self._metal = np.float32(random.uniform(*METAL_PER_CM))

    def lay(self) -> None:
        """Screws and rods over two to six levels, mostly; here and there cages, cement or a plate in front."""
        random = self._random
        bodies = [body for body in self._stance.bodies if body.name.startswith("L")]
        first = int(random.integers(0, 4))
        levels = bodies[first : first + int(random.integers(2, 7))]
        if random.random() < 0.88:
            self._screws(levels, sacral=first == 0 and random.random() < 0.6)
        if random.random() < 0.5:
            for lower in levels[: int(random.integers(1, 3))]:
                self._cage(lower)
        if random.random() < 0.12:
            self._cement(bodies[int(random.integers(len(bodies)))])
        if random.random() < 0.08:
            self._plate(levels)

    def _screws(self, levels: list[Body], *, sacral: bool) -> None:
        random, scale = self._random, levels[0].depth / 3.5
        radius, length = random.uniform(0.24, 0.36), random.uniform(3.6, 5.4) * scale
        for z in (-1.4 * scale, 1.4 * scale):
            heads: list[Points] = []
            bars: list[Points] = []
            for body in levels:
                if random.random() < 0.06:
                    continue
                height = random.uniform(0.1, 0.6) * scale
                start = body.middle - (body.depth / 2 + random.uniform(1.2, 1.9) * scale) * direction(body.dip) + height * above(body.dip)
                heading = direction(body.dip + random.normal(0.0, 5.0))
                bars.append(self._seen(np.array([start, start + length * heading]), z, 0.55 * z))
                heads.append(start - 0.2 * heading)
            if sacral:
                plate, slope = self._stance.plate, self._stance.slope
                start = plate[0] - 1.4 * scale * direction(slope) - 0.9 * scale * above(slope)
                heading = direction(slope + random.normal(4.0, 6.0))
                bars.append(self._seen(np.array([start, start + 0.85 * length * heading]), z, 0.55 * z))
                heads.insert(0, start - 0.2 * heading)
            if not bars:
                continue
            self._add(bars, radius)
            self._add(
                [self._seen(np.array([at - 0.35 * scale * self._way(heads), at + 0.35 * scale * self._way(heads)]), z, z) for at in heads],
                random.uniform(0.45, 0.7),
            )
            if len(heads) > 1 and random.random() < 0.95:
                rod = np.array(sorted(heads, key=lambda own: -own[1]))
                beyond = random.uniform(0.4, 1.4) * self._way(heads)
                self._add([self._seen(np.vstack([rod[0] + beyond, rod, rod[-1] - beyond]), z, z)], random.uniform(0.24, 0.33))

    @staticmethod
    def _way(heads: list[Points]) -> Points:
        """(2,) along the rod, downwards."""
        run = max(heads, key=lambda own: own[1]) - min(heads, key=lambda own: own[1])
        length = float(np.linalg.norm(run))
        return run / length if length > 1e-6 else np.array([0.0, 1.0])

    def _seen(self, path: Points, from_z: float, to_z: float) -> Points:
        return self._beam.seen(np.column_stack([path, np.linspace(from_z, to_z, len(path))]))

    def _add(self, paths: list[Points], radius: float) -> None:
        self._matter.dense += self._metal * self._matter.tube(paths, radius)

    def _cage(self, lower: Body) -> None:
        """Between a body and what lies below it: a box of metal, or one of plastic of which only its pins are seen."""
        random = self._random
        middle = (lower.lower_back + lower.lower_front) / 2 - 0.5 * above(lower.lower)
        along, up = direction(lower.lower), above(lower.lower)
        half_x, half_y = random.uniform(0.9, 1.5), random.uniform(0.35, 0.55)
        middle = middle + random.normal(0.0, 0.25) * along
        corners = np.array([middle + sx * half_x * along + sy * half_y * up for sx, sy in ((-1, 1), (1, 1), (1, -1), (-1, -1))])
        if random.random() < 0.4:
            self._matter.plates([self._beam.seen(lifted(corners, 0.0))], random.uniform(3.0, 9.0), rim=random.uniform(1.0, 4.0), rim_cm=0.1)
        else:
            pins = [self._seen(np.array([at - 0.25 * up, at + 0.25 * up]), z, z) for at in corners[1:3] for z in (-0.5, 0.5)]
            self._add(pins, 0.07)

    def _cement(self, body: Body) -> None:
        random = self._random
        for _ in range(int(random.integers(2, 6))):
            at = self._beam.seen(lifted((body.middle + random.normal(0.0, 0.35, 2))[None], 0.0))[0]
            half = random.uniform(0.3, 0.9, 2)
            self._matter.dense += np.float32(random.uniform(0.4, 1.2)) * self._matter.grid.ellipsoid(
                float(at[0]), float(at[1]), (float(half[0]), float(half[1])), 1.4
            )

    def _plate(self, levels: list[Body]) -> None:
        path = np.array([body.middle + (body.depth / 2 + 0.15) * direction(body.dip) for body in levels])
        self._add([self._seen(path, z, z) for z in (-0.7, 0.7)], 0.14)
        screws = [np.array([at, at - 2.0 * direction(body.dip)]) for at, body in zip(path, levels, strict=True)]
        self._add([self._seen(own, z, z) for own in screws for z in (-0.7, 0.7)], 0.2)
