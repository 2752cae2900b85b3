"""Settings are closed: what is not known, out of range or not TOML is an error that names file, line and key."""

from pathlib import Path

import pytest

from edge_app.config import Settings, load_room_settings, load_settings
from edge_app.errors import ConfigError, Who

WRONG = {
    "unknown key": ("\n\ncolour = 'red'\n", 3, "colour", "Extra inputs"),
    "misspelt key in a table": ("[kiosk]\nport = 8080\n\n[dicom]\n# a comment\nprot = 104\n", 6, "dicom.prot", "Extra inputs"),
    "unknown table": ("[unit]\nid = 'a'\n[kisok]\nport = 1\n", 3, "kisok", "Extra inputs"),
    "same key in two tables": ("[kiosk]\nport = 80\n[dicom]\nport = 70000\n", 4, "dicom.port", "65535"),
    "out of range": ("[dispatch]\nask = 9\n", 2, "dispatch.ask", "6"),
    "not a number": ("[position]\nlatitude = nan\n", 2, "position.latitude", ""),
    "endless": ("[dispatch]\nspeed_kmh = inf\n", 2, "dispatch.speed_kmh", "150"),
    "wrong kind": ("[broker]\nport = 'often'\n", 2, "broker.port", "integer"),
    "no such choice": ("[broker]\nkind = 'carrier pigeon'\n", 2, "broker.kind", "embedded"),
    "a person's name as the unit": ("[unit]\nid = 'Kim Minsu'\n", 2, "unit.id", "pattern"),
    "nothing as a host": ("[broker]\nhost = ''\n", 2, "broker.host", "at least 1"),
    "dotted key": ("dispatch.ask = 0\n", 1, "dispatch.ask", "1"),
    "table in a line": ("\nunit = { id = 'UPPER' }\n", 2, "unit.id", "pattern"),
    "no such policy": ("[dispatch]\npolicy = 'somebody'\n", 2, "dispatch.policy", "control_room"),
    "one hospital, and which": (
        "[unit]\nid = 'a'\n[dispatch]\npolicy = 'single'\n",
        3,
        "dispatch.destination",
        'needed with policy = "single"',
    ),
    "one hospital that cannot be": ("[dispatch]\npolicy = 'single'\ndestination = 'A12'\n", 3, "dispatch.destination", "pattern"),
    "no number of the control room": ("[dispatch]\npolicy = 'control_room'\n", 1, "dispatch.control_room_phone", "needed with policy"),
    "no telephone number": ("[dispatch]\ncontrol_room_phone = '119;rm'\n", 2, "dispatch.control_room_phone", "pattern"),
    "no address of a router": ("[dispatch]\nosrm = '127.0.0.1:5000'\n", 2, "dispatch.osrm", "http://127.0.0.1:5000"),
    "missing key of a table": ("[unit]\nid = 'a'\n[kiosk]\nlanguage = 'en'\n", 3, "kiosk.port", "required"),
}


@pytest.mark.parametrize(("text", "line", "key", "word"), WRONG.values(), ids=WRONG.keys())
def test_every_wrong_setting_is_named(tmp_path: Path, text: str, line: int, key: str, word: str) -> None:
    file = tmp_path / "box.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_settings(file)
    assert str(caught.value).startswith(f"{file}, line {line}, key {key}: ")
    assert word in str(caught.value)
    assert caught.value.who is Who.TECHNICIAN


@pytest.mark.parametrize(
    "address",
    ["ftp://host", "http://", "http://:5000", "http://host:0", "http://host:99999", "http://[::1", "file:///etc/passwd", "http://a b", ""]
    + [f"http://host:5000/{rest}" for rest in ("?x=1", "#x", "\u00a0", "a\\nb")]
    + ["http://user:secret@host:5000"],
)
def test_what_is_no_plain_address_is_no_router(tmp_path: Path, address: str) -> None:
    file = tmp_path / "box.toml"
    file.write_text(f'[dispatch]\nosrm = "{address}"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"line 2, key dispatch\.osrm: "):
        load_settings(file)


def test_who_chooses_and_by_what_way_is_set(tmp_path: Path) -> None:
    file = tmp_path / "box.toml"
    file.write_text("[dispatch]\nosrm = 'https://[::1]:5000/osrm/'\npolicy = 'control_room'\ncontrol_room_phone = '+82-2-119'\n")
    dispatch = load_settings(file).dispatch
    assert (dispatch.osrm, dispatch.policy, dispatch.control_room_phone) == ("https://[::1]:5000/osrm", "control_room", "+82-2-119")
    file.write_text("[dispatch]\ndestination = 'A1100052'\npolicy = 'single'\n")
    assert load_settings(file).dispatch.destination == "A1100052"
    assert (Settings().dispatch.policy, Settings().dispatch.osrm) == ("nearest", None)


def test_what_is_not_toml_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "box.toml"
    file.write_text("[unit]\nid = \n")
    with pytest.raises(ConfigError, match=r"box\.toml: not TOML: .*line 2"):
        load_settings(file)


@pytest.mark.parametrize("content", [None, b"[unit]\nname = '\xff'\n"])
def test_what_cannot_be_read_is_no_default(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "box.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(file)


def test_settings_say_where_things_lie(tmp_path: Path) -> None:
    file = tmp_path / "box.toml"
    file.write_text(f"var = '{tmp_path}'\n[kiosk]\nport = 8085\nlanguage = 'en'\n")
    settings = load_settings(file)
    assert (settings.kiosk.port, settings.kiosk.language, settings.kiosk.host) == (8085, "en", "127.0.0.1")
    assert settings.incoming_folder == tmp_path / "drop"
    assert settings.casebook_folder == tmp_path / "casebook"
    assert settings.directory_file == tmp_path / "emergency_rooms.csv"
    assert settings.heartbeat_folder == tmp_path / "run"


def test_without_a_file_all_is_default_and_only_this_machine_is_served() -> None:
    settings = load_settings(None)
    assert settings == Settings()
    assert {settings.dicom.host, settings.kiosk.host, settings.broker.host} == {"127.0.0.1"}


@pytest.mark.parametrize("hpid", ["A1100017", "SIM-EAST"])
def test_an_emergency_room_is_keyed_by_its_hpid(tmp_path: Path, hpid: str) -> None:
    file = tmp_path / "room.toml"
    file.write_text(f"var = 'x'\nname = 'East'\nhpid = '{hpid}'\n")
    assert load_room_settings(file).hpid == hpid


@pytest.mark.parametrize("hpid", ["A110001", "A110001７", "A1100017\\n", "sim-east", ""])
def test_what_is_no_hpid_is_refused(tmp_path: Path, hpid: str) -> None:
    file = tmp_path / "room.toml"
    file.write_text(f'var = "x"\nname = "East"\nhpid = "{hpid}"\n')
    with pytest.raises(ConfigError, match="line 3, key hpid"):
        load_room_settings(file)
