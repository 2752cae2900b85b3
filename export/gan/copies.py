"""Whether the generator has learnt what chests look like, or some patients' pictures by heart."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from export.architectures.located import LocatedNetwork
from export.datasets.page import Heading, Image, Page, Paragraph, Table
from export.gan.nearness import LOWEST, SUSPICIOUS, Nearness, frechet, nearest, unit
from export.gan.pictures import RealChests, shrunk
from export.gan.place import GanPlace
from export.gan.sheet import write_sheet
from export.gan.weights import Drawer
from export.plots import Told, draw_histograms
from export.tasks.running import BATCH, normalised
from export.train import BACKBONE
from export.workplace import Workplace

SIDE = 64
COUNT = 500
CLOSEST = 12
NOT_UNSEEN = ("adult_normal", "paediatric")
"""Sources with pictures that are there more than once, under no patient's name or under several: some validation pictures of theirs are all
but the same as a training picture, so they do not tell how near an unseen patient comes."""
_LEAST_SIDE = 32

Grey = NDArray[np.uint8]
"""(n, side, side)."""


@dataclass(frozen=True)
class Checked:
    """What the check found.

    Attributes:
        nearness: by each measure.
        distances: Fréchet distances by what is held against what; empty where the findings' network is not trained.
    """

    nearness: tuple[Nearness, ...]
    distances: tuple[tuple[str, float], ...]

    @property
    def copies(self) -> bool:
        """Whether any measure says so."""
        return any(own.copies for own in self.nearness)


def pixels_of(pictures: Grey) -> NDArray[np.float32]:
    """(n, ``SIDE``²) float32 of pictures shrunk, or enlarged, to ``SIDE``."""
    return shrunk(pictures, SIDE).reshape(len(pictures), -1).astype(np.float32)


@torch.no_grad()
def features_of(pictures: Grey, findings: Workplace) -> NDArray[np.float32]:
    """(n, numbers): the means of the coarsest features that the trained findings' network has of pictures of a side it can take."""
    recipe = findings.recipe
    network = recipe.task.network(recipe.width)
    assert isinstance(network, LocatedNetwork)  # noqa: S101  (the findings' own network)
    weights = torch.load(findings.weights, weights_only=True, map_location="cpu")
    backbone = network.backbone.eval()
    backbone.load_state_dict({name.removeprefix(BACKBONE): value for name, value in weights.items() if name.startswith(BACKBONE)})
    rows = []
    for start in range(0, len(pictures), BATCH):
        grey = np.asarray(pictures[start : start + BATCH], dtype=np.float32) / np.float32(255.0)
        _, coarse = backbone(normalised(grey, recipe))
        rows.append(coarse.mean((2, 3)).numpy())
    return np.concatenate(rows)


def nearness_of(made: Grey, taught: RealChests, unseen: Grey) -> Nearness:
    """Drawn and unseen pictures held against the taught ones by their pixels, brightness and contrast aside, mirrored or not."""
    patients = [picture.patient for picture in taught.pictures]
    views = [unit(pixels_of(view)) for view in (taught.canvases, taught.canvases[:, :, ::-1])]
    found = (nearest(unit(pixels_of(own)), views, patients) for own in (made, unseen))
    return Nearness("pixels", *found)


def check(made: Grey, taught: RealChests, unseen: RealChests, findings: Workplace) -> Checked:
    """Hold drawn pictures against those that were learnt from, and against how near patients come that were not.

    By the features of the findings' network too, where it is trained; its weights have seen the same training patients.
    """
    named = np.array([picture.source not in NOT_UNSEEN for picture in unseen.pictures])
    pixels = nearness_of(made, taught, unseen.canvases[named])
    if not findings.weights.is_file() or made.shape[1] < _LEAST_SIDE:
        return Checked((pixels,), ())
    drawn, learnt, kept_apart = (features_of(own, findings) for own in (made, taught.canvases, unseen.canvases))
    middle = learnt.mean(0)
    patients = [picture.patient for picture in taught.pictures]
    views = [unit(learnt, middle), unit(features_of(taught.canvases[:, :, ::-1], findings), middle)]
    features = Nearness("features", *(nearest(unit(own, middle), views, patients) for own in (drawn, kept_apart[named])))
    # The distance depends on how many there are, so as many are taken of each.
    fewest = min(len(drawn), len(kept_apart))
    random = np.random.default_rng(0)
    drawn, kept_apart = (own[random.permutation(len(own))[:fewest]] for own in (drawn, kept_apart))
    distances = (
        ("drawn and training", frechet(drawn, learnt)),
        ("drawn and validation", frechet(drawn, kept_apart)),
        ("validation and training", frechet(kept_apart, learnt)),
    )
    return Checked((pixels, features), distances)


def copies_page(checked: Checked, counts: tuple[int, int, int]) -> Page:
    """What was found, of so many drawn, taught and unseen pictures, in words and numbers."""
    rows = []
    for own in checked.nearness:
        medians = [f"{np.median(values):.3f}" for which in (own.drawn, own.unseen) for values in (which.distance, which.lead)]
        verdict = "copies" if own.copies else "no sign of copying"
        rows.append((own.measure, *medians, f"{own.nearer:.1%}", f"{own.leading:.1%}", verdict))
    columns = (
        "measure",
        "distance, drawn",
        "lead, drawn",
        "distance, unseen",
        "lead, unseen",
        "nearer than 1 % of unseen",
        "leading more",
        "verdict",
    )
    return Page(
        "Whether drawn chests are copies",
        [
            Paragraph(
                f"{counts[0]} drawn pictures, asked for as training pictures are labelled, held against the {counts[1]} training pictures "
                f"(mirrored too), beside {counts[2]} validation pictures of patients that were never learnt from. Medians of the distance "
                "to the nearest training picture, and of its lead: that distance as a share of the mean one to the ten next patients."
            ),
            Table(columns, tuple(rows)),
            Image("distances.png", "distance to the nearest training picture, of drawn pictures and of unseen patients"),
            Paragraph(
                f"Chance puts {LOWEST:.0%} of unseen patients below the quantile. Copying is said where more than {SUSPICIOUS:.0%} of the "
                "drawn pictures are nearer than that and as many have such a lead: soft, ordinary pictures are near to many patients, a "
                "copy to one. Pixels are compared at 64², brightness and contrast aside; features are those of the findings' network."
            ),
            Heading("Fréchet distance of the features"),
            Table(("between", "distance"), tuple((name, f"{value:.3f}") for name, value in checked.distances)),
            Heading("The closest"),
            Paragraph("A drawn picture, then the training picture nearest to it by each measure."),
            Image("closest.png", "drawn pictures and their nearest training pictures"),
        ],
    )


def draw_distances(checked: Checked, file: Path) -> None:
    """How near drawn pictures and unseen patients come to those that were learnt from."""
    told = [Told(f"by {own.measure}", own.drawn.distance.tolist(), own.unseen.distance.tolist()) for own in checked.nearness]
    draw_histograms(file, told, ("drawn", "unseen patients"), "distance to the nearest")


def closest_rows(checked: Checked, made: Grey, taught: RealChests) -> list[tuple[str, list[Grey]]]:
    """Of the drawn pictures that are nearest by pixels: each, and its nearest training picture by each measure."""
    order = np.argsort(checked.nearness[0].drawn.distance)[:CLOSEST]
    rows = []
    for at in order:
        found = [(own.measure, own.drawn.distance[at], taught.canvases[own.drawn.index[at]]) for own in checked.nearness]
        caption = ", ".join(f"{name} {distance:.2f}" for name, distance, _ in found)
        rows.append((caption, [made[at], *(picture for *_, picture in found)]))
    return rows


def asked_as_taught(taught: RealChests, count: int, random: np.random.Generator) -> NDArray[np.float32]:
    """(count, ``CONDITION``) of training pictures drawn evenly: what they are known to show, unknown where it is."""
    return taught.known[random.choice(len(taught.pictures), count)]


def check_copies(place: GanPlace, count: int = COUNT) -> Checked:
    """Draw pictures, check them and write the page with its sheet into the run's folder."""
    drawer, random = Drawer.load(place.weights), np.random.default_rng([place.seed, 0xC0B])
    taught, unseen = RealChests.taught(place), RealChests.unseen(place)
    made = drawer.drawn_for(asked_as_taught(taught, count, random), random)
    checked = check(made, taught, unseen, place.findings)
    named = sum(picture.source not in NOT_UNSEEN for picture in unseen.pictures)
    page = copies_page(checked, (len(made), len(taught.pictures), named))
    write_sheet(place.folder / "closest.png", closest_rows(checked, made, taught))
    draw_distances(checked, place.folder / "distances.png")
    page.write(place.folder, "copies")
    return checked
