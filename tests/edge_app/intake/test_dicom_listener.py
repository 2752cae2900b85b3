"""The DICOM door with real senders: dcmtk's storescu and echoscu, and pynetdicom where a fault must be exact."""

import errno
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import (
    MPEG4HP41,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    VideoEndoscopicImageStorage,
    XRayAngiographicImageStorage,
    XRayRadiofluoroscopicImageStorage,
    generate_uid,
)
from pynetdicom import AE, Association
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dsutils import encode

from edge_app.casebook import Casebook
from edge_app.casebook.radiographs import next_unread, radiographs_of
from edge_app.config import Dicom
from edge_app.errors import ServiceError
from edge_app.intake import dicom_listener
from edge_app.intake.dicom_listener import (
    CANNOT_UNDERSTAND,
    DOES_NOT_MATCH_SOP_CLASS,
    OUT_OF_RESOURCES,
    STORED_BUT_DOES_NOT_MATCH,
    SUCCESS,
    DicomListener,
)
from edge_app.simulator.video import Cine, write_cine, write_stream
from edge_app.stage import free_port
from tests.edge_app.full_disk import Disk
from tests.edge_app.intake.pictures import chest, ct, file_of
from tests.edge_app.radiograph import avc_mp4
from tests.edge_app.radiograph.moving import moving
from tests.edge_app.waiting import wait_until

DX = DigitalXRayImageStorageForPresentation


@pytest.fixture
def door(casebook: Casebook) -> Iterator[Dicom]:
    settings = Dicom(port=free_port(21112))
    listener = DicomListener(casebook, settings)
    listener.start()
    yield settings
    listener.stop()


def sender(door: Dicom, *syntaxes: str, sop_class: str = DX) -> Association:
    entity = AE(ae_title="UNIT")
    entity.add_requested_context(sop_class, list(syntaxes) or [ExplicitVRLittleEndian])
    association = entity.associate(door.host, door.port)
    assert association.is_established
    return association


def line_of(association: Association) -> socket.socket:
    """The socket of an association that will be aborted, for then pynetdicom leaves it to the garbage collector."""
    line = association.dul.socket.socket
    assert isinstance(line, socket.socket)
    return line


def send(door: Dicom, dataset: Dataset) -> int:
    """Send one data set; the status of the answer."""
    association = sender(door, str(dataset.file_meta.TransferSyntaxUID), sop_class=dataset.SOPClassUID)
    try:
        return int(association.send_c_store(dataset).Status)
    finally:
        association.release()


def send_bytes(door: Dicom, content: bytes, uid: str, syntax: str = ExplicitVRLittleEndian) -> int:
    """Send what need not be a data set."""
    association = sender(door, syntax)
    request = C_STORE()
    request.MessageID, request.Priority = 1, 2
    request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = DX, uid
    request.DataSet = BytesIO(content)
    try:
        # The association's own thread would take the answer away.
        association._reactor_checkpoint.clear()
        wait_until(lambda: association._is_paused, "the pause of the association's thread")
        association.dimse.send_msg(request, association.accepted_contexts[0].context_id)
        _context, answer = association.dimse.get_msg(block=True)
        return int(answer.Status)
    finally:
        association._reactor_checkpoint.set()
        association.release()


def radiographs(casebook: Casebook) -> list[str]:
    return [row["sop_instance_uid"] for row in casebook.database.rows("SELECT sop_instance_uid FROM radiographs ORDER BY rowid")]


def dcmtk(program: str, door: Dicom, *arguments: str) -> str:
    """What a program of dcmtk says; it must end well."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} of dcmtk is not installed")
    said = subprocess.run([path, "-v", door.host, str(door.port), *arguments], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    return said.stdout + said.stderr


def test_dcmtk_finds_the_door(door: Dicom) -> None:
    assert "Success" in dcmtk("echoscu", door)


def test_dcmtk_is_told_success_for_what_is_kept_as_it_was_sent(door: Dicom, casebook: Casebook, tmp_path: Path) -> None:
    dataset = chest()
    file = tmp_path / "chest.dcm"
    file.write_bytes(file_of(dataset))
    for _ in range(2):
        assert "Success" in dcmtk("storescu", door, str(file))
    assert radiographs(casebook) == [dataset.SOPInstanceUID]
    stored = next_unread(casebook.database)
    assert stored is not None
    kept = dcmread(casebook.pictures.path_of(stored.sha256))
    assert kept.PixelData == dataset.PixelData
    assert kept.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian


def test_success_comes_after_the_file_and_the_row(door: Dicom, casebook: Casebook, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    real_fsync, status = os.fsync, dicom_listener._status
    monkeypatch.setattr("edge_app.files.os.fsync", lambda handle: (order.append("fsync"), real_fsync(handle)))
    monkeypatch.setattr(
        dicom_listener, "_status", lambda *words: (order.append(f"answer, {len(radiographs(casebook))} rows"), status(*words))[1]
    )
    assert send(door, chest()) == SUCCESS
    assert order[0] == "fsync"
    assert order[-1] == "answer, 1 rows"


@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "No space left on device"), OSError(errno.EIO, "Input/output error")])
def test_what_finds_no_disk_is_not_acknowledged_and_not_entered(
    door: Dicom, casebook: Casebook, monkeypatch: pytest.MonkeyPatch, fault: OSError
) -> None:
    def fail(_handle: int) -> None:
        raise fault

    dataset = chest()
    monkeypatch.setattr("edge_app.files.os.fsync", fail)
    assert send(door, dataset) == OUT_OF_RESOURCES
    assert radiographs(casebook) == []
    assert not [path for path in (casebook.folder / "pictures").rglob("*") if path.is_file()]
    monkeypatch.undo()
    assert send(door, dataset) == SUCCESS
    assert radiographs(casebook) == [dataset.SOPInstanceUID]


def test_what_finds_no_room_in_the_casebook_is_not_acknowledged(door: Dicom, casebook: Casebook, disk: Disk) -> None:
    dataset = chest()
    disk.fill(casebook.database)
    assert send(door, dataset) == OUT_OF_RESOURCES
    disk.free()
    assert radiographs(casebook) == []
    assert send(door, dataset) == SUCCESS
    assert radiographs(casebook) == [dataset.SOPInstanceUID]


def test_a_ct_is_kept_and_its_sender_told(door: Dicom, casebook: Casebook) -> None:
    dataset = ct()
    assert send(door, dataset) == DOES_NOT_MATCH_SOP_CLASS
    assert radiographs(casebook) == [dataset.SOPInstanceUID]
    unread = next_unread(casebook.database)
    assert unread is not None
    assert casebook.pictures.path_of(unread.sha256).is_file()


@pytest.mark.parametrize("content", [b"\xff" * 500, b"not a data set at all"])
def test_what_is_no_data_set_is_kept_and_its_sender_told(door: Dicom, casebook: Casebook, content: bytes) -> None:
    assert send_bytes(door, content, generate_uid()) == CANNOT_UNDERSTAND
    assert len(radiographs(casebook)) == 1


def test_a_torn_data_set_does_not_keep_the_whole_one_out(door: Dicom, casebook: Casebook) -> None:
    dataset = chest()
    whole = encode(dataset, is_implicit_vr=False, is_little_endian=True)
    assert whole is not None
    assert send_bytes(door, whole[:200], dataset.SOPInstanceUID) == CANNOT_UNDERSTAND
    assert send(door, dataset) == SUCCESS
    assert radiographs(casebook) == [None, dataset.SOPInstanceUID]


def test_a_transfer_syntax_nobody_can_read_is_accepted_and_kept(door: Dicom, casebook: Casebook) -> None:
    # JPEG XL: a storage SCP that refused it would leave the crew without a word.
    jpeg_xl = "1.2.840.10008.1.2.4.110"
    dataset = chest()
    content = encode(dataset, is_implicit_vr=False, is_little_endian=True)
    assert content is not None
    assert send_bytes(door, content, dataset.SOPInstanceUID, jpeg_xl) == CANNOT_UNDERSTAND
    assert len(radiographs(casebook)) == 1


def test_fluoroscopy_is_taken_however_it_is_coded_and_an_endoscopy_is_not(door: Dicom, casebook: Casebook, tmp_path: Path) -> None:
    frames = moving()
    for sop_class in (XRayAngiographicImageStorage, XRayRadiofluoroscopicImageStorage):
        cine = Cine(sop_class=sop_class)
        assert send(door, dcmread(write_cine(tmp_path / "cine.dcm", frames, cine, transfer_syntax=JPEGLSLossless))) == SUCCESS
        stream = dcmread(write_stream(tmp_path / "stream.dcm", avc_mp4.stream(frames), frames, cine, transfer_syntax=MPEG4HP41))
        stream.SOPInstanceUID = stream.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        assert send(door, stream) == SUCCESS
    assert len(radiographs(casebook)) == 4
    stream.SOPInstanceUID = stream.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    stream.SOPClassUID = stream.file_meta.MediaStorageSOPClassUID = VideoEndoscopicImageStorage
    stream.Modality = "ES"
    assert send(door, stream) == DOES_NOT_MATCH_SOP_CLASS
    assert len(radiographs(casebook)) == 5


def test_every_transfer_syntax_offered_is_taken(door: Dicom) -> None:
    for syntax in (ImplicitVRLittleEndian, JPEGLSLossless):
        association = sender(door, syntax)
        association.release()


def test_the_same_instance_again_is_acknowledged_and_entered_once(door: Dicom, casebook: Casebook) -> None:
    dataset = chest()
    assert [send(door, dataset) for _ in range(3)] == [SUCCESS] * 3
    assert radiographs(casebook) == [dataset.SOPInstanceUID]


def test_an_instance_that_the_request_calls_otherwise_is_kept_with_a_warning(door: Dicom, casebook: Casebook) -> None:
    dataset = chest()
    content = encode(dataset, is_implicit_vr=False, is_little_endian=True)
    assert content is not None
    assert send_bytes(door, content, generate_uid()) == STORED_BUT_DOES_NOT_MATCH
    assert radiographs(casebook) == [dataset.SOPInstanceUID]


def test_several_units_at_once(door: Dicom, casebook: Casebook) -> None:
    datasets, statuses = [chest(StudyInstanceUID="1.2.3") for _ in range(6)], []
    threads = [threading.Thread(target=lambda dataset=dataset: statuses.append(send(door, dataset))) for dataset in datasets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [SUCCESS] * 6
    case_id = str(casebook.database.rows("SELECT id FROM cases")[0]["id"])
    assert {found.sop_instance_uid for found in radiographs_of(casebook.database, case_id)} == {one.SOPInstanceUID for one in datasets}


def test_an_object_of_sixty_megabytes(door: Dicom, casebook: Casebook) -> None:
    dataset = chest(Rows=5000, Columns=6000)
    dataset.PixelData = bytes(60_000_000)
    assert send(door, dataset) == SUCCESS
    stored = next_unread(casebook.database)
    assert stored is not None
    assert stored.size_bytes > 60_000_000
    assert casebook.pictures.path_of(stored.sha256).stat().st_size == stored.size_bytes


class _Cut:
    """A line that is cut after so many bytes."""

    def __init__(self, door: Dicom, after: int) -> None:
        self._door, self._after = door, after
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._thread = threading.Thread(target=self._pass_on)
        self._thread.start()

    def _pass_on(self) -> None:
        theirs, _address = self._listening.accept()
        with theirs, socket.create_connection((self._door.host, self._door.port)) as ours:
            back = threading.Thread(target=self._copy, args=(ours, theirs, 1 << 40))
            back.start()
            self._copy(theirs, ours, self._after)
            for end in (theirs, ours):
                end.shutdown(socket.SHUT_RDWR)
            back.join()
        self._listening.close()

    @staticmethod
    def _copy(source: socket.socket, sink: socket.socket, limit: int) -> None:
        try:
            while limit > 0 and (content := source.recv(min(limit, 65_536))):
                sink.sendall(content)
                limit -= len(content)
        except OSError:
            return

    def join(self) -> None:
        self._thread.join()


def test_a_transfer_that_is_cut_leaves_nothing_and_the_next_one_works(door: Dicom, casebook: Casebook) -> None:
    dataset = chest(Rows=500, Columns=1000)
    dataset.PixelData = bytes(1_000_000)
    cut = _Cut(door, 400_000)
    entity = AE(ae_title="UNIT")
    entity.add_requested_context(DX, ExplicitVRLittleEndian)
    association = entity.associate("127.0.0.1", cut.port)
    assert association.is_established
    line = line_of(association)
    assert "Status" not in association.send_c_store(dataset)
    cut.join()
    line.close()
    assert send(door, dataset) == SUCCESS
    assert radiographs(casebook) == [dataset.SOPInstanceUID]
    assert len([path for path in (casebook.folder / "pictures").rglob("*") if path.is_file()]) == 1


def test_an_aborted_association_leaves_the_door_open(door: Dicom, casebook: Casebook) -> None:
    association = sender(door)
    line = line_of(association)
    association.abort()
    line.close()
    assert send(door, chest()) == SUCCESS
    assert len(radiographs(casebook)) == 1


def test_a_stopped_door_ends_its_associations_and_frees_its_port(casebook: Casebook) -> None:
    settings = Dicom(port=free_port(21112))
    listener = DicomListener(casebook, settings)
    listener.start()
    association = sender(settings)
    line = line_of(association)
    with pytest.raises(ServiceError, match=f"cannot listen on port {settings.port}"):
        DicomListener(casebook, settings).start()
    listener.stop()
    wait_until(lambda: not association.is_established, "the end of the association")
    line.close()
    listener.start()
    assert send(settings, chest()) == SUCCESS
    listener.stop()
