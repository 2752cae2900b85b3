"""Pictures to send, good and bad."""

from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, generate_uid

from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.dicom import write_dx


@cache
def chest_file(seed: int = 7, side: int = 64) -> bytes:
    """A simulated radiograph as a DICOM file."""
    with TemporaryDirectory() as folder:
        return write_dx(Path(folder) / "chest.dcm", simulated_chest(seed, side, side)).read_bytes()


def chest(**changes: object) -> Dataset:
    """A simulated radiograph of a new instance and study; ``changes`` replace elements."""
    dataset = dcmread(BytesIO(chest_file()))
    changes = {"SOPInstanceUID": generate_uid(), "StudyInstanceUID": generate_uid(), **changes}
    for name, value in changes.items():
        setattr(dataset, name, value)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    return dataset


def ct() -> Dataset:
    """A slice of a CT."""
    return chest(SOPClassUID=CTImageStorage, Modality="CT")


def file_of(dataset: Dataset) -> bytes:
    """The data set as a file."""
    buffer = BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()
