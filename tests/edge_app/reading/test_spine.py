"""From outlines to landmarks: exact where the outlines are, in part where a structure is missing or cut off, never made up."""

from collections.abc import Mapping

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.reading.anatomy import FEMORAL_HEADS, SACRUM, VERTEBRAE
from edge_app.reading.finding import Gap
from edge_app.reading.spine import STRUCTURES, marked
from edge_app.reading.spinopelvic import HIPS, LANDMARKS, PLATE_OF_L1, PLATE_OF_S1, angles
from export.simulate.lumbar_phantom import Phantom, mirrored, phantom
from tests.edge_app.reading.spines import SIDE, anatomy_of, exactly


def whole(seed: int, rows: int = 600) -> Phantom:
    """A phantom of which nothing lies near the picture's border."""
    for number in range(seed, seed + 100):
        made = phantom(np.random.default_rng(number), implants=False, rows=rows)
        columns = made.picture.shape[1]
        radius = 0.08 * rows
        if all(radius < x < columns - radius and radius < y < rows - radius for x, y in made.landmarks.values()):
            return made
    raise AssertionError("every phantom was cut off")


@pytest.fixture(scope="module")
def spine() -> Phantom:
    return whole(40)


@pytest.mark.parametrize("seed", [100, 200])
def test_what_is_outlined_exactly_is_measured_exactly(seed: int) -> None:
    made = whole(seed, rows=1200)
    found = marked(exactly(made.masks))
    assert found.missing == ()
    measured = angles({name: mark.at for name, mark in found.landmarks.items()})
    for name, value in made.angles.items():
        assert measured[name] == pytest.approx(value, abs=0.3), name
    for name, at in made.landmarks.items():
        if name not in HIPS:
            assert found.landmarks[name].at == pytest.approx(at, abs=5.0), name


def test_the_mean_error_on_exact_outlines_is_a_tenth_of_a_degree() -> None:
    off: dict[str, list[float]] = {}
    for seed in range(500, 800, 100):
        made = whole(seed, rows=1000)
        measured = angles({name: mark.at for name, mark in marked(exactly(made.masks)).landmarks.items()})
        for name, value in made.angles.items():
            off.setdefault(name, []).append(abs(measured[name] - value))
    assert {name: float(np.mean(own)) <= 0.1 for name, own in off.items()} == dict.fromkeys(off, True), off


def test_it_does_not_matter_which_way_the_patient_looks(spine: Phantom) -> None:
    one, other = (
        angles({name: mark.at for name, mark in marked(anatomy_of(own.masks, SIDE)).landmarks.items()}) for own in (spine, mirrored(spine))
    )
    assert one == pytest.approx(other, abs=0.3)


@pytest.mark.parametrize(
    ("without", "left"),
    [
        ({FEMORAL_HEADS}, {*PLATE_OF_S1, *PLATE_OF_L1}),
        ({SACRUM}, set(HIPS)),
        ({"L1"}, {*PLATE_OF_S1, *HIPS}),
        ({"L2", "L3", "L4"}, set(LANDMARKS)),
        ({"L5"}, set(LANDMARKS)),
        (set(STRUCTURES), set()),
    ],
)
def test_what_is_not_outlined_is_missing_by_name_and_the_rest_is_measured(spine: Phantom, without: set[str], left: set[str]) -> None:
    found = marked(anatomy_of(spine.masks, SIDE, without))
    assert set(found.landmarks) == left
    assert {gap.part for gap in found.missing} == without
    assert all(gap.reason is Gap.NOT_FOUND for gap in found.missing)
    whole_found = marked(anatomy_of(spine.masks, SIDE)).landmarks
    for name in left:
        assert found.landmarks[name].at == pytest.approx(whole_found[name].at, abs=1.0)


def _cut(masks: Mapping[str, NDArray[np.uint8]], rows: slice) -> dict[str, NDArray[np.uint8]]:
    return {name: mask[rows] for name, mask in masks.items()}


def test_a_plate_at_the_border_is_cut_off_and_not_guessed(spine: Phantom) -> None:
    top = round((spine.landmarks["L1_front"][1] + spine.landmarks["L1_back"][1]) / 2) + 12
    found = marked(anatomy_of(_cut(spine.masks, np.s_[top:]), SIDE))
    assert set(found.landmarks) == {*PLATE_OF_S1, *HIPS}
    assert [(gap.part, gap.reason) for gap in found.missing] == [("L1", Gap.CUT_OFF)]


def test_heads_that_the_border_cuts_in_half_are_cut_off_and_a_sliver_does_not_matter(spine: Phantom) -> None:
    exact = marked(anatomy_of(spine.masks, SIDE)).landmarks
    lowest = max(HIPS, key=lambda name: exact[name].y)
    radius = exact[lowest].radius
    assert radius is not None
    half, sliver = (round(exact[lowest].y + share * radius) for share in (0.1, 0.88))
    found = marked(anatomy_of(_cut(spine.masks, np.s_[:half]), SIDE))
    assert not set(HIPS) & set(found.landmarks)
    assert [(gap.part, gap.reason) for gap in found.missing] == [(FEMORAL_HEADS, Gap.CUT_OFF)]
    found = marked(anatomy_of(_cut(spine.masks, np.s_[:sliver]), SIDE))
    assert found.missing == ()
    for name in HIPS:
        assert found.landmarks[name].at == pytest.approx(exact[name].at, abs=2.5)


@pytest.mark.parametrize(("of", "left"), [("L1", {*PLATE_OF_S1, *HIPS}), (SACRUM, {*PLATE_OF_L1, *HIPS})])
def test_what_lies_along_the_column_is_no_end_plate(spine: Phantom, of: str, left: set[str]) -> None:
    """Outlined as a spike that runs up the column, its longest end faces forwards."""
    x, y, width, height = cv2.boundingRect(spine.masks[of])
    spike = np.zeros_like(spine.masks[of])
    top = y - height if of == "L1" else y
    spike[max(0, top) : y + height, x + width // 2 - max(3, width // 8) : x + width // 2 + max(3, width // 8)] = 255
    found = marked(anatomy_of({**spine.masks, of: spike}, SIDE))
    assert set(found.landmarks) == left
    assert of in {gap.part for gap in found.missing if gap.reason is not Gap.NOT_FOUND}


def test_vertebrae_in_the_wrong_order_are_not_believed(spine: Phantom) -> None:
    swapped = {**spine.masks, "L1": spine.masks["L4"], "L4": spine.masks["L1"]}
    found = marked(anatomy_of(swapped, SIDE))
    assert found.landmarks == {}
    assert {gap.part for gap in found.missing} == set(STRUCTURES)
    assert {gap.reason for gap in found.missing} == {Gap.NOT_TRUSTED}


def test_of_two_vertebrae_that_claim_a_pixel_the_surer_has_it(spine: Phantom) -> None:
    grown = {name: cv2.dilate(mask, np.ones((15, 15), dtype=np.uint8)) for name, mask in spine.masks.items()}
    anatomy = anatomy_of(grown, SIDE)
    claimed = np.sum([own.mask for name in (*VERTEBRAE, SACRUM) if (own := anatomy.get(name)) is not None], axis=0)
    assert claimed.max() == 1


def test_the_less_steep_an_edge_is_the_less_sure_is_a_point_on_it(spine: Phantom) -> None:
    sharp, soft = (marked(anatomy_of(spine.masks, SIDE, steep=steep)).landmarks for steep in (1.0, 0.15))
    assert set(soft) == set(sharp)
    assert np.mean([soft[name].spread / sharp[name].spread for name in soft]) > 1.2
