"""Noses and limbs on the kiosk: what is suspected and what it would look like without, side by side; and every place of a fracture."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from flask.testing import FlaskClient

from edge_app.kiosk.tiles import Tile, drawn_tile, tiles_of
from edge_app.radiograph.picture import Facts, Picture, Window
from edge_app.reading.finding import Decision
from edge_app.reading.nose import NOSE
from edge_app.reading.protocols.nasal_bone import NASAL_FRACTURE
from tests.edge_app.kiosk.asking import page
from tests.edge_app.kiosk.bones import limb_read, nose_read
from tests.edge_app.kiosk.conftest import Seeder

SIMULATED = {
    "ko": "모의 골절로 학습했고 실제 골절에서 검증하지 않았습니다",
    "en": "Trained on simulated fractures, not validated on real ones",
}
NOT_REAL = {"ko": "실제 아님", "en": "not real"}
NOWHERE = {"ko": "코를 찾지 못했습니다", "en": "No nose was found"}


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_nose_is_shown_with_what_is_suspected_and_what_it_would_look_like_without(
    seed: Seeder, client: FlaskClient, language: str
) -> None:
    radiograph = seed.radiograph()
    seed.rendition(radiograph)
    stored = nose_read(seed, radiograph)
    assert tiles_of(stored.reading, seed.casebook.maps) == (Tile.NOSE, Tile.SUSPECTED, Tile.REPAIRED)
    shown = page(client, f"/cases/{radiograph.case_id}", language=language)
    assert SIMULATED[language] in shown
    assert NOT_REAL[language] in shown
    assert {"ko": "코뼈 골절", "en": "Nasal bone fracture"}[language] in shown
    for tile in (Tile.NOSE, Tile.SUSPECTED, Tile.REPAIRED):
        path = f"/readings/{stored.id}/tiles/{tile}"
        assert path in shown
        response = client.get(path)
        assert (response.status_code, response.mimetype) == (200, "image/png")
    assert client.get(f"/readings/{stored.id}/tiles/lungs").status_code == 404


def test_each_small_picture_of_a_nose_shows_what_it_says(seed: Seeder) -> None:
    stored = nose_read(seed, seed.radiograph())
    picture = Picture(np.full((512, 512), 20_000, np.uint16), Window(32768, 65536), 512, 512, None, Facts())
    drawn = {}
    for tile in (Tile.NOSE, Tile.SUSPECTED, Tile.REPAIRED):
        png = drawn_tile(picture, stored.reading, tile, seed.casebook.maps)
        image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        drawn[tile] = image.astype(int)
    assert len({image.shape for image in drawn.values()}) == 1
    assert max(drawn[Tile.NOSE].shape) == 320
    assert np.ptp(drawn[Tile.NOSE]) == 0
    assert (drawn[Tile.REPAIRED] == 90).all(), "it is the file that the reading service wrote"
    warm = drawn[Tile.SUSPECTED][..., 2] - drawn[Tile.SUSPECTED][..., 0]
    row, column = np.unravel_index(int(warm.argmax()), warm.shape)
    # The suspected place in the square of 220 around the nose, whose left edge lies at 245 and whose upper one at 140.
    assert (column / 320 * 220 + 245, row / 320 * 220 + 140) == pytest.approx((360, 225), abs=30)


def test_a_whole_nose_is_not_repaired_and_one_that_is_not_found_not_shown(seed: Seeder, client: FlaskClient) -> None:
    whole = nose_read(seed, seed.radiograph(), 0.03)
    assert tiles_of(whole.reading, seed.casebook.maps) == (Tile.NOSE,)
    radiograph = seed.radiograph()
    seed.rendition(radiograph)
    nowhere = nose_read(seed, radiograph, regions={}, maps={}, repaired={}, unlocated=True)
    assert tiles_of(nowhere.reading, seed.casebook.maps) == ()
    for language, said in NOWHERE.items():
        assert said in page(client, f"/cases/{radiograph.case_id}", language=language)


def test_only_what_the_reading_service_wrote_is_ever_served(seed: Seeder) -> None:
    outside = nose_read(
        seed, seed.radiograph(), repaired={NASAL_FRACTURE: Path("/etc/hostname")}, maps={NASAL_FRACTURE: Path("/etc/passwd")}
    )
    assert tiles_of(outside.reading, seed.casebook.maps) == (Tile.NOSE,)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_place_of_a_fracture_is_boxed_and_the_part_is_named(seed: Seeder, client: FlaskClient, language: str) -> None:
    radiograph = seed.radiograph()
    seed.rendition(radiograph)
    stored = limb_read(seed, radiograph)
    assert [(box.x, box.width) for box in stored.reading.places("Fracture")] == [(200, 60), (150, 40)]
    shown = page(client, f"/cases/{radiograph.case_id}", language=language)
    assert {"ko": "손·손목·아래팔", "en": "Hand, wrist or forearm"}[language] in shown
    assert shown.count("&#34;number&#34;: 1") == 2 or shown.count('"number": 1') == 2
    assert {"ko": "골절", "en": "Fracture"}[language] in shown


def test_a_named_region_is_no_place_of_a_finding(seed: Seeder) -> None:
    stored = nose_read(seed, seed.radiograph())
    assert len(stored.reading.places(NASAL_FRACTURE)) == 1
    assert stored.reading.places(NOSE) == ()
    assert stored.reading.findings[0].decision is Decision.UNCERTAIN
