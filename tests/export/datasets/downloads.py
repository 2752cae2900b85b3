"""Tiny made-up sets, laid out as the public ones are when downloaded."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid

from edge_app.simulator.video import write_video

CHEXPERT_COLUMNS = (
    *("Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", "No Finding", "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity"),
    *("Lung Lesion", "Edema", "Consolidation", "Pneumonia", "Atelectasis", "Pneumothorax", "Pleural Effusion", "Pleural Other"),
    *("Fracture", "Support Devices"),
)


def pixels(seed: int, rows: int = 48, columns: int = 40) -> NDArray[np.uint8]:
    """Smooth and different for every seed, so that no two are alike."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 5)).astype(np.float32)
    return np.asarray(np.clip(cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC), 0, 255), dtype=np.uint8)


def picture(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels(seed))
    return path


def dicom(path: Path, seed: int, *, sex: str = "F", age: str = "064Y", view: str = "AP", side: int = 48) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = pixels(seed, side, side)
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID = DigitalXRayImageStorageForPresentation
    data.SOPInstanceUID = generate_uid(entropy_srcs=[path.name])
    data.Modality, data.PatientSex, data.PatientAge, data.ViewPosition = "DX", sex, age, view
    data.Rows, data.Columns, data.SamplesPerPixel = side, side, 1
    data.PhotometricInterpretation, data.PixelRepresentation = "MONOCHROME2", 0
    data.BitsAllocated, data.BitsStored, data.HighBit = 8, 8, 7
    data.PixelData = values.tobytes()
    data["PixelData"].VR = "OB"
    data.save_as(path, enforce_file_format=True)
    return path


def table(path: Path, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return path


def nih(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "Data_Entry_2017.csv").write_text(
        "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
        "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],\n"
        "00000001_000.png,Cardiomegaly|Effusion,0,1,058Y,M,PA,2682,2749,0.143,0.143,\n"
        "00000001_001.png,No Finding,1,1,58,M,AP,2682,2749,0.143,0.143,\n"
        "00000002_000.png,Pleural_Thickening,0,2,411,F,PA,2500,2048,0.168,0.168,\n"
    )
    (folder / "BBox_List_2017.csv").write_text(
        "Image Index,Finding Label,Bbox [x,y,w,h],,,\n00000001_000.png,Infiltrate,225.08,547.02,86.78,79.19,,,\n"
    )
    (folder / "train_val_list.txt").write_text("00000001_000.png\n00000001_001.png")
    (folder / "test_list.txt").write_text("00000002_000.png\n")
    picture(folder / "images_001" / "images" / "00000001_000.png", 1)
    picture(folder / "images_001" / "images" / "00000001_001.png", 2)
    picture(folder / "images_002" / "images" / "00000002_000.png", 3)
    return folder


def chestx_det(folder: Path) -> Path:
    folder.mkdir(parents=True)
    square = [[5, 5], [15, 5], [15, 25]]
    train = [
        {
            "file_name": "36199.png",
            "syms": ["Effusion", "Pleural Thickening"],
            "boxes": [[5, 6, 15, 26], [1, 2, 3, 4]],
            "polygons": [square] * 2,
        },
        {"file_name": "36200.png", "syms": ["Diffuse Nodule"], "boxes": [[1, 1, 9, 9]], "polygons": [square]},
    ]
    test = [{"file_name": "36199.png", "syms": [], "boxes": [], "polygons": []}]
    (folder / "ChestX_Det_train.json").write_text(json.dumps(train))
    (folder / "ChestX_Det_test.json").write_text(json.dumps(test))
    picture(folder / "train_data" / "train" / "36199.png", 11)
    picture(folder / "train_data" / "train" / "36200.png", 12)
    picture(folder / "test_data" / "test" / "36199.png", 13)
    return folder


def chexpert(folder: Path) -> Path:
    start = "CheXpert-v1.0-small"
    rows = [
        [f"{start}/train/patient00001/study1/view1_frontal.jpg", "Female", 68, "Frontal", "AP", "1.0", *[""] * 12, "1.0"],
        [
            f"{start}/train/patient00002/study2/view1_frontal.jpg",
            "Male",
            87,
            "Frontal",
            "PA",
            "",
            "",
            "-1.0",
            "1.0",
            *[""] * 6,
            "1.0",
            "",
            "0.0",
            "",
        ],
        [
            f"{start}/train/patient00002/study2/view2_lateral.jpg",
            "Male",
            87,
            "Lateral",
            "",
            "",
            "",
            "-1.0",
            "1.0",
            *[""] * 6,
            "1.0",
            "",
            "0.0",
            "",
        ],
    ]
    table(folder / "train.csv", CHEXPERT_COLUMNS, rows)
    valid = [f"{start}/valid/patient64541/study1/view1_frontal.jpg", "Unknown", 0, "Frontal", "AP", *["0.0"] * 13, "1.0"]
    table(folder / "valid.csv", CHEXPERT_COLUMNS, [valid])
    for number, row in enumerate([*rows, valid]):
        picture(folder / str(row[0]).removeprefix(f"{start}/"), 20 + number)
    return folder


def vindr(folder: Path) -> Path:
    boxed = ("image_id", "rad_id", "class_name", "x_min", "y_min", "x_max", "y_max")
    table(
        folder / "annotations/annotations_train.csv",
        boxed,
        [
            ["aaa", "R1", "Nodule/Mass", 1.5, 2, 11.5, 22],
            ["aaa", "R2", "Pleural effusion", 4, 4, 8, 8],
            ["aaa", "R3", "No finding", "", "", "", ""],
        ],
    )
    read = ("image_id", "rad_id", "Cardiomegaly", "Nodule/Mass", "Pleural effusion", "Tuberculosis", "Other diseases", "No finding")
    table(
        folder / "annotations/image_labels_train.csv",
        read,
        [["aaa", "R1", 0, 1, 0, 0, 1, 0], ["aaa", "R2", 0, 0, 1, 0, 0, 0], ["aaa", "R3", 0, 0, 0, 0, 0, 1]],
    )
    table(folder / "annotations/annotations_test.csv", ("image_id", "class_name", *boxed[3:]), [["bbb", "Cardiomegaly", 1, 2, 3, 4]])
    test = ("image_id", *read[2:6], "Other disease", "No finding")
    table(folder / "annotations/image_labels_test.csv", test, [["bbb", 1, 0, 0, 1, 0, 0]])
    dicom(folder / "train/aaa.dicom", 31, sex="M", age="050Y")
    dicom(folder / "test/bbb.dicom", 32, sex="", age="")
    return folder


def vindr_challenge(folder: Path) -> Path:
    columns = ("image_id", "class_name", "class_id", "rad_id", "x_min", "y_min", "x_max", "y_max")
    rows = [["ccc", "Pulmonary fibrosis", 13, "R9", 1, 2, 3, 5], ["ccc", "No finding", 14, "R8", *[""] * 4]]
    table(folder / "train.csv", columns, rows)
    picture(folder / "train/ccc.png", 33)
    return folder


def rsna(folder: Path) -> Path:
    columns = ("patientId", "x", "y", "width", "height", "Target")
    rows: list[list[object]] = [["p1", 10, 12, 20, 21, 1], ["p1", 1, 2, 3, 4, 1], ["p2", *[""] * 4, 0], ["p3", *[""] * 4, 0]]
    table(folder / "stage_2_train_labels.csv", columns, rows)
    classes = [["p1", "Lung Opacity"], ["p1", "Lung Opacity"], ["p2", "Normal"], ["p3", "No Lung Opacity / Not Normal"]]
    table(folder / "stage_2_detailed_class_info.csv", ("patientId", "class"), classes)
    mapping = [{"subset_img_id": "p1", "img_id": "00000047_005.png"}]
    (folder / "pneumonia-challenge-dataset-mappings_2018.json").write_text(json.dumps(mapping))
    for number, name in enumerate(("p1", "p2", "p3")):
        dicom(folder / "stage_2_train_images" / f"{name}.dcm", 40 + number)
    return folder


def siim(folder: Path) -> Path:
    folder.mkdir(parents=True)
    # Two columns of three pixels from row 2 of column 1 on, and another run of the same picture in a row of its own.
    (folder / "train-rle.csv").write_text("ImageId, EncodedPixels\n1.2.3,1026 3 1021 3\n1.2.3,524288 1\n1.2.4, -1\n")
    dicom(folder / "dicom-images-train/1.2/1.3/1.2.3.dcm", 50, sex="M", age="018Y", view="PA")
    dicom(folder / "dicom-images-train/2.2/2.3/1.2.4.dcm", 51)
    return folder


def shenzhen(folder: Path) -> Path:
    picture(folder / "CXR_png/CHNCXR_0001_0.png", 60)
    picture(folder / "CXR_png/CHNCXR_0327_1.png", 61)
    picture(folder / "mask/CHNCXR_0001_0_mask.png", 62)
    (folder / "ClinicalReadings").mkdir()
    (folder / "ClinicalReadings/CHNCXR_0001_0.txt").write_text("male 45yrs\nnormal")
    (folder / "ClinicalReadings/CHNCXR_0327_1.txt").write_text("Female , 18 months\nright upper tuberculosis\n")
    return folder


def montgomery(folder: Path, *, left_is_the_patients: bool = True) -> Path:
    for number, name in enumerate(("MCUCXR_0001_0", "MCUCXR_0104_1")):
        picture(folder / f"CXR_png/{name}.png", 70 + number)
        for part, start in (("leftMask", 20 if left_is_the_patients else 0), ("rightMask", 0 if left_is_the_patients else 20)):
            mask = np.zeros((48, 40), np.uint8)
            mask[5:40, start + 3 : start + 15] = 255
            path = folder / "ManualMask" / part / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            assert cv2.imwrite(str(path), mask)
    (folder / "ClinicalReadings").mkdir()
    (folder / "ClinicalReadings/MCUCXR_0001_0.txt").write_text("Patient's Sex: F \nPatient's Age: 027Y\nnormal\n")
    return folder


def tb_database(folder: Path) -> Path:
    picture(folder / "Normal/Normal-1.png", 80)
    picture(folder / "Normal/Normal-2.png", 81)
    picture(folder / "Tuberculosis/Tuberculosis-1.png", 82)
    return folder


def kermany(folder: Path) -> Path:
    names = (
        *("train/NORMAL/IM-0115-0001.jpeg", "train/NORMAL/NORMAL2-IM-0383-0001.jpeg", "train/PNEUMONIA/person1_bacteria_1.jpeg"),
        *("test/PNEUMONIA/person1_virus_6.jpeg", "test/NORMAL/NORMAL-1049278-0001.jpeg", "test/PNEUMONIA/VIRUS-77-0003.jpeg"),
        "val/NORMAL/NORMAL2-IM-1427-0001.jpeg",
    )
    for number, name in enumerate(names):
        picture(folder / name, 90 + number)
    return folder


def fracatlas(folder: Path) -> Path:
    columns = (
        *("image_id", "hand", "leg", "hip", "shoulder", "mixed", "hardware", "multiscan", "fractured", "fracture_count"),
        *("frontal", "lateral", "oblique"),
    )
    rows = [["IMG0000000.jpg", 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0], ["IMG0000019.jpg", 0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1]]
    table(folder / "dataset.csv", columns, rows)
    coco = {
        "images": [{"id": 7, "file_name": "IMG0000019.jpg", "width": 40, "height": 48}],
        "annotations": [{"image_id": 7, "bbox": [3.5, 4, 5, 6], "segmentation": [[1, 2, 3, 4, 5, 6]], "category_id": 1}],
        "categories": [{"id": 1, "name": "fractured"}],
    }
    path = folder / "Annotations/COCO JSON/COCO_fracture_masks.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(coco))
    picture(folder / "images/Non_fractured/IMG0000000.jpg", 100)
    picture(folder / "images/Fractured/IMG0000019.jpg", 101)
    # In the real set too, some fractured pictures lie in both folders.
    picture(folder / "images/Non_fractured/IMG0000019.jpg", 101)
    return folder


def graz_wrists(folder: Path) -> Path:
    """One wrist broken twice, one of which the doctors were not sure, one whole."""
    columns = ("filestem", "patient_id", "study_number", "gender", "age", "laterality", "projection", "cast", "diagnosis_uncertain")
    rows = [
        ["0001_1297860395_01_WRI-L1_M014", 1, 1, "M", 14.5, "L", 1, "", "", 1.0, ""],
        ["0001_1297860395_01_WRI-L2_M014", 1, 1, "M", 14.5, "L", 2, "", 1.0, 1.0, ""],
        ["0002_0354485735_01_WRI-R1_F012", 2, 1, "F", "", "R", 3, 1.0, "", "", 1.0],
    ]
    table(folder / "dataset.csv", (*columns, "fracture_visible", "metal"), rows)
    for number, row in enumerate(rows):
        picture(folder / f"images_part{number % 2 + 1}" / f"{row[0]}.png", 170 + number)
        labels = folder / "yolov5" / "labels" / f"{row[0]}.txt"
        labels.parent.mkdir(parents=True, exist_ok=True)
        fractures = ["3 0.5 0.25 0.2 0.125", "3 0.25 0.5 0.1 0.25"] if number == 0 else []
        labels.write_text("\n".join(["8 0.9 0.1 0.05 0.05", *fractures]) + "\n")
    return folder


def own(folder: Path) -> Path:
    columns = ("image", "patient", "kind", "view", "sex", "age", "licence", "Pneumonia", "rib fracture", "mask_lung_fields")
    rows = [
        ["2024/a.dcm", "7", "chest_adult", "AP", "f", "3 months", "", "1", "", "masks/a.png"],
        ["b.png", "8", "limb", "", "", "", "CC0", "", "0.5", ""],
    ]
    table(folder / "radiographs.csv", columns, rows)
    table(folder / "boxes.csv", ("image", "finding", "x", "y", "w", "h"), [["b.png", "rib fracture", 1, 2, 3, 4]])
    dicom(folder / "2024/a.dcm", 110)
    picture(folder / "b.png", 111)
    picture(folder / "masks/a.png", 112)
    return folder


def nasal_fractures(folder: Path) -> Path:
    """A hospital's noses: one broken and outlined, one whole, one of which nobody knows."""
    for at, name in enumerate(("a.png", "b.png", "c.png")):
        picture(folder / name, 90 + at)
    picture(folder / "a.mask.png", 93)
    columns = ("image", "patient", "fracture", "sex", "age", "mask_fracture")
    table(
        folder / "nasal_fractures.csv",
        columns,
        [["a.png", 1, 1, "M", 31, "a.mask.png"], ["b.png", 1, 0, "", "", ""], ["c.png", 2, "", "F", "9 years", ""]],
    )
    return folder


def own_spines(folder: Path) -> Path:
    """A hospital's spines: one with landmarks and masks, one with landmarks of its sacrum alone, one of which nothing is known."""
    for at, name in enumerate(("a.png", "b.png", "c.png", "masks/sacrum.png", "masks/L1.png")):
        picture(folder / name, 130 + at)
    named = ("L1_front", "L1_back", "S1_front", "S1_back", "hip_1", "hip_2")
    columns = (
        "image",
        "patient",
        "implant",
        "sex",
        "age",
        *(f"{name}_{axis}" for name in named for axis in "xy"),
        "mask_L1",
        "mask_sacrum",
    )
    nothing = [""] * 2
    rows = [
        ["a.png", 1, 1, "M", 61, *map(float, range(10, 22)), "masks/L1.png", "masks/sacrum.png"],
        ["b.png", 1, 0, "", "", *nothing * 2, 30.5, 40.5, 20.5, 35.5, *nothing * 2, "", ""],
        ["c.png", 2, "", "F", "77", *nothing * 6, "", ""],
    ]
    table(folder / "spines.csv", columns, rows)
    return folder


def own_swallows(folder: Path) -> Path:
    """A hospital's swallows: one video of which a frame is outlined, one of which only the scale is known."""
    for at, name in enumerate(("a.avi", "b.avi")):
        write_video(folder / name, np.stack([pixels(140 + 10 * at + frame) for frame in range(6)]), fps=15.0)
    picture(folder / "masks/bolus.png", 160)
    rows = [
        ["a.avi", 1, "", "", "M", "61", ""],
        ["a.avi", 1, 2, "", "", "", "masks/bolus.png"],
        ["b.avi", 2, "", 7, "F", "", ""],
    ]
    table(folder / "swallows.csv", ("video", "patient", "frame", "pas", "sex", "age", "mask_bolus"), rows)
    return folder


def newborn_grades(folder: Path) -> Path:
    columns = ("image", "patient", "grade", "sex", "age_days", "mask_right_lung", "mask_left_lung")
    rows = [
        ["a/1.dcm", "7", "III", "f", "2", "masks/right.png", "masks/left.png"],
        ["a/2.dcm", "8", "0", "", "0.5", "", ""],
        ["3.png", "9", "", "M", "", "", ""],
    ]
    table(folder / "grades.csv", columns, rows)
    dicom(folder / "a/1.dcm", 120)
    dicom(folder / "a/2.dcm", 121)
    picture(folder / "3.png", 122)
    for number, side in enumerate(("right", "left")):
        picture(folder / f"masks/{side}.png", 123 + number)
    return folder


MAKERS = {
    "nih_chestxray14": nih,
    "chestx_det": chestx_det,
    "chexpert": chexpert,
    "vindr_cxr": vindr,
    "rsna_pneumonia": rsna,
    "siim_pneumothorax": siim,
    "shenzhen": shenzhen,
    "montgomery": montgomery,
    "tb_database": tb_database,
    "kermany": kermany,
    "fracatlas": fracatlas,
    "grazpedwri_dx": graz_wrists,
    "nasal_fractures": nasal_fractures,
    "newborn_grades": newborn_grades,
    "own_spines": own_spines,
    "own_swallows": own_swallows,
    "own": own,
}
"""Every layout by the name it has in the registry."""
