"""``./edge rooms``: what is imported is in use, and the list is in the order in which the box would ask."""

from pathlib import Path

import pytest

from edge_app.__main__ import main
from edge_app.stage import free_port
from tests.edge_app.dispatch.router import patiently, running, says, table
from tests.edge_app.dispatch.test_status_board import BEDS, NOTICE, response

DIRECTORY = "hpid,dutyName,wgs84Lat,wgs84Lon\nA1100008,near,37.5665,126.99\nSIM-FAR,far,37.5665,127.01\n"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    file = tmp_path / "box.toml"
    file.write_text(f'var = "{tmp_path}"\n')
    return file


def rooms(settings: Path, *arguments: object) -> int:
    return main(["rooms", "--settings", str(settings), *map(str, arguments)])


def test_the_board_changes_the_order_and_its_words_stand_beside_it(
    settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = tmp_path / "rooms.csv"
    directory.write_text(DIRECTORY)
    assert rooms(settings, "import", directory) == 0
    assert rooms(settings, "list") == 0
    listed = capsys.readouterr().out
    assert listed.index("near") < listed.index("far")
    (tmp_path / "beds.xml").write_bytes(response(BEDS, {**BEDS, "hpid": "SIM-FAR", "hvec": "7"}))
    (tmp_path / "notices.xml").write_bytes(response({**NOTICE, "symBlkEndDtm": "29991231000000"}))
    assert rooms(settings, "status", tmp_path / "beds.xml", tmp_path / "notices.xml") == 0
    assert rooms(settings, "list") == 0
    listed = capsys.readouterr().out
    assert "2 emergency rooms" in listed
    assert "-3 free emergency beds" in listed
    assert "min ago" in listed
    assert "“흉부외과 전문의 부재로 시술 불가” (Y0041)" in listed


def test_the_list_is_by_road_where_a_router_tells_the_way(
    settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    patiently(monkeypatch)
    directory = tmp_path / "rooms.csv"
    directory.write_text(DIRECTORY)
    rooms(settings, "import", directory)
    with running() as router:
        router.answer = lambda handler, points: says(table(points, {(37.5665, 126.99): 18.0}))(handler, points)
        settings.write_text(f'{settings.read_text()}[dispatch]\nosrm = "{router.base}"\n')
        rooms(settings, "list")
    first, second = capsys.readouterr().out.splitlines()[-2:]
    assert "  4 min (by road)   " in first
    assert "SIM-FAR" in first
    assert " 18 min (by road)   " in second
    settings.write_text(settings.read_text().replace(router.base, f"http://127.0.0.1:{free_port(22600)}"))
    rooms(settings, "list")
    assert capsys.readouterr().out.count("(estimate)") == 2


def test_a_response_that_is_none_is_said_in_one_line(settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.xml").write_text("<html/>")
    assert rooms(settings, "status", tmp_path / "x.xml") == 1
    assert "x.xml" in capsys.readouterr().err
