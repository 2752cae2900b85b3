"""What the reading service and the dispatch would write, for the tests of whatever stands on the casebook."""

import hashlib
import itertools
from pathlib import Path

from edge_app.casebook.cases import new_id
from edge_app.casebook.offers import Offer, OfferState, Reason, ReasonKind, add_offer
from edge_app.casebook.radiographs import Door, StoredRadiograph, add_radiograph
from edge_app.clock import now
from edge_app.database import Database
from edge_app.errors import Refusal
from edge_app.radiograph.picture import Facts
from edge_app.reading.finding import (
    Box,
    Decision,
    Finding,
    GateVerdict,
    Measurement,
    NotAssessed,
    Protocol,
    Reading,
    Timing,
    Urgency,
)

_NUMBERS = itertools.count(1)


def digest(word: str) -> str:
    """A hash such as a picture's."""
    return hashlib.sha256(word.encode()).hexdigest()


def stored(database: Database, sop: str | None = None, study: str | None = None, *, content: str | None = None) -> StoredRadiograph:
    """A radiograph in the casebook; without names it is a new one of a new case."""
    number = next(_NUMBERS)
    facts = Facts(sop_instance_uid=sop or f"1.2.{number}", study_instance_uid=study or f"1.3.{number}", sex="F", age_years=71.0)
    radiograph, _new = add_radiograph(
        database, facts=facts, sha256=digest(content or f"picture {number}"), size_bytes=1000, door=Door.DICOM
    )
    return radiograph


def pneumonia(probability: float = 0.81) -> Finding:
    """A finding with everything in it."""
    return Finding("Pneumonia", probability, Decision.PRESENT, 0.52, 214, True, Box(140.5, 520.25, 260.0, 240.0))


def assessed(*findings: Finding) -> Reading:
    """A reading with everything in it."""
    return Reading(
        protocol=Protocol.CHEST,
        refusal=None,
        gate=GateVerdict("chest", 0.99),
        findings=findings or (pneumonia(), Finding("Effusion", 0.1, Decision.ABSENT, 0.4, 9, False)),
        urgency=Urgency.URGENT,
        top3=("Pneumonia",),
        timing=Timing(1.5, 2.5, 3.5, 9.0),
        models={"chest_findings": digest("card"), "radiograph_gate": digest("gate")},
        engine="openvino: INT8 on the CPU",
        rows=2000,
        columns=1000,
        measurements={"angle": Measurement(12.5, "degree")},
        maps={"Pneumonia": Path("/maps/Pneumonia.png")},
        masks={"heart": Path("/maps/heart.png")},
    )


def refused(reason: Refusal = Refusal.UNLIKE_TRAINING) -> Reading:
    """A reading that says that the picture was not assessed."""
    return Reading(
        protocol=Protocol.CHEST,
        refusal=NotAssessed(reason, "not a chest"),
        gate=GateVerdict("other", 0.97),
        findings=(),
        urgency=None,
        top3=(),
        timing=Timing(),
        models={},
        engine="none",
    )


def offered(database: Database, case_id: str, reading_id: str, hpid: str, rank: int = 1) -> Offer:
    """An offer in the casebook."""
    made = now()
    offer = Offer(
        id=new_id(),
        case_id=case_id,
        reading_id=reading_id,
        hpid=hpid,
        name="동부병원",
        name_en="East Hospital",
        phone=None,
        rank=rank,
        distance_km=4.2,
        eta_s=473,
        reasons=(Reason(ReasonKind.NEAREST, str(rank)), Reason(ReasonKind.HAS, "trauma")),
        state=OfferState.ASKED,
        made=made,
        asked=made,
        answer=None,
        answered=None,
        token=None,
    )
    add_offer(database, offer)
    return offer
