"""A picture read once more by another protocol: both readings stay, together they say what the picture says."""

from dataclasses import replace

from edge_app.casebook.events import first_broken_link
from edge_app.casebook.radiographs import (
    Door,
    add_edited,
    add_read_again,
    ask_to_send_unread,
    get_radiograph,
    next_unread,
    readings_side_by_side,
)
from edge_app.casebook.readings import add_reading, mark_dispatched, next_to_dispatch, together
from edge_app.casebook.timeline import Happened, timeline_of
from edge_app.database import Database
from edge_app.radiograph.edits import UNEDITED, Edits
from edge_app.reading.finding import Decision, Finding, Protocol, Urgency
from tests.edge_app.casebook.builders import assessed, refused, stored

TUBERCULOSIS = replace(
    assessed(Finding("Tuberculosis", 0.8, Decision.PRESENT, 0.3, 84, True)),
    protocol=Protocol.TUBERCULOSIS,
    top3=("Tuberculosis",),
    urgency=Urgency.DELAYED,
    measurements={},
)


def test_it_is_one_more_entry_of_the_same_bytes_to_which_nothing_was_done(database: Database) -> None:
    original = stored(database)
    again = add_read_again(database, original.id, "tuberculosis")
    assert (again.sha256, again.edited_from, again.edits, again.protocol) == (original.sha256, original.id, UNEDITED, "tuberculosis")
    assert (again.door, again.edited, again.stands_for_case) == (Door.READ_AGAIN, False, False)
    assert get_radiograph(database, original.id) == original
    assert add_read_again(database, original.id, "tuberculosis") == again
    assert add_read_again(database, again.id, "tuberculosis") == again
    assert Happened.READ_AGAIN in {moment.happened for moment in timeline_of(database, original.case_id)}
    assert first_broken_link(database) is None


def test_it_is_read_by_its_protocol_and_goes_nowhere_by_itself(database: Database) -> None:
    original = stored(database)
    first = add_reading(database, original.id, assessed())
    again = add_read_again(database, original.id, "tuberculosis")
    waiting = next_unread(database)
    assert waiting is not None
    assert (waiting.id, waiting.protocol) == (again.id, "tuberculosis")
    second = add_reading(database, again.id, TUBERCULOSIS)
    assert next_to_dispatch(database) == first
    mark_dispatched(database, first.id)
    assert next_to_dispatch(database) is None
    ask_to_send_unread(database, again.id)
    assert get_radiograph(database, again.id).stands_for_case
    assert next_to_dispatch(database) == second


def test_an_edited_picture_can_be_read_again_too_and_keeps_its_edits(database: Database) -> None:
    original = stored(database)
    edited = add_edited(database, original.id, Edits(brightness=0.3))
    again = add_read_again(database, edited.id, "tuberculosis")
    assert (again.edited_from, again.edits, again.edited, again.door) == (original.id, edited.edits, True, Door.READ_AGAIN)
    assert [each.id for each in readings_side_by_side(database, again.id)] == [edited.id, again.id]
    assert [each.id for each in readings_side_by_side(database, original.id)] == [original.id]
    # An edit of what was read again is read by that protocol.
    reread = add_read_again(database, original.id, "tuberculosis")
    assert add_edited(database, reread.id, Edits(contrast=0.2)).protocol == "tuberculosis"


def test_together_no_finding_is_lost_and_the_most_urgent_word_counts(database: Database) -> None:
    original = stored(database)
    first = add_reading(database, original.id, assessed())
    again = add_read_again(database, original.id, "tuberculosis")
    second = add_reading(database, again.id, TUBERCULOSIS)
    both = together(database, second)
    assert [finding.name for finding in both.findings] == ["Tuberculosis", "Pneumonia", "Effusion"]
    assert (both.top3, both.urgency, both.protocol) == (("Tuberculosis", "Pneumonia"), Urgency.URGENT, Protocol.TUBERCULOSIS)
    assert set(both.measurements) == {"angle"}
    assert together(database, first).top3 == ("Pneumonia", "Tuberculosis")


def test_what_was_not_assessed_says_nothing_and_never_hides_that_it_was_not(database: Database) -> None:
    original = stored(database)
    first = add_reading(database, original.id, assessed())
    again = add_read_again(database, original.id, "tuberculosis")
    second = add_reading(database, again.id, refused())
    assert together(database, first) == first.reading
    assert together(database, second) == second.reading
