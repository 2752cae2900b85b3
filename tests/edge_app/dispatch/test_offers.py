"""The table of words whole, written down, and one case with three hospitals on a link that repeats, reorders and loses."""

import random
import shutil
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge_app.casebook import Casebook
from edge_app.casebook.cases import Case, CaseState, get_case
from edge_app.casebook.crew_words import CrewWord, say, words_of
from edge_app.casebook.events import first_broken_link
from edge_app.casebook.offers import Offer, OfferState, Rung, get_offer, offers_of, proven_rungs
from edge_app.casebook.readings import add_reading
from edge_app.config import Dispatch as DispatchSettings
from edge_app.config import Position, Settings
from edge_app.database import Database
from edge_app.dispatch.leasing import Leasing
from edge_app.dispatch.offers import OUTCOMES, Event, Outcome, Standing, Word, closed, read_back_code, room_end, step
from edge_app.dispatch.position import Locator
from edge_app.dispatch.service import Dispatch
from edge_app.emergency_room.inbox import Inbox, open_desk
from edge_app.emergency_room.requests import RequestState, answer, get_request
from edge_app.errors import IllegalTransitionError
from edge_app.link.decision import DecisionBody
from edge_app.link.messages import AnswerBody, AnswerKind, Body, DeclineReason, GrantedBody, StandDownBody, StandDownReason, decode
from edge_app.link.outbox import keep, note_received, waiting
from tests.edge_app.casebook.builders import assessed, offered, stored

ME = "unit/unit-31"
HPIDS = ("SIM-EAST", "SIM-WEST", "SIM-NORTH")
EVERY = list(product(CaseState, OfferState, Event))
IMPOSSIBLE = {
    (case, offer, event)
    for case, offer, event in EVERY
    if (case is not CaseState.HELD and offer is OfferState.ACCEPTED)
    or (event is Event.UNAWARE_NO and (case, offer) != (CaseState.HELD, OfferState.ACCEPTED))
}
ANSWERS = {Event.ACCEPT: AnswerKind.ACCEPT, Event.DECLINE: AnswerKind.DECLINE, Event.WITHDRAW: AnswerKind.WITHDRAW}


def test_every_case_offer_and_word_has_one_outcome_but_those_that_cannot_be() -> None:
    assert set(OUTCOMES) == set(EVERY) - IMPOSSIBLE
    assert Outcome.OVERTAKEN not in OUTCOMES.values()


def test_what_cannot_be_raises() -> None:
    for case, offer, event in IMPOSSIBLE:
        with pytest.raises(IllegalTransitionError, match=f"{event} of an offer that is {offer} in a case that is {case}"):
            step(Standing(case, 5, "a" if case is CaseState.HELD else None, {"a": offer}), "a", event)
    with pytest.raises(KeyError):
        step(Standing(CaseState.OPEN, 5, None, {"a": OfferState.ASKED}), "b", Event.ACCEPT)


OFFERS = ("a", "b", "c", "d")
WORDS = st.lists(st.tuples(st.sampled_from(OFFERS), st.sampled_from([*(set(Event) - {Event.UNAWARE_NO}), None])), max_size=40)


@given(words=WORDS)
@settings(max_examples=300)
def test_whatever_is_said_there_is_one_holder_at_most_and_everyone_concerned_is_told(words: list[tuple[str, Event | None]]) -> None:
    standing = Standing(CaseState.OPEN, 0, None, dict.fromkeys(OFFERS, OfferState.ASKED))
    for offer_id, event in words:
        before = standing
        if event is None:
            standing, told = closed(before)
        else:
            done = step(before, offer_id, event)
            standing, told = done.standing, done.told
        assert [own for own, state in standing.offers.items() if state is OfferState.ACCEPTED] == [standing.holder or ""][
            : bool(standing.holder)
        ]
        assert (standing.state is CaseState.HELD) == (standing.holder is not None)
        assert standing.token >= before.token
        if standing.holder != before.holder:
            assert standing.token > before.token
        words_to = {word.offer_id: word for word in told}
        assert len(words_to) == len(told), "nobody is told two things at once"
        for own, state in standing.offers.items():
            was, word = before.offers[own], words_to.get(own)
            if state is OfferState.ACCEPTED and was is not state:
                assert word is not None
                assert word.word is Word.GRANTED
            if state is OfferState.ASKED and was is not state:
                assert word is not None
                assert word.word is Word.ASKED
            if state is OfferState.STOOD_DOWN and was is OfferState.ASKED:
                assert word is not None
                assert word.word is Word.STAND_DOWN
            # Whoever held it or was waiting, and did not end that itself on its own screen, is told.
            if was in (OfferState.ASKED, OfferState.ACCEPTED) and state not in (OfferState.ASKED, OfferState.ACCEPTED):
                by_itself = own == offer_id and event in (Event.DECLINE, Event.WITHDRAW)
                assert by_itself or (word is not None and word.word is Word.STAND_DOWN)


def leasing_of(database: Database) -> tuple[Leasing, list[str]]:
    asked: list[str] = []

    def ask(_case: Case, offer: Offer) -> None:
        asked.append(offer.id)

    return Leasing(database, ME, ask), asked


def case_with(database: Database, case_state: CaseState, offer_state: OfferState) -> tuple[Offer, Offer]:
    """A case of two offers: the first in that state, the second asked, or the holder where the first is not."""
    radiograph = stored(database)
    reading = add_reading(database, radiograph.id, assessed())
    ours, other = (offered(database, radiograph.case_id, reading.id, hpid, rank) for rank, hpid in enumerate(HPIDS[:2], start=1))
    holder = None
    if case_state is CaseState.HELD:
        holder = ours if offer_state is OfferState.ACCEPTED else other
        database.tables.table("offers").update(holder.id, {"state": "accepted", "token": 5})
    database.tables.table("offers").update(ours.id, {"state": str(offer_state)})
    database.tables.table("cases").update(
        radiograph.case_id, {"state": str(case_state), "fencing_token": 5, "holder_offer_id": holder and holder.id}
    )
    return ours, other


def words_for(database: Database, hpid: str) -> list[Body]:
    return [decode(sent.body).body for sent in waiting(database, 1000) if sent.recipient == room_end(hpid)]


AFTER: dict[Outcome, tuple[CaseState | None, OfferState | None, int, type | None]] = {
    # What the case becomes, what the offer becomes (None: as it was), by how much the token grows, what its hospital is told.
    Outcome.GRANT: (CaseState.HELD, OfferState.ACCEPTED, 1, GrantedBody),
    Outcome.REPEAT_GRANT: (None, None, 0, GrantedBody),
    Outcome.LATE: (None, OfferState.STOOD_DOWN, 0, StandDownBody),
    Outcome.UNWANTED: (None, None, 0, StandDownBody),
    Outcome.DECLINE: (None, OfferState.DECLINED, 0, None),
    Outcome.RELEASE: (CaseState.OPEN, OfferState.WITHDRAWN, 1, None),
    Outcome.WITHDRAW: (None, OfferState.WITHDRAWN, 0, None),
    Outcome.GIVE_UP: (CaseState.OPEN, OfferState.SKIPPED, 1, StandDownBody),
    Outcome.ASK: (None, OfferState.ASKED, 1, None),
    Outcome.SKIP: (None, OfferState.SKIPPED, 0, StandDownBody),
    Outcome.EXPIRE: (None, OfferState.EXPIRED, 0, StandDownBody),
    Outcome.NOTHING: (None, None, 0, None),
    Outcome.NOT_NOW: (None, None, 0, None),
}


@pytest.mark.parametrize(("case_state", "offer_state", "event"), sorted(OUTCOMES))
def test_every_word_does_what_the_table_says_and_nothing_else(
    database: Database, case_state: CaseState, offer_state: OfferState, event: Event
) -> None:
    ours, other = case_with(database, case_state, offer_state)
    leasing, asked = leasing_of(database)
    if event in ANSWERS:
        body = AnswerBody(offer_id=ours.id, token=5, answer=ANSWERS[event], at_ms=7)
        outcome = leasing.answered(room_end(ours.hpid), body)
    else:
        outcome = leasing.said(ours.id, event, "Dr. Kim")
    assert outcome is OUTCOMES[case_state, offer_state, event]
    case_after, offer_after, grown, told = AFTER[outcome]
    if event is Event.PHONE_DECLINE and outcome in (Outcome.DECLINE, Outcome.RELEASE):
        told = StandDownBody
    case, offer = get_case(database, ours.case_id), get_offer(database, ours.id)
    assert case.state is (case_after or case_state)
    assert offer.state is (offer_after or offer_state)
    assert case.fencing_token == 5 + grown
    assert [type(word) for word in words_for(database, ours.hpid)] == ([told] if told else [])
    assert (case.holder_offer_id == ours.id) == (case.state is CaseState.HELD and offer.state is OfferState.ACCEPTED)
    assert asked == ([ours.id] if outcome is Outcome.ASK else [])
    rungs = set(proven_rungs(database, ours.id))
    assert rungs >= ({Rung.AT_HOSPITAL, Rung.OPENED, Rung.ANSWERED} if event in ANSWERS else set())
    # What was said on the telephone proves an answer, and nothing of the link below it.
    assert event in ANSWERS or Rung.AT_HOSPITAL not in rungs
    assert (Rung.ANSWERED in rungs) == (event in (*ANSWERS, Event.PHONE_ACCEPT, Event.PHONE_DECLINE))
    # The other one hears of it only where it was waiting and has lost.
    lost = outcome is Outcome.GRANT
    assert [type(word) for word in words_for(database, other.hpid)] == ([StandDownBody] if lost else [])
    assert get_offer(database, other.id).state is (OfferState.STOOD_DOWN if lost else other_before(case_state, offer_state))
    assert first_broken_link(database) is None


def other_before(case_state: CaseState, offer_state: OfferState) -> OfferState:
    return OfferState.ACCEPTED if case_state is CaseState.HELD and offer_state is not OfferState.ACCEPTED else OfferState.ASKED


@pytest.mark.parametrize("kind", list(AnswerKind))
@pytest.mark.parametrize("sender", ["room/SIM-WEST", "room/SIM-NORTH", ME, ""])
def test_an_answer_from_the_wrong_hospital_changes_nothing(database: Database, sender: str, kind: AnswerKind) -> None:
    ours, _other = case_with(database, CaseState.OPEN, OfferState.ASKED)
    leasing, _asked = leasing_of(database)
    events = database.rows("SELECT * FROM events")
    before = (get_case(database, ours.case_id), offers_of(database, ours.case_id))
    with pytest.raises(KeyError):
        leasing.answered(sender, AnswerBody(offer_id=ours.id, token=9, answer=kind, at_ms=1))
    with pytest.raises(KeyError):
        leasing.answered(room_end(ours.hpid), AnswerBody(offer_id="0" * 32, token=9, answer=kind, at_ms=1))
    assert (get_case(database, ours.case_id), offers_of(database, ours.case_id)) == before
    assert database.rows("SELECT * FROM events") == events
    assert waiting(database) == []


def test_an_answer_that_a_later_one_overtook_does_nothing(database: Database) -> None:
    ours, _other = case_with(database, CaseState.OPEN, OfferState.ASKED)
    leasing, _asked = leasing_of(database)

    def arrives(kind: AnswerKind, token: int, at_ms: int) -> Outcome:
        return leasing.answered(room_end(ours.hpid), AnswerBody(offer_id=ours.id, token=token, answer=kind, at_ms=at_ms))

    assert arrives(AnswerKind.WITHDRAW, 5, 20) is Outcome.WITHDRAW
    assert arrives(AnswerKind.ACCEPT, 5, 10) is Outcome.OVERTAKEN
    assert get_case(database, ours.case_id).state is CaseState.OPEN
    assert waiting(database) == []
    # By its token it is newer, though that hospital's clock was set back.
    assert arrives(AnswerKind.ACCEPT, 6, 10) is Outcome.GRANT


def test_a_no_from_before_a_call_does_not_end_the_lease_that_the_call_gave_and_one_from_after_does(database: Database) -> None:
    ours, _other = case_with(database, CaseState.OPEN, OfferState.ASKED)
    leasing, _asked = leasing_of(database)
    assert leasing.said(ours.id, Event.PHONE_ACCEPT, "Dr. Kim") is Outcome.GRANT
    lease = get_offer(database, ours.id)
    assert lease.answer is not None
    assert (lease.answer.by_phone, lease.answer.who, lease.token) == (True, "Dr. Kim", 6)
    before = AnswerBody(offer_id=ours.id, token=5, answer=AnswerKind.DECLINE, reason=DeclineReason.NO_BED, at_ms=10)
    assert leasing.answered(room_end(ours.hpid), before) is Outcome.REPEAT_GRANT
    first, again = words_for(database, ours.hpid)
    assert isinstance(first, GrantedBody)
    assert first == again
    assert (first.by_phone, first.who, first.code) == (True, "Dr. Kim", read_back_code(ours.case_id, 6))
    after = AnswerBody(offer_id=ours.id, token=6, answer=AnswerKind.WITHDRAW, at_ms=11)
    assert leasing.answered(room_end(ours.hpid), after) is Outcome.RELEASE
    assert get_case(database, ours.case_id).state is CaseState.OPEN


def test_closing_a_case_tells_who_waits_and_who_holds_it_once(database: Database) -> None:
    ours, other = case_with(database, CaseState.HELD, OfferState.ASKED)
    leasing, _asked = leasing_of(database)
    for _ in range(2):
        leasing.close(ours.case_id)
    case = get_case(database, ours.case_id)
    assert (case.state, case.holder_offer_id, case.fencing_token) == (CaseState.CLOSED, None, 6)
    for offer in (ours, other):
        (word,) = words_for(database, offer.hpid)
        assert isinstance(word, StandDownBody)
        assert (word.reason, word.token) == (StandDownReason.CANCELLED, 6)
    with pytest.raises(KeyError):
        leasing.close("0" * 32)
    # A yes that comes after it is told so.
    leasing.answered(room_end(ours.hpid), AnswerBody(offer_id=ours.id, token=5, answer=AnswerKind.ACCEPT, at_ms=7))
    assert [word.reason for word in words_for(database, ours.hpid) if isinstance(word, StandDownBody)] == [StandDownReason.CANCELLED] * 2


def test_the_code_to_read_back_is_four_digits_that_both_sides_see_alike() -> None:
    codes = {read_back_code("c" * 32, token) for token in range(50)}
    assert len(codes) > 45
    assert all(len(code) == 4 and code.isdigit() for code in codes)
    assert read_back_code("c" * 32, 7) == read_back_code("c" * 32, 7) != read_back_code("d" * 32, 7)


@dataclass
class Hospital:
    """One emergency room with a database of its own."""

    hpid: str
    desk: Database
    inbox: Inbox

    @property
    def end(self) -> str:
        return room_end(self.hpid)


ROOMS_CSV = "hpid,dutyName,wgs84Lat,wgs84Lon\n" + "".join(f"{hpid},{hpid},37.5{number},127.0\n" for number, hpid in enumerate(HPIDS))


@cache
def _laid_out() -> tempfile.TemporaryDirectory[str]:
    """Empty databases of box and hospitals, made once: bringing up a schema takes longer than what then happens in it."""
    folder = tempfile.TemporaryDirectory()
    for database in (Casebook(Path(folder.name) / "box").database, *(open_desk(Path(folder.name) / hpid) for hpid in HPIDS)):
        database.close()
    (Path(folder.name) / "emergency_rooms.csv").write_text(ROOMS_CSV)
    return folder


class OneCase(RuleBasedStateMachine):
    """The box and three emergency rooms, each with its real code, and between them a link that does what links do.

    A message may be delivered any number of times, in any order; one that was dropped is sent again as long as it has no receipt.
    """

    @initialize()
    def a_case(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        shutil.copytree(_laid_out().name, folder, dirs_exist_ok=True)
        self.box = Casebook(folder / "box")
        # What is proven here is not what survives a power cut; without waiting for the disk there is time for more examples.
        self.box.database.tables.conn.execute("PRAGMA synchronous = OFF")
        settings = Settings(var=folder, dispatch=DispatchSettings(ask=3))
        self.dispatch = Dispatch(self.box, settings, Locator(Position(), threading.Event()))
        self.me = f"unit/{settings.unit.id}"
        self.hospitals: dict[str, Hospital] = {}
        for hpid in HPIDS:
            desk = open_desk(folder / hpid)
            desk.tables.conn.execute("PRAGMA synchronous = OFF")
            self.hospitals[room_end(hpid)] = Hospital(hpid, desk, Inbox(desk, room_end(hpid)))
        self.token = 0
        self.readings = 0
        self.may_close = True
        self.a_reading()
        self.case_id = str(self.box.database.rows("SELECT id FROM cases")[0]["id"])

    def teardown(self) -> None:
        if hasattr(self, "case_id"):
            self.quiet()
            self.agreed()
            assert first_broken_link(self.box.database) is None
            for hospital in self.hospitals.values():
                hospital.desk.close()
            self.box.database.close()
            self._folder.cleanup()

    # What happens.

    @precondition(lambda self: self.readings < 3)
    @rule()
    def a_reading(self) -> None:
        self.readings += 1
        add_reading(self.box.database, stored(self.box.database, study="1.2.3").id, assessed())
        self.work()

    @rule(index=st.integers(0, 2), kind=st.sampled_from(AnswerKind))
    def a_doctor_answers(self, index: int, kind: AnswerKind) -> None:
        hospital = list(self.hospitals.values())[index]
        row = hospital.desk.row("SELECT offer_id FROM requests")
        if row is None:
            return
        reason = DeclineReason.NO_BED if kind is AnswerKind.DECLINE else None
        try:
            answer(hospital.desk, hospital.end, row["offer_id"], kind, reason=reason)
        except IllegalTransitionError:
            return

    @rule(index=st.integers(0, 2), word=st.sampled_from(sorted(set(CrewWord) - {CrewWord.CANCEL})))
    def the_crew_says(self, index: int, word: CrewWord) -> None:
        """How a call went, or whom to ask and whom not."""
        offers = offers_of(self.box.database, self.case_id)
        if word is CrewWord.PICK:
            say(self.box.database, self.case_id, word, hpid=offers[index].hpid)
        else:
            say(self.box.database, self.case_id, word, offer_id=offers[index].id, who="Dr. Kim")
        self.work()

    @precondition(lambda self: self.may_close)
    @rule(sure=st.integers(0, 9))
    def the_crew_closes_the_case(self, sure: int) -> None:
        if sure == 0:
            say(self.box.database, self.case_id, CrewWord.CANCEL)
            self.work()

    @rule(index=st.integers(0, 2))
    def nobody_answers_in_time(self, index: int) -> None:
        Leasing(self.box.database, self.me, self.dispatch._ask_anew).said(
            offers_of(self.box.database, self.case_id)[index].id, Event.EXPIRE
        )
        self.work()

    @rule(seed=st.randoms(use_true_random=False), receipted=st.booleans())
    def one_message_arrives(self, seed: random.Random, receipted: bool) -> None:
        """Any message of any end that has no receipt; where its receipt is lost it will come again."""
        under_way = self.under_way()
        if under_way:
            self.deliver(*seed.choice(under_way), receipted=receipted)

    @rule(held_back=st.sampled_from(HPIDS), newest_first=st.booleans(), its_words=st.booleans(), words_to_it=st.booleans())
    def all_arrives_but_what_is_held_back(self, held_back: str, newest_first: bool, its_words: bool, words_to_it: bool) -> None:
        """Everything is delivered but the words of one hospital, the words to it, or both: they come much later."""
        hospital = self.hospitals[room_end(held_back)]
        self.quiet(
            lambda sender, recipient: not ((its_words and sender is hospital.desk) or (words_to_it and recipient == hospital.end)),
            newest_first=newest_first,
        )
        if not self.under_way():
            self.agreed()

    @rule(index=st.integers(0, 2), other=st.integers(1, 2), answered_before=st.sampled_from(AnswerKind))
    def one_takes_the_case_and_gives_it_back_behind_anothers_back(self, index: int, other: int, answered_before: AnswerKind) -> None:
        """All of it while an answer of another hospital, and every word to it, is under way."""
        held_back = list(self.hospitals.values())[(index + other) % 3]
        self.a_doctor_answers((index + other) % 3, answered_before)
        for kind in (AnswerKind.ACCEPT, AnswerKind.WITHDRAW):
            self.a_doctor_answers(index, kind)
            self.quiet(lambda sender, recipient: sender is not held_back.desk and recipient != held_back.end)

    # How it happens.

    def under_way(self) -> list[tuple[Database, str, bytes]]:
        ends = [(self.box.database, self.me), *((hospital.desk, hospital.end) for hospital in self.hospitals.values())]
        return [(database, sent.recipient, sent.body) for database, _end in ends for sent in waiting(database, 1000)]

    def deliver(self, sender: Database, recipient: str, content: bytes, *, receipted: bool = True) -> None:
        message = decode(content)
        if recipient == self.me:
            keep(self.box.database, message, content, offer_id="", handled=False)
            self.work()
        else:
            self.hospitals[recipient].inbox.keep(message, content)
        if receipted:
            note_received(sender, message.id, recipient)

    def work(self) -> None:
        while self.dispatch.step():
            self.one_holder_at_most()

    def quiet(self, passes: Callable[[Database, str], bool] = lambda _sender, _recipient: True, *, newest_first: bool = False) -> None:
        while under_way := [message for message in self.under_way() if passes(message[0], message[1])]:
            for message in reversed(under_way) if newest_first else under_way:
                self.deliver(*message)

    # What must hold.

    @invariant()
    def one_holder_at_most(self) -> None:
        if not hasattr(self, "case_id"):
            return
        case = get_case(self.box.database, self.case_id)
        holders = [offer for offer in offers_of(self.box.database, self.case_id) if offer.state is OfferState.ACCEPTED]
        assert len(holders) <= 1
        assert (case.state is CaseState.HELD) == (len(holders) == 1) == (case.holder_offer_id is not None)
        if holders:
            assert case.holder_offer_id == holders[0].id
            assert holders[0].token == case.fencing_token
        assert case.fencing_token >= self.token
        self.token = case.fencing_token
        ends = self.box.database.rows("SELECT detail FROM events WHERE kind IN ('lease_granted', 'lease_ended') ORDER BY id")
        tokens = [int(row["detail"].split(":")[1].strip(" }")) for row in ends]
        assert tokens == sorted(set(tokens))

    def agreed(self) -> None:
        """Nothing is under way: the box and every hospital know the same, and whoever waits for an answer rings."""
        case = get_case(self.box.database, self.case_id)
        offers = offers_of(self.box.database, self.case_id)
        assert len(offers) == 3
        for offer in offers:
            request = get_request(self.hospitals[room_end(offer.hpid)].desk, offer.id)
            assert (request.state is RequestState.GRANTED) == (offer.state is OfferState.ACCEPTED), (offer.state, request.state)
            if offer.state is OfferState.ACCEPTED:
                assert request.code == read_back_code(case.id, case.fencing_token)
                assert request.token == case.fencing_token
            # Nobody is left waiting for a word that nobody will send, and nobody rings for a case that is gone.
            assert request.state is not RequestState.ACCEPT_SENT, offer.state
            if request.state is RequestState.RINGING:
                assert (case.state, offer.state) == (CaseState.OPEN, OfferState.ASKED)
            if offer.state is OfferState.ASKED:
                assert request.state is RequestState.RINGING
            if offer.state in (OfferState.ASKED, OfferState.ACCEPTED):
                assert request.decision.revision == offer.revision
                assert isinstance(request.decision, DecisionBody)
            if request.state is RequestState.EXPIRED:
                assert offer.state is OfferState.EXPIRED
            assert not self.hospitals[room_end(offer.hpid)].desk.rows("SELECT word FROM refusals")
            assert not self.hospitals[room_end(offer.hpid)].desk.rows("SELECT id FROM early_words")
        assert all(said.outcome not in (None, "unknown_offer", "not_possible") for said in words_of(self.box.database, self.case_id))


# Without shrinking: so few steps can be read as they are, and a failure should be known within the minute.
OneCase.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestOneCaseWithThreeHospitals = OneCase.TestCase
