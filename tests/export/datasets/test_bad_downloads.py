import shutil
from pathlib import Path

import pytest

from export.datasets.boxes import decode_runs
from export.datasets.errors import MissingTableError, NoPicturesOfSetError, WrongColumnError, WrongContentError, WrongValueError
from export.datasets.registry import SETS, Found, gather
from export.datasets.table import rows
from tests.export.datasets import downloads

TABLES = {
    "nih_chestxray14": "Data_Entry_2017.csv",
    "chexpert": "train.csv",
    "vindr_cxr": "annotations/image_labels_train.csv",
    "rsna_pneumonia": "stage_2_train_labels.csv",
    "siim_pneumothorax": "train-rle.csv",
    "fracatlas": "dataset.csv",
    "grazpedwri_dx": "dataset.csv",
    "nasal_fractures": "nasal_fractures.csv",
    "newborn_grades": "grades.csv",
    "own_spines": "spines.csv",
    "own_swallows": "swallows.csv",
    "own": "radiographs.csv",
}
COLUMNS = {
    "nih_chestxray14": ("Patient ID", "Patient Nr"),
    "chexpert": ("Pleural Effusion", "Effusion"),
    "vindr_cxr": ("image_id", "image"),
    "rsna_pneumonia": ("Target", "target"),
    "siim_pneumothorax": ("ImageId", "Image"),
    "fracatlas": ("image_id", "image"),
    "grazpedwri_dx": ("patient_id", "patient"),
    "nasal_fractures": ("fracture", "broken"),
    "newborn_grades": ("grade", "stage"),
    "own_spines": ("patient", "person"),
    "own_swallows": ("patient", "person"),
    "own": ("patient", "person"),
}
NEEDED = {
    name: TABLES[name]
    for name in (
        "rsna_pneumonia",
        "siim_pneumothorax",
        "fracatlas",
        "grazpedwri_dx",
        "nasal_fractures",
        "newborn_grades",
        "own_spines",
        "own_swallows",
        "own",
        "nih_chestxray14",
    )
} | {
    "chestx_det": "ChestX_Det_*.json",
    "chexpert": "*.csv",
    "vindr_cxr": "annotations",
    "shenzhen": "CXR_png",
    "montgomery": "CXR_png",
    "tb_database": "Tuberculosis",
    "kermany": "train",
}


def _everything(name: str, folder: Path) -> int:
    return len(SETS[name].pictures(folder)) + len(SETS[name].boxes(folder))


@pytest.mark.parametrize("name", sorted(downloads.MAKERS))
def test_a_missing_table_is_named(name: str, tmp_path: Path) -> None:
    folder = downloads.MAKERS[name](tmp_path / "set")
    for path in folder.glob(NEEDED[name]):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(MissingTableError, match="set"):
        SETS[name].pictures(folder)


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_a_wrong_column_is_named_with_its_file(name: str, tmp_path: Path) -> None:
    folder = downloads.MAKERS[name](tmp_path / "set")
    path = folder / TABLES[name]
    column, wrong = COLUMNS[name]
    path.write_text(path.read_text().replace(column, wrong, 1))
    with pytest.raises(WrongColumnError, match=rf"{path.name}: no column '{column}'"):
        SETS[name].pictures(folder)


@pytest.mark.parametrize("name", sorted(downloads.MAKERS))
def test_missing_pictures_are_left_out_and_named_and_a_set_without_any_is_an_error(name: str, tmp_path: Path) -> None:
    folder = downloads.MAKERS[name](tmp_path / "set")
    found = Found(SETS[name], folder)
    whole = gather(found)
    assert whole.missing == ()
    if name in {"shenzhen", "montgomery", "tb_database", "kermany"}:
        return  # Their pictures are their table.
    gone = whole.pictures[0].path
    for copy in folder.rglob(gone.name):
        if copy.parent == gone.parent or name == "fracatlas":
            copy.unlink()
    part = gather(found)
    assert [path.name for path in part.missing] == [gone.name]
    assert [picture.path for picture in part.pictures] == [picture.path for picture in whole.pictures[1:]]
    for picture in part.pictures:
        for copy in folder.rglob(picture.path.name):
            copy.unlink()
    with pytest.raises(NoPicturesOfSetError, match=f"not one of the {len(whole.pictures)} pictures"):
        gather(found)


@pytest.mark.parametrize(
    ("name", "before", "after", "message"),
    [
        ("nih_chestxray14", "Cardiomegaly|Effusion", "Cardiomegaly|Efusion", r"Data_Entry_2017\.csv, line 2, column 'Finding Labels'"),
        ("chexpert", ",1.0\n", ",2.0\n", r"train\.csv, line 2, column 'Support Devices': '2\.0'"),
        (
            "rsna_pneumonia",
            "p1,10,12,20,21,1",
            "p1,10,12,20,21,yes",
            r"stage_2_train_labels\.csv, line 2, column 'Target': 'yes' is not a number",
        ),
        ("rsna_pneumonia", "p2,,,,,0", "p2,1,1,1,1,1", r"line 4, column 'Target'.*stage_2_detailed_class_info\.csv"),
        ("fracatlas", "1,0,0,1,1,0\n", "1,2,0,1,1,0\n", r"dataset\.csv, line 2, column 'fractured': '2'"),
        ("grazpedwri_dx", ",1.0,\n", ",yes,\n", r"dataset\.csv, line 2, column 'fracture_visible': 'yes' is not a number"),
        ("grazpedwri_dx", ",1.0,\n", ",2,\n", r"line 2, column 'fracture_visible': '2' is not 1 or empty"),
        ("nasal_fractures", "a.png,1,1,", "a.png,1,2,", r"nasal_fractures\.csv, line 2, column 'fracture': '2' is not 0, 1 or empty"),
        ("nasal_fractures", "c.png,2,", "c.png,,", r"line 4, column 'patient'"),
        ("nasal_fractures", "a.mask.png", "gone.png", r"line 2, column 'mask_fracture'"),
        ("nasal_fractures", "9 years", "young", r"line 4, column 'age': 'young'"),
        ("newborn_grades", ",III,", ",V,", r"grades\.csv, line 2, column 'grade': 'V' is not 0 to 4, I to IV or empty"),
        ("newborn_grades", ",0.5,", ",half a day,", r"grades\.csv, line 3, column 'age_days': 'half a day' is not a number"),
        ("newborn_grades", "a/2.dcm,8", "a/2.dcm,", r"grades\.csv, line 3, column 'patient'"),
        ("newborn_grades", "masks/left.png", "masks/gone.png", r"line 2, column 'mask_left_lung'"),
        ("own_spines", "a.png,1,1,", "a.png,1,yes,", r"spines\.csv, line 2, column 'implant': 'yes' is not 0, 1 or empty"),
        ("own_spines", ",40.5,", ",,", r"spines\.csv, line 3, column 'S1_front_y': '' is not given, as the other one is"),
        ("own_spines", ",40.5,", ",low,", r"spines\.csv, line 3, column 'S1_front_y': 'low' is not a number"),
        ("own_spines", "masks/L1.png", "masks/gone.png", r"line 2, column 'mask_L1'"),
        ("own_spines", "c.png,2,", "c.png,,", r"line 4, column 'patient'"),
        ("own", ",limb,", ",,", r"radiographs\.csv, line 3, column 'kind'"),
        ("own", "2024/a.dcm,7,chest_adult,AP,f,", "2024/a.dcm,7,chest_adult,AP,woman,", r"line 2, column 'sex': 'woman'"),
        ("own", ",0.5,", ",50,", r"line 3, column 'rib fracture': '50' is not between 0 and 1"),
        ("own", "masks/a.png", "masks/b.png", r"line 2, column 'mask_lung_fields'"),
    ],
)
def test_a_wrong_value_is_named_with_file_line_and_column(name: str, before: str, after: str, message: str, tmp_path: Path) -> None:
    folder = downloads.MAKERS[name](tmp_path / "set")
    path = folder / TABLES[name]
    text = path.read_bytes().decode().replace("\r\n", "\n")
    assert before in text
    path.write_text(text.replace(before, after, 1))
    with pytest.raises(WrongValueError, match=message):
        SETS[name].pictures(folder)


@pytest.mark.parametrize(
    ("name", "file", "content"),
    [
        ("chestx_det", "ChestX_Det_train.json", '{"file_name": "a.png"}'),
        ("chestx_det", "ChestX_Det_train.json", '[{"file_name": "a.png", "syms": ["Mass"], "boxes": []}]'),
        ("chestx_det", "ChestX_Det_train.json", '[{"file_name": "a.png", "syms": ["Mess"], "boxes": [[1, 2, 3, 4]]}]'),
        ("rsna_pneumonia", "pneumonia-challenge-dataset-mappings_2018.json", '[{"img_id": "00000047_005.png"}]'),
        ("fracatlas", "Annotations/COCO JSON/COCO_fracture_masks.json", '{"images": []}'),
        ("grazpedwri_dx", "yolov5/labels/0001_1297860395_01_WRI-L1_M014.txt", "3 0.5 0.5 0.1\n"),
        ("nih_chestxray14", "BBox_List_2017.csv", "Image Index,Finding Label,Bbox [x,y,w,h]\n00000001_000.png,Mass,1,2,3\n"),
        ("siim_pneumothorax", "train-rle.csv", "ImageId,EncodedPixels\n1.2.3,1048570 30\n"),
    ],
)
def test_content_of_another_form_is_named(name: str, file: str, content: str, tmp_path: Path) -> None:
    folder = downloads.MAKERS[name](tmp_path / "set")
    (folder / file).write_text(content)
    with pytest.raises(WrongContentError, match="set"):
        _everything(name, folder)


def test_a_picture_whose_name_has_no_label_is_named(tmp_path: Path) -> None:
    folder = downloads.shenzhen(tmp_path / "set")
    downloads.picture(folder / "CXR_png/CHNCXR_0500_2.png", 1)
    with pytest.raises(WrongContentError, match="CHNCXR_0500_2"):
        SETS["shenzhen"].pictures(folder)
    other = downloads.kermany(tmp_path / "chest_xray")
    downloads.picture(other / "train/NORMAL/holiday.jpeg", 1)
    with pytest.raises(WrongContentError, match="holiday"):
        SETS["kermany"].pictures(other)


def test_a_column_asked_for_in_vain_is_named_in_any_table(tmp_path: Path) -> None:
    path = downloads.table(tmp_path / "labels.csv", ("image", "patient"), [["a.png"]])
    (row,) = rows(path)
    assert row["patient"] == ""
    with pytest.raises(WrongColumnError, match=r"labels\.csv: no column 'view'; it has 'image', 'patient'"):
        row["view"]


@pytest.mark.parametrize("runs", ["3", "-4 2", "60 10", "a b"])
def test_runs_that_do_not_fit_are_refused(runs: str) -> None:
    with pytest.raises(ValueError, match=r"runs|invalid literal"):
        decode_runs(runs, 8, 8)
