"""The reckoning finds what it is there to find: of a case that went well nothing is said, and each thing that is undone afterwards is."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge_app.casebook import Casebook
from edge_app.casebook.cases import get_case
from edge_app.casebook.crew_words import CrewWord, mark_applied, say
from edge_app.casebook.offers import Rung, offers_of, prove
from edge_app.casebook.readings import add_reading, mark_dispatched
from edge_app.clock import now
from edge_app.database import Database
from edge_app.dispatch.leasing import Leasing
from edge_app.dispatch.offers import Event, room_end
from edge_app.dispatch.packet import decision
from edge_app.emergency_room.inbox import open_desk
from edge_app.emergency_room.requests import answer, take_decision, take_word
from edge_app.link.decision import DecisionBody
from edge_app.link.messages import AnswerBody, AnswerKind, DeclineReason, GrantedBody, StandDownBody, decode
from edge_app.link.outbox import keep, mark_handled, note_received, put
from tests.acceptance.people import Said
from tests.acceptance.reckoning import reckon, unsettled
from tests.edge_app.casebook.builders import assessed, offered, stored

UNIT = "unit/unit-31"
HPIDS = ("SIM-EAST", "SIM-WEST", "SIM-NORTH")


@dataclass
class Played:
    """One case that three hospitals were asked for: one accepted, one declined, one stood down; and of which the crew telephoned."""

    box: Database
    desks: dict[str, Database]
    case_id: str
    said: list[Said]

    def deliver(self) -> None:
        """Take every message to its other end, as the link does."""
        leasing = Leasing(self.box, UNIT, lambda _case, _offer: None)
        for row in self.box.rows("SELECT * FROM outbox WHERE received_ms IS NULL ORDER BY rowid"):
            message, desk = decode(row["body"]), self.desks[row["recipient"].removeprefix("room/")]
            keep(desk, message, row["body"], offer_id=row["offer_id"], handled=True)
            if isinstance(message.body, DecisionBody):
                take_decision(desk, message, message.body, row["body"])
                for rung in (Rung.AT_BROKER, Rung.AT_HOSPITAL):
                    prove(self.box, row["offer_id"], rung, now())
            elif isinstance(message.body, GrantedBody | StandDownBody):
                take_word(desk, UNIT, message.body)
            note_received(self.box, message.id, row["recipient"])
        for hpid, desk in self.desks.items():
            for row in desk.rows("SELECT * FROM outbox WHERE received_ms IS NULL ORDER BY rowid"):
                message = decode(row["body"])
                keep(self.box, message, row["body"], offer_id=row["offer_id"], handled=False)
                assert isinstance(message.body, AnswerBody)
                leasing.answered(room_end(hpid), message.body)
                mark_handled(self.box, message.id)
                note_received(desk, message.id, UNIT)


def opened(folder: Path, case_id: str, said: list[Said]) -> Played:
    return Played(Casebook(folder / "box").database, {hpid: open_desk(folder / hpid) for hpid in HPIDS}, case_id, said)


def close(play: Played) -> None:
    for database in (play.box, *play.desks.values()):
        database.close()


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, list[Said]]:
    """The case, played once."""
    folder = tmp_path_factory.mktemp("played")
    box = Casebook(folder / "box").database
    radiograph = stored(box)
    reading = add_reading(box, radiograph.id, assessed())
    mark_dispatched(box, reading.id)
    case = get_case(box, radiograph.case_id)
    for rank, hpid in enumerate(HPIDS, start=1):
        offer = offered(box, case.id, reading.id, hpid, rank)
        body = decision(case, offer, reading.reading, urgency=None, unit_name="Unit 31", revision=1, asked=len(HPIDS), exposure_age_s=3.0)
        put(box, UNIT, room_end(hpid), offer.id, body)
    box.close()
    play = opened(folder, case.id, [])
    play.deliver()
    east, west, north = offers_of(play.box, case.id)
    answer(play.desks["SIM-WEST"], room_end("SIM-WEST"), west.id, AnswerKind.DECLINE, reason=DeclineReason.NO_BED)
    answer(play.desks["SIM-EAST"], room_end("SIM-EAST"), east.id, AnswerKind.ACCEPT)
    word = say(play.box, case.id, CrewWord.PHONE_NO_ANSWER, offer_id=north.id)
    Leasing(play.box, UNIT, lambda _case, _offer: None).said(north.id, Event.PHONE_NO_ANSWER)
    mark_applied(play.box, word.id, "nothing")
    for _ in range(2):
        play.deliver()
    close(play)
    said = [Said("SIM-EAST", east.id, "accept"), Said("SIM-WEST", west.id, "decline"), Said("crew", north.id, "phone_no_answer")]
    return folder, case.id, said


@pytest.fixture
def played(once: tuple[Path, str, list[Said]], tmp_path: Path) -> Iterator[Played]:
    """A copy of it."""
    folder, case_id, said = once
    shutil.copytree(folder, tmp_path / "copy")
    play = opened(tmp_path / "copy", case_id, said)
    yield play
    close(play)


def change(database: Database, sql: str) -> None:
    with database.writing() as tables:
        assert tables.conn.execute(sql).rowcount > 0


def test_of_what_went_well_nothing_is_said(played: Played) -> None:
    assert unsettled(played.box, played.desks) == []
    found = reckon(played.box, played.desks, [played.case_id], played.said)
    assert found.faults == []
    assert (found.cases, found.offers, found.words, found.lost, found.twice) == (1, 3, 3, 0, 0)
    assert found.decidable is not None
    assert found.decidable.of == 3
    assert found.answer is not None
    assert found.answer.of == 2


Undo = Callable[[Played], None]
UNDONE: tuple[tuple[str, Undo, str, bool], ...] = (
    ("a request", lambda play: change(play.desks["SIM-NORTH"], "DELETE FROM requests"), "has no request", False),
    (
        "a message",
        lambda play: change(play.desks["SIM-NORTH"], "DELETE FROM inbox WHERE kind = 'stand_down'"),
        "was lost (receipted: True)",
        True,
    ),
    (
        "an answer on its way",
        lambda play: change(play.box, "DELETE FROM inbox WHERE sender = 'room/SIM-WEST'"),
        "was lost (receipted: True)",
        True,
    ),
    ("an answer in the console", lambda play: change(play.desks["SIM-WEST"], "DELETE FROM outbox"), "decline was confirmed", True),
    ("a word of the crew", lambda play: change(play.box, "DELETE FROM crew_words"), "phone_no_answer was confirmed", True),
    ("an effect", lambda play: change(play.box, "DELETE FROM events WHERE detail LIKE '%decline%'"), "applied 0 times", True),
    ("a state", lambda play: change(play.desks["SIM-NORTH"], "UPDATE requests SET state = 'granted'"), "the box stood_down", False),
    ("the code", lambda play: change(play.desks["SIM-EAST"], "UPDATE requests SET code = '99999'"), "another code", False),
    ("a second holder", lambda play: change(play.box, "UPDATE offers SET state = 'accepted'"), "3 offers are accepted", False),
    ("the holder", lambda play: change(play.box, "UPDATE cases SET state = 'open', holder_offer_id = NULL"), "does not lead", False),
    ("a rung", lambda play: change(play.box, "DELETE FROM receipts WHERE rung = 'at_hospital'"), "the box does not know it", False),
    ("the audit chain", lambda play: change(play.box, "UPDATE events SET unix_ms = 1 WHERE id = 2"), "broken at event 2", False),
)


@pytest.mark.parametrize(("undo", "told", "lost"), [row[1:] for row in UNDONE], ids=[row[0] for row in UNDONE])
def test_what_is_undone_is_found(played: Played, undo: Undo, told: str, lost: bool) -> None:
    undo(played)
    found = reckon(played.box, played.desks, [played.case_id], played.said)
    assert any(told in fault for fault in found.faults), found.faults
    assert (found.lost > 0) == lost


def test_an_answer_applied_twice_is_found(played: Played) -> None:
    (row,) = played.box.rows("SELECT * FROM inbox WHERE sender = 'room/SIM-WEST'")
    body = decode(row["body"]).body
    assert isinstance(body, AnswerBody)
    Leasing(played.box, UNIT, lambda _case, _offer: None).answered("room/SIM-WEST", body)
    found = reckon(played.box, played.desks, [played.case_id], played.said)
    assert found.twice == 1
    assert "an answer (decline) of SIM-WEST was applied 2 times" in found.faults


def test_a_request_made_twice_is_found(played: Played) -> None:
    change(
        played.box, "INSERT INTO outbox SELECT id || 'x', kind, recipient, offer_id, priority, body, queued_ms, 1, 1, 1, NULL FROM outbox"
    )
    found = reckon(played.box, played.desks, [played.case_id], played.said)
    assert found.twice == 3
    assert found.lost > 0, "the copies are at no hospital"


def test_what_is_still_under_way_is_named(played: Played) -> None:
    change(played.box, "UPDATE outbox SET received_ms = NULL WHERE kind = 'granted'")
    change(played.desks["SIM-WEST"], "UPDATE requests SET state = 'ringing'")
    change(played.box, "UPDATE inbox SET handled_ms = NULL")
    assert unsettled(played.box, played.desks) == ["1 in the box's outbox", "2 unhandled in the box's inbox", "1 ringing at SIM-WEST"]


def test_a_case_that_nobody_was_asked_for_is_lost(played: Played) -> None:
    alone = stored(played.box)
    found = reckon(played.box, played.desks, [played.case_id, alone.case_id], played.said)
    assert found.lost == 1
    assert found.faults == ["case 2 was never offered"]
