"""The DICOM door: C-STORE and C-ECHO. A picture is durable before it is answered with success (PS3.4 Annex B)."""

import logging
import threading
from collections.abc import Callable

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, AllStoragePresentationContexts, evt
from pynetdicom.events import Event
from pynetdicom.sop_class import Verification

from edge_app.casebook import Casebook
from edge_app.casebook.radiographs import Door
from edge_app.config import Dicom
from edge_app.database import DatabaseError
from edge_app.errors import Refusal, ServiceError
from edge_app.intake.take_in import take_in

log = logging.getLogger(__name__)

SUCCESS = 0x0000
OUT_OF_RESOURCES = 0xA700
DOES_NOT_MATCH_SOP_CLASS = 0xA900
STORED_BUT_DOES_NOT_MATCH = 0xB007
CANNOT_UNDERSTAND = 0xC000
LARGEST_PDU = 262_144
TIMEOUT_S = 30


def _status(code: int, comment: str | None = None) -> Dataset:
    """A C-STORE response status, PS3.4 B.2.3; Error Comment (0000,0902) holds at most 64 characters."""
    status = Dataset()
    status.Status = code
    if comment is not None:
        status.ErrorComment = comment[:64]
    return status


class DicomListener:
    """A storage SCP that accepts every storage class and transfer syntax: what cannot be read is kept and named, not lost."""

    def __init__(self, casebook: Casebook, settings: Dicom) -> None:
        self._casebook = casebook
        self._settings = settings
        self._entity: AE | None = None

    def start(self) -> None:
        """Listen. ServiceError where the port cannot be had."""
        entity = AE(ae_title=self._settings.ae_title)
        entity.maximum_pdu_size = LARGEST_PDU
        entity.network_timeout = entity.acse_timeout = entity.dimse_timeout = TIMEOUT_S
        for context in AllStoragePresentationContexts:
            entity.add_supported_context(context.abstract_syntax, ALL_TRANSFER_SYNTAXES)
        entity.add_supported_context(Verification)
        try:
            entity.start_server((self._settings.host, self._settings.port), block=False, evt_handlers=[(evt.EVT_C_STORE, self._on_store)])
        except OSError as error:
            raise ServiceError(f"the DICOM door cannot listen on port {self._settings.port}: {error.strerror}") from error
        self._entity = entity

    def stop(self) -> None:
        """Stop listening; associations under way are ended, and what was not answered was not acknowledged."""
        if self._entity is not None:
            self._entity.shutdown()
            self._entity = None

    def _on_store(self, event: Event) -> Dataset:
        request = event.request
        try:
            taken = take_in(
                self._casebook,
                event.encoded_dataset(),
                Door.DICOM,
                sop_instance_uid=str(request.AffectedSOPInstanceUID),
            )
        except (OSError, DatabaseError) as error:
            log.error("a picture could not be stored and was not acknowledged: %s", type(error).__name__)
            return _status(OUT_OF_RESOURCES, "not stored: no room or no disk")
        finally:
            self._casebook.database.close()
        if taken.problem is Refusal.WRONG_MODALITY:
            return _status(DOES_NOT_MATCH_SOP_CLASS, "kept, not read: not a radiograph")
        if taken.problem is not None:
            return _status(CANNOT_UNDERSTAND, f"kept, not read: {taken.problem}")
        if taken.radiograph.sop_instance_uid != UID(str(request.AffectedSOPInstanceUID)):
            # A warning, for it is stored and will be read: a failure would have the sender send it for ever.
            return _status(STORED_BUT_DOES_NOT_MATCH, "kept: the instance differs from the request's")
        return _status(SUCCESS)


def serve(casebook: Casebook, settings: Dicom, stopping: threading.Event, beat: Callable[[], None]) -> None:
    """Listen until told to stop."""
    listener = DicomListener(casebook, settings)
    listener.start()
    try:
        while not stopping.wait(0.5):
            beat()
    finally:
        listener.stop()
