"""Who the patient is, as the crew enters it: kept by field, the newest counts, and no name stands where it must not."""

import pytest

from edge_app.casebook.cases import Case, case_for_study, enter_pre_ktas, get_case
from edge_app.casebook.events import EventKind, first_broken_link
from edge_app.casebook.patients import CHOICES, LONGEST, Age, Field, Start, age_of, choose, enter_patient, patient_of
from edge_app.casebook.readings import add_reading, mark_dispatched
from edge_app.casebook.telling import case_to_tell, is_to_tell, mark_told
from edge_app.database import Database
from tests.edge_app.casebook.builders import assessed, stored


def unknown(database: Database) -> Case:
    return case_for_study(database, None, None, None)


def test_nobody_is_known_at_first(database: Database) -> None:
    case = unknown(database)
    assert (case.sex, case.age_years, case.age_about, case.patient_id) == (None, None, False, case.id)
    assert dict(patient_of(database, case.id).entries) == {}


def test_the_newest_entry_of_a_field_counts_and_nothing_is_overwritten(database: Database) -> None:
    case = unknown(database)
    for field, value in ((Field.SEX, "F"), (Field.SEX, "M"), (Field.AGE, "~60"), (Field.NAME, " 홍  길동\n"), (Field.START, "immediate")):
        enter_patient(database, case.id, field, value)
    patient = patient_of(database, case.id)
    assert (patient.value(Field.SEX), patient.value(Field.NAME), patient.start) == ("M", "홍 길동", Start.IMMEDIATE)
    assert patient.age == Age(60, about=True)
    now = get_case(database, case.id)
    assert (now.sex, now.age_years, now.age_about) == ("M", 60, True)
    row = database.row("SELECT count(*) AS n FROM patient_entries")
    assert row == {"n": 5}
    enter_patient(database, case.id, Field.AGE, "58")
    assert (get_case(database, case.id).age_years, get_case(database, case.id).age_about) == (58, False)


def test_the_same_touch_twice_is_one_entry(database: Database) -> None:
    case = unknown(database)
    for _ in range(2):
        enter_patient(database, case.id, Field.SEX, "M")
        choose(database, case.id, Field.INJURIES, "chest", on=True)
        choose(database, case.id, Field.INJURIES, "head", on=True)
        choose(database, case.id, Field.INJURIES, "head", on=True)
    assert patient_of(database, case.id).chosen(Field.INJURIES) == ("head", "chest")
    row = database.row("SELECT count(*) AS n FROM patient_entries")
    assert row == {"n": 3}
    for code in ("head", "chest", "chest"):
        choose(database, case.id, Field.INJURIES, code, on=False)
    assert patient_of(database, case.id).value(Field.INJURIES) is None


def test_what_is_taken_back_gives_way_to_what_came_with_the_picture(database: Database) -> None:
    case_id = stored(database).case_id
    assert (get_case(database, case_id).sex, get_case(database, case_id).age_years) == ("F", 71)
    enter_patient(database, case_id, Field.SEX, "M")
    enter_patient(database, case_id, Field.AGE, "~50")
    assert (get_case(database, case_id).sex, get_case(database, case_id).age_years) == ("M", 50)
    enter_patient(database, case_id, Field.SEX, None)
    enter_patient(database, case_id, Field.AGE, None)
    case = get_case(database, case_id)
    assert (case.sex, case.age_years, case.age_about) == ("F", 71, False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((Field.SEX, "X"), (Field.AGE, "131"), (Field.AGE, "~-1"), (Field.AGE, "old"), (Field.AGE, "nan"), (Field.START, "blue")),
        *((Field.INJURED_AT, "-5"), (Field.INJURED_AT, "now"), (Field.MECHANISM, "fall,nonsense")),
        *((field, "n" * (most + 1)) for field, most in LONGEST.items()),
    ],
)
def test_what_is_no_value_of_a_field_is_refused_and_not_repeated_in_the_error(database: Database, field: Field, value: str) -> None:
    case = unknown(database)
    with pytest.raises(ValueError, match=f"^no value of {field}$"):
        enter_patient(database, case.id, field, value)
    assert patient_of(database, case.id).value(field) is None


def test_no_case_has_no_patient(database: Database) -> None:
    with pytest.raises(KeyError):
        enter_patient(database, "nobody", Field.SEX, "M")
    with pytest.raises(ValueError, match="no such choice"):
        choose(database, unknown(database).id, Field.TREATMENT, "prayer", on=True)


def test_the_chain_says_which_field_and_which_colour_but_never_a_name(database: Database) -> None:
    case = unknown(database)
    enter_patient(database, case.id, Field.NAME, "홍길동")
    enter_patient(database, case.id, Field.NUMBER, "8001011234567")
    enter_patient(database, case.id, Field.NOTE, "아들 연락처 010")
    enter_patient(database, case.id, Field.START, "deceased")
    enter_patient(database, case.id, Field.START, None)
    rows = database.rows("SELECT kind, detail FROM events ORDER BY id")
    text = str(rows)
    assert not [secret for secret in ("홍길동", "8001011234567", "010") if secret in text]
    assert [row["kind"] for row in rows].count(EventKind.START_ENTERED) == 2
    assert '"start": "deceased"' in text
    assert first_broken_link(database) is None
    assert patient_of(database, case.id).start is None


def test_an_age_is_known_or_estimated() -> None:
    assert (age_of("64"), age_of("~0.5")) == (Age(64, about=False), Age(0.5, about=True))


def test_every_choice_is_one_word_of_its_own() -> None:
    for codes in CHOICES.values():
        assert len(set(codes)) == len(codes)
        assert all("," not in code and code for code in codes)


def test_what_a_decision_says_is_to_be_told_once_it_has_changed(database: Database) -> None:
    radiograph = stored(database)
    case_id = radiograph.case_id
    enter_patient(database, case_id, Field.SEX, "M")
    # Nobody has been asked yet; the first request says it.
    assert case_to_tell(database) is None
    mark_dispatched(database, add_reading(database, radiograph.id, assessed()).id)
    mark_told(database, case_id)
    assert case_to_tell(database) is None
    enter_patient(database, case_id, Field.NAME, "홍길동")
    enter_patient(database, case_id, Field.AGE, "71")
    enter_pre_ktas(database, case_id, 2)
    assert (case_to_tell(database), is_to_tell(database, case_id)) == (None, False)
    enter_patient(database, case_id, Field.AGE, "~40")
    assert (case_to_tell(database), is_to_tell(database, case_id)) == (case_id, True)
    mark_told(database, case_id)
    assert case_to_tell(database) is None
