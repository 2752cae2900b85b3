"""Language and theme: from the screen's cookie, else from the settings; switched on the screen."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

from flask import Flask, Response, abort, make_response, redirect, request
from flask_babel import Babel, get_translations, gettext

from edge_app.config import Language

LANGUAGES: tuple[str, ...] = get_args(Language)
_COOKIE_LIFE_S = 365 * 24 * 3600


class Theme(StrEnum):
    """How the screen is lit. RED keeps dark-adapted eyes."""

    DAY = "day"
    NIGHT = "night"
    RED = "red"


def _chosen(cookie: str, allowed: Sequence[str], default: str) -> str:
    value = request.cookies.get(cookie, default)
    return value if value in allowed else default


def _came_from() -> str:
    """The path of the page the request came from, on this screen only."""
    path = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "/").path
    return path if path.startswith("/") and not path.startswith("//") else "/"


def speak(app: Flask, name: str, language: Language, catalogues: Sequence[Path]) -> None:
    """Install Babel with the catalogues, ``language`` and ``theme`` in every template, and ``POST /preferences``."""
    cookies = {"language": f"{name}_language", "theme": f"{name}_theme"}
    allowed = {"language": LANGUAGES, "theme": tuple(Theme)}
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join(map(str, catalogues))
    Babel(app, default_locale=language, locale_selector=lambda: _chosen(cookies["language"], LANGUAGES, language))

    @app.context_processor
    def preferences() -> dict[str, Any]:
        return {
            "language": _chosen(cookies["language"], LANGUAGES, language),
            "theme": _chosen(cookies["theme"], allowed["theme"], Theme.DAY),
            "languages": LANGUAGES,
            "themes": tuple(Theme),
        }

    @app.post("/preferences")
    def prefer() -> Response:
        wanted = {key: value for key, value in request.form.items() if key in cookies}
        if not wanted or any(value not in allowed[key] for key, value in wanted.items()):
            abort(400)
        if "HX-Request" in request.headers:
            response = make_response("", 204)
            response.headers["HX-Refresh"] = "true"
        else:
            response = make_response(redirect(_came_from(), 303))
        for key, value in wanted.items():
            response.set_cookie(cookies[key], value, max_age=_COOKIE_LIFE_S, httponly=True, samesite="Strict")
        return response


def word(prefix: str, code: str) -> str:
    """The words for a code; the code itself, readable, where no catalogue knows it (a model may name findings of its own)."""
    key = f"{prefix}.{code}"
    said = gettext(key)
    return code.replace("_", " ") if said == key else said


def with_subject_particle(korean: str) -> str:
    """A Korean noun with 이 or 가, by its last syllable's final consonant; other scripts as they are."""
    last = ord(korean[-1]) - 0xAC00 if korean else -1
    if not 0 <= last < 11172:
        return korean
    return korean + ("이" if last % 28 else "가")


def knows(key: str) -> bool:
    """Whether the catalogues of this request's language have that key."""
    return str(get_translations().gettext(key)) != key
