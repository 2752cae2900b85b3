"""What a threshold means for a thousand people: never better than what was measured, and never a promise."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from edge_app.config import ConfigError, Tuberculosis, load_settings
from edge_app.errors import ModelError, NoModelError
from edge_app.reading.card import Card, OperatingPoint, load_card
from edge_app.screening import PEOPLE, Choice, adults, consequence, screening_here, screening_of
from tests.edge_app.reading.bundles import change_card, label, write_tuberculosis

POINTS = tuple(
    OperatingPoint(
        threshold=threshold, sensitivity=sensitivity, sensitivity_ci95=around[:2], specificity=specificity, specificity_ci95=around[2:]
    )
    for threshold, sensitivity, specificity, around in (
        (0.0, 1.0, 0.0, (1.0, 1.0, 0.0, 0.0)),
        (0.2, 0.96, 0.6, (0.92, 0.99, 0.55, 0.65)),
        (0.3, 0.9, 0.8, (0.84, 0.95, 0.76, 0.84)),
        (0.6, 0.7, 0.92, (0.62, 0.78, 0.9, 0.95)),
        (1.0, 0.0, 1.0, (0.0, 0.0, 1.0, 1.0)),
    )
)


@pytest.fixture
def card(tmp_path: Path) -> Card:
    points = [point.model_dump(mode="json") for point in POINTS]
    return load_card(write_tuberculosis(tmp_path / "models", threshold=0.3, uncertain_from=0.3, operating_points=points))


def test_of_a_thousand_people_so_many_are_found_missed_and_called_falsely() -> None:
    told = consequence(POINTS, Choice.TARGET, 0.3, 20, in_force=True)
    assert (told.found.value, told.missed.value) == (pytest.approx(18), pytest.approx(2))
    assert told.called_falsely.value == pytest.approx(980 * 0.2)
    assert told.sent_on.value == pytest.approx(18 + 196)
    assert (told.found.low, told.found.high) == (pytest.approx(20 * 0.84), pytest.approx(19))
    assert (told.missed.low, told.missed.high) == (pytest.approx(1), pytest.approx(20 * 0.16))
    assert (told.called_falsely.low, told.called_falsely.high) == (pytest.approx(980 * 0.16), pytest.approx(980 * 0.24))
    assert (told.sent_on.low, told.sent_on.high) == (pytest.approx(16.8 + 156.8), pytest.approx(19 + 235.2))


@pytest.mark.parametrize("threshold", [0.01, 0.21, 0.299, 0.45, 0.61, 0.99])
def test_between_two_points_it_is_told_as_the_worse_of_both(threshold: float) -> None:
    told = consequence(POINTS, Choice.SITE, threshold, 5, in_force=True)
    assert told.sensitivity.value == max(point.sensitivity for point in POINTS if point.threshold >= threshold)
    assert told.specificity.value == max(point.specificity for point in POINTS if point.threshold <= threshold)
    assert told.found.value + told.missed.value == pytest.approx(5)
    assert told.sent_on.value <= PEOPLE


def test_a_card_without_intervals_gives_none(card: Card) -> None:
    bare = tuple(OperatingPoint(threshold=p.threshold, sensitivity=p.sensitivity, specificity=p.specificity) for p in POINTS)
    told = consequence(bare, Choice.SITE, 0.3, 5, in_force=True)
    assert {one.low for one in (told.found, told.missed, told.called_falsely, told.sent_on)} == {None}


def test_the_sites_threshold_stands_beside_whos_and_two_others(card: Card) -> None:
    own = screening_of(card, Tuberculosis(threshold=0.45, prevalence_per_1000=20))
    assert [(one.choice, one.threshold, one.in_force) for one in own.consequences] == [
        (Choice.SITE, 0.45, True),
        (Choice.TARGET, 0.3, False),
        (Choice.OPTIMAL, 0.2, False),
        (Choice.FEW_CALLED, 0.6, False),
    ]
    assert (own.of_site, own.threshold, own.positives, own.negatives, own.validated) == (True, 0.45, 50, 50, True)
    by_card = screening_of(card, Tuberculosis())
    assert (by_card.of_site, by_card.threshold, by_card.consequences[0].choice) == (False, 0.3, Choice.CARD)
    assert by_card.consequences[0].found == by_card.consequences[1].found, "the card calls where WHO asks"


def test_no_threshold_makes_it_validated_and_adults_alone_count(card: Card) -> None:
    few = card.model_copy(update={"labels": (adults(card).model_copy(update={"by_kind": {}}),)})
    for threshold in (None, 0.05, 0.95):
        told = screening_of(few, Tuberculosis(threshold=threshold))
        assert (told.validated, told.positives, told.consequences) == (False, 0, ())


def test_without_the_model_or_its_label_nothing_is_said(card: Card, tmp_path: Path) -> None:
    with pytest.raises(NoModelError):
        screening_here(tmp_path / "nothing", Tuberculosis())
    folder = tmp_path / "models"
    change_card(folder / "tuberculosis", labels=[label("Mass")])
    with pytest.raises(ModelError):
        screening_here(folder, Tuberculosis())


def test_what_a_site_may_set_is_closed(tmp_path: Path) -> None:
    assert Tuberculosis().threshold is None
    for wrong in ({"threshold": 0}, {"threshold": 1}, {"prevalence_per_1000": 0}, {"prevalence_per_1000": 1000}, {"treshold": 0.5}):
        with pytest.raises(ValidationError):
            Tuberculosis.model_validate(wrong)
    file = tmp_path / "box.toml"
    file.write_text("[tuberculosis]\nthreshold = 0.35\nprevalence_per_1000 = 12\n", encoding="utf-8")
    assert load_settings(file).tuberculosis == Tuberculosis(threshold=0.35, prevalence_per_1000=12)
    file.write_text("[tuberculosis]\n\nthreshold = 35\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"line 3, key tuberculosis\.threshold"):
        load_settings(file)
