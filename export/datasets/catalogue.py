"""The catalogue of sets that can be learnt from: what each is, under which licence, where it is to be found, and how it is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from edge_app.reading.protocols.limb_fracture import FRACTURE
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
    own_swallows,
    rsna_pneumonia,
    siim_pneumothorax,
    tb_database,
    vindr_cxr,
)
from export.datasets.adult_normal import adult_normal
from export.datasets.boxes import Box, boxes_table
from export.datasets.covid import covid
from export.datasets.labelled import Labelled
from export.datasets.nih import nih, nih64
from export.datasets.nose_boxes import nose_boxes
from export.datasets.other_parts import MEDICAL_MNIST_KINDS, cephalogram, fracture, medical_mnist, spine_lateral
from export.datasets.paediatric import paediatric
from export.datasets.tuberculosis import tuberculosis

NIH_URL = "https://nihcc.app.box.com/v/ChestXray-NIHCC"
NLM_URL = "https://data.lhncbc.nlm.nih.gov/public/Tuberculosis-Chest-X-ray-Datasets"
NIH_LICENCE = "attribution to the NIH Clinical Center"


def _none(folder: Path) -> list[Box]:
    return []


def _nih_boxes(folder: Path) -> list[Box]:
    return boxes_table(folder / "boxes.csv", folder / "images")


def _fracture_boxes(folder: Path) -> list[Box]:
    return boxes_table(folder / "fractures.csv", folder / "images", FRACTURE)


@dataclass(frozen=True)
class PublicSet:
    """One set and its adapter.

    Attributes:
        name: key of the registry, and the source of its pictures where it has one source.
        title: as the cards name it.
        licence: of the pictures and labels; where it differs by picture, ``Labelled.licence`` says so.
        url: where it is to be found.
        needs: which files make it, in words.
        recognises: whether the set lies in a folder, by its own files.
        pictures: every picture that the set names; whether the files are there is asked in ``registry.gather``.
        boxes: the rectangles drawn on them.
        sources: title by source, where the set has several.
    """

    name: str
    title: str
    licence: str
    url: str
    needs: str
    recognises: Callable[[Path], bool]
    pictures: Callable[[Path], list[Labelled]]
    boxes: Callable[[Path], list[Box]] = _none
    sources: Mapping[str, str] | None = None


def _shrunk(
    name: str,
    title: str,
    licence: str,
    url: str,
    read: Callable[[Path], list[Labelled]],
    folder: str = "",
    *,
    table: bool = True,
    boxes: Callable[[Path], list[Box]] = _none,
    sources: Mapping[str, str] | None = None,
) -> PublicSet:
    """A set in the shrunk form that the recipes use: recognised by its folder's own name, at the place the recipes look at."""
    parts = Path(folder or name).parts

    def recognises(place: Path) -> bool:
        return place.parts[-len(parts) :] == parts and ((place / "labels.csv").is_file() if table else place.is_dir())

    def pictures(place: Path) -> list[Labelled]:
        return read(place.parents[len(parts) - 1])

    needs = f"{'/'.join(parts)}/ with {'labels.csv and images/' if table else 'pictures'}"
    return PublicSet(name, title, licence, url, needs, recognises, pictures, boxes, sources)


_MNIST_TITLES = {
    "AbdomenCT": "abdomen CT",
    "BreastMRI": "breast MR",
    "CXR": "chest radiographs",
    "ChestCT": "chest CT",
    "Hand": "hands",
    "HeadCT": "head CT",
}

_SETS = (
    _shrunk("nih", "NIH ChestX-ray14", NIH_LICENCE, NIH_URL, nih, boxes=_nih_boxes),
    _shrunk("nih64", "NIH ChestX-ray14, 64-pixel thumbnails", NIH_LICENCE, NIH_URL, nih64),
    _shrunk(
        "adult_normal",
        "RSNA pneumonia challenge normals (from NIH), COVID-19 Radiography collection",
        f"as the collection, {NIH_LICENCE}",
        "https://www.kaggle.com/datasets/tawsifurrahman/covid19-radiography-database",
        adult_normal,
        table=False,
    ),
    _shrunk(
        "paediatric", "Kermany et al. 2018, paediatric chests", "CC BY 4.0", "https://data.mendeley.com/datasets/rscbjbr9sj", paediatric
    ),
    _shrunk(
        "tuberculosis", "Shenzhen tuberculosis set, National Library of Medicine", "public, attribution to the NLM", NLM_URL, tuberculosis
    ),
    _shrunk(
        "covid",
        "covid-chestxray-dataset",
        "per picture (CC BY, CC BY-SA, CC BY-NC-SA or not stated); NoDerivatives left out",
        "https://github.com/ieee8023/covid-chestxray-dataset",
        covid,
    ),
    _shrunk("fracture", "FracAtlas", "CC BY 4.0", "https://doi.org/10.6084/m9.figshare.22363012", fracture, boxes=_fracture_boxes),
    _shrunk(
        "cephalogram",
        "Hamedan university lateral cephalograms",
        "open repository",
        "not recorded",
        cephalogram,
        table=False,
        boxes=nose_boxes,
    ),
    _shrunk(
        "spine_lateral",
        "lateral lumbar spines found on the web",
        "not stated",
        "not recorded",
        spine_lateral,
        "spine_lateral_unlabelled",
        table=False,
    ),
    _shrunk(
        "medical_mnist",
        "Medical MNIST",
        "public",
        "https://github.com/apolanco3225/Medical-MNIST-Classification",
        medical_mnist,
        "other/medmnist64",
        table=False,
        sources={f"medical_mnist_{part}": f"Medical MNIST, {_MNIST_TITLES[part]}" for part in MEDICAL_MNIST_KINDS},
    ),
    PublicSet(
        nih_chestxray14.SOURCE,
        "NIH ChestX-ray14",
        NIH_LICENCE,
        NIH_URL,
        "Data_Entry_2017.csv or Data_Entry_2017_v2020.csv; BBox_List_2017.csv and the official lists if wanted; images/ or images_001/ …",
        nih_chestxray14.recognises,
        nih_chestxray14.pictures,
        nih_chestxray14.boxes,
    ),
    PublicSet(
        chestx_det.SOURCE,
        "ChestX-Det",
        f"as published by Deepwise; pictures {NIH_LICENCE}",
        "https://github.com/Deepwise-AILab/ChestX-Det-Dataset",
        "ChestX_Det_train.json, ChestX_Det_test.json; train_data/ and test_data/ with the pictures",
        chestx_det.recognises,
        chestx_det.pictures,
        chestx_det.boxes,
    ),
    PublicSet(
        chexpert.SOURCE,
        "CheXpert",
        "Stanford University dataset research use agreement: no commercial use, no redistribution",
        "https://stanfordmlgroup.github.io/competitions/chexpert/",
        "train.csv and valid.csv beside train/ and valid/ (small) or the folders CheXpert-v1.0 batch …",
        chexpert.recognises,
        chexpert.pictures,
    ),
    PublicSet(
        vindr_cxr.SOURCE,
        "VinDr-CXR",
        "PhysioNet credentialed health data licence: research use, no redistribution",
        "https://physionet.org/content/vindr-cxr/",
        "annotations/annotations_train.csv, image_labels_train.csv (and …_test.csv), train/ and test/; or the challenge's train.csv",
        vindr_cxr.recognises,
        vindr_cxr.pictures,
        vindr_cxr.boxes,
    ),
    PublicSet(
        rsna_pneumonia.SOURCE,
        "RSNA pneumonia detection challenge 2018",
        f"rules of the challenge; pictures {NIH_LICENCE}",
        "https://www.rsna.org/rsnai/ai-image-challenge/rsna-pneumonia-detection-challenge-2018",
        f"{rsna_pneumonia.TABLE}, {rsna_pneumonia.CLASSES}, {rsna_pneumonia.PICTURES}/; {rsna_pneumonia.MAPPING} for NIH's patients",
        rsna_pneumonia.recognises,
        rsna_pneumonia.pictures,
        rsna_pneumonia.boxes,
    ),
    PublicSet(
        siim_pneumothorax.SOURCE,
        "SIIM-ACR pneumothorax segmentation challenge 2019",
        f"rules of the challenge; pictures {NIH_LICENCE}",
        "https://www.kaggle.com/c/siim-acr-pneumothorax-segmentation",
        "train-rle.csv or stage_2_train.csv; dicom-images-train/ with the pictures",
        siim_pneumothorax.recognises,
        siim_pneumothorax.pictures,
        siim_pneumothorax.boxes,
    ),
    PublicSet(
        nlm_tuberculosis.SHENZHEN,
        "Shenzhen tuberculosis set, National Library of Medicine",
        "public, attribution to the NLM; masks CC BY-NC-SA 4.0",
        f"{NLM_URL}/Shenzhen-Hospital-CXR-Set",
        "CXR_png/CHNCXR_….png; ClinicalReadings/ for sex and age; mask/…_mask.png for the lung fields",
        nlm_tuberculosis.recognises_shenzhen,
        nlm_tuberculosis.shenzhen,
    ),
    PublicSet(
        nlm_tuberculosis.MONTGOMERY,
        "Montgomery County tuberculosis set, National Library of Medicine",
        "public, attribution to the NLM",
        f"{NLM_URL}/Montgomery-County-CXR-Set",
        "CXR_png/MCUCXR_….png; ClinicalReadings/ for sex and age; ManualMask/leftMask, rightMask for the lung fields",
        nlm_tuberculosis.recognises_montgomery,
        nlm_tuberculosis.montgomery,
    ),
    PublicSet(
        tb_database.SOURCE,
        "TB Chest Radiography Database (Rahman et al. 2020)",
        "as published on Kaggle; pictures of several sources",
        "https://www.kaggle.com/datasets/tawsifurrahman/tuberculosis-tb-chest-xray-dataset",
        "Normal/Normal-….png and Tuberculosis/Tuberculosis-….png",
        tb_database.recognises,
        tb_database.pictures,
    ),
    PublicSet(
        kermany.SOURCE,
        "Kermany et al. 2018, paediatric chests",
        "CC BY 4.0",
        "https://data.mendeley.com/datasets/rscbjbr9sj",
        "chest_xray/ with train/ and test/ (and val/), each with NORMAL/ and PNEUMONIA/",
        kermany.recognises,
        kermany.pictures,
    ),
    PublicSet(
        fracatlas.SOURCE,
        "FracAtlas",
        "CC BY 4.0",
        "https://doi.org/10.6084/m9.figshare.22363012",
        "dataset.csv, images/Fractured and images/Non_fractured; Annotations/COCO JSON/COCO_fracture_masks.json for the boxes",
        fracatlas.recognises,
        fracatlas.pictures,
        fracatlas.boxes,
    ),
    PublicSet(
        graz_wrists.SOURCE,
        "GRAZPEDWRI-DX, children's wrists",
        "CC BY 4.0",
        "https://doi.org/10.6084/m9.figshare.14825193",
        "dataset.csv, the pictures in any folder below; yolov5/labels/ for the boxes",
        graz_wrists.recognises,
        graz_wrists.pictures,
        graz_wrists.boxes,
    ),
    PublicSet(
        newborn_grades.SOURCE,
        "a hospital's own newborns with grades of respiratory distress syndrome",
        "their owner's",
        "one's own hospital",
        "grades.csv with the columns image, patient, grade (see export/datasets/newborn_grades.py)",
        newborn_grades.recognises,
        newborn_grades.pictures,
    ),
    PublicSet(
        nasal_fractures.SOURCE,
        "a hospital's own lateral views of noses, broken and not",
        "their owner's",
        "one's own hospital",
        "nasal_fractures.csv with the columns image, patient, fracture (see export/datasets/nasal_fractures.py)",
        nasal_fractures.recognises,
        nasal_fractures.pictures,
    ),
    PublicSet(
        own_spines.SOURCE,
        "a hospital's own lateral lumbar spines, with landmarks or masks",
        "their owner's",
        "one's own hospital",
        "spines.csv with the columns image and patient, landmarks and masks (see export/datasets/own_spines.py)",
        own_spines.recognises,
        own_spines.pictures,
        sources={
            own_spines.SOURCE: "a hospital's own lateral lumbar spines, outlined",
            own_spines.MARKED: "a hospital's own lateral lumbar spines, not outlined",
        },
    ),
    PublicSet(
        own_swallows.SOURCE,
        "a hospital's own videofluoroscopies of swallowing, with outlines",
        "their owner's",
        "one's own hospital",
        "swallows.csv with the columns video and patient, masks or COCO beside it (see export/datasets/own_swallows.py)",
        own_swallows.recognises,
        own_swallows.pictures,
    ),
    PublicSet(
        own_folder.SET,
        "one's own pictures",
        "as the column licence says, else their owner's",
        "one's own hospital",
        "radiographs.csv with the columns image, patient, kind (see export/datasets/own_folder.py); boxes.csv if wanted",
        own_folder.recognises,
        own_folder.pictures,
        own_folder.boxes,
    ),
)

SETS: Mapping[str, PublicSet] = {own.name: own for own in _SETS}
"""Every set by name."""

_DRAWN = {
    "simulated_chest": ("chests drawn by the box's simulator", "Apache-2.0"),
    "drawn_other": ("drawn pictures that are no radiographs", "Apache-2.0"),
    "simulated_chest_lateral": ("simulated lateral chests", "Apache-2.0"),
    "simulated_spine_lateral": ("simulated lateral lumbar spines", "Apache-2.0"),
    "simulated_videofluoroscopy": ("simulated frames of lateral videofluoroscopy", "Apache-2.0"),
    "simulated_abdomen": ("simulated abdomens and pelves", "Apache-2.0"),
    "lumbar_phantoms": ("simulated lateral lumbar spines with their landmarks", "Apache-2.0"),
    "operated_phantoms": ("the same with implants", "Apache-2.0"),
    "frontal_spines": ("simulated spines seen from the front", "Apache-2.0"),
    "swallow_phantoms": ("simulated frames of lateral videofluoroscopy with their outlines", "Apache-2.0"),
    "dry_phantoms": ("the same without barium", "Apache-2.0"),
    "broken_noses": ("nasal bones broken by a program on the skulls of the sets above", "as the skulls"),
    "lesion_chest": ("findings drawn on clear chests of the sets above", "as the chests"),
    "tuberculous_chests": ("tuberculosis and what looks like it drawn on clear chests of the sets above", "as the chests"),
    "flawed_chest": ("flaws drawn on chests of the sets named here", "as the chest it was drawn on"),
    "newborn_outlines": ("newborns made of outlined chests of the sets above", "as the chests"),
    "newborn_chests": ("newborns with findings drawn on clear children's chests of Kermany et al. 2018", "CC BY 4.0"),
    "simulated_newborn": ("newborn chests made from the children's of Kermany et al. 2018", "CC BY 4.0"),
}

LICENCES: Mapping[str, tuple[str, str]] = {
    source: (title, own.licence) for own in _SETS for source, title in (own.sources or {own.name: own.title}).items()
} | _DRAWN
"""(title, licence) by source, as the cards name them."""
