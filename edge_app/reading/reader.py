"""One picture from file to reading: decode, gate, infer, triage.

Whatever goes wrong becomes a refusal, or a part that is named as missing; never an error and never a clear picture.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from edge_app import triage
from edge_app.errors import EngineDiedError, ModelError, NoModelError, Refusal, UnreadablePictureError
from edge_app.radiograph.edits import UNEDITED, Edits
from edge_app.radiograph.picture import Facts, Picture
from edge_app.radiograph.reader import read_picture
from edge_app.radiograph.video import is_video, read_video
from edge_app.reading.alignment import looked_at
from edge_app.reading.calibration import probabilities
from edge_app.reading.engine import Engine
from edge_app.reading.finding import Box, Decision, GateVerdict, NotAssessed, Protocol, Reading, Timing
from edge_app.reading.gate import GATE_MODEL, NEWBORN, informed, judge, refuse_child, refuse_kind, surely_newborn
from edge_app.reading.protocols import METHODS, PROTOCOL_OF_KIND
from edge_app.reading.protocols.method import Assessment, Folders, Method, RefusedError
from edge_app.reading.seen import Seen

DECODE_LONGEST_SIDE = 1024
_STILLS = (0.25, 0.5, 0.75)
"""Where in a video the frames lie that say what it shows."""
_WATCHING = frozenset({None, *(protocol for protocol, method in METHODS.items() if method.watch is not None)})
_log = logging.getLogger(__name__)


@dataclass
class _Progress:
    """What one reading has come to so far."""

    protocol: Protocol
    started: float = field(default_factory=time.monotonic)
    stages_ms: dict[str, float] = field(default_factory=dict)
    gate: GateVerdict | None = None
    models: dict[str, str] = field(default_factory=dict)
    engines: dict[str, str] = field(default_factory=dict)
    rows: int | None = None
    columns: int | None = None
    facts: Facts = field(default_factory=Facts)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage, also one that fails; what is begun more than once adds up."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.stages_ms[name] = self.stages_ms.get(name, 0.0) + (time.monotonic() - begun) * 1000.0

    @property
    def timing(self) -> Timing:
        """The stages so far; total is everything since the start."""
        total = (time.monotonic() - self.started) * 1000.0
        return Timing(self.stages_ms.get("decode", 0.0), self.stages_ms.get("gate", 0.0), self.stages_ms.get("infer", 0.0), total)

    @property
    def engine(self) -> str:
        """What ran each model and why."""
        return "; ".join(f"{model}: {choice}" for model, choice in self.engines.items())


class Reader:
    """Reads pictures with the models of one engine. May be used from many threads."""

    def __init__(
        self, engine: Engine, rules: triage.Table | None = None, thresholds: Mapping[str, Mapping[str, float]] | None = None
    ) -> None:
        """Judge urgency by ``rules``; by those that ship where there are none.

        ``thresholds`` are the site's own, by model and label, in place of the cards'.
        """
        self._engine = engine
        self._rules = rules or triage.read_table()
        self._thresholds = thresholds or {}

    def reads_by(self, protocol: Protocol) -> bool:
        """Whether the models that a protocol cannot do without are on this box."""
        method = METHODS.get(protocol)
        return method is not None and all(self._engine.has(model) for model in method.requires)

    def warm(self) -> None:
        """Load every model on this box, so that the first picture does not wait for it.

        One that fails is logged here; a picture that asks for it is refused, or its reading says what is missing.
        """
        for model in dict.fromkeys((GATE_MODEL, *(model for method in METHODS.values() for model in method.models))):
            if self._engine.has(model):
                try:
                    self._engine.choice(model)
                except (ModelError, EngineDiedError) as error:
                    _log.warning("not ready to read: %s", error)

    def read(
        self,
        path: Path,
        protocol: Protocol | None = None,
        maps_dir: Path | None = None,
        masks_dir: Path | None = None,
        edits: Edits = UNEDITED,
    ) -> Reading:
        """Read one file with a protocol, or with the one its kind of picture asks for; after ``edits``, whose pixels all is told in.

        Heat maps go to ``maps_dir`` and masks of structures to ``masks_dir`` where these are given; outlines need neither.

        Never raises for what is in the file or the models: every failure is a reading with a refusal. An automatic reading
        that was refused before its kind was known names the chest protocol.
        """
        progress = _Progress(protocol or Protocol.CHEST)
        try:
            assessment = self._assess(path, edits, protocol, Folders(maps_dir, masks_dir), progress)
        except RefusedError as refused:
            return self._refusal(progress, refused.refusal)
        except UnreadablePictureError as error:
            return self._refusal(progress, NotAssessed(error.reason, error.detail))
        except (ModelError, EngineDiedError) as error:
            _log.error("not read: %s", error)
            return self._refusal(progress, NotAssessed(Refusal.MODEL_FAILED, str(error)))
        except MemoryError:
            return self._refusal(progress, NotAssessed(Refusal.TOO_LARGE, "not enough memory for this picture"))
        return Reading(
            protocol=progress.protocol,
            refusal=None,
            gate=progress.gate,
            findings=assessment.findings,
            urgency=triage.judge(_evidence(assessment, progress.facts), self._rules).urgency,
            view=progress.facts.view,
            top3=assessment.top3,
            timing=progress.timing,
            models=progress.models,
            engine=progress.engine,
            rows=progress.rows,
            columns=progress.columns,
            measurements=assessment.measurements,
            maps=assessment.maps,
            masks=assessment.masks,
            regions=assessment.regions,
            repaired=assessment.repaired,
            landmarks=assessment.landmarks,
            part=assessment.part,
            outlines=assessment.outlines,
            severity=assessment.severity,
            missing=assessment.missing,
            unfamiliar=assessment.unfamiliar,
            unlocated=assessment.unlocated,
            film=assessment.film,
        )

    def _assess(self, path: Path, edits: Edits, protocol: Protocol | None, folders: Folders, progress: _Progress) -> Assessment:
        # A frame that somebody cut or turned is a picture.
        if edits == UNEDITED and protocol in _WATCHING and is_video(path):
            watched = self._watch(path, protocol, folders, progress)
            if watched is not None:
                return watched
        with progress.stage("decode"):
            picture = read_picture(path, longest_side=DECODE_LONGEST_SIDE, edits=edits)
        progress.rows, progress.columns, progress.facts = picture.rows, picture.columns, picture.facts
        with progress.stage("gate"):
            method, doubt = self._pass_gate((picture,), protocol, progress)

        def look(model: str, around: Box | None = None, *, of: Picture | None = None) -> Seen:
            with progress.stage("infer"):
                return self._look(model, picture if of is None else of, progress, around)

        return _vouched(method, doubt, lambda: method.assess(look, picture, folders))

    def _watch(self, path: Path, protocol: Protocol | None, folders: Folders, progress: _Progress) -> Assessment | None:
        """What a protocol that watches videos says of one; None where its kind is read by one that looks at pictures."""
        with progress.stage("decode"):
            video = read_video(path, DECODE_LONGEST_SIDE // 2)
        progress.rows, progress.columns, progress.facts = video.rows, video.columns, video.facts
        last = len(video.frames) - 1
        with progress.stage("gate"):
            method, doubt = self._pass_gate([video.still(round(share * last)) for share in _STILLS], protocol, progress)
        if method.watch is None:
            return None

        def look(model: str, around: Box | None = None, *, of: Picture | None = None) -> Seen:
            with progress.stage("infer"):
                return self._look(model, video.still(0) if of is None else of, progress, around)

        watch = method.watch
        return _vouched(method, doubt, lambda: watch(look, video, folders))

    def _pass_gate(self, pictures: Sequence[Picture], protocol: Protocol | None, progress: _Progress) -> tuple[Method, NotAssessed | None]:
        """The method by which to read what is shown on all of them together, and why the gate refuses it what it may recognise itself."""
        if not self._engine.has(GATE_MODEL):
            raise RefusedError(Refusal.NO_MODEL, "no gate model on this box, and nothing is read without one")
        facts = progress.facts
        looks = [self._look(GATE_MODEL, picture, progress) for picture in pictures]
        seen, each = looks[0], [probabilities(own.card, own.logits) for own in looks]
        given = informed({name: sum(own[name] for own in each) / len(each) for name in each[0]}, facts)
        verdict = judge(seen.card, given)
        progress.gate = verdict
        wanted = protocol
        if wanted is None:
            unsure_newborn = verdict.kind == NEWBORN and not surely_newborn(seen.card, verdict)
            wanted = Protocol.CHEST if unsure_newborn else PROTOCOL_OF_KIND.get(verdict.kind)
            if wanted is not None:
                progress.protocol = wanted
        method = None if wanted is None else METHODS.get(wanted)
        # The gate speaks first: of a picture unlike any kind it must not be said that only a model is missing.
        kinds = frozenset({verdict.kind}) if method is None and wanted is not None else _kinds_read(method)
        refusal = refuse_kind(seen.card, verdict, given, facts, kinds, turns=method is not None and method.turns)
        if refusal is None and method is not None and method.from_years is not None:
            refusal = refuse_child(verdict, facts, method.kinds, method.from_years)
        ready = method is not None and all(self._engine.has(model) for model in method.requires)
        asked = protocol is not None and method is not None and method.recognises is not None
        if refusal is not None and not (ready and asked and refusal.reason is Refusal.UNLIKE_TRAINING):
            raise RefusedError(refusal.reason, refusal.detail)
        if method is None or not ready:
            raise RefusedError(
                Refusal.NO_MODEL,
                f"no model for the {wanted} protocol on this box; the gate sees {verdict.kind} at {verdict.probability:.0%}",
            )
        return method, refusal

    def _look(self, model: str, picture: Picture, progress: _Progress, around: Box | None = None) -> Seen:
        if not self._engine.has(model):
            raise NoModelError(f"{model} is not on this box")
        card = self._engine.card(model)
        batch, placement, part = looked_at(picture, around, card.input)
        outputs = self._engine.infer(model, batch)
        progress.models[model] = self._engine.card_hash(model)
        progress.engines[model] = str(outputs.choice)
        # What was measured on adults says nothing of a child's picture; the gate itself is asked before any kind is known.
        if progress.gate is not None:
            card = card.on(progress.gate.kind)
        return Seen(card.called_from(self._thresholds.get(model, {})), outputs.logits, outputs.map, placement, part)

    def _refusal(self, progress: _Progress, refusal: NotAssessed) -> Reading:
        return Reading(
            protocol=progress.protocol,
            refusal=refusal,
            gate=progress.gate,
            findings=(),
            urgency=None,
            top3=(),
            timing=progress.timing,
            models=progress.models,
            engine=progress.engine,
            rows=progress.rows,
            columns=progress.columns,
        )


def _vouched(method: Method, doubt: NotAssessed | None, assess: Callable[[], Assessment]) -> Assessment:
    """What a method says; where the gate knows nothing like it, only what can be nothing else, or the gate's refusal."""
    if doubt is None:
        return assess()
    try:
        assessment = assess()
    except RefusedError:
        assessment = None
    if assessment is None or method.recognises is None or not method.recognises(assessment):
        raise RefusedError(doubt.reason, doubt.detail)
    unsure = tuple(replace(finding, decision=Decision.UNCERTAIN) for finding in assessment.findings)
    return replace(assessment, findings=unsure, unfamiliar=True)


def _evidence(assessment: Assessment, facts: Facts) -> triage.Evidence:
    """What the picture and its own header give the rules to judge by; vital signs come later, from the crew."""
    return triage.Evidence(assessment.findings, assessment.severity, assessment.measurements, facts.view, facts.age_years)


def _kinds_read(method: Method | None) -> frozenset[str]:
    """The kinds a method reads, or all that any method of this box reads."""
    return method.kinds if method is not None else frozenset(kind for each in METHODS.values() for kind in each.kinds)
