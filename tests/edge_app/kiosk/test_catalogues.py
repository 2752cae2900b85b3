import pytest

from edge_app.casebook.crew_words import CrewWord
from edge_app.casebook.offers import OfferState
from edge_app.casebook.patients import CHOICES, Field, Start
from edge_app.casebook.timeline import ANSWERS, Happened
from edge_app.config import REPOSITORY
from edge_app.dispatch.emergency_rooms import SHIPPED, read_directory
from edge_app.dispatch.policy import POLICIES
from edge_app.dispatch.status_board import ABILITIES
from edge_app.kiosk.actions import OF_OFFERS
from edge_app.kiosk.figures import MEASURED, UNITS, Posture, Side
from edge_app.kiosk.patients import EDITORS
from edge_app.kiosk.showing import ATTENTION, Showing
from edge_app.kiosk.views import Evidence, LinkMark, Proof, SentenceKind, Since
from edge_app.link.messages import Condition, DeclineReason
from edge_app.link.state import LinkWord
from edge_app.link.status import Capability
from edge_app.radiograph.picture import Assumption
from edge_app.reading.chest_measurements import TRACHEAL_DEVIATION_MM
from edge_app.reading.finding import Flaw
from edge_app.reading.protocols import METHODS
from edge_app.reading.protocols.swallow import MEASURED as OF_SWALLOW
from edge_app.reading.spinopelvic import ANGLES
from edge_app.screening import Choice
from edge_app.triage import VITALS, Need
from tests.edge_app.screens.catalogues import LANGUAGES, messages, placeholders, used

KIOSK = REPOSITORY / "edge_app" / "kiosk"
SCREENS = REPOSITORY / "edge_app" / "screens"
# Words a language may do without: a number can stand where the other language has it, a name may be written in two ways.
EITHER = {"finding_subject", "finding_lower", "finding"}
CODES = {
    "showing.": Showing,
    "attention.why.": ATTENTION,
    "said.": OF_OFFERS,
    "need.": Need,
    "reason.chosen_by.": {policy.picker for policy in POLICIES.values()},
    "restricts.": ABILITIES,
    "script.sign.": VITALS,
    "stood.state.": set(OfferState) - {OfferState.STOOD_DOWN},
    "evidence.": Evidence,
    "confirmation.": Proof,
    "confirmation.why.": Proof,
    "stood.": Proof,
    "sentence.": SentenceKind,
    "script.found.": SentenceKind,
    "clock.": Since,
    "clock.answer.": Since,
    "board.asked.": Since,
    "link.": LinkMark,
    "link.word.": LinkWord,
    "decline.": DeclineReason,
    "condition.": Condition,
    "capability.": Capability,
    "assumption.": Assumption,
    "vital.": VITALS,
    "measurement.": (*(name for name in MEASURED if name not in (*ANGLES, *OF_SWALLOW)), TRACHEAL_DEVIATION_MM),
    "measure_unit.": tuple(code for code, _decimals in UNITS.values() if code not in ("ratio", "degrees")),
    "score.": ("brixia", "geographic_extent", "opacity"),
    "flaw.": tuple(f"{flaw}.{part}" for flaw in Flaw for part in ("title", "do")),
    "figures.side.": Side,
    "figures.posture.": Posture,
    "start.": (*Start, *(f"why.{category}" for category in Start)),
    "choice.": tuple(f"{field}.{code}" for field, codes in CHOICES.items() for code in codes),
    "field.": tuple((set(Field) - {Field.START}) | set(EDITORS)),
    "timeline.": Happened,
    "timeline.answered.": ANSWERS,
    "timeline.say.": CrewWord,
    "again.": METHODS,
    "screening.choice.": Choice,
    "lack.": ("age", "measurement", "severity", "view", "not_validated", "not_trusted", "other_unit"),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("prefix", CODES)
def test_every_code_has_words(language: str, prefix: str) -> None:
    said = messages(KIOSK / "locales", language)
    assert [code for code in CODES[prefix] if f"{prefix}{code}" not in said] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_flaw_has_words_of_its_own(language: str) -> None:
    said = messages(KIOSK / "locales", language)
    titles = {said[f"flaw.{flaw}.title"] for flaw in Flaw}
    advice = {said[f"flaw.{flaw}.do"] for flaw in Flaw}
    assert (len(titles), len(advice), len(titles & advice)) == (len(Flaw), len(Flaw), 0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_ability_and_level_of_the_shipped_directory_has_words(language: str) -> None:
    said = messages(KIOSK / "locales", language)
    for room in read_directory(SHIPPED):
        for ability in room.abilities:
            assert f"ability.{ability}" in said
        assert room.level is None or f"level.{room.level}" in said


def test_both_languages_say_the_same_things_with_the_same_values() -> None:
    korean, english = (messages(KIOSK / "locales", language) for language in LANGUAGES)
    assert korean.keys() == english.keys()
    for key, text in korean.items():
        assert text.strip()
        assert english[key].strip()
        assert placeholders(text) - EITHER == placeholders(english[key]) - EITHER, key
        assert bool(placeholders(text) & EITHER) == bool(placeholders(english[key]) & EITHER), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_the_written_one(language: str) -> None:
    assert messages(KIOSK / "locales", language, "mo") == messages(KIOSK / "locales", language)


def test_templates_and_catalogue_match_both_ways() -> None:
    keys, prefixes = used(KIOSK)
    own = messages(KIOSK / "locales", "ko").keys()
    shared = messages(SCREENS / "locales", "ko").keys()
    assert own.isdisjoint(shared)
    assert keys - own - shared == set()
    unused = {key for key in own - keys if not any(key.startswith(prefix) for prefix in prefixes)}
    assert unused == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_promises_health(language: str) -> None:
    for text in messages(KIOSK / "locales", language).values():
        assert "정상" not in text
        assert "normal" not in text.lower().replace("abnormality", "")
        assert "broker" not in text.lower()
        assert "브로커" not in text
