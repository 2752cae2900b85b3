"""A screen with one page that shows every shared piece."""

from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from edge_app.casebook.offers import OfferState, Rung
from edge_app.clock import ClockSource, Stamp
from edge_app.screens import Screen, furnish
from edge_app.screens.parts import FindingView, PictureView, ladder_of

PAGE = """{% extends "screens/base.html" %}
{% from "screens/parts.html" import icon, ladder, ladder_head, finding_row, urgency_badge, pre_ktas, viewer %}
{% block title %}{{ _("notice.prototype") }}{% endblock %}
{% block body %}{{ ladder_head() }}{{ ladder(rungs) }}<ol>{{ finding_row(finding) }}</ol>
{% for urgency in urgencies %}{{ urgency_badge(urgency) }}{% endfor %}{{ pre_ktas(none) }}{{ pre_ktas(2) }}{{ viewer(picture, "picture") }}
{{ _("notice.prototype") }}{% endblock %}"""


def at(seconds: float, boot: str = "this-boot") -> Stamp:
    return Stamp(1_790_000_000_000 + int(seconds * 1000), int(seconds * 1000), boot, ClockSource.UNSYNCHRONISED, None)


@pytest.fixture
def screen_app(tmp_path: Path) -> Flask:
    app = Flask("piece", static_folder=None)
    app.config["TESTING"] = True
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "own.css").write_text("body{}")
    (tmp_path / "locales").mkdir()
    furnish(app, Screen(name="piece", host="127.0.0.1", language="ko", folder=tmp_path))

    @app.get("/")
    def page() -> str:
        return render_template_string(
            PAGE,
            rungs=ladder_of(OfferState.ASKED, {Rung.QUEUED: at(2), Rung.AT_BROKER: at(3)}, at(0)),
            finding=FindingView(1, "Pneumonia", 81, 52, "present", "present", validated=True, positives=214, has_box=True),
            urgencies=("immediate", "urgent", "delayed", "none", "unread", "measured"),
            picture=PictureView("/pixels"),
        )

    @app.post("/change")
    def change() -> str:
        return "changed"

    return app


@pytest.fixture
def client(screen_app: Flask) -> FlaskClient:
    return screen_app.test_client()
