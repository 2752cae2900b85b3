"""One call that makes a Flask application one of the appliance's screens."""

from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from jinja2 import StrictUndefined

from edge_app.config import Language
from edge_app.screens.assets import serve_assets
from edge_app.screens.formatting import add_filters
from edge_app.screens.guard import guard
from edge_app.screens.languages import speak
from edge_app.screens.staying import tell_the_way

SHARED = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Screen:
    """A screen: ``name`` names its cookies, ``host`` is what it listens on, ``folder`` holds its static, templates and locales."""

    name: str
    host: str
    language: Language
    folder: Path


def furnish(app: Flask, screen: Screen) -> None:
    """Give the application assets, guard, languages, filters and the shared templates."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    serve_assets(app, {"": SHARED / "static", "own/": screen.folder / "static"}, SHARED / "templates")
    guard(app, screen.host)
    speak(app, screen.name, screen.language, (SHARED / "locales", screen.folder / "locales"))
    add_filters(app)
    tell_the_way(app)
