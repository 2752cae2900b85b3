"""Pictures on their way: to whom, in what order, and what a change of hospital, a kill or a wrong byte does to them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_app.casebook import Casebook
from edge_app.casebook.attempts import Attempt, begin, set_aside
from edge_app.casebook.cases import recent_cases
from edge_app.casebook.offers import Offer, offers_of
from edge_app.casebook.originals import add_original, next_wanted
from edge_app.casebook.renditions import add_rendition
from edge_app.database import Database
from edge_app.dispatch.offers import room_end
from edge_app.dispatch.pictures import PART_BYTES
from edge_app.dispatch.service import Dispatch
from edge_app.dispatch.showing import PARTS_WAITING
from edge_app.dispatch.uplink import Uplink
from edge_app.emergency_room.inbox import Inbox, open_desk
from edge_app.emergency_room.originals import originals_of
from edge_app.link.messages import AnswerKind, HaveBody, OriginalBody, PartBody, PreviewBody, RegionBody, decode
from edge_app.link.outbox import note_received, waiting
from edge_app.radiograph.original import Original, OriginalMedia
from tests.edge_app.dispatch.test_service import arrives, dispatch, picture, read, says, settings, work

__all__ = ["dispatch", "settings"]
CONTENT = bytes(range(256)) * (5 * PART_BYTES // 256) + b"end"


class Hospital:
    """A real emergency room's inbox at the other end of a link that brings what it is told to bring."""

    def __init__(self, casebook: Casebook, folder: Path, offer: Offer) -> None:
        self.desk: Database = open_desk(folder / offer.hpid)
        self.end = room_end(offer.hpid)
        self.offer = offer
        self._box = casebook.database
        self._inbox = Inbox(self.desk, self.end)

    def under_way(self) -> list[object]:
        return [decode(sent.body).body for sent in waiting(self._box, 1000) if sent.recipient == self.end]

    def take(self, most: int = 1000, *, spoil: bool = False) -> int:
        """Let messages arrive, and what is said of them; how many arrived."""
        taken = 0
        for sent in [one for one in waiting(self._box, 1000) if one.recipient == self.end][:most]:
            message, content = decode(sent.body), sent.body
            if spoil and isinstance(message.body, PartBody):
                wrong = message.body.model_copy(update={"content": b"?" * len(message.body.content)})
                message = type(message)(message.id, message.sender, message.recipient, message.sent_ms, wrong)
            self._inbox.keep(message, content)
            received = note_received(self._box, sent.id, self.end)
            assert received is not None
            Uplink(Casebook(self._box.path.parent).database).at_recipient(received)
            taken += 1
        for own in waiting(self.desk, 1000):
            said = decode(own.body)
            Uplink(Casebook(self._box.path.parent).database).keep(said, own.body)
            note_received(self.desk, own.id, "unit/unit-1")
        return taken

    @property
    def whole(self) -> bool:
        return any(original.whole for original in originals_of(self.desk, self.offer.id))


@pytest.fixture
def asked(casebook: Casebook, dispatch: Dispatch) -> list[Offer]:
    """Three hospitals asked with a picture that can be shown."""
    radiograph, _reading = read(casebook)
    add_rendition(casebook, radiograph.id, picture())
    work(dispatch)
    return offers_of(casebook.database, recent_cases(casebook.database)[0].id)


@pytest.fixture
def hospitals(casebook: Casebook, asked: list[Offer], tmp_path: Path) -> Iterator[list[Hospital]]:
    made = [Hospital(casebook, tmp_path / "rooms", offer) for offer in asked]
    yield made
    for hospital in made:
        hospital.desk.close()


def make_ready(casebook: Casebook) -> None:
    """What the reading service does."""
    wanted = next_wanted(casebook.database)
    assert wanted is not None
    begin(casebook.database, Attempt.ORIGINAL, wanted.radiograph_id)
    add_original(casebook, wanted.radiograph_id, Original(OriginalMedia.DICOM, CONTENT))
    assert next_wanted(casebook.database) is None


def exchange(dispatch: Dispatch, *hospitals: Hospital, most: int = 1000) -> None:
    """Until nothing moves any more."""
    while work(dispatch) + sum(hospital.take(most) for hospital in hospitals):
        pass


def test_only_who_has_the_case_gets_the_original_and_gets_all_of_it(
    casebook: Casebook, dispatch: Dispatch, hospitals: list[Hospital]
) -> None:
    exchange(dispatch, *hospitals)
    assert next_wanted(casebook.database) is None, "nobody has accepted"
    says(casebook, hospitals[1].offer, AnswerKind.ACCEPT)
    work(dispatch)
    make_ready(casebook)
    exchange(dispatch, *hospitals)
    assert [hospital.whole for hospital in hospitals] == [False, True, False]
    assert work(dispatch) == 0


def test_few_parts_wait_and_words_go_before_them(casebook: Casebook, dispatch: Dispatch, hospitals: list[Hospital]) -> None:
    first = hospitals[0]
    says(casebook, first.offer, AnswerKind.ACCEPT)
    work(dispatch)
    make_ready(casebook)
    work(dispatch)
    first.take()
    work(dispatch)
    assert [type(body) for body in first.under_way()] == [PartBody] * PARTS_WAITING
    says(casebook, first.offer, AnswerKind.WITHDRAW, token=1, at_ms=2)
    work(dispatch)
    assert PartBody not in {type(body) for body in first.under_way()}, "nobody waits for the rest any more"


def test_who_gets_the_case_again_goes_on_where_it_broke_off(casebook: Casebook, dispatch: Dispatch, hospitals: list[Hospital]) -> None:
    first = hospitals[0]
    exchange(dispatch, *hospitals)
    says(casebook, first.offer, AnswerKind.ACCEPT)
    work(dispatch)
    make_ready(casebook)
    work(dispatch)
    first.take()
    work(dispatch)
    first.take(2)
    assert originals_of(first.desk, first.offer.id)[0].parts_here == 2
    says(casebook, first.offer, AnswerKind.WITHDRAW, token=1, at_ms=2)
    exchange(dispatch, *hospitals)
    says(casebook, first.offer, AnswerKind.ACCEPT, token=9, at_ms=3)
    work(dispatch)
    first.take()
    work(dispatch)
    numbers = [body.number for body in first.under_way() if isinstance(body, PartBody)]
    assert numbers[0] == 2
    exchange(dispatch, *hospitals)
    assert first.whole


def test_a_wrong_byte_is_found_and_what_cannot_be_mended_is_not_sent_for_ever(
    casebook: Casebook, dispatch: Dispatch, hospitals: list[Hospital]
) -> None:
    first = hospitals[0]
    says(casebook, first.offer, AnswerKind.ACCEPT)
    work(dispatch)
    make_ready(casebook)
    rounds = 0
    while work(dispatch) + first.take(spoil=True):
        rounds += 1
        assert rounds < 60
    assert not first.whole
    assert work(dispatch) == 0


def test_a_word_about_an_original_that_was_not_announced_is_refused(casebook: Casebook, dispatch: Dispatch, asked: list[Offer]) -> None:
    for sender in (room_end(asked[0].hpid), room_end(asked[1].hpid)):
        arrives(casebook, sender, HaveBody(offer_id=asked[0].id, sha256="a" * 64, number=0))
        work(dispatch)
    words = [row["detail"] for row in casebook.database.rows("SELECT detail FROM events WHERE kind = 'message_refused'")]
    assert ["not_announced" in words[0], "unknown_offer" in words[1]] == [True, True]


def test_pictures_that_nobody_waits_for_leave_the_outbox_and_come_again_with_the_question(
    casebook: Casebook, dispatch: Dispatch, asked: list[Offer]
) -> None:
    def pictures(offer: Offer) -> list[type]:
        bodies = [decode(sent.body).body for sent in waiting(casebook.database, 1000) if sent.recipient == room_end(offer.hpid)]
        return [type(body) for body in bodies if isinstance(body, RegionBody | PreviewBody | OriginalBody)]

    assert pictures(asked[1]) == [RegionBody, PreviewBody]
    says(casebook, asked[0], AnswerKind.ACCEPT)
    work(dispatch)
    assert [pictures(offer) for offer in asked] == [[RegionBody, PreviewBody], [], []]
    says(casebook, asked[0], AnswerKind.WITHDRAW, token=1, at_ms=2)
    work(dispatch)
    assert [pictures(offer) for offer in asked] == [[], [RegionBody, PreviewBody], [RegionBody, PreviewBody]]


def test_an_original_that_cannot_be_made_is_not_tried_for_ever(casebook: Casebook, dispatch: Dispatch, asked: list[Offer]) -> None:
    says(casebook, asked[0], AnswerKind.ACCEPT)
    work(dispatch)
    for _ in range(3):
        wanted = next_wanted(casebook.database)
        assert wanted is not None
        begin(casebook.database, Attempt.ORIGINAL, wanted.radiograph_id)
    assert next_wanted(casebook.database) is None
    set_aside(casebook.database, Attempt.ORIGINAL, wanted.radiograph_id)
    assert next_wanted(casebook.database) is None
    assert work(dispatch) == 0


def test_a_file_that_has_gone_ends_its_transfer(casebook: Casebook, dispatch: Dispatch, hospitals: list[Hospital]) -> None:
    first = hospitals[0]
    says(casebook, first.offer, AnswerKind.ACCEPT)
    work(dispatch)
    make_ready(casebook)
    row = casebook.database.row("SELECT sha256 FROM originals")
    assert row is not None
    casebook.pictures.path_of(row["sha256"]).unlink()
    exchange(dispatch, first)
    assert not first.whole
    assert PartBody not in {type(body) for body in first.under_way()}
