import os
from pathlib import Path

import pytest

from edge_app.reading.protocols.limb_fracture import FRACTURE
from export.datasets.catalogue import LICENCES, SETS
from export.datasets.registry import data_folder, find, gather, unrecognised
from tests.export.datasets import downloads
from tests.export.made_up import make_sets

DATA = Path(os.environ.get("RADIOGRAPH_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
SHRUNK = {
    "nih",
    "nih64",
    "adult_normal",
    "paediatric",
    "tuberculosis",
    "covid",
    "fracture",
    "cephalogram",
    "spine_lateral",
    "medical_mnist",
}


def test_every_download_is_found_under_any_folder_name_and_as_itself_only(tmp_path: Path) -> None:
    places = {name: make(tmp_path / f"download {number}" / "archive") for number, (name, make) in enumerate(downloads.MAKERS.items())}
    assert {found.of.name: found.folder for found in find(tmp_path)} == places
    assert unrecognised(tmp_path) == []


def test_the_challenges_form_of_vindr_is_found(tmp_path: Path) -> None:
    downloads.vindr_challenge(tmp_path / "vinbigdata")
    assert [found.of.name for found in find(tmp_path)] == ["vindr_cxr"]


def test_shrunk_sets_lie_beside_downloads(tmp_path: Path) -> None:
    make_sets(tmp_path)
    downloads.own(tmp_path / "hospital")
    (tmp_path / "notes").mkdir()
    found = find(tmp_path)
    assert {own.of.name for own in found} == SHRUNK | {"own"}
    assert [folder.name for folder in unrecognised(tmp_path)] == ["notes"]
    counts = {own.of.name: len(gather(own).pictures) for own in found}
    assert counts["nih"] == 20
    assert counts["medical_mnist"] == 24
    assert counts["own"] == 2


def test_two_hospitals_are_two_sources(tmp_path: Path) -> None:
    for name in ("north", "south"):
        downloads.own(tmp_path / name)
    sources = {picture.source for found in find(tmp_path) for picture in gather(found).pictures}
    assert sources == {"own_north", "own_south"}


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    assert find(tmp_path) == []
    assert find(tmp_path / "not there") == []


def test_a_patient_has_one_name_in_the_shrunk_and_the_downloaded_set(tmp_path: Path) -> None:
    downloads.nih(tmp_path / "download")
    make_sets(tmp_path)
    patients = {found.of.name: {picture.patient for picture in gather(found).pictures} for found in find(tmp_path)}
    assert patients["nih_chestxray14"] & patients["nih"] == {"nih:1", "nih:2"}


def test_every_source_has_a_title_and_a_licence(tmp_path: Path) -> None:
    make_sets(tmp_path)
    for name, make in downloads.MAKERS.items():
        make(tmp_path / "downloads" / name)
    for found in find(tmp_path):
        assert all((found.of.title, found.of.licence, found.of.url, found.of.needs))
        for picture in gather(found).pictures:
            assert picture.source in LICENCES or picture.source.startswith("own_")
    assert set(downloads.MAKERS) | SHRUNK == set(SETS)


def test_the_data_folder_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RADIOGRAPH_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    monkeypatch.delenv("RADIOGRAPH_DATA")
    assert data_folder().parts[-2:] == ("shared", "data")


@pytest.mark.real_data
@pytest.mark.skipif(not (DATA / "nih").is_dir(), reason="no real radiographs beside the project")
def test_the_real_sets_are_found_whole() -> None:
    gathered = {found.of.name: gather(found) for found in find(DATA)}
    assert set(gathered) >= SHRUNK
    assert all(own.missing == () for own in gathered.values())
    assert len(gathered["nih"].found.of.boxes(DATA / "nih")) == 31
    assert {box.picture for box in gathered["fracture"].found.of.boxes(DATA / "fracture")} <= {
        picture.path for picture in gathered["fracture"].pictures if picture.labels[FRACTURE]
    }
