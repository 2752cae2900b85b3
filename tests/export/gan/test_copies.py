"""Copies of patients are found, whatever is not like any of them is not called one."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from export.gan.command import main
from export.gan.copies import check, closest_rows, copies_page, features_of
from export.gan.nearness import frechet, nearest, unit
from export.gan.pictures import RealChests
from export.gan.place import GanPlace
from export.gan.sheet import sheet

SIDE = 32


def _noise(count: int, seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, SIDE, SIDE)).astype(np.uint8)


@pytest.fixture(scope="module")
def taught(trained: GanPlace) -> RealChests:
    return RealChests.taught(trained)


@pytest.fixture(scope="module")
def unseen(trained: GanPlace) -> RealChests:
    return RealChests.unseen(trained)


@pytest.fixture(scope="module")
def judge(trained: GanPlace, tmp_path_factory: pytest.TempPathFactory) -> GanPlace:
    """The place of a findings' network that has weights, which nobody trained."""
    place = replace(trained, findings=replace(trained.findings, runs=tmp_path_factory.mktemp("judge")))
    recipe = place.findings.recipe
    torch.manual_seed(0)
    place.findings.folder.mkdir(parents=True)
    torch.save(recipe.task.network(recipe.width).state_dict(), place.findings.weights)
    return place


def test_copies_are_found_even_mirrored_and_of_other_brightness(judge: GanPlace, taught: RealChests, unseen: RealChests) -> None:
    copied = (taught.canvases[::2, :, ::-1] // 2 + 40).astype(np.uint8)
    checked = check(copied, taught, unseen, judge.findings)
    assert checked.copies
    pixels, _ = checked.nearness
    assert (pixels.nearer, pixels.leading) == (1.0, 1.0)
    assert np.median(pixels.drawn.distance) < 0.1 < np.median(pixels.unseen.distance)
    patients = [picture.patient for picture in taught.pictures]
    assert [patients[at] for at in pixels.drawn.index] == patients[::2]


def test_noise_is_no_copy(judge: GanPlace, taught: RealChests, unseen: RealChests) -> None:
    pixels, features = check(_noise(40, 1), taught, unseen, judge.findings).nearness
    assert (pixels.measure, features.measure) == ("pixels", "features")
    assert not pixels.copies
    assert np.median(pixels.drawn.lead) > 0.8


def test_without_the_findings_network_pixels_alone_are_held(trained: GanPlace, taught: RealChests, unseen: RealChests) -> None:
    checked = check(_noise(10, 1), taught, unseen, trained.findings)
    assert [own.measure for own in checked.nearness] == ["pixels"]
    assert checked.distances == ()


def test_the_page_and_the_sheet_say_what_was_found(judge: GanPlace, taught: RealChests, unseen: RealChests) -> None:
    checked = check(taught.canvases, taught, unseen, judge.findings)
    text = copies_page(checked, (1, 2, 3)).markdown()
    assert "| pixels |" in text
    assert "| copies |" in text
    assert "| validation and training |" in text
    rows = closest_rows(checked, taught.canvases, taught)
    assert {len(pictures) for _, pictures in rows} == {3}
    assert sheet(rows).shape[1] == 3 * 128


def test_another_picture_of_the_same_patient_does_not_hide_a_lead() -> None:
    rows = unit(np.random.default_rng(0).normal(size=(6, 40)).astype(np.float32))
    taught = np.concatenate([rows, rows[:1]])
    found = nearest(rows[:1], [taught], ["a", "b", "c", "d", "e", "f", "a"])
    assert found.index[0] in (0, 6)
    assert found.lead[0] < 0.01


def test_the_frechet_distance_is_that_of_two_normal_distributions() -> None:
    random = np.random.default_rng(0)
    one = random.normal(0.0, 1.0, (4000, 3)).astype(np.float32)
    other = random.normal(2.0, 3.0, (4000, 3)).astype(np.float32)
    assert frechet(one, one) == pytest.approx(0.0, abs=1e-4)
    # By hand, for each number: the means differ by 2 and the spreads by 2.
    assert frechet(one, other) == pytest.approx(3 * (4.0 + 4.0), rel=0.05)


def test_features_are_the_same_for_the_same_picture(judge: GanPlace, taught: RealChests) -> None:
    features = features_of(taught.canvases[:3], judge.findings)
    assert np.allclose(features[1:2], features_of(taught.canvases[1:2], judge.findings), atol=1e-5)


def test_the_command_checks(trained: GanPlace) -> None:
    findings = trained.findings
    status = main(["check", "--data", str(findings.data), "--runs", str(findings.runs), "--budget", "small"])
    text = (trained.folder / "copies.md").read_text(encoding="utf-8")
    assert (status == 1) == ("| copies |" in text)
    assert (trained.folder / "closest.png").is_file()
    assert (trained.folder / "distances.png").is_file()
