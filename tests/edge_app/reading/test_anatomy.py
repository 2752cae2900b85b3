"""Structures lie where the network drew them, in pixels of the original, and nothing is made up."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.reading.anatomy import (
    AIRWAYS,
    HEART,
    LEFT_LUNG,
    LEFT_LUNG_WHOLE,
    RIGHT_LUNG,
    RIGHT_LUNG_WHOLE,
    draw,
    expected_dice,
    full_masks,
    outlines,
    thorax_hull,
    write_masks,
)
from edge_app.reading.finding import ANATOMY, Gap, Outline
from edge_app.reading.seen import Seen
from tests.edge_app.reading.chests import STRUCTURES, anatomy_card, box, chest_shapes, ellipse, nothing, seen_chest, union

ROWS, COLUMNS = 1500, 1200


def truth(rows: int, columns: int, x: float, y: float, half_width: float, half_height: float) -> NDArray[np.bool_]:
    """The pixels whose centre lies within an ellipse."""
    at_y, at_x = np.indices((rows, columns)) + 0.5
    return np.asarray(np.hypot((at_x - x) / half_width, (at_y - y) / half_height) < 1)


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


def outline_of(seen: Seen, name: str) -> Outline:
    return next(outline for outline in outlines(draw(seen)) if outline.name == name)


@pytest.mark.parametrize(("rows", "columns"), [(1500, 1200), (800, 1333), (256, 256), (90, 70)])
def test_outline_and_mask_of_a_known_ellipse(rows: int, columns: int) -> None:
    known = (0.31 * columns, 0.47 * rows, 0.2 * columns, 0.33 * rows)
    seen = seen_chest(chest_shapes(rows, columns, right_lung=ellipse(*known)), rows, columns)
    canvas_pixel = 1 / seen.placement.factor_x
    outline = outline_of(seen, RIGHT_LUNG)
    (polygon,) = outline.polygons
    assert 8 <= len(polygon) <= 120
    x, y = np.array(polygon).T
    assert x.min() == pytest.approx(known[0] - known[2], abs=canvas_pixel)
    assert x.max() == pytest.approx(known[0] + known[2], abs=canvas_pixel)
    assert y.min() == pytest.approx(known[1] - known[3], abs=canvas_pixel)
    assert y.max() == pytest.approx(known[1] + known[3], abs=canvas_pixel)
    # Half a canvas pixel to one side would shift the centre by as much: it must not.
    assert (x.min() + x.max()) / 2 == pytest.approx(known[0], abs=0.3 * canvas_pixel)
    assert (y.min() + y.max()) / 2 == pytest.approx(known[1], abs=0.3 * canvas_pixel)
    area = cv2.contourArea(np.array(polygon, dtype=np.float32))
    assert area == pytest.approx(np.pi * known[2] * known[3], rel=0.02)
    mask = full_masks(draw(seen), rows, columns)[RIGHT_LUNG]
    assert mask.shape == (rows, columns)
    assert set(np.unique(mask)) == {0, 255}
    assert dice(mask > 0, truth(rows, columns, *known)) > 0.985


def test_what_is_shown_is_outlined_and_all_that_is_found_has_a_mask() -> None:
    anatomy = draw(seen_chest(chest_shapes(ROWS, COLUMNS), ROWS, COLUMNS))
    assert anatomy.missing == ()
    assert [outline.name for outline in outlines(anatomy)] == [RIGHT_LUNG, LEFT_LUNG, HEART, AIRWAYS]
    assert set(full_masks(anatomy, ROWS, COLUMNS)) == set(STRUCTURES)
    for outline in outlines(anatomy):
        assert 0.9 < outline.trust <= 1.0
        assert (outline.dice, outline.validated) == (0.95, True)


def test_what_no_expert_outlined_often_enough_is_not_validated() -> None:
    card = anatomy_card(heart={"pictures": 19}, airways={"dice": None, "dice_ci95": None})
    found = {outline.name: outline for outline in outlines(draw(seen_chest(chest_shapes(ROWS, COLUMNS), ROWS, COLUMNS, card=card)))}
    assert {name: outline.validated for name, outline in found.items()} == {RIGHT_LUNG: True, LEFT_LUNG: True, HEART: False, AIRWAYS: False}
    assert found[AIRWAYS].dice is None


def test_temperature_and_bias_are_those_of_the_card() -> None:
    seen = seen_chest(chest_shapes(ROWS, COLUMNS), ROWS, COLUMNS, sharpness=1.0)
    card = anatomy_card(heart={"temperature": 2.0, "bias": 2.0})
    other = seen_chest(chest_shapes(ROWS, COLUMNS), ROWS, COLUMNS, sharpness=1.0, card=card)
    plain, moved = draw(seen).get(HEART), draw(other).get(HEART)
    assert plain is not None
    assert moved is not None
    assert moved.mask.sum() > 1.1 * plain.mask.sum()
    assert moved.trust < plain.trust


def test_only_the_largest_part_is_kept_in_masks_and_outlines() -> None:
    shapes = chest_shapes(ROWS, COLUMNS)
    clean = draw(seen_chest(shapes, ROWS, COLUMNS))
    speckled = draw(seen_chest(shapes | {HEART: union(shapes[HEART], ellipse(600, 1430, 50, 40))}, ROWS, COLUMNS))
    np.testing.assert_array_equal(full_masks(clean, ROWS, COLUMNS)[HEART], full_masks(speckled, ROWS, COLUMNS)[HEART])
    assert [len(outline.polygons) for outline in outlines(speckled)] == [1, 1, 1, 1]
    heart, with_speck = clean.get(HEART), speckled.get(HEART)
    assert heart is not None
    assert with_speck is not None
    assert with_speck.trust < heart.trust


def test_no_pixel_is_of_both_lungs() -> None:
    rows, columns = 700, 900
    overlapping = {"right_lung": ellipse(330, 350, 200, 300), "left_lung": ellipse(560, 340, 190, 290)}
    masks = full_masks(draw(seen_chest(chest_shapes(rows, columns, **overlapping), rows, columns)), rows, columns)
    right, left = masks[RIGHT_LUNG] > 0, masks[LEFT_LUNG] > 0
    assert not (right & left).any()
    both = truth(rows, columns, 330, 350, 200, 300) | truth(rows, columns, 560, 340, 190, 290)
    assert dice(right | left, both) > 0.985
    assert right[:, :380].sum() > 0
    assert left[:, 520:].sum() > 0


def test_what_lies_in_the_letterbox_counts_for_nothing() -> None:
    rows, columns = 1200, 400
    seen = seen_chest(chest_shapes(rows, columns, left_lung=box(300, 300, 900, 600)), rows, columns)
    (polygon,) = outline_of(seen, LEFT_LUNG).polygons
    x, y = np.array(polygon).T
    assert x.max() <= columns
    assert x.max() == pytest.approx(columns, abs=0.6 / seen.placement.factor_x)
    assert (y.min(), y.max()) == (pytest.approx(300, abs=5), pytest.approx(900, abs=5))


def test_a_structure_that_is_too_small_is_named_as_not_found() -> None:
    seen = seen_chest(chest_shapes(ROWS, COLUMNS, heart=ellipse(600, 900, 30, 30), airways=nothing), ROWS, COLUMNS)
    anatomy = draw(seen)
    assert [(gap.part, gap.reason) for gap in anatomy.missing] == [(HEART, Gap.NOT_FOUND), (AIRWAYS, Gap.NOT_FOUND)]
    assert [outline.name for outline in outlines(anatomy)] == [RIGHT_LUNG, LEFT_LUNG]
    assert set(full_masks(anatomy, ROWS, COLUMNS)) == {RIGHT_LUNG, LEFT_LUNG, RIGHT_LUNG_WHOLE, LEFT_LUNG_WHOLE}


def test_a_structure_that_is_unsure_of_itself_is_not_shown() -> None:
    seen = seen_chest(chest_shapes(ROWS, COLUMNS), ROWS, COLUMNS)
    assert seen.map is not None
    heart = STRUCTURES.index(HEART)
    seen.map[0, heart] = np.where(seen.map[0, heart] > 0, 0.1, -0.3)
    anatomy = draw(seen)
    assert [(gap.part, gap.reason) for gap in anatomy.missing] == [(HEART, Gap.NOT_TRUSTED)]
    assert HEART not in [outline.name for outline in outlines(anatomy)]
    assert HEART not in full_masks(anatomy, ROWS, COLUMNS)


def test_without_a_lung_nothing_is_drawn() -> None:
    shapes = chest_shapes(ROWS, COLUMNS, right_lung=nothing, left_lung=ellipse(800, 800, 20, 20))
    anatomy = draw(seen_chest(shapes, ROWS, COLUMNS))
    assert anatomy.drawn == ()
    assert [(gap.part, gap.reason) for gap in anatomy.missing] == [(ANATOMY, Gap.NOT_FOUND)]
    assert anatomy.lungs is None


def test_one_lung_alone_is_drawn_and_the_other_named() -> None:
    anatomy = draw(seen_chest(chest_shapes(ROWS, COLUMNS, left_lung=nothing, left_lung_whole=nothing), ROWS, COLUMNS))
    assert [gap.part for gap in anatomy.missing] == [LEFT_LUNG]
    assert anatomy.get(RIGHT_LUNG) is not None
    assert anatomy.lungs is None


def test_lungs_on_the_wrong_sides_are_not_believed() -> None:
    shapes = chest_shapes(ROWS, COLUMNS)
    anatomy = draw(seen_chest(shapes | {RIGHT_LUNG: shapes[LEFT_LUNG], LEFT_LUNG: shapes[RIGHT_LUNG]}, ROWS, COLUMNS))
    assert anatomy.drawn == ()
    assert [(gap.part, gap.reason) for gap in anatomy.missing] == [(ANATOMY, Gap.NOT_TRUSTED)]


def test_the_box_of_both_whole_lungs_is_in_original_pixels() -> None:
    anatomy = draw(seen_chest(chest_shapes(ROWS, COLUMNS), ROWS, COLUMNS))
    lungs = anatomy.lungs
    assert lungs is not None
    assert lungs.x == pytest.approx(0.1 * COLUMNS - 0.05 * 0.8 * COLUMNS, abs=8)
    assert lungs.width == pytest.approx(1.1 * 0.8 * COLUMNS, abs=16)
    assert lungs.y == pytest.approx(0.15 * ROWS - 0.05 * 0.7 * ROWS, abs=8)
    assert lungs.height == pytest.approx(1.1 * 0.7 * ROWS, abs=16)


def test_trust_is_the_dice_expected_of_the_mask() -> None:
    mask = np.zeros((10, 10), dtype=np.bool_)
    mask[:5] = True
    sure = mask.astype(np.float32)
    assert expected_dice(sure, mask) == 1.0
    assert expected_dice(np.full((10, 10), 0.5, dtype=np.float32), mask) == pytest.approx(2 * 25 / (50 + 50))
    assert expected_dice(sure, np.zeros((10, 10), dtype=np.bool_)) == 0.0


@pytest.mark.filterwarnings("error")
def test_extreme_logits_stay_finite() -> None:
    seen = seen_chest(chest_shapes(ROWS, COLUMNS), ROWS, COLUMNS, sharpness=1e6)
    assert seen.map is not None
    seen.map[:] *= 1e4
    assert all(np.isfinite(one.trust) for one in draw(seen).drawn)


def test_a_network_without_a_map_or_lungs_is_an_error() -> None:
    seen = seen_chest(chest_shapes(ROWS, COLUMNS), ROWS, COLUMNS)
    with pytest.raises(ModelError, match="no map"):
        draw(Seen(seen.card, seen.logits, None, seen.placement))
    fewer = seen.card.model_copy(update={"structures": seen.card.structures[1:]})
    with pytest.raises(ModelError, match="no lung fields"):
        draw(Seen(fewer, seen.logits, seen.map, seen.placement))


def test_masks_are_written_whole_at_the_size_of_the_picture(tmp_path: Path) -> None:
    anatomy = draw(seen_chest(chest_shapes(ROWS, COLUMNS), ROWS, COLUMNS))
    written = write_masks(anatomy, tmp_path / "new", ROWS, COLUMNS)
    assert set(written) == set(STRUCTURES)
    assert {file.name for file in (tmp_path / "new").iterdir()} == {f"{name}.png" for name in STRUCTURES}
    for name, file in written.items():
        read = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
        assert read is not None
        assert (read.shape, read.dtype) == ((ROWS, COLUMNS), np.uint8)
        np.testing.assert_array_equal(read, full_masks(anatomy, ROWS, COLUMNS)[name])


def test_a_folder_that_cannot_be_written_costs_the_masks_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    anatomy = draw(seen_chest(chest_shapes(ROWS, COLUMNS), ROWS, COLUMNS))
    assert write_masks(anatomy, tmp_path / "file", ROWS, COLUMNS) == {}


def test_the_hull_holds_lungs_and_heart_in_original_pixels() -> None:
    anatomy = draw(seen_chest(chest_shapes(ROWS, COLUMNS), ROWS, COLUMNS))
    area = thorax_hull(anatomy)
    assert area is not None
    (hull,) = area
    outline = hull.astype(np.float32)[:, None]
    for name in (RIGHT_LUNG, LEFT_LUNG, HEART, RIGHT_LUNG_WHOLE, LEFT_LUNG_WHOLE):
        rows, columns = np.nonzero(full_masks(anatomy, ROWS, COLUMNS)[name])
        for row, column in list(zip(rows.tolist(), columns.tolist(), strict=True))[::499]:
            assert cv2.pointPolygonTest(outline, (float(column), float(row)), measureDist=True) > -4.0
    one_lung = chest_shapes(ROWS, COLUMNS, left_lung=nothing, left_lung_whole=nothing)
    assert thorax_hull(draw(seen_chest(one_lung, ROWS, COLUMNS))) is None
