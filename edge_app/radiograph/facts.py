"""What a DICOM header says about the picture, without names and numbers of the patient."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time

from edge_app.radiograph.attributes import Keyword
from edge_app.radiograph.header import Header
from edge_app.radiograph.limits import MAX_FRAMES
from edge_app.radiograph.picture import Assumption, Facts
from edge_app.radiograph.transfer_syntax import is_short_uid

_AGE = re.compile(r"(\d{1,3})([DWMY])")
_AGE_UNIT_YEARS = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}
_OLDEST_YEARS = 130.0
# ACR-NEMA files, still in the field, write 1993.02.24 and 17:58:00.
_DATE = re.compile(r"(\d{4})[.\-]?(\d{2})[.\-]?(\d{2})")
_TIME = re.compile(r"(\d{2}):?(\d{2})?:?(\d{2})?(?:\.\d{1,6})?")
_DATE_TIME = re.compile(r"(\d{8})(\d{2,6})?(?:\.\d{1,6})?([+-]\d{4})?")
_MOMENTS: tuple[tuple[Keyword, Keyword], ...] = (
    ("ContentDate", "ContentTime"),
    ("StudyDate", "StudyTime"),
)


@dataclass(frozen=True)
class KnownFacts:
    """Facts with what had to be assumed for them."""

    facts: Facts
    assumptions: tuple[Assumption, ...]


def facts_of(header: Header, transfer_syntax_uid: str, identifier_for_content: Callable[[], str]) -> KnownFacts:
    """Collect the facts. ``identifier_for_content`` makes an identifier where the file's own is missing or malformed."""
    assumptions: list[Assumption] = []
    manufacturer = header.text("Manufacturer")
    if manufacturer is not None and manufacturer.guessed:
        assumptions.append(Assumption.CHARACTER_SET_GUESSED)
    sop_instance_uid = _uid(header, "SOPInstanceUID")
    if sop_instance_uid is None:
        assumptions.append(Assumption.IDENTIFIER_REPLACED)
        sop_instance_uid = identifier_for_content()
    facts = Facts(
        modality=header.word("Modality"),
        body_part=_body_part(header),
        view=header.word("ViewPosition"),
        laterality=_one_of(header.word("ImageLaterality"), "LRBU") or _one_of(header.word("Laterality"), "LRBU"),
        sex=_one_of(header.word("PatientSex"), "MFO"),
        age_years=_age_years(header),
        sop_instance_uid=sop_instance_uid,
        study_instance_uid=_uid(header, "StudyInstanceUID"),
        taken_at=_taken_at(header),
        manufacturer=None if manufacturer is None else manufacturer.value,
        transfer_syntax_uid=transfer_syntax_uid,
        frames=frames_of(header),
    )
    return KnownFacts(facts, tuple(assumptions))


def frames_of(header: Header) -> int:
    """Number of Frames (0028,0008), at least 1."""
    return max(1, min(header.integer("NumberOfFrames") or 1, MAX_FRAMES))


def _uid(header: Header, tag: Keyword) -> str | None:
    text = header.text(tag)
    return text.value if text is not None and is_short_uid(text.value) else None


def _one_of(word: str | None, allowed: str) -> str | None:
    return word if word is not None and len(word) == 1 and word in allowed else None


def _body_part(header: Header) -> str | None:
    region = header.item("AnatomicRegionSequence")
    return header.word("BodyPartExamined") or (None if region is None else region.word("CodeMeaning"))


def _age_years(header: Header) -> float | None:
    stated = _AGE.fullmatch(header.word("PatientAge") or "")
    if stated:
        return int(stated[1]) * _AGE_UNIT_YEARS[stated[2]]
    born, studied = _date(header.word("PatientBirthDate")), _date(header.word("StudyDate"))
    if born is None or studied is None:
        return None
    years = (studied - born).days / 365.25
    return years if 0 <= years <= _OLDEST_YEARS else None


def _taken_at(header: Header) -> str | None:
    """When the picture was taken: acquisition, else content, else study; ISO 8601, a date alone where no time is known."""
    own = _moment(header, "AcquisitionDate", "AcquisitionTime") or _date_time(header.word("AcquisitionDateTime"))
    return own or next((moment for days, hours in _MOMENTS if (moment := _moment(header, days, hours))), None)


def _moment(header: Header, days: Keyword, hours: Keyword) -> str | None:
    day, hour = _date(header.word(days)), _time(header.word(hours))
    if day is None:
        return None
    return day.isoformat() if hour is None else datetime.combine(day, hour).isoformat()


def _date_time(text: str | None) -> str | None:
    match = _DATE_TIME.fullmatch(text or "")
    day = _date(match[1]) if match else None
    if match is None or day is None:
        return None
    hour, offset = _time(match[2]), match[3] or ""
    return day.isoformat() if hour is None else datetime.combine(day, hour).isoformat() + (f"{offset[:3]}:{offset[3:]}" if offset else "")


def _date(text: str | None) -> date | None:
    match = _DATE.fullmatch(text or "")
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def _time(text: str | None) -> time | None:
    match = _TIME.fullmatch(text or "")
    try:
        return time(int(match[1]), int(match[2] or 0), int(match[3] or 0)) if match else None
    except ValueError:
        return None
