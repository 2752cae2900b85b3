"""What the kiosk's templates show, as values. Fields that only tick are left out of comparison and of the fingerprint."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

from edge_app.casebook.cases import Case, CaseState
from edge_app.casebook.offers import OfferState, Reason, ReasonKind, Rung
from edge_app.dispatch.policy import Chooser
from edge_app.errors import Refusal
from edge_app.kiosk.atmist import NOTHING, AtmistView
from edge_app.kiosk.figures import FiguresView
from edge_app.kiosk.followed import FollowedView
from edge_app.kiosk.kin import KinView
from edge_app.kiosk.pedigree import PedigreeView
from edge_app.kiosk.showing import Outcome, Showing
from edge_app.link.remarking import Remark
from edge_app.link.remarks import DiagnosisBody
from edge_app.link.state import LinkWord
from edge_app.radiograph.picture import Assumption
from edge_app.reading.finding import Flaw, GateVerdict, Measurement, Protocol, Urgency
from edge_app.screens.adjusting import AngleView, Hand
from edge_app.screens.arriving import ArrivingView
from edge_app.screens.film import FilmView
from edge_app.screens.parts import FindingView, PictureView, RungView, urgency_code

BOARD_ROWS = 6
OTHERS_SHOWN = 4
IN_PLAY = frozenset({OfferState.ASKED, OfferState.ACCEPTED, OfferState.EXPIRED})


def is_by_road(reasons: tuple[Reason, ...]) -> bool:
    """Whether the travel time is the router's; else it is an estimate."""
    return any(reason.kind is ReasonKind.TRAVEL_ROAD for reason in reasons)


class LinkMark(StrEnum):
    """How the link to the hospitals looks. SILENT: its service has not been heard of, so nothing is known."""

    UP = "up"
    DOWN = "down"
    SILENT = "silent"
    NEVER = "never"


@dataclass(frozen=True)
class LinkView:
    """The link. ``age_s`` counts since it came to be so. ``demo``: the embedded relay, which keeps nothing."""

    mark: LinkMark
    word: LinkWord | None
    demo: bool
    age_s: float | None = field(compare=False, repr=False)


class Since(StrEnum):
    """What a time counts from."""

    EXPOSURE = "exposure"
    RECEPTION = "reception"


@dataclass(frozen=True)
class ClockView:
    """The product's number: time since exposure, or since reception where the exposure's time is not to be believed."""

    since: Since
    stopped: bool
    elapsed_s: float = field(compare=False, repr=False)
    stopped_s: float | None = None


class SentenceKind(StrEnum):
    """What the one sentence says."""

    SUSPECTED = "suspected"
    UNCERTAIN = "uncertain"
    NOT_EXCLUDED = "not_excluded"
    ONE_NOT_EXCLUDED = "one_not_excluded"
    ONE_NOT_FOUND = "one_not_found"
    NOTHING_FOUND = "nothing_found"
    MEASURED = "measured"
    NOTHING_ASSESSED = "nothing_assessed"


@dataclass(frozen=True)
class ResultView:
    """An assessed reading. ``unfamiliar`` and ``unlocated`` as in ``Reading``, ``simulated`` where it holds of what is shown.

    ``angles`` are those of a spine, by the points that ``hand`` has left where somebody has moved them. ``drawn`` is another word whenever
    something else is drawn on the picture.
    ``tiles`` are the small pictures that there are of it (``tiles.Tile``), ``film`` is what was followed of a video.
    ``only`` is the finding of a protocol that looks for nothing else: whatever it says, nothing is said of anything else.
    ``rules_fault``: the urgency was judged by the rules that ship, because the site's own are broken.
    """

    reading_id: str
    protocol: Protocol
    sentence: SentenceKind
    lead: str | None
    others: int
    others_present: int
    others_uncertain: int
    others_absent: int
    others_unproven: int
    findings: tuple[FindingView, ...]
    urgency: Urgency | None
    measurements: tuple[tuple[str, Measurement], ...]
    total_ms: float
    models: tuple[str, ...]
    figures: FiguresView
    has_map: bool
    drawn: str
    angles: tuple[AngleView, ...] = ()
    hand: Hand | None = None
    unfamiliar: bool = False
    unlocated: bool = False
    simulated: bool = False
    tiles: tuple[str, ...] = ()
    film: FilmView | None = None
    part: str | None = None
    only: str | None = None
    rules_fault: bool = False

    @property
    def about(self) -> str | None:
        """The finding that the sentence names."""
        return self.lead or self.only

    @property
    def urgency_code(self) -> str:
        """See ``parts.urgency_code``."""
        return urgency_code(self.urgency, looked=bool(self.findings or self.others or self.figures.scores))


@dataclass(frozen=True)
class FlawView:
    """What is wrong with how the picture was taken, how sure that is, and whether it was ever tried on real pictures with that flaw."""

    flaw: Flaw
    percent: int
    validated: bool


@dataclass(frozen=True)
class RefusalView:
    """A picture that was not assessed."""

    reason: Refusal
    detail: str
    gate: GateVerdict | None
    gate_percent: int | None
    sent_unread: bool
    send_first: bool


class PictureState(StrEnum):
    """Whether the picture can be drawn."""

    DRAWABLE = "drawable"
    COMING = "coming"
    UNDRAWABLE = "undrawable"


@dataclass(frozen=True)
class EditView:
    """One thing that was done to a picture. ``value`` is written already; empty where the word says all."""

    name: str
    value: str = ""


@dataclass(frozen=True)
class EditedView:
    """What was done to the picture, and whether the crew has sent its reading to the hospitals.

    Without ``edits`` nothing was: it was only read once more, by another protocol.
    """

    edits: tuple[EditView, ...]
    sent: bool


@dataclass(frozen=True)
class PictureCard:
    """One picture of the case, the one looked at or another."""

    id: str
    number: int
    outcome: Outcome
    received_ms: int
    size_bytes: int


class Evidence(StrEnum):
    """What an offer without an answer is at, in a word; what it is not at as well."""

    QUEUED = "queued"
    AT_BROKER = "at_broker"
    AT_HOSPITAL = "at_hospital"
    OPENED = "opened"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    STOOD_DOWN = "stood_down"
    EXPIRED = "expired"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class PictureOnItsWayView:
    """What of the pictures goes to a hospital now: the original, or before it the small ones."""

    original: bool
    arriving: ArrivingView


@dataclass(frozen=True)
class OfferView:
    """One emergency room's row. ``evidence_age_s`` counts since the highest rung was proven.

    ``calls``: how often it was telephoned and nobody took the call. ``by_phone``: its answer was given on the telephone.
    ``reminded_ms``: when it was reminded that it is asked. ``picture``: what of the pictures is on its way there.
    """

    id: str
    rank: int
    name: str
    name_en: str | None
    phone: str | None
    state: OfferState
    proven: tuple[Rung, ...]
    rungs: tuple[RungView, ...]
    reasons: tuple[Reason, ...]
    eta_minutes: int | None
    distance_km: float | None
    evidence: Evidence
    decline_reason: str | None
    decline_for_min: int | None
    note: str | None
    call_first: bool
    calls: int
    by_phone: bool
    reminded_ms: int | None
    picture: PictureOnItsWayView | None
    evidence_age_s: float | None = field(compare=False, repr=False)

    @property
    def by_road(self) -> bool:
        """Whether the travel time is the router's; else it is an estimate."""
        return is_by_road(self.reasons)


class Proof(StrEnum):
    """How far a word to a hospital is proven to have come."""

    NOT_SENT = "not_sent"
    QUEUED = "queued"
    AT_BROKER = "at_broker"
    AT_HOSPITAL = "at_hospital"


@dataclass(frozen=True)
class ProofView:
    """What an emergency room was told last, how far that is proven, and since when. ``yes_by_phone``: it said yes on the telephone."""

    name: str
    name_en: str | None
    state: OfferState
    proof: Proof
    proven_ms: int | None
    yes_by_phone: bool = False
    phone: str | None = None


@dataclass(frozen=True)
class AnswerView:
    """The acceptance that holds, under ``conditions`` and after a wait of about ``wait_min`` where there are such."""

    offer: OfferView
    who: str | None
    note: str | None
    conditions: tuple[str, ...]
    wait_min: int | None
    accepted_ms: int | None
    code: str | None
    confirmation: ProofView
    others: tuple[ProofView, ...]

    @property
    def others_shown(self) -> tuple[ProofView, ...]:
        """Those that there is room for: who has to be told that it is over, before who knows by itself."""
        return tuple(sorted(self.others, key=lambda other: other.state is not OfferState.STOOD_DOWN)[:OTHERS_SHOWN])

    @property
    def tell(self) -> ProofView | None:
        """Who said yes on the telephone when somebody else had the case already: only another call makes sure that they know."""
        return next((other for other in self.others if other.yes_by_phone), None)


@dataclass(frozen=True)
class TalkView:
    """What was said with one hospital: the last remarks, how many earlier ones, those of its that nobody here has read.

    ``heard`` is how many of its remarks have come; ``diagnosis`` what it said that it was in the end.
    """

    offer: OfferView
    remarks: tuple[Remark, ...]
    earlier: int
    unread: tuple[Remark, ...]
    heard: int
    diagnosis: DiagnosisBody | None


@dataclass(frozen=True)
class OtherCases:
    """The other recent cases: how many, and how many of them need somebody."""

    count: int
    attention: int


@dataclass(frozen=True)
class Sign:
    """One vital sign as it is read out. ``name`` is its code."""

    name: str
    value: str


@dataclass(frozen=True)
class KioskView:
    """Everything one page shows.

    ``calling`` is the emergency room that is being telephoned. ``pending``: a word of the crew is still to be applied. ``ended`` is what
    the hospitals of a closed case were told. ``kin`` are the other cases of the same patient.

    ``chooser`` is who chooses whom to ask, while nobody was asked for that reason. ``crew_adds``: the box asks nobody further by itself.
    ``no_destination`` is the hospital that was to be asked and is not in the directory. ``pick_failed``: the crew's last choice could not
    be asked. ``usual_s`` is what reading a picture takes on this box, while one is read and that is known.
    ``again`` are the protocols by which the picture can be read too, ``pedigree`` that of the model that screened it, and ``airborne``
    whether any reading of the case calls what is spread through the air.
    """

    showing: Showing
    link: LinkView
    others: OtherCases
    unit: str
    case: Case | None = None
    clock: ClockView | None = None
    picture: PictureView | None = None
    picture_state: PictureState = PictureState.COMING
    picture_id: str | None = None
    assumptions: tuple[Assumption, ...] = ()
    edited: EditedView | None = None
    pictures: tuple[PictureCard, ...] = ()
    result: ResultView | None = None
    refusal: RefusalView | None = None
    flaws: tuple[FlawView, ...] = ()
    offers: tuple[OfferView, ...] = ()
    answer: AnswerView | None = None
    no_room: bool = False
    no_destination: str | None = None
    chooser: Chooser | None = None
    crew_adds: bool = False
    pick_failed: bool = False
    reader_silent: bool = False
    slow: bool = False
    only_picture: bool = False
    taken_ms: int | None = None
    calling: OfferView | None = None
    signs: tuple[Sign, ...] = ()
    pending: bool = False
    ended: tuple[ProofView, ...] = ()
    atmist: AtmistView = NOTHING
    kin: tuple[KinView, ...] = ()
    talk: TalkView | None = None
    usual_s: int | None = None
    again: tuple[Protocol, ...] = ()
    pedigree: PedigreeView | None = None
    airborne: bool = False
    followed: FollowedView | None = None
    waiting_s: float | None = field(default=None, compare=False, repr=False)

    @property
    def not_read(self) -> int:
        """How many of the case's other pictures were not assessed."""
        return sum(card.outcome is not Outcome.ASSESSED and card.id != self.picture_id for card in self.pictures)

    @property
    def talked(self) -> bool:
        """Whether something of a hospital stands over the page: a remark that nobody has read, or its diagnosis."""
        shown = self.showing in (Showing.ACCEPTED, Showing.CLOSED) and self.talk is not None
        return shown and self.talk is not None and (bool(self.talk.unread) or self.talk.diagnosis is not None)

    @property
    def closed(self) -> bool:
        """Whether the crew has closed the case."""
        return self.case is not None and self.case.state is CaseState.CLOSED

    @property
    def board(self) -> tuple[OfferView, ...]:
        """The emergency rooms that there is room for: those still in play before those that are out, in the order they were asked."""
        most = sorted(self.offers, key=lambda offer: (offer.state not in IN_PLAY, offer.rank))[:BOARD_ROWS]
        return tuple(sorted(most, key=lambda offer: offer.rank))

    @property
    def to_call(self) -> OfferView | None:
        """The emergency room to telephone first, while there is one that has not answered."""
        return next((offer for offer in self.offers if offer.call_first), None)

    @property
    def with_phone(self) -> tuple[OfferView, ...]:
        """The emergency rooms whose numbers are known, the nearest first."""
        return tuple(offer for offer in self.offers if offer.phone)

    @property
    def looked_at(self) -> PictureCard | None:
        """The picture on the page."""
        return next((card for card in self.pictures if card.id == self.picture_id), None)

    @property
    def left_unread(self) -> PictureCard | None:
        """The newest other picture of the case that was not assessed."""
        others = [card for card in self.pictures if card.outcome is not Outcome.ASSESSED and card.id != self.picture_id]
        return others[-1] if others else None

    @property
    def fingerprint(self) -> str:
        """Changes whenever something is to be seen that was not there before; time alone does not change it."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:24]
