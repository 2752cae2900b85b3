"""The tables in ARCHITECTURE.md are those of the code."""

from edge_app.config import REPOSITORY
from edge_app.dispatch.offers import OUTCOMES, Outcome
from edge_app.dispatch.printing import table_markdown


def test_the_document_has_the_tables_as_they_are() -> None:
    assert table_markdown() in (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8")


def test_every_outcome_of_the_table_is_printed() -> None:
    text = table_markdown()
    for outcome in set(OUTCOMES.values()) - {Outcome.NOTHING}:
        assert f" {outcome.replace('_', ' ')} |" in text
    cells = [cell for line in text.splitlines() for cell in line.split("|")[2:-1] if line.startswith("| ") and "the offer is" not in line]
    assert len([cell for cell in cells if cell.strip()]) == len(OUTCOMES)
