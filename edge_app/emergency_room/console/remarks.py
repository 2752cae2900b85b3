"""What is said to the unit beside the answer, what it says, and that somebody here has read it."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, abort, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from edge_app.database import Database
from edge_app.emergency_room.console.speaking import speaker
from edge_app.emergency_room.requests import unit_of
from edge_app.link.remarking import Remark, note_read, remarks_of, say
from edge_app.link.remarks import NUMBERED, OF_HOSPITAL, TEXT_LENGTH, Phrase

BAYS = (1, 2, 3)
"""Resuscitation bays that one touch names."""


@dataclass(frozen=True)
class Talk:
    """What was said about one request. ``unread`` is how many of the unit's remarks nobody here has read."""

    remarks: tuple[Remark, ...]
    unread: int


def talk_of(database: Database, offer_id: str) -> Talk:
    """What was said about that request."""
    remarks = remarks_of(database, offer_id)
    return Talk(remarks, sum(not one.mine and one.seen_ms is None for one in remarks))


def remarks_heard(database: Database) -> int:
    """How many remarks have ever come: the screen sounds once for each."""
    row = database.row("SELECT count(*) AS n FROM remarks WHERE mine = 0")
    return 0 if row is None else int(row["n"])


def add_remarks(app: Flask, database: Database, me: str, known: Callable[[str], str], page: Callable[[str], AnyResponse]) -> None:
    """Add what is said and read; ``page`` draws a request anew, ``known`` answers 404 for what is no identifier."""
    app.jinja_env.globals.update(phrases=tuple(one for one in OF_HOSPITAL if one not in NUMBERED), bays=BAYS, text_length=TEXT_LENGTH)

    def asked(offer_id: str) -> str:
        unit = unit_of(database, known(offer_id))
        return abort(404) if unit is None else unit

    def done(offer_id: str) -> AnyResponse:
        return page(offer_id) if "HX-Request" in request.headers else redirect(f"/requests/{offer_id}", 303)

    @app.post("/requests/<offer_id>/remarks")
    def remark(offer_id: str) -> AnyResponse:
        unit = asked(offer_id)
        try:
            word, number = request.form.get("phrase"), None
            if word is not None and word.startswith(f"{Phrase.GO_TO_RESUS}:"):
                word, number = Phrase.GO_TO_RESUS, int(word.partition(":")[2])
            phrase = None if word is None else Phrase(word)
            if phrase is not None and phrase not in OF_HOSPITAL:
                abort(400)
            text = request.form.get("text", "").strip() or None
            say(database, me, unit, offer_id, phrase=phrase, number=number, text=text, who=speaker(database))
        except ValueError:
            abort(400)
        # Who speaks has seen what was said here before.
        note_read(database, me, unit, offer_id)
        return done(offer_id)

    @app.post("/requests/<offer_id>/read")
    def read(offer_id: str) -> AnyResponse:
        note_read(database, me, asked(offer_id), offer_id)
        return done(offer_id)
