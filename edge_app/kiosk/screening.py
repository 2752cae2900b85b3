"""The site's threshold for tuberculosis: what it means for a thousand people, beside WHO's and two others. It is set in the settings."""

from flask import Flask, render_template

from edge_app.casebook import Casebook
from edge_app.clock import now
from edge_app.config import Settings
from edge_app.kiosk.pedigree import card_here
from edge_app.kiosk.queries import link_view
from edge_app.screening import PEOPLE, Range, screening_of
from edge_app.screens.formatting import percent


def people(one: Range) -> str:
    """A number of people as it is written: a tenth of one matters where there are five of them, and none where there are hundreds."""
    return f"{one.value:.1f}" if one.value < 10 else f"{one.value:.0f}"


def interval(one: Range) -> str | None:
    """Its 95 % interval, in as many digits; None where there is none."""
    if one.low is None or one.high is None:
        return None
    return f"{one.low:.1f}–{one.high:.1f}" if one.value < 10 else f"{one.low:.0f}–{one.high:.0f}"


def add_screening(app: Flask, settings: Settings, casebook: Casebook) -> None:
    """Add ``/screening``."""

    @app.get("/screening")
    def screening() -> str:
        here = card_here()
        return render_template(
            "kiosk/screening.html",
            screening=None if here is None else screening_of(here[0], settings.tuberculosis),
            people=people,
            interval=interval,
            percent=percent,
            of=PEOPLE,
            link=link_view(casebook.database, settings, now()),
            stamp=now(),
        )
