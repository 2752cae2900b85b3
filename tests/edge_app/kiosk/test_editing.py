"""The crew edits a picture, has it read anew, compares both readings and sends the edited one where it means to."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from edge_app.casebook.radiographs import get_radiograph, radiographs_of
from edge_app.errors import Refusal
from edge_app.kiosk.editing import MOST_COMPARED, compared, edits_of
from edge_app.kiosk.picturing import edit_views
from edge_app.radiograph.edits import UNEDITED, Crop, Edits
from edge_app.reading.finding import Decision, Finding
from tests.edge_app.casebook.builders import assessed, refused
from tests.edge_app.kiosk.conftest import Seeder

FORM = {
    "crop_x": "0.1", "crop_y": "0.2", "crop_width": "0.5", "crop_height": "0.6", "flipped": "1", "quarter_turns": "3",
    "tilt_degrees": "-2", "brightness": "0.3", "contrast": "-0.1", "sharpness": "0.4",
}  # fmt: skip
EDITS = Edits(Crop(0.1, 0.2, 0.5, 0.6), True, 3, -2.0, 0.3, -0.1, 0.4)
AS_SHOWN = {"crop_x": "0", "crop_y": "0", "crop_width": "1", "crop_height": "1", "flipped": "0", "quarter_turns": "0", "tilt_degrees": "0"}

Post = Callable[..., TestResponse]


@pytest.fixture
def post(client: FlaskClient) -> Post:
    return lambda path, **form: client.post(path, data=form, headers={"Origin": "http://localhost"})


def test_the_form_says_what_is_edited() -> None:
    assert edits_of(FORM) == EDITS
    assert edits_of(AS_SHOWN) == edits_of({}) == UNEDITED


@pytest.mark.parametrize(
    "wrong", [{"quarter_turns": "4"}, {"tilt_degrees": "lots"}, {"crop_width": "0.01"}, {"crop_x": "0.6"}, {"sharpness": "nan"}]
)
def test_what_no_hand_can_do_is_refused(seed: Seeder, post: Post, wrong: dict[str, str]) -> None:
    radiograph = seed.radiograph()
    assert post(f"/radiographs/{radiograph.id}/edits", **{**FORM, **wrong}).status_code == 400
    assert radiographs_of(seed.database, radiograph.case_id) == [radiograph]


def test_nothing_edited_is_not_read_anew(seed: Seeder, post: Post) -> None:
    assert post(f"/radiographs/{seed.radiograph().id}/edits", **AS_SHOWN).status_code == 400


def test_a_touch_makes_an_edited_picture_and_a_second_one_no_other(seed: Seeder, client: FlaskClient, post: Post) -> None:
    radiograph = seed.radiograph()
    seed.assessed(radiograph)
    seed.rendition(radiograph)
    assert client.get(f"/radiographs/{radiograph.id}/edit").status_code == 200
    ways = {post(f"/radiographs/{radiograph.id}/edits", **FORM).headers["Location"] for _ in range(2)}
    assert len(ways) == 1
    original, edited = radiographs_of(seed.database, radiograph.case_id)
    assert original == radiograph
    assert (edited.edited_from, edited.edits) == (radiograph.id, EDITS)
    assert urlsplit(ways.pop()).path == f"/cases/{radiograph.case_id}/radiographs/{edited.id}"
    # The way on from an edited picture leads over the comparison.
    assert client.get(f"/radiographs/{edited.id}/edit").status_code == 404
    assert client.get(f"/radiographs/{radiograph.id}/compared").status_code == 404


def test_the_case_is_shown_by_its_original_until_the_edited_one_is_sent(seed: Seeder, client: FlaskClient, post: Post) -> None:
    radiograph = seed.radiograph()
    seed.assessed(radiograph)
    edited = _edited(seed, post, radiograph.id)

    def shown() -> str:
        return str(client.get(f"/status.json?case={radiograph.case_id}").get_json()["radiograph"])

    assert shown() == radiograph.id
    assert post(f"/radiographs/{edited}/send-edited").status_code == 409, "there is nothing to send yet"
    seed.assessed(get_radiograph(seed.database, edited))
    page = client.get(f"/cases/{radiograph.case_id}/radiographs/{edited}").get_data(as_text=True)
    assert f"/radiographs/{edited}/compared" in page
    assert post(f"/radiographs/{radiograph.id}/send-edited").status_code == 409
    for _ in range(2):
        assert post(f"/radiographs/{edited}/send-edited").status_code == 303
    assert shown() == edited
    assert len(seed.database.rows("SELECT id FROM events WHERE kind = 'send_edited_asked'")) == 1


@pytest.mark.parametrize("language", ["ko", "en"])
def test_both_readings_stand_beside_each_other(seed: Seeder, client: FlaskClient, post: Post, language: str) -> None:
    client.set_cookie("kiosk_language", language)
    radiograph = seed.radiograph()
    seed.refused(radiograph, Refusal.UNLIKE_TRAINING)
    edited = _edited(seed, post, radiograph.id)
    before = client.get(f"/radiographs/{edited}/compared").get_data(as_text=True)
    assert "send-edited" not in before
    seed.assessed(get_radiograph(seed.database, edited))
    after = client.get(f"/radiographs/{edited}/compared").get_data(as_text=True)
    assert "81%" in after
    assert f'action="/radiographs/{edited}/send-edited"' in after
    for page in (before, after):
        assert f'data-pixels="/radiographs/{radiograph.id}/pixels"' in page
        assert {"ko": "판독하지 않음", "en": "Not read"}[language].lower() in page.lower()


def test_what_is_decided_otherwise_comes_first_and_a_refusal_decides_nothing() -> None:
    before = assessed(
        Finding("Mass", 0.9, Decision.PRESENT, 0.5, 9, False), *(_absent(f"F{number}") for number in range(9)), _absent("Nodule", 0.3)
    )
    after = assessed(Finding("Mass", 0.8, Decision.PRESENT, 0.5, 9, False), Finding("Nodule", 0.35, Decision.UNCERTAIN, 0.5, 9, False))
    rows = compared(before, after)
    assert len(rows) == MOST_COMPARED
    assert next(row.name for row in rows if row.changed) == "Nodule"
    assert {row.name for row in rows if not row.changed} <= {"Mass"}
    (one,) = compared(refused(), assessed(Finding("Mass", 0.9, Decision.PRESENT, 0.5, 9, False)))
    assert (one.before, one.changed) == (None, True)


def test_what_was_done_is_said_in_its_order() -> None:
    assert [(view.name, view.value) for view in edit_views(EDITS)] == [
        ("crop", "30"), ("flipped", ""), ("quarter_turns", "270"), ("tilt_degrees", "-2"),
        ("brightness", "+30"), ("contrast", "-10"), ("sharpness", "+40"),
    ]  # fmt: skip
    assert edit_views(UNEDITED) == ()


def _edited(seed: Seeder, post: Post, radiograph_id: str) -> str:
    answer = post(f"/radiographs/{radiograph_id}/edits", **FORM)
    assert answer.status_code == 303
    return radiographs_of(seed.database, get_radiograph(seed.database, radiograph_id).case_id)[-1].id


def _absent(name: str, probability: float = 0.1) -> Finding:
    return Finding(name, probability, Decision.ABSENT, 0.5, 9, validated=False)
