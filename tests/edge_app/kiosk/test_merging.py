"""Joining two cases by touch, seeing both, and taking it back."""

import pytest
from flask.testing import FlaskClient

from edge_app.casebook import Casebook
from edge_app.casebook.cases import case_for_study, cases_of_patient
from edge_app.casebook.merges import merges_of
from edge_app.casebook.offers import OfferState, offers_of
from tests.edge_app.kiosk.conftest import ROOMS, Seeder


@pytest.mark.parametrize(
    ("language", "asks", "same", "asked"),
    [
        ("ko", "누가 같은 환자입니까?", "같은 환자: 환자", "병원 3곳에 묻는 중"),
        ("en", "Who is the same patient?", "Same patient: patient", "3 hospitals asked"),
    ],
)
def test_joined_and_parted_by_touch_and_both_always_seen(
    client: FlaskClient, casebook: Casebook, seed: Seeder, language: str, asks: str, same: str, asked: str
) -> None:
    with_picture = seed.result()
    unknown = case_for_study(casebook.database, None, None, None).id
    client.set_cookie("kiosk_language", language)
    page = client.get(f"/cases/{unknown}/merge").get_data(as_text=True)
    assert asks in page
    assert f'name="other" value="{with_picture}"' in page
    answer = client.post(f"/cases/{unknown}/merge", data={"other": with_picture})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/cases/{unknown}/merge")
    client.post(f"/cases/{unknown}/merge", data={"other": with_picture})
    (made,) = merges_of(casebook.database, unknown)
    assert same in client.get(f"/cases/{with_picture}").get_data(as_text=True)
    seen = client.get(f"/cases/{unknown}").get_data(as_text=True)
    assert same in seen
    assert asked in seen
    assert [offer.state for offer in offers_of(casebook.database, with_picture)] == [OfferState.ASKED] * 3
    page = client.get(f"/cases/{unknown}/merge").get_data(as_text=True)
    assert f'name="merge" value="{made.id}"' in page
    client.post(f"/cases/{unknown}/unmerge", data={"merge": made.id})
    assert [case.id for case in cases_of_patient(casebook.database, unknown)] == [unknown]
    assert same not in client.get(f"/cases/{with_picture}").get_data(as_text=True)


def test_what_cannot_be_joined_is_refused(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.result()
    assert client.post(f"/cases/{case_id}/merge", data={"other": case_id}).status_code == 400
    assert client.post(f"/cases/{case_id}/merge", data={"other": "nobody"}).status_code == 404
    assert client.post(f"/cases/{case_id}/unmerge", data={"merge": "nothing"}).status_code == 404
    assert client.get("/cases/nobody/merge").status_code == 404


def test_a_closed_case_without_a_picture_looks_closed(client: FlaskClient, casebook: Casebook) -> None:
    case_id = case_for_study(casebook.database, None, None, None).id
    assert client.get(f"/status.json?case={case_id}").get_json()["screen"] == "waiting"
    with casebook.database.writing() as tables:
        tables.table("cases").update(case_id, {"state": "closed"})
    assert client.get(f"/status.json?case={case_id}").get_json()["screen"] == "closed"
    assert client.get(f"/cases/{case_id}").status_code == 200


def test_the_list_of_hospitals_leaves_out_who_is_asked_with_the_other_case(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    first, second = seed.result(), seed.to_choose()
    client.post(f"/cases/{first}/merge", data={"other": second})
    page = client.get(f"/cases/{second}/hospitals").get_data(as_text=True)
    assert page.count('name="hpid"') > 0
    for hpid, *_ in ROOMS[:3]:
        assert f'value="{hpid}"' not in page
