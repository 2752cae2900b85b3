"""Originals at the hospital: parts as rows until all are there and their SHA-256 is right, then a file."""

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

from edge_app.casebook.cases import stamp_columns, stamp_of
from edge_app.clock import Stamp, now
from edge_app.database import Database
from edge_app.emergency_room.requests import get_request
from edge_app.files import PictureStore
from edge_app.link.arriving import Arrival, Arriving, arriving, to_the_second
from edge_app.link.messages import HaveBody, Message, OriginalBody, PartBody
from edge_app.link.outbox import put
from edge_app.radiograph.original import OriginalMedia

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Original:
    """An original of a request. ``parts_here`` of ``parts`` have come; it is ``whole`` when they are the very bytes that were sent.

    ``revision`` is that with which this picture was shown, 0 where it is another one of the case. ``announced`` is when it last was.
    """

    sha256: str
    revision: int
    media_type: OriginalMedia
    size: int
    parts: int
    parts_here: int
    whole_ms: int | None
    announced: Stamp

    @property
    def whole(self) -> bool:
        """Whether it is here."""
        return self.whole_ms is not None


def pictures_of(database: Database) -> PictureStore:
    """Where whole originals lie: beside the database."""
    return PictureStore(database.path.parent / "pictures")


class Originals:
    """Takes manifests and parts, each inside the caller's transaction."""

    def __init__(self, database: Database, me: str) -> None:
        self._database = database
        self._me = me

    def take_manifest(self, message: Message, body: OriginalBody) -> None:
        """An original is announced; say from which part on it is missing. KeyError for a request that is not known."""
        get_request(self._database, body.offer_id)
        with self._database.writing() as tables:
            announced = stamp_columns(now(), "announced")
            tables.table("originals").insert(
                {
                    "offer_id": body.offer_id,
                    "sha256": body.sha256,
                    "revision": body.revision,
                    "media_type": str(body.media_type),
                    "size": body.size,
                    "part_bytes": body.part_bytes,
                    **announced,
                },
                ignore=True,
            )
            # Announced again, it begins to come again.
            tables.table("originals").update((body.offer_id, body.sha256), announced)
            self._say(message.sender, body.offer_id, body.sha256, self._first_missing(body))

    def take_part(self, message: Message, body: PartBody) -> None:
        """A part arrives; with the last one the whole is held against its SHA-256. KeyError where nothing of it was announced."""
        row = self._row(body.offer_id, body.sha256)
        if row.whole or body.number >= row.parts:
            return
        with self._database.writing() as tables:
            part = {"offer_id": body.offer_id, "sha256": body.sha256, "number": body.number, "content": body.content}
            tables.table("original_parts").insert({**part, **stamp_columns(now(), "received")}, ignore=True)
            if row.parts_here + 1 >= row.parts:
                self._finish(message.sender, body.offer_id, body.sha256)

    def _finish(self, unit: str, offer_id: str, sha256: str) -> None:
        key = {"offer": offer_id, "sha": sha256}
        rows = self._database.rows("SELECT content FROM original_parts WHERE offer_id = :offer AND sha256 = :sha ORDER BY number", key)
        original = self._row(offer_id, sha256)
        if original.parts_here < original.parts:
            return
        content = b"".join(row["content"] for row in rows)
        right = len(content) == original.size and hashlib.sha256(content).hexdigest() == sha256
        if right:
            pictures_of(self._database).keep(content)
        with self._database.writing() as tables:
            tables.conn.execute("DELETE FROM original_parts WHERE offer_id = :offer AND sha256 = :sha", key)
            if right:
                tables.table("originals").update((offer_id, sha256), {"whole_ms": now().unix_ms})
            else:
                log.error("an original does not have the SHA-256 that was announced; it is asked for anew")
                self._say(unit, offer_id, sha256, 0)

    def _say(self, unit: str, offer_id: str, sha256: str, number: int) -> None:
        put(self._database, self._me, unit, offer_id, HaveBody(offer_id=offer_id, sha256=sha256, number=number))

    def _first_missing(self, body: OriginalBody) -> int:
        if self._row(body.offer_id, body.sha256).whole:
            return body.parts
        rows = self._database.rows(
            "SELECT number FROM original_parts WHERE offer_id = :offer AND sha256 = :sha", {"offer": body.offer_id, "sha": body.sha256}
        )
        here = {row["number"] for row in rows}
        return next(number for number in range(body.parts + 1) if number not in here)

    def _row(self, offer_id: str, sha256: str) -> Original:
        for original in originals_of(self._database, offer_id):
            if original.sha256 == sha256:
                return original
        raise KeyError(offer_id)


def originals_of(database: Database, offer_id: str) -> list[Original]:
    """The originals that were announced for a request, in the order they were."""
    rows = database.rows(
        """SELECT o.*, (SELECT count(*) FROM original_parts p WHERE p.offer_id = o.offer_id AND p.sha256 = o.sha256) AS here
           FROM originals o WHERE offer_id = :id ORDER BY rowid""",
        {"id": offer_id},
    )
    found = []
    for row in rows:
        parts, whole_ms = -(-row["size"] // row["part_bytes"]), row["whole_ms"]
        here = row["here"] if whole_ms is None else parts
        media_type, announced = OriginalMedia(row["media_type"]), stamp_of(row, "announced")
        found.append(Original(row["sha256"], row["revision"], media_type, row["size"], parts, here, whole_ms, announced))
    return found


def original_file(database: Database, offer_id: str, sha256: str) -> tuple[Path, OriginalMedia]:
    """The file of a whole original of a request. KeyError where there is none."""
    for original in originals_of(database, offer_id):
        if original.sha256 == sha256 and original.whole:
            return pictures_of(database).path_of(sha256), original.media_type
    raise KeyError(offer_id)


def original_arriving(database: Database, offer_id: str, original: Original, at: Stamp, *, link_up: bool) -> Arriving | None:
    """How far an original is that is on its way; None where it is here."""
    if original.whole:
        return None
    at = to_the_second(at)
    rows = database.rows(
        """SELECT length(content) AS size, received_ms, received_mono_ms, received_boot FROM original_parts
           WHERE offer_id = :offer AND sha256 = :sha AND (received_boot <> :boot OR received_mono_ms <= :until) ORDER BY rowid""",
        {"offer": offer_id, "sha": original.sha256, "boot": at.boot, "until": at.mono_ms},
    )
    arrivals = [Arrival(row["size"], stamp_of(row, "received")) for row in rows]
    here_bytes = sum(one.size_bytes for one in arrivals)
    return arriving(here_bytes, original.size, arrivals, original.announced, at, link_up=link_up)
