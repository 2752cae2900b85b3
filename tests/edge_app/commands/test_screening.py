"""``./edge screening`` says what the site's threshold means, and says so where it cannot."""

import json
from pathlib import Path

import pytest

from edge_app.__main__ import main
from edge_app.reading.models import MODELS_VARIABLE
from tests.edge_app.reading.bundles import write_tuberculosis
from tests.edge_app.test_screening import POINTS


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(MODELS_VARIABLE, str(tmp_path / "models"))
    return tmp_path / "models"


def site(tmp_path: Path) -> list[str]:
    file = tmp_path / "box.toml"
    file.write_text("[tuberculosis]\nthreshold = 0.6\nprevalence_per_1000 = 20\n", encoding="utf-8")
    return ["--settings", str(file)]


def test_for_people_and_for_programs(models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_tuberculosis(models, operating_points=[point.model_dump(mode="json") for point in POINTS])
    assert main(["screening", *site(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "called from 0.600 (this site, in force)" in text
    assert "found 14.0 (12.4-15.6), missed 6.0 (4.4-7.6)" in text
    assert "on 50 adults with tuberculosis and 50 without" in text
    assert main(["screening", "--json", *site(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["of_site"], told["threshold"], told["prevalence_per_1000"]) == (True, 0.6, 20)
    assert [one["choice"] for one in told["consequences"]] == ["site", "target", "optimal", "few_called"]


def test_a_model_that_is_not_validated_says_so_whatever_the_threshold(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tuberculosis(models, positives=3)
    assert main(["screening", *site(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "NOT VALIDATED" in text
    assert "nobody knows what that means" in text


def test_without_the_model_there_is_nothing_to_say(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["screening"]) == 1
    assert "no model for the tuberculosis protocol" in capsys.readouterr().err
