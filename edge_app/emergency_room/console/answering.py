"""The answer a doctor gives on the console, from the form that was posted."""

from collections.abc import Mapping
from dataclasses import dataclass

from edge_app.link.messages import WHO_LENGTH, AnswerKind, DeclineReason

NOTE_LENGTH = 200


@dataclass(frozen=True)
class Given:
    """An answer as it was given on the screen."""

    kind: AnswerKind
    reason: DeclineReason | None
    note: str | None
    who: str | None


def given_answer(form: Mapping[str, str]) -> Given:
    """Read the form.

    Raises:
        ValueError: an answer or reason there is not, a decline without a reason, a reason without a decline, or too long a note or name.
    """
    kind = AnswerKind(form.get("answer", ""))
    reason = DeclineReason(form["reason"]) if "reason" in form else None
    if (kind is AnswerKind.DECLINE) != (reason is not None):
        raise ValueError("a reason belongs to a decline")
    note, who = form.get("note", "").strip(), form.get("who", "").strip()
    if len(note) > NOTE_LENGTH or len(who) > WHO_LENGTH:
        raise ValueError("the note or the name is too long")
    return Given(kind, reason, note or None, who or None)
