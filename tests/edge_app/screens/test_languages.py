import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from edge_app.screens.languages import with_subject_particle, word


def test_the_settings_language_is_the_first(client: FlaskClient) -> None:
    page = client.get("/").text
    assert '<html lang="ko" data-theme="day">' in page
    assert "연구용 시제품" in page


def test_switching_language_and_theme_is_remembered_in_cookies_of_this_screen(client: FlaskClient) -> None:
    answer = client.post("/preferences", data={"language": "en"}, headers={"Referer": "http://localhost/cases?x=1"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/cases"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("piece_language=en;")
    assert "SameSite=Strict" in cookie
    assert "HttpOnly" in cookie
    client.post("/preferences", data={"theme": "night"})
    page = client.get("/").text
    assert '<html lang="en" data-theme="night">' in page
    assert "not a medical device" in page


def test_htmx_is_told_to_load_the_page_anew(client: FlaskClient) -> None:
    answer = client.post("/preferences", data={"theme": "red"}, headers={"HX-Request": "true"})
    assert answer.headers["HX-Refresh"] == "true"


@pytest.mark.parametrize("data", [{}, {"language": "fr"}, {"theme": "pink"}, {"other": "1"}])
def test_a_choice_that_does_not_exist_is_refused(client: FlaskClient, data: dict[str, str]) -> None:
    assert client.post("/preferences", data=data).status_code == 400


def test_a_forged_cookie_falls_back_to_the_settings(client: FlaskClient) -> None:
    client.set_cookie("piece_language", "xx")
    client.set_cookie("piece_theme", 'x" onload="1')
    assert '<html lang="ko" data-theme="day">' in client.get("/").text


def test_no_redirect_leads_away(client: FlaskClient) -> None:
    answer = client.post("/preferences", data={"theme": "day"}, headers={"Referer": "http://localhost//evil.example/"})
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("language", ["ko", "en"])
def test_no_key_is_ever_shown(client: FlaskClient, language: str) -> None:
    client.set_cookie("piece_language", language)
    text = re.sub(r"<[^>]+>", " ", client.get("/").text)
    assert not re.findall(r"\b(?:rung|mark|urgency|pre_ktas|trust|decision|notice|viewer|lost)\.\w+", text)


@pytest.mark.parametrize(("noun", "expected"), [("폐렴", "폐렴이"), ("심비대", "심비대가"), ("결절", "결절이"), ("Mass", "Mass"), ("", "")])
def test_the_korean_particle_follows_the_last_syllable(noun: str, expected: str) -> None:
    assert with_subject_particle(noun) == expected


def test_a_finding_no_catalogue_knows_keeps_its_own_name(screen_app: Flask) -> None:
    with screen_app.test_request_context("/"):
        assert word("finding", "Rib_Fracture") == "Rib Fracture"
