"""What the crew says of a case and its offers: how a call went, whom to ask, whom not. Durable first, applied by the dispatch service."""

from dataclasses import dataclass
from enum import StrEnum

from edge_app.casebook.cases import get_case, new_id, stamp_columns, stamp_of
from edge_app.casebook.events import EventKind, record
from edge_app.casebook.offers import get_offer
from edge_app.clock import Stamp, now
from edge_app.database import Database, Row
from edge_app.link.fields import WHO_LENGTH


class CrewWord(StrEnum):
    """What can be said. CANCEL is of the case, PICK of an emergency room whether it was asked before or not; all others are of an offer."""

    PHONE_ACCEPT = "phone_accept"
    PHONE_DECLINE = "phone_decline"
    PHONE_NO_ANSWER = "phone_no_answer"
    PICK = "pick"
    SKIP = "skip"
    CANCEL = "cancel"


@dataclass(frozen=True)
class SaidWord:
    """One word. ``who`` spoke for the hospital; ``outcome`` is what it did, None until it was applied."""

    id: str
    case_id: str
    word: CrewWord
    offer_id: str | None
    hpid: str | None
    who: str | None
    said: Stamp
    outcome: str | None


def _said(row: Row) -> SaidWord:
    return SaidWord(
        row["id"], row["case_id"], CrewWord(row["word"]), row["offer_id"], row["hpid"], row["who"], stamp_of(row, "said"), row["outcome"]
    )


def say(
    database: Database, case_id: str, word: CrewWord, *, offer_id: str | None = None, hpid: str | None = None, who: str | None = None
) -> SaidWord:
    """Write down what the crew says; the same word of the same thing that is still to be applied is that word.

    Raises:
        KeyError: no such case, or no such offer in it. ValueError: a word without what it is of, or of something else; or too long a name.
    """
    if (offer_id is not None, hpid is not None) != (word not in (CrewWord.CANCEL, CrewWord.PICK), word is CrewWord.PICK):
        raise ValueError(f"what is {word} of?")
    if who is not None and len(who) > WHO_LENGTH:
        raise ValueError("the name is too long")
    with database.writing() as tables:
        get_case(database, case_id)
        if offer_id is not None and get_offer(database, offer_id).case_id != case_id:
            raise KeyError(offer_id)
        again = database.row(
            """SELECT * FROM crew_words WHERE case_id = :case AND offer_id IS :offer AND hpid IS :hpid AND word = :word
               AND handled_ms IS NULL""",
            {"case": case_id, "offer": offer_id, "hpid": hpid, "word": str(word)},
        )
        if again is not None:
            return _said(again)
        said = SaidWord(new_id(), case_id, word, offer_id, hpid, who or None, now(), None)
        row = {"id": said.id, "case_id": case_id, "word": str(word), "offer_id": offer_id, "hpid": hpid, "who": said.who}
        tables.table("crew_words").insert({**row, **stamp_columns(said.said, "said")})
        record(database, EventKind.CREW_SAID, said.said, case_id, offer_id or case_id, {"word": str(word)})
    return said


def next_word(database: Database) -> SaidWord | None:
    """The first word that is still to be applied, in the order they were said."""
    row = database.row("SELECT * FROM crew_words WHERE handled_ms IS NULL ORDER BY rowid LIMIT 1")
    return None if row is None else _said(row)


def mark_applied(database: Database, word_id: str, outcome: str) -> None:
    """The word has been applied, with this outcome."""
    with database.writing() as tables:
        tables.table("crew_words").update(word_id, {"outcome": outcome, "handled_ms": now().unix_ms})


def words_of(database: Database, case_id: str) -> list[SaidWord]:
    """Everything the crew has said of a case, in its order."""
    return [_said(row) for row in database.rows("SELECT * FROM crew_words WHERE case_id = :id ORDER BY rowid", {"id": case_id})]
