"""Offers, their rungs, and the order of what a hospital says."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_app.casebook.offers import (
    Answer,
    Offer,
    OfferState,
    Rung,
    change_offer,
    get_offer,
    is_overtaken,
    note_asked,
    note_heard,
    offers_of,
    offers_without_preview,
    open_cases_ringing,
    prove,
    proven_rungs,
)
from edge_app.casebook.readings import add_reading
from edge_app.clock import now
from edge_app.database import Database, IntegrityError
from tests.edge_app.casebook.builders import assessed, offered, stored


@pytest.fixture
def offer(database: Database) -> Offer:
    radiograph = stored(database)
    return offered(database, radiograph.case_id, add_reading(database, radiograph.id, assessed()).id, "SIM-EAST")


def test_an_offer_comes_back_as_it_was_written(database: Database, offer: Offer) -> None:
    found = get_offer(database, offer.id)
    assert replace(found, made=offer.made) == offer
    assert found.made.unix_ms == offer.made.unix_ms
    with pytest.raises(KeyError):
        get_offer(database, "0" * 32)


def test_offers_stand_by_their_rank_and_each_hospital_once(database: Database, offer: Offer) -> None:
    third = offered(database, offer.case_id, offer.reading_id, "SIM-WEST", rank=3)
    second = offered(database, offer.case_id, offer.reading_id, "SIM-NORTH", rank=2)
    assert [found.id for found in offers_of(database, offer.case_id)] == [offer.id, second.id, third.id]
    with pytest.raises(IntegrityError):
        offered(database, offer.case_id, offer.reading_id, "SIM-EAST", rank=4)


def test_only_what_is_proven_is_on_the_ladder(database: Database, offer: Offer) -> None:
    assert set(proven_rungs(database, offer.id)) == {Rung.QUEUED}
    prove(database, offer.id, Rung.OPENED, now())
    assert set(proven_rungs(database, offer.id)) == {Rung.QUEUED, Rung.OPENED}


def test_the_first_proof_of_a_rung_is_never_overwritten(database: Database, offer: Offer) -> None:
    first = replace(now(), unix_ms=1_000, mono_ms=10)
    prove(database, offer.id, Rung.AT_HOSPITAL, first)
    prove(database, offer.id, Rung.AT_HOSPITAL, replace(first, unix_ms=9_000, mono_ms=90))
    prove(database, offer.id, Rung.AT_HOSPITAL, replace(first, unix_ms=5, mono_ms=5))
    assert proven_rungs(database, offer.id)[Rung.AT_HOSPITAL].unix_ms == 1_000


def test_an_answer_comes_back_as_it_was_given(database: Database, offer: Offer) -> None:
    answer = Answer(False, "no_bed", "수술 중", "김", 1_700_000_000_000)
    stamp = now()
    change_offer(database, offer.id, OfferState.DECLINED, answer=answer, answered=stamp)
    found = get_offer(database, offer.id)
    assert (found.state, found.answer, found.token) == (OfferState.DECLINED, answer, None)
    assert found.answered is not None
    assert found.answered.mono_ms == stamp.mono_ms
    # A later state keeps the words.
    change_offer(database, offer.id, OfferState.STOOD_DOWN)
    assert get_offer(database, offer.id).answer == answer


def test_a_picture_waits_until_there_is_a_rendition(database: Database, offer: Offer) -> None:
    assert offers_without_preview(database) == []
    assert get_offer(database, offer.id).preview_reading_id is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=6), st.integers(0, 3))
def test_an_answer_is_overtaken_by_a_newer_one_or_a_newer_request(
    database: Database, offer: Offer, answers: list[tuple[int, int]], asked: int
) -> None:
    note_heard(database, offer.id, 0, 0)
    note_asked(database, offer.id, asked, 2, now())
    newest = (0, 0)
    for answer in answers:
        overtaken = is_overtaken(database, offer.id, *answer)
        assert overtaken == (answer[0] < asked or answer < newest)
        if not overtaken:
            note_heard(database, offer.id, *answer)
            newest = answer


def test_an_open_case_is_looked_at_while_it_rings_and_no_longer(database: Database) -> None:
    at = now()
    made = {}
    known = (("asked long ago", OfferState.ASKED, 9000), ("just declined", OfferState.DECLINED, 5), ("over", OfferState.EXPIRED, 9000))
    for name, state, ago_s in known:
        radiograph = stored(database)
        made[radiograph.case_id] = name
        offer = offered(database, radiograph.case_id, add_reading(database, radiograph.id, assessed()).id, "SIM-EAST")
        row = {"state": str(state), "made_mono_ms": at.mono_ms - ago_s * 1000, "made_ms": at.unix_ms}
        database.tables.table("offers").update(offer.id, row)
    assert [made[case_id] for case_id in open_cases_ringing(database, 3600, at)] == ["asked long ago", "just declined"]
    # After a restart of the machine only the wall clock is left to tell.
    later = replace(at, boot="another", unix_ms=at.unix_ms + 4_000_000)
    assert [made[case_id] for case_id in open_cases_ringing(database, 3600, later)] == ["asked long ago"]
