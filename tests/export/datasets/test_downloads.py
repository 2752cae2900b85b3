from pathlib import Path

import numpy as np
import pytest

from edge_app.reading.protocols.chest import CHEST_FINDINGS
from export.datasets import (
    chestx_det,
    chexpert,
    fracatlas,
    graz_wrists,
    kermany,
    nasal_fractures,
    newborn_grades,
    nih_chestxray14,
    nlm_tuberculosis,
    own_folder,
    own_spines,
    rsna_pneumonia,
    siim_pneumothorax,
    tb_database,
    vindr_cxr,
)
from export.datasets.boxes import boxes_table
from export.datasets.canvases import opened
from export.datasets.errors import WrongValueError
from export.datasets.labelled import LUNG_FIELDS, Labelled
from export.datasets.registry import SETS
from tests.export.datasets import downloads


def _by_name(pictures: list[Labelled]) -> dict[str, Labelled]:
    return {picture.path.name: picture for picture in pictures}


@pytest.mark.parametrize("name", sorted(downloads.MAKERS))
def test_every_picture_of_a_download_is_there_and_opens(name: str, tmp_path: Path) -> None:
    folder = downloads.MAKERS[name](tmp_path / "set")
    pictures = SETS[name].pictures(folder)
    assert pictures
    for picture in pictures:
        assert opened(picture.path).rows in {48}
        assert all(0.0 <= value <= 1.0 for value in picture.labels.values())
        assert picture.sex in {"M", "F", None}
        assert all(mask.is_file() for mask in picture.masks.values())
    assert len({picture.path for picture in pictures}) == len(pictures)
    assert {box.picture for box in SETS[name].boxes(folder)} <= {picture.path for picture in pictures}


def test_nih_takes_names_people_and_views_from_its_table(tmp_path: Path) -> None:
    pictures = _by_name(nih_chestxray14.pictures(downloads.nih(tmp_path / "nih")))
    first = pictures["00000001_000.png"]
    assert {name for name in CHEST_FINDINGS if first.labels[name]} == {"Cardiomegaly", "Effusion"}
    assert (first.patient, first.view, first.sex, first.age_years) == ("nih:1", "PA", "M", 58.0)
    assert first.labels["ap_view"] == 0.0
    assert not any(pictures["00000001_001.png"].labels[name] for name in CHEST_FINDINGS)
    assert pictures["00000002_000.png"].labels["Pleural_Thickening"] == 1.0
    assert pictures["00000002_000.png"].age_years is None


def test_nih_boxes_and_official_lists(tmp_path: Path) -> None:
    folder = downloads.nih(tmp_path / "nih")
    (box,) = nih_chestxray14.boxes(folder)
    assert (box.picture.name, box.label, box.x, box.y, box.w, box.h) == ("00000001_000.png", "Infiltration", 225.08, 547.02, 86.78, 79.19)
    split = nih_chestxray14.official_split(folder)
    assert [picture.path.name for picture in split.validation] == ["00000002_000.png"]
    assert len(split.training) == 2


def test_chestx_det_knows_present_and_absent_of_its_thirteen(tmp_path: Path) -> None:
    folder = downloads.chestx_det(tmp_path / "det")
    first, second, third = chestx_det.pictures(folder)
    assert {name for name, value in first.labels.items() if value} == {"Effusion", "Pleural_Thickening"}
    assert first.labels["Nodule"] == 0.0
    assert "Nodule" not in second.labels
    assert second.labels["Diffuse Nodule"] == 1.0
    assert "Edema" not in first.labels
    assert not any(third.labels.values())
    assert first.path.name == third.path.name
    assert first.patient != third.patient
    box = chestx_det.boxes(folder)[0]
    assert (box.picture, box.label, box.x, box.y, box.w, box.h) == (first.path, "Effusion", 5, 6, 10, 20)


def test_chexpert_uncertain_and_not_mentioned_are_unknown(tmp_path: Path) -> None:
    clear, sick, lateral, read = chexpert.pictures(downloads.chexpert(tmp_path / "chexpert"))
    assert clear.labels["Pneumonia"] == 0.0
    assert clear.labels["Support Devices"] == 1.0
    assert "Nodule" not in clear.labels
    assert sick.labels == {"Lung Opacity": 1.0, "Effusion": 1.0, "Fracture": 0.0}
    assert (sick.patient, sick.view, sick.sex, sick.age_years) == ("chexpert:patient00002", "PA", "M", 87.0)
    assert lateral.patient == sick.patient
    assert (lateral.kind, lateral.view) == ("chest_lateral", "LATERAL")
    assert read.labels["Effusion"] == 0.0
    assert (read.sex, read.age_years) == (None, None)


def test_chexpert_in_batches_is_found(tmp_path: Path) -> None:
    folder = downloads.chexpert(tmp_path / "chexpert")
    (folder / "train").rename(folder / "CheXpert-v1.0 batch 2 (train 1)")
    assert all(picture.path.is_file() for picture in chexpert.pictures(folder))


def test_vindr_labels_are_the_share_of_readers(tmp_path: Path) -> None:
    folder = downloads.vindr(tmp_path / "vindr")
    pictures = _by_name(vindr_cxr.pictures(folder))
    trained = pictures["aaa.dicom"]
    assert trained.labels["Effusion"] == pytest.approx(1 / 3)
    assert trained.labels["Nodule/Mass"] == pytest.approx(1 / 3)
    assert trained.labels["Other disease"] == pytest.approx(1 / 3)
    assert trained.labels["Cardiomegaly"] == 0.0
    assert not {"Nodule", "Mass", "Hernia"} & set(trained.labels)
    assert (trained.sex, trained.age_years) == ("M", 50.0)
    tested = pictures["bbb.dicom"]
    assert (tested.labels["Cardiomegaly"], tested.labels["tuberculosis"], tested.labels["Nodule"]) == (1.0, 1.0, 0.0)
    boxes = vindr_cxr.boxes(folder)
    assert [(box.label, box.reader) for box in boxes] == [("Nodule/Mass", "R1"), ("Effusion", "R2"), ("Cardiomegaly", None)]
    assert (boxes[0].x, boxes[0].y, boxes[0].w, boxes[0].h) == (1.5, 2, 10, 20)


def test_vindr_of_the_challenge_knows_its_fourteen_only(tmp_path: Path) -> None:
    folder = downloads.vindr_challenge(tmp_path / "challenge")
    (picture,) = vindr_cxr.pictures(folder)
    assert picture.labels["Fibrosis"] == 0.5
    assert picture.labels["Atelectasis"] == 0.0
    assert "Edema" not in picture.labels
    assert [box.label for box in vindr_cxr.boxes(folder)] == ["Fibrosis"]


def test_rsna_normal_is_clear_and_abnormal_without_opacity_is_mostly_unknown(tmp_path: Path) -> None:
    folder = downloads.rsna(tmp_path / "rsna")
    pictures = _by_name(rsna_pneumonia.pictures(folder))
    assert pictures["p1.dcm"].labels == {"Lung Opacity": 1.0, "Pneumonia": 1.0}
    assert all(pictures["p2.dcm"].labels[name] == 0.0 for name in CHEST_FINDINGS)
    assert pictures["p3.dcm"].labels == {"Lung Opacity": 0.0, "Pneumonia": 0.0}
    assert (pictures["p1.dcm"].view, pictures["p1.dcm"].sex, pictures["p1.dcm"].age_years) == ("AP", "F", 64.0)
    assert pictures["p1.dcm"].patient == "nih:47"
    assert pictures["p2.dcm"].patient == "rsna_pneumonia:p2"
    assert [(box.picture.name, box.x, box.h) for box in rsna_pneumonia.boxes(folder)] == [("p1.dcm", 10, 21), ("p1.dcm", 1, 4)]


def test_siim_runs_become_masks_and_boxes(tmp_path: Path) -> None:
    folder = downloads.siim(tmp_path / "siim")
    sick, clear = siim_pneumothorax.pictures(folder)
    assert (sick.labels, clear.labels) == ({"Pneumothorax": 1.0}, {"Pneumothorax": 0.0})
    assert (sick.sex, sick.age_years, sick.view) == ("M", 18.0, "PA")
    ((path, mask),) = siim_pneumothorax.pneumothorax_masks(folder)
    assert path == sick.path
    assert sorted(zip(*np.nonzero(mask), strict=True)) == [(0, 512), (2, 1), (2, 2), (3, 1), (3, 2), (4, 1), (4, 2)]
    boxes = {(box.x, box.y, box.w, box.h) for box in siim_pneumothorax.boxes(folder)}
    assert boxes == {(1, 2, 2, 3), (512, 0, 1, 1)}


def test_shenzhen_reads_the_name_the_reading_and_the_mask(tmp_path: Path) -> None:
    normal, sick = nlm_tuberculosis.shenzhen(downloads.shenzhen(tmp_path / "set"))
    assert all(normal.labels[name] == 0.0 for name in (*CHEST_FINDINGS, "tuberculosis"))
    assert sick.labels == {"tuberculosis": 1.0}
    assert (normal.sex, normal.age_years) == ("M", 45.0)
    assert (sick.sex, sick.age_years) == ("F", 1.5)
    assert [set(picture.masks) for picture in (normal, sick)] == [{LUNG_FIELDS}, set()]


@pytest.mark.parametrize("left_is_the_patients", [True, False])
def test_montgomery_left_lung_is_the_patients_whichever_side_the_folder_means(tmp_path: Path, *, left_is_the_patients: bool) -> None:
    first, second = nlm_tuberculosis.montgomery(downloads.montgomery(tmp_path / "set", left_is_the_patients=left_is_the_patients))
    own, other = ("leftMask", "rightMask") if left_is_the_patients else ("rightMask", "leftMask")
    assert first.masks["left_lung"].parent.name == own
    assert first.masks["right_lung"].parent.name == other
    assert (first.sex, first.age_years) == ("F", 27.0)
    assert (second.sex, second.age_years) == (None, None)
    assert second.labels == {"tuberculosis": 1.0}


def test_tb_database_takes_its_labels_from_its_folders(tmp_path: Path) -> None:
    pictures = tb_database.pictures(downloads.tb_database(tmp_path / "tb"))
    assert [picture.labels["tuberculosis"] for picture in pictures] == [0.0, 0.0, 1.0]
    assert "Pneumonia" not in pictures[2].labels


def test_kermany_takes_patient_and_cause_from_the_name(tmp_path: Path) -> None:
    pictures = _by_name(kermany.pictures(downloads.kermany(tmp_path / "chest_xray")))
    assert pictures["person1_bacteria_1.jpeg"].labels == {"Pneumonia": 1.0, "bacterial": 1.0}
    assert pictures["person1_virus_6.jpeg"].labels == {"Pneumonia": 1.0, "bacterial": 0.0}
    assert pictures["person1_bacteria_1.jpeg"].patient == pictures["person1_virus_6.jpeg"].patient == "paediatric:p1"
    assert pictures["IM-0115-0001.jpeg"].patient == "paediatric:n0115"
    assert pictures["NORMAL2-IM-0383-0001.jpeg"].patient == "paediatric:n0383"
    assert pictures["NORMAL-1049278-0001.jpeg"].labels == {"Pneumonia": 0.0}
    assert pictures["VIRUS-77-0003.jpeg"].labels == {"Pneumonia": 1.0, "bacterial": 0.0}
    assert len(pictures) == 7


def test_fracatlas_takes_the_folder_that_its_table_means(tmp_path: Path) -> None:
    folder = downloads.fracatlas(tmp_path / "FracAtlas")
    whole, broken = fracatlas.pictures(folder)
    assert (whole.labels, whole.view) == ({"Fracture": 0.0}, "frontal+lateral")
    assert (broken.labels, broken.view, broken.path.parent.name) == ({"Fracture": 1.0}, "oblique", "Fractured")
    (box,) = fracatlas.boxes(folder)
    assert (box.picture, box.x, box.y, box.w, box.h) == (broken.path, 3.5, 4, 5, 6)


def test_wrists_have_their_patient_their_boxes_and_no_word_where_the_doctors_were_not_sure(tmp_path: Path) -> None:
    folder = downloads.graz_wrists(tmp_path / "graz")
    broken, unsure, whole = graz_wrists.pictures(folder)
    assert [own.labels.get("Fracture") for own in (broken, unsure, whole)] == [1.0, None, 0.0]
    assert broken.patient == unsure.patient != whole.patient
    assert [own.view for own in (broken, unsure, whole)] == ["frontal", "lateral", "oblique"]
    assert (broken.sex, broken.age_years, whole.age_years) == ("M", 14.5, None)
    assert (broken.labels["hardware"], whole.labels["hardware"], broken.labels["hand"], broken.labels["leg"]) == (0.0, 1.0, 1.0, 0.0)
    first, second = graz_wrists.boxes(folder)
    assert (first.picture, first.label) == (broken.path, "Fracture")
    # Of 48 rows and 40 columns.
    assert (first.x, first.y, first.w, first.h) == pytest.approx((16, 9, 8, 6))
    assert (second.x, second.y, second.w, second.h) == pytest.approx((8, 18, 4, 12))


def test_own_pictures_with_unknown_left_empty(tmp_path: Path) -> None:
    folder = downloads.own(tmp_path / "hospital")
    chest, limb = own_folder.pictures(folder)
    assert (chest.patient, chest.source, chest.kind, chest.view) == ("own_hospital:7", "own_hospital", "chest_adult", "AP")
    assert chest.labels == {"Pneumonia": 1.0}
    assert (chest.sex, chest.age_years) == ("F", 0.25)
    assert chest.masks == {LUNG_FIELDS: folder / "masks/a.png"}
    assert limb.labels == {"rib fracture": 0.5}
    assert (limb.view, limb.sex, limb.age_years, limb.licence, limb.masks) == (None, None, None, "CC0", {})
    assert [box.picture for box in own_folder.boxes(folder)] == [limb.path]


def test_fractures_are_outlined_in_both_forms_of_the_set(tmp_path: Path) -> None:
    (box,) = fracatlas.boxes(downloads.fracatlas(tmp_path / "fracatlas"))
    assert box.outline == ((1.0, 2.0), (3.0, 4.0), (5.0, 6.0))
    table = tmp_path / "fractures.csv"
    table.write_text("image,x,y,w,h,polygon\na.jpg,1,2,3,4,1 2 3.5 4 5 6\nb.jpg,1,2,3,4,\n", encoding="utf-8")
    outlined, plain = boxes_table(table, tmp_path, "Fracture")
    assert (outlined.outline, plain.outline) == (((1.0, 2.0), (3.5, 4.0), (5.0, 6.0)), ())


@pytest.mark.parametrize("polygon", ["1 2 3", "1 2 3 4", "1 2 3 4 x 6"])
def test_an_outline_that_is_none_is_named(tmp_path: Path, polygon: str) -> None:
    table = tmp_path / "fractures.csv"
    table.write_text(f"image,x,y,w,h,polygon\na.jpg,1,2,3,4,{polygon}\n", encoding="utf-8")
    with pytest.raises(WrongValueError, match="line 2, column 'polygon'"):
        boxes_table(table, tmp_path, "Fracture")


def test_a_hospitals_noses_are_broken_whole_or_unknown(tmp_path: Path) -> None:
    pictures = _by_name(nasal_fractures.pictures(downloads.nasal_fractures(tmp_path / "noses")))
    broken, whole, unknown = pictures["a.png"], pictures["b.png"], pictures["c.png"]
    assert (broken.labels, whole.labels, unknown.labels) == ({"Nasal_Fracture": 1.0}, {"Nasal_Fracture": 0.0}, {})
    assert broken.kind == unknown.kind == "skull_lateral"
    assert (broken.patient, broken.sex, broken.age_years) == (whole.patient, "M", 31.0)
    assert (unknown.patient, unknown.age_years) == ("nasal_fractures:noses:2", 9.0)
    assert broken.masks == {"Nasal_Fracture": tmp_path / "noses/a.mask.png"}
    assert not broken.simulated


def test_a_hospitals_spines_have_landmarks_masks_or_neither(tmp_path: Path) -> None:
    folder = downloads.own_spines(tmp_path / "spines")
    pictures = _by_name(own_spines.pictures(folder))
    first, second, unknown = pictures["a.png"], pictures["b.png"], pictures["c.png"]
    assert (first.labels, second.labels, unknown.labels) == ({"Implant": 1.0}, {"Implant": 0.0}, {})
    assert first.kind == unknown.kind == "spine_lateral"
    assert (first.patient, first.sex, first.age_years) == (second.patient, "M", 61.0)
    assert set(first.masks) == {"L1", "sacrum"}
    assert (second.masks, unknown.masks) == ({}, {})
    assert (first.source, second.source, unknown.source) == (own_spines.SOURCE, own_spines.MARKED, own_spines.MARKED)
    assert not first.simulated
    marks = own_spines.landmarks_in(folder)
    assert set(marks) == {first.path, second.path}
    assert marks[first.path]["L1_front"] == (10.0, 11.0)
    assert marks[first.path]["hip_2"] == (20.0, 21.0)
    assert marks[second.path] == {"S1_front": (30.5, 40.5), "S1_back": (20.5, 35.5)}


def test_a_hospitals_newborns_have_a_label_for_every_grade_up_to_theirs(tmp_path: Path) -> None:
    pictures = _by_name(newborn_grades.pictures(downloads.newborn_grades(tmp_path / "nursery")))
    third, none, unknown = pictures["1.dcm"], pictures["2.dcm"], pictures["3.png"]
    assert tuple(third.labels.values()) == (1.0, 1.0, 1.0, 0.0)
    assert set(none.labels.values()) == {0.0}
    assert unknown.labels == {}
    assert third.kind == none.kind == "chest_newborn"
    assert (third.patient, third.sex) == ("newborn_grades:nursery:7", "F")
    assert none.age_years == pytest.approx(0.5 / 365.25)
    assert set(third.masks) == {"right_lung", "left_lung"}
    assert not third.simulated
