"""``./edge demo``: the whole way on one machine, from a radiograph sent by DICOM to a hospital's answer."""

import argparse
import logging
import math
import os
import shutil
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import AE

from edge_app.casebook import Casebook
from edge_app.casebook.cases import CaseState, recent_cases
from edge_app.casebook.offers import OfferState, Rung, offers_of, proven_rungs
from edge_app.casebook.radiographs import radiographs_of
from edge_app.casebook.readings import reading_of
from edge_app.config import REPOSITORY
from edge_app.database import Database
from edge_app.dispatch.offers import read_back_code
from edge_app.errors import ServiceError
from edge_app.processes import stop_on_signals
from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.dicom import write_dx
from edge_app.simulator.lesions.lesion import Lesion, LesionKind
from edge_app.stage import Stage

REAL_DATA = "RADIOGRAPH_DATA"
REAL_RADIOGRAPH = Path("dicom/RG1_J2KI.dcm")
BROKERS: dict[str | None, Literal["external", "embedded"]] = {"mosquitto": "external", "embedded": "embedded"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--folder", type=Path, default=REPOSITORY / "var" / "demo", help="where everything is kept; emptied at the start")
    parser.add_argument("--language", choices=("ko", "en"), default="ko", help="of the screens at the start")
    parser.add_argument("--broker", choices=tuple(BROKERS), help="default: mosquitto where it is installed")
    parser.add_argument("--simulated", action="store_true", help="send the simulated radiograph even where real ones are there")


def _radiograph(folder: Path, *, simulated: bool) -> tuple[Path, str]:
    """The radiograph to send and what it is."""
    real = Path(os.environ.get(REAL_DATA, REPOSITORY.parent / "shared" / "data")) / REAL_RADIOGRAPH
    if real.is_file() and not simulated:
        return real, "a real chest radiograph (CR, JPEG 2000)"
    picture = simulated_chest(31, 2048, 2048, (Lesion(LesionKind.PNEUMONIA, "right", 0.9),))
    return write_dx(
        folder / "simulated_chest.dcm", picture, taken_at=datetime.now(tz=UTC).astimezone()
    ), "a simulated chest radiograph (no patient)"


def send(path: Path, host: str, port: int, called: str) -> int:
    """C-STORE one file and return the status. ServiceError where no association or no answer comes."""
    data: Dataset = dcmread(path)
    entity = AE(ae_title="PORTABLE")
    entity.add_requested_context(data.SOPClassUID, data.file_meta.TransferSyntaxUID)
    association = entity.associate(host, port, ae_title=called)
    if not association.is_established:
        raise ServiceError("the DICOM door did not accept the association")
    try:
        answer = association.send_c_store(data)
    finally:
        association.release()
    if "Status" not in answer:
        raise ServiceError("the DICOM door did not answer")
    return int(answer.Status)


class _Teller:
    """Prints what becomes of the case, each thing once, as it becomes true."""

    def __init__(self, casebook: Casebook) -> None:
        self._casebook = casebook
        self._said: set[str] = set()
        self._started_s = time.monotonic()

    def look(self) -> None:
        """Print what is new."""
        database = self._casebook.database
        for case in reversed(recent_cases(database)):
            for radiograph in radiographs_of(database, case.id):
                reading = reading_of(database, radiograph.id)
                if reading is None:
                    continue
                if reading.reading.refusal is not None:
                    self._say(f"case {case.number}: not assessed, {reading.reading.refusal.reason} (not the same as clear)")
                else:
                    top = ", ".join(reading.reading.top3)
                    self._say(
                        f"case {case.number}: read in {reading.reading.timing.total_ms:.0f} ms; top three {top}; {reading.reading.engine}"
                    )
            self._tell_offers(database, case.id, case.number)
            if case.state is CaseState.HELD and case.holder_offer_id is not None:
                holder = next(offer for offer in offers_of(database, case.id) if offer.id == case.holder_offer_id)
                code, minutes = read_back_code(case.id, case.fencing_token), math.ceil((holder.eta_s or 0) / 60)
                self._say(f"case {case.number}: accepted by {holder.name}, about {minutes} min away, read-back code {code}")

    def _tell_offers(self, database: Database, case_id: str, number: int) -> None:
        for offer in offers_of(database, case_id):
            rungs = proven_rungs(database, offer.id)
            for rung in Rung:
                if rung in rungs and rung is not Rung.ANSWERED:
                    self._say(f"case {number}: {offer.name}: {rung.replace('_', ' ')}")
            if offer.state in (OfferState.DECLINED, OfferState.STOOD_DOWN, OfferState.WITHDRAWN):
                self._say(f"case {number}: {offer.name}: {offer.state.replace('_', ' ')}")

    def _say(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            print(f"{time.monotonic() - self._started_s:7.1f} s  {line}", flush=True)


def run(args: argparse.Namespace) -> int:
    """Start everything, send one radiograph, tell what happens until Ctrl-C, stop everything."""
    logging.basicConfig(level=logging.WARNING)
    stopping = threading.Event()
    stop_on_signals(stopping)
    print("Research prototype, not a medical device.", flush=True)
    shutil.rmtree(args.folder, ignore_errors=True)
    stage = Stage(args.folder, broker=BROKERS.get(args.broker), language=args.language)
    try:
        broker = "mosquitto" if stage.broker_kind == "external" else "an embedded broker: demo only, not durable"
        print(f"Starting the relay ({broker}), the box and three emergency rooms …", flush=True)
        stage.start()
        stage.wait_until_ready()
        print(f"\n  Kiosk            {stage.kiosk_address}")
        for room in stage.rooms:
            print(f"  Emergency room   {room.address}   {room.room.name}")
        print(f"  DICOM            127.0.0.1:{stage.settings.dicom.port}, called AE title {stage.settings.dicom.ae_title}")
        print(f"  Drop folder      {stage.settings.incoming_folder}\n")
        path, what = _radiograph(args.folder, simulated=args.simulated)
        teller = _Teller(Casebook(stage.settings.casebook_folder))
        status = send(path, "127.0.0.1", stage.settings.dicom.port, stage.settings.dicom.ae_title)
        print(
            f"Sent {what} by C-STORE: status 0x{status:04X}. Now accept in one of the emergency rooms. Ctrl-C stops all of it.\n",
            flush=True,
        )
        while not stopping.wait(0.2):
            teller.look()
    finally:
        print("\nStopping …", flush=True)
        stage.stop()
    return 0
