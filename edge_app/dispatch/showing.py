"""Pictures on their way: region and preview to who is asked, the original to who has the case. Each step is one transaction."""

import logging

from edge_app.casebook import Casebook
from edge_app.casebook.offers import Offer, note_preview, offers_without_preview
from edge_app.casebook.originals import Transfer, drop_pictures, next_transfer, note_announced, note_have, note_part
from edge_app.casebook.radiographs import get_radiograph
from edge_app.casebook.readings import get_reading
from edge_app.casebook.renditions import rendition_of
from edge_app.dispatch.offers import room_end
from edge_app.dispatch.pictures import PART_BYTES, Rungs, manifest, part, region_and_preview, rungs_of
from edge_app.errors import CasebookError, MessageError
from edge_app.link.messages import HaveBody, Kind
from edge_app.link.outbox import count_waiting, put

log = logging.getLogger(__name__)

PARTS_WAITING = 3
"""Parts in the outbox at once: enough to keep a link busy, few enough to take back when another hospital gets the case."""


class Showing:
    """Works off what pictures wait to be sent."""

    def __init__(self, casebook: Casebook, me: str) -> None:
        self._casebook = casebook
        self._database = casebook.database
        self._me = me

    def step(self) -> bool:
        """Take back pictures that nobody waits for, or send region and preview of one reading; whether there was anything to do."""
        if drop_pictures(self._database):
            return True
        waiting = offers_without_preview(self._database)
        if not waiting:
            return False
        reading_id = waiting[0].reading_id
        self._show(reading_id, [offer for offer in waiting if offer.reading_id == reading_id])
        return True

    def _show(self, reading_id: str, offers: list[Offer]) -> None:
        # Encoding takes its time; nobody waits for the casebook meanwhile.
        rungs = self._rungs(reading_id)
        with self._database.writing():
            for offer in offers:
                for body in () if rungs is None else region_and_preview(offer, rungs):
                    put(self._database, self._me, room_end(offer.hpid), offer.id, body)
                note_preview(self._database, offer.id, reading_id)

    def _rungs(self, reading_id: str) -> Rungs | None:
        """Region and preview of a reading; None where there are none, for the decision stands on its own."""
        stored = get_reading(self._database, reading_id)
        try:
            picture = rendition_of(self._casebook, stored.radiograph_id)
            edited = get_radiograph(self._database, stored.radiograph_id).edited
            return None if picture is None else rungs_of(stored.reading, picture, edited=edited)
        except (CasebookError, MessageError) as error:
            log.error("no picture for an offer: %s", error)
            return None

    def original_step(self) -> bool:
        """Announce an original, or send one part of it; whether there was anything to do. Nothing else waits behind this."""
        transfer = next_transfer(self._database, PART_BYTES)
        if transfer is None or (transfer.next_part is not None and count_waiting(self._database, Kind.PART) >= PARTS_WAITING):
            return False
        if transfer.next_part is None:
            self._announce(transfer)
        else:
            self._send_part(transfer, transfer.next_part)
        return True

    def _announce(self, transfer: Transfer) -> None:
        with self._database.writing():
            try:
                put(self._database, self._me, room_end(transfer.hpid), transfer.offer_id, manifest(transfer))
            except MessageError as error:
                log.error("%s", error)
            note_announced(self._database, transfer)

    def _send_part(self, transfer: Transfer, number: int) -> None:
        try:
            with self._casebook.pictures.path_of(transfer.sha256).open("rb") as file:
                file.seek(number * PART_BYTES)
                content = file.read(PART_BYTES)
        except OSError as error:
            log.error("an original cannot be read: %s", type(error).__name__)
            content = b""
        with self._database.writing():
            if content:
                put(self._database, self._me, room_end(transfer.hpid), transfer.offer_id, part(transfer, number, content))
            # Without its file there is nothing more to send; the hospital keeps the preview.
            note_part(self._database, transfer, number + 1 if content else transfer.size)

    def have(self, body: HaveBody) -> bool:
        """A hospital says up to where it has an original; whether that was asked for. Inside the caller's transaction."""
        return note_have(self._database, body.offer_id, body.sha256, body.number)
