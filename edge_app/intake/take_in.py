"""The one way a picture enters the casebook, whichever door it came through."""

from dataclasses import dataclass, replace

from edge_app.casebook import Casebook
from edge_app.casebook.radiographs import Door, StoredRadiograph, add_radiograph
from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.picture import Facts
from edge_app.radiograph.reader import check_is_radiograph, read_facts


@dataclass(frozen=True)
class TakenIn:
    """A picture that is durable in the casebook. ``problem`` says already at the door that it will not be read, and why."""

    radiograph: StoredRadiograph
    new: bool
    problem: Refusal | None


def take_in(
    casebook: Casebook,
    content: bytes,
    door: Door,
    *,
    protocol: str | None = None,
    sop_instance_uid: str | None = None,
    case_id: str | None = None,
) -> TakenIn:
    """Make ``content`` durable, whatever it is, and enter it. When this returns it may be acknowledged.

    ``sop_instance_uid`` is what the sender calls it; used where the content can be read and does not say. What cannot be read
    goes by its bytes alone: under the instance's identifier it would keep the sender's next, whole copy out. ``case_id`` is the case
    that the crew has chosen for it; without one it goes by its study.

    Raises:
        OSError: the file could not be written. DatabaseError: the row could not be. KeyError: no such case. CaseClosedError: it is over.
        Nothing may be acknowledged then.
    """
    digest = casebook.pictures.keep(content)
    path = casebook.pictures.path_of(digest)
    facts, problem = Facts(), None
    try:
        facts = read_facts(path)
        check_is_radiograph(path)
    except UnreadablePictureError as error:
        problem = error.reason
    if problem is None and facts.sop_instance_uid is None and sop_instance_uid:
        facts = replace(facts, sop_instance_uid=sop_instance_uid)
    radiograph, new = add_radiograph(
        casebook.database, facts=facts, sha256=digest, size_bytes=len(content), door=door, protocol=protocol, case_id=case_id
    )
    return TakenIn(radiograph, new, problem)
