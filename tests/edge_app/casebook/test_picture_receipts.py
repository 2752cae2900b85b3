"""How much of its pictures a hospital is proven to have: by receipts alone, whatever is thrown away, sent again or taken back."""

import pytest

from edge_app.casebook import Casebook
from edge_app.casebook.offers import offers_of
from edge_app.casebook.picture_receipts import OnItsWay, on_their_way
from edge_app.clock import now
from edge_app.dispatch.pictures import PART_BYTES
from edge_app.dispatch.service import Dispatch
from edge_app.link.messages import AnswerKind
from tests.edge_app.clocks import Clock
from tests.edge_app.dispatch.test_service import dispatch, says, settings, work
from tests.edge_app.dispatch.test_showing import CONTENT, Hospital, asked, exchange, hospitals, make_ready

__all__ = ["asked", "dispatch", "hospitals", "settings"]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    stands = Clock(monkeypatch)
    stands.stand_still()
    return stands


def way_to(casebook: Casebook, hospital: Hospital, *, link_up: bool = True) -> OnItsWay | None:
    offers = offers_of(casebook.database, hospital.offer.case_id)
    return on_their_way(casebook.database, offers, now(), PART_BYTES, link_up=link_up).get(hospital.offer.id)


def bytes_at(casebook: Casebook, hospital: Hospital) -> int:
    way = way_to(casebook, hospital)
    assert way is not None
    assert way.original
    assert way.arriving.size_bytes == len(CONTENT)
    return way.arriving.here_bytes


def accepted(casebook: Casebook, dispatch: Dispatch, hospital: Hospital) -> None:
    """Its original is announced to it and the first parts wait."""
    hospital.take()
    says(casebook, hospital.offer, AnswerKind.ACCEPT)
    work(dispatch)
    make_ready(casebook)
    work(dispatch)
    hospital.take()
    work(dispatch)


def test_small_pictures_are_told_of_once_they_take_long(
    casebook: Casebook, dispatch: Dispatch, hospitals: list[Hospital], clock: Clock
) -> None:
    first, second, _third = hospitals
    assert way_to(casebook, first) is None, "it is through before anybody could read it"
    clock.wait(5)
    begun = way_to(casebook, first)
    assert begun is not None
    assert (begun.original, begun.arriving.here_bytes, begun.arriving.left_s) == (False, 0, None)
    for hospital in hospitals:
        hospital.take(1)
    first.take(1)
    clock.wait(10)
    second.take(1)
    clock.wait(5)
    way = way_to(casebook, first)
    assert way is not None, "the decision and the region are there, the preview is not"
    assert 0 < way.arriving.here_bytes < way.arriving.size_bytes
    first.take()
    assert way_to(casebook, first) is None


def test_an_original_counts_by_what_the_hospital_gave_a_receipt_for(
    casebook: Casebook, dispatch: Dispatch, hospitals: list[Hospital], clock: Clock
) -> None:
    first = hospitals[0]
    accepted(casebook, dispatch, first)
    assert bytes_at(casebook, first) == 0, "what is under way is not there"
    for number in range(1, 4):
        clock.wait(2)
        first.take(1)
        work(dispatch)
        clock.wait(1)
        assert bytes_at(casebook, first) == number * PART_BYTES
    way = way_to(casebook, first)
    assert way is not None
    left_s = (len(CONTENT) - 3 * PART_BYTES) / (PART_BYTES / 3)
    assert way.arriving.left_s is not None
    assert left_s - 1.1 <= way.arriving.left_s <= left_s, "the last part came a second ago, or up to a second less"
    assert [way_to(casebook, other) for other in hospitals[1:]] == [None, None]
    exchange(dispatch, first)
    clock.wait(1)
    assert way_to(casebook, first) is None, "all of it is there"


def test_parts_within_a_second_show_together(casebook: Casebook, dispatch: Dispatch, hospitals: list[Hospital], clock: Clock) -> None:
    first = hospitals[0]
    accepted(casebook, dispatch, first)
    clock.wait(1.001 - now().mono_ms % 1000 / 1000)
    for _ in range(3):
        first.take(1)
        assert bytes_at(casebook, first) == 0
        clock.wait(0.2)
    clock.wait(0.4)
    assert bytes_at(casebook, first) == 3 * PART_BYTES


def test_what_the_hospital_has_thrown_away_counts_no_more(
    casebook: Casebook, dispatch: Dispatch, hospitals: list[Hospital], clock: Clock
) -> None:
    first = hospitals[0]
    accepted(casebook, dispatch, first)
    for _ in range(2):
        first.take(spoil=True)
        work(dispatch)
    clock.wait(1)
    assert not first.whole
    assert bytes_at(casebook, first) == 0


def test_who_gets_the_case_again_has_what_it_says_it_has(
    casebook: Casebook, dispatch: Dispatch, hospitals: list[Hospital], clock: Clock
) -> None:
    first = hospitals[0]
    accepted(casebook, dispatch, first)
    first.take(2)
    says(casebook, first.offer, AnswerKind.WITHDRAW, token=1, at_ms=2)
    exchange(dispatch, *hospitals)
    clock.wait(1)
    assert way_to(casebook, first) is None
    says(casebook, first.offer, AnswerKind.ACCEPT, token=9, at_ms=3)
    work(dispatch)
    first.take()
    work(dispatch)
    assert bytes_at(casebook, first) == 2 * PART_BYTES
    first.take(1)
    clock.wait(1)
    assert bytes_at(casebook, first) == 3 * PART_BYTES


def test_it_stands_still_where_nothing_comes(casebook: Casebook, dispatch: Dispatch, hospitals: list[Hospital], clock: Clock) -> None:
    first = hospitals[0]
    accepted(casebook, dispatch, first)
    first.take(2)
    clock.wait(1)
    way, cut = way_to(casebook, first), way_to(casebook, first, link_up=False)
    assert way is not None
    assert cut is not None
    assert (way.arriving.still_s, cut.arriving.still_s is None) == (None, False)
    clock.wait(300)
    way = way_to(casebook, first)
    assert way is not None
    assert way.arriving.still_s == pytest.approx(300, abs=2)
