"""A swallow's reading on the kiosk: what is said of its video, the frames that tell most, and the routes from which it is played."""

import json
import re
from http import HTTPStatus
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from flask.testing import FlaskClient

from edge_app.casebook import Casebook
from edge_app.casebook.cases import get_case
from edge_app.casebook.films import film_bytes
from edge_app.casebook.radiographs import get_radiograph
from edge_app.casebook.readings import StoredReading
from edge_app.dispatch.packet import decision
from edge_app.kiosk.outlined import outlined
from edge_app.kiosk.tiles.frame import HEIGHT, WIDTH, looked_at
from edge_app.radiograph.video_source import Flaw
from edge_app.reading.finding import Box, Decision, Finding, KeyFrame, Outline
from edge_app.reading.protocols.swallow import OUTLINES
from edge_app.reading.swallow import ASPIRATION, BOLUS, PENETRATION, STRUCTURES
from edge_app.screens.film import IN_STRIP, film_view
from edge_app.security.pin import set_pin
from tests.edge_app.handover.extracting import lines_of, pages_of
from tests.edge_app.kiosk.asking import Post, page, post
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.swallows import (
    ASPIRATED,
    CUT_SHORT,
    EVENTS,
    FRAMES,
    KEYS,
    PENETRATED,
    SIDE,
    TIMES,
    filmed,
    greys,
    outlines_at,
    swallow_film,
    swallow_findings,
    swallow_read,
    untimed,
    write_outlines,
)
from tests.edge_app.kiosk.test_pages import words

__all__ = ["post"]

LANGUAGES = ("ko", "en")
SIMULATED = {
    "ko": "모의 영상으로 학습했고 환자에서 검증하지 않았습니다",
    "en": "Trained on simulated videos, not validated on patients",
}


def case_of(seed: Seeder, stored: StoredReading) -> str:
    return f"/cases/{get_radiograph(seed.database, stored.radiograph_id).case_id}"


def player(seed: Seeder, stored: StoredReading) -> str:
    return f"{case_of(seed, stored)}/radiographs/{stored.radiograph_id}/film"


def routes(stored: StoredReading) -> tuple[str, ...]:
    """What a player fetches."""
    base = f"/readings/{stored.id}"
    return f"/radiographs/{stored.radiograph_id}/film", f"{base}/outlines", f"{base}/frames/{ASPIRATED}"


def strip_in(shown: str) -> list[str]:
    """The frames beside the picture, each as its words."""
    (strip,) = re.findall(r'<ol class="film-strip".*?</ol>', shown, re.DOTALL)
    return [words(own).strip() for own in re.findall(r"<li>.*?</li>", strip, re.DOTALL)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_found_and_timed_stands_on_its_page(seed: Seeder, client: FlaskClient, language: str) -> None:
    stored = filmed(seed)
    shown = page(client, case_of(seed, stored), language=language)
    said = words(shown)
    assert SIMULATED[language] in said
    # The gravest leads, although the other is surer.
    assert {"ko": "흡인, 불확실합니다.", "en": "Uncertain: aspiration."}[language] in said
    assert {"ko": "인두 통과 0.95 초", "en": "Pharynx 0.95 s"}[language] in said
    assert {"ko": "조롱박굴 8 % 잔류", "en": "Pyriform 8 % left"}[language] in said
    assert 'class="outline bolus unproven"' in shown
    assert "video-flaws" not in shown
    assert "/edit" not in page(client, f"{case_of(seed, stored)}/radiographs/{stored.radiograph_id}", language=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_times_and_residue_stand_in_the_figures_with_their_margins(seed: Seeder, client: FlaskClient, language: str) -> None:
    shown = page(client, case_of(seed, filmed(seed)), language=language)
    rows = [words(row) for row in re.findall(r'<li class="measure .*?</li>', shown, re.DOTALL)]
    assert len(rows) == 7
    second, valleculae = {"ko": ("초", "후두개계곡 잔류"), "en": ("s", "Residue in the valleculae")}[language]
    assert f"0.95 {second} ± 0.12" in rows[1]
    assert valleculae in rows[5]
    assert "31 % ± 8" in rows[5]


def test_what_is_suspected_is_said_in_both_languages(seed: Seeder, client: FlaskClient) -> None:
    found = tuple(Finding(name, 0.9, Decision.PRESENT, 0.5, 40, True) for name in (ASPIRATION, PENETRATION))
    case = case_of(seed, filmed(seed, findings=found))
    korean, english = (words(page(client, case, language=language)) for language in LANGUAGES)
    assert "흡인이 의심됩니다." in korean
    assert "Suspected aspiration." in english
    assert SIMULATED["ko"] not in korean


def test_what_is_not_called_is_not_ruled_out_and_marks_no_frame(seed: Seeder, client: FlaskClient) -> None:
    stored = filmed(seed, {"key_frames": EVENTS}, findings=swallow_findings(0.02, 0.03))
    shown = page(client, case_of(seed, stored))
    assert "모두 배제하지는 못함" in words(shown)
    assert "called" not in shown
    assert 'class="tick called"' not in page(client, player(seed, stored))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_most_telling_frames_stand_below_the_picture_in_order_each_a_way_into_the_player(
    seed: Seeder, client: FlaskClient, language: str
) -> None:
    stored = filmed(seed)
    shown = page(client, case_of(seed, stored), language=language)
    wanted = {
        "ko": ["인두 진입 0.25초", "상부식도조임근 열림 0.45초", "후두침투 0.50초", "흡인 1.15초"],
        "en": ["Into the pharynx 0.25 s", "UES opens 0.45 s", "Penetration 0.50 s", "Aspiration 1.15 s"],
    }
    assert strip_in(shown) == wanted[language]
    assert shown.count(f'href="{player(seed, stored)}?frame=') == IN_STRIP
    assert f'href="{player(seed, stored)}"' in shown
    for number in (5, 9, PENETRATED, ASPIRATED):
        assert f"/readings/{stored.id}/frames/{number}" in shown


def test_no_frame_is_shown_twice_and_no_finding_gives_way_to_an_event() -> None:
    keys = (*(KeyFrame(name, 9) for name in ("head_past_ramus", "ues_opened", ASPIRATION)), KeyFrame("afterwards", 20))
    view = film_view(_read(key_frames=keys), "", None)
    assert view is not None
    assert [(key.name, key.number) for key in view.strip] == [(ASPIRATION, 9), ("afterwards", 20)]


def _read(**of_film: Any) -> Any:
    """A reading of which only the film and the findings are looked at."""
    film = swallow_film(None, **of_film)
    return type("Read", (), {"film": film, "findings": swallow_findings(), "rows": SIDE, "columns": SIDE})()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_video_that_breaks_off_is_marked_wherever_it_is_shown(seed: Seeder, client: FlaskClient, language: str) -> None:
    stored = filmed(seed, CUT_SHORT)
    partial = {"ko": "일부만 판독 · 40장면 중 24장면 판독", "en": "Partial · 24 of 40 frames read"}[language]
    flaws = {
        "ko": ("영상이 중간에 끊겼습니다. 그 뒤는 모릅니다.", "장면 간격이 고르지 않습니다."),
        "en": ("The video breaks off. What came after is not known.", "The frames are not evenly spaced."),
    }[language]
    for path in (case_of(seed, stored), player(seed, stored)):
        said = words(page(client, path, language=language))
        assert partial in said
        assert all(flaw in said for flaw in flaws)
        # What was found of it stands.
        assert {"ko": "흡인", "en": "Aspiration"}[language] in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_no_time_is_known_none_is_written(seed: Seeder, client: FlaskClient, language: str) -> None:
    stored = filmed(seed, {"flaws": (Flaw.RATE_ASSUMED,)}, **untimed())
    shown = page(client, case_of(seed, stored), language=language)
    assert strip_in(shown)[-1] == {"ko": f"흡인 장면 {ASPIRATED + 1}", "en": f"Aspiration Frame {ASPIRATED + 1}"}[language]
    gaps = [words(row) for row in re.findall(r'<li class="measure [^"]*missing.*?</li>', shown, re.DOTALL)]
    assert len(gaps) == 5
    assert all({"ko": "촬영 속도를 몰라", "en": "The frame rate is unknown"}[language] in gap for gap in gaps)
    played = page(client, player(seed, stored), language=language)
    assert "data-timed" not in played
    assert not re.search(r"\d\.\d\d ?(초|s)\b", words(played))


def test_the_player_has_what_it_needs(seed: Seeder, client: FlaskClient) -> None:
    stored = filmed(seed)
    frames, outlines, _small = routes(stored)
    shown = page(client, player(seed, stored))
    assert f'data-frames="{frames}" data-outlines="{outlines}"' in shown
    assert f'data-times="{json.dumps(list(TIMES))}"' in shown
    assert shown.count("data-film-to=") == len(KEYS)
    assert shown.count('class="tick called"') == 2
    assert SIMULATED["ko"] in shown
    assert "연구용 시제품" in shown
    assert "data-plays" in shown
    assert f'data-start="{ASPIRATED}"' in shown


@pytest.mark.parametrize(("asked", "start"), [("7", 7), ("99", FRAMES - 1), ("-3", 0)])
def test_a_frame_that_is_asked_for_is_where_it_stops(seed: Seeder, client: FlaskClient, asked: str, start: int) -> None:
    shown = page(client, f"{player(seed, filmed(seed))}?frame={asked}")
    assert f'data-start="{start}"' in shown
    assert "data-plays" not in shown


def test_how_the_hospitals_stand_is_asked_for_alone(seed: Seeder, client: FlaskClient) -> None:
    stored = filmed(seed)
    standing = client.get(player(seed, stored), headers={"HX-Request": "true"}).text
    assert "data-film" not in standing
    assert "standing-word" in standing


def test_a_picture_that_is_no_film_has_no_player(seed: Seeder, client: FlaskClient) -> None:
    seed.result()
    radiograph = seed.radiograph()
    seed.assessed(radiograph)
    path = f"/cases/{radiograph.case_id}/radiographs/{radiograph.id}"
    answer = client.get(f"{path}/film")
    assert (answer.status_code, answer.location) == (HTTPStatus.FOUND, path)


def test_frames_and_outlines_come_as_they_were_written(seed: Seeder, client: FlaskClient) -> None:
    stored = filmed(seed)
    frames, outlines, small = (client.get(path) for path in routes(stored))
    assert frames.data == film_bytes(seed.casebook, stored.radiograph_id)
    assert len(outlines.get_json()["frames"]) == FRAMES
    assert small.mimetype == "image/jpeg"
    drawn = cv2.imdecode(np.frombuffer(small.data, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert drawn is not None
    assert drawn.shape == (HEIGHT, WIDTH, 3)
    blue, green, red = (int(one) for one in drawn[100, 5])
    assert (blue, green, red) == pytest.approx((greys(ASPIRATED),) * 3, abs=6)
    assert (np.ptp(drawn.astype(int), axis=2) > 50).mean() > 0.01, "the bolus is in colour"
    # The film is half as large as what came, and what lies on a frame is where it lay.
    part = looked_at(
        outlined(swallow_film(seed.casebook.maps / stored.radiograph_id / OUTLINES), ASPIRATED, seed.casebook.maps, validated=True),
        SIDE,
        SIDE,
    )
    row = round((300 - part.y) * HEIGHT / part.height)
    beside, within = (drawn[row, round((x - part.x) * WIDTH / part.width), 0] for x in (322, 340))
    assert (int(beside), int(within)) == pytest.approx((greys(ASPIRATED), 235), abs=12)
    for answer in (frames, outlines, small):
        assert "no-store" in answer.headers["Cache-Control"]


def test_a_small_picture_is_of_where_bolus_and_hyoid_lie() -> None:
    outlines = [Outline(name, (tuple((x, y) for x, y in polygons[0]),), 0.0, None, False) for name, polygons in outlines_at(20).items()]
    part = looked_at(outlines, SIDE, SIDE)
    xs, ys = zip(*next(own.polygons[0] for own in outlines if own.name == BOLUS), strict=True)
    assert part.x <= min(xs) <= max(xs) <= part.x + part.width
    assert part.y <= min(ys) <= max(ys) <= part.y + part.height <= SIDE
    assert part.width / part.height == pytest.approx(WIDTH / HEIGHT)
    assert looked_at([], SIDE, SIDE) == Box(-0.1 * SIDE, 0.0, 1.2 * SIDE, SIDE)


def test_locked_nothing_of_it_is_told(seed: Seeder, client: FlaskClient) -> None:
    stored = filmed(seed)
    set_pin(seed.database, "4711")
    for path in routes(stored):
        answer = client.get(path)
        assert answer.status_code == HTTPStatus.UNAUTHORIZED, path
        assert b"bolus" not in answer.data
    shown = client.get(player(seed, stored)).text
    assert "data-film" not in shown
    assert "흡인" not in shown


@pytest.mark.parametrize("path", ["/radiographs/none/film", "/readings/none/outlines", "/readings/none/frames/0"])
def test_what_is_not_there_is_not_found(seed: Seeder, client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == HTTPStatus.NOT_FOUND


def test_neither_a_frame_beyond_the_film_nor_a_picture_has_anything_to_fetch(seed: Seeder, client: FlaskClient) -> None:
    stored = filmed(seed)
    assert client.get(f"/readings/{stored.id}/frames/{FRAMES}").status_code == HTTPStatus.NOT_FOUND
    radiograph = seed.radiograph()
    chest = seed.assessed(radiograph)
    for path in routes(chest):
        assert client.get(path).status_code == HTTPStatus.NOT_FOUND


def test_a_film_that_has_gone_leaves_the_rest_of_the_page(seed: Seeder, client: FlaskClient) -> None:
    radiograph = seed.radiograph()
    stored = swallow_read(seed, radiograph, swallow_film(write_outlines(seed, radiograph)))
    frames, outlines, small = (client.get(path).status_code for path in routes(stored))
    assert (frames, outlines, small) == (HTTPStatus.NOT_FOUND, HTTPStatus.OK, HTTPStatus.NOT_FOUND)
    shown = page(client, case_of(seed, stored))
    # Before the pictures are there their frames are named all the same.
    assert len(strip_in(shown)) == IN_STRIP
    assert "<img" not in shown
    assert "data-film" in page(client, player(seed, stored))


@pytest.mark.parametrize("content", [None, b"no json", b"[]", b'{"frames": 7}', b'{"frames": [{"bolus": 3}]}'])
def test_outlines_that_cannot_be_read_are_none_and_no_error(seed: Seeder, client: FlaskClient, content: bytes | None) -> None:
    radiograph = seed.radiograph()
    file = write_outlines(seed, radiograph)
    stored = swallow_read(seed, radiograph, swallow_film(file))
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    assert outlined(swallow_film(file), 0, seed.casebook.maps, validated=False) == ()
    assert 'class="outline bolus' not in page(client, case_of(seed, stored))


def test_nothing_outside_the_folder_of_maps_is_served(seed: Seeder, client: FlaskClient, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere.json"
    outside.write_text('{"frames": []}', encoding="utf-8")
    for file in (outside, seed.casebook.maps / ".." / ".." / outside.name):
        radiograph = seed.radiograph()
        stored = swallow_read(seed, radiograph, swallow_film(file))
        assert client.get(f"/readings/{stored.id}/outlines").status_code == HTTPStatus.NOT_FOUND
        assert "data-outlines" not in page(client, player(seed, stored))


def test_what_was_outlined_comes_in_the_order_in_which_it_is_drawn(seed: Seeder, casebook: Casebook) -> None:
    file = write_outlines(seed, seed.radiograph())
    found = outlined(swallow_film(file), 3, casebook.maps, validated=True)
    assert [own.name for own in found] == list(STRUCTURES)
    assert all(own.validated for own in found)
    assert found[-1].polygons[0][0] == pytest.approx(outlines_at(3)[BOLUS][0][0])
    assert outlined(swallow_film(file), FRAMES, casebook.maps, validated=True) == ()


def test_a_video_is_not_edited(seed: Seeder, client: FlaskClient, post: Post) -> None:
    stored = filmed(seed)
    assert client.get(f"/radiographs/{stored.radiograph_id}/edit").status_code == HTTPStatus.NOT_FOUND
    assert post(f"/radiographs/{stored.radiograph_id}/edits", flipped="1").status_code == HTTPStatus.CONFLICT
    (row,) = seed.database.rows("SELECT count(*) AS n FROM radiographs", {})
    assert row["n"] == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_handover_page_says_times_residue_and_what_is_wrong_with_the_video(seed: Seeder, client: FlaskClient, language: str) -> None:
    many = (Flaw.TRUNCATED, Flaw.FRAMES_MISSING, Flaw.VARIABLE_RATE, Flaw.COLOURFUL)
    stored = filmed(seed, {**CUT_SHORT, "flaws": many})
    pdf = client.get(f"{case_of(seed, stored)}/handover.pdf?language={language}").data
    assert pages_of(pdf) == 1
    said = " ".join(line.text for line in lines_of(pdf))
    wanted = {
        "ko": (
            "일부만 판독: 40장면 중 24장면 판독.",
            "영상이 중간에 끊겼습니다.",
            "인두 통과 시간 0.95 ± 0.12 초",
            "조롱박굴 잔류 8 ± 8 %",
        ),
        "en": (
            "Partial: 24 of 40 frames read.",
            "The video breaks off.",
            "Pharyngeal transit time 0.95 ± 0.12 s",
            "pyriform sinuses 8 ± 8 %",
        ),
    }[language]
    for part in (*wanted, SIMULATED[language]):
        assert part in said, part


def test_other_pages_know_a_film(seed: Seeder, client: FlaskClient) -> None:
    stored = filmed(seed)
    case = case_of(seed, stored)
    assert "흡인" in words(page(client, "/menu"))
    for path in ("/search", "/casualties", f"{case}/timeline", f"{case}/vitals", f"{case}/radiographs/{stored.radiograph_id}/view"):
        page(client, path)


def test_a_hospital_is_told_its_findings_and_no_times_as_if_they_were_angles(seed: Seeder) -> None:
    stored = filmed(seed)
    offer = seed.offers(stored)[0]
    case, read = get_case(seed.database, offer.case_id), stored.reading
    told = decision(case, offer, read, urgency=read.urgency, unit_name="1", revision=1, asked=3, exposure_age_s=9)
    assert [line.name for line in told.findings] == [PENETRATION, ASPIRATION]
    assert told.measures == ()
