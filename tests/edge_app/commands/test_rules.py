"""``./edge rules`` prints the table in force, and refuses a site's broken one by its line."""

from pathlib import Path

import pytest

from edge_app.__main__ import main
from edge_app.triage import read_table


def test_every_rule_has_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Research prototype, not a medical device")
    for rule in read_table().rules:
        (line,) = (line for line in lines if line.split()[1:2] == [rule.name])
        assert line.startswith(str(rule.urgency))


def test_markdown_has_a_row_a_rule_with_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--markdown"]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    rules = read_table().rules
    assert len(rows) == len(rules) + 2
    assert {row.count("|") for row in rows} == {7}
    for rule in rules:
        (row,) = (row for row in rows if f"| {rule.name} |" in row)
        assert rule.source in row
        assert rule.because.en in row


def settings_with(tmp_path: Path, rules: str) -> Path:
    (tmp_path / "rules.toml").write_text(rules, encoding="utf-8")
    settings = tmp_path / "box.toml"
    settings.write_text(f"[triage]\nrules = '{tmp_path / 'rules.toml'}'\n", encoding="utf-8")
    return settings


def test_a_sites_rule_is_marked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = (
        '[rule.mass-present]\nwhen = [{ finding = "Mass", decision = "present" }]\nurgency = "urgent"\n'
        'because = { ko = "종괴.", en = "Mass." }\nsource = "Our board"\n'
    )
    assert main(["rules", "--settings", str(settings_with(tmp_path, own))]) == 0
    assert "urgent     mass-present *" in capsys.readouterr().out


def test_a_broken_file_is_refused_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = settings_with(tmp_path, "\n[rule.mass-present]\nwhen = []\n")
    assert main(["rules", "--settings", str(settings)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "rules.toml, line 3, key rule.mass-present.when" in captured.err
