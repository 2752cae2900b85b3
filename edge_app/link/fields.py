"""What the fields of every message are made of: ranges and lengths, so that whatever arrives can be stored."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

WHO_LENGTH = 40
NOTE_LENGTH = 200

Id = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Permille = Annotated[int, Field(ge=0, le=1000)]
UnixMs = Annotated[int, Field(ge=0, lt=2**53)]
Token = Annotated[int, Field(ge=0, lt=2**31)]
# Bounded, so that whatever arrives can be stored.
Count = Annotated[int, Field(ge=0, lt=2**31)]
Positive = Annotated[int, Field(ge=1, lt=2**31)]
Name = Annotated[str, Field(max_length=40)]
Who = Annotated[str, Field(max_length=WHO_LENGTH)]
Note = Annotated[str, Field(max_length=NOTE_LENGTH)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
# A wait or an end of something that is told in minutes; a day is as far as anybody in an emergency room can say.
Minutes = Annotated[int, Field(ge=1, le=24 * 60)]


class Fields(BaseModel):
    """A message's body, on the air a map: a field that is not known refuses the message, one that may be left out has its default."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class Row(Fields):
    """On the air an array in the order of the fields: rung 1 has a thousand bytes for everything, and names of fields take hundreds.

    New fields come last and with a default, and may be missing: what a hospital has kept is read after it is brought up to date, and so is
    a unit that is not yet. Those at the end that are as they would be without them are left out.
    """

    @model_validator(mode="before")
    @classmethod
    def _from_array(cls, value: object) -> object:
        if isinstance(value, list):
            missing = list(cls.model_fields.values())[len(value) :]
            if len(value) > len(cls.model_fields) or any(field.is_required() for field in missing):
                raise ValueError(f"{cls.__name__} is an array of {len(cls.model_fields)}")
            return dict(zip(cls.model_fields, value, strict=False))
        return value
