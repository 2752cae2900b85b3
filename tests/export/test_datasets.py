import shutil
from pathlib import Path

import numpy as np
import pytest

from edge_app.reading.protocols.chest import CHEST_FINDINGS
from export.datasets.adult_normal import adult_normal
from export.datasets.canvases import UnreadableTrainingPictureError, canvases
from export.datasets.covid import covid
from export.datasets.duplicates import without_duplicates
from export.datasets.labelled import Labelled, label_matrix, with_kind_labels
from export.datasets.nih import nih, nih64
from export.datasets.other_parts import cephalogram, fracture, medical_mnist, spine_lateral
from export.datasets.paediatric import paediatric
from export.datasets.tuberculosis import tuberculosis


def test_every_adapter_finds_its_pictures(made_up_data: Path) -> None:
    counts = {
        adapter.__name__: len(adapter(made_up_data))
        for adapter in (nih, nih64, adult_normal, paediatric, tuberculosis, covid, fracture, cephalogram, spine_lateral, medical_mnist)
    }
    assert counts == {
        "nih": 20,
        "nih64": 16,
        "adult_normal": 8,
        "paediatric": 12,
        "tuberculosis": 8,
        "covid": 5,
        "fracture": 8,
        "cephalogram": 8,
        "spine_lateral": 8,
        "medical_mnist": 24,
    }


def test_a_missing_set_gives_no_pictures(tmp_path: Path) -> None:
    for adapter in (nih, nih64, adult_normal, paediatric, tuberculosis, covid, fracture, cephalogram, spine_lateral, medical_mnist):
        assert adapter(tmp_path) == []


def test_nih_knows_all_fourteen_and_one_patient_has_one_name_in_both_sets(made_up_data: Path) -> None:
    assert all(set(CHEST_FINDINGS) < set(picture.labels) for picture in nih(made_up_data))
    assert {picture.patient for picture in nih(made_up_data)} & {picture.patient for picture in nih64(made_up_data)}


def test_what_was_not_looked_for_stays_unknown(made_up_data: Path) -> None:
    children = label_matrix(paediatric(made_up_data), CHEST_FINDINGS)
    pneumonia = CHEST_FINDINGS.index("Pneumonia")
    assert not np.isnan(children[:, pneumonia]).any()
    assert np.isnan(np.delete(children, pneumonia, axis=1)).all()
    for picture in tuberculosis(made_up_data):
        findings = label_matrix([picture], CHEST_FINDINGS)
        assert np.isnan(findings).all() if picture.labels["tuberculosis"] else (findings == 0).all()


def test_covid_names_a_pneumonia_only_where_the_table_does(made_up_data: Path) -> None:
    by_file = {picture.path.name: picture.labels for picture in covid(made_up_data)}
    assert by_file["v0.png"]["Pneumonia"] == 1.0
    assert by_file["v0.png"]["severity"] == pytest.approx(10.5 / 18)
    assert all(by_file["v1.png"][name] == 0.0 for name in CHEST_FINDINGS)
    assert by_file["v2.png"] == {}
    assert by_file["v3.png"] == {}


def test_covid_leaves_pictures_under_no_derivatives_out(made_up_data: Path) -> None:
    assert "v5.png" not in {picture.path.name for picture in covid(made_up_data)}


def test_the_same_exposure_twice_is_found_and_only_that(made_up_data: Path, tmp_path: Path) -> None:
    known = nih(made_up_data)
    normal = adult_normal(made_up_data)
    copy = tmp_path / "copy.png"
    shutil.copyfile(known[3].path, copy)
    again = Labelled(copy, "adult_normal:copy", "adult_normal", "chest_adult")
    assert without_duplicates([*normal, again], known) == normal


def test_kind_labels_are_one_hot(made_up_data: Path) -> None:
    labelled = with_kind_labels([*fracture(made_up_data), *nih(made_up_data)], ("chest_adult", "limb"))
    matrix = label_matrix(labelled, ("chest_adult", "limb"))
    assert (matrix.sum(axis=1) == 1).all()
    assert matrix[0].tolist() == [0.0, 1.0]


def test_canvases_keep_the_aspect_and_are_made_once(made_up_data: Path, tmp_path: Path) -> None:
    pictures = fracture(made_up_data)
    made = canvases(pictures, 50, tmp_path)
    assert made.shape == (8, 50, 50)
    assert made.dtype == np.uint8
    assert (made[:, :9] == 0).all()
    assert (made[:, 12:38] > 0).all()
    stamp = next(tmp_path.glob("*.npy")).stat().st_mtime_ns
    assert (canvases(pictures, 50, tmp_path) == made).all()
    assert next(tmp_path.glob("*.npy")).stat().st_mtime_ns == stamp


def test_an_unreadable_training_picture_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    with pytest.raises(UnreadableTrainingPictureError, match=r"broken\.jpg"):
        canvases([Labelled(broken, "x:1", "x", "chest_adult")], 32, tmp_path)
