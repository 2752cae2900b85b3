import re
from pathlib import Path

from flask.testing import FlaskClient

from edge_app.screens.assets import version_of


def test_assets_are_kept_for_a_year_under_their_digest(client: FlaskClient) -> None:
    page = client.get("/").text
    paths = re.findall(r'(?:href|src)="(/assets/[^"]+)"', page)
    assert len(paths) >= 7
    for path in paths:
        with client.get(path) as answer:
            assert answer.status_code == 200, path
            assert "immutable" in answer.headers["Cache-Control"]
            assert "max-age=31536000" in answer.headers["Cache-Control"]


def test_a_screens_own_folder_is_served_under_own(client: FlaskClient) -> None:
    found = re.search(r"/assets/\w+/", client.get("/").text)
    assert found is not None
    with client.get(found.group() + "own/own.css") as answer:
        assert answer.text == "body{}"
    assert client.get(found.group() + "own/../../furnish.py").status_code == 404


def test_an_old_version_is_not_served_as_the_new_one(client: FlaskClient) -> None:
    assert client.get("/assets/0000000000000000/tokens.css").status_code == 404


def test_the_version_follows_the_content(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a")
    before = version_of({"": tmp_path})
    (tmp_path / "a.css").write_text("b")
    assert version_of({"": tmp_path}) != before
