"""Pictures become radiographs of cases: each once, none lost."""

import threading
from dataclasses import replace

import pytest

from edge_app.casebook import Casebook, cases, radiographs
from edge_app.casebook.cases import CaseState, case_for_study, change_case, enter_pre_ktas, get_case, recent_cases
from edge_app.casebook.radiographs import (
    Door,
    add_radiograph,
    ask_to_send_unread,
    get_radiograph,
    next_unread,
    radiographs_of,
)
from edge_app.casebook.readings import add_reading
from edge_app.clock import now
from edge_app.database import Database, DatabaseError
from edge_app.errors import CaseClosedError
from edge_app.radiograph.picture import Facts
from tests.edge_app.casebook.builders import assessed, digest, refused, stored


def events(database: Database) -> list[str]:
    return [row["kind"] for row in database.rows("SELECT kind FROM events ORDER BY id")]


@pytest.mark.parametrize("content", ["the same", "transcoded"])
def test_the_same_instance_twice_is_one_radiograph(database: Database, content: str) -> None:
    first = stored(database, "1.2.840", "1.3", content="the same")
    again, new = add_radiograph(
        database, facts=Facts(sop_instance_uid="1.2.840", study_instance_uid="1.3"), sha256=digest(content), size_bytes=7, door=Door.UPLOAD
    )
    assert (again, new) == (first, False)
    assert radiographs_of(database, first.case_id) == [first]
    assert len(recent_cases(database)) == 1
    assert events(database)[-1] == "radiograph_repeated"


def test_a_transcoded_copy_of_what_was_read_is_still_the_same(database: Database) -> None:
    first = stored(database, "1.2.840", "1.3")
    add_reading(database, first.id, assessed())
    assert stored(database, "1.2.840", "1.3", content="transcoded") == first


def test_a_whole_copy_of_an_instance_that_could_not_be_read_is_read(database: Database) -> None:
    torn = stored(database, "1.2.840", "1.3", content="torn")
    add_reading(database, torn.id, refused())
    assert next_unread(database) is None
    whole = stored(database, "1.2.840", "1.3", content="whole")
    assert next_unread(database) == whole
    assert whole.case_id == torn.case_id
    # The torn one stays, and neither comes in again.
    assert [radiograph.sha256 for radiograph in radiographs_of(database, torn.case_id)] == [torn.sha256, whole.sha256]
    add_reading(database, whole.id, assessed())
    assert stored(database, "1.2.840", "1.3", content="transcoded").id == whole.id
    assert len(radiographs_of(database, torn.case_id)) == 2


def test_an_instance_that_could_not_be_read_comes_in_once_however_often_it_is_sent(database: Database) -> None:
    torn = stored(database, "1.2.840", "1.3", content="torn")
    add_reading(database, torn.id, refused())
    assert stored(database, "1.2.840", "1.3", content="torn") == torn


def test_without_an_instance_the_bytes_tell(database: Database) -> None:
    def arrive(content: str) -> str:
        return add_radiograph(database, facts=Facts(), sha256=digest(content), size_bytes=1, door=Door.DROP_FOLDER)[0].id

    first, again, other = arrive("a"), arrive("a"), arrive("b")
    assert first == again != other
    assert get_radiograph(database, first).case_id != get_radiograph(database, other).case_id


def test_pictures_of_one_study_are_one_case_and_keep_their_order(database: Database) -> None:
    study = [stored(database, study="1.9") for _ in range(3)]
    other = stored(database)
    assert {radiograph.case_id for radiograph in study} == {study[0].case_id} != {other.case_id}
    assert radiographs_of(database, study[0].case_id) == study
    assert [case.number for case in recent_cases(database)] == [2, 1]
    assert [case.number for case in recent_cases(database, limit=1)] == [2]


def test_the_same_instance_at_several_doors_at_once_is_one_radiograph(casebook: Casebook) -> None:
    found: list[bool] = []
    facts = Facts(sop_instance_uid="1.2.840", study_instance_uid="1.3")

    def arrive(number: int) -> None:
        _radiograph, new = add_radiograph(casebook.database, facts=facts, sha256=digest(str(number)), size_bytes=1, door=Door.DICOM)
        found.append(new)
        casebook.database.close()

    threads = [threading.Thread(target=arrive, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False] * 5 + [True]


def test_the_order_is_that_of_arrival_though_the_clock_jumps_back(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    came = []
    for number in range(3):
        earlier = replace(now(), unix_ms=1_700_000_000_000 - number * 86_400_000)
        monkeypatch.setattr(radiographs, "now", lambda earlier=earlier: earlier)
        monkeypatch.setattr(cases, "now", lambda earlier=earlier: earlier)
        came.append(stored(database, study="1.9"))
    assert radiographs_of(database, came[0].case_id) == came
    for radiograph in came:
        assert next_unread(database) == radiograph
        add_reading(database, radiograph.id, assessed())
    assert next_unread(database) is None


def test_what_is_not_stored_whole_is_not_stored(database: Database) -> None:
    with pytest.raises(DatabaseError):
        add_radiograph(database, facts=Facts(), sha256=None, size_bytes=1, door=Door.DICOM)  # type: ignore[arg-type]
    assert recent_cases(database) == []
    assert events(database) == []


def test_the_crew_may_ask_to_send_what_was_not_read(database: Database) -> None:
    radiograph = stored(database)
    assert not radiograph.send_unread
    ask_to_send_unread(database, radiograph.id)
    assert get_radiograph(database, radiograph.id).send_unread
    assert events(database)[-1] == "send_unread_asked"
    with pytest.raises(KeyError):
        ask_to_send_unread(database, "0" * 32)


def test_pre_ktas_is_the_crews_and_within_its_five_levels(database: Database) -> None:
    case = case_for_study(database, None, "M", 40.0)
    assert case.pre_ktas is None
    enter_pre_ktas(database, case.id, 2)
    assert get_case(database, case.id).pre_ktas == 2
    for wrong in (0, 6, -1):
        with pytest.raises(ValueError, match="not 1–5"):
            enter_pre_ktas(database, case.id, wrong)
    assert get_case(database, case.id).pre_ktas == 2


def test_what_is_not_there_is_no_empty_answer(database: Database) -> None:
    for get in (get_case, get_radiograph):
        with pytest.raises(KeyError):
            get(database, "0" * 32)


def put_into(database: Database, case_id: str, study: str | None, content: str, **facts: str | float) -> str:
    """A picture that the crew gives to that case; the case it is in."""
    given = Facts(study_instance_uid=study, **facts)  # type: ignore[arg-type]
    radiograph, _new = add_radiograph(database, facts=given, sha256=digest(content), size_bytes=7, door=Door.UPLOAD, case_id=case_id)
    return radiograph.case_id


def test_a_picture_goes_to_the_case_that_was_chosen_and_the_rest_of_its_study_follows(database: Database) -> None:
    case = case_for_study(database, None, None, None)
    assert put_into(database, case.id, "1.9", "first", sex="F", age_years=71.0) == case.id
    assert stored(database, "1.2.2", "1.9", content="second").case_id == case.id
    known = get_case(database, case.id)
    assert (known.sex, known.age_years) == ("F", 71.0)
    # Of another study, and of another patient as far as it says: the crew has chosen, and what is known stays.
    assert put_into(database, case.id, "1.10", "third", sex="M", age_years=20.0) == case.id
    assert (get_case(database, case.id).sex, get_case(database, case.id).age_years) == ("F", 71.0)
    assert stored(database, "1.2.4", "1.10", content="fourth").case_id != case.id
    assert len(recent_cases(database)) == 2


def test_a_study_that_has_a_case_keeps_it_though_one_of_its_pictures_was_given_to_another(database: Database) -> None:
    first, case = stored(database, "1.2.1", "1.9", content="first"), case_for_study(database, None, None, None)
    assert put_into(database, case.id, "1.9", "second") == case.id
    assert stored(database, "1.2.3", "1.9", content="third").case_id == first.case_id


def test_the_same_picture_stays_where_it_is(database: Database) -> None:
    first, second = (case_for_study(database, None, None, None).id for _ in range(2))
    assert put_into(database, first, None, "same") == first
    assert put_into(database, second, None, "same") == first
    assert radiographs_of(database, second) == []


def test_a_case_that_is_over_takes_no_picture(database: Database) -> None:
    case = case_for_study(database, None, None, None)
    change_case(database, case.id, CaseState.CLOSED, 1, None)
    with pytest.raises(CaseClosedError):
        put_into(database, case.id, None, "late")
    with pytest.raises(KeyError):
        put_into(database, "nobody", None, "late")
    assert next_unread(database) is None
