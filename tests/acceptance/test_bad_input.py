"""What cannot be read comes through every door: kept, named, answered, and never clear."""

import io
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.uid import CTImageStorage

from edge_app.casebook.cases import recent_cases
from edge_app.casebook.radiographs import StoredRadiograph, radiographs_of
from edge_app.casebook.readings import reading_of
from edge_app.errors import Refusal
from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.dicom import write_dx
from edge_app.stage import Stage, get_json
from tests.acceptance.whole_system import casebook_of, eventually, requests_at, store

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]
BOUNDARY = "edge-boundary"


def _png(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def _upload(stage: Stage, content: bytes) -> int:
    """Upload as the kiosk's form does; the HTTP status."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="picture"; filename="x"\r\nContent-Type: application/octet-stream\r\n\r\n'
    request = urllib.request.Request(
        f"{stage.kiosk_address}radiographs",
        data=head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode(),
        headers={"Origin": stage.kiosk_address.rstrip("/"), "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as got:
            return int(got.status)
    except urllib.error.HTTPError as error:
        return error.code


def _ct(folder: Path) -> Path:
    data = dcmread(write_dx(folder / "ct.dcm", simulated_chest(2, 256, 256)))
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = CTImageStorage
    data.Modality = "CT"
    data.save_as(folder / "ct.dcm")
    return folder / "ct.dcm"


def test_every_door_keeps_and_names_what_cannot_be_read(stage: Stage, tmp_path: Path) -> None:
    casebook = casebook_of(stage)
    database = casebook.database
    colour = np.random.default_rng(1).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    whole = _png(np.asarray(simulated_chest(3, 256, 256).pixels >> 6, dtype=np.uint8))

    assert store(stage, _ct(tmp_path)) == 0xA900
    assert _upload(stage, whole[: len(whole) // 2]) == 201
    assert _upload(stage, _png(colour)) == 201
    (stage.settings.incoming_folder / "notes.dcm").write_text("Not a radiograph at all.\n" * 40)
    expected = {Refusal.WRONG_MODALITY, Refusal.TRUNCATED, Refusal.COLOUR_PHOTO, Refusal.NOT_A_PICTURE}

    def kept() -> list[StoredRadiograph]:
        return [one for case in recent_cases(database) for one in radiographs_of(database, case.id)]

    def reasons() -> set[Refusal]:
        readings = [reading_of(database, one.id) for one in kept()]
        return {each.reading.refusal.reason for each in readings if each is not None and each.reading.refusal is not None}

    eventually(lambda: reasons() == expected, "each refused by its own name")
    assert len(kept()) == len(expected)
    for one in kept():
        assert casebook.pictures.path_of(one.sha256).stat().st_size == one.size_bytes, "the file is kept as it came"
        status = get_json(f"{stage.kiosk_address}status.json?case={one.case_id}")
        assert status["screen"] == "refused"
        assert status["urgency"] is None
        assert status["offers"] == []
    assert all(requests_at(room) == [] for room in stage.rooms), "no hospital is asked with an unread picture unless the crew says so"
