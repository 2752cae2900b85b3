"""`./edge bench`: everything side by side, and what does not run is named."""

import argparse
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from edge_app.benchmark import eager, link, machine
from edge_app.benchmark.thin_link import CLEAN
from edge_app.commands import bench
from edge_app.reading.card import CARD, FP32_MODEL, ONNX_MODEL, sha256_of
from tests.edge_app.benchmark.instead import onnx_instead, take_for_pytorch
from tests.edge_app.reading.bundles import change_card, write_gate


@pytest.fixture(autouse=True)
def without_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> tuple[str, eager.Start]:
        raise eager.LeftOutError("torch is not installed")

    monkeypatch.setattr(eager, "_pytorch", absent)


def arguments(*words: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    bench.add_arguments(parser)
    return parser.parse_args([str(word) for word in words])


def add_reference(folder: Path) -> None:
    """Give a bundle an FP32 network to be held against."""
    shutil.copy(folder / ONNX_MODEL, folder / FP32_MODEL)
    files = json.loads((folder / CARD).read_text(encoding="utf-8"))["files"]
    change_card(folder, files=files | {FP32_MODEL: sha256_of(folder / FP32_MODEL)})


def measured(capfd: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capfd.readouterr().out)


QUICK = ("--rounds", 2, "--side", 256, "--threads", 1)


def test_all_variants_side_by_side(box: Path, capfd: pytest.CaptureFixture[str]) -> None:
    add_reference(box / "chest_findings")
    assert bench.run(arguments("--json", *QUICK)) == 0
    result = measured(capfd)
    assert result["machine"]["processor"]
    assert result["machine"]["cores"] >= 1
    assert 0.0 <= result["others"] <= 1.0
    assert (result["threads"], result["rounds"], result["broken"]) == ("1", 2, [])
    chest, gate = result["networks"]
    assert [(each["runtime"], each["file"]) for each in chest["variants"]] == [
        ("OpenVINO", "model.xml"),
        ("ONNX Runtime", "model.onnx"),
        ("OpenVINO", "reference_fp32.onnx"),
        ("ONNX Runtime", "reference_fp32.onnx"),
    ]
    for each in chest["variants"]:
        assert each["milliseconds"]["quarter"] <= each["milliseconds"]["median"] <= each["milliseconds"]["three_quarters"]
        assert each["max_delta_p"] == pytest.approx(0.0, abs=1e-4)
        assert each["error"] is None
    assert len(chest["comparisons"]) == 4
    assert [each["error"] for each in gate["variants"]] == [None, None, "not in the bundle", "not in the bundle"]
    assert gate["comparisons"] == []
    assert len(result["readings"]) == 5
    for reading in result["readings"]:
        assert reading["assessed"]
        assert all(reading[stage]["median"] > 0 for stage in ("decode", "gate", "infer", "total"))
    assert (result["eager"], result["eager_left_out"]) == (None, "torch is not installed")


def test_the_reading_beside_eager_pytorch(box: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    take_for_pytorch(monkeypatch, onnx_instead)
    assert bench.run(arguments("--json", *QUICK)) == 0
    result = measured(capfd)
    assert result["eager_left_out"] is None
    assert (result["eager"]["pytorch"], result["eager"]["threads"]) == ("9.9", 1)
    assert [own["part"] for own in result["eager"]["parts"]] == ["radiograph_gate", "chest_findings", "networks alone", "whole reading"]
    assert all(own["times"]["median"] > 0 for own in result["eager"]["parts"])
    assert bench.run(arguments(*QUICK)) == 0
    out = capfd.readouterr().out
    assert "the chest reading of a decoded picture, threads: 1; eager is PyTorch 9.9, FP32" in out
    assert "in neither: severity" in out


def test_for_people(box: Path, capfd: pytest.CaptureFixture[str]) -> None:
    add_reference(box / "chest_findings")
    assert bench.run(arguments(*QUICK)) == 0
    out = capfd.readouterr().out
    assert out.startswith("Research prototype, not a medical device\n")
    assert re.search(r"other programs took \d+% of the processor meanwhile", out)
    assert "OpenVINO reference_fp32.onnx takes" in out
    assert "times as long as ONNX Runtime model.onnx" in out
    assert "does not run: not in the bundle" in out
    assert "beside eager PyTorch FP32: left out, torch is not installed" in out


def test_a_broken_model_and_a_refused_picture_are_named(box: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_gate(box, "limb")
    change_card(box / "chest_findings", files={ONNX_MODEL: "0" * 64})
    assert bench.run(arguments("--json", *QUICK)) == 0
    result = measured(capfd)
    assert result["broken"] == ["chest_findings: model.onnx is not the file the card names"]
    for reading in result["readings"]:
        assert not reading["assessed"]
        assert reading["reason"].startswith("wrong_body_part")
        assert reading["infer"] is None


@pytest.mark.processes
@pytest.mark.timeout(300)
def test_the_link_alone(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "LINKS", (link.Link("clean", CLEAN, rounds=1),))
    assert bench.run(arguments("--link", "--json", "--rounds", 2, "--side", 256)) == 0
    result = measured(capfd)
    (clean,) = result["links"]
    assert (clean["link"], clean["rounds"], clean["lost"], clean["shown_twice"]) == ("clean", 1, 0, 0)
    assert [each["target"]["what"] for each in result["targets"]] == ["decidable", "kiosk"]
    assert "networks" not in result


def test_the_link_for_people() -> None:
    took, none = link.Took(0.5, 1.25, 9, 0), link.Took(None, None, 1, 1)
    own = link.LinkSpeed("16 kbit/s", 3, took, none, took, link.Took(0.1, 0.2, 3, 1), 7.5, 109_000, 2_000, 4, 0, 0)
    judged = link.Judged(link.Target("16 kbit/s", "decidable", 5.0), 1.25, met=True)
    text = bench.link_as_text(bench.LinkBench("notice", machine.this_machine(), 0.5, "mosquitto", (own,), (judged,)))
    (line,) = [line for line in text.splitlines() if line.startswith("16 kbit/s")]
    assert re.split(r"  +", line) == [
        *("16 kbit/s", "3", "0.50 / 1.25", "7.5", "none came", "0.50 / 1.25", "0.10 / 0.20 (1 none)"),
        *("109,000", "2,000", "4", "0", "0"),
    ]
    assert text.endswith("target: decidable within 5 s, 16 kbit/s: met, worst 1.25 s")


@pytest.mark.parametrize("words", [["--rounds", "1"], ["--rounds", "many"], ["--side", "10"], ["--threads", "0"]])
def test_usage_errors(words: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        arguments(*words)
    assert stopped.value.code == 2
