"""An edited picture is one more radiograph of the same bytes: read anew, never sent by itself, and its original is as it was."""

import pytest

from edge_app.casebook.events import first_broken_link
from edge_app.casebook.originals import next_wanted
from edge_app.casebook.radiographs import Door, add_edited, add_radiograph, ask_to_send_unread, get_radiograph, next_unread
from edge_app.casebook.readings import add_reading, mark_dispatched, next_to_dispatch
from edge_app.database import Database
from edge_app.radiograph.edits import UNEDITED, Crop, Edits
from edge_app.radiograph.picture import Facts
from tests.edge_app.casebook.builders import assessed, digest, refused, stored

BRIGHTER = Edits(crop=Crop(0.1, 0.2, 0.5, 0.6), flipped=True, quarter_turns=3, tilt_degrees=-2.0, brightness=0.3)


def test_it_has_the_bytes_of_its_original_and_says_what_was_done(database: Database) -> None:
    original = stored(database)
    edited = add_edited(database, original.id, BRIGHTER)
    assert (edited.case_id, edited.sha256, edited.taken_at) == (original.case_id, original.sha256, original.taken_at)
    assert (edited.door, edited.edited_from, edited.edits, edited.sop_instance_uid) == (Door.EDITED, original.id, BRIGHTER, None)
    assert get_radiograph(database, original.id) == original
    assert (original.edited_from, original.edits) == (None, UNEDITED)
    (event,) = database.rows("SELECT subject_id, detail FROM events WHERE kind = 'radiograph_edited'")
    assert event["subject_id"] == edited.id
    assert '"brightness": 0.3' in event["detail"].replace('":0', '": 0')
    assert first_broken_link(database) is None


def test_the_same_edit_twice_is_one_and_an_edit_of_an_edited_picture_is_told_of_the_original(database: Database) -> None:
    original = stored(database)
    edited = add_edited(database, original.id, BRIGHTER)
    assert add_edited(database, original.id, BRIGHTER) == edited
    further = add_edited(database, edited.id, Edits(sharpness=0.5))
    assert (further.edited_from, further.edits) == (original.id, Edits(sharpness=0.5))


def test_where_nothing_is_edited_there_is_no_edited_picture(database: Database) -> None:
    original = stored(database)
    with pytest.raises(ValueError, match="nothing is edited"):
        add_edited(database, original.id, UNEDITED)
    with pytest.raises(KeyError):
        add_edited(database, "0" * 32, BRIGHTER)


def test_it_is_read_and_goes_to_no_hospital_before_the_crew_says_so(database: Database) -> None:
    original = stored(database)
    first = add_reading(database, original.id, assessed())
    edited = add_edited(database, original.id, BRIGHTER)
    waiting = next_unread(database)
    assert waiting is not None
    assert (waiting.id, waiting.edits) == (edited.id, BRIGHTER)
    again = add_reading(database, edited.id, assessed())
    assert next_to_dispatch(database) == first
    mark_dispatched(database, first.id)
    assert next_to_dispatch(database) is None
    assert not get_radiograph(database, edited.id).stands_for_case
    ask_to_send_unread(database, edited.id)
    assert next_to_dispatch(database) == again
    assert get_radiograph(database, edited.id).stands_for_case


def test_a_refused_one_goes_as_unread_where_the_crew_says_so(database: Database) -> None:
    edited = add_edited(database, stored(database).id, BRIGHTER)
    again = add_reading(database, edited.id, refused())
    assert next_to_dispatch(database) is None
    ask_to_send_unread(database, edited.id)
    assert next_to_dispatch(database) == again


def test_the_same_file_once_more_repeats_the_original_and_not_the_edited_one(database: Database) -> None:
    original, new = add_radiograph(database, facts=Facts(), sha256=digest("a png"), size_bytes=5, door=Door.UPLOAD)
    assert new
    add_edited(database, original.id, BRIGHTER)
    assert add_radiograph(database, facts=Facts(), sha256=digest("a png"), size_bytes=5, door=Door.UPLOAD) == (original, False)


def test_its_original_goes_to_the_hospital_once(database: Database) -> None:
    original = stored(database)
    edited = add_edited(database, original.id, BRIGHTER)
    with database.writing() as tables:
        tables.conn.execute("UPDATE cases SET state = 'held'")
        for one in (edited, original):
            row = {"rows": 9, "columns": 9, "window_center": 1.0, "window_width": 2.0, "window_function": "LINEAR", "assumptions": ""}
            tables.table("renditions").insert({"radiograph_id": one.id, "sha256": one.sha256, **row})
    wanted = next_wanted(database)
    assert wanted is not None
    assert wanted.radiograph_id == original.id
    with database.writing() as tables:
        tables.table("originals").insert({"radiograph_id": original.id, "started": 1, "sha256": digest("made"), "size": 1})
    assert next_wanted(database) is None
