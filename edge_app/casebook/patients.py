"""Who the patient is and what happened, as the crew entered it: each entry a row, never changed; the newest of a field counts.

None of it leaves the box but what the decision has a place for: sex, age and Pre-KTAS. Names and numbers stand in ``patient_entries`` only.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge_app.casebook.cases import cases_of_patient, get_case, stamp_columns, stamp_of
from edge_app.casebook.events import EventKind, record
from edge_app.clock import Stamp, now
from edge_app.database import Database, Row

ABOUT = "~"
"""Before an age that the crew has estimated."""
OLDEST_YEARS = 130
_SEXES = frozenset({"M", "F", "O"})


class Start(StrEnum):
    """The START category, which the crew chooses and nothing computes."""

    IMMEDIATE = "immediate"
    DELAYED = "delayed"
    MINOR = "minor"
    DECEASED = "deceased"


class Field(StrEnum):
    """What can be entered. Those of ``CHOSEN`` hold codes; the words beside them are the crew's own."""

    SEX = "sex"
    AGE = "age"
    NAME = "name"
    NUMBER = "number"
    START = "start"
    INJURED_AT = "injured_at"
    MECHANISM = "mechanism"
    MECHANISM_WORDS = "mechanism_words"
    INJURIES = "injuries"
    INJURIES_WORDS = "injuries_words"
    SIGNS_WORDS = "signs_words"
    TREATMENT = "treatment"
    TREATMENT_WORDS = "treatment_words"
    NOTE = "note"


CHOICES: Mapping[Field, tuple[str, ...]] = {
    Field.MECHANISM: (
        *("traffic", "motorcycle", "pedestrian", "fall", "slip", "assault", "stab", "gunshot", "blast", "crush"),
        *("burn", "drowning", "illness", "unknown"),
    ),
    Field.INJURIES: ("head", "face", "neck", "chest", "abdomen", "pelvis", "spine", "arm", "leg", "burns", "none_seen"),
    Field.TREATMENT: (
        *("oxygen", "airway", "ventilation", "decompression", "tourniquet", "pressure", "collar", "splint", "line", "fluid"),
        *("analgesia", "warming", "cpr", "none"),
    ),
}
"""What can be chosen by a touch, several at once."""
LONGEST: Mapping[Field, int] = {
    Field.NAME: 40,
    Field.NUMBER: 24,
    Field.MECHANISM_WORDS: 300,
    Field.INJURIES_WORDS: 300,
    Field.SIGNS_WORDS: 300,
    Field.TREATMENT_WORDS: 300,
    Field.NOTE: 600,
}
"""How long the crew's own words can be."""


@dataclass(frozen=True)
class Entry:
    """A value and when it was entered."""

    value: str
    at: Stamp


@dataclass(frozen=True)
class Patient:
    """What the crew has entered of one patient, in whichever of its cases. What is not there is not known."""

    entries: Mapping[Field, Entry]

    def value(self, field: Field) -> str | None:
        """The value of a field; None where it is not known."""
        entry = self.entries.get(field)
        return None if entry is None else entry.value

    def chosen(self, field: Field) -> tuple[str, ...]:
        """The codes chosen of a field, in the order of ``CHOICES``."""
        have = (self.value(field) or "").split(",")
        return tuple(code for code in CHOICES[field] if code in have)

    @property
    def start(self) -> Start | None:
        """The crew's START category."""
        value = self.value(Field.START)
        return None if value is None else Start(value)

    @property
    def age(self) -> "Age | None":
        """The age that was entered."""
        value = self.value(Field.AGE)
        return None if value is None else age_of(value)


@dataclass(frozen=True)
class Age:
    """An age in years, estimated or known."""

    years: float
    about: bool


def age_of(value: str) -> Age:
    """An age as it is entered: "64", or "~60" where it is estimated. ValueError for anything else."""
    years = float(value.removeprefix(ABOUT))
    if not 0 <= years <= OLDEST_YEARS:
        raise ValueError("no age of a patient")
    return Age(years, value.startswith(ABOUT))


def _checked(field: Field, value: str) -> str:
    """The value as it is kept. ValueError, without the value in it, where it is none of that field."""
    # A line that ends where a screen ends is one line; nobody types a control character.
    value = " ".join("".join(letter if letter.isprintable() else " " for letter in value).split()) if field in LONGEST else value
    try:
        fits = _fits(field, value)
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"no value of {field}")
    return value


def _fits(field: Field, value: str) -> bool:
    if field is Field.AGE:
        return age_of(value).years >= 0
    if field is Field.INJURED_AT:
        return 0 < int(value) < 2**53
    if field is Field.START:
        return value in tuple(Start)
    if field is Field.SEX:
        return value in _SEXES
    if field in CHOICES:
        return set(value.split(",")) <= set(CHOICES[field])
    return len(value) <= LONGEST[field]


def _newest(database: Database, case_id: str) -> dict[Field, Row]:
    """By field the row that was entered last for that case alone, those that took a value back as well."""
    rows = database.rows(
        """SELECT * FROM patient_entries p WHERE case_id = :id
           AND id = (SELECT max(id) FROM patient_entries WHERE case_id = p.case_id AND field = p.field)""",
        {"id": case_id},
    )
    return {Field(row["field"]): row for row in rows}


def patient_of(database: Database, case_id: str) -> Patient:
    """What is known of a case's patient: by field the newest value of all its cases. KeyError where there is no such case."""
    patient_id = get_case(database, case_id).patient_id
    return patients_of(database, [patient_id])[patient_id]


def patients_of(database: Database, patient_ids: Iterable[str]) -> Mapping[str, Patient]:
    """The same of many patients, by patient; of whom nothing was entered is there too."""
    # A value that was taken back in one case does not hide what another case says.
    sql = """SELECT p.*, c.patient_id FROM patient_entries p JOIN cases c ON c.id = p.case_id
             WHERE c.patient_id IN (SELECT value FROM json_each(:ids)) AND p.value IS NOT NULL
             AND p.id = (SELECT max(id) FROM patient_entries WHERE case_id = p.case_id AND field = p.field) ORDER BY p.id"""
    wanted = list(patient_ids)
    known: dict[str, dict[Field, Entry]] = {each: {} for each in wanted}
    for row in database.rows_of(sql, wanted):
        known[row["patient_id"]][Field(row["field"])] = Entry(row["value"], stamp_of(row, "entered"))
    return {patient_id: Patient(entries) for patient_id, entries in known.items()}


def enter_patient(database: Database, case_id: str, field: Field, value: str | None) -> None:
    """Write a value; None or nothing takes it back, in every case of the patient. What is known already is not written again.

    Raises:
        KeyError: no such case. ValueError: the value is none of that field.
    """
    value = _checked(field, value) if value else None
    with database.writing() as tables:
        known = patient_of(database, case_id).value(field)
        if known == (value or None):
            return
        stamp = now()
        cases = [case_id]
        if not value:
            cases = [case.id for case in cases_of_patient(database, case_id) if _value_of(database, case.id, field) is not None]
        for each in cases:
            row = {"case_id": each, "field": str(field), "value": value or None, **stamp_columns(stamp, "entered")}
            tables.table("patient_entries").insert(row)
        if field is Field.START:
            record(database, EventKind.START_ENTERED, stamp, case_id, case_id, {"start": value or None})
        else:
            # Which field, not what it holds: the chain is no place for what is known of a patient.
            record(database, EventKind.PATIENT_ENTERED, stamp, case_id, case_id, {"field": str(field), "taken_back": not value})
        settle(database, case_id)


def _value_of(database: Database, case_id: str, field: Field) -> str | None:
    row = _newest(database, case_id).get(field)
    return None if row is None else row["value"]


def choose(database: Database, case_id: str, field: Field, code: str, *, on: bool) -> None:
    """Add a code to those chosen of a field, or take it away; the same touch twice changes nothing. ValueError for no such choice."""
    if code not in CHOICES[field]:
        raise ValueError("no such choice")
    with database.writing():
        chosen = set(patient_of(database, case_id).chosen(field)) - {code} | ({code} if on else set())
        enter_patient(database, case_id, field, ",".join(each for each in CHOICES[field] if each in chosen))


def settle(database: Database, case_id: str) -> None:
    """Bring what counts for all cases of a patient up to its entries; what its hospitals were told and is another now is to be told.

    What came with the pictures stays as it is; it counts where the crew has entered nothing, and for a case that came without it.
    """
    with database.writing() as tables:
        patient, cases = patient_of(database, case_id), cases_of_patient(database, case_id)
        rows = [database.row("SELECT sex, age_years FROM cases WHERE id = :id", {"id": case.id}) or {} for case in cases]
        sexes = [patient.value(Field.SEX), *(row["sex"] for row in rows)]
        ages = [row["age_years"] for row in rows if row["age_years"] is not None]
        for case, row in zip(cases, rows, strict=True):
            sex = sexes[0] or row["sex"] or next((each for each in sexes if each), None)
            own = row["age_years"] if row["age_years"] is not None else next(iter(ages), None)
            age = patient.age or (None if own is None else Age(own, about=False))
            counts = {
                "known_sex": sex,
                "known_age_years": None if age is None else age.years,
                "known_age_about": int(age is not None and age.about),
            }
            before = get_case(database, case.id)
            tables.table("cases").update(case.id, counts)
            after = get_case(database, case.id)
            if (before.sex, before.age_years) != (after.sex, after.age_years):
                tables.table("cases").update(case.id, {"to_tell": 1})
