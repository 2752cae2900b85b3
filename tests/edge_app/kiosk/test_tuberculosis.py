"""Tuberculosis at the kiosk: what is said, on what it rests, masks, a second look by touch, and what a threshold means."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from edge_app.casebook import Casebook
from edge_app.casebook.patients import Field, enter_patient
from edge_app.casebook.radiographs import add_edited, add_read_again, get_radiograph, radiographs_of
from edge_app.config import Settings, Tuberculosis
from edge_app.errors import Refusal
from edge_app.kiosk.app import create_app
from edge_app.kiosk.pedigree import pedigree_view
from edge_app.kiosk.reading_again import installed, other_protocols
from edge_app.radiograph.edits import Edits
from edge_app.reading.card import CARD
from edge_app.reading.finding import Decision, GateVerdict, Protocol
from edge_app.screens import ChangeFeed
from tests.edge_app.handover.extracting import lines_of
from tests.edge_app.kiosk.asking import Post, page, post
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.tuberculous import ADULT, models, screened, write_tuberculosis_card

__all__ = ["models", "post"]
PRESENT, UNCERTAIN, ABSENT = Decision.PRESENT, Decision.UNCERTAIN, Decision.ABSENT

SAID = {
    "ko": ("폐결핵이 의심됩니다.", "폐결핵, 불확실합니다.", "폐결핵, 배제하지 못함", "폐결핵 소견을 찾지 못함"),
    "en": ("Suspected tuberculosis.", "Uncertain: tuberculosis.", "Tuberculosis not ruled out", "No sign of tuberculosis found"),
}
ALONE = {"ko": "다른 항목은 평가하지 않았습니다", "en": "Nothing else was assessed"}
MASK = {"ko": "환자는 수술용 마스크", "en": "Surgical mask on the patient"}


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize(
    ("place", "decision", "probability", "airborne"),
    [(0, PRESENT, 0.83, True), (1, UNCERTAIN, 0.41, True), (2, UNCERTAIN, 0.25, False), (3, ABSENT, 0.06, False)],
)
def test_one_sentence_and_masks_where_it_is_called(
    seed: Seeder, client: FlaskClient, models: Path, language: str, place: int, decision: Decision, probability: float, airborne: bool
) -> None:
    radiograph = seed.radiograph()
    seed.rendition(radiograph)
    screened(seed, models, radiograph, probability, decision)
    shown = page(client, language=language)
    assert [sentence in shown for sentence in SAID[language]] == [index == place for index in range(4)]
    assert ALONE[language] in shown, "that it says nothing of anything else is said"
    assert (MASK[language] in shown) is airborne
    for number in (
        "AUROC 0.88 (0.83–0.93)",
        "AUROC 0.81 (0.73–0.88)",
        "Shenzhen tuberculosis set",
        "Montgomery County tuberculosis set",
        "30%",
    ):
        assert number in shown
    assert "data-map=" in shown


def test_what_it_rests_on_comes_from_the_card_it_was_read_by(seed: Seeder, models: Path, client: FlaskClient) -> None:
    stored = screened(seed, models, seed.radiograph())
    own = pedigree_view(stored.reading)
    assert own is not None
    assert own.worth is not None
    assert (own.validated, own.worth.positives, own.worth.negatives, own.of_site, own.card_percent) == (True, 84, 82, False, 30)
    assert [(each.source, each.worth.positives) for each in own.elsewhere] == [("Montgomery County tuberculosis set", 58)]
    by_site = screened(seed, models, seed.radiograph(), threshold=0.45)
    told = pedigree_view(by_site.reading)
    assert told is not None
    assert (told.of_site, told.threshold_percent, told.card_percent) == (True, 45, 30)
    # Another model since: nobody may read its figures as those of this reading.
    write_tuberculosis_card(models, elsewhere=False, positives=21)
    assert pedigree_view(stored.reading) is None
    assert "검증 내용을 보일 수 없습니다" in page(client)


def test_a_model_that_was_tried_nowhere_else_or_on_no_adult_says_so(seed: Seeder, client: FlaskClient, models: Path) -> None:
    write_tuberculosis_card(models, elsewhere=False)
    screened(seed, models, seed.radiograph())
    assert "학습하지 않은 병원에서 검증한 적이 없습니다" in page(client)
    write_tuberculosis_card(models, adults=False)
    screened(seed, models, seed.radiograph())
    assert "어른 사진으로 검증하지 않은 모델" in page(client)


def test_where_no_lungs_were_found_that_stands_first(seed: Seeder, client: FlaskClient, models: Path) -> None:
    screened(seed, models, seed.radiograph(), 0.62, UNCERTAIN, unlocated=True, measurements={}, outlines=(), maps={})
    assert "양쪽 폐를 찾지 못했습니다" in page(client)


def test_masks_stand_on_every_page_of_the_case_also_where_only_a_second_look_saw_it(
    seed: Seeder, client: FlaskClient, models: Path
) -> None:
    case_id = seed.accepted()
    (radiograph,) = radiographs_of(seed.database, case_id)
    assert MASK["ko"] not in page(client, f"/cases/{case_id}")
    screened(seed, models, add_read_again(seed.database, radiograph.id, "tuberculosis"))
    shown = page(client, f"/cases/{case_id}")
    assert MASK["ko"] in shown
    assert "폐결핵이 의심됩니다" not in shown, "the case is told by what the hospitals know"


def test_a_touch_has_a_chest_read_by_another_protocol_and_a_second_one_leads_to_it(
    seed: Seeder, client: FlaskClient, post: Post, models: Path
) -> None:
    radiograph = seed.radiograph()
    seed.assessed(radiograph, gate=ADULT)
    assert f'action="/radiographs/{radiograph.id}/read-by"' in page(client)
    ways = {post(f"/radiographs/{radiograph.id}/read-by", protocol="tuberculosis").headers["Location"] for _ in range(2)}
    assert len(ways) == 1
    original, again = radiographs_of(seed.database, radiograph.case_id)
    assert original == radiograph
    assert urlsplit(ways.pop()).path == f"/cases/{radiograph.case_id}/radiographs/{again.id}"
    screened(seed, models, again)
    # Back to the first way leads to the first reading.
    assert post(f"/radiographs/{again.id}/read-by", protocol="chest").headers["Location"].endswith(f"/radiographs/{radiograph.id}")
    assert len(radiographs_of(seed.database, radiograph.case_id)) == 2
    assert post(f"/radiographs/{again.id}/read-by", protocol="spine").status_code == 409
    # It can be edited as any other, and an edit of it is read by its protocol.
    assert client.get(f"/radiographs/{again.id}/edit").status_code == 200
    edited = add_edited(seed.database, again.id, Edits(brightness=0.3))
    assert client.get(f"/radiographs/{edited.id}/edit").status_code == 404
    screened(seed, models, edited, 0.4, UNCERTAIN)
    compared = page(client, f"/radiographs/{edited.id}/compared")
    assert f'data-pixels="/radiographs/{again.id}/pixels"' in compared, "it is held against the reading of its own kind"


def test_both_readings_stand_beside_each_other_and_the_second_goes_where_the_crew_sends_it(
    seed: Seeder, client: FlaskClient, post: Post, models: Path
) -> None:
    radiograph = seed.radiograph()
    seed.assessed(radiograph, gate=ADULT)
    again = add_read_again(seed.database, radiograph.id, "tuberculosis")
    assert post(f"/radiographs/{again.id}/send-edited").status_code == 409
    screened(seed, models, again)
    shown = page(client, f"/radiographs/{again.id}/compared")
    assert shown.index("폐결핵") < shown.index("폐렴"), "what the second look is about comes first"
    assert "병원은 두 판독을 함께 봅니다" in shown
    assert post(f"/radiographs/{again.id}/send-edited").status_code == 303
    assert get_radiograph(seed.database, again.id).stands_for_case
    assert client.get(f"/status.json?case={radiograph.case_id}").get_json()["radiograph"] == again.id


def test_a_second_look_that_saw_nothing_is_not_sent(seed: Seeder, client: FlaskClient, post: Post, models: Path) -> None:
    radiograph = seed.radiograph()
    seed.assessed(radiograph, gate=ADULT)
    again = add_read_again(seed.database, radiograph.id, "tuberculosis")
    seed.refused(again, Refusal.MODEL_FAILED, gate=ADULT)
    assert "send-edited" not in page(client, f"/radiographs/{again.id}/compared")
    assert post(f"/radiographs/{again.id}/send-edited").status_code == 409


def test_only_what_is_installed_and_may_be_read_is_offered(seed: Seeder, client: FlaskClient, models: Path) -> None:
    adult = seed.assessed(seed.radiograph(), gate=ADULT)
    assert other_protocols(adult, 40.0) == (Protocol.TUBERCULOSIS,)
    assert other_protocols(adult, None) == (Protocol.TUBERCULOSIS,)
    assert other_protocols(adult, 14.0) == ()
    assert other_protocols(seed.assessed(seed.radiograph(), gate=GateVerdict("chest_child", 0.9)), None) == ()
    assert other_protocols(seed.refused(seed.radiograph(), Refusal.UNLIKE_TRAINING, gate=ADULT), 40.0) == ()
    assert 'value="tuberculosis"' in page(client, "/menu")
    (models / "tuberculosis" / CARD).unlink()
    assert installed() == (Protocol.CHEST,)
    assert other_protocols(adult, 40.0) == ()
    menu = page(client, "/menu")
    assert 'value="tuberculosis"' not in menu
    assert "/screening" not in menu
    assert "결핵 모델이 없습니다" in page(client, "/screening")


def test_an_age_that_the_crew_has_entered_counts(seed: Seeder, client: FlaskClient, post: Post, models: Path) -> None:
    radiograph = seed.radiograph(age=None)
    seed.assessed(radiograph, gate=ADULT)
    assert "read-by" in page(client)
    enter_patient(seed.database, radiograph.case_id, Field.AGE, "9")
    assert "read-by" not in page(client)
    assert post(f"/radiographs/{radiograph.id}/read-by", protocol="tuberculosis").status_code == 409


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_child_is_refused_in_words_and_the_next_touch_reads_it_as_a_chest(
    seed: Seeder, client: FlaskClient, post: Post, models: Path, language: str
) -> None:
    radiograph = seed.radiograph(age=9)
    seed.refused(radiograph, Refusal.CHILD, gate=GateVerdict("chest_child", 0.93), protocol=Protocol.TUBERCULOSIS)
    shown = page(client, language=language)
    assert {"ko": "15세 미만에서 검증한 적이 없어", "en": "never validated on anyone under 15"}[language] in shown
    assert post(f"/radiographs/{radiograph.id}/read-by", protocol="chest").status_code == 303


@pytest.mark.parametrize(
    ("language", "named", "masks"), [("ko", "폐결핵", "공기 전파 주의"), ("en", "Tuberculosis", "Airborne precautions")]
)
def test_the_handover_page_and_the_telephone_say_it_too(
    seed: Seeder, client: FlaskClient, models: Path, language: str, named: str, masks: str
) -> None:
    radiograph = seed.radiograph()
    seed.rendition(radiograph)
    offers = seed.offers(screened(seed, models, radiograph))
    pdf = client.get(f"/cases/{radiograph.case_id}/handover.pdf?language={language}").data
    text = " ".join(line.text for line in lines_of(pdf))
    assert named in text
    assert masks in text
    script = page(client, f"/cases/{radiograph.case_id}/call/{offers[0].id}", language)
    assert {"ko": "폐결핵 의심, 기기 판독", "en": "tuberculosis"}[language] in script.lower()


def site(settings: Settings, casebook: Casebook, own: Tuberculosis) -> FlaskClient:
    app = create_app(settings.model_copy(update={"tuberculosis": own}), casebook, ChangeFeed(casebook.database))
    app.config["TESTING"] = True
    return app.test_client()


def test_what_a_threshold_means_for_a_thousand_people(settings: Settings, casebook: Casebook, models: Path) -> None:
    client = site(settings, casebook, Tuberculosis(threshold=0.6, prevalence_per_1000=20))
    shown = page(client, "/screening", "en")
    assert "Of 1000 people screened, if 20 have tuberculosis" in shown
    row = shown[shown.index('class="in-force"') :].split("</tr>")[0]
    for number in ("60%", "This site", "<b>14</b>", "<b>6.0</b>", "<b>78</b>", "<b>92</b>", "70%", "92%"):
        assert number in row
    assert "WHO's least: 90% found" in shown
    assert "measured on 84 adults with tuberculosis and 82 without" in shown
    assert "Not validated" not in shown


def test_no_threshold_makes_a_model_validated_on_the_screen_either(settings: Settings, casebook: Casebook, models: Path) -> None:
    write_tuberculosis_card(models, positives=4, points=False)
    shown = page(site(settings, casebook, Tuberculosis(threshold=0.2)), "/screening", "en")
    assert "No threshold makes it validated" in shown
    assert "This model does not say what a threshold means" in shown
