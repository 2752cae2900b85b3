"""The answer a doctor gives on the console, from the form that was posted."""

from werkzeug.datastructures import MultiDict

from edge_app.emergency_room.requests import Given
from edge_app.link.fields import NOTE_LENGTH, WHO_LENGTH
from edge_app.link.messages import AnswerKind, Condition, DeclineReason

WAIT_MIN = (15, 30, 60)
"""Waits that can be chosen with an acceptance."""
FOR_MIN = (30, 60, 180)
"""For how long a decline can be said to hold."""


def given_answer(form: MultiDict[str, str]) -> Given:
    """Read the form.

    Raises:
        ValueError: an answer, reason, condition or time there is not, a decline without a reason, a reason without a decline, a condition
            without an acceptance, or too long a note or name.
    """
    kind = AnswerKind(form.get("answer", ""))
    reason = DeclineReason(form["reason"]) if "reason" in form else None
    if (kind is AnswerKind.DECLINE) != (reason is not None):
        raise ValueError("a reason belongs to a decline")
    chosen = {Condition(code) for code in form.getlist("condition")}
    wait_min, for_min = _minutes(form.get("wait_min", ""), WAIT_MIN), _minutes(form.get("for_min", ""), FOR_MIN)
    if kind is not AnswerKind.ACCEPT and (chosen or wait_min is not None):
        raise ValueError("a condition belongs to an acceptance")
    if kind is not AnswerKind.DECLINE and for_min is not None:
        raise ValueError("a time that it holds for belongs to a decline")
    note, who = form.get("note", "").strip(), form.get("who", "").strip()
    if len(note) > NOTE_LENGTH or len(who) > WHO_LENGTH:
        raise ValueError("the note or the name is too long")
    # In one order, however they were ticked.
    return Given(kind, reason, tuple(one for one in Condition if one in chosen), wait_min, for_min, note or None, who or None)


def _minutes(text: str, choices: tuple[int, ...]) -> int | None:
    """One of the choices, or None where none was made."""
    if not text:
        return None
    if int(text) not in choices:
        raise ValueError("no such time")
    return int(text)
