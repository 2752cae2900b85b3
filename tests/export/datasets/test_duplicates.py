import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from export.datasets.canvases import UnreadableTrainingPictureError
from export.datasets.duplicates import find_duplicates, groups_of, likenesses, merge_patients, seen_elsewhere
from export.datasets.labelled import Labelled
from export.datasets.likeness import Looks, look_of, look_of_pixels, without_border
from export.simulate.chests import eight_bit
from tests.export.datasets.downloads import pixels

Bytes = NDArray[np.uint8]
CHESTS = 10


@pytest.fixture(scope="module")
def chests() -> list[Bytes]:
    return [eight_bit(seed, 256, 224) for seed in range(CHESTS)]


def _compressed(picture: Bytes) -> Bytes:
    done, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 30])
    assert done
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


def _framed(picture: Bytes, share: float, value: int) -> Bytes:
    side = round(share * max(picture.shape))
    return np.asarray(cv2.copyMakeBorder(picture, side, side, side, side, cv2.BORDER_CONSTANT, value=(value,)), dtype=np.uint8)


def _resized(picture: Bytes, columns: int, rows: int) -> Bytes:
    return np.asarray(cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)


CHANGES: dict[str, Callable[[Bytes], Bytes]] = {
    "compressed": _compressed,
    "thumbnail": lambda own: _resized(own, 64, 73),
    "squashed into a square": lambda own: _resized(own, 224, 224),
    "black border": lambda own: _compressed(_framed(own, 0.03, 0)),
    "white border": lambda own: _compressed(_framed(own, 0.05, 255)),
    "in a mirror": lambda own: _compressed(np.ascontiguousarray(own[:, ::-1])),
    "darker": lambda own: np.rint(255.0 * (own / 255.0) ** 1.2).astype(np.uint8),
}


def _looks(pictures: list[Bytes]) -> Looks:
    return Looks.together([look_of_pixels(own.astype(np.float32) / np.float32(255)) for own in pictures])


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_a_changed_copy_is_found_among_chests_that_look_much_the_same(change: str, chests: list[Bytes]) -> None:
    found = likenesses(_looks([*chests, *(CHANGES[change](own) for own in chests)]))
    wanted = {(number, number + CHESTS) for number in range(CHESTS)}
    assert {(own.first, own.second) for own in found} <= wanted
    # A frame beside a collimator's own edge cannot always be told from it.
    assert len(found) >= (CHESTS - 1 if "border" in change else CHESTS)
    assert all(own.mirrored == (change == "in a mirror") for own in found)


def test_different_chests_and_empty_pictures_are_no_duplicates(chests: list[Bytes]) -> None:
    empty = np.full((64, 64), 7, np.uint8)
    assert likenesses(_looks([*chests, empty, empty])) == []
    assert likenesses(Looks.together([])) == []


def test_a_border_goes_and_the_picture_stays() -> None:
    inner = pixels(1, 120, 100).astype(np.float32) / 255
    framed = cv2.copyMakeBorder(inner, 9, 4, 0, 12, cv2.BORDER_CONSTANT, value=(0.3,)).astype(np.float32)
    assert np.array_equal(without_border(framed), without_border(inner))
    assert without_border(np.zeros((40, 40), np.float32)).size > 0


@given(st.integers(0, 2**32 - 1), st.integers(0, 7))
@settings(deadline=None, max_examples=50)
def test_whatever_is_seven_bits_apart_is_compared(seed: int, bits: int) -> None:
    random = np.random.default_rng(seed)
    thumbnail = random.normal(size=(32, 32))
    thumbnail = (thumbnail - thumbnail.mean()) / np.linalg.norm(thumbnail - thumbnail.mean())
    value = int(random.integers(0, 2**63))
    changed = value
    for bit in random.choice(64, bits, replace=False):
        changed ^= 1 << int(bit)
    hashes = np.array([[value] * 2, [changed] * 2], dtype=np.uint64)
    looks = Looks(hashes, ~hashes, np.array([[thumbnail] * 2] * 2, dtype=np.float16))
    assert [(own.first, own.second) for own in likenesses(looks)] == [(0, 1)]


def _one(path: Path, patient: str, source: str = "a") -> Labelled:
    return Labelled(path, patient, source, "chest_adult")


def test_groups_reach_across_sets_and_patients_of_a_group_are_one(tmp_path: Path, chests: list[Bytes]) -> None:
    files = [tmp_path / f"{number}.png" for number in range(4)]
    for file, chest in zip(files, chests, strict=False):
        assert cv2.imwrite(str(file), chest)
    copy, small = tmp_path / "copy.png", tmp_path / "small.jpg"
    shutil.copyfile(files[0], copy)
    assert cv2.imwrite(str(small), _resized(chests[0], 112, 128))
    pictures = [
        _one(files[0], "a:1"),
        _one(files[1], "a:1"),
        _one(files[2], "a:2"),
        _one(copy, "b:9", "b"),
        _one(small, "c:3", "c"),
        _one(files[3], "c:3", "c"),
    ]
    groups = find_duplicates(pictures)
    assert [[own.path for own in group] for group in groups] == [[files[0], copy, small]]
    merged = merge_patients(pictures, groups)
    assert [own.patient for own in merged] == ["a:1", "a:1", "a:2", "a:1", "a:1", "a:1"]
    assert [own.path for own in merged] == [own.path for own in pictures]
    assert merge_patients(pictures, []) == pictures


@given(st.integers(1, 12), st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=20))
@settings(deadline=None)
def test_groups_are_what_is_linked(count: int, links: list[tuple[int, int]]) -> None:
    pairs = [(first % count, second % count) for first, second in links]
    groups = groups_of(pairs, count)
    of = {index: number for number, group in enumerate(groups) for index in group}
    assert sum(map(len, groups)) == len(of)
    assert all(len(group) > 1 for group in groups)
    assert all(first == second or of[first] == of[second] for first, second in pairs)
    assert set(of) == {index for pair in pairs if pair[0] != pair[1] for index in pair}


def test_an_unreadable_picture_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    with pytest.raises(UnreadableTrainingPictureError, match=r"broken\.jpg"):
        look_of(broken)


def test_what_another_set_has_under_its_own_name_is_seen_there(chests: list[Bytes], tmp_path: Path) -> None:
    def kept(name: str, picture: Bytes, source: str, *, simulated: bool = False) -> Labelled:
        path = tmp_path / f"{name}.png"
        assert cv2.imwrite(str(path), picture)
        return Labelled(path, name, source, "chest_adult", simulated=simulated)

    known = [kept("taught", _resized(chests[0], 150, 200), "there"), kept("own", chests[1], "here"), kept("other", chests[2], "there")]
    known.append(kept("drawn on", chests[3], "drawn", simulated=True))
    asked = [kept(f"asked {at}", chests[at], "here") for at in range(5)]
    # The second is its own set's, which is told by patients; the fourth was only drawn on; the fifth is nowhere.
    assert seen_elsewhere(asked, known, tmp_path / "cache").tolist() == [True, False, True, False, False]
    assert seen_elsewhere(asked, [], tmp_path / "cache").tolist() == [False] * 5
