"""Vital signs are entered once, raise the urgency that is shown, and what is not entered is said to be not known."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from edge_app.casebook import Casebook
from edge_app.casebook.events import EventKind
from edge_app.casebook.radiographs import radiographs_of
from edge_app.casebook.readings import reading_of
from edge_app.casebook.vitals import enter_vitals, vitals_of
from edge_app.config import Settings, Triage
from edge_app.kiosk.app import create_app
from edge_app.kiosk.vital_signs import STEPS
from edge_app.reading.finding import Urgency
from edge_app.screens import ChangeFeed
from edge_app.triage import VITALS
from tests.edge_app.kiosk.conftest import Seeder


def values(casebook: Casebook, case_id: str) -> dict[str, float]:
    return {name: entered.value for name, entered in vitals_of(casebook.database, case_id).known()}


def form(**given: str) -> dict[str, str]:
    """What a browser sends: every field, and what each was when the page was made."""
    return dict.fromkeys(VITALS, "") | {f"was_{name}": "" for name in VITALS} | given


def test_every_sign_has_its_steps() -> None:
    assert STEPS.keys() == VITALS.keys()
    for name, steps in STEPS.items():
        assert VITALS[name].least < steps.start < VITALS[name].most


def test_what_is_entered_raises_the_urgency_that_is_shown_and_leaves_the_reading(
    client: FlaskClient, casebook: Casebook, seed: Seeder
) -> None:
    case_id = seed.result()
    assert client.get(f"/status.json?case={case_id}").get_json()["urgency"] == "urgent"
    answer = client.post(f"/cases/{case_id}/vitals", data=form(spo2_percent="85", temperature_celsius="36,6"))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/cases/{case_id}/vitals")
    assert values(casebook, case_id) == {"spo2_percent": 85, "temperature_celsius": 36.6}
    assert client.get(f"/status.json?case={case_id}").get_json()["urgency"] == "immediate"
    (radiograph,) = radiographs_of(casebook.database, case_id)
    reading = reading_of(casebook.database, radiograph.id)
    assert reading is not None
    assert reading.reading.urgency is Urgency.URGENT


def test_the_page_says_why_and_what_is_not_known(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.result()
    client.set_cookie("kiosk_language", "en")
    page = client.get(f"/cases/{case_id}/vitals").get_data(as_text=True)
    assert "Pneumonia is suspected." in page
    assert "Could not be judged, not known" in page
    assert "SpO₂, " in page
    enter_vitals(casebook.database, case_id, {"spo2_percent": 85})
    page = client.get(f"/cases/{case_id}/vitals").get_data(as_text=True)
    assert "Suspected pneumonia with SpO₂ below 90%: severe." in page
    assert "SpO₂, " not in page


def test_a_form_left_alone_undoes_nothing_that_came_meanwhile(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.result()
    enter_vitals(casebook.database, case_id, {"spo2_percent": 84})
    client.post(f"/cases/{case_id}/vitals", data=form(systolic_mmhg="120"))
    assert values(casebook, case_id) == {"spo2_percent": 84, "systolic_mmhg": 120}
    client.post(f"/cases/{case_id}/vitals", data=form(spo2_percent="", was_spo2_percent="84"))
    assert values(casebook, case_id) == {"systolic_mmhg": 120}


def test_pressing_twice_enters_once(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.result()
    client.post(f"/cases/{case_id}/vitals", data=form())
    client.post(f"/cases/{case_id}/vitals", data=form(gcs="9", was_gcs="9"))
    row = casebook.database.row("SELECT count(*) AS n FROM events WHERE kind = :kind", {"kind": str(EventKind.VITALS_ENTERED)})
    assert row == {"n": 0}


@pytest.mark.parametrize(
    "wrong", [{"spo2_percent": "101"}, {"gcs": "9.5"}, {"gcs": "two"}, {"systolic_mmhg": "nan"}, {"spo2_percent": "1e9"}]
)
def test_what_nobody_has_is_refused_whole(client: FlaskClient, casebook: Casebook, seed: Seeder, wrong: dict[str, str]) -> None:
    case_id = seed.result()
    assert client.post(f"/cases/{case_id}/vitals", data=form(heart_rate_per_min="80", **wrong)).status_code == 400
    assert values(casebook, case_id) == {}


def test_no_case_has_no_page(client: FlaskClient) -> None:
    assert client.get("/cases/nobody/vitals").status_code == 404
    assert client.post("/cases/nobody/vitals", data=form(gcs="15")).status_code == 404


def test_a_picture_that_was_not_read_gets_no_urgency(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.not_read()
    enter_vitals(casebook.database, case_id, {"spo2_percent": 50})
    client.set_cookie("kiosk_language", "en")
    assert "so there is no urgency" in client.get(f"/cases/{case_id}/vitals").get_data(as_text=True)
    assert client.get(f"/status.json?case={case_id}").get_json()["urgency"] is None


def test_a_broken_rules_file_is_said_on_both_pages(settings: Settings, casebook: Casebook, seed: Seeder, tmp_path: Path) -> None:
    case_id = seed.result()
    file = tmp_path / "rules.toml"
    file.write_text("[rule.mass-present]\n", encoding="utf-8")
    feed = ChangeFeed(casebook.database)
    client = create_app(settings.model_copy(update={"triage": Triage(rules=file)}), casebook, feed).test_client()
    client.set_cookie("kiosk_language", "en")
    try:
        assert "Site's rules broken" in client.get(f"/cases/{case_id}").get_data(as_text=True)
        assert "judged by the rules that ship" in client.get(f"/cases/{case_id}/vitals").get_data(as_text=True)
        assert client.get(f"/status.json?case={case_id}").get_json()["urgency"] == "urgent"
    finally:
        feed.close()
