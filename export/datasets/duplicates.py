"""The same exposure gathered twice, under two names and sometimes two labels."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from export.datasets.canvases import opened
from export.datasets.kept import kept_floats
from export.datasets.labelled import Labelled, listed
from export.datasets.likeness import Looks, aligned_correlation, look_of

THUMBNAIL = 24
SAME_EXPOSURE = 0.998
"""Correlation of thumbnails. Among NIH's pictures and RSNA's normals the same exposures lie above 0.9998 and all others below 0.99."""
SAME_PICTURE = 0.99
"""Correlation of aligned thumbnails from which one is a copy of the other. Among 13,640 real pictures nearly all copies lie above 0.995,
other pictures of the same patient below 0.99. Of 1,100 made copies all that were compressed, shrunk or mirrored are found,
98 % of framed ones.
"""
WORTH_ALIGNING = 0.85
BANDS = 4
BAND_BITS = 16
MOST_BITS_APART = 10
"""Of 64. Whatever is at most 7 apart is surely compared, for one of its four bands then differs in at most one bit; copies mostly are."""
_PAIRS_AT_ONCE = 1 << 22
_CONFIRMED_AT_ONCE = 1 << 12

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Likeness:
    """Two pictures, by their places in a list, that show the same exposure; ``mirrored`` where one is the other in a mirror."""

    first: int
    second: int
    correlation: float
    mirrored: bool


def _thumbnails(pictures: Sequence[Labelled]) -> NDArray[np.float32]:
    flat = np.zeros((len(pictures), THUMBNAIL * THUMBNAIL), dtype=np.float32)
    for index, picture in enumerate(pictures):
        small = cv2.resize(opened(picture.path).windowed(), (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA).ravel()
        centred = small - small.mean()
        flat[index] = centred / max(float(np.linalg.norm(centred)), 1e-6)
    return flat


def without_duplicates(candidates: Sequence[Labelled], known: Sequence[Labelled]) -> list[Labelled]:
    """The candidates that are not the same exposure as a known picture.

    Trained weights name the pictures they came from, and this decides on them: it stays as it is. ``find_duplicates`` finds more.
    """
    if not candidates or not known:
        return list(candidates)
    alike = (_thumbnails(candidates) @ _thumbnails(known).T).max(axis=1)
    return [picture for picture, value in zip(candidates, alike, strict=True) if value < SAME_EXPOSURE]


def seen_elsewhere(candidates: Sequence[Labelled], known: Sequence[Labelled], folder: Path) -> NDArray[np.bool_]:
    """(candidates,) whether a picture of another source among the ``known`` is the same exposure; thumbnails are kept in ``folder``.

    Sets are gathered from one another: of COVID-19 Radiography's normals one in six is one of Kermany's children.
    """
    found = np.zeros(len(candidates), dtype=np.bool_)
    ours, theirs = (np.array([picture.source for picture in pictures]) for pictures in (candidates, known))
    if not any((theirs != source).any() for source in set(ours.tolist())):
        return found
    own, other = (_kept_thumbnails(pictures, folder) for pictures in (candidates, known))
    for source in sorted(set(ours.tolist())):
        rows, against = ours == source, theirs != source
        if against.any():
            found[rows] = (own[rows] @ other[against].T).max(axis=1) >= SAME_EXPOSURE
    return found


def _kept_thumbnails(pictures: Sequence[Labelled], folder: Path) -> NDArray[np.float32]:
    """``_thumbnails`` of all real ones, zeros for what a program drew."""
    listing = listed(pictures, [picture.simulated for picture in pictures])

    def made() -> NDArray[np.float32]:
        flat = np.zeros((len(pictures), THUMBNAIL * THUMBNAIL), dtype=np.float32)
        real = [at for at, picture in enumerate(pictures) if not picture.simulated]
        flat[real] = _thumbnails([pictures[at] for at in real])
        return flat

    return kept_floats("thumbnails", f"{THUMBNAIL}\n{len(pictures)}\n{listing}", folder, made)


def _in_same_bucket(queries: NDArray[np.uint64], hashes: NDArray[np.uint64]) -> Iterator[tuple[Indices, Indices]]:
    """Pairs (query, hash) whose words differ in at most one bit in one of the bands, a few million at a time; some come more than once."""
    probes = [np.uint64(0), *(np.uint64(1) << np.uint64(bit) for bit in range(BAND_BITS))]
    for band in range(BANDS):
        shift, mask = np.uint64(band * BAND_BITS), np.uint64((1 << BAND_BITS) - 1)
        words = (hashes >> shift) & mask
        order = np.argsort(words, kind="stable")
        words = words[order]
        asked = (queries >> shift) & mask
        for probe in probes:
            start = np.searchsorted(words, asked ^ probe, side="left")
            length = np.searchsorted(words, asked ^ probe, side="right") - start
            ends = np.cumsum(length)
            done = 0
            while done < len(asked):
                before = int(ends[done - 1]) if done else 0
                upto = max(done + 1, int(np.searchsorted(ends, before + _PAIRS_AT_ONCE, side="right")))
                own = length[done:upto]
                query = np.repeat(np.arange(done, upto), own)
                within = np.arange(int(own.sum())) - np.repeat(np.cumsum(own) - own, own)
                yield query, order[np.repeat(start[done:upto], own) + within]
                done = upto


def _candidates(queries: NDArray[np.uint64], hashes: NDArray[np.uint64]) -> Indices:
    """(pairs, 2) of pictures, the first before the second, whose hashes are near in one of their forms."""
    near: list[Indices] = [np.zeros(0, np.int64)]
    for form in range(queries.shape[1]):
        for query, other in _in_same_bucket(queries[:, form], hashes[:, form]):
            apart = np.bitwise_count(queries[query, form] ^ hashes[other, form])
            kept = (query < other) & (apart <= MOST_BITS_APART)
            near.append(np.unique(query[kept] * len(hashes) + other[kept]))
    pairs = np.unique(np.concatenate(near))
    return np.stack(np.divmod(pairs, max(len(hashes), 1)), axis=1)


def _confirmed(looks: Looks, pairs: Indices, *, mirrored: bool) -> Iterator[tuple[int, int, float]]:
    for at in range(0, len(pairs), _CONFIRMED_AT_ONCE):
        first, second = pairs[at : at + _CONFIRMED_AT_ONCE].T
        own = looks.thumbnails[first].astype(np.float32)
        own = own[..., ::-1] if mirrored else own
        other = looks.thumbnails[second].astype(np.float32)
        # Aligning is fifty times dearer than comparing, and never makes a copy of what is not already much alike.
        worth = np.einsum("nfyx,nfyx->nf", own, other).max(axis=1) >= WORTH_ALIGNING
        first, second, own, other = first[worth], second[worth], own[worth], other[worth]
        alike = np.max([aligned_correlation(own[:, form], other[:, form]) for form in range(2)], axis=0)
        for place in np.flatnonzero(alike >= SAME_PICTURE):
            yield int(first[place]), int(second[place]), float(alike[place])


def likenesses(looks: Looks) -> list[Likeness]:
    """Every two pictures that show the same exposure, by hash and confirmed by correlation."""
    found: dict[tuple[int, int], Likeness] = {}
    for mirrored in (False, True):
        pairs = _candidates(looks.mirrored if mirrored else looks.hashes, looks.hashes)
        for first, second, correlation in _confirmed(looks, pairs, mirrored=mirrored):
            known = found.get((first, second))
            if known is None or known.correlation < correlation:
                found[first, second] = Likeness(first, second, correlation, mirrored)
    return sorted(found.values(), key=lambda own: (own.first, own.second))


def groups_of(pairs: Sequence[tuple[int, int]], count: int) -> list[tuple[int, ...]]:
    """Everything that is linked, directly or through others, of ``count`` things: groups of two or more, in order."""
    parent = list(range(count))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for first, second in pairs:
        low, high = sorted((root(first), root(second)))
        parent[high] = low
    members: dict[int, list[int]] = defaultdict(list)
    for index in range(count):
        members[root(index)].append(index)
    return [tuple(group) for group in members.values() if len(group) > 1]


def find_duplicates(pictures: Sequence[Labelled]) -> list[tuple[Labelled, ...]]:
    """Groups of pictures that show the same exposure, within and across sets."""
    found = likenesses(Looks.together([look_of(picture.path) for picture in pictures]))
    groups = groups_of([(own.first, own.second) for own in found], len(pictures))
    return [tuple(pictures[index] for index in group) for group in groups]


def merge_patients(pictures: Sequence[Labelled], groups: Sequence[Sequence[Labelled]]) -> list[Labelled]:
    """The same pictures, where those of one group, and all others of their patients, count as one patient: the first by name."""
    names = sorted({picture.patient for picture in (*pictures, *(own for group in groups for own in group))})
    place = {name: index for index, name in enumerate(names)}
    pairs = [(place[group[0].patient], place[own.patient]) for group in groups for own in group[1:]]
    united = {names[index]: names[union[0]] for union in groups_of(pairs, len(names)) for index in union}
    return [
        replace(picture, patient=united[picture.patient]) if united.get(picture.patient, picture.patient) != picture.patient else picture
        for picture in pictures
    ]
