"""The box's and an emergency room's settings: closed, typed, from TOML. An unknown key is an error with file, line and key."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from edge_app.errors import ConfigError

Port = Annotated[int, Field(ge=1, le=65535)]
Host = Annotated[str, Field(min_length=1)]
Language = Literal["ko", "en"]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Hpid = Annotated[str, Field(pattern=r"^(A[0-9]{7}|SIM-[A-Z0-9-]{1,24})$")]
Phone = Annotated[str, Field(pattern=r"^\+?[0-9](-?[0-9]){1,18}$")]
PolicyName = Literal["nearest", "crew", "single", "control_room"]
REPOSITORY = Path(__file__).resolve().parent.parent


def _web_address(text: str) -> str:
    """The address without a slash at its end. ValueError where it is no plain http or https address of a server."""
    parts = urlsplit(text)
    plain = re.fullmatch(r"https?://[!-~]+", text) and not (parts.query or parts.fragment or "@" in parts.netloc or parts.port == 0)
    if not plain or not parts.hostname:
        raise ValueError("an address such as http://127.0.0.1:5000 is expected")
    return text.rstrip("/")


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Unit(_Closed):
    """Who this box is on the link. ``id`` is part of topic names, so it names the vehicle and never a person."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")] = "unit-1"
    name: Annotated[str, Field(min_length=1, max_length=40)] = "Unit 1"


class Dicom(_Closed):
    """The DICOM door."""

    host: Host = "127.0.0.1"
    port: Port = 11112
    ae_title: Annotated[str, Field(pattern=r"^[\x21-\x5b\x5d-\x7e]{1,16}$")] = "EDGE"


class Web(_Closed):
    """A screen's HTTP server."""

    host: Host = "127.0.0.1"
    port: Port
    language: Language = "ko"


class SignIn(_Closed):
    """How long somebody stays signed in: ``idle_s`` after the last touch, ``longest_s`` in all."""

    idle_s: Annotated[int, Field(ge=60, le=86_400)] = 900
    longest_s: Annotated[int, Field(ge=600, le=604_800)] = 43_200


class Broker(_Closed):
    """The MQTT broker. ``embedded`` is the demo's own, which keeps nothing over a restart."""

    host: Host = "127.0.0.1"
    port: Port = 1883
    kind: Literal["external", "embedded"] = "external"


class Position(_Closed):
    """Where the box is: from gpsd where ``gpsd_port`` is set and has a fix, else these coordinates."""

    latitude: Latitude = 37.5665
    longitude: Longitude = 126.9780
    gpsd_host: Host = "127.0.0.1"
    gpsd_port: Port | None = None


class Dispatch(_Closed):
    """How emergency rooms are chosen, and by whom (``policy``, see ``dispatch/policy.py``).

    Travel time is asked of the router at ``osrm``, where the site runs one (OSRM's HTTP API, profile "driving"). What that does not say
    is great circle × ``detour_factor`` ÷ ``speed_kmh`` and shown as an estimate.

    ``destination`` is the one hospital of the policy "single", ``control_room_phone`` the number that is called to choose one.

    ``ask`` are asked at once, and as many are kept asked; who has it on its screen is reminded after ``remind_after_s`` without an answer.
    After every ``no_answer_after_s`` one more is asked, up to ``ask_at_most``, and after ``expire_after_s`` nobody waits for that one.
    ``ring_for_s`` after the first was asked, nobody further is asked by the box alone: after a day without power that helps no patient.
    """

    policy: PolicyName = "nearest"
    destination: Annotated[Hpid | None, Field(validate_default=True)] = None
    control_room_phone: Annotated[Phone | None, Field(validate_default=True)] = None
    osrm: Annotated[str, AfterValidator(_web_address)] | None = None
    ask: Annotated[int, Field(ge=1, le=6)] = 3
    ask_at_most: Annotated[int, Field(ge=1, le=30)] = 9
    detour_factor: Annotated[float, Field(ge=1.0, le=3.0)] = 1.35
    speed_kmh: Annotated[float, Field(gt=0, le=150)] = 32.0
    remind_after_s: Annotated[int, Field(ge=5, le=3600)] = 30
    no_answer_after_s: Annotated[int, Field(ge=10, le=3600)] = 60
    expire_after_s: Annotated[int, Field(ge=30, le=86_400)] = 600
    ring_for_s: Annotated[int, Field(ge=60, le=86_400)] = 3600

    @field_validator("destination", "control_room_phone")
    @classmethod
    def _given_where_needed(cls, value: str | None, field: ValidationInfo) -> str | None:
        needs: dict[str, PolicyName] = {"destination": "single", "control_room_phone": "control_room"}
        policy = needs[field.field_name or ""]
        if value is None and field.data.get("policy") == policy:
            raise ValueError(f'needed with policy = "{policy}"')
        return value


class Reading(_Closed):
    """How pictures are read. ``threads`` None lets the runtimes choose."""

    protocol: Literal["auto", "chest", "tuberculosis", "neonatal_rds", "nasal_bone", "limb_fracture", "swallow", "spine"] = "auto"
    threads: Annotated[int, Field(ge=1, le=64)] | None = None


class Tuberculosis(_Closed):
    """How people are screened for tuberculosis.

    ``threshold`` is the probability from which somebody is called, where the site has chosen one of its own; None takes the card's.
    ``prevalence_per_1000`` is an assumption: how many of a thousand people who are screened have it. Five in a thousand is where WHO
    begins to recommend that a population be screened at all (consolidated guidelines on tuberculosis, module 2: screening, 2021).
    """

    threshold: Annotated[float, Field(gt=0, lt=1)] | None = None
    prevalence_per_1000: Annotated[float, Field(gt=0, lt=1000)] = 5.0


class Triage(_Closed):
    """How urgency is judged. ``rules`` names the site's own rules file, which goes over the one that ships."""

    rules: Path | None = None


class Settings(_Closed):
    """All settings of a box."""

    var: Path = REPOSITORY / "var"
    drop_folder: Path | None = None
    unit: Unit = Unit()
    dicom: Dicom = Dicom()
    kiosk: Web = Web(port=8080)
    sign_in: SignIn = SignIn()
    broker: Broker = Broker()
    position: Position = Position()
    dispatch: Dispatch = Dispatch()
    reading: Reading = Reading()
    tuberculosis: Tuberculosis = Tuberculosis()
    triage: Triage = Triage()

    @property
    def casebook_folder(self) -> Path:
        """Where the casebook lives."""
        return self.var / "casebook"

    @property
    def heartbeat_folder(self) -> Path:
        """Where services say that they live."""
        return self.var / "run"

    @property
    def incoming_folder(self) -> Path:
        """The drop folder."""
        return self.drop_folder or self.var / "drop"

    @property
    def directory_file(self) -> Path:
        """The directory of emergency rooms that ``edge rooms import`` writes; the one that ships is used where it is missing."""
        return self.var / "emergency_rooms.csv"

    @property
    def board_file(self) -> Path:
        """What the status board said last, as ``edge rooms status`` writes it."""
        return self.var / "emergency_status.json"


class RoomSettings(_Closed):
    """All settings of one emergency room's console."""

    var: Path
    hpid: Hpid
    name: str
    broker: Broker = Broker()
    console: Web = Web(port=8090)
    sign_in: SignIn = SignIn()


_Model = TypeVar("_Model", Settings, RoomSettings)


def _line_of(text: str, location: tuple[str | int, ...]) -> int:
    """The line a key stands on; that of its table where it cannot be found, else the first."""
    *table, key = [str(part) for part in location]
    section = ""
    nearest = 1
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*\[([^\[\]]+)\]", line)
        if header:
            section = header.group(1).strip()
        assigned = re.match(r"\s*([\w.-]+)\s*=", line)
        if assigned and [*filter(None, section.split(".")), *assigned.group(1).split(".")] == [*table, key]:
            return number
        if header and section.split(".") == [*table, key]:
            return number
        if (header and section.split(".") == table) or (assigned and not section and [assigned.group(1)] == table):
            nearest = number
    return nearest


def _load(model: type[_Model], path: Path) -> _Model:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path}, line {_line_of(text, first['loc'])}, key {key}: {first['msg']}") from None


def load_settings(path: Path | None) -> Settings:
    """The box's settings from a TOML file; all defaults where ``path`` is None. ConfigError names file, line and key."""
    return Settings() if path is None else _load(Settings, path)


def load_room_settings(path: Path) -> RoomSettings:
    """An emergency room's settings from a TOML file. ConfigError names file, line and key."""
    return _load(RoomSettings, path)
