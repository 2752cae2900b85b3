"""A newborn's reading on the kiosk: what it is worth stands on it, its lungs and maps side by side, and it is asked for by a touch."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from flask.testing import FlaskClient

from edge_app.errors import Refusal
from edge_app.kiosk.reading_again import other_protocols
from edge_app.kiosk.tiles import Tile, drawn_tile, tiles_of
from edge_app.radiograph.picture import Facts, Picture, Window
from edge_app.reading.finding import Decision, Finding, GateVerdict, Protocol
from edge_app.reading.protocols.neonatal_rds import EVERYWHERE, RDS
from tests.edge_app.kiosk.asking import Post, page, post
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.newborns import CHILD, NEWBORN, models, newborn_read

__all__ = ["models", "post"]

NEWBORN_TILES = (Tile.LUNGS, Tile.EVERYWHERE, Tile.WITHIN)
SAID = {"ko": "모의 사진으로 학습했고 신생아에서 검증하지 않았습니다", "en": "Trained on simulated pictures, not validated on newborns"}


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_screen_says_what_the_model_is_worth(seed: Seeder, client: FlaskClient, models: Path, language: str) -> None:
    radiograph = seed.radiograph(age=None)
    seed.rendition(radiograph)
    newborn_read(seed, radiograph)
    shown = page(client, f"/cases/{radiograph.case_id}", language=language)
    assert SAID[language] in shown
    assert {"ko": "모의 학습, 미검증", "en": "Simulated only"}[language] in shown
    assert {"ko": "신생아 호흡곤란증후군", "en": "Neonatal respiratory distress"}[language] in shown
    assert {"ko": "호흡곤란증후군 등급", "en": "Respiratory distress grade"}[language] in shown
    assert "<b>III" in shown


def test_a_model_that_learnt_from_newborns_is_said_to_be_simulated_no_longer(seed: Seeder, client: FlaskClient, models: Path) -> None:
    radiograph = seed.radiograph(age=None)
    newborn_read(seed, radiograph, findings=(Finding(RDS, 0.9, Decision.PRESENT, 0.5, 40, True),))
    shown = page(client, language="en")
    assert SAID["en"] not in shown
    assert "Simulated" not in shown


def test_lungs_and_maps_stand_side_by_side(seed: Seeder, client: FlaskClient, models: Path) -> None:
    radiograph = seed.radiograph(age=None)
    seed.rendition(radiograph)
    stored = newborn_read(seed, radiograph)
    assert tiles_of(stored.reading, seed.casebook.maps) == NEWBORN_TILES
    shown = page(client, f"/cases/{radiograph.case_id}")
    for tile in NEWBORN_TILES:
        path = f"/readings/{stored.id}/tiles/{tile}"
        assert path in shown
        response = client.get(path)
        assert (response.status_code, response.mimetype) == (200, "image/png")
        assert "no-store" in response.headers["Cache-Control"]
    assert client.get(f"/readings/{stored.id}/tiles/heart").status_code == 404


def test_each_small_picture_shows_what_it_says(seed: Seeder, models: Path) -> None:
    stored = newborn_read(seed, seed.radiograph())
    picture = Picture(np.full((512, 512), 20_000, np.uint16), Window(32768, 65536), 512, 512, None, Facts())
    drawn = {
        tile: cv2.imdecode(np.frombuffer(drawn_tile(picture, stored.reading, tile, seed.casebook.maps), np.uint8), cv2.IMREAD_COLOR)
        for tile in NEWBORN_TILES
    }
    assert len({image.shape for image in drawn.values() if image is not None}) == 1
    warmth = {}
    for tile, image in drawn.items():
        assert image is not None
        assert max(image.shape) == 320
        red_over_blue = image[..., 2].astype(int) - image[..., 0]
        warmth[tile] = int(np.argmax(red_over_blue.max(0)))
    assert warmth[Tile.EVERYWHERE] > warmth[Tile.WITHIN], "the map of all lies nearer to the middle"
    assert np.ptp(drawn[Tile.LUNGS]) > 0


def test_without_lungs_or_maps_there_are_fewer(seed: Seeder, models: Path) -> None:
    nowhere = newborn_read(seed, seed.radiograph(), outlines=(), maps={}, unlocated=True)
    assert tiles_of(nowhere.reading, seed.casebook.maps) == ()
    outside = newborn_read(seed, seed.radiograph(), maps={RDS: Path("/etc/passwd"), EVERYWHERE: Path("/etc/hostname")})
    assert tiles_of(outside.reading, seed.casebook.maps) == (Tile.LUNGS,)


def test_it_can_be_asked_for_by_a_touch_where_the_picture_may_be_a_newborns(
    seed: Seeder, client: FlaskClient, post: Post, models: Path
) -> None:
    adult = seed.assessed(seed.radiograph(), gate=GateVerdict("chest_adult", 0.97))
    assert other_protocols(adult, None) == ()
    child = seed.assessed(seed.radiograph(), gate=CHILD)
    assert other_protocols(child, None) == (Protocol.NEONATAL_RDS,)
    assert other_protocols(child, 0.02) == (Protocol.NEONATAL_RDS,)
    assert other_protocols(child, 4.0) == ()
    refused = seed.refused(seed.radiograph(age=None), Refusal.NEWBORN, gate=NEWBORN)
    assert other_protocols(refused, None) == (Protocol.NEONATAL_RDS,)
    assert post(f"/radiographs/{refused.radiograph_id}/read-by", protocol="neonatal_rds").status_code == 303


@pytest.mark.parametrize(
    ("reason", "gate", "protocol", "words", "again"),
    [
        (Refusal.NEWBORN, NEWBORN, Protocol.CHEST, "never tried on newborns", "Read as newborn"),
        (Refusal.NO_NEWBORN, GateVerdict("chest_adult", 0.97), Protocol.NEONATAL_RDS, "knows newborns alone", "Read as chest"),
    ],
)
def test_who_is_refused_hears_why_and_is_one_touch_from_the_right_protocol(
    seed: Seeder, client: FlaskClient, models: Path, reason: Refusal, gate: GateVerdict, protocol: Protocol, words: str, again: str
) -> None:
    seed.refused(seed.radiograph(age=None), reason, gate=gate, protocol=protocol)
    shown = page(client, language="en")
    assert words in shown
    assert again in shown
