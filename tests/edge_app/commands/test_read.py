"""`./edge read`: one JSON object a line, in input order, and nothing else on standard output."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edge_app.commands import read
from edge_app.reading.finding import Flaw
from edge_app.reading.protocols.chest import CHEST_FINDINGS
from edge_app.reading.protocols.swallow import MEASURED
from edge_app.reading.reader import Reader
from edge_app.reading.swallow import ASPIRATION, EVENTS, PENETRATION, SUBGLOTTIS
from edge_app.simulator.video import write_cine
from tests.edge_app.reading.bundles import write_gate
from tests.edge_app.reading.chests import chest_shapes, write_anatomy, write_severity
from tests.edge_app.reading.swallows import COUNT, RATE, painted_swallow, write_swallow

KEYS = {
    *("file", "protocol", "assessed", "reason", "gate", "findings", "measurements", "urgency", "top3", "severity", "masks", "regions"),
    *("timing_ms", "models", "missing", "unfamiliar", "unlocated", "part", "landmarks", "film"),
}
CODE = """
import argparse, sys
from edge_app.commands import read
parser = argparse.ArgumentParser()
read.add_arguments(parser)
sys.exit(read.run(parser.parse_args()))
"""


def arguments(*words: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    read.add_arguments(parser)
    return parser.parse_args([str(word) for word in words])


def rows(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The objects on standard output; every line must be one."""
    return [json.loads(line) for line in capfd.readouterr().out.splitlines()]


@pytest.mark.usefixtures("box")
def test_the_contract_of_a_reading(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    # One bright place, for the small model's maps follow the brightness.
    pixels = np.full((320, 280), 90, dtype=np.uint8)
    pixels[60:140, 30:120] = 230
    chest = tmp_path / "chest.png"
    Image.fromarray(pixels).save(chest)
    assert read.run(arguments(chest, "--protocol", "chest", "--json", "--masks-dir", tmp_path / "masks")) == 0
    (row,) = rows(capfd)
    assert set(row) == KEYS
    assert row["file"] == str(chest)
    assert (row["protocol"], row["assessed"], row["reason"], row["urgency"]) == ("chest", True, None, "urgent")
    assert row["gate"]["kind"] == "chest_adult"
    assert 0 <= row["gate"]["probability"] <= 1
    assert [finding["name"] for finding in row["findings"]] == list(CHEST_FINDINGS)
    assert row["film"] is None
    assert all(set(finding) == {"name", "probability", "decision", "box", "validated", "simulated"} for finding in row["findings"])
    (effusion,) = [finding for finding in row["findings"] if finding["decision"] == "present"]
    assert effusion["name"] == row["top3"][0] == "Effusion"
    x, y, width, height = effusion["box"]
    assert 0 <= x <= 75 <= x + width <= 280
    assert 0 <= y <= 100 <= y + height <= 320
    assert len(row["top3"]) == 3
    assert set(row["timing_ms"]) == {"decode", "gate", "infer", "total"}
    assert set(row["models"]) == {"radiograph_gate", "chest_findings"}
    assert set(row["masks"]) == {f"heatmap_{name}" for name in row["top3"]}
    assert all(Path(path).is_file() for path in row["masks"].values())
    assert (row["severity"], row["measurements"]) == (None, {})
    assert [(gap["part"], gap["reason"]) for gap in row["missing"]] == [("anatomy", "no_model"), ("severity", "needs_another")]


def test_the_contract_of_masks_measurements_and_severity(box: Path, chest: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_anatomy(box, chest_shapes(320, 280), 320, 280)
    write_severity(box)
    assert read.run(arguments(chest, "--json", "--masks-dir", tmp_path / "masks")) == 0
    (row,) = rows(capfd)
    assert set(row) == KEYS
    masks = {name: path for name, path in row["masks"].items() if not name.startswith("heatmap_")}
    assert {"left_lung", "right_lung", "heart", "airways"} <= set(masks)
    for path in masks.values():
        with Image.open(path) as mask:
            assert (mask.mode, mask.size) == ("L", (280, 320))
    assert set(row["severity"]) == {"geographic_extent_0_8", "opacity_0_6", "brixia_0_18", "brixia_zones", "validated"}
    assert (row["severity"]["geographic_extent_0_8"], row["severity"]["opacity_0_6"], row["severity"]["brixia_0_18"]) == (4.0, 3.0, 9.0)
    assert row["severity"]["brixia_zones"] == [1.5] * 6
    assert row["measurements"]["cardiothoracic_ratio"]["value"] == pytest.approx(0.5, abs=0.03)
    for measurement in row["measurements"].values():
        assert set(measurement) == {"value", "unit", "trust", "margin", "validated"}
    assert row["missing"] == []


@pytest.mark.parametrize("protocol", ["swallow", "auto"])
def test_the_contract_of_a_video(box: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], protocol: str) -> None:
    write_gate(box, "videofluoroscopy")
    write_swallow(box)
    video, dry = write_cine(tmp_path / "video.dcm", painted_swallow(enters=SUBGLOTTIS)), tmp_path / "dry.dcm"
    write_cine(dry, painted_swallow(20, dry=True))
    assert read.run(arguments(video, dry, "--protocol", protocol, "--json", "--masks-dir", tmp_path / "masks")) == 0
    followed, refused = rows(capfd)
    assert set(followed) == set(refused) == KEYS
    assert (followed["protocol"], followed["assessed"], followed["urgency"]) == ("swallow", True, "urgent")
    assert {finding["name"]: finding["decision"] for finding in followed["findings"]} == {ASPIRATION: "present", PENETRATION: "absent"}
    assert set(followed["measurements"]) == set(MEASURED)
    assert set(followed["film"]) == {"frames", "events", "key_frames", "still", "flaws", "outlines"}
    assert (followed["film"]["frames"], followed["film"]["flaws"]) == (COUNT, [])
    assert Path(followed["film"]["outlines"]).is_file()
    (events,) = followed["film"]["events"]
    assert set(events) == set(EVENTS)
    assert all(0.0 <= second <= COUNT / RATE for second in events.values())
    assert refused["reason"].startswith("no_contrast: ")
    assert (refused["film"], refused["findings"], refused["measurements"]) == (None, [], {})


def test_masks_are_written_only_where_they_are_asked_for(box: Path, chest: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_anatomy(box, chest_shapes(320, 280), 320, 280)
    assert read.run(arguments(chest, "--json")) == 0
    (row,) = rows(capfd)
    assert row["masks"] is None
    assert row["measurements"]


@pytest.mark.usefixtures("box")
def test_every_file_has_its_line_in_order(chest: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text = tmp_path / "text.dcm"
    text.write_text("not a picture", encoding="utf-8")
    not_unicode = os.fsdecode(b"nowhere \xff.png")
    files = [text, chest, tmp_path / "없음" / not_unicode, chest]
    assert read.run(arguments(*files, "--json", "--masks-dir", tmp_path / "masks")) == 0
    found = rows(capfd)
    assert [row["file"] for row in found] == [str(file) for file in files]
    assert [row["assessed"] for row in found] == [False, True, False, True]
    assert found[1]["masks"] != found[3]["masks"]
    for row in (found[0], found[2]):
        assert set(row) == KEYS
        assert row["reason"]
        assert (row["findings"], row["top3"], row["urgency"], row["masks"]) == ([], [], None, None)
        assert row["gate"] == {"kind": None, "probability": None, "flaws": []}


def test_another_body_part_is_refused_by_name(box: Path, chest: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_gate(box, "limb")
    assert read.run(arguments(chest, "--protocol", "chest", "--json")) == 0
    (row,) = rows(capfd)
    assert not row["assessed"]
    assert row["reason"].startswith("wrong_body_part: ")
    assert row["gate"]["kind"] == "limb"


def test_flaws_are_told(box: Path, chest: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_gate(box, flaws={Flaw.CUT_OFF: 0.0})
    assert read.run(arguments(chest, "--json")) == 0
    (row,) = rows(capfd)
    assert row["gate"]["flaws"] == [{"name": "cut_off", "probability": pytest.approx(0.5), "validated": False}]
    assert read.run(arguments(chest)) == 0
    assert "FLAW cut_off (50%)" in capfd.readouterr().out


def test_a_box_without_models_refuses_and_says_so(
    chest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EDGE_MODELS", str(tmp_path / "nothing"))
    assert read.run(arguments(chest, "--json")) == 0
    (row,) = rows(capfd)
    assert row["reason"].startswith("no_model: ")


@pytest.mark.usefixtures("box")
def test_for_people(chest: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert read.run(arguments(chest, tmp_path / "nowhere.dcm")) == 0
    out = capfd.readouterr().out
    assert out.startswith("Research prototype, not a medical device\n")
    assert out.count("Research prototype, not a medical device") == 2
    assert "imaging urgency: urgent" in out
    assert "MISSING anatomy (no_model): chest_anatomy is not on this box" in out
    assert "MISSING severity (needs_another)" in out
    assert "NOT ASSESSED (file_missing)" in out


def test_outlines_measurements_and_severity_for_people(box: Path, chest: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_anatomy(box, chest_shapes(320, 280), 320, 280, pictures=3)
    write_severity(box, total=False)
    assert read.run(arguments(chest)) == 0
    out = capfd.readouterr().out
    assert "heart: outlined, expected Dice" in out
    assert "cardiothoracic_ratio: 0." in out
    assert "opacity: 3.0 of 6, off by 0.9 on average, validated" in out
    assert "Brixia (A 1.5 B 1.5 C 1.5 D 1.5 E 1.5 F 1.5): 9.0 of 18, not validated, research use" in out
    assert "MISSING" not in out
    assert all(line.endswith("not validated, research use") for line in out.splitlines() if "outlined" in line or "_area" in line)


@pytest.mark.parametrize("words", [[], ["--json"], ["a.dcm", "--protocol", "elbow"], ["a.dcm", "--unknown"]])
def test_usage_errors(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        arguments(*words)
    assert stopped.value.code == 2
    assert capfd.readouterr().out == ""


@pytest.mark.usefixtures("box")
def test_one_broken_reading_does_not_take_the_others_with_it(
    chest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    honest = Reader.read

    def breaking(self: Reader, path: Path, *rest: Any) -> Any:
        if path.name == "bad.dcm":
            raise RuntimeError("a fault nobody thought of")
        return honest(self, path, *rest)

    monkeypatch.setattr(Reader, "read", breaking)
    assert read.run(arguments(tmp_path / "bad.dcm", chest, "--json")) == 0
    first, second = rows(capfd)
    assert not first["assessed"]
    assert first["reason"] == "malformed: the reading broke off: RuntimeError"
    assert second["assessed"]


@pytest.mark.usefixtures("box")
def test_what_libraries_print_does_not_reach_standard_output(
    chest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    honest = Reader.read

    def chatty(self: Reader, path: Path, *rest: Any) -> Any:
        sys.stdout.write("chatter from Python\n")
        subprocess.run(["echo", "chatter from elsewhere"], check=True)
        return honest(self, path, *rest)

    monkeypatch.setattr(Reader, "read", chatty)
    assert read.run(arguments(chest, "--json")) == 0
    captured = capfd.readouterr()
    assert [json.loads(line)["assessed"] for line in captured.out.splitlines()] == [True]
    assert "chatter from Python" in captured.err
    assert "chatter from elsewhere" in captured.err


@pytest.mark.usefixtures("box")
def test_as_a_process_from_any_folder_with_paths_as_given(chest: Path) -> None:
    root = str(Path(read.__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-c", CODE, chest.name, "nowhere.dcm", "--json"],
        capture_output=True,
        check=True,
        text=True,
        cwd=chest.parent,
        env={**os.environ, "PYTHONPATH": root},
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["file"], row["assessed"]) for row in found] == [(chest.name, True), ("nowhere.dcm", False)]
    assert done.stderr == ""
