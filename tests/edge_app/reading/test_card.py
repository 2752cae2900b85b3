"""What a card may say of its input, and of whole videos."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from edge_app.errors import ModelError
from edge_app.reading.card import Input, Timed, load_card
from edge_app.reading.renderings import RENDERINGS
from edge_app.reading.swallow import OUTLINED
from tests.edge_app.reading.bundles import change_card, label
from tests.edge_app.reading.swallows import write_swallow


@pytest.mark.parametrize(
    ("sees", "channels"), [("picture", 5), ("lungs", 5), ("renderings", 1), ("renderings", 3), ("picture", 2), ("picture", 0)]
)
def test_there_is_a_channel_a_rendering_and_one_of_anything_else(sees: str, channels: int) -> None:
    with pytest.raises(ValidationError):
        Input.model_validate({"height": 64, "width": 64, "mean": 0.5, "std": 0.25, "sees": sees, "channels": channels})


def test_a_card_without_a_word_on_channels_has_one() -> None:
    assert Input(height=64, width=64, mean=0.5, std=0.25).channels == 1
    assert Input(height=64, width=64, channels=5, mean=0.5, std=0.25, sees="renderings").channels == len(RENDERINGS)


def test_what_is_told_of_a_whole_video_is_no_number_of_the_network(tmp_path: Path) -> None:
    card = load_card(write_swallow(tmp_path))
    assert [one.name for one in card.watched] == ["Aspiration", "Penetration"]
    assert [output.name for output in card.outputs] == list(OUTLINED)
    assert card.channels == len(OUTLINED)
    assert card.labels == ()
    assert card.on("videofluoroscopy").watched == card.watched
    assert card.on("videofluoroscopy").timed == card.timed


@pytest.mark.parametrize(
    ("videos", "mae", "validated"), [(0, None, False), (19, 0.1, False), (20, 0.1, True), (40, None, False), (20, 0.0, True)]
)
def test_a_time_is_validated_by_enough_videos_of_people(videos: int, mae: float | None, validated: bool) -> None:
    assert Timed(name="oral_transit", videos=videos, mae=mae).validated is validated


@pytest.mark.parametrize(
    "changes",
    [
        {"timed": [{"name": "oral_transit", "videos": -1}]},
        {"timed": [{"name": "oral_transit", "margin": -0.1}]},
        {"timed": [{"name": "oral_transit", "pictures": 3}]},
        {"watched": [label("Aspiration", threshold=1.5)]},
        {"watched": [{"name": "Aspiration"}]},
    ],
)
def test_a_card_that_says_what_cannot_be_of_a_video_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    folder = write_swallow(tmp_path)
    change_card(folder, **changes)
    with pytest.raises(ModelError, match="breaks the contract"):
        load_card(folder)
