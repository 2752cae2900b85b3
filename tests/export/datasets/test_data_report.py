import hashlib
import json
import re
import shutil
from pathlib import Path

import cv2
import pytest

from export.data_report import main
from export.datasets.contact_sheet import EXAMPLES, examples
from export.datasets.labelled import Labelled
from export.datasets.page import Heading, Link, Page, Paragraph, Table
from export.datasets.summary import summarise
from tests.export.datasets import downloads


def _cells(page: Path) -> dict[str, list[str]]:
    cells: dict[str, list[str]] = {}
    for line in page.read_text().splitlines():
        if line.startswith("|"):
            first, *others = (cell.strip() for cell in line.strip("| ").split(" | "))
            cells.setdefault(first, others)
    return cells


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    data, out = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("out")
    downloads.nih(data / "nih download")
    downloads.own(data / "hospital")
    downloads.kermany(data / "kermany" / "chest_xray")
    shutil.copyfile(data / "nih download/images_001/images/00000001_001.png", data / "hospital/b.png")
    (data / "holiday").mkdir()
    assert main(["--data", str(data), "--out", str(out)]) == 0
    return data, out


def test_every_set_has_its_pages_sheet_and_manifest(reported: tuple[Path, Path]) -> None:
    _, out = reported
    assert {path.name for path in out.iterdir()} == {"index.md", "index.html", "nih_chestxray14", "own_hospital", "kermany"}
    for name in ("nih_chestxray14", "own_hospital", "kermany"):
        assert {path.name for path in (out / name).iterdir()} == {
            "report.md",
            "report.html",
            "contact_sheet.png",
            "labels.png",
            "manifest.json",
        }
        sheet = cv2.imread(str(out / name / "contact_sheet.png"), cv2.IMREAD_GRAYSCALE)
        assert sheet is not None
        assert sheet.max() > 200


def test_counts_are_those_of_the_set(reported: tuple[Path, Path]) -> None:
    _, out = reported
    cells = _cells(out / "nih_chestxray14/report.md")
    assert cells["pictures"] == ["3"]
    assert cells["patients"] == ["2 (at most 2 pictures of one)"]
    assert cells["Effusion"] == ["1", "1", "2", "0"]
    assert cells["licence"] == ["attribution to the NIH Clinical Center"]
    assert cells["M"] == ["2"]
    assert cells["40 to under 60"] == ["2"]
    assert "| Infiltration | 1 |" in (out / "nih_chestxray14/report.md").read_text()
    assert _cells(out / "own_hospital/report.md")["rib fracture"] == ["1", "1", "0", "1"]


def test_the_same_exposure_in_two_sets_is_named_on_both_pages(reported: tuple[Path, Path]) -> None:
    _, out = reported
    for name in ("nih_chestxray14", "own_hospital"):
        text = (out / name / "report.md").read_text()
        assert "nih_chestxray14/00000001_001.png" in text
        assert "own_hospital/b.png" in text
    index = (out / "index.md").read_text()
    assert re.search("nih_chestxray14 – own_hospital|own_hospital – nih_chestxray14", index)
    assert "holiday" in index


def test_the_manifest_names_every_file_by_its_hash(reported: tuple[Path, Path]) -> None:
    data, out = reported
    manifest = json.loads((out / "own_hospital/manifest.json").read_text())
    hashes = {entry["file"]: entry["sha256"] for part in ("tables", "pictures", "masks") for entry in manifest[part]}
    assert set(hashes) == {"radiographs.csv", "boxes.csv", "2024/a.dcm", "b.png", "masks/a.png"}
    for name, sha256 in hashes.items():
        assert hashlib.sha256((data / "hospital" / name).read_bytes()).hexdigest() == sha256
    assert manifest["missing"] == []


def test_html_has_what_markdown_has_and_nothing_from_elsewhere(reported: tuple[Path, Path]) -> None:
    _, out = reported
    for page in out.rglob("*.html"):
        text = page.read_text()
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text)
        for link in re.findall(r'(?:src|href)="([^"]+)"', text):
            assert (page.parent / link).is_file()
        assert text.count("<table>") == len(re.findall(r"^\| --- ", page.with_suffix(".md").read_text(), re.MULTILINE))


def test_what_cannot_be_used_is_said_and_fails_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nih, own = downloads.nih(tmp_path / "data/nih download"), downloads.own(tmp_path / "data/hospital")
    (nih / "images_001/images/00000001_000.png").write_bytes(b"no picture")
    (nih / "images_002/images/00000002_000.png").unlink()
    (own / "radiographs.csv").write_text("image,person\nb.png,8\n")
    assert main(["--data", str(tmp_path / "data"), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().out
    assert "00000001_000.png" in said
    assert "no column 'patient'" in said
    assert not (tmp_path / "out/own_hospital").exists()
    assert "no column 'patient'" in (tmp_path / "out/index.md").read_text()
    cells = _cells(tmp_path / "out/nih_chestxray14/report.md")
    assert cells["named in its tables but not there"] == ["1"]
    assert cells["there but not readable"] == ["1"]
    assert "00000002_000.png" in (tmp_path / "out/nih_chestxray14/report.md").read_text()


def test_an_empty_data_folder_has_a_page_and_a_missing_one_is_a_usage_error(tmp_path: Path) -> None:
    assert main(["--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 0
    assert "No set was found" in (tmp_path / "out/index.md").read_text()
    with pytest.raises(SystemExit, match="2"):
        main(["--data", str(tmp_path / "not there"), "--out", str(tmp_path / "out")])


def test_two_downloads_of_one_set_have_two_reports(tmp_path: Path) -> None:
    for name in ("first", "second"):
        downloads.tb_database(tmp_path / "data" / name)
    assert main(["--data", str(tmp_path / "data"), "--out", str(tmp_path / "out")]) == 0
    assert {path.name for path in (tmp_path / "out").iterdir() if path.is_dir()} == {"tb_database_first", "tb_database_second"}


def test_names_cannot_break_a_page() -> None:
    page = Page("a <b> | c", [Heading("<i>"), Paragraph("x & y"), Table(("one",), (("<script>|",),)), Link("there/report", "there")])
    assert "<script>" not in page.html()
    assert "<script>" not in page.markdown()
    assert "&lt;script>\\|" in page.markdown()
    assert 'href="there/report.html"' in page.html()
    assert "(<there/report.md>)" in page.markdown()


def test_examples_show_every_positive_label() -> None:
    pictures = [Labelled(Path(f"{index}.png"), f"a:{index}", "a", "chest_adult", {"Mass": float(index == 57)}) for index in range(100)]
    chosen = examples(pictures)
    assert len(chosen) == EXAMPLES
    assert Path("57.png") in {picture.path for picture in chosen}
    assert chosen == examples(pictures[::-1])


def test_unknown_is_counted_as_unknown() -> None:
    counts = summarise(
        [Labelled(Path("a.png"), "a:1", "a", "chest_adult", {"Mass": 1.0}), Labelled(Path("b.png"), "a:1", "a", "chest_adult")]
    )
    (mass,) = counts.labels
    assert (mass.positives, mass.negatives, mass.unknown, mass.patients_positive) == (1, 0, 1, 1)
    assert [(own.value, own.pictures) for own in counts.ages] == [("unknown", 2)]
    assert (counts.patients, counts.most_of_a_patient) == (1, 2)
