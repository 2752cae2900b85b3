"""The directory of emergency rooms.

Field names are those of Korea's public emergency-institution data: ``hpid`` (A and seven digits), ``dutyName``, ``dutyEmcls``,
``dutyTel1``, ``dutyTel3``, ``wgs84Lat``, ``wgs84Lon``, ``dutyEryn``. ``hvec_total`` is the number of emergency beds and
``abilities`` a list separated by semicolons.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from edge_app.errors import DirectoryError
from edge_app.files import version_of, write_durably

SHIPPED = Path(__file__).parent / "emergency_rooms.csv"
COLUMNS = (
    "hpid",
    "dutyName",
    "dutyNameEn",
    "dutyEmcls",
    "dutyTel1",
    "dutyTel3",
    "wgs84Lat",
    "wgs84Lon",
    "dutyEryn",
    "hvec_total",
    "abilities",
)
REQUIRED = ("hpid", "dutyName", "wgs84Lat", "wgs84Lon")
# Headers seen in exports of the same data, and what they are called here.
ALIASES = {
    "name_ko": "dutyName",
    "name_en": "dutyNameEn",
    "class": "dutyEmcls",
    "lat": "wgs84Lat",
    "lon": "wgs84Lon",
    "er_beds_total": "hvec_total",
    "marks": "abilities",
    "dutyEmclsName": "dutyEmcls",
}
_HPID = re.compile(r"A[0-9]{7}|SIM-[A-Z0-9-]{1,24}")


@dataclass(frozen=True)
class EmergencyRoom:
    """One emergency room of the directory. ``level``: A regional centre, C local centre, D local institution."""

    hpid: str
    name: str
    name_en: str | None
    level: str | None
    phone: str | None
    latitude: float
    longitude: float
    beds: int | None
    abilities: frozenset[str]


def _number(text: str, low: float, high: float) -> float:
    value = float(text)
    if not low <= value <= high:
        raise ValueError(f"{value} is not between {low} and {high}")
    return value


def _room(row: dict[str, str], where: str) -> EmergencyRoom:
    column = "hpid"
    try:
        hpid = row["hpid"]
        if not _HPID.fullmatch(hpid):
            raise ValueError(f"{hpid!r} is neither A and seven digits nor SIM-…")
        column = "dutyName"
        if not row["dutyName"]:
            raise ValueError("empty")
        column = "wgs84Lat"
        latitude = _number(row["wgs84Lat"], -90, 90)
        column = "wgs84Lon"
        longitude = _number(row["wgs84Lon"], -180, 180)
        column = "hvec_total"
        beds = int(_number(row["hvec_total"], 0, 10_000)) if row.get("hvec_total") else None
    except ValueError as error:
        raise DirectoryError(f"{where}, column {column}: {error}") from None
    return EmergencyRoom(
        hpid,
        row["dutyName"],
        row.get("dutyNameEn") or None,
        row.get("dutyEmcls") or None,
        row.get("dutyTel3") or row.get("dutyTel1") or None,
        latitude,
        longitude,
        beds,
        frozenset(filter(None, (row.get("abilities") or "").split(";"))),
    )


def parse_directory(text: str, name: str) -> tuple[list[EmergencyRoom], int]:
    """Read a directory. Rooms without an ``hpid``, and those whose emergency room does not run, are left out and counted.

    Raises:
        DirectoryError: a column is missing or a value wrong; the message names file, line and column.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    try:
        return _parse(reader, name)
    except csv.Error as error:
        raise DirectoryError(f"{name}, line {reader.line_num}: not CSV: {error}") from None


def _parse(reader: "csv.DictReader[str]", name: str) -> tuple[list[EmergencyRoom], int]:
    headers = [header.strip() for header in reader.fieldnames or []]
    # A file may hold a column under both names: then its own name counts.
    names = [alias if (alias := ALIASES.get(header, header)) not in headers else header for header in headers]
    missing = [column for column in REQUIRED if column not in names]
    if missing:
        raise DirectoryError(f"{name}, line 1: no column {', '.join(missing)}")
    reader.fieldnames = names
    rooms: dict[str, EmergencyRoom] = {}
    left_out = 0
    for row in reader:
        where = f"{name}, line {reader.line_num}"
        values = {key: (value or "").strip() for key, value in row.items() if key is not None}
        if not values["hpid"] or values.get("dutyEryn") == "2":
            left_out += 1
            continue
        room = _room(values, where)
        if room.hpid in rooms:
            raise DirectoryError(f"{where}, column hpid: {room.hpid} stands twice")
        rooms[room.hpid] = room
    if not rooms:
        raise DirectoryError(f"{name}: no emergency room in it")
    return list(rooms.values()), left_out


def read_directory(path: Path) -> list[EmergencyRoom]:
    """The directory in use: ``path`` where it is there, else the one that ships. DirectoryError where it cannot be read."""
    source = path if path.is_file() else SHIPPED
    try:
        return list(_unchanged(source, version_of(source)))
    except (OSError, UnicodeDecodeError) as error:
        raise DirectoryError(f"{source.name} cannot be read: {error}") from error


@lru_cache(maxsize=4)
def _unchanged(source: Path, _version: tuple[int, ...]) -> tuple[EmergencyRoom, ...]:
    """The directory in a file, read once for each version of it: the box asks every second whether there is somebody else to ask."""
    return tuple(parse_directory(source.read_text(encoding="utf-8"), source.name)[0])


def import_directory(source: Path, destination: Path) -> tuple[int, int]:
    """Check a directory whole and put it in use; returns how many rooms came in and how many rows were left out.

    Raises:
        DirectoryError: as ``parse_directory``, or the file cannot be read.
    """
    try:
        text = source.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        try:
            # The public data portal still hands out files in Korean Windows' code page.
            text = source.read_text(encoding="cp949")
        except UnicodeDecodeError as error:
            raise DirectoryError(f"{source.name}: neither UTF-8 nor CP949") from error
    except OSError as error:
        raise DirectoryError(f"{source.name} cannot be read: {error.strerror}") from error
    rooms, left_out = parse_directory(text, source.name)
    write_directory(rooms, destination)
    return len(rooms), left_out


def write_directory(rooms: Sequence[EmergencyRoom], destination: Path) -> None:
    """Put these emergency rooms in use and no others."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for room in rooms:
        row = (room.hpid, room.name, room.name_en, room.level, "", room.phone, room.latitude, room.longitude, "1", room.beds)
        writer.writerow((*("" if value is None else value for value in row), ";".join(sorted(room.abilities))))
    destination.parent.mkdir(parents=True, exist_ok=True)
    write_durably(destination, out.getvalue().encode())
