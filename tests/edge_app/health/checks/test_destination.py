"""The one hospital that is asked."""

from edge_app.config import Dispatch, Settings
from edge_app.dispatch.emergency_rooms import SHIPPED, import_directory, read_directory
from edge_app.health.check import State
from edge_app.health.checks.destination import look


def single(settings: Settings, hpid: str) -> Settings:
    return settings.model_copy(update={"dispatch": Dispatch(policy="single", destination=hpid)})


def test_under_any_other_policy_there_is_none(settings: Settings) -> None:
    for dispatch in (Dispatch(), Dispatch(policy="crew"), Dispatch(policy="control_room", control_room_phone="119")):
        check = look(settings.model_copy(update={"dispatch": dispatch}))
        assert check.state is State.OK
        assert dispatch.policy in check.word


def test_one_that_the_directory_has_is_ok_and_named(settings: Settings) -> None:
    import_directory(SHIPPED, settings.directory_file)
    room = read_directory(SHIPPED)[3]
    check = look(single(settings, room.hpid))
    assert check.state is State.OK
    assert check.word == f"{room.hpid}, {room.name}"


def test_one_that_it_does_not_have_fails(settings: Settings) -> None:
    check = look(single(settings, "A9999999"))
    assert check.state is State.FAILED
    assert "A9999999 is not in the directory" in check.word


def test_without_a_directory_it_is_not_there(settings: Settings) -> None:
    settings.directory_file.parent.mkdir(parents=True)
    settings.directory_file.write_text("nothing,of,this\n")
    assert look(single(settings, "A1100052")).state is State.FAILED
