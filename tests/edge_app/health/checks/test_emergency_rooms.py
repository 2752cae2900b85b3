"""The directory of emergency rooms."""

from pathlib import Path

from edge_app.config import Settings
from edge_app.dispatch.emergency_rooms import SHIPPED, import_directory
from edge_app.health.check import State
from edge_app.health.checks.emergency_rooms import look


def test_an_imported_directory_is_ok_and_counted(settings: Settings) -> None:
    count, _ = import_directory(SHIPPED, settings.directory_file)
    check = look(settings)
    assert check.state is State.OK
    assert check.word == f"{count} rooms"


def test_the_one_that_ships_is_a_warning(settings: Settings) -> None:
    check = look(settings)
    assert check.state is State.WARNING
    assert "none imported" in check.word


def test_fewer_rooms_than_are_to_be_asked_is_a_warning(settings: Settings, tmp_path: Path) -> None:
    source = tmp_path / "two.csv"
    source.write_text("".join(SHIPPED.read_text(encoding="utf-8").splitlines(keepends=True)[:3]), encoding="utf-8")
    import_directory(source, settings.directory_file)
    check = look(settings)
    assert check.state is State.WARNING
    assert check.word == "2 rooms, 3 are to be asked"


def test_a_broken_line_fails_and_names_it(settings: Settings) -> None:
    import_directory(SHIPPED, settings.directory_file)
    lines = settings.directory_file.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[2] = lines[2].replace(",37.", ",937.", 1)
    settings.directory_file.write_text("".join(lines), encoding="utf-8")
    check = look(settings)
    assert check.state is State.FAILED
    assert "line 3, column wgs84Lat" in check.word
