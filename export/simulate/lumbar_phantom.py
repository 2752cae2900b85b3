"""One lateral lumbar spine and pelvis of nobody, with and without implants in the same picture, and everything that is true of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.spinopelvic import angles
from edge_app.simulator.grid import Field, Grid
from export.simulate.lumbar_film import Beam, Skeleton, landmarks_of, masks_of, soft_parts
from export.simulate.lumbar_implants import Implants
from export.simulate.lumbar_pose import Stance, stance
from export.simulate.plate import Matter, drawn_film, drawn_rectangle, exposed, rectangle, scribble, toned, tones_of

_LEAST_ROWS, _MOST_ROWS = 460, 620
_WINDOWED = 0.7
_METAL = 0.3
"""Of the beam's logarithm: what takes away less of it than a quarter does not count as metal."""


@dataclass(frozen=True, eq=False)
class Phantom:
    """A picture (rows, columns) in 0…1, the same with implants where it has some and where those are, its outlines, landmarks and angles.

    Masks are 0 or 255, landmarks in pixels; the angles are those of the landmarks as they lie on the picture, in degrees.
    """

    picture: Field
    with_implants: Field | None
    metal: NDArray[np.uint8] | None
    masks: Mapping[str, NDArray[np.uint8]]
    landmarks: Mapping[str, tuple[float, float]]

    @property
    def angles(self) -> dict[str, float]:
        """By name, degrees."""
        return angles(self.landmarks)


def _grid(random: np.random.Generator, rows: int) -> Grid:
    columns = int(rows * random.choice([random.uniform(0.45, 0.68), random.uniform(0.68, 1.0)]))
    per_cm = rows / random.uniform(30.0, 46.0)
    return Grid(
        rows,
        columns,
        per_cm,
        rows * random.uniform(0.5, 0.68),
        columns * random.uniform(0.36, 0.6),
        float(np.deg2rad(random.normal(0.0, 2.0))),
        0.0,
    )


def phantom(random: np.random.Generator, *, implants: bool, rows: int | None = None, person: Stance | None = None) -> Phantom:
    """Drawn at random, facing either way; ``rows`` of pixels where given, else 460 to 620; of that ``person`` where given."""
    own = person or stance(random)
    grid = _grid(random, rows or int(random.integers(_LEAST_ROWS, _MOST_ROWS + 1)))
    middle = own.body("L3").middle
    beam = Beam(
        x=float(middle[0] + random.normal(0.0, 1.5)),
        y=float(middle[1] + random.uniform(0.0, 9.0)),
        source=random.uniform(95.0, 190.0),
        turned=float(random.normal(0.0, 0.035)),
        leant=float(random.normal(0.0, 0.025)),
    )
    matter = Matter(grid)
    soft_parts(matter, beam, own, random)
    skeleton = Skeleton(matter, beam, own, random.uniform(0.7, 1.8), random)
    skeleton.lay()
    heads = skeleton.heads()
    window = drawn_rectangle(grid, random, 0.35, 0.1)
    if random.random() < 0.3:
        side = random.uniform(0.05, 0.2) * grid.columns / grid.per_cm
        window = rectangle(grid, (0.3, side, 0.3, side), random.normal(0, 0.03))
    film, seed = drawn_film(random), int(random.integers(2**31))
    if random.random() < _WINDOWED:
        # What lies between ribs and hips differs by more than a screen shows: most units even it out.
        film = replace(film, even=random.uniform(0.4, 0.85), detail=random.uniform(0.0, 1.2))
    bare = exposed(matter, window, film, np.random.default_rng(seed))
    tones, metal, where = tones_of(bare, matter, window, film), None, None
    if implants:
        before = matter.dense.copy()
        Implants(matter, beam, own, random).lay()
        # The same noise and the same tones, so that the two differ by the metal alone.
        covered = exposed(matter, window, film, np.random.default_rng(seed))
        tones = tones_of(covered, matter, window, film)
        metal = toned(covered, window, film, tones)
        where = np.where((matter.dense - before > _METAL) & (window > 0.5), np.uint8(255), np.uint8(0))
    plain = toned(bare, window, film, tones)
    letters = random.choice(["L", "R", "LAT", "STANDING"]) if random.random() < 0.4 else None
    at = random.uniform(0.03, 0.8), random.uniform(0.06, 0.98)
    for picture in (plain, metal):
        if letters is not None and picture is not None:
            scribble(picture, letters, at, 0.035, 1.0)
    made = Phantom(plain, metal, where, masks_of(own, beam, heads, grid), landmarks_of(own, beam, heads, grid))
    return mirrored(made) if random.random() < 0.5 else made


def mirrored(made: Phantom) -> Phantom:
    """The same person seen from the other side."""

    def flipped(picture: Field) -> Field:
        return np.ascontiguousarray(picture[:, ::-1])

    columns = made.picture.shape[1]
    return replace(
        made,
        picture=flipped(made.picture),
        with_implants=None if made.with_implants is None else flipped(made.with_implants),
        metal=None if made.metal is None else np.ascontiguousarray(made.metal[:, ::-1]),
        masks={name: np.ascontiguousarray(mask[:, ::-1]) for name, mask in made.masks.items()},
        landmarks={name: (columns - x, y) for name, (x, y) in made.landmarks.items()},
    )
