"""A rules file with any fault is refused with file, line and key; the box goes on with the rules that ship, and knows it."""

import textwrap
import tomllib
from pathlib import Path

import pytest

from edge_app.config import REPOSITORY
from edge_app.errors import ConfigError
from edge_app.reading.finding import Decision, Urgency
from edge_app.triage import SHIPPED, Evidence, Need, judge, read_table, rules_in_force
from edge_app.triage.toml_lines import line_of
from tests.edge_app.triage.builders import finding, vitals

GOOD = """\
# The rules of our house.

[rule.mass-present]
when = [{ finding = "Mass", decision = "present" }]   # as it ships, but sooner
urgency = "urgent"
needs = ["O017"]
because.ko = "종괴가 의심됩니다."
because.en = "Mass is suspected [ours]."
source = "Our thoracic board, 2026"

[rule.mass-and-fever]
when = [
    { finding = "Mass", decision = "present_or_uncertain" },
    # Fever, as our board draws it.
    { vital = "temperature_celsius", at_least = 39.1 },
    { age_from = "16 years" },
]
urgency = "urgent"
because = { ko = "종괴와 고열.", en = "Mass with high fever." }
source = "Our thoracic board, 2026"
"""

WRONG = {
    "unknown key": ('urgency = "urgent"\nneeds', 'urgency = "urgent"\ncolour = "red"\nneeds', 6, "rule.mass-present.colour", "Extra"),
    "misspelt key": ('because.en = "Mass is', 'becuase.en = "Mass is', 3, "rule.mass-present.because.en", "required"),
    "unknown finding": (
        '"Mass", decision = "present" }',
        '"Mas", decision = "present" }',
        4,
        "rule.mass-present.when.0.finding",
        "Pneumonia",
    ),
    "absent as a ground": ('"present_or_uncertain"', '"absent"', 13, "rule.mass-and-fever.when.0.decision", "uncertain"),
    "unknown vital sign": ('"temperature_celsius"', '"temperature"', 15, "rule.mass-and-fever.when.1.vital", "temperature_celsius"),
    "unknown measurement": (
        '{ age_from = "16 years" }',
        '{ measurement = "heart", unit = "1", trust = 0.9, above = 0.5 }',
        16,
        "rule.mass-and-fever.when.2.measurement",
        "cardiothoracic_ratio",
    ),
    "measurement in another unit": (
        '{ age_from = "16 years" }',
        '{ measurement = "cardiothoracic_ratio", unit = "%", trust = 0.9, above = 50 }',
        16,
        "rule.mass-and-fever.when.2",
        "unit",
    ),
    "measurement without a trust": (
        '{ age_from = "16 years" }',
        '{ measurement = "cardiothoracic_ratio", unit = "1", above = 0.5 }',
        16,
        "rule.mass-and-fever.when.2.trust",
        "required",
    ),
    "unknown score": (
        '{ age_from = "16 years" }',
        '{ severity = "brescia", at_least = 8 }',
        16,
        "rule.mass-and-fever.when.2.severity",
        "brixia",
    ),
    "score out of range": ('{ age_from = "16 years" }', '{ severity = "brixia", at_least = 19 }', 16, "rule.mass-and-fever.when.2", "18"),
    "fewer points as worse": (
        '{ age_from = "16 years" }',
        '{ severity = "brixia", at_most = 3 }',
        16,
        "rule.mass-and-fever.when.2",
        "never",
    ),
    "better oxygen as worse": (
        '{ vital = "temperature_celsius", at_least = 39.1 }',
        '{ vital = "spo2_percent", at_least = 95 }',
        15,
        "rule.mass-and-fever.when.1",
        "better",
    ),
    "vital sign out of range": ("39.1", "391", 15, "rule.mass-and-fever.when.1", "45"),
    "two limits": ("at_least = 39.1", "at_least = 39.1, below = 41", 15, "rule.mass-and-fever.when.1", "exactly one"),
    "no limit": (", at_least = 39.1", "", 15, "rule.mass-and-fever.when.1", "exactly one"),
    "not a number": ("at_least = 39.1", "at_least = nan", 15, "rule.mass-and-fever.when.1.at_least", "finite"),
    "no such age": ('"16 years"', '"grown up"', 16, "rule.mass-and-fever.when.2.age_from", "16 years"),
    "an age band of nobody": ('"16 years"', '"16 years", age_below = "2 months"', 16, "rule.mass-and-fever.when.2", "nobody"),
    "unknown view": ('{ age_from = "16 years" }', '{ view = "Oblique" }', 16, "rule.mass-and-fever.when.2.view", "PA"),
    "a condition on nothing": ('{ age_from = "16 years" }', "{ weather = 3 }", 16, "rule.mass-and-fever.when.2", "needs one of"),
    "no condition": ('when = [{ finding = "Mass", decision = "present" }]', "when = []", 4, "rule.mass-present.when", "at least 1"),
    "vital signs alone": (
        '    { finding = "Mass", decision = "present_or_uncertain" },\n',
        "",
        11,
        "rule.mass-and-fever",
        "vital signs alone",
    ),
    "the same thing twice": (
        '{ age_from = "16 years" }',
        '{ vital = "temperature_celsius", below = 35 }',
        11,
        "rule.mass-and-fever",
        "two conditions on temperature_celsius",
    ),
    "unknown urgency": ('urgency = "urgent"\nneeds', 'urgency = "soon"\nneeds', 5, "rule.mass-present.urgency", "immediate"),
    "unknown code": ('"O017"', '"O999"', 6, "rule.mass-present.needs", "O030"),
    "no sentence": ('"Mass is suspected [ours]."', '""', 8, "rule.mass-present.because.en", "at least 1"),
    "a language is missing": (', en = "Mass with high fever."', "", 19, "rule.mass-and-fever.because.en", "required"),
    "no source": ('source = "Our thoracic board, 2026"\n\n', "\n", 3, "rule.mass-present.source", "required"),
    "a name that is none": ("[rule.mass-and-fever]", "[rule.Mass]", 11, "rule.Mass", "pattern"),
    "another table": ("# The rules of our house.", "[rules]", 1, "rules", "Extra"),
    "a finding is left without a rule": (
        '[{ finding = "Mass", decision = "present" }]',
        '[{ finding = "Mass", decision = "present" }, { view = "PA" }]',
        3,
        "rule.mass-present",
        "Mass present is left without",
    ),
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    file = tmp_path / "rules.toml"
    file.write_text(GOOD, encoding="utf-8")
    return file


@pytest.mark.parametrize(("old", "new", "line", "key", "word"), WRONG.values(), ids=WRONG.keys())
def test_every_fault_is_named(site: Path, old: str, new: str, line: int, key: str, word: str) -> None:
    assert GOOD.count(old) == 1
    site.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_table(site)
    assert str(caught.value).startswith(f"{site}, line {line}, key {key}: ")
    assert word in str(caught.value)
    in_force = rules_in_force(site)
    assert in_force.table == read_table()
    assert in_force.fault == str(caught.value)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (None, "cannot be read"),
        (b"because.ko = '\xff'", "cannot be read"),
        (b"[rule.a]\nwhen = \n", "line 2"),
        (GOOD.encode() + b"\n[rule.mass-present]\nurgency = 'none'\n", "line 22"),
        (b"", "line 1, key rule"),
    ],
)
def test_what_is_no_rules_file_is_named(site: Path, content: bytes | None, word: str) -> None:
    site.unlink()
    if content is not None:
        site.write_bytes(content)
    with pytest.raises(ConfigError, match=word):
        read_table(site)
    assert rules_in_force(site).fault is not None


def test_a_site_replaces_by_name_and_adds(site: Path) -> None:
    shipped, ours = read_table(), read_table(site)
    assert len(ours.rules) == len(shipped.rules) + 1
    assert [rule.name for rule in ours.rules if rule.site] == ["mass-present", "mass-and-fever"]
    assert [rule.name for rule in ours.rules][: len(shipped.rules)] == [rule.name for rule in shipped.rules]
    assert ours.digest != shipped.digest
    mass = Evidence((finding("Mass", Decision.PRESENT),), age_years=30)
    assert judge(mass, shipped).urgency is Urgency.DELAYED
    judgement = judge(mass, ours)
    assert (judgement.urgency, judgement.needs) == (Urgency.URGENT, frozenset({Need.ICU}))
    uncertain = Evidence((finding("Mass", Decision.UNCERTAIN),), age_years=30, vitals=vitals(temperature_celsius=39.1))
    assert judge(uncertain, ours).urgency is Urgency.URGENT
    assert rules_in_force(site).fault is None


def test_the_example_in_the_notes_is_a_rules_file(site: Path) -> None:
    notes = (REPOSITORY / "firmware_notes" / "setting-up-a-box.md").read_text(encoding="utf-8")
    start = notes.index("    [rule.mass-present]")
    site.write_text(textwrap.dedent(notes[start : notes.index("\n\n", start)]), encoding="utf-8")
    assert [rule.name for rule in read_table(site).rules if rule.site] == ["mass-present"]


def test_without_a_site_the_rules_that_ship_are_in_force() -> None:
    in_force = rules_in_force(None)
    assert in_force.table == read_table()
    assert (in_force.fault, in_force.table.site) == (None, None)


def test_a_broken_table_that_ships_is_never_papered_over(tmp_path: Path) -> None:
    text = SHIPPED.read_text(encoding="utf-8").replace("[rule.hernia-uncertain]", "[rule.mass-uncertain-again]")
    broken = tmp_path / "shipped.toml"
    broken.write_text(text.replace('"Hernia", decision = "uncertain"', '"Mass", decision = "uncertain"'), encoding="utf-8")
    with pytest.raises(ConfigError, match="no rule for Hernia uncertain"):
        read_table(shipped=broken)


def test_the_line_of_every_rule_that_ships_is_found() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    lines = text.splitlines()
    for name, block in tomllib.loads(text)["rule"].items():
        assert lines[line_of(text, ("rule", name)) - 1] == f"[rule.{name}]"
        for number, condition in enumerate(block["when"]):
            for key, value in condition.items():
                found = lines[line_of(text, ("rule", name, "when", number, key)) - 1]
                assert f"{key} = " in found
                assert str(value) in found
