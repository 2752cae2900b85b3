"""The table of rules: the one that ships, a site's own over it, and every fault of either with file, line and key."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from edge_app.errors import ConfigError
from edge_app.reading.finding import Urgency
from edge_app.triage.conditions import IMAGING, KINDS, Condition, FindingCondition
from edge_app.triage.toml_lines import line_of
from edge_app.triage.vocabulary import FINDINGS, STEPS, Need

SHIPPED = Path(__file__).with_name("rules.toml")
Sentence = Annotated[str, Field(min_length=1, max_length=120)]
RuleName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
_COVERED = ("present", "uncertain")


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Because(_Closed):
    """One sentence for the doctor, in each of the screens' languages."""

    ko: Sentence
    en: Sentence


class _Block(_Closed):
    """One rule as it stands in the file."""

    when: Annotated[tuple[Condition, ...], Field(min_length=1)]
    urgency: Urgency
    needs: tuple[Need, ...] = ()
    because: Because
    source: Annotated[str, Field(min_length=1, max_length=300)]

    @field_validator("needs", mode="before")
    @classmethod
    def _codes(cls, value: object) -> object:
        for code in value if isinstance(value, list) else ():
            if code not in set(Need):
                raise ValueError(f"{code!r} is no code of the status board that is in use here; there are {', '.join(Need)}")
        return value

    @model_validator(mode="after")
    def _looks_at_the_picture(self) -> Self:
        if not any(isinstance(condition, IMAGING) for condition in self.when):
            raise ValueError("no condition on the picture (finding, severity, measurement): vital signs alone are no imaging urgency")
        return self

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        subjects = [condition.subject for condition in self.when]
        for about, name in subjects:
            if subjects.count((about, name)) > 1:
                raise ValueError(f"two conditions on {name}: a worse value could then make the picture less urgent")
        return self


class _File(_Closed):
    rule: dict[RuleName, _Block]


@dataclass(frozen=True)
class Rule:
    """One rule: where all of ``when`` hold, the picture is at least so urgent and the hospital must have ``needs``.

    ``site``: it comes from the site's own file.
    """

    name: str
    when: tuple[Condition, ...]
    urgency: Urgency
    needs: frozenset[Need]
    because: Because
    source: str
    site: bool

    @property
    def validated(self) -> bool:
        """Whether its severity scores and measurements must be validated where a condition does not say otherwise."""
        return STEPS.index(self.urgency) > STEPS.index(Urgency.DELAYED)

    @property
    def plain(self) -> tuple[str, str] | None:
        """The finding and the decision where it asks for nothing else."""
        if len(self.when) == 1 and isinstance(self.when[0], FindingCondition) and not self.when[0].validated:
            return self.when[0].finding, self.when[0].decision
        return None


@dataclass(frozen=True)
class Table:
    """The rules in their order. ``digest``: SHA-256 of the files they come from. ``site`` is the site's file where one is in force."""

    rules: tuple[Rule, ...]
    digest: str
    site: Path | None = None

    def knows(self, finding: str) -> bool:
        """Whether there are rules for that finding at all."""
        return finding in FINDINGS


@dataclass(frozen=True)
class InForce:
    """The table that is used, and why the site's own is not, where it should be and is not."""

    table: Table
    fault: str | None


def _key(location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Where an error is, without the names by which conditions are told apart."""
    return tuple(part for part in location if part not in KINDS and part != "[key]")


def _read(path: Path) -> tuple[str, bytes]:
    try:
        content = path.read_bytes()
        return content.decode("utf-8"), content
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error


def _parse(path: Path, text: str, *, site: bool) -> dict[str, Rule]:
    try:
        blocks = _File.model_validate(tomllib.loads(text)).rule
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = _key(first["loc"])
        key = ".".join(str(part) for part in where)
        raise ConfigError(f"{path}, line {line_of(text, where)}, key {key}: {first['msg']}") from None
    return {
        name: Rule(name, block.when, block.urgency, frozenset(block.needs), block.because, block.source, site)
        for name, block in blocks.items()
    }


def _uncovered(rules: Mapping[str, Rule]) -> tuple[str, str] | None:
    """A finding and a decision for which no rule asks for nothing else."""
    plain = {rule.plain for rule in rules.values()}
    wanted = ((finding, decision) for finding in FINDINGS for decision in _COVERED)
    return next(((finding, decision) for finding, decision in wanted if (finding, decision) not in plain), None)


def read_table(site: Path | None = None, shipped: Path = SHIPPED) -> Table:
    """The rules that ship, and over them those of ``site``: one of the same name replaces, others are added.

    Raises:
        ConfigError: a file cannot be read, holds what is not known, or leaves a finding without a rule; it names file, line and key.
    """
    text, content = _read(shipped)
    rules = _parse(shipped, text, site=False)
    gap = _uncovered(rules)
    if gap is not None:
        raise ConfigError(f"{shipped}: no rule for {gap[0]} {gap[1]} alone")
    digest = hashlib.sha256(content)
    if site is None:
        return Table(tuple(rules.values()), digest.hexdigest())
    own_text, own_content = _read(site)
    own = _parse(site, own_text, site=True)
    together = {**rules, **own}
    gap = _uncovered(together)
    if gap is not None:
        name = next(rule.name for rule in rules.values() if rule.plain == gap)
        line = line_of(own_text, ("rule", name))
        raise ConfigError(f"{site}, line {line}, key rule.{name}: {gap[0]} {gap[1]} is left without a rule that asks for nothing else")
    digest.update(own_content)
    return Table(tuple(together.values()), digest.hexdigest(), site)


def rules_in_force(site: Path | None) -> InForce:
    """The table to judge by: the site's where it is whole, else the one that ships, with the fault to be shown wherever it is used."""
    try:
        return InForce(read_table(site), None)
    except ConfigError as error:
        if site is None:
            raise
        return InForce(read_table(), str(error))
