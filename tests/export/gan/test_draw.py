"""Pictures drawn by a trained generator: kept, the same again, with their labels."""

import json
from pathlib import Path

import cv2
import numpy as np

from edge_app.reading.protocols.chest import CHEST_FINDINGS
from export.datasets.split import split_by_patient
from export.gan.command import main
from export.gan.draw import SOURCE, asked_for, gan_chests, labels_of
from export.gan.pictures import CONDITION
from export.gan.place import SMALL, GanPlace
from export.gan.weights import Drawer

COUNT = 12


def test_chests_are_drawn_once_and_the_same_again(trained: GanPlace, tmp_path: Path) -> None:
    first = gan_chests(tmp_path / "one", trained.weights, COUNT, 1)
    second = gan_chests(tmp_path / "two", trained.weights, COUNT, 1)
    assert [own.path.read_bytes() for own in first] == [own.path.read_bytes() for own in second]
    assert len({own.path.read_bytes() for own in first}) == COUNT
    before = [own.path.stat().st_mtime_ns for own in first]
    more = gan_chests(tmp_path / "one", trained.weights, COUNT + 3, 1)
    assert more[:COUNT] == first
    assert [own.path.stat().st_mtime_ns for own in first] == before
    other = gan_chests(tmp_path / "one", trained.weights, COUNT, 2)
    assert {own.path for own in other}.isdisjoint(own.path for own in first)


def test_other_weights_make_other_files(trained: GanPlace, tmp_path: Path) -> None:
    drawer = Drawer.load(trained.weights)
    with_other = tmp_path / "weights.pt"
    Drawer(drawer.generator, drawer.width, drawer.side, drawer.shares + 0.1, drawer.together).save(with_other)
    one, other = (gan_chests(tmp_path, weights, 1, 1)[0] for weights in (trained.weights, with_other))
    assert one.path != other.path


def test_labels_are_written_and_pictures_belong_to_training(trained: GanPlace, tmp_path: Path) -> None:
    chests = gan_chests(tmp_path, trained.weights, COUNT, 1)
    for own in chests:
        assert json.loads(own.path.with_suffix(".json").read_text(encoding="utf-8"))["labels"] == own.labels
        assert set(own.labels) == set(CHEST_FINDINGS)
        assert (own.source, own.kind, own.simulated) == (SOURCE, "chest_adult", True)
        picture = cv2.imread(str(own.path), cv2.IMREAD_GRAYSCALE)
        assert picture is not None
        assert picture.shape == (SMALL.largest, SMALL.largest)
    assert split_by_patient(chests, 0.5, 1).validation == ()


def test_every_finding_is_as_common_as_any_other() -> None:
    random = np.random.default_rng(0)
    together = np.zeros((14, 14), dtype=np.int64)
    together[2, 5] = together[5, 2] = 7
    drawn = [labels_of(number, together, random) for number in range(280)]
    counts = [int(sum(labels.values())) for labels in drawn]
    assert [counts.count(number) for number in range(3)] == [84, 140, 56]
    single = [labels for labels, count in zip(drawn, counts, strict=True) if count == 1]
    assert {name: sum(labels[name] for labels in single) for name in CHEST_FINDINGS} == dict.fromkeys(CHEST_FINDINGS, 10.0)
    pairs = [labels for labels, count in zip(drawn, counts, strict=True) if count == 2]
    assert all(labels[CHEST_FINDINGS[2]] == labels[CHEST_FINDINGS[5]] == 1.0 for labels in pairs)
    # Where no two were ever seen together, any two are.
    assert sum(labels_of(5, np.zeros((14, 14), dtype=np.int64), random).values()) == 2.0


def test_what_is_asked_for_is_an_unmirrored_adult_of_nih() -> None:
    asked = dict(zip(CONDITION, asked_for({"Mass": 1.0, "Hernia": 0.0}), strict=True))
    assert {name for name, value in asked.items() if value} == {"Mass", "nih"}


def test_the_command_draws_and_says_what_is_missing(trained: GanPlace, tmp_path: Path) -> None:
    findings = trained.findings
    common = ["--data", str(findings.data), "--budget", "small"]
    assert main(["draw", *common, "--runs", str(tmp_path)]) == 1
    assert main(["draw", *common, "--runs", str(findings.runs), "--count", "5"]) == 0
    assert len(list((findings.drawn / SOURCE).glob("*.jpg"))) == 5
    sheet = cv2.imread(str(trained.folder / "sheet.png"), cv2.IMREAD_GRAYSCALE)
    assert sheet is not None
    assert sheet.std() > 0.0
