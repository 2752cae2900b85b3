"""What Korea's emergency-room board says of each hospital, as far as the box was told: free beds, abilities, notices, each with its age.

The box has no network: responses of the open service of the National Emergency Medical Center (data.go.kr, ErmctInfoInqireService), in XML
or JSON, come as files. Codes are the board's own. A free bed is a hint and an answer the truth, so nothing here refuses a hospital.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from pydantic import BaseModel, ConfigDict, ValidationError

from edge_app.errors import DirectoryError
from edge_app.files import version_of, write_durably

EMERGENCY_BEDS = "O001"
BEDS = {
    "hvec": EMERGENCY_BEDS,
    "hvoc": "O022",
    "hvcc": "O011",
    "hvncc": "O008",
    "hvccc": "O016",
    "hvicc": "O017",
}
"""Fields of the live beds and the code of what they count; a negative count is that of patients over capacity."""
EQUIPMENT = {"hvctayn": "O027", "hvmriayn": "O028", "hvangioayn": "O029", "hvventiayn": "O030"}
ABILITIES = (
    "Y0010", "Y0020", "Y0031", "Y0032", "Y0041", "Y0042", "Y0051", "Y0052", "Y0060", "Y0070", "Y0081", "Y0082", "Y0091", "Y0092",
    "Y0100", "Y0111", "Y0112", "Y0113", "Y0120", "Y0131", "Y0132", "Y0141", "Y0142", "Y0150", "Y0160", "Y0171", "Y0172",
)  # fmt: skip
"""The severe diseases in the order in which the service numbers them, from MKioskTy1 on."""
_KOREA = timezone(timedelta(hours=9))
_SAYS = {"Y": True, "N": False, "N1": False}
_LONGEST = 500


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Notice(_Stored):
    """A sentence that a hospital put on the board, as it stands. ``about`` is the code of what it restricts."""

    text: str
    about: str | None = None
    from_ms: int | None = None
    until_ms: int | None = None

    def holds(self, at_ms: int) -> bool:
        """Whether it is in force then."""
        return (self.from_ms is None or self.from_ms <= at_ms) and (self.until_ms is None or at_ms < self.until_ms)


class Status(_Stored):
    """One hospital. ``beds`` and ``has`` are as of ``entered_ms``, ``able`` and ``notices`` as of the file that was read at ``told_ms``.

    What the board says nothing of is in none of them.
    """

    beds: dict[str, int] = {}
    has: dict[str, bool] = {}
    entered_ms: int | None = None
    able: dict[str, bool] = {}
    notices: tuple[Notice, ...] = ()
    told_ms: int = 0

    def available(self, code: str) -> bool | None:
        """Whether it has what the code names; None where the board does not say."""
        if code in self.beds:
            return self.beds[code] > 0
        return self.has.get(code, self.able.get(code))


class Board(_Stored):
    """All hospitals that the board says something of, by ``hpid``."""

    rooms: dict[str, Status] = {}

    @property
    def told_ms(self) -> int | None:
        """When the box was last told anything of the board; None where it never was."""
        return max((status.told_ms for status in self.rooms.values()), default=None)


def _items(content: bytes, name: str) -> Iterator[dict[str, str]]:
    """The items of a response, names in lower case as some clients write them. DirectoryError where it is none."""
    try:
        if content.lstrip().startswith(b"<"):
            root = fromstring(content)
            code, word = root.findtext(".//resultCode"), root.findtext(".//resultMsg") or root.findtext(".//returnAuthMsg")
            found = [{child.tag.lower(): child.text or "" for child in item} for item in root.iter("item")]
        else:
            response = json.loads(content)["response"]
            code, word = response["header"]["resultCode"], response["header"].get("resultMsg")
            items = (response["body"].get("items") or {}).get("item", [])
            found = [
                {key.lower(): "" if value is None else str(value) for key, value in item.items()}
                for item in (items if isinstance(items, list) else [items])
            ]
    except (ParseError, DefusedXmlException, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DirectoryError(f"{name}: no response of the emergency-room service: {type(error).__name__}") from error
    if code != "00":
        raise DirectoryError(f"{name}: the service refused: {word or code}")
    yield from ({key: value.strip() for key, value in item.items()} for item in found)


def _instant(text: str, name: str) -> int | None:
    """Korean local time as YYYYMMDDhhmmss in milliseconds since 1970; None where it is empty. DirectoryError where it is none."""
    if not text:
        return None
    try:
        return int(datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=_KOREA).astimezone(UTC).timestamp() * 1000)
    except ValueError:
        raise DirectoryError(f"{name}: {text!r} is no time") from None


def _beds(item: Mapping[str, str], known: Status, name: str) -> Status:
    try:
        beds = {code: int(item[field]) for field, code in BEDS.items() if item.get(field)}
    except ValueError:
        raise DirectoryError(f"{name}: {item.get('hpid')}: a number of beds is none") from None
    has = {code: _SAYS[item[field]] for field, code in EQUIPMENT.items() if item.get(field) in _SAYS}
    return known.model_copy(update={"beds": beds, "has": has, "entered_ms": _instant(item.get("hvidate", ""), name)})


def _able(item: Mapping[str, str], known: Status) -> Status:
    said = ((code, item.get(f"mkioskty{number}", "")) for number, code in enumerate(ABILITIES, start=1))
    return known.model_copy(update={"able": {code: _SAYS[word] for code, word in said if word in _SAYS}})


def _notice(item: Mapping[str, str], name: str) -> Notice:
    starts, ends = (_instant(item.get(field, ""), name) for field in ("symblksttdtm", "symblkenddtm"))
    return Notice(text=item["symblkmsg"][:_LONGEST], about=item.get("symtypcod") or None, from_ms=starts, until_ms=ends)


def told(content: bytes, name: str, board: Board, at_ms: int) -> Board:
    """The board with what one response says: of the hospitals in it, what it says replaces what was known of that before.

    Raises:
        DirectoryError: it is no response of the service, the service refused, or a value in it is wrong.
    """
    rooms = dict(board.rooms)
    renewed: set[str] = set()
    for item in _items(content, name):
        hpid = item.get("hpid", "")
        if not hpid:
            continue
        known = rooms.get(hpid, Status()).model_copy(update={"told_ms": at_ms})
        if "symblkmsg" in item:
            before = known.notices if hpid in renewed else ()
            known = known.model_copy(update={"notices": (*before, _notice(item, name))})
            renewed.add(hpid)
        elif "mkioskty1" in item:
            known = _able(item, known)
        else:
            known = _beds(item, known, name)
        rooms[hpid] = known
    return Board(rooms=rooms)


def import_board(files: Sequence[Path], destination: Path, at_ms: int) -> int:
    """Read responses and put what they say in use; returns of how many hospitals the board now says something.

    Raises:
        DirectoryError: as ``told``, or a file cannot be read.
    """
    board = read_board(destination)
    for file in files:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise DirectoryError(f"{file.name} cannot be read: {error.strerror}") from error
        board = told(content, file.name, board, at_ms)
    destination.parent.mkdir(parents=True, exist_ok=True)
    write_durably(destination, board.model_dump_json().encode())
    return len(board.rooms)


def read_board(path: Path) -> Board:
    """The board in use; an empty one where none was imported. DirectoryError where it cannot be read."""
    if not path.is_file():
        return Board()
    try:
        return _unchanged(path, version_of(path))
    except (OSError, ValidationError) as error:
        raise DirectoryError(f"{path.name} cannot be read: {type(error).__name__}") from error


@lru_cache(maxsize=4)
def _unchanged(path: Path, _version: tuple[int, ...]) -> Board:
    """The board in a file, read once for each version of it."""
    return Board.model_validate_json(path.read_bytes())
