"""Cases of nobody, put into the casebook as the doors and the reading service leave them: what comes after the reading needs no model."""

import secrets
from pathlib import Path
from tempfile import TemporaryDirectory

from edge_app.casebook import Casebook
from edge_app.casebook.radiographs import Door, add_radiograph
from edge_app.casebook.readings import add_reading
from edge_app.casebook.renditions import add_rendition
from edge_app.radiograph.picture import Facts, Picture
from edge_app.radiograph.reader import read_picture
from edge_app.reading.finding import Box, Decision, Finding, GateVerdict, Protocol, Reading, Timing, Urgency
from edge_app.reading.protocols.chest import CHEST_MODEL
from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.dicom import write_dx

_SEED = 31
_SEEN = (("Pneumonia", 0.86, Decision.PRESENT), ("Effusion", 0.64, Decision.PRESENT), ("Infiltration", 0.58, Decision.UNCERTAIN))
_ABSENT = ("Atelectasis", "Cardiomegaly", "Mass", "Nodule", "Pneumothorax", "Edema", "Emphysema", "Fibrosis", "Hernia")


def made_up_picture(side: int) -> Picture:
    """A simulated chest of ``side`` × ``side`` pixels, as the reader gives it."""
    with TemporaryDirectory() as folder:
        return read_picture(write_dx(Path(folder) / "chest.dcm", simulated_chest(_SEED, side, side)))


def made_up_reading(picture: Picture) -> Reading:
    """What a chest reading says where there is something to say: a message of common length comes of it."""
    box = Box(picture.columns * 0.13, picture.rows * 0.52, picture.columns * 0.26, picture.rows * 0.24)
    called = tuple(Finding(name, probability, decision, 0.5, 214, validated=True, box=box) for name, probability, decision in _SEEN)
    absent = tuple(Finding(name, 0.04, Decision.ABSENT, 0.5, 150, validated=True) for name in _ABSENT)
    return Reading(
        protocol=Protocol.CHEST,
        refusal=None,
        gate=GateVerdict("chest_adult", 0.99),
        findings=(*called, *absent),
        urgency=Urgency.URGENT,
        top3=tuple(finding.name for finding in called),
        timing=Timing(),
        models={CHEST_MODEL: secrets.token_hex(32)},
        engine="none",
        rows=picture.rows,
        columns=picture.columns,
    )


def enter_case(casebook: Casebook, picture: Picture) -> str:
    """Enter a case with one radiograph, read and ready to be offered; its id."""
    content = secrets.token_bytes(32)
    sop, study = (f"2.25.{secrets.randbits(120)}" for _ in range(2))
    facts = Facts(sop_instance_uid=sop, study_instance_uid=study, sex="F", age_years=71)
    digest = casebook.pictures.keep(content)
    radiograph, _ = add_radiograph(casebook.database, facts=facts, sha256=digest, size_bytes=len(content), door=Door.DICOM)
    add_reading(casebook.database, radiograph.id, made_up_reading(picture))
    add_rendition(casebook, radiograph.id, picture)
    return radiograph.case_id
