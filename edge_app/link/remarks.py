"""What crew and hospital say to each other about a request beside the answer: phrases as codes, short words, and that they were read."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from edge_app.link.fields import Fields, Id, Name, Note, Row, UnixMs, Who

TEXT_LENGTH = 120


class Phrase(StrEnum):
    """A phrase that one touch says. Those in ``NUMBERED`` are said with a number: minutes, or that of a bay."""

    ARRIVING_IN = "arriving_in"
    DELAYED_BY = "delayed_by"
    CONDITION_WORSE = "condition_worse"
    ARREST = "arrest"
    CONDITION_BETTER = "condition_better"
    GO_TO_RESUS = "go_to_resus"
    GO_TO_CT = "go_to_ct"
    ISOLATION_ENTRANCE = "isolation_entrance"
    MASK_PATIENT = "mask_patient"
    BRING_GUARDIAN = "bring_guardian"
    CALL_US = "call_us"
    UNDERSTOOD = "understood"


_BOTH = (Phrase.CALL_US, Phrase.UNDERSTOOD)
OF_CREW = (Phrase.ARRIVING_IN, Phrase.DELAYED_BY, Phrase.CONDITION_WORSE, Phrase.ARREST, Phrase.CONDITION_BETTER, *_BOTH)
OF_HOSPITAL = (Phrase.GO_TO_RESUS, Phrase.GO_TO_CT, Phrase.ISOLATION_ENTRANCE, Phrase.MASK_PATIENT, Phrase.BRING_GUARDIAN, *_BOTH)
NUMBERED = frozenset({Phrase.ARRIVING_IN, Phrase.DELAYED_BY, Phrase.GO_TO_RESUS})


class RemarkBody(Fields):
    """A phrase, a short text, or both, from the crew to a hospital or back."""

    offer_id: Id
    phrase: Phrase | None = None
    number: Annotated[int, Field(ge=1, le=999)] | None = None
    text: Annotated[str, Field(min_length=1, max_length=TEXT_LENGTH)] | None = None
    who: Who | None = None
    at_ms: UnixMs

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        """A number belongs to the phrases that are said with one, and to no other."""
        if self.phrase is None and self.text is None:
            raise ValueError("a remark says something")
        if (self.number is not None) != (self.phrase in NUMBERED):
            raise ValueError("a number belongs to a phrase that is said with one")
        return self


class SeenBody(Fields):
    """A person has read the remark that came as the message ``of``."""

    offer_id: Id
    of: Id
    at_ms: UnixMs


class Verdict(StrEnum):
    """What became of a finding that the box had reported."""

    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not_confirmed"
    OTHER = "other"


class Judged(Row):
    """One of the box's findings and what the hospital found of it; OTHER: something else was there in its place."""

    name: Name
    verdict: Verdict


class DiagnosisBody(Fields):
    """The final diagnosis, told to who brought the patient. A later one replaces an earlier one."""

    offer_id: Id
    findings: Annotated[tuple[Judged, ...], Field(max_length=3)]
    text: Note | None = None
    who: Who | None = None
    at_ms: UnixMs

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        """An empty one would look like an answer and be none."""
        if not self.findings and not self.text:
            raise ValueError("a diagnosis says something")
        if len({one.name for one in self.findings}) != len(self.findings):
            raise ValueError("a finding is judged once")
        return self
