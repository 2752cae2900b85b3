"""How well whole videos of swallowing are read: times, residue, penetration and aspiration, as on the box by the INT8 that ships."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_app.radiograph.picture import Facts, Picture
from edge_app.radiograph.video import Video, read_video
from edge_app.reading.canvas import network_input
from edge_app.reading.card import Label, Structure, Timed, is_validated
from edge_app.reading.finding import Box
from edge_app.reading.protocols.method import RefusedError
from edge_app.reading.protocols.swallow import BELOW, BETWEEN, LEAST_SURE, MEASURED, RESIDUE, follow, values_of
from edge_app.reading.runtimes import OpenVinoRunner
from edge_app.reading.seen import Seen
from edge_app.reading.swallowing import entered, passages
from export.datasets import own_swallows
from export.evaluation.bootstrap import Draws
from export.evaluation.figures import TimedDetail, WatchedDetail
from export.evaluation.metrics import auroc_of
from export.evaluation.parts import estimated, how_far_off
from export.evaluation.thresholds import finding_threshold
from export.runners import THREADS, draft_card
from export.simulate.swallow_phantom import SwallowPhantom
from export.simulate.swallow_videos import whole_swallows
from export.workplace import Workplace

Float64 = NDArray[np.float64]
Look = Callable[[Picture], Seen]
VIDEOS = 64
"""So many phantoms are followed; fewer where the recipe draws few."""
_A_VIDEO_OF_DRAWN = 6


@dataclass(frozen=True, eq=False)
class Watched:
    """A video with what is true of it: values by ``MEASURED`` names that are known, and whether barium went where, by finding."""

    video: Video
    patient: str
    values: Mapping[str, float]
    labels: Mapping[str, float]
    simulated: bool


@dataclass(frozen=True, eq=False)
class Followed:
    """What was found on videos beside what is true of them; NaN where nothing was found, or nothing is known.

    ``surely`` and ``labels`` (videos, findings) in 0…1, ``off`` and ``known`` (videos, values) in seconds or per cent.
    """

    surely: Float64
    labels: Float64
    off: Float64
    known: NDArray[np.bool_]
    patients: tuple[str, ...]
    real: NDArray[np.bool_]


def _between(events: Mapping[str, float]) -> dict[str, float]:
    return {name: events[end] - events[start] for name, (start, end) in BETWEEN.items() if start in events and end in events}


def drawn(phantom: SwallowPhantom, number: int) -> Watched:
    """A phantom as a video; its first swallow's times, and what its last one leaves."""
    shape = phantom.frames.shape
    video = Video(phantom.frames, phantom.times_s, shape[1], shape[2], None, 1.0, shape[0], frozenset(), Facts(), ())
    first, last = phantom.swallows[0], phantom.swallows[-1]
    values = _between(first.events) | {name: 100.0 * last.residue[region] for name, region in RESIDUE.items()}
    return Watched(video, f"whole_swallows:{number}", values, {name: float(name in phantom.entered) for name in BELOW}, simulated=True)


def real_videos(place: Workplace) -> Iterator[Watched]:
    """A hospital's own videos of patients whose frames are not learnt from, of which somebody said anything."""
    learnt = {picture.patient for picture in place.split.training}
    for folder in own_swallows.folders(place.data):
        for own in own_swallows.videos(folder):
            values = _between(own.events) | {name: own.residue[region] for name, region in RESIDUE.items() if region in own.residue}
            if own.patient not in learnt and (values or own.labels):
                yield Watched(read_video(own.path), own.patient, values, own.labels, simulated=False)


def videos_of(place: Workplace) -> Iterator[Watched]:
    """A hospital's own where it has some, else phantoms that were not learnt from."""
    own = real_videos(place)
    first = next(own, None)
    if first is not None:
        yield first
        yield from own
        return
    count = max(2, min(VIDEOS, place.recipe.drawn // _A_VIDEO_OF_DRAWN))
    for number, phantom in enumerate(whole_swallows(place.seed, count, rows=place.recipe.input.height)):
        yield drawn(phantom, number)


def shipped_look(place: Workplace, structures: Sequence[Structure]) -> Look:
    """Shows a frame to the run's OpenVINO INT8 form."""
    card = draft_card(place.recipe).model_copy(update={"structures": tuple(structures)})
    runner = OpenVinoRunner(place.openvino, card, cache=None, threads=THREADS)

    def look(picture: Picture) -> Seen:
        batch, placement = network_input(picture, card.input)
        return Seen(card, *runner.run(batch), placement)

    return look


def followed(look: Look, videos: Iterator[Watched]) -> Followed:
    """Every video followed as on the box. One that is refused is sure of nothing, and measures nothing."""

    def asked(model: str, around: Box | None = None, *, of: Picture | None = None) -> Seen:
        assert of is not None  # noqa: S101  (a frame is always named)
        return look(of)

    surely, labels, off, known, patients, real = [], [], [], [], [], []
    for one in videos:
        try:
            own = follow(asked, one.video).moments
        except RefusedError:
            found, told = dict[str, float](), dict.fromkeys(BELOW, 0.0)
        else:
            found = values_of(own, passages(own, one.video.times_s), one.video.times_s)
            told = {name: float(entered(own, region).max(initial=0.0)) for name, region in BELOW.items()}
        surely.append([told[name] for name in BELOW])
        labels.append([one.labels.get(name, np.nan) for name in BELOW])
        off.append([found.get(name, np.nan) - one.values.get(name, np.nan) for name in MEASURED])
        known.append([name in one.values for name in MEASURED])
        patients.append(one.patient)
        real.append(not one.simulated)
    return Followed(
        np.array(surely, dtype=np.float64),
        np.array(labels, dtype=np.float64),
        np.array(off, dtype=np.float64),
        np.array(known, dtype=np.bool_),
        tuple(patients),
        np.array(real, dtype=np.bool_),
    )


def _label(name: str, score: Float64, truth: Float64, real: NDArray[np.bool_], draws: Draws) -> tuple[Label, WatchedDetail]:
    """Called where findings are; only real positives are counted: on what a program drew nothing is validated."""
    area = estimated(lambda rows: auroc_of(score[rows], truth[rows]), len(truth), draws)
    positive, negative = truth >= 0.5, truth < 0.5
    threshold = finding_threshold(score, truth, telling=is_validated(int(positive.sum()), area.ci95))
    called = score >= threshold.value
    label = Label(
        name=name,
        threshold=threshold.value,
        uncertain_from=threshold.uncertain_from,
        uncertain_to=threshold.uncertain_to,
        positives=int((positive & real).sum()),
        negatives=int(negative.sum()),
        auroc=area.value,
        auroc_ci95=area.ci95,
        sensitivity=float(called[positive].mean()) if positive.any() else None,
        specificity=float((~called[negative]).mean()) if negative.any() else None,
    )
    return label, WatchedDetail(name=name, videos=len(truth), positives=int(positive.sum()), auroc=area)


@dataclass(frozen=True)
class Judged:
    """What is known of a network on whole videos, for its card and for the report."""

    watched: tuple[Label, ...]
    timed: tuple[Timed, ...]
    watched_details: tuple[WatchedDetail, ...]
    timed_details: tuple[TimedDetail, ...]


def judged(found: Followed, seed: int) -> Judged:
    """Figures with their intervals over patients."""
    labels, details, timed, timed_details = [], [], [], []
    for column, name in enumerate(BELOW):
        rows = np.isfinite(found.labels[:, column])
        draws = Draws.of([patient for patient, own in zip(found.patients, rows, strict=True) if own], seed)
        score = np.clip(found.surely[rows, column], LEAST_SURE, 1.0 - LEAST_SURE)
        label, detail = _label(name, score, found.labels[rows, column], found.real[rows], draws)
        labels.append(label)
        details.append(detail)
    draws = Draws.of(list(found.patients), seed)
    for column, name in enumerate(MEASURED):
        off = found.off[:, column]
        own = how_far_off(name, off, found.known[:, column], draws)
        videos = int((np.isfinite(off) & found.real).sum())
        timed.append(Timed(name=name, videos=videos, mae=own.error.value, mae_ci95=own.error.ci95, margin=own.nine_in_ten))
        timed_details.append(own)
    return Judged(tuple(labels), tuple(timed), tuple(details), tuple(timed_details))


def judge_swallows(place: Workplace, structures: Sequence[Structure]) -> Judged:
    """The run's INT8 form on whole videos."""
    return judged(followed(shipped_look(place, structures), videos_of(place)), place.seed)
