"""Every error the appliance raises on purpose, each saying who must act."""

from enum import StrEnum


class Who(StrEnum):
    """Who can do something about it."""

    CREW = "crew"
    TECHNICIAN = "technician"
    RETRY = "retry"


class Refusal(StrEnum):
    """Why a picture, or a protocol on it, was not assessed. Closed: each value has its own words and advice on the screens."""

    NOT_A_PICTURE = "not_a_picture"
    TRUNCATED = "truncated"
    NO_TRANSFER_SYNTAX = "no_transfer_syntax"
    UNSUPPORTED_TRANSFER_SYNTAX = "unsupported_transfer_syntax"
    NO_PIXEL_DATA = "no_pixel_data"
    EMPTY_PICTURE = "empty_picture"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    WRONG_MODALITY = "wrong_modality"
    COLOUR_PHOTO = "colour_photo"
    MULTI_FRAME = "multi_frame"
    SINGLE_FRAME = "single_frame"
    NO_CONTRAST = "no_contrast"
    WRONG_BODY_PART = "wrong_body_part"
    WRONG_VIEW = "wrong_view"
    POORLY_TAKEN = "poorly_taken"
    UNLIKE_TRAINING = "unlike_training"
    CHILD = "child"
    NEWBORN = "newborn"
    NO_NEWBORN = "no_newborn"
    NO_MODEL = "no_model"
    MODEL_FAILED = "model_failed"
    FILE_MISSING = "file_missing"


class EdgeError(Exception):
    """Root of the appliance's own errors."""

    who: Who = Who.TECHNICIAN


class ConfigError(EdgeError):
    """A setting is unknown, misspelt or out of range; the message names file, line and key."""


class UnreadablePictureError(EdgeError):
    """A file cannot become a picture. ``detail`` is technical and free of patient data."""

    who = Who.CREW

    def __init__(self, reason: Refusal, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class ModelError(EdgeError):
    """A model bundle is missing, altered or does not run."""


class NoModelError(ModelError):
    """There is no bundle of that name on this box."""


class EngineDiedError(EdgeError):
    """The inference process died or did not answer in time; it is started anew."""

    who = Who.RETRY


class CasebookError(EdgeError):
    """The casebook cannot be opened or written; nothing was acknowledged."""


class IllegalTransitionError(EdgeError):
    """An event met a state for which the transition table has no outcome."""


class CaseClosedError(EdgeError):
    """A picture is to go to a case that is over."""

    who = Who.CREW


class MessageError(EdgeError):
    """A message on the link is malformed, of an unknown version or too large."""


class DirectoryError(EdgeError):
    """The emergency-room directory is missing or a row of it is wrong; the message names file, line and column."""


class RouterError(EdgeError):
    """The site's router gives no travel times by road; they are estimated meanwhile. The message holds no place."""

    who = Who.RETRY


class ServiceError(EdgeError):
    """A service could not be started or kept running."""
