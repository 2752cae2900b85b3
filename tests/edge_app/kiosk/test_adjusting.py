"""A spine's reading on the kiosk: its angles, what of them is missing, what somebody has moved, and the routes by which that is done."""

import json
import re
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from edge_app.casebook.adjustments import adjust, newest_adjustment
from edge_app.casebook.radiographs import add_read_again, get_radiograph
from edge_app.casebook.readings import StoredReading, reading_of
from edge_app.errors import Refusal
from edge_app.kiosk.reading_again import other_protocols
from edge_app.kiosk.viewing import panes_of
from edge_app.reading.card import CARD
from edge_app.reading.finding import GateVerdict, Protocol
from edge_app.reading.models import MODELS_VARIABLE
from edge_app.reading.protocols.chest import CHEST_MODEL
from edge_app.reading.protocols.spine import SPINE_MODEL
from edge_app.reading.protocols.swallow import SWALLOW_MODEL
from edge_app.security.pin import set_pin
from tests.edge_app.casebook.spines import moved
from tests.edge_app.full_disk import Disk
from tests.edge_app.handover.extracting import lines_of
from tests.edge_app.kiosk.asking import Post, page, post
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.spines import NO_ANGLE, NO_HIPS, drawn_spine, spine_read
from tests.edge_app.kiosk.test_pages import words

__all__ = ["post"]

SIMULATED = {
    "ko": "모의 사진으로 학습했고 환자에서 검증하지 않았습니다",
    "en": "Trained on simulated pictures, not validated on patients",
}
ONLY = {"ko": "모의 학습, 미검증", "en": "Simulated only"}
MOVED = moved(S1_front=(0.0, 10.0))
"""The slope is 47° by these, the tilt 15°, the lordosis 58° and the incidence 62°."""


def case_of(seed: Seeder, stored: StoredReading) -> str:
    return get_radiograph(seed.database, stored.radiograph_id).case_id


def viewer(seed: Seeder, stored: StoredReading) -> str:
    return f"/cases/{case_of(seed, stored)}/radiographs/{stored.radiograph_id}/view"


def routes(seed: Seeder, stored: StoredReading) -> tuple[str, str]:
    """Where points are asked about, and where they are kept."""
    base = f"/cases/{case_of(seed, stored)}/readings/{stored.id}"
    return f"{base}/angles", f"{base}/adjustments"


def kept(seed: Seeder) -> int:
    return int(seed.database.tables.table("adjustments").count)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_four_angles_stand_large_with_their_margins_and_what_they_are_worth(seed: Seeder, client: FlaskClient, language: str) -> None:
    stored = drawn_spine(seed)
    shown = page(client, f"/cases/{case_of(seed, stored)}", language=language)
    said = words(shown)
    for angle in ("14° ± 2°", "40° ± 3°", "51° ± 5°", "54° ± 3°"):
        assert angle in said
    assert SIMULATED[language] in said
    assert said.count(ONLY[language]) == 4
    assert {"ko": "PT 골반 기울기", "en": "PT Pelvic tilt"}[language] in said
    assert "SS · 40°" in said
    assert 'data-viewer-layer="lines" hidden' not in shown
    assert 'class="outline sacrum unproven"' in shown


@pytest.mark.parametrize(
    ("language", "said", "never"),
    [("ko", "긴급도 미판정", "긴급 소견을 찾지 못함"), ("en", "Urgency not judged", "No urgent finding found")],
)
def test_where_nothing_was_looked_for_it_is_not_said_that_nothing_urgent_was_found(
    seed: Seeder, client: FlaskClient, language: str, said: str, never: str
) -> None:
    stored = drawn_spine(seed)
    for path in (f"/cases/{case_of(seed, stored)}", f"/cases/{case_of(seed, stored)}/vitals"):
        shown = words(page(client, path, language=language))
        assert said in shown
        assert never not in shown


def test_what_was_validated_is_not_said_to_be_simulated(seed: Seeder, client: FlaskClient) -> None:
    stored = drawn_spine(seed, validated=True, outlines=())
    said = words(page(client, f"/cases/{case_of(seed, stored)}", language="en"))
    assert SIMULATED["en"] not in said
    assert ONLY["en"] not in said
    assert said.count("Validated") >= 4


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize(("gaps", "count", "why"), [(NO_HIPS, 2, "cut_off"), (NO_ANGLE, 4, "not_found")])
def test_what_could_not_be_measured_says_why_and_is_no_number(
    seed: Seeder, client: FlaskClient, gaps: dict[str, Any], count: int, why: str, language: str
) -> None:
    reason = {
        "cut_off": {"ko": "사진 가장자리에서 잘렸습니다.", "en": "Cut off by the picture’s edge."},
        "not_found": {"ko": "사진에서 찾지 못했습니다.", "en": "Not found on the picture."},
    }[why][language]
    stored = drawn_spine(seed, **gaps)
    shown = page(client, f"/cases/{case_of(seed, stored)}", language=language)
    cells = re.findall(r'<li class="angle[" ].*?</li>', shown, re.DOTALL)
    missing = [cell for cell in cells if "missing" in cell[:30]]
    assert (len(cells), len(missing)) == (4, count)
    assert all(reason in cell and "°" not in cell for cell in missing)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_what_somebody_has_kept_is_shown_first_with_the_boxs_own_beside_it(seed: Seeder, client: FlaskClient, language: str) -> None:
    stored = drawn_spine(seed)
    adjust(seed.database, stored.id, moved(hip_1=(9.0, 9.0)))
    adjust(seed.database, stored.id, MOVED, "김서연 과장")
    shown = page(client, f"/cases/{case_of(seed, stored)}", language=language)
    cells = [words(cell) for cell in re.findall(r'<li class="angle by-hand.*?</li>', shown, re.DOTALL)]
    assert len(cells) == 4
    box = {"ko": "기기", "en": "box"}[language]
    assert re.search(rf"47° .*김서연 과장 \d\d:\d\d · .*{box} 40° ± 3°", cells[1])
    assert "SS · 47°" in words(shown)
    assert 'class="line by-hand"' in shown
    # The pane of figures is the box's own, and says so.
    assert {"ko": "기기가 잰 값", "en": "Measured by the box"}[language] in shown
    # In the large viewer either can be drawn.
    large = page(client, viewer(seed, stored), language=language)
    assert "김서연 과장" in large
    assert large.count("data-adjusting-to=") == 2
    assert not any({"ko": "구급대", "en": "Crew"}[language] in cell for cell in cells)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_handover_page_has_every_angle_in_full(seed: Seeder, client: FlaskClient, language: str) -> None:
    def found(stored: StoredReading) -> str:
        answer = client.get(f"/cases/{case_of(seed, stored)}/handover.pdf?language={language}")
        return " ".join(line.text for line in lines_of(answer.get_data()))

    stored, short = drawn_spine(seed), {"ko": "(줄임)", "en": "(shortened)"}[language]
    by_box = found(stored)
    assert f"PT 14° ± 2°, SS 40° ± 3°, LL 51° ± 5°, PI 54° ± 3°. {ONLY[language]}" in by_box
    adjust(seed.database, stored.id, MOVED, "중앙응급의료센터 김서연 전문의")
    by_hand = found(stored)
    assert re.search(r"중앙응급의료센 ?\d\d:\d\d PT 15°, SS 47°, LL 58°, PI 62°; \S+ 14°, 40°, 51°, 54°", by_hand)
    missing = found(drawn_spine(seed, **NO_HIPS))
    assert {"ko": "PT 평가 못함, SS 40° ± 3°", "en": "PT Not assessed, SS 40° ± 3°"}[language] in missing
    assert not any(short in text for text in (by_box, by_hand, missing))


def test_where_nobody_signs_in_it_is_the_crews(seed: Seeder, client: FlaskClient) -> None:
    stored = drawn_spine(seed)
    adjust(seed.database, stored.id, MOVED)
    assert re.search(r"구급대 \d\d:\d\d", words(page(client, f"/cases/{case_of(seed, stored)}")))


def test_only_a_spine_with_points_can_be_moved(seed: Seeder, client: FlaskClient) -> None:
    chest = f"/cases/{seed.result()}"
    (address,) = {word.split('"')[0] for word in client.get(chest).text.split('href="')[1:] if word.split('"')[0].endswith("/view")}
    for path in (address, viewer(seed, drawn_spine(seed, **NO_ANGLE))):
        assert "data-adjusting" not in client.get(path).text.replace("data-adjusting-now", "")
    assert client.get(viewer(seed, drawn_spine(seed))).text.count("data-grip=") == 6
    assert client.get(viewer(seed, drawn_spine(seed, **NO_HIPS))).text.count("data-grip=") == 4


def test_beside_a_spine_an_earlier_picture_has_no_grips(seed: Seeder, client: FlaskClient) -> None:
    stored = drawn_spine(seed)
    again = add_read_again(seed.database, stored.radiograph_id, "spine")
    later = spine_read(seed, again)
    seed.rendition(again)
    assert len(panes_of(seed.casebook, again.case_id, again.id)) == 2
    assert client.get(viewer(seed, later)).text.count("data-grip=") == 6
    compared = client.get(f"/radiographs/{again.id}/compared")
    assert compared.status_code == HTTPStatus.OK


def test_the_angles_are_asked_for_and_nothing_is_kept(seed: Seeder, client: FlaskClient) -> None:
    stored = drawn_spine(seed)
    ask, _keep = routes(seed, stored)
    answer = client.post(ask, data=json.dumps(MOVED), content_type="application/json")
    assert answer.status_code == HTTPStatus.OK
    assert "no-store" in answer.headers["Cache-Control"]
    assert "47°" in answer.get_json()["angles"]
    assert "SS · 47°" in answer.get_json()["lines"]
    assert kept(seed) == 0


def test_points_are_kept_and_lead_back_to_the_picture(seed: Seeder, post: Post) -> None:
    stored = drawn_spine(seed)
    _ask, keep = routes(seed, stored)
    answer = post(keep, points=json.dumps(MOVED))
    assert (answer.status_code, answer.headers["Location"]) == (HTTPStatus.SEE_OTHER, viewer(seed, stored))
    newest = newest_adjustment(seed.database, stored.id)
    assert newest is not None
    assert (newest.points, newest.by) == (MOVED, "crew")
    # Pressed twice it is there once.
    assert post(keep, points=json.dumps(MOVED)).status_code == HTTPStatus.SEE_OTHER
    assert kept(seed) == 1


def test_what_finds_no_disk_is_not_acknowledged(seed: Seeder, post: Post, disk: Disk) -> None:
    stored = drawn_spine(seed)
    _ask, keep = routes(seed, stored)
    disk.fill(seed.database)
    refused = post(keep, points=json.dumps(MOVED))
    assert refused.status_code == HTTPStatus.INSUFFICIENT_STORAGE
    assert f'href="/cases/{case_of(seed, stored)}"' in refused.text
    assert kept(seed) == 0
    disk.full = False
    assert post(keep, points=json.dumps(MOVED)).status_code == HTTPStatus.SEE_OTHER
    assert kept(seed) == 1


BAD = {
    "nothing": "",
    "no JSON": "{",
    "a list": "[]",
    "an unknown name": json.dumps({**MOVED, "L5_front": [1, 1]}),
    "another name": json.dumps({name.replace("hip_2", "hip_3"): point for name, point in MOVED.items()}),
    "too few": json.dumps({"S1_front": [290, 350]}),
    "not a number": json.dumps({**MOVED, "hip_1": [float("nan"), 1]}),
    "without end": json.dumps({**MOVED, "hip_1": [float("inf"), 1]}),
    "words": json.dumps({**MOVED, "hip_1": ["1", "1"]}),
    "three numbers": json.dumps({**MOVED, "hip_1": [1, 1, 1]}),
    "outside": json.dumps({**MOVED, "hip_1": [513, 1]}),
    "before the picture": json.dumps({**MOVED, "hip_1": [-1, 1]}),
    "in one place": json.dumps({**MOVED, "S1_front": MOVED["S1_back"]}),
}


@pytest.mark.parametrize("bad", BAD)
def test_what_are_no_points_of_that_picture_is_refused_and_not_kept(seed: Seeder, client: FlaskClient, post: Post, bad: str) -> None:
    stored = drawn_spine(seed)
    ask, keep = routes(seed, stored)
    assert client.post(ask, data=BAD[bad], content_type="application/json").status_code == HTTPStatus.BAD_REQUEST
    assert post(keep, points=BAD[bad]).status_code == HTTPStatus.BAD_REQUEST
    assert kept(seed) == 0


def test_more_than_points_can_be_is_not_even_read(seed: Seeder, client: FlaskClient, post: Post) -> None:
    stored = drawn_spine(seed)
    ask, keep = routes(seed, stored)
    much = json.dumps(MOVED) + " " * 5000
    assert client.post(ask, data=much, content_type="application/json").status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert post(keep, points=much).status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert kept(seed) == 0


def test_points_of_another_reading_are_no_points_of_this_one(seed: Seeder, client: FlaskClient, post: Post) -> None:
    stored, other = drawn_spine(seed), drawn_spine(seed)
    seed.result()
    (chest,) = seed.database.rows(
        "SELECT d.id, r.case_id FROM readings d JOIN radiographs r ON r.id = d.radiograph_id WHERE d.protocol = 'chest'"
    )
    points = json.dumps(MOVED)
    for case_id, reading_id, status in (
        (case_of(seed, stored), other.id, HTTPStatus.NOT_FOUND),
        (case_of(seed, stored), "nothing", HTTPStatus.NOT_FOUND),
        ("nothing", stored.id, HTTPStatus.NOT_FOUND),
        (chest["case_id"], chest["id"], HTTPStatus.CONFLICT),
    ):
        base = f"/cases/{case_id}/readings/{reading_id}"
        assert client.post(f"{base}/angles", data=points, content_type="application/json").status_code == status
        assert post(f"{base}/adjustments", points=points).status_code == status
    assert kept(seed) == 0


def test_a_reading_that_was_read_anew_takes_no_more_points(seed: Seeder, client: FlaskClient, post: Post) -> None:
    stored = drawn_spine(seed)
    adjust(seed.database, stored.id, moved(hip_1=(9.0, 9.0)))
    ask, keep = routes(seed, stored)
    anew = spine_read(seed, get_radiograph(seed.database, stored.radiograph_id))
    assert client.post(ask, data=json.dumps(MOVED), content_type="application/json").status_code == HTTPStatus.CONFLICT
    refused = post(keep, points=json.dumps(MOVED))
    assert refused.status_code == HTTPStatus.CONFLICT
    assert "다시 판독했습니다" in refused.text
    assert f'href="{viewer(seed, stored)}"' in refused.text
    assert kept(seed) == 1
    assert reading_of(seed.database, stored.radiograph_id) == anew
    assert "by-hand" not in client.get(f"/cases/{case_of(seed, stored)}").text


def test_another_page_cannot_do_it(seed: Seeder, client: FlaskClient) -> None:
    stored = drawn_spine(seed)
    for path in routes(seed, stored):
        answer = client.post(path, data={"points": json.dumps(MOVED)}, headers={"Origin": "https://elsewhere.example"})
        assert answer.status_code == HTTPStatus.FORBIDDEN
    assert kept(seed) == 0


def test_locked_nothing_is_told_and_nothing_kept(seed: Seeder, client: FlaskClient, post: Post) -> None:
    stored = drawn_spine(seed)
    set_pin(seed.database, "4711")
    ask, keep = routes(seed, stored)
    answer = client.post(ask, data=json.dumps(MOVED), content_type="application/json")
    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert "47°" not in answer.text
    assert post(keep, points=json.dumps(MOVED)).status_code == HTTPStatus.UNAUTHORIZED
    assert kept(seed) == 0


def test_a_picture_like_no_kind_is_one_touch_from_what_can_tell_for_itself(
    seed: Seeder, client: FlaskClient, post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MODELS_VARIABLE, str(tmp_path / "models"))
    unlike = seed.refused(seed.radiograph(), Refusal.UNLIKE_TRAINING, gate=GateVerdict("limb", 0.4))
    assert other_protocols(unlike, None) == ()
    for model in (CHEST_MODEL, SPINE_MODEL, SWALLOW_MODEL):
        (tmp_path / "models" / model).mkdir(parents=True)
        (tmp_path / "models" / model / CARD).write_text("{}", encoding="utf-8")
    assert other_protocols(unlike, None) == (Protocol.SPINE,)
    assert "Read as spine" in page(client, f"/cases/{case_of(seed, unlike)}", "en")
    assert post(f"/radiographs/{unlike.radiograph_id}/read-by", protocol="spine").status_code == HTTPStatus.SEE_OTHER
    another = seed.refused(seed.radiograph(), Refusal.WRONG_BODY_PART, gate=GateVerdict("limb", 0.9))
    assert other_protocols(another, None) == (), "what the gate is sure of is no spine"


@pytest.mark.parametrize("language", ["ko", "en"])
def test_angles_of_what_the_gate_does_not_know_say_so(seed: Seeder, client: FlaskClient, language: str) -> None:
    said = {"ko": "척추 사진인지 확인되지 않아", "en": "Not known as a spine"}[language]
    assert said not in words(page(client, f"/cases/{case_of(seed, spine_read(seed, seed.radiograph()))}", language))
    assert said in words(page(client, f"/cases/{case_of(seed, spine_read(seed, seed.radiograph(), unfamiliar=True))}", language))
