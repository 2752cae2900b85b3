"""What the report on spines says of a network that outlines exactly and is lost on metal; and of a model that is not there."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_app.radiograph.picture import Picture
from edge_app.reading.canvas import place as placed
from edge_app.reading.card import Card, Input, Label
from edge_app.reading.protocols.spine import IMPLANT
from edge_app.reading.seen import Seen
from edge_app.reading.spine import STRUCTURES
from edge_app.reading.spinopelvic import ANGLES
from export.datasets.canvases import opened
from export.datasets.labelled import Labelled
from export.recipes.spine import RECIPE
from export.simulate.lumbar_spines import implants_on, lumbar_spines, plain_of
from export.spines import STATES, covered, judged, looked_over, main, spines_page
from export.workplace import Workplace
from tests.edge_app.reading.spines import seen_of

SIDE = 256


@pytest.fixture(scope="module")
def spines(tmp_path_factory: pytest.TempPathFactory) -> list[Labelled]:
    """Six with implants."""
    return lumbar_spines(tmp_path_factory.mktemp("drawn"), 11, 12, workers=2)[1::2]


def _masks(spine: Labelled) -> dict[str, np.ndarray]:
    return {name: np.asarray(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE), dtype=np.uint8) for name, file in spine.masks.items()}


def outlining(spines: list[Labelled], *, metal: bool) -> Callable[[Picture], Seen]:
    """Outlines the spine that it is shown exactly; without ``metal`` learnt, only where no pixel of it is that of an implant."""
    known = [(spine, opened(spine.path), opened(plain_of(spine.path))) for spine in spines]

    def look(picture: Picture) -> Seen:
        grey = picture.windowed()
        for spine, came, plain in known:
            if grey.shape != plain.windowed().shape:
                continue
            like_plain = float(np.abs(grey - plain.windowed()).mean())
            if min(like_plain, float(np.abs(grey - came.windowed()).mean())) < 0.03:
                lost = not metal and np.abs(grey - plain.windowed())[implants_on(spine.path)].mean() > 0.05
                return seen_of(_masks(spine), SIDE, STRUCTURES[:5] if lost else ())
        raise AssertionError("an unknown picture")

    return look


def restoring(spines: list[Labelled], *, misses: int = 0) -> Callable[[Picture], Seen]:
    """Paints every implant over with what lies beneath, but calls none on the first few."""
    card = Card(
        name="spine_implants", version="1", title="small", input=Input(height=512, width=512, mean=0.5, std=0.25), repairs=True,
        labels=(Label(name=IMPLANT, threshold=0.5, uncertain_from=0.5, uncertain_to=0.5),), trained_on=(), validated_on=(), fidelity=(),
        golden=(), limits="for tests", files={},
    )  # fmt: skip

    def look(picture: Picture) -> Seen:
        grey, placement = picture.windowed(), placed(picture.rows, picture.columns, 512, 512)
        told = np.zeros((3, 512, 512), dtype=np.float32)
        told[0] = -9.0
        logit = -5.0
        for at, spine in enumerate(spines):
            came, plain = (opened(file).windowed() for file in (spine.path, plain_of(spine.path)))
            if came.shape == grey.shape and np.array_equal(came, grey):
                size = placement.width, placement.height
                rows = slice(placement.offset_y, placement.offset_y + placement.height)
                columns = slice(placement.offset_x, placement.offset_x + placement.width)
                metal = cv2.dilate(implants_on(spine.path).astype(np.uint8), np.ones((5, 5), np.uint8))
                where = cv2.resize(metal.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
                told[0, rows, columns][where], told[1, rows, columns][where] = 9.0, 0.3
                told[2, rows, columns] = cv2.resize(plain, size, interpolation=cv2.INTER_AREA)
                logit = -5.0 if at < misses else 5.0
        return Seen(card, np.array([[logit]], dtype=np.float32), told[None], placement)

    return look


def test_removal_helps_who_is_lost_on_metal_and_nobody_else(spines: list[Labelled], tmp_path: Path) -> None:
    place = Workplace(RECIPE, tmp_path, tmp_path, 1)
    networks = {"sees through": outlining(spines, metal=True), "is lost": outlining(spines, metal=False)}
    rows = {(row.network, row.state): row for row in judged(networks, restoring(spines), spines, place)}
    for state in STATES:
        value = rows["sees through", state].dice.value
        assert value is not None
        assert value > 0.95
    came, restored, taken, without = (rows["is lost", state].dice.value for state in STATES)
    assert taken == restored, "which is surer of itself"
    assert came is not None
    assert restored is not None
    assert came < 0.5 < 0.95 < restored
    assert without == pytest.approx(restored, abs=0.02)
    errors = rows["sees through", "restored"].errors
    assert set(errors) == set(ANGLES)
    assert all(own.value is not None and own.value < 1.5 for own in errors.values())
    page = spines_page(list(rows.values()), None, 0).markdown()
    assert "| published, on patients | restored | – | 0.85 | 1.38 | 3.27 | 4.42 | – |" in page
    assert "Real pictures" not in page


def test_how_well_implants_are_found_counts_those_that_are_not_called(spines: list[Labelled], tmp_path: Path) -> None:
    plain = [Labelled(plain_of(spine.path), spine.patient, "lumbar_phantoms", "spine_lateral") for spine in spines]
    cover = covered(restoring(spines, misses=2), spines, plain, 1)
    assert (cover.called, cover.pictures, cover.alarms, cover.without) == (4, 6, 0, 6)
    assert cover.found.value == pytest.approx(4 / 6, abs=0.05)
    assert cover.theirs.value is not None
    assert 0.4 < cover.theirs.value <= 1.0


def test_real_pictures_are_drawn_with_what_is_outlined_on_them(spines: list[Labelled]) -> None:
    sheet = looked_over(outlining(spines, metal=True), None, spines[:2])
    assert sheet is not None
    coloured = (np.ptp(sheet.astype(int), axis=2) > 60).mean()
    assert 0.002 < coloured < 0.2
    assert looked_over(outlining(spines, metal=True), None, []) is None


def test_without_the_model_nothing_is_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path), "--runs", str(tmp_path), "--models", str(tmp_path / "models")]) == 1
    assert "python -m export spine_anatomy road" in capsys.readouterr().out
