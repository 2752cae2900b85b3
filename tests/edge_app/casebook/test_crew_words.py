"""What the crew says is durable, in order, and said twice is said once."""

import pytest

from edge_app.casebook.cases import recent_cases
from edge_app.casebook.crew_words import CrewWord, mark_applied, next_word, say, words_of
from edge_app.casebook.offers import Offer
from edge_app.casebook.readings import add_reading
from edge_app.database import Database
from tests.edge_app.casebook.builders import assessed, offered, stored


@pytest.fixture
def offer(database: Database) -> Offer:
    radiograph = stored(database)
    return offered(database, radiograph.case_id, add_reading(database, radiograph.id, assessed()).id, "SIM-EAST", 1)


def test_words_come_in_their_order_and_once_applied_no_more(database: Database, offer: Offer) -> None:
    first = say(database, offer.case_id, CrewWord.PHONE_NO_ANSWER, offer_id=offer.id)
    second = say(database, offer.case_id, CrewWord.CANCEL)
    assert next_word(database) == first
    mark_applied(database, first.id, "nothing")
    assert next_word(database) == second
    mark_applied(database, second.id, "closed")
    assert next_word(database) is None
    assert [(said.word, said.outcome) for said in words_of(database, offer.case_id)] == [
        (CrewWord.PHONE_NO_ANSWER, "nothing"),
        (CrewWord.CANCEL, "closed"),
    ]


def test_the_same_word_waits_only_once_and_may_be_said_again_later(database: Database, offer: Offer) -> None:
    first = say(database, offer.case_id, CrewWord.PHONE_NO_ANSWER, offer_id=offer.id)
    assert say(database, offer.case_id, CrewWord.PHONE_NO_ANSWER, offer_id=offer.id) == first
    mark_applied(database, first.id, "nothing")
    assert say(database, offer.case_id, CrewWord.PHONE_NO_ANSWER, offer_id=offer.id).id != first.id
    assert len(words_of(database, offer.case_id)) == 2


@pytest.mark.parametrize("word", list(CrewWord))
@pytest.mark.parametrize("of", ["nothing", "offer", "hpid", "both"])
def test_every_word_is_of_one_thing(database: Database, offer: Offer, word: CrewWord, of: str) -> None:
    offer_id, hpid = offer.id if of in ("offer", "both") else None, "SIM-EAST" if of in ("hpid", "both") else None
    fits = {CrewWord.CANCEL: "nothing", CrewWord.PICK: "hpid"}.get(word, "offer") == of
    if fits:
        assert say(database, offer.case_id, word, offer_id=offer_id, hpid=hpid).word is word
    else:
        with pytest.raises(ValueError, match="of"):
            say(database, offer.case_id, word, offer_id=offer_id, hpid=hpid)
        assert words_of(database, offer.case_id) == []


def test_what_is_not_there_can_have_nothing_said_of_it(database: Database, offer: Offer) -> None:
    other = stored(database, study="1.2.99").case_id
    for case_id, offer_id in ((offer.case_id, "0" * 32), ("0" * 32, offer.id), (other, offer.id)):
        with pytest.raises(KeyError):
            say(database, case_id, CrewWord.SKIP, offer_id=offer_id)
    with pytest.raises(ValueError, match="too long"):
        say(database, offer.case_id, CrewWord.PHONE_ACCEPT, offer_id=offer.id, who="x" * 41)
    assert all(words_of(database, case.id) == [] for case in recent_cases(database))
