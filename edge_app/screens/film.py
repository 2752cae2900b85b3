"""A film on a screen: the frames that are worth a look, when each was taken, and what is wrong with the video."""

from dataclasses import dataclass

from edge_app.radiograph.video_source import Flaw
from edge_app.reading.finding import Film, Reading
from edge_app.reading.protocols.swallow import AFTERWARDS
from edge_app.reading.swallow import HEAD_PAST_RAMUS, HYOID_HIGHEST, UES_OPENED

IN_STRIP = 4
"""So many frames have room beside the picture."""
_MOST_TELLING = (HEAD_PAST_RAMUS, UES_OPENED, HYOID_HIGHEST, AFTERWARDS)


@dataclass(frozen=True)
class KeyView:
    """A frame that is worth a look, named by an event or by a finding.

    ``at`` is its time in seconds as it is written; None where the video does not say when its frames were taken.
    """

    name: str
    number: int
    at: str | None
    finding: bool


@dataclass(frozen=True)
class TickView:
    """A moment on the timeline, per cent of its length from the first frame."""

    percent: float
    finding: bool


@dataclass(frozen=True)
class FilmView:
    """What a player needs.

    ``frames_url`` gives the frames and ``outlines_url`` what was outlined on each, in pixels of an original ``columns`` wide; it is None
    where that was not kept. ``times_s`` are the frames' own, from the first; ``timed`` whether the video tells them. ``keys`` are in order.
    ``proven``: the outlines' network was validated. ``frames_told`` is how many frames the video promised, where it did.
    """

    frames_url: str
    outlines_url: str | None
    rows: int
    columns: int
    times_s: tuple[float, ...]
    timed: bool
    keys: tuple[KeyView, ...]
    ticks: tuple[TickView, ...]
    still: int
    proven: bool
    flaws: tuple[Flaw, ...] = ()
    frames_told: int | None = None

    @property
    def count(self) -> int:
        """How many frames were read."""
        return len(self.times_s)

    @property
    def strip(self) -> tuple[KeyView, ...]:
        """The most telling of its key frames, in order, no frame twice."""
        chosen: list[KeyView] = []
        for key in sorted(self.keys, key=_telling):
            if len(chosen) < IN_STRIP and key.number not in [one.number for one in chosen]:
                chosen.append(key)
        return tuple(sorted(chosen, key=lambda key: key.number))


def _telling(key: KeyView) -> int:
    """Findings come first, then the events in the order of what they tell, then all others."""
    if key.finding:
        return -1
    return _MOST_TELLING.index(key.name) if key.name in _MOST_TELLING else len(_MOST_TELLING)


def film_view(reading: Reading, frames_url: str, outlines_url: str | None) -> FilmView | None:
    """The film of a reading; None where it has none."""
    film = reading.film
    if film is None or not film.times_s:
        return None
    findings = {finding.name for finding in reading.findings}
    timed = Flaw.RATE_ASSUMED not in film.flaws
    keys = tuple(
        KeyView(key.name, key.number, f"{film.times_s[key.number]:.2f}" if timed else None, key.name in findings)
        for key in film.key_frames
        if key.number < len(film.times_s)
    )
    return FilmView(
        frames_url=frames_url,
        outlines_url=outlines_url,
        rows=reading.rows or 1,
        columns=reading.columns or 1,
        times_s=film.times_s,
        timed=timed,
        keys=keys,
        ticks=_ticks(film, keys),
        still=film.still,
        proven=all(finding.validated for finding in reading.findings),
        flaws=film.flaws,
        frames_told=film.frames_told,
    )


def _ticks(film: Film, keys: tuple[KeyView, ...]) -> tuple[TickView, ...]:
    """Every event of every passage, and what is called, which is drawn last and so lies on top."""
    called = {key.number for key in keys if key.finding}
    events = {number for passage in film.passages for number in passage.values() if number < len(film.times_s)} - called
    length_s = film.times_s[-1] or 1.0
    return tuple(
        TickView(round(100 * film.times_s[number] / length_s, 2), finding)
        for finding, numbers in ((False, events), (True, called))
        for number in sorted(numbers)
    )
