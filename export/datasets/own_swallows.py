"""A hospital's own videofluoroscopies of swallowing: a folder of videos with ``swallows.csv``, with outlines in masks or in COCO.

Columns of the table, in any order; an empty value is unknown. A row tells of a video, or of one frame of it:

- ``video``: path of the video (DICOM, AVI, MP4) below the folder;
- ``patient``: anything that is the same for two videos of one patient, and for no others; ``sex`` ("M" or "F"), ``age`` (years): if known;
- ``frame``: number of the frame that the row's masks outline, from 0; empty in a row that tells of the whole video;
- ``mask_cervical_spine``, ``mask_mandible``, ``mask_bolus`` and so on (``edge_app.reading.swallow.OUTLINED``): paths of masks of the
  video's size, 255 inside; who outlines a frame outlines everything on it that the table has a column for;
- ``pas``: the penetration–aspiration scale, 1 to 8, of all that the video shows;
- ``oral_onset`` … ``larynx_opened`` (``EVENTS``): seconds from the first frame, of the first swallow;
- ``residue_valleculae``, ``residue_pyriform_sinuses``: per cent of their room, after the last swallow.

Outlines may lie in ``swallows.json`` instead, in COCO's format (Lin et al. 2014): each of ``images`` names its ``video`` and ``frame``,
each of ``categories`` one of ``OUTLINED``, each of ``annotations`` has polygons or counts of runs. What has no column and no category was
not looked for, and is not taken to be absent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from zlib import crc32

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, ValidationError

from edge_app.errors import UnreadablePictureError
from edge_app.radiograph.video import frames_of
from edge_app.reading.swallow import ASPIRATION, CAN_KEEP, EVENTS, OUTLINED, PENETRATION
from export.atomic import write_png
from export.datasets.errors import DataSetError
from export.datasets.labelled import Labelled
from export.datasets.own_table import MASK, Person, masks_of, needed, person_of
from export.datasets.table import Row, table

SOURCE = "own_swallows"
TABLE, COCO = "swallows.csv", "swallows.json"
ENTERS, PASSES = 2, 6
"""From so many points of the scale on barium enters the larynx, and passes the vocal folds."""
_COLUMNS = ("video", "patient")
_DEPTH = 4
_FINER, _HALF = 4, 128

Mask = NDArray[np.uint8]


class BrokenOutlinesError(DataSetError):
    """The file of outlines is not COCO's, or outlines what is not there."""


class UnreadableVideoError(DataSetError):
    """A video of the table cannot be opened, or has not the frame that is outlined."""


@dataclass(frozen=True)
class OwnVideo:
    """A video and what people said of it: the scale's points, seconds by event, per cent by region; outlined frames by their number.

    Of an outlined frame whatever was looked for is named, None where it is not there.
    """

    path: Path
    patient: str
    person: Person
    pas: int | None = None
    events: Mapping[str, float] = field(default_factory=dict)
    residue: Mapping[str, float] = field(default_factory=dict)
    outlined: Mapping[int, Mapping[str, Path | Mask | None]] = field(default_factory=dict)

    @property
    def labels(self) -> dict[str, float]:
        """Whether barium entered the larynx, and whether it passed the folds; nothing where nobody said."""
        return {} if self.pas is None else {PENETRATION: float(self.pas >= ENTERS), ASPIRATION: float(self.pas >= PASSES)}


class _Image(BaseModel):
    id: int
    video: str
    frame: Annotated[int, Field(ge=0)]
    height: Annotated[int, Field(gt=0, le=8192)]
    width: Annotated[int, Field(gt=0, le=8192)]


class _Category(BaseModel):
    id: int
    name: str


class _Runs(BaseModel):
    counts: list[Annotated[int, Field(ge=0)]]


class _Annotation(BaseModel):
    image_id: int
    category_id: int
    segmentation: list[list[float]] | _Runs


class _Coco(BaseModel):
    images: list[_Image]
    categories: list[_Category]
    annotations: list[_Annotation]


def recognises(folder: Path) -> bool:
    """Whether a hospital's swallows lie in this folder."""
    return (folder / TABLE).is_file()


def _filled(image: _Image, shape: list[list[float]] | _Runs, file: Path) -> Mask:
    mask = np.zeros((image.height, image.width), dtype=np.uint8)
    if isinstance(shape, _Runs):
        if sum(shape.counts) != mask.size:
            raise BrokenOutlinesError(f"{file}: runs of {sum(shape.counts)} pixels on an image of {mask.size}")
        # COCO counts down the columns, what is outside first.
        inside = np.repeat(np.arange(len(shape.counts)) % 2 == 1, shape.counts)
        mask[inside.reshape(image.width, image.height).T] = 255
        return mask
    for polygon in shape:
        if len(polygon) < 6 or len(polygon) % 2:
            raise BrokenOutlinesError(f"{file}: a polygon of {len(polygon)} numbers")
        # Drawn finer, because what is filled takes in every pixel that its edge touches.
        fine = np.zeros((_FINER * image.height, _FINER * image.width), dtype=np.uint8)
        cv2.fillPoly(fine, [np.rint(_FINER * np.array(polygon).reshape(-1, 2) - 0.5).astype(np.int32)], (255,))
        small = cv2.resize(fine, (image.width, image.height), interpolation=cv2.INTER_AREA)
        mask[small >= _HALF] = 255
    return mask


def _coco_outlines(folder: Path) -> dict[tuple[str, int], dict[str, Mask | None]]:
    """The masks of every outlined frame, by video and number; none where there is no such file."""
    file = folder / COCO
    if not file.is_file():
        return {}
    try:
        told = _Coco.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise BrokenOutlinesError(f"{file}: not COCO with a video and a frame for each image: {error.error_count()} faults") from error
    names, images = {own.id: own.name for own in told.categories}, {own.id: own for own in told.images}
    unknown = sorted(set(names.values()) - set(OUTLINED))
    if unknown:
        raise BrokenOutlinesError(f"{file}: {', '.join(unknown)} cannot be outlined; known are {', '.join(OUTLINED)}")
    # An image without annotations was looked at too: nothing is on it.
    found = {(own.video, own.frame): dict[str, Mask | None].fromkeys(names.values()) for own in told.images}
    for one in told.annotations:
        image, name = images.get(one.image_id), names.get(one.category_id)
        if image is None or name is None:
            raise BrokenOutlinesError(f"{file}: an annotation of an image or a category that is not there")
        masks, mask = found[image.video, image.frame], _filled(image, one.segmentation, file)
        before = masks[name]
        masks[name] = mask if before is None else before | mask
    return found


def _pas(row: Row) -> int | None:
    value = row.get("pas", "").strip()
    if value and value not in "12345678":
        raise row.wrong("pas", "1 to 8 or empty")
    return int(value) if value else None


def videos(folder: Path) -> list[OwnVideo]:
    """Every video of the table, with what its rows and the file of outlines say of it.

    Raises:
        DataSetError: the table or the file is not as it should be; the message names line and column.
    """
    found: dict[str, OwnVideo] = {}
    outlines = _coco_outlines(folder)
    for row in table(folder / TABLE, _COLUMNS):
        name = needed(row, "video")
        own = found.get(name) or OwnVideo(folder / name, f"{SOURCE}:{folder.name}:{needed(row, 'patient')}", person_of(row))
        number, masks = row.optional_number("frame"), masks_of(row, folder, OUTLINED)
        asked = [name for name in OUTLINED if f"{MASK}{name}" in row]
        if masks and number is None:
            raise row.wrong("frame", "given, since something is outlined")
        if number is not None and (number < 0 or number != int(number)):
            raise row.wrong("frame", "a whole number from 0")
        events = {event: row.optional_number(event) for event in EVENTS}
        residue = {region: row.optional_number(f"residue_{region}") for region in CAN_KEEP}
        found[name] = OwnVideo(
            path=own.path,
            patient=own.patient,
            person=own.person,
            pas=own.pas if _pas(row) is None else _pas(row),
            events={**own.events, **{event: at for event, at in events.items() if at is not None}},
            residue={**own.residue, **{region: share for region, share in residue.items() if share is not None}},
            outlined=own.outlined if number is None else {**own.outlined, int(number): {name: masks.get(name) for name in asked}},
        )
    for (name, number), own_masks in outlines.items():
        if name not in found:
            raise BrokenOutlinesError(f"{folder / COCO}: {name} is no video of {TABLE}")
        one = found[name]
        found[name] = OwnVideo(one.path, one.patient, one.person, one.pas, one.events, one.residue, {**one.outlined, number: {**own_masks}})
    return list(found.values())


def pictures(folder: Path) -> list[Labelled]:
    """One for each video, which stands for it where sets are counted and looked at. DataSetError as above."""
    return [_labelled(own, own.path) for own in videos(folder)]


def _labelled(own: OwnVideo, path: Path, masks: Mapping[str, Path] | None = None) -> Labelled:
    person = own.person
    return Labelled(
        path=path,
        patient=own.patient,
        source=SOURCE,
        kind="videofluoroscopy",
        labels=own.labels,
        sex=person.sex,
        age_years=person.age_years,
        masks=masks or {},
    )


def folders(data: Path) -> Iterator[Path]:
    """Where hospitals' swallows lie in the data folder."""
    patterns = ("*/" * depth + TABLE for depth in range(_DEPTH + 1))
    yield from sorted({file.parent for pattern in patterns for file in data.glob(pattern)})


def frames(data: Path, folder: Path) -> list[Labelled]:
    """Every outlined frame as a picture with its masks, written once below ``folder``.

    Raises:
        DataSetError: as above, or a video cannot be opened, or has not that frame.
    """
    found = []
    for set_folder in folders(data):
        for own in videos(set_folder):
            files = {number: folder / SOURCE / _named(set_folder, own, number) for number in own.outlined}
            _write_frames(own, {number: file for number, file in files.items() if not file.is_file()})
            for number, file in files.items():
                found.append(_labelled(own, file, _masks(own.outlined[number], file)))
    return found


def _named(set_folder: Path, own: OwnVideo, number: int) -> str:
    size = own.path.stat().st_size if own.path.is_file() else 0
    return f"{crc32(f'{set_folder.name} {own.path.relative_to(set_folder)} {size}'.encode()):08x}-{number}.png"


def _write_frames(own: OwnVideo, wanted: Mapping[int, Path]) -> None:
    if not wanted:
        return
    left = dict(wanted)
    try:
        for frame in frames_of(own.path, longest_side=None):
            if frame.number in left:
                file = left.pop(frame.number)
                file.parent.mkdir(parents=True, exist_ok=True)
                write_png(file, frame.pixels)
            if not left:
                return
    except (UnreadablePictureError, FileNotFoundError) as error:
        raise UnreadableVideoError(f"{own.path}: {error}") from error
    raise UnreadableVideoError(f"{own.path}: no frame {', '.join(map(str, sorted(left)))}")


def _masks(outlined: Mapping[str, Path | Mask | None], frame: Path) -> dict[str, Path]:
    files = {}
    for name, told in outlined.items():
        mask = np.zeros((8, 8), dtype=np.uint8) if told is None else told
        if isinstance(mask, Path):
            files[name] = mask
            continue
        files[name] = frame.with_name(f"{frame.stem}.{name}-{crc32(mask.tobytes()):08x}.png")
        if not files[name].is_file():
            write_png(files[name], mask)
    return files
