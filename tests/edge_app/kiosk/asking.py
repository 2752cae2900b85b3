"""How a test asks the kiosk for a page and touches something on it."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Post = Callable[..., TestResponse]


@pytest.fixture
def post(client: FlaskClient) -> Post:
    return lambda path, **form: client.post(path, data=form, headers={"Origin": "http://localhost"})


def page(client: FlaskClient, path: str = "/", language: str = "ko") -> str:
    client.set_cookie("kiosk_language", language)
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)
