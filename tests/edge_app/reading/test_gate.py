"""What the gate lets in."""

import pytest

from edge_app.errors import Refusal
from edge_app.radiograph.picture import Facts
from edge_app.reading.card import Card, load_card
from edge_app.reading.finding import GateVerdict
from edge_app.reading.gate import judge, refuse_kind
from tests.edge_app.reading.bundles import GATE_KINDS, write_gate

CHEST = frozenset({"chest"})


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Card:
    """A gate's card with a threshold of 0.6 for every kind."""
    return load_card(write_gate(tmp_path_factory.mktemp("models")))


def reason(card: Card, kind: str, probability: float, body_part: str | None = None) -> Refusal | None:
    refusal = refuse_kind(card, GateVerdict(kind, probability), Facts(body_part=body_part), CHEST)
    return None if refusal is None else refusal.reason


def test_the_likeliest_kind_is_the_verdict(card: Card) -> None:
    given = dict(zip(GATE_KINDS, (0.1, 0.2, 0.5, 0.1, 0.1), strict=True))
    assert judge(card, given) == GateVerdict("limb", 0.5)


def test_a_chest_is_let_in_from_its_threshold(card: Card) -> None:
    assert reason(card, "chest", 0.6) is None
    assert reason(card, "chest", 0.599) is Refusal.UNLIKE_TRAINING


@pytest.mark.parametrize("kind", [kind for kind in GATE_KINDS if kind != "chest"])
def test_another_kind_is_refused_by_name(card: Card, kind: str) -> None:
    assert reason(card, kind, 0.97) is Refusal.WRONG_BODY_PART
    refusal = refuse_kind(card, GateVerdict(kind, 0.97), Facts(), CHEST)
    assert refusal is not None
    assert f"{kind} at 97%" in refusal.detail


def test_a_label_in_the_file_lets_nothing_in(card: Card) -> None:
    assert reason(card, "limb", 0.9, "CHEST") is Refusal.WRONG_BODY_PART
    assert reason(card, "chest", 0.5, "CHEST") is Refusal.UNLIKE_TRAINING


@pytest.mark.parametrize("part", ["FOOT", "Skull lat.", "EXTREMITY", "LSPINE"])
def test_a_file_that_names_another_part_asks_for_more_certainty(card: Card, part: str) -> None:
    assert reason(card, "chest", 0.79, part) is Refusal.WRONG_BODY_PART
    assert reason(card, "chest", 0.81, part) is None


@pytest.mark.parametrize("part", ["CHEST", "Thorax pa", "RIB", "", "unknown", None])
def test_a_file_that_names_no_other_part_does_not(card: Card, part: str | None) -> None:
    assert reason(card, "chest", 0.61, part) is None


@pytest.mark.parametrize(("modality", "refused"), [("DX", False), ("CR", False), (None, False), ("MG", True), ("IO", True)])
def test_a_modality_that_is_never_of_a_chest_asks_for_more_certainty(card: Card, modality: str | None, refused: bool) -> None:
    facts = Facts(modality=modality, body_part="CHEST")
    assert (refuse_kind(card, GateVerdict("chest", 0.79), facts, CHEST) is not None) is refused
