import pytest
from flask.testing import FlaskClient

from edge_app.screens.guard import host_allowed, same_origin


def test_every_answer_carries_the_strict_policy(client: FlaskClient) -> None:
    for path in ("/", "/nowhere"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"


def test_a_page_has_no_inline_script_or_style(client: FlaskClient) -> None:
    page = client.get("/").text
    assert " style=" not in page
    assert "<style" not in page
    assert " onclick" not in page
    assert page.count("<script") == page.count("<script src=")


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "localhost:8080", "[::1]:8080", "LOCALHOST"])
def test_this_machine_is_allowed(host: str) -> None:
    assert host_allowed(host, "127.0.0.1")


@pytest.mark.parametrize("host", ["", "evil.example", "127.0.0.1.evil.example", "10.0.0.7:8080", "[::1", "user@127.0.0.1@evil.example"])
def test_other_hosts_are_not(host: str) -> None:
    assert not host_allowed(host, "127.0.0.1")


def test_listening_everywhere_needs_an_address_not_a_name() -> None:
    assert host_allowed("10.0.0.7:8080", "0.0.0.0")  # noqa: S104  compared, not listened on
    assert not host_allowed("rebinding.example:8080", "0.0.0.0")  # noqa: S104  compared, not listened on


def test_a_foreign_host_is_refused_before_the_view(client: FlaskClient) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 421
    assert client.post("/change", headers={"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://localhost:9999"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_only_own_pages_may_change_anything(client: FlaskClient, headers: dict[str, str], status: int) -> None:
    assert client.post("/change", headers=headers).status_code == status


def test_a_malformed_origin_is_foreign() -> None:
    assert not same_origin("http://[::1", None, "localhost")
