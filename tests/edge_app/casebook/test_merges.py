"""Two cases of one patient: said, undone, whatever the order; no offer, no picture and no row is ever lost or doubled by it."""

from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_app.casebook.cases import case_for_study, cases_of_patient, enter_pre_ktas, get_case
from edge_app.casebook.events import EventKind, first_broken_link
from edge_app.casebook.merges import Merge, in_force, merge, merges_of, undo
from edge_app.casebook.offers import OfferState, offers_of, offers_of_patient
from edge_app.casebook.patients import Field, enter_patient, patient_of
from edge_app.casebook.readings import add_reading, mark_dispatched, next_to_dispatch
from edge_app.casebook.vitals import enter_vitals, vitals_of
from edge_app.database import Database
from tests.edge_app.casebook.builders import assessed, offered, stored


def unknown(database: Database) -> str:
    return case_for_study(database, None, None, None).id


def asked(database: Database, hpid: str = "A1") -> str:
    radiograph = stored(database)
    reading = add_reading(database, radiograph.id, assessed())
    offered(database, radiograph.case_id, reading.id, hpid)
    mark_dispatched(database, reading.id)
    return radiograph.case_id


def test_what_is_known_of_either_is_known_of_both(database: Database) -> None:
    first, second = unknown(database), stored(database).case_id
    enter_patient(database, first, Field.START, "immediate")
    enter_vitals(database, first, {"spo2_percent": 88})
    enter_pre_ktas(database, first, 2)
    enter_patient(database, second, Field.NAME, "홍길동")
    made = merge(database, second, first)
    assert made is not None
    assert (made.case_id, made.into_case_id, made.by) == (second, first, "crew")
    for case_id in (first, second):
        patient, case = patient_of(database, case_id), get_case(database, case_id)
        assert (patient.value(Field.NAME), patient.value(Field.START)) == ("홍길동", "immediate")
        assert (case.sex, case.age_years, case.pre_ktas, case.patient_id) == ("F", 71, 2, first)
        assert vitals_of(database, case_id).value("spo2_percent") == 88
    assert merge(database, first, second) is None


def test_undone_each_is_what_it_was_and_the_record_stays(database: Database) -> None:
    first, second = unknown(database), stored(database).case_id
    enter_patient(database, first, Field.SEX, "M")
    enter_pre_ktas(database, second, 3)
    before = [
        (get_case(database, each).sex, get_case(database, each).age_years, get_case(database, each).pre_ktas) for each in (first, second)
    ]
    made = merge(database, first, second)
    assert made is not None
    assert get_case(database, second).sex == "M"
    undo(database, made.id)
    undo(database, made.id)
    after = [
        (get_case(database, each).sex, get_case(database, each).age_years, get_case(database, each).pre_ktas) for each in (first, second)
    ]
    assert after == before
    assert (merges_of(database, first), in_force(database)) == ([], [])
    row = database.row("SELECT made_by, undone_by FROM merges")
    assert row == {"made_by": "crew", "undone_by": "crew"}
    kinds = [row["kind"] for row in database.rows("SELECT kind FROM events WHERE kind IN ('cases_merged', 'merge_undone') ORDER BY id")]
    assert kinds == [EventKind.CASES_MERGED] * 2 + [EventKind.MERGE_UNDONE] * 2
    assert first_broken_link(database) is None


def test_taking_back_reaches_what_another_case_says(database: Database) -> None:
    first, second = unknown(database), unknown(database)
    enter_patient(database, second, Field.NAME, "홍길동")
    merge(database, first, second)
    enter_patient(database, first, Field.NAME, None)
    assert patient_of(database, second).value(Field.NAME) is None


def test_open_and_accepted_offers_stay_with_their_case_and_are_seen_from_both(database: Database) -> None:
    first, second = asked(database, "A1"), asked(database, "A2")
    before = [*offers_of(database, first), *offers_of(database, second)]
    merge(database, first, second)
    assert offers_of_patient(database, first) == offers_of_patient(database, second) == before
    assert [offer.state for offer in before] == [OfferState.ASKED] * 2
    assert [offers_of(database, each)[0].hpid for each in (first, second)] == ["A1", "A2"]


def test_a_case_whose_readings_only_others_were_told_of_is_asked_for_once_it_stands_alone(database: Database) -> None:
    first, second = asked(database), stored(database)
    made = merge(database, first, second.case_id)
    assert made is not None
    reading = add_reading(database, second.id, assessed())
    mark_dispatched(database, reading.id)
    undo(database, made.id)
    waiting = next_to_dispatch(database)
    assert waiting is not None
    assert waiting.id == reading.id
    mark_dispatched(database, reading.id)
    # The other has hospitals of its own and is not asked for twice.
    assert next_to_dispatch(database) is None


def test_a_case_is_not_merged_with_itself_or_with_none(database: Database) -> None:
    case_id = unknown(database)
    with pytest.raises(ValueError, match="own patient"):
        merge(database, case_id, case_id)
    with pytest.raises(KeyError):
        merge(database, case_id, "nobody")
    with pytest.raises(KeyError):
        undo(database, "no merge")


def _groups(pairs: Iterable[tuple[str, str]], cases: list[str]) -> set[frozenset[str]]:
    """The cases that hang together by those pairs, reckoned apart from the code that is tested."""
    groups = [{case} for case in cases]
    for one, other in pairs:
        together = next(group for group in groups if one in group) | next(group for group in groups if other in group)
        groups = [group for group in groups if not group & together] + [together]
    return {frozenset(group) for group in groups}


_STEPS = st.lists(st.one_of(st.tuples(st.integers(0, 4), st.integers(0, 4)), st.integers(0, 6)), max_size=12)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(_STEPS)
def test_whatever_is_merged_and_undone_no_case_and_no_offer_is_lost_or_doubled(
    database: Database, steps: list[tuple[int, int] | int]
) -> None:
    # One transaction, for the disk's sake: what is tried is what is written, not that it is durable.
    with database.writing():
        cases = [asked(database, f"A{number}") for number in range(3)] + [unknown(database) for _ in range(2)]
        offers = sorted(offer.id for case in cases for offer in offers_of(database, case))
        made: list[Merge] = []
        undone: set[str] = set()
        for step in steps:
            if isinstance(step, int):
                if step < len(made):
                    undo(database, made[step].id)
                    undone.add(made[step].id)
            elif step[0] != step[1]:
                done = merge(database, cases[step[0]], cases[step[1]])
                made += [] if done is None else [done]
    seen = {frozenset(case.id for case in cases_of_patient(database, case_id)) for case_id in cases}
    assert seen == _groups([(each.case_id, each.into_case_id) for each in made if each.id not in undone], cases)
    for group in seen:
        # The patient goes by one of its own cases, and the same from each of them.
        (patient_id,) = {get_case(database, case_id).patient_id for case_id in group}
        assert patient_id in group
    patients = {get_case(database, case_id).patient_id for case_id in cases}
    assert sorted(offer.id for patient in patients for offer in offers_of_patient(database, patient)) == offers
    assert first_broken_link(database) is None
