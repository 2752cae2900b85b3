"""What the status board says, from the responses of its service as they are; what is wrong is named and changes nothing."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.dispatch.status_board import ABILITIES, Board, Notice, Status, import_board, read_board, told
from edge_app.errors import DirectoryError

AT = 1_760_000_000_000
# 2025-10-06 20:14:05 in Korea.
ENTERED_MS = 1_759_749_245_000


def response(*items: dict[str, str], code: str = "00", word: str = "NORMAL SERVICE.") -> bytes:
    rows = "".join(f"<item>{''.join(f'<{key}>{value}</{key}>' for key, value in item.items())}</item>" for item in items)
    return (
        f"<?xml version='1.0' encoding='UTF-8'?><response><header><resultCode>{code}</resultCode><resultMsg>{word}</resultMsg></header>"
        f"<body><items>{rows}</items></body></response>"
    ).encode()


def as_json(*items: dict[str, str]) -> bytes:
    body = {"items": {"item": list(items) if len(items) != 1 else items[0]} if items else ""}
    return json.dumps({"response": {"header": {"resultCode": "00"}, "body": body}}).encode()


BEDS = {"hpid": "A1100008", "hvec": "-3", "hvccc": "2", "hvctayn": "Y", "hvventiayn": "N", "hvidate": "20251006201405"}
ABLE = {"hpid": "A1100008", "MKioskTy1": "Y", "MKioskTy5": "N", "MKioskTy15": "정보미제공"}
NOTICE = {
    "hpid": "A1100008", "symBlkMsg": "흉부외과 전문의 부재로 시술 불가", "symBlkMsgTyp": "중증", "symTypCod": "Y0041",
    "symBlkSttDtm": "20251006180000", "symBlkEndDtm": "20251007090000",
}  # fmt: skip


@pytest.mark.parametrize("form", [response, as_json])
def test_beds_abilities_and_notices_are_read_in_both_forms(form: object) -> None:
    assert callable(form)
    board = Board()
    for item in (BEDS, ABLE, NOTICE):
        board = told(form(item), "x", board, AT)
    status = board.rooms["A1100008"]
    assert (status.beds, status.has, status.entered_ms) == ({"O001": -3, "O016": 2}, {"O027": True, "O030": False}, ENTERED_MS)
    assert status.able == {"Y0010": True, "Y0041": False}
    hour = 3_600_000
    assert status.notices == (
        Notice(
            text="흉부외과 전문의 부재로 시술 불가",
            about="Y0041",
            from_ms=ENTERED_MS - 2 * hour - 14 * 60_000 - 5_000,
            until_ms=ENTERED_MS + 13 * hour - 14 * 60_000 - 5_000,
        ),
    )
    assert status.notices[0].holds(ENTERED_MS)
    assert not status.notices[0].holds(ENTERED_MS + 13 * hour)
    assert (status.available("O001"), status.available("O016"), status.available("O027"), status.available("Y0041")) == (
        False, True, True, False,
    )  # fmt: skip
    # What the board does not say is not known, which is neither.
    assert (status.available("O017"), status.available("Y0100")) == (None, None)


def test_names_in_lower_case_are_the_same_names() -> None:
    lower = {key.lower(): value for key, value in ABLE.items()}
    assert told(response(lower), "x", Board(), AT) == told(response(ABLE), "x", Board(), AT)


def test_all_abilities_are_numbered_as_the_service_does() -> None:
    everything = {"hpid": "A1100001", **{f"MKioskTy{number}": "Y" for number in range(1, 29)}}
    assert set(told(response(everything), "x", Board(), AT).rooms["A1100001"].able) == set(ABILITIES)
    assert len(ABILITIES) == 27


def test_a_later_response_replaces_what_it_speaks_of_and_nothing_else() -> None:
    board = told(response(NOTICE, {**NOTICE, "symBlkMsg": "야간 내시경 불가"}), "x", told(response(BEDS), "x", Board(), AT), AT)
    assert [notice.text for notice in board.rooms["A1100008"].notices] == ["흉부외과 전문의 부재로 시술 불가", "야간 내시경 불가"]
    later = told(response({**BEDS, "hvec": "4"}), "x", board, AT + 1)
    assert later.rooms["A1100008"].beds["O001"] == 4
    assert later.rooms["A1100008"].notices == board.rooms["A1100008"].notices
    assert len(told(response(NOTICE), "x", later, AT + 2).rooms["A1100008"].notices) == 1


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "no response"),
        (b"<html><body>Bad gateway</body></html>", "refused"),
        (b"<response>", "no response"),
        (b"[1, 2]", "no response"),
        (b'{"response": {"header": {}}}', "no response"),
        (response(code="30", word="SERVICE KEY IS NOT REGISTERED ERROR."), "SERVICE KEY IS NOT REGISTERED"),
        (response({**BEDS, "hvec": "many"}), "a number of beds is none"),
        (response({**BEDS, "hvidate": "yesterday"}), "'yesterday' is no time"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><response><header><resultCode>&a;</resultCode></header></response>', "no response"),
    ],
)
def test_what_is_wrong_is_named_and_changes_nothing(tmp_path: Path, content: bytes, word: str) -> None:
    (tmp_path / "beds.xml").write_bytes(response(BEDS))
    import_board([tmp_path / "beds.xml"], tmp_path / "status.json", AT)
    before = (tmp_path / "status.json").read_bytes()
    (tmp_path / "answer").write_bytes(content)
    with pytest.raises(DirectoryError, match=word) as caught:
        import_board([tmp_path / "answer"], tmp_path / "status.json", AT)
    assert "answer" in str(caught.value)
    assert (tmp_path / "status.json").read_bytes() == before


@given(st.binary(max_size=300))
def test_noise_is_refused(content: bytes) -> None:
    with pytest.raises(DirectoryError):
        told(content, "x", Board(), AT)


def test_what_was_imported_is_read_again_and_nothing_imported_is_nothing_known(tmp_path: Path) -> None:
    assert read_board(tmp_path / "status.json") == Board()
    (tmp_path / "a.xml").write_bytes(response(BEDS, {"hpid": "", "hvec": "9"}))
    (tmp_path / "b.json").write_bytes(as_json(NOTICE))
    assert import_board([tmp_path / "a.xml", tmp_path / "b.json"], tmp_path / "new" / "status.json", AT) == 1
    assert read_board(tmp_path / "new" / "status.json").rooms["A1100008"].notices
    (tmp_path / "status.json").write_text("{}}")
    with pytest.raises(DirectoryError, match=r"status\.json"):
        read_board(tmp_path / "status.json")
    with pytest.raises(DirectoryError, match="cannot be read"):
        import_board([tmp_path / "not-there"], tmp_path / "new" / "status.json", AT)
    assert Status().available("O001") is None
