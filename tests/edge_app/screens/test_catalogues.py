from collections.abc import Collection

import pytest

from edge_app.casebook.offers import Rung
from edge_app.config import REPOSITORY
from edge_app.errors import Refusal
from edge_app.link.remarking import Reach
from edge_app.link.remarks import Phrase, Verdict
from edge_app.radiograph.video_source import Flaw as VideoFlaw
from edge_app.reading.anatomy import AIRWAYS, FEMORAL_HEADS, HEART, LEFT_LUNG, RIGHT_LUNG, SACRUM, VERTEBRAE
from edge_app.reading.finding import Decision, Gap, Protocol, Urgency
from edge_app.reading.protocols.swallow import AFTERWARDS, BELOW
from edge_app.reading.protocols.swallow import MEASURED as OF_SWALLOW
from edge_app.reading.spinopelvic import ANGLES, LANDMARKS
from edge_app.reading.swallow import EVENTS
from edge_app.reading.swallow import STRUCTURES as OF_NECK
from edge_app.screens.languages import LANGUAGES as SPOKEN
from edge_app.screens.languages import Theme
from edge_app.screens.parts import MEASURED, UNREAD, Mark
from edge_app.screens.viewing import When, Which
from tests.edge_app.screens.catalogues import LANGUAGES, messages, placeholders, used

SCREENS = REPOSITORY / "edge_app" / "screens" / "locales"
FINDINGS = (
    *("Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass", "Nodule", "Pneumonia", "Pneumothorax", "Consolidation"),
    *("Edema", "Emphysema", "Fibrosis", "Pleural_Thickening", "Hernia", "Tuberculosis", "RDS", "Nasal_Fracture", "Fracture"),
    *BELOW,
)
STRUCTURES = (RIGHT_LUNG, LEFT_LUNG, HEART, AIRWAYS, *VERTEBRAE, SACRUM, FEMORAL_HEADS, *OF_NECK)
NUMBERS = (*ANGLES, *OF_SWALLOW)
TOOLS = (
    *("move", "window", "ruler", "out", "fit", "in", "flip", "turn", "invert", "sent", "lung", "soft", "bone", "full", "reset"),
    *("boxes", "outlines", "lines", "points", "heat", "strength", "bright", "compare", "together", "leave"),
)
CODES = {
    "finding": FINDINGS,
    "rung": tuple(Rung),
    "mark": tuple(Mark),
    "decision": (*Decision, "not_excluded"),
    "urgency": (*Urgency, UNREAD, MEASURED, "label"),
    "protocol": tuple(Protocol),
    "structure": STRUCTURES,
    "gap": tuple(Gap),
    # A finding that a model is known to tell by chance stands among what was not assessed.
    "measurement": (*NUMBERS, *BELOW, *(f"short.{name}" for name in NUMBERS)),
    "film.key": (*EVENTS, AFTERWARDS),
    "video.flaw": tuple(VideoFlaw),
    "landmark": (*LANDMARKS, *(f"short.{landmark}" for landmark in LANDMARKS)),
    "pre_ktas": ("1", "2", "3", "4", "5", "open", "label"),
    "remark": tuple(Phrase),
    "reach": tuple(Reach),
    "verdict": tuple(Verdict),
    "theme": tuple(Theme),
    "language": (*SPOKEN, *(f"short.{language}" for language in SPOKEN)),
    "viewer.tool": TOOLS,
    "viewer.name": TOOLS,
    "viewer.pane": (*Which, "unread"),
    "viewer.when": tuple(When),
    "refusal": tuple(f"{reason}.{part}" for reason in Refusal for part in ("title", "why", "do")),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("prefix", CODES)
def test_every_code_has_words(language: str, prefix: str) -> None:
    said = {key for key in messages(SCREENS, language) if key.startswith(f"{prefix}.")}
    assert said == {f"{prefix}.{code}" for code in CODES[prefix]}


def test_both_languages_say_the_same_things_with_the_same_values() -> None:
    korean, english = (messages(SCREENS, language) for language in LANGUAGES)
    assert korean.keys() == english.keys()
    for key, text in korean.items():
        assert text.strip()
        assert english[key].strip()
        assert placeholders(text) == placeholders(english[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_gap_has_words_of_its_own(language: str) -> None:
    said = messages(SCREENS, language)
    assert len({said[f"gap.{gap}"] for gap in Gap}) == len(Gap)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("prefix", "codes"), [("film.key", (*EVENTS, AFTERWARDS)), ("video.flaw", VideoFlaw), ("measurement", OF_SWALLOW)])
def test_nothing_of_a_video_is_called_like_another(language: str, prefix: str, codes: Collection[str]) -> None:
    said = messages(SCREENS, language)
    assert len({said[f"{prefix}.{code}"] for code in codes}) == len(codes)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_the_written_one(language: str) -> None:
    assert messages(SCREENS, language, "mo") == messages(SCREENS, language)


def test_shared_templates_find_their_words() -> None:
    keys, prefixes = used(REPOSITORY / "edge_app" / "screens" / "templates")
    known = messages(SCREENS, "ko").keys()
    assert keys <= known
    for prefix in prefixes:
        assert any(key.startswith(prefix) for key in known), prefix


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_promises_health_and_urgency_never_borrows_the_crews_words(language: str) -> None:
    said = messages(SCREENS, language)
    crew = {said[f"pre_ktas.{level}"] for level in range(1, 6)}
    assert crew.isdisjoint(said[f"urgency.{code}"] for code in Urgency)
    for text in said.values():
        assert "정상" not in text
        assert "normal" not in text.lower().replace("abnormality", "")
        assert "broker" not in text.lower()
        assert "브로커" not in text
