"""The console's catalogues: every key that is used stands in both languages, compiled, and nothing else does."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from edge_app.config import REPOSITORY
from edge_app.emergency_room.console.connection import LinkFault
from edge_app.emergency_room.console.receipts import Step
from edge_app.emergency_room.console.whereabouts import Compass
from edge_app.emergency_room.console.words import Matter
from edge_app.emergency_room.requests import RequestState
from edge_app.link.messages import AnswerKind, Condition, DeclineReason, StandDownReason
from edge_app.link.state import LinkWord
from edge_app.link.status import Availability, Capability

CONSOLE = REPOSITORY / "edge_app" / "emergency_room" / "console"
LANGUAGES = ("ko", "en")
# Words of the shared catalogue that mean something else here.
OVERRIDDEN = {"lost.title", "lost.meaning"}
_DOWN = [word for word in LinkWord if word is not LinkWord.CONNECTED]
ENDED = (StandDownReason.OTHER_ACCEPTED, StandDownReason.SKIPPED, StandDownReason.CANCELLED)
MADE = {
    *(f"console.decline.{reason}" for reason in DeclineReason),
    *(f"console.condition.{condition}" for condition in Condition),
    *(f"console.capability.{code}" for code in Capability),
    *(f"console.availability.{state}" for state in Availability),
    *(f"console.report.answer.{kind}" for kind in AnswerKind),
    *(f"console.report.column.{name}" for name in ("at", "unit", "case", "opened", "answered", "answer", "who", "became")),
    *(f"console.state.{state}" for state in RequestState if state is not RequestState.STOOD_DOWN),
    *(f"console.past.{state}" for state in RequestState if state not in (RequestState.RINGING, RequestState.STOOD_DOWN)),
    *(f"console.{place}down.{reason}" for place in ("", "past.") for reason in ENDED),
    *(f"console.sentence.{matter}" for matter in Matter),
    *(f"console.summary.{matter}" for matter in Matter),
    *(f"console.{place}.one_{matter}" for place in ("sentence", "summary") for matter in (Matter.NOT_EXCLUDED, Matter.NOTHING_FOUND)),
    *(f"console.step.{step}" for step in Step),
    *(f"console.picture.{edited}{shown}" for edited in ("", "edited.") for shown in ("region", "preview", "original")),
    *(f"console.step.{step}.ahead" for step in Step),
    *(f"console.refused.{kind}" for kind in AnswerKind),
    *(f"console.compass.{side}" for side in Compass),
    *(f"console.sex.{sex}" for sex in ("F", "M", "unknown")),
    *(f"console.link.{word}" for word in (*_DOWN, *LinkFault)),
    *(f"console.link.do.{word}" for word in (*_DOWN, *LinkFault)),
    *(f"console.error.{code}" for code in (400, 403, 404, 409, 413, 421, 500, 503)),
}


def catalogue(language: str) -> Catalog:
    with (CONSOLE / "locales" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def written() -> set[str]:
    """The keys that stand in the code and the templates as they are."""
    texts = [path.read_text(encoding="utf-8") for path in (*CONSOLE.rglob("*.html"), *CONSOLE.glob("*.py"))]
    return {key for text in texts for key in re.findall(r"""['"](console\.[a-z_.]*[a-z_])['"](?!\s*~)""", text)} - {"console.js"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_there_and_none_is_left_over(language: str) -> None:
    have = {str(message.id) for message in catalogue(language) if message.id}
    assert have == written() | MADE | OVERRIDDEN


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_empty_or_fuzzy(language: str) -> None:
    wrong = [message.id for message in catalogue(language) if message.id and (not message.string or message.fuzzy)]
    assert wrong == []


def test_both_languages_take_the_same_values() -> None:
    korean, english = (
        {str(message.id): set(re.findall(r"%\((\w+)\)s", str(message.string))) for message in catalogue(language)} for language in LANGUAGES
    )
    differing = {key for key in english if korean[key] != english[key]}
    # The Korean sentence takes the names with their particle.
    assert differing == {"console.sentence.suspected", "console.sentence.uncertain"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    with (CONSOLE / "locales" / language / "LC_MESSAGES" / "messages.mo").open("rb") as file:
        compiled = {message.id: message.string for message in read_mo(file) if message.id}
    assert compiled == {message.id: message.string for message in catalogue(language) if message.id}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_is_called_normal(language: str) -> None:
    for message in catalogue(language):
        said = str(message.string).lower().replace("abnormal", "")
        assert "normal" not in said
        assert "정상" not in said


@pytest.mark.parametrize("path", sorted(CONSOLE.rglob("*.html")), ids=lambda path: path.name)
def test_no_template_speaks_by_itself(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}|<kbd>.</kbd>|<[^>]*>|&\w+;", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"""[\w-]+="[^"]*"|\bdata-[\w-]+""", " ", text)
    assert re.findall(r"[A-Za-z가-힣]+", text) == []
