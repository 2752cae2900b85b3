"""From phantoms and a hospital's own videos to a model that the box takes, and whose patients the figures are of."""

from dataclasses import replace
from pathlib import Path

import pytest

from edge_app.reading.card import load_card
from edge_app.reading.protocols.swallow import BELOW, MEASURED, SWALLOW_MODEL
from edge_app.reading.renderings import RENDERINGS
from edge_app.reading.swallow import CLEAR, OUTLINED
from export.__main__ import main, recipes
from export.datasets import own_swallows
from export.package import check
from export.recipes import chest_anatomy, swallow
from export.simulate.swallow_videos import DRY, SOURCE
from export.workplace import Workplace
from tests.export.made_up import outline_lungs
from tests.export.made_up_swallows import make_hospital

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the network that ships was trained on phantoms and on a hospital's own."""
    data, folder = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("runs")
    make_hospital(data / "ours", 6)
    outline_lungs(folder)
    assert main([SWALLOW_MODEL, "road", "--budget", "small", "--runs", str(folder), "--data", str(data)]) == 0
    return folder


def test_a_hospitals_videos_are_learnt_from_and_judged_on_and_the_label_changes_by_itself(runs: Path) -> None:
    folder = runs / "models_int8" / SWALLOW_MODEL
    assert check(folder) > 0
    card = load_card(folder)
    assert [structure.name for structure in card.structures] == list(OUTLINED)
    assert (card.input.sees, card.input.channels) == ("renderings", len(RENDERINGS))
    assert [label.name for label in card.watched] == list(BELOW)
    assert [timed.name for timed in card.timed] == list(MEASURED)
    assert not card.simulated
    assert not any(source.simulated for source in card.validated_on)
    assert "not validated on patients" not in card.limits
    assert not any(label.validated for label in card.watched), "so few prove nothing yet"


def test_the_report_has_a_row_for_all_that_is_told_of_whole_videos(runs: Path) -> None:
    report = (runs / SWALLOW_MODEL / "report.md").read_text(encoding="utf-8")
    for name in (*BELOW, *MEASURED):
        assert f"| {name} |" in report


def test_without_a_hospital_the_card_says_that_no_patient_was_seen(tmp_path: Path) -> None:
    place = Workplace(replace(swallow.RECIPE.small()), tmp_path, tmp_path, 1)
    assert place.figures_from == (SOURCE,)
    assert place.limits.startswith("Trained on simulated videos, not validated on patients.")


def test_the_three_networks_differ_in_the_published_steps_alone() -> None:
    known = recipes()
    rows = [known[name] for name in ("swallow_plain", "swallow_rendered", "swallow_cascaded")]
    assert [row.task.sees for row in rows] == ["picture", "renderings", "renderings"]
    assert [getattr(row.task, "clear") for row in rows] == [(), (), CLEAR]  # noqa: B009  (of this task alone)
    assert OUTLINED[: len(CLEAR)] == CLEAR
    assert {(row.stages, row.drawn, tuple(row.shares.items())) for row in rows} == {
        (swallow.CASCADED.stages, swallow.RECIPE.drawn, tuple(swallow.RECIPE.shares.items()))
    }
    assert rows[-1].task == swallow.RECIPE.task
    assert {row.starts_from for row in (*rows, swallow.RECIPE)} == {chest_anatomy.RECIPE.name}
    assert not any(row.ships for row in rows)
    assert set(swallow.RECIPE.shares) == {SOURCE, DRY, own_swallows.SOURCE}
