"""A seeded casebook: cases as the services would have left them, moment by moment."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from flask.testing import FlaskClient

from edge_app.casebook import Casebook
from edge_app.casebook.cases import recent_cases, stamp_columns
from edge_app.casebook.crew_words import CrewWord, mark_applied
from edge_app.casebook.crew_words import say as crew_says
from edge_app.casebook.events import EventKind, record
from edge_app.casebook.hospital_words import note_diagnosis
from edge_app.casebook.offers import Offer, OfferState, Reason, ReasonKind, Rung, add_offer, get_offer, offers_of, prove
from edge_app.casebook.positions import note_position_there
from edge_app.casebook.radiographs import (
    Door,
    StoredRadiograph,
    add_radiograph,
    ask_to_send_unread,
    get_radiograph,
    radiographs_of,
)
from edge_app.casebook.readings import StoredReading, add_reading, mark_dispatched, reading_of
from edge_app.casebook.renditions import add_rendition
from edge_app.clock import Stamp, now
from edge_app.config import Broker, Settings
from edge_app.dispatch.leasing import Leasing
from edge_app.dispatch.offers import Event, room_end
from edge_app.errors import Refusal
from edge_app.kiosk.app import create_app
from edge_app.link.messages import LEAST_PART_BYTES, AnswerBody, AnswerKind, Condition, DeclineReason, new_message
from edge_app.link.outbox import note_at_broker, note_received, put
from edge_app.link.position import Approach, PositionBody
from edge_app.link.remarking import note_read, say, take_remark
from edge_app.link.remarks import OF_HOSPITAL, DiagnosisBody, Judged, Phrase, RemarkBody, Verdict
from edge_app.link.state import LinkWord, write_link_state
from edge_app.radiograph.picture import Assumption, Facts, Picture, Window
from edge_app.reading.finding import Box, Decision, Finding, Flaw, GateVerdict, NotAssessed, Protocol, Reading, Timing, Urgency
from edge_app.screens import ChangeFeed
from edge_app.simulator.chest import Lesion, LesionKind, SimulatedChest, simulated_chest
from edge_app.triage import Need
from tests.edge_app.kiosk.figured import COMPLETE, flawed

ROOMS = (
    ("A1100008", "고려대학교안암병원", "Korea University Anam Hospital", "02-000-0001", 3.2, 520, "severe"),
    ("A1100013", "한양대학교병원", "Hanyang University Hospital", "02-000-0002", 4.9, 700, "isolation"),
    ("A1100017", "서울대학교병원", "Seoul National University Hospital", "02-000-0003", 6.1, 830, "child"),
    ("A1100009", "한국보훈복지의료공단중앙보훈병원", "Veterans Health Service Medical Center", None, 48.5, 6400, "trauma"),
    ("A1100010", "경희대학교병원", "Kyung Hee University Hospital", "02-000-0004", 7.4, 1010, "severe"),
    ("A1100011", "국립중앙의료원", "National Medical Center", "02-000-0005", 8.0, 1090, "trauma"),
    ("A1100012", "서울성모병원", "Seoul St. Mary's Hospital", "02-000-0006", 9.3, 1190, "severe"),
    ("A1100001", "강남세브란스병원", "Gangnam Severance Hospital", "02-000-0007", 11.0, 1420, "child"),
    ("A1100007", "여의도성모병원", "Yeouido St. Mary's Hospital", "02-000-0008", 12.4, 1600, "severe"),
)

CHEST_NAMES = (
    "Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass", "Nodule", "Pneumonia",
    "Pneumothorax", "Consolidation", "Edema", "Emphysema", "Fibrosis", "Pleural_Thickening", "Hernia",
)  # fmt: skip


@cache
def _chest(rows: int, columns: int) -> SimulatedChest:
    return simulated_chest(7, rows, columns, (Lesion(LesionKind.PNEUMONIA, "right"),))


def earlier(seconds: float) -> Stamp:
    stamp = now()
    return replace(stamp, unix_ms=stamp.unix_ms - int(seconds * 1000), mono_ms=stamp.mono_ms - int(seconds * 1000))


class Seeder:
    """Writes what intake, reading, dispatch and uplink would have written."""

    def __init__(self, casebook: Casebook) -> None:
        self.casebook = casebook
        self.database = casebook.database
        self._leasing = Leasing(self.database, "unit/unit-1", lambda _case, _offer: None)
        self._pictures = 0

    def radiograph(self, *, study: str | None = None, sex: str | None = "M", age: float | None = 64, ago_s: float = 41) -> StoredRadiograph:
        self._pictures += 1
        digest = self.casebook.pictures.keep(f"picture {self._pictures}".encode())
        facts = Facts(sex=sex, age_years=age, study_instance_uid=study, sop_instance_uid=f"1.2.{self._pictures}")
        radiograph, _new = add_radiograph(self.database, facts=facts, sha256=digest, size_bytes=9, door=Door.DICOM)
        received = earlier(ago_s)
        with self.database.writing() as tables:
            tables.table("radiographs").update(radiograph.id, {"received_ms": received.unix_ms, "received_mono_ms": received.mono_ms})
        return get_radiograph(self.database, radiograph.id)

    def taken(self, radiograph: StoredRadiograph, taken_at: str) -> None:
        with self.database.writing() as tables:
            tables.table("radiographs").update(radiograph.id, {"taken_at": taken_at})

    def rendition(self, radiograph: StoredRadiograph, rows: int = 512, columns: int = 512) -> None:
        chest = _chest(rows, columns)
        window = Window(2 ** (chest.bits - 1), 2**chest.bits)
        assumptions = (Assumption.SPACING_AT_DETECTOR,)
        add_rendition(self.casebook, radiograph.id, Picture(chest.pixels, window, rows, columns, (0.7, 0.7), Facts(), assumptions))

    def heat_map(self, radiograph: StoredRadiograph, rows: int, columns: int) -> Path:
        folder = self.casebook.maps / radiograph.id
        folder.mkdir(parents=True, exist_ok=True)
        y, x = np.mgrid[0:rows, 0:columns]
        heat = np.exp(-(((x - columns * 0.3) / (columns * 0.12)) ** 2 + ((y - rows * 0.62) / (rows * 0.13)) ** 2)) * 255
        path = folder / "heat.png"
        cv2.imwrite(str(path), heat.astype(np.uint8))
        return path

    def assessed(
        self,
        radiograph: StoredRadiograph,
        present: Sequence[tuple[str, float]] = (("Pneumonia", 0.81), ("Infiltration", 0.64)),
        uncertain: Sequence[tuple[str, float]] = (("Effusion", 0.38),),
        urgency: Urgency = Urgency.URGENT,
        *,
        proven: bool = True,
        gate: GateVerdict | None = None,
        **figures: Any,
    ) -> StoredReading:
        box = Box(96, 250, 120, 130)
        findings = [
            Finding(name, p, Decision.PRESENT, 0.45, 214, validated=True, box=box if i == 0 else None)
            for i, (name, p) in enumerate(present)
        ]
        findings += [Finding(name, p, Decision.UNCERTAIN, 0.35, 12, validated=False) for name, p in uncertain]
        known = {finding.name for finding in findings}
        rest = [Finding(name, 0.07, Decision.ABSENT, 0.4, 60, validated=proven) for name in CHEST_NAMES if name not in known]
        names = [finding.name for finding in (*findings, *rest)]
        reading = Reading(
            protocol=Protocol.CHEST,
            refusal=None,
            gate=gate or flawed(),
            findings=(*findings, *rest),
            urgency=urgency,
            top3=tuple(names[:3]),
            timing=Timing(40, 20, 120, 312),
            models={"radiograph_gate": "aa" * 32, "chest_findings": "9f3c1a" + "0" * 58, "chest_anatomy": "51e08b" + "0" * 58},
            engine="openvino",
            rows=512,
            columns=512,
            maps={names[0]: self.heat_map(radiograph, 512, 512)} if present else {},
            **figures,
        )
        return add_reading(self.database, radiograph.id, reading)

    def refused(
        self,
        radiograph: StoredRadiograph,
        reason: Refusal = Refusal.TRUNCATED,
        *,
        gate: GateVerdict | None = None,
        protocol: Protocol = Protocol.CHEST,
    ) -> StoredReading:
        reading = Reading(
            protocol=protocol,
            refusal=NotAssessed(reason, "pixel data: 1048576 bytes promised, 4096 there"),
            gate=gate,
            findings=(),
            urgency=None,
            top3=(),
            timing=Timing(),
            models={},
            engine="none",
        )
        return add_reading(self.database, radiograph.id, reading)

    def offers(self, reading: StoredReading, count: int = 3, *, ago_s: float = 39) -> list[Offer]:
        case_id = get_radiograph(self.database, reading.radiograph_id).case_id
        made = earlier(ago_s)
        for rank, (hpid, name, name_en, phone, km, eta_s, ability) in enumerate(ROOMS[:count], start=1):
            reasons = (
                Reason(ReasonKind.NEED_UNKNOWN, Need.THORACIC_SURGERY_ICU),
                Reason(ReasonKind.FREE_BEDS, str(10 - 4 * rank), made.unix_ms - 412_000),
                Reason(ReasonKind.NEAREST, str(rank)),
                Reason(ReasonKind.HAS, ability),
                Reason(
                    ReasonKind.NOTICE,
                    "흉부외과 전문의 부재로 시술 불가, 멀리서 오는 119 환자는 먼저 전화 바랍니다",
                    made.unix_ms - 7_000_000,
                    "Y0041",
                ),
            )
            offer = Offer(
                f"{rank:02d}{case_id[2:]}", case_id, reading.id, hpid, name, name_en, phone, rank, km, eta_s, reasons,
                OfferState.ASKED, made, made, None, None, None,
            )  # fmt: skip
            add_offer(self.database, offer)
            record(self.database, EventKind.OFFER_MADE, made, case_id, offer.id)
        mark_dispatched(self.database, reading.id)
        return offers_of(self.database, case_id)

    def newest_offers(self) -> list[Offer]:
        """Those of the case that the first page shows."""
        return [offer for case in recent_cases(self.database, 1) for offer in offers_of(self.database, case.id)]

    def climb(self, offer: Offer, *rungs: Rung, ago_s: float = 30) -> None:
        for number, rung in enumerate(rungs):
            prove(self.database, offer.id, rung, earlier(max(0.0, ago_s - number)))

    def answers(self, offer: Offer, kind: AnswerKind, *, note: str | None = None, reason: DeclineReason | None = None) -> None:
        body = AnswerBody(offer_id=offer.id, token=0, answer=kind, note=note, reason=reason, who="Duty physician", at_ms=now().unix_ms)
        self._leasing.answered(room_end(offer.hpid), body)

    def hears(self, offer: Offer, body: AnswerBody) -> None:
        """That answer of its hospital arrives."""
        self._leasing.answered(room_end(offer.hpid), body)

    def delivered(self, offer: Offer, *, only_relay: bool = False) -> None:
        """The last messages to that hospital reach the relay, and it."""
        for row in self.database.rows("SELECT id FROM outbox WHERE offer_id = :id", {"id": offer.id}):
            note_at_broker(self.database, row["id"])
            sent = None if only_relay else note_received(self.database, row["id"], room_end(offer.hpid))
            if sent is not None:
                note_position_there(self.database, sent, now())

    def link(self, *, connected: bool = True, word: LinkWord = LinkWord.CONNECTED) -> None:
        write_link_state(self.database, connected=connected, word=word, protocol="MQTT 5")

    # Whole situations, as the screens meet them.

    def result(self, *flaws: Flaw, **figures: Any) -> str:
        self.link()
        radiograph = self.radiograph()
        reading = self.assessed(radiograph, gate=flawed(*flaws), **(figures or COMPLETE))
        self.rendition(radiograph)
        first, second, third = self.offers(reading)
        self.climb(first, Rung.AT_BROKER, Rung.AT_HOSPITAL, Rung.OPENED)
        self.climb(second, Rung.AT_BROKER, Rung.AT_HOSPITAL)
        self.climb(third, Rung.AT_BROKER)
        return radiograph.case_id

    def of_urgency(self, urgency: Urgency) -> str:
        """A result of that urgency; nothing found where it is NONE."""
        self.link()
        radiograph = self.radiograph()
        found = () if urgency is Urgency.NONE else (("Pleural_Thickening", 0.91),)
        reading = self.assessed(radiograph, found, (), urgency)
        self.rendition(radiograph)
        self.offers(reading)
        return radiograph.case_id

    def much_unproven(self) -> str:
        """A result of which most rests on a model that is not validated."""
        self.link()
        radiograph = self.radiograph()
        uncertain = tuple((name, 0.38) for name in ("Pleural_Thickening", "Pneumothorax", "Consolidation", "Emphysema", "Mass", "Nodule"))
        reading = self.assessed(radiograph, (), uncertain, proven=False)
        self.rendition(radiograph)
        self.offers(reading)
        return radiograph.case_id

    def accepted(self) -> str:
        case_id = self.result()
        first, second, third = offers_of(self.database, case_id)
        self.answers(first, AnswerKind.ACCEPT, note="동문으로, 마스크 쓰고")
        self.delivered(first)
        self.delivered(second)
        self.delivered(third, only_relay=True)
        return case_id

    def accepted_if(self) -> str:
        """Accepted under all that fits, with a word beside it."""
        case_id = self.result()
        first = offers_of(self.database, case_id)[0]
        conditions = (Condition.STABILISE_THEN_TRANSFER, Condition.ISOLATION_ENTRANCE, Condition.NO_ICU_BED)
        body = AnswerBody(
            offer_id=first.id,
            token=0,
            answer=AnswerKind.ACCEPT,
            conditions=conditions,
            wait_min=30,
            note="동문으로, 마스크 쓰고",
            who="김 과장",
            at_ms=now().unix_ms,
        )
        self.hears(first, body)
        self.delivered(first)
        return case_id

    def remark(self, offer: Offer, **said: Any) -> None:
        """Its hospital says something."""
        body = RemarkBody.model_validate({"offer_id": offer.id, "at_ms": 5, "who": "김서연 과장", **said})
        assert take_remark(self.database, new_message(room_end(offer.hpid), "unit/unit-1", 5, body), body, OF_HOSPITAL) is None

    def remarked(self) -> str:
        """Accepted, and both have said things since, as long as they may be; the last of it nobody has read."""
        case_id = self.accepted_if()
        first = offers_of(self.database, case_id)[0]
        for _ in range(2):
            self.remark(first, phrase=Phrase.BRING_GUARDIAN)
        note_read(self.database, "unit/unit-1", room_end(first.hpid), first.id)
        say(
            self.database, "unit/unit-1", room_end(first.hpid), first.id, phrase=Phrase.CONDITION_WORSE, text="산소 15리터에도 SpO2 84 " * 5
        )
        self.remark(first, phrase=Phrase.ISOLATION_ENTRANCE)
        self.remark(first, phrase=Phrase.GO_TO_RESUS, number=2, text="동문으로 들어와서 왼쪽 자동문을 지나 바로 소생실로 오세요. " * 3)
        return case_id

    def diagnosed(self) -> str:
        """What it was in the end, in as many words as there may be."""
        case_id = self.remarked()
        first = offers_of(self.database, case_id)[0]
        note_read(self.database, "unit/unit-1", room_end(first.hpid), first.id)
        verdicts = zip(("Pneumonia", "Infiltration", "Effusion"), Verdict, strict=True)
        judged = tuple(Judged(name=name, verdict=verdict) for name, verdict in verdicts)
        text = "CT에서 우하엽 폐렴과 소량의 흉수 확인, 객담 배양 진행 중. " * 5
        note_diagnosis(self.database, DiagnosisBody(offer_id=first.id, findings=judged, text=text[:200], who="김서연 과장", at_ms=9))
        return case_id

    def part_there(self, offer: Offer, number: int, *, ago_s: float, sha256: str = "0" * 64) -> None:
        """One part of an original is proven to be at its hospital."""
        with self.database.writing() as tables:
            tables.table("picture_receipts").insert(
                {
                    "message_id": f"{offer.id}-{number}", "offer_id": offer.id, "kind": "part", "sha256": sha256, "number": number,
                    "size_bytes": LEAST_PART_BYTES, "waited": 1, "queue_end": 0, **stamp_columns(earlier(ago_s), "received"),
                }
            )  # fmt: skip

    def original_coming(self, *, there: int = 53, each_s: float = 2.0, ago_s: float = 1.0) -> str:
        """Accepted, and the first parts of an original of 124 are at the hospital, the last of them so long ago."""
        case_id = self.accepted()
        (radiograph,) = radiographs_of(self.database, case_id)
        first = offers_of(self.database, case_id)[0]
        original = {"sha256": "0" * 64, "media_type": "application/dicom", "size": 123 * LEAST_PART_BYTES + 17}
        with self.database.writing() as tables:
            tables.table("originals").insert({"radiograph_id": radiograph.id, "started": 1, **original})
            tables.table("transfers").insert({"offer_id": first.id, "radiograph_id": radiograph.id, "next_part": there + 3})
            tables.table("offers").update(first.id, stamp_columns(earlier(ago_s + each_s * there), "answered"))
        for number in range(there):
            self.part_there(first, number, ago_s=ago_s + each_s * (there - 1 - number))
        return case_id

    def no_answer(self) -> str:
        self.link()
        radiograph = self.radiograph(ago_s=74)
        reading = self.assessed(radiograph)
        self.rendition(radiograph)
        first, second, third = self.offers(reading, ago_s=72)
        self.climb(first, Rung.AT_BROKER, Rung.AT_HOSPITAL, Rung.OPENED, ago_s=60)
        self.climb(second, Rung.AT_BROKER, Rung.AT_HOSPITAL, ago_s=60)
        self.climb(third, Rung.AT_BROKER, ago_s=60)
        return radiograph.case_id

    def declined(self) -> str:
        case_id = self.result()
        for offer, reason in zip(offers_of(self.database, case_id), DeclineReason, strict=False):
            self.answers(offer, AnswerKind.DECLINE, reason=reason)
        return case_id

    def withdrawn(self) -> str:
        case_id = self.accepted()
        self.answers(get_offer(self.database, offers_of(self.database, case_id)[0].id), AnswerKind.WITHDRAW)
        return case_id

    def followed(self, case_id: str) -> str:
        """The hospital that has the case has been told where the box is."""
        holder = next(offer for offer in offers_of(self.database, case_id) if offer.state is OfferState.ACCEPTED)
        approach = Approach(north_m=-1110, east_m=0, age_s=3, eta_s=169, by_road=False)
        body = PositionBody(offer_id=holder.id, token=holder.token or 0, number=1, approach=approach)
        with self.database.writing():
            put(self.database, "unit/unit-1", room_end(holder.hpid), holder.id, body)
        self.delivered(holder)
        return case_id

    def says(self, offer: Offer, event: Event) -> None:
        self._leasing.said(offer.id, event, "김 과장")

    def phoned(self) -> str:
        """The second hospital has accepted on the telephone."""
        case_id = self.no_answer()
        second = offers_of(self.database, case_id)[1]
        self.says(second, Event.PHONE_ACCEPT)
        self.delivered(second)
        return case_id

    def told_too_late(self) -> str:
        """The second hospital says yes on the telephone when the first has the case already."""
        case_id = self.accepted()
        self.says(offers_of(self.database, case_id)[1], Event.PHONE_ACCEPT)
        return case_id

    def not_in_time(self) -> str:
        """One has not answered in time, one has declined on the telephone, one did not take the call."""
        case_id = self.no_answer()
        first, second, third = offers_of(self.database, case_id)
        self.says(first, Event.EXPIRE)
        self.says(second, Event.PHONE_DECLINE)
        mark_applied(self.database, crew_says(self.database, case_id, CrewWord.PHONE_NO_ANSWER, offer_id=third.id).id, "nothing")
        return case_id

    def to_choose(self) -> str:
        """Read and seen by the dispatch, which has asked nobody, for a person chooses."""
        self.link()
        radiograph = self.radiograph()
        mark_dispatched(self.database, self.assessed(radiograph, **COMPLETE).id)
        self.rendition(radiograph)
        return radiograph.case_id

    def to_choose_unread(self) -> str:
        """The same with a picture that was not read, which the crew wants sent all the same."""
        case_id = self.not_read()
        (radiograph,) = radiographs_of(self.database, case_id)
        ask_to_send_unread(self.database, radiograph.id)
        reading = reading_of(self.database, radiograph.id)
        assert reading is not None
        mark_dispatched(self.database, reading.id)
        return case_id

    def no_destination(self) -> str:
        """The one hospital that is to be asked is not in the directory."""
        case_id = self.to_choose()
        record(self.database, EventKind.NO_ROOM_FOUND, now(), case_id, None, {"destination": "A1100052"})
        return case_id

    def ends(self, case_id: str) -> None:
        """The crew closes that case."""
        self._leasing.close(case_id)

    def closed(self) -> str:
        """The crew has closed a case that two hospitals were still asked for."""
        case_id = self.no_answer()
        first, second, _third = offers_of(self.database, case_id)
        self.answers(second, AnswerKind.DECLINE, reason=DeclineReason.NO_BED)
        self._leasing.close(case_id)
        self.delivered(first)
        return case_id

    def not_read(self, reason: Refusal = Refusal.UNLIKE_TRAINING, *flaws: Flaw) -> str:
        self.link()
        radiograph = self.radiograph(ago_s=3)
        self.refused(radiograph, reason, gate=flawed(*flaws))
        self.rendition(radiograph)
        return radiograph.case_id

    def unread(self) -> str:
        self.link()
        return self.radiograph(ago_s=1).case_id


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var=tmp_path, broker=Broker(kind="external"))


@pytest.fixture
def casebook(settings: Settings) -> Iterator[Casebook]:
    book = Casebook(settings.casebook_folder)
    yield book
    book.database.close()


@pytest.fixture
def seed(casebook: Casebook) -> Seeder:
    return Seeder(casebook)


@pytest.fixture
def client(settings: Settings, casebook: Casebook) -> Iterator[FlaskClient]:
    feed = ChangeFeed(casebook.database)
    app = create_app(settings, casebook, feed)
    app.config["TESTING"] = True
    yield app.test_client()
    feed.close()
