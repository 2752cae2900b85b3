"""What a hospital says of itself: what it has open now. Nothing in it is of a patient."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from edge_app.link.fields import Count, Fields, Row, UnixMs, Who


class Capability(StrEnum):
    """What can be open or closed: by the codes of Korea's emergency-room status board where it has one, which needs are told in too."""

    EMERGENCY_BEDS = "O001"
    RESUS_BAY = "resus"
    CT = "O027"
    NEGATIVE_PRESSURE = "O003"
    ICU = "O017"
    VENTILATOR = "O030"
    THORACIC_SURGERY = "O016"
    OPERATING_ROOM = "O022"
    CHILD_ICU = "O009"
    NEONATAL_ICU = "O008"
    SURFACTANT = "surfactant"
    EAR_NOSE_THROAT = "ent"
    ORTHOPAEDICS = "orthopaedics"
    SPINE = "spine"


COUNTED = Capability.EMERGENCY_BEDS


class Availability(StrEnum):
    """How far it is there for one more patient."""

    OPEN = "open"
    LIMITED = "limited"
    CLOSED = "closed"


class StatusLine(Row):
    """One capability as it was set ``age_s`` before the message was made. ``free`` counts what is left, where that is counted."""

    code: Capability
    availability: Availability
    free: Annotated[int, Field(ge=0, le=999)] | None
    age_s: Count
    who: Who | None


class StatusBody(Fields):
    """All that the hospital has set. ``at_ms`` only grows: a status with a lower one than has been seen is an older one."""

    at_ms: UnixMs
    lines: Annotated[tuple[StatusLine, ...], Field(max_length=len(Capability))]

    @model_validator(mode="after")
    def _one_word_on_each(self) -> Self:
        """Of two words on one thing nobody knows which holds."""
        if len({line.code for line in self.lines}) != len(self.lines):
            raise ValueError("a capability is told once")
        if any(line.free == 0 and line.availability is not Availability.CLOSED for line in self.lines):
            raise ValueError("where nothing is left nothing is open")
        return self
