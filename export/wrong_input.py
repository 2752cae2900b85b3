"""``python -m export wrong-input``: every protocol against every kind of picture, through the box's own reader.

What is read by a protocol that is not for its kind is what must not happen; what is refused although it is for its kind is what that costs.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edge_app.progress import followed
from edge_app.radiograph.picture import Picture
from edge_app.reading.alignment import looked_at
from edge_app.reading.engine import Engine
from edge_app.reading.finding import Box, Decision, Protocol
from edge_app.reading.protocols import METHODS
from edge_app.reading.protocols.chest import assess_chest
from edge_app.reading.protocols.method import Folders, Look
from edge_app.reading.reader import Reader
from edge_app.reading.seen import Seen
from export.command_line import parser_of
from export.datasets.canvases import opened
from export.datasets.labelled import Labelled
from export.datasets.page import Block, Heading, Image, Page, Paragraph, Table
from export.plots import Bar, draw_bars
from export.recipes.radiograph_gate import RECIPE as GATE
from export.workplace import Workplace

NAME = "wrong_input"
READ = "read"


@dataclass(frozen=True)
class Cell:
    """One protocol on the pictures of one source and kind: how often it read them, and how often it refused for which reason."""

    protocol: Protocol
    source: str
    kind: str
    outcomes: Counter[str]

    @property
    def meant(self) -> bool:
        """Whether the protocol is for such pictures."""
        return self.kind in METHODS[self.protocol].kinds

    @property
    def pictures(self) -> int:
        """How many were tried."""
        return self.outcomes.total()


def of_each_source(pictures: Sequence[Labelled], most: int) -> list[Labelled]:
    """At most so many pictures of every source and kind, in the order in which they come."""
    taken: Counter[tuple[str, str]] = Counter()
    chosen = []
    for picture in pictures:
        if taken[picture.source, picture.kind] < most:
            taken[picture.source, picture.kind] += 1
            chosen.append(picture)
    return chosen


def matrix(reader: Reader, pictures: Sequence[Labelled]) -> list[Cell]:
    """Every protocol whose models are on the box on every source and kind among the pictures."""
    found: dict[tuple[Protocol, str, str], Counter[str]] = {}
    for picture in followed(pictures, "pictures read by every protocol"):
        for protocol in filter(reader.reads_by, METHODS):
            reading = reader.read(picture.path, protocol)
            outcome = READ if reading.refusal is None else str(reading.refusal.reason)
            found.setdefault((protocol, picture.source, picture.kind), Counter())[outcome] += 1
    return [Cell(*key, outcomes) for key, outcomes in sorted(found.items())]


@dataclass(frozen=True)
class Ungated:
    """What the chest's models made of the pictures of one source and kind that they were shown without asking the gate."""

    source: str
    kind: str
    pictures: int = 0
    lungs: int = 0
    present: int = 0
    unlike: int = 0
    brixia: float = 0.0
    """Summed over those with ``lungs``."""


def _shown_to(engine: Engine, picture: Picture) -> Look:
    def look(model: str, around: Box | None = None, *, of: Picture | None = None) -> Seen:
        card = engine.card(model)
        batch, placement, part = looked_at(picture if of is None else of, around, card.input)
        outputs = engine.infer(model, batch)
        return Seen(card, outputs.logits, outputs.map, placement, part)

    return look


def without_gate(engine: Engine, pictures: Sequence[Labelled]) -> list[Ungated]:
    """Every model of the chest protocol on every source and kind among the pictures."""
    found: dict[tuple[str, str], Ungated] = {}
    for picture in followed(pictures, "pictures read without the gate"):
        read = opened(picture.path)
        assessment = assess_chest(_shown_to(engine, read), read, Folders())
        own = found.get((picture.source, picture.kind), Ungated(picture.source, picture.kind))
        severity = assessment.severity
        found[picture.source, picture.kind] = replace(
            own,
            pictures=own.pictures + 1,
            lungs=own.lungs + (severity is not None),
            present=own.present + any(finding.decision is Decision.PRESENT for finding in assessment.findings),
            unlike=own.unlike + assessment.unfamiliar,
            brixia=own.brixia + (0.0 if severity is None else severity.brixia.value),
        )
    return [found[key] for key in sorted(found)]


def _ungated_table(rows: Sequence[Ungated]) -> Table:
    columns = ("source", "kind", "pictures", "lungs outlined", "a finding called present", "called unlike", "mean Brixia")
    return Table(
        columns,
        tuple(
            (
                *(own.source, own.kind, str(own.pictures), str(own.lungs), str(own.present), str(own.unlike)),
                f"{own.brixia / own.lungs:.1f}" if own.lungs else "–",
            )
            for own in rows
        ),
    )


def matrix_page(cells: Sequence[Cell], ungated: Sequence[Ungated]) -> Page:
    """The matrix, in one sentence what it comes to, and what the models would have said had the gate let everything in."""
    wrong = sum(cell.outcomes[READ] for cell in cells if not cell.meant)
    tried = sum(cell.pictures for cell in cells if not cell.meant)
    rows = tuple(
        (
            *(cell.protocol, cell.source, cell.kind, "yes" if cell.meant else "no", str(cell.pictures), str(cell.outcomes[READ])),
            ", ".join(f"{reason} {count}" for reason, count in sorted(cell.outcomes.items()) if reason != READ),
        )
        for cell in cells
    )
    blocks: list[Block] = [
        Paragraph("Pictures of patients that the gate did not learn from, read by the box's reader with a protocol asked for by name."),
        Paragraph(f"{wrong} of {tried} pictures were read by a protocol that is not for them."),
        Heading("Protocols and pictures"),
        Table(("protocol", "source", "kind", "meant for it", "pictures", "read", "refused"), rows),
        Image(f"{NAME}.png", "share of the pictures of a kind that a protocol reads; red where it is not for them"),
        Heading("The chest's models without the gate"),
        Paragraph("The gate stands before them; this is what they would say of pictures that it did not stop."),
        _ungated_table(ungated),
    ]
    return Page("Every protocol against every kind of picture", blocks)


def draw_matrix(cells: Sequence[Cell], file: Path) -> None:
    """What share of each kind each protocol reads."""
    panels = []
    for protocol in dict.fromkeys(cell.protocol for cell in cells):
        own = [cell for cell in cells if cell.protocol == protocol]
        bars = [Bar(f"{cell.source}, {cell.kind}", cell.outcomes[READ] / cell.pictures, marked=not cell.meant) for cell in own]
        panels.append((str(protocol), bars))
    draw_bars(file, panels, "share read", (0.0, 1.0))


def main(arguments: list[str]) -> int:
    """Parse the command line, read and report; 1 where a protocol read what it is not for."""
    parser = parser_of("wrong-input", __doc__, runs="drawn pictures and the report", models="the models to try")
    parser.add_argument("--pictures", type=int, default=40, help="at most so many of each source and kind")
    given = parser.parse_args(arguments)
    place = Workplace(GATE, given.runs, given.data, given.seed, models=given.models)
    with Engine(given.models, place.cache) as engine:
        pictures = of_each_source(place.examined, given.pictures)
        page = matrix_page(cells := matrix(Reader(engine), pictures), without_gate(engine, pictures))
    draw_matrix(cells, given.runs / f"{NAME}.png")
    target = page.write(given.runs, NAME)
    wrong = sum(cell.outcomes[READ] for cell in cells if not cell.meant)
    print(f"{wrong} pictures read by a protocol that is not for them: {target}", flush=True)
    return 1 if wrong else 0
