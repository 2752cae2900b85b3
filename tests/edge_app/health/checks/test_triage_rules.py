"""The rules for urgency."""

from pathlib import Path

from edge_app.config import Settings, Triage
from edge_app.health.check import State
from edge_app.health.checks.triage_rules import look

OWN = """\
[rule.mass-present]
when = [{ finding = "Mass", decision = "present" }]
urgency = "urgent"
because = { ko = "종괴.", en = "Mass." }
source = "Our board"
"""


def test_the_rules_that_ship_are_ok(settings: Settings) -> None:
    check = look(settings)
    assert check.state is State.OK
    assert "those that ship" in check.word


def test_a_sites_own_rules_are_ok_and_counted(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(OWN, encoding="utf-8")
    check = look(settings.model_copy(update={"triage": Triage(rules=file)}))
    assert check.state is State.OK
    assert f"1 of them from {file}" in check.word


def test_broken_rules_fail_and_name_the_line(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(OWN.replace('"urgent"', '"soon"'), encoding="utf-8")
    check = look(settings.model_copy(update={"triage": Triage(rules=file)}))
    assert check.state is State.FAILED
    assert f"{file}, line 3, key rule.mass-present.urgency" in check.word
    assert "NOT in force" in check.word


def test_rules_that_are_not_there_fail(settings: Settings, tmp_path: Path) -> None:
    check = look(settings.model_copy(update={"triage": Triage(rules=tmp_path / "none.toml")}))
    assert check.state is State.FAILED
