"""The directory of emergency rooms."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from edge_app.dispatch.emergency_rooms import COLUMNS, SHIPPED, import_directory, parse_directory, read_directory, write_directory
from edge_app.errors import DirectoryError

HEAD = "hpid,dutyName,wgs84Lat,wgs84Lon,hvec_total,dutyEryn\n"

WRONG = {
    "no hpid at all": ("dutyName,wgs84Lat,wgs84Lon\nx,1,2\n", "line 1: no column hpid"),
    "no place": ("hpid,dutyName\nSIM-A,x\n", "line 1: no column wgs84Lat, wgs84Lon"),
    "empty file": ("", "line 1: no column hpid"),
    "hpid of another kind": (HEAD + "SIM-A,x,37,127,,\nB1,x,37,127,,\n", "line 3, column hpid: 'B1'"),
    "hpid of other digits": (HEAD + "A110001７,x,37,127,,\n", "line 2, column hpid"),
    "no name": (HEAD + "SIM-A,,37,127,,\n", "line 2, column dutyName: empty"),
    "latitude beyond the pole": (HEAD + "SIM-A,x,91,127,,\n", "line 2, column wgs84Lat: 91.0 is not between"),
    "latitude that is none": (HEAD + "SIM-A,x,nan,127,,\n", "line 2, column wgs84Lat"),
    "longitude in words": (HEAD + "SIM-A,x,37,east,,\n", "line 2, column wgs84Lon"),
    "longitude missing": (HEAD + "SIM-A,x,37\n", "line 2, column wgs84Lon"),
    "beds in words": (HEAD + "SIM-A,x,37,127,many,\n", "line 2, column hvec_total"),
    "fewer beds than none": (HEAD + "SIM-A,x,37,127,-3,\n", "line 2, column hvec_total"),
    "the same twice": (HEAD + "SIM-A,x,37,127,,\nSIM-B,x,37,127,,\nSIM-A,y,37,127,,\n", "line 4, column hpid: SIM-A stands twice"),
    "a name over two lines before it": (HEAD + 'SIM-A,"two\nlines",37,127,,\nSIM-B,x,37,500,,\n', "line 4, column wgs84Lon"),
    "no row": (HEAD, "no emergency room in it"),
    "only rows that are left out": (HEAD + ",x,37,127,,\nSIM-A,x,37,127,,2\n", "no emergency room in it"),
    "a field without end": (HEAD + 'SIM-A,"' + "x" * 200_000, "not CSV"),
}


@pytest.mark.parametrize(("text", "word"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_named_with_file_line_and_column(text: str, word: str) -> None:
    with pytest.raises(DirectoryError) as caught:
        parse_directory(text, "rooms.csv")
    assert str(caught.value).startswith("rooms.csv")
    assert word in str(caught.value)


def test_rooms_without_an_hpid_or_that_do_not_run_are_left_out_and_counted() -> None:
    rooms, left_out = parse_directory(HEAD + "SIM-A,x,37,127,4,1\n,y,37,127,,1\nSIM-C,z,0,0,,2\n", "x")
    assert ([room.hpid for room in rooms], left_out) == (["SIM-A"], 2)
    assert (rooms[0].beds, rooms[0].level, rooms[0].phone, rooms[0].abilities) == (4, None, None, frozenset())


def test_the_headers_of_other_exports_are_understood() -> None:
    text = "\ufeffhpid, name_ko ,name_en,class,er_beds_total,lon,lat,marks\nA1100052,의료원,Centre,C,15,127.0,37.5,trauma;isolation\n"
    ((room,), left_out) = parse_directory(text, "x")
    assert left_out == 0
    assert (room.name, room.name_en, room.level, room.beds, room.latitude, room.longitude) == ("의료원", "Centre", "C", 15, 37.5, 127.0)
    assert room.abilities == {"trauma", "isolation"}


def test_a_column_under_both_its_names_counts_by_its_own() -> None:
    ((room,), _left_out) = parse_directory("hpid,dutyName,dutyEmcls,dutyEmclsName,wgs84Lat,wgs84Lon\nSIM-A,x,C,지역,37,127\n", "x")
    assert room.level == "C"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_an_imported_directory_is_the_one_in_use(tmp_path: Path, encoding: str) -> None:
    source, inside = tmp_path / "portal.csv", tmp_path / "var" / "emergency_rooms.csv"
    text = 'hpid,name_ko,class,dutyTel1,lon,lat,marks\r\nA1100052,"의료원, 본원",C,02-1,127.0,37.5,trauma\r\n,없음,,,,,\r\n'
    source.write_bytes(text.encode(encoding))
    assert import_directory(source, inside) == (1, 1)
    (room,) = read_directory(inside)
    assert (room.hpid, room.name, room.level, room.phone) == ("A1100052", "의료원, 본원", "C", "02-1")
    assert inside.read_text(encoding="utf-8").splitlines()[0].split(",") == list(COLUMNS)
    # What was written is read again without loss.
    assert import_directory(inside, tmp_path / "again.csv") == (1, 0)
    assert (tmp_path / "again.csv").read_bytes() == inside.read_bytes()


@pytest.mark.parametrize("content", [HEAD.encode() + b"SIM-A,x,91,0,,\n", b"\xff\xfe\x00\x81", None])
def test_a_directory_that_is_wrong_leaves_the_one_in_use(tmp_path: Path, content: bytes | None) -> None:
    source, inside = tmp_path / "portal.csv", tmp_path / "emergency_rooms.csv"
    inside.write_text(HEAD + "SIM-A,x,37,127,,\n")
    before = inside.read_bytes()
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(DirectoryError, match=r"portal\.csv"):
        import_directory(source, inside)
    assert inside.read_bytes() == before


def test_a_directory_in_use_that_is_damaged_is_not_replaced_by_the_one_that_ships(tmp_path: Path) -> None:
    inside = tmp_path / "emergency_rooms.csv"
    inside.write_bytes(b"\xff\xff")
    with pytest.raises(DirectoryError, match="cannot be read"):
        read_directory(inside)


def test_the_directory_that_ships_is_sound(tmp_path: Path) -> None:
    rooms, left_out = parse_directory(SHIPPED.read_text(encoding="utf-8"), SHIPPED.name)
    assert (len(rooms), left_out) == (14, 0)
    assert read_directory(tmp_path / "missing.csv") == rooms
    for room in rooms:
        assert room.name_en
        assert room.level in {"A", "C", "D"}
        # All of them in or about Seoul.
        assert 37.2 < room.latitude < 37.8
        assert 126.6 < room.longitude < 127.4


def test_a_directory_is_read_once_for_each_of_its_versions_and_none_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, reads = tmp_path / "emergency_rooms.csv", []
    read_text = Path.read_text

    def counted(path: Path, **how: str) -> str:
        reads.append(path)
        return read_text(path, **how)

    def names() -> list[str]:
        return [room.name for room in read_directory(inside)]

    monkeypatch.setattr(Path, "read_text", counted)
    rooms = read_directory(SHIPPED)
    # Another of the same length: put in place, written over, and written over with its time set back.
    write_directory([replace(rooms[0], name="AAAA")], inside)
    assert names() == names() == ["AAAA"]
    write_directory([replace(rooms[0], name="BBBB")], inside)
    assert names() == names() == ["BBBB"]
    time.sleep(0.05)
    before = inside.stat()
    inside.write_bytes(inside.read_bytes().replace(b"BBBB", b"CCCC"))
    os.utime(inside, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert names() == names() == ["CCCC"]
    assert reads.count(inside) == 3
    inside.write_text("nonsense", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(DirectoryError):
            read_directory(inside)
    inside.unlink()
    assert read_directory(inside) == rooms


def test_who_changes_the_list_changes_nobody_else_s(tmp_path: Path) -> None:
    read_directory(SHIPPED).clear()
    assert read_directory(SHIPPED)
