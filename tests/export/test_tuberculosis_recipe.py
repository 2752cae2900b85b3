"""What the tuberculosis network is taught from."""

from pathlib import Path

from edge_app.reading.protocols.tuberculosis import TUBERCULOSIS
from export.datasets.catalogue import LICENCES
from export.datasets.labelled import NO_FINDING, Labelled
from export.recipes.tuberculosis import LIKE_IT, RECIPE, THIRD, gather, told
from export.simulate.tuberculous_chests import SOURCE


def _adult(labels: dict[str, float]) -> Labelled:
    return Labelled(Path("a.png"), "p:1", "nih", "chest_adult", labels)


def test_who_has_what_looks_like_it_has_no_label() -> None:
    assert told(_adult(dict(NO_FINDING))).labels[TUBERCULOSIS] == 0.0
    assert told(_adult({**NO_FINDING, "Edema": 1.0})).labels[TUBERCULOSIS] == 0.0
    for name in LIKE_IT:
        assert TUBERCULOSIS not in told(_adult({**NO_FINDING, name: 1.0})).labels


def test_what_is_known_stands_under_the_findings_name() -> None:
    own = told(_adult({"tuberculosis": 1.0})).labels
    assert own == {TUBERCULOSIS: 1.0}


def test_only_adults_are_gathered_and_every_source_has_a_share_and_a_licence(made_up_data: Path, tmp_path: Path) -> None:
    pictures = gather(made_up_data, tmp_path, 16, 1)
    assert {picture.kind for picture in pictures} == {"chest_adult"}
    sources = {picture.source for picture in pictures}
    assert sources == set(THIRD.shares)
    assert set(RECIPE.shares) == sources | {SOURCE}
    assert set(RECIPE.shares) <= set(LICENCES)
    sick = [picture for picture in pictures if picture.source == "tuberculosis" and picture.labels[TUBERCULOSIS]]
    assert sick


def test_what_ships_learns_nothing_but_where_drawn_disease_lies() -> None:
    assert RECIPE.task.places
    assert not THIRD.task.places
    assert RECIPE.starts_from == THIRD.name
    assert not THIRD.ships
    assert RECIPE.calibration_shares == THIRD.shares, "INT8 is for chests as they come, not for drawn ones"
