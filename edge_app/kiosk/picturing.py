"""What a page shows of a picture and of its reading."""

from dataclasses import replace

from edge_app.casebook import Casebook
from edge_app.casebook.radiographs import StoredRadiograph
from edge_app.casebook.readings import StoredReading, read_at
from edge_app.clock import Stamp
from edge_app.database import Database
from edge_app.errors import Refusal
from edge_app.kiosk.adjusting import hand_of, shown_word
from edge_app.kiosk.figures import figures_view
from edge_app.kiosk.outlined import outlined, outlines_file
from edge_app.kiosk.tiles import tiles_of
from edge_app.kiosk.tiles.drawing import own_file
from edge_app.kiosk.views import EditedView, EditView, FlawView, PictureState, RefusalView, ResultView, SentenceKind
from edge_app.radiograph.edits import UNEDITED, Edits
from edge_app.radiograph.picture import Assumption
from edge_app.reading.adjusting import adjusted
from edge_app.reading.finding import Decision, Protocol, Reading
from edge_app.screens.adjusting import angle_views
from edge_app.screens.film import FilmView, film_view
from edge_app.screens.formatting import percent
from edge_app.screens.overlay import line_views, outline_views, side_views
from edge_app.screens.parts import PictureView, box_views, finding_views

# The rendition is written right after the reading; if it has not come by then it will not.
RENDITION_COMES_WITHIN_S = 15.0
# The fault is the box's, so another exposure would not help: let a physician see this one.
SEND_FIRST = frozenset({Refusal.NO_MODEL, Refusal.MODEL_FAILED})
_PERCENT_OF = ("brightness", "contrast", "sharpness")
_GATE_MODEL = "radiograph_gate"


def picture_state(
    database: Database, radiograph: StoredRadiograph, reading: StoredReading | None, at: Stamp
) -> tuple[PictureState, tuple[Assumption, ...]]:
    """Whether there is a rendition to draw, and what was assumed for it."""
    row = database.row("SELECT assumptions FROM renditions WHERE radiograph_id = :id", {"id": radiograph.id})
    if row is not None:
        return PictureState.DRAWABLE, tuple(Assumption(word) for word in row["assumptions"].split(",") if word)
    if reading is None or at.seconds_since(read_at(database, reading.id)) < RENDITION_COMES_WITHIN_S:
        return PictureState.COMING, ()
    return PictureState.UNDRAWABLE, ()


def mapped_finding(reading: Reading) -> str | None:
    """The finding whose heat map is shown: the highest of the top three that has one."""
    return next((name for name in reading.top3 if name in reading.maps), None)


def picture_view(casebook: Casebook, radiograph: StoredRadiograph, reading: StoredReading | None, result: ResultView | None) -> PictureView:
    """The picture with the boxes, the heat map, the outlines, the lines and the sides of its reading.

    Where somebody has moved points, the lines are by those; of a film it is the frame that stands for all.
    """
    pixels_url = f"/radiographs/{radiograph.id}/pixels"
    if reading is None or result is None:
        return PictureView(pixels_url)
    read = reading.reading
    mapped = mapped_finding(read)
    map_url = mapped and f"/readings/{reading.id}/maps/{mapped}"
    hand = result.hand
    lines = line_views(read) if hand is None else line_views(adjusted(read, hand.points), by_hand=True)
    shown, outlines = read.protocol is Protocol.SPINE, outline_views(_with_outlines(casebook, read))
    return PictureView(pixels_url, box_views(read), map_url, outlines=outlines, lines=lines, sides=side_views(read), lines_shown=shown)


def _with_outlines(casebook: Casebook, reading: Reading) -> Reading:
    """A film's reading with what was outlined on the frame that stands for all; every other as it is."""
    if reading.film is None:
        return reading
    validated = all(finding.validated for finding in reading.findings)
    return replace(reading, outlines=outlined(reading.film, reading.film.still, casebook.maps, validated=validated))


def _film(casebook: Casebook, stored: StoredReading) -> FilmView | None:
    film = stored.reading.film
    if film is None:
        return None
    kept = outlines_file(film, casebook.maps) is not None
    return film_view(stored.reading, f"/radiographs/{stored.radiograph_id}/film", f"/readings/{stored.id}/outlines" if kept else None)


def _sentence(reading: Reading) -> tuple[SentenceKind, str | None]:
    """The kind of sentence and the finding it is about: the first of the top three that is suspected, else uncertain and called.

    Of a film it is the gravest, which comes first: what was aspirated has penetrated too, and more surely.
    """
    by_name = {finding.name: finding for finding in reading.findings}
    top = [by_name[name] for name in reading.top3 if name in by_name and reading.film is None]
    ordered = [*top, *(finding for finding in reading.findings if finding not in top)]
    for decision, kind in ((Decision.PRESENT, SentenceKind.SUSPECTED), (Decision.UNCERTAIN, SentenceKind.UNCERTAIN)):
        for finding in ordered:
            if finding.decision is decision and finding.called:
                return kind, finding.name
    one = len(reading.findings) == 1
    if any(finding.decision is Decision.UNCERTAIN for finding in reading.findings):
        return (SentenceKind.ONE_NOT_EXCLUDED if one else SentenceKind.NOT_EXCLUDED), None
    if reading.findings:
        return (SentenceKind.ONE_NOT_FOUND if one else SentenceKind.NOTHING_FOUND), None
    return (SentenceKind.MEASURED if reading.measurements else SentenceKind.NOTHING_ASSESSED), None


def _unproven(reading: Reading) -> bool:
    """Whether it rests on a model that saw drawn pictures alone: a spine's is validated on patients, or has learnt from none."""
    return not all([*(own.validated for own in reading.measurements.values()), *(own.validated for own in reading.outlines)])


def _models(reading: Reading) -> tuple[str, ...]:
    """The reading models, each with the first six digits of its card's hash; the gate only where it was alone."""
    named = [(name, digest) for name, digest in reading.models.items() if name != _GATE_MODEL] or list(reading.models.items())
    return tuple(f"{name} {digest[:6]}" for name, digest in named)


def result_view(casebook: Casebook, reading: StoredReading) -> ResultView | None:
    """An assessed reading as the page shows it; None where the picture was not assessed."""
    read = reading.reading
    if not read.assessed:
        return None
    rows = finding_views(read)
    shown = {row.name for row in rows}
    others = [finding for finding in read.findings if finding.name not in shown]
    kind, lead = _sentence(read)
    mapped, hand = mapped_finding(read), hand_of(casebook.database, reading)
    spine = read.protocol is Protocol.SPINE
    return ResultView(
        reading_id=reading.id,
        protocol=read.protocol,
        sentence=kind,
        lead=lead,
        others=len(others),
        others_present=sum(finding.decision is Decision.PRESENT for finding in others),
        others_uncertain=sum(finding.decision is Decision.UNCERTAIN for finding in others),
        others_absent=sum(finding.decision is Decision.ABSENT for finding in others),
        others_unproven=sum(finding.decision is Decision.ABSENT and not finding.validated for finding in others),
        findings=rows,
        urgency=read.urgency,
        measurements=tuple(read.measurements.items()),
        total_ms=read.timing.total_ms,
        models=_models(read),
        figures=figures_view(read),
        has_map=mapped is not None and own_file(read.maps, mapped, casebook.maps) is not None,
        drawn=shown_word(reading, hand),
        angles=angle_views(read, None if hand is None else hand.points) if spine else (),
        hand=hand,
        unfamiliar=read.unfamiliar,
        unlocated=read.unlocated,
        tiles=tiles_of(read, casebook.maps),
        film=_film(casebook, reading),
        part=read.part,
        simulated=any(finding.simulated for finding in read.findings) or (spine and _unproven(read)),
        only=read.findings[0].name if len(read.findings) == 1 else None,
    )


def edit_views(edits: Edits) -> tuple[EditView, ...]:
    """What was done to a picture before it was read, in the order in which it was."""
    done = []
    if edits.crop != UNEDITED.crop:
        done.append(EditView("crop", f"{100 * edits.crop.width * edits.crop.height:.0f}"))
    if edits.flipped:
        done.append(EditView("flipped"))
    if edits.quarter_turns:
        done.append(EditView("quarter_turns", str(90 * edits.quarter_turns)))
    if edits.tilt_degrees:
        done.append(EditView("tilt_degrees", f"{edits.tilt_degrees:+.0f}"))
    done += [EditView(name, f"{100 * getattr(edits, name):+.0f}") for name in _PERCENT_OF if getattr(edits, name)]
    return tuple(done)


def edited_view(radiograph: StoredRadiograph) -> EditedView | None:
    """What was done to this picture; None where it is as it came."""
    return None if radiograph.edited_from is None else EditedView(edit_views(radiograph.edits), radiograph.send_unread)


def flaw_views(reading: Reading) -> tuple[FlawView, ...]:
    """What the gate saw to be wrong with how the picture was taken, the surest first."""
    flaws = () if reading.gate is None else reading.gate.flaws
    return tuple(FlawView(seen.flaw, percent(seen.probability), seen.validated) for seen in flaws)


def refusal_view(reading: StoredReading, radiograph: StoredRadiograph) -> RefusalView | None:
    """Why a picture was not assessed; None where it was."""
    refusal, gate = reading.reading.refusal, reading.reading.gate
    if refusal is None:
        return None
    return RefusalView(
        refusal.reason,
        refusal.detail,
        gate,
        None if gate is None else percent(gate.probability),
        radiograph.send_unread,
        refusal.reason in SEND_FIRST,
    )
