"""What the gate lets in."""

from collections.abc import Mapping

import pytest

from edge_app.errors import ModelError, Refusal
from edge_app.radiograph.picture import Facts
from edge_app.reading.card import Card, load_card
from edge_app.reading.finding import Flaw, FlawSeen, GateVerdict, NotAssessed
from edge_app.reading.gate import DECEIVING, FRONTAL_CHESTS, LYING, informed, judge, refuse_kind, surely_newborn
from edge_app.reading.protocols.chest import CHEST_KINDS
from edge_app.reading.protocols.neonatal_rds import NEWBORN_KINDS as NEWBORNS
from tests.edge_app.reading.bundles import GATE_KINDS, write_gate

OTHERS = sorted(set(GATE_KINDS) - FRONTAL_CHESTS)


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Card:
    """A gate's card with a threshold of 0.6 for every kind, and of 0.5 for every flaw; nobody's flaw but one is validated."""
    return load_card(write_gate(tmp_path_factory.mktemp("models")))


def given(kinds: Mapping[str, float], flaws: Mapping[Flaw, float] | None = None) -> dict[str, float]:
    """What the gate gives: the kinds named, the rest for something else; flaws as named."""
    rest = {"other": 1.0 - sum(kinds.values())} if "other" not in kinds else {}
    return {**dict.fromkeys(GATE_KINDS, 0.0), **rest, **kinds, **dict.fromkeys(Flaw, 0.01), **(flaws or {})}


def refusal(
    card: Card,
    kinds: Mapping[str, float],
    flaws: Mapping[Flaw, float] | None = None,
    wanted: frozenset[str] = CHEST_KINDS,
    **facts: str | float | None,
) -> NotAssessed | None:
    stated = Facts(**facts)  # type: ignore[arg-type]
    known = informed(given(kinds, flaws), stated)
    return refuse_kind(card, judge(card, known), known, stated, wanted)


def reason(card: Card, kinds: Mapping[str, float], **facts: str | float | None) -> Refusal | None:
    refused = refusal(card, kinds, **facts)  # type: ignore[arg-type]
    return None if refused is None else refused.reason


def test_the_likeliest_kind_is_the_verdict(card: Card) -> None:
    assert judge(card, given({"chest_adult": 0.1, "skull_lateral": 0.2, "limb": 0.5})) == GateVerdict("limb", 0.5)


def test_a_card_without_kinds_is_no_gate(card: Card) -> None:
    flaws_only = card.model_copy(update={"labels": tuple(label for label in card.labels if label.group is None)})
    with pytest.raises(ModelError, match="no kinds"):
        judge(flaws_only, given({"limb": 0.5}))


@pytest.mark.parametrize("kind", ["chest_adult", "chest_child"])
def test_a_chest_is_let_in_from_its_threshold(card: Card, kind: str) -> None:
    assert reason(card, {kind: 0.6}) is None
    assert reason(card, {kind: 0.599}) is Refusal.UNLIKE_TRAINING


def test_a_chest_between_a_childs_and_an_adults_is_let_in(card: Card) -> None:
    assert reason(card, {"chest_adult": 0.36, "chest_child": 0.3}) is None
    assert reason(card, {"chest_adult": 0.3, "chest_child": 0.25, "limb": 0.2}) is Refusal.UNLIKE_TRAINING


def test_the_highest_threshold_of_the_wanted_kinds_counts(card: Card) -> None:
    labels = tuple(label.model_copy(update={"threshold": 0.9}) if label.name == "chest_child" else label for label in card.labels)
    strict = card.model_copy(update={"labels": labels})
    assert reason(strict, {"chest_adult": 0.89}) is Refusal.UNLIKE_TRAINING
    assert reason(strict, {"chest_adult": 0.5, "chest_child": 0.4}) is None


def test_chests_together_do_not_outvote_a_likelier_kind(card: Card) -> None:
    low = card.model_copy(update={"labels": tuple(label.model_copy(update={"threshold": 0.45}) for label in card.labels)})
    assert reason(low, {"chest_adult": 0.27, "chest_child": 0.25, "limb": 0.48}) is Refusal.WRONG_BODY_PART


@pytest.mark.parametrize("kind", OTHERS)
def test_another_kind_is_refused_by_name(card: Card, kind: str) -> None:
    refused = refusal(card, {kind: 0.97})
    assert refused is not None
    assert refused.reason is (Refusal.WRONG_VIEW if kind == "chest_lateral" else Refusal.WRONG_BODY_PART)
    assert f"{kind} at 97%" in refused.detail


def test_a_chest_from_the_side_asks_for_a_frontal_one(card: Card) -> None:
    refused = refusal(card, {"chest_lateral": 0.9})
    assert refused is not None
    assert "frontal" in refused.detail


def test_a_sure_newborn_is_not_read_as_a_chest(card: Card) -> None:
    refused = refusal(card, {"chest_newborn": 0.6, "chest_child": 0.4})
    assert refused is not None
    assert refused.reason is Refusal.NEWBORN
    assert "chest_newborn at 60%" in refused.detail
    assert reason(card, {"chest_newborn": 0.59, "chest_child": 0.1}) is None
    assert refusal(card, {"chest_newborn": 0.9}, wanted=NEWBORNS) is None


@pytest.mark.parametrize(
    ("kinds", "age_years", "refused"),
    [
        ({"chest_newborn": 0.9}, None, None),
        ({"chest_child": 0.59, "chest_newborn": 0.4}, None, None),
        ({"chest_child": 0.6, "chest_newborn": 0.4}, None, Refusal.NO_NEWBORN),
        ({"chest_adult": 0.9}, None, Refusal.NO_NEWBORN),
        ({"chest_child": 0.9}, 3 / 365.25, None),
        ({"chest_newborn": 0.9}, 0.5, None),
        ({"chest_newborn": 0.9}, 2.0, Refusal.NO_NEWBORN),
        ({"chest_child": 0.3, "chest_newborn": 0.2}, None, Refusal.UNLIKE_TRAINING),
        ({"limb": 0.9}, None, Refusal.WRONG_BODY_PART),
        ({"limb": 0.9}, 2.0, Refusal.WRONG_BODY_PART),
        ({"chest_lateral": 0.9}, None, Refusal.WRONG_BODY_PART),
    ],
)
def test_whoever_is_surely_older_is_not_read_as_a_newborn(
    card: Card, kinds: Mapping[str, float], age_years: float | None, refused: Refusal | None
) -> None:
    found = refusal(card, kinds, wanted=NEWBORNS, age_years=age_years)
    assert (found and found.reason) == refused


@pytest.mark.parametrize("flaw", sorted(DECEIVING))
def test_how_a_picture_lies_is_no_flaw_where_the_protocol_turns_it(card: Card, flaw: Flaw) -> None:
    known = given({"chest_newborn": 0.9}, {flaw: 0.8})
    found = [refuse_kind(card, judge(card, known), known, Facts(), NEWBORNS, turns=turns) for turns in (False, True)]
    assert found[0] is not None
    assert (found[1] is None) is (flaw in LYING)
    assert (flaw in LYING) is (flaw is not Flaw.INVERTED)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ({"chest_newborn": 0.45, "chest_child": 0.3}, Refusal.UNLIKE_TRAINING),
        ({"chest_child": 0.5, "chest_newborn": 0.2}, Refusal.UNLIKE_TRAINING),
        ({"chest_child": 0.5, "chest_newborn": 0.35}, None),
        ({"chest_newborn": 0.45, "chest_child": 0.4}, None),
        ({"chest_newborn": 0.65}, None),
        ({"chest_adult": 0.55, "chest_child": 0.3}, Refusal.NO_NEWBORN),
        ({"chest_adult": 0.4, "chest_child": 0.2}, Refusal.UNLIKE_TRAINING),
    ],
)
def test_what_may_be_a_newborn_is_surely_a_chest(card: Card, kinds: dict[str, float], expected: Refusal | None) -> None:
    stricter = [own.model_copy(update={"threshold": 0.8}) if own.name in CHEST_KINDS else own for own in card.labels]
    assert reason(card.model_copy(update={"labels": tuple(stricter)}), kinds, wanted=NEWBORNS) is expected


def test_the_stated_age_says_who_is_a_newborn_and_nothing_else(card: Card) -> None:
    newborn, adult = {"chest_newborn": 0.9, "chest_child": 0.1}, {"chest_adult": 0.9}
    assert reason(card, newborn, age_years=1.0) is None
    assert reason(card, newborn, age_years=0.5) is Refusal.NEWBORN
    assert reason(card, adult, age_years=3 / 365.25) is Refusal.NEWBORN
    assert reason(card, adult, age_years=29 / 365.25) is None
    assert reason(card, {"limb": 0.9, "chest_newborn": 0.1}, age_years=40.0) is Refusal.WRONG_BODY_PART
    assert reason(card, {"chest_newborn": 0.3, "chest_adult": 0.2}, age_years=40.0) is Refusal.UNLIKE_TRAINING
    verdict = judge(card, informed(given(newborn), Facts(age_years=2.0)))
    assert verdict == GateVerdict("chest_child", 1.0)
    assert not surely_newborn(card, verdict)


@pytest.mark.parametrize("flaw", Flaw)
def test_a_flaw_is_reported_and_refused_only_where_it_deceives(card: Card, flaw: Flaw) -> None:
    refused = refusal(card, {"chest_adult": 0.95}, {flaw: 0.8})
    if flaw in {Flaw.UNDER_EXPOSED, Flaw.OVER_EXPOSED, Flaw.CUT_OFF}:
        assert refused is None
    else:
        assert refused is not None
        assert refused.reason is Refusal.POORLY_TAKEN
        assert f"{flaw} at 80%" in refused.detail
    assert refusal(card, {"chest_adult": 0.95}, {flaw: 0.49}) is None


def test_of_a_newborn_only_flaws_are_told_that_make_a_chest_look_like_what_it_is_not(card: Card) -> None:
    flaws = dict.fromkeys(Flaw, 0.9)
    told = {flaw.flaw for flaw in judge(card, given({"chest_newborn": 0.95}, flaws)).flaws}
    assert told == {Flaw.TURNED_LEFT, Flaw.TURNED_RIGHT, Flaw.UPSIDE_DOWN, Flaw.INVERTED}
    assert {flaw.flaw for flaw in judge(card, given({"chest_child": 0.95}, flaws)).flaws} == set(Flaw)


def test_flaws_come_surest_first_with_their_pedigree_and_of_chests_only(card: Card) -> None:
    flaws = {Flaw.CUT_OFF: 0.6, Flaw.TURNED_LEFT: 0.9, Flaw.OVER_EXPOSED: 0.2}
    assert judge(card, given({"chest_child": 0.9}, flaws)).flaws == (
        FlawSeen(Flaw.TURNED_LEFT, 0.9, validated=True),
        FlawSeen(Flaw.CUT_OFF, 0.6, validated=False),
    )
    assert judge(card, given({"limb": 0.9}, flaws)).flaws == ()


def test_a_label_in_the_file_lets_nothing_in(card: Card) -> None:
    assert reason(card, {"limb": 0.9}, body_part="CHEST") is Refusal.WRONG_BODY_PART
    assert reason(card, {"chest_adult": 0.5}, body_part="CHEST") is Refusal.UNLIKE_TRAINING


@pytest.mark.parametrize("part", ["FOOT", "Skull lat.", "EXTREMITY", "LSPINE"])
def test_a_file_that_names_another_part_asks_for_more_certainty(card: Card, part: str) -> None:
    assert reason(card, {"chest_adult": 0.79}, body_part=part) is Refusal.WRONG_BODY_PART
    assert reason(card, {"chest_adult": 0.5, "chest_child": 0.31}, body_part=part) is None


@pytest.mark.parametrize("part", ["CHEST", "Thorax pa", "RIB", "", "unknown", None])
def test_a_file_that_names_no_other_part_does_not(card: Card, part: str | None) -> None:
    assert reason(card, {"chest_adult": 0.61}, body_part=part) is None


@pytest.mark.parametrize(("modality", "refused"), [("DX", False), ("CR", False), (None, False), ("MG", True), ("IO", True)])
def test_a_modality_that_is_never_of_a_chest_asks_for_more_certainty(card: Card, modality: str | None, refused: bool) -> None:
    assert (reason(card, {"chest_adult": 0.79}, modality=modality, body_part="CHEST") is not None) is refused
